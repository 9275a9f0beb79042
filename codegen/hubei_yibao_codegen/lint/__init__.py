"""Rules over a loaded spec. ``check(load(root))`` yields every finding of a run."""

from __future__ import annotations

from ..findings import Finding, Level, at_least, ordered
from ..spec.load import Loaded
from . import (  # noqa: F401  importing a family registers its rules
    coding,
    data,
    fields,
    interfaces,
    names,
    privacy,
    references,
)
from .context import Context
from .registry import RULES, run


def check(loaded: Loaded, level: Level = "info") -> list[Finding]:
    """What loading found and what the rules of ``level`` or graver find, in order of output."""
    found = [*loaded.findings, *run(Context(loaded), level)]
    return ordered(at_least(found, level))


__all__ = ["RULES", "check"]
