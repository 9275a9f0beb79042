"""A new interface file: what the listing says, and the most cautious choice for the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..spec.model import Interface
from .changes import INTERFACE_KEYS
from .yaml_edit import key_lines

#: Group of interfaces nobody has named yet.
UNNAMED = "unnamed"

_HEAD = "# yaml-language-server: $schema=../../schema/interface.schema.json"
_TO_SETTLE = (
    "# Not in any document, to be settled by hand: operation, direction, effect.\n"
    "# Until then it counts as a write, which is never sent twice."
)


def operation_for(number: str, taken: Iterable[str]) -> str:
    """``unnamed.call_2207``, different from every operation in ``taken``."""
    wanted = f"{UNNAMED}.call_{number.lower()}"
    known = set(taken)
    while wanted in known:
        wanted += "_"
    return wanted


def interface_text(facts: Mapping[str, Any], settled: bool = False) -> str:
    """The file's text; ``facts`` overrides what is not known otherwise.

    Needs number, name and operation. ``settled``: operation, direction and effect were chosen
    by a person, so the file does not ask for them.
    """
    values: dict[str, Any] = {
        "category": ["unspecified", "unspecified"],
        "call_mode": "realtime",
        "description": "unspecified",
        "institution": "unspecified",
        "open": "unknown",
        "direction": "request",
        "effect": "write",
        "fields": "unspecified",
        "provenance": {"listing": "hubei", "fields": "unspecified"},
        **{key: value for key, value in facts.items() if value is not None},
    }
    lines = [_HEAD] if settled else [_HEAD, _TO_SETTLE]
    for key in INTERFACE_KEYS:
        if key in values:
            lines += key_lines(key, values[key], 0)
    return "\n".join(lines) + "\n"


def folder_for(category: str, root: Path, interfaces: Mapping[str, tuple[Path, Interface]]) -> Path:
    """Where an interface of this level-1 category lies: beside its siblings if there are any.

    Folder names are English, which no document tells: a new one is ``2-unnamed`` until renamed.
    """
    for path, interface in interfaces.values():
        if interface.category[0] == category:
            return path.parent
    mark = category.partition("-")[0].casefold() if category[1:2] == "-" else ""
    below = root / "interfaces"
    if mark and below.is_dir():
        for folder in sorted(below.iterdir()):
            if folder.is_dir() and folder.name.casefold().startswith(f"{mark}-"):
                return folder
    return below / (f"{mark}-{UNNAMED}" if mark else UNNAMED)
