"""A component of one's own, by import path."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from . import CannotLoad, Component


def load(options: Mapping[str, Any]) -> Component:
    """``factory`` names ``package.module:callable``; it is called with ``settings``."""
    module, _, name = options["factory"].partition(":")
    try:
        factory = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise CannotLoad(f"factory {options['factory']!r}: {type(error).__name__}") from error
    component: Component = factory(**options["settings"])
    return component
