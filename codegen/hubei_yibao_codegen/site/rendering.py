"""Templates of the site; they may extend those of the generated package."""

from __future__ import annotations

import html
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from ..emit.escape import comment
from ..emit.templates import TEMPLATES, environment
from .words import in_plain_words

HERE = Path(__file__).resolve().parent


def as_html(text: str) -> str:
    """Text inside an HTML element or a quoted attribute: nothing hidden, no markup obeyed."""
    return html.escape(comment(text))


@cache
def _environment() -> Environment:
    overlay = environment().overlay(loader=FileSystemLoader([HERE / "templates", TEMPLATES]))
    overlay.filters = {**overlay.filters, "html": as_html, "words": in_plain_words}
    return overlay


def render(name: str, /, **values: Any) -> str:
    """The template's text; every name it uses must be given."""
    return _environment().get_template(name).render(**values)
