"""A listing row against its interface file, a code table against its dictionary file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .cells import same_text
from .changes import CODE_KEYS, DICTIONARY_KEYS, INTERFACE_KEYS, Change, Context
from .merge_fields import stands
from .reading import CodeTable, ListingRow
from .yaml_edit import Map


def merge_row(root: Map, row: ListingRow) -> Iterator[Change]:
    """Bring the listing's facts up to date; what the document leaves open is left as it is."""
    for key, new in (("name", row.name), ("description", row.description)):
        old = root.get(key)
        if new is None or same_text(str(old), new) or stands(root, key, new):
            continue
        root.set(key, new, INTERFACE_KEYS)
        _drop_printed(root, key)
        yield Change("changed", key, old, new)
    facts: tuple[tuple[str, Any], ...] = (
        ("call_mode", row.call_mode),
        ("institution", row.institution),
        ("open", row.open),
    )
    for key, new in facts:
        old = root.get(key)
        if new is None and old not in ("unspecified", "unknown"):
            yield Change("kept", key, old, why="the document's cell is empty or lost")
        elif new is not None and new != old:
            root.set(key, new, INTERFACE_KEYS)
            yield Change("changed", key, old, new)
    old_category = root.get("category")
    category = [
        old if new is None or same_text(old, new) or stands(root, "category", new) else new
        for old, new in zip(old_category, row.category, strict=True)
    ]
    if category != old_category:
        root.set("category", category, INTERFACE_KEYS)
        _drop_printed(root, "category")
        yield Change("changed", "category", old_category, category)


def _drop_printed(root: Map, key: str) -> None:
    """An earlier edition's print of a text that has changed explains nothing any more."""
    printed = root.get("printed") or {}
    if key in printed:
        left = {name: text for name, text in printed.items() if name != key}
        if left:
            root.set("printed", left, INTERFACE_KEYS)
        else:
            root.remove("printed")


def merge_codes(root: Map, table: CodeTable, context: Context) -> Iterator[Change]:
    """Bring a dictionary's codes to what the table says; notes on codes stay."""
    existing = root.maps("codes")
    known = {str(code.get("code")): index for index, code in enumerate(existing)}
    after = 0
    for code, label in table.codes:
        at = known.get(code)
        if at is None:
            root.insert("codes", after, {"code": code, "label": label})
            yield Change("added", f"code {code}", new=label)
            continue
        after = at + 1
        old = existing[at].get("label")
        if not same_text(str(old), label):
            existing[at].set("label", label, CODE_KEYS)
            yield Change("changed", f"code {code}", old, label)
    for code, at in known.items():
        if any(code == each for each, _ in table.codes):
            continue
        old, why = existing[at].get("label"), "not in the document's table"
        if context.options.prune and "provenance" not in existing[at]:
            root.take_out("codes", at)
            yield Change("removed", f"code {code}", old, why=why)
        else:
            yield Change("kept", f"code {code}", old, why=why)
    old, new = root.get("provenance"), context.source(table.place.label)
    if any(old.get(key) != value for key, value in new.items()):
        root.set("provenance", new, DICTIONARY_KEYS)
        yield Change("changed", "provenance", old, new)


def new_dictionary(table: CodeTable, context: Context) -> str:
    """The text of a dictionary file for a code table that the spec does not have."""
    from .yaml_edit import key_lines

    values: dict[str, Any] = {
        "key": table.key,
        "label": table.label or table.key,
        "codes": [{"code": code, "label": label} for code, label in table.codes],
        "provenance": context.source(table.place.label),
    }
    lines = ["# yaml-language-server: $schema=../schema/dictionary.schema.json"]
    for key, value in values.items():
        lines += key_lines(key, value, 0)
    return "\n".join(lines) + "\n"
