"""Jinja set up so that a slip in a template is an error and no text is taken for a template."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from . import escape
from .output import HEADER

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


def _finalize(value: Any) -> Any:
    """Refuse what has not been through an escaping filter or is no plain value."""
    if not isinstance(value, str | int):
        raise TypeError(f"a template printed {type(value).__name__}")
    return value


@cache
def environment() -> Environment:
    """Shared by everything that renders; others take an overlay of it."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters |= {
        "lit": escape.literal,
        "doc": escape.docstring,
        "md": escape.markdown,
        "code": escape.code_span,
        "plain": escape.comment,
    }
    environment.globals["HEADER"] = HEADER
    return environment


@cache
def template(name: str) -> Template:
    return environment().get_template(name)


def render(name: str, /, **values: Any) -> str:
    """The template's text; every name it uses must be given."""
    return template(name).render(**values)
