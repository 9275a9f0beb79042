"""Changes that touch many spec files at once, planned as edits like an import."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..spec.load import Document, Loaded, load_bytes
from .changes import FIELD_KEYS, INTERFACE_KEYS
from .plan import Edit, SpecBroken
from .yaml_edit import Map, SpecText

_FIELD = re.compile(r"([^.]+)\.(input|output)\.(.+)\Z")
_NUMBER = re.compile(r"[0-9A-Z]{2}[0-9]{2}[A-Za-z]?\Z")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


class Refused(Exception):
    """The change makes no sense for this spec; the message says why."""


def rename(loaded: Loaded, old: str, new: str, alias: bool = False) -> list[Edit]:
    """Edits that rename an interface number, a dictionary key or a field (``2207.input.data.x``).

    References follow: ``cancels`` and ``replaced_by`` for a number, ``dictionary`` for a key.
    ``alias`` keeps a field's old name as one the wire may still use.
    """
    if old in loaded.spec.interfaces:
        return list(_rename_number(loaded, old, new))
    if old in loaded.spec.dictionaries:
        return list(_rename_key(loaded, old, new))
    field = _FIELD.match(old)
    if field:
        number, side, path = field.groups()
        return [_rename_field(loaded, number, side, path, new, alias)]
    raise Refused(f"`{old}` is no interface number, dictionary key or NUMBER.input.NODE.FIELD")


def set_open(loaded: Loaded, number: str, value: bool) -> list[Edit]:
    """The edit that marks an interface open or closed; [] if it is already."""
    return _edited(_document(loaded, number), lambda root: root.set("open", value, INTERFACE_KEYS))


def deprecate(loaded: Loaded, number: str, replaced_by: str, reason: str | None) -> list[Edit]:
    """The edit that marks an interface as replaced by another one."""
    if replaced_by not in loaded.spec.interfaces:
        raise Refused(f"no interface {replaced_by} to replace {number}")
    if replaced_by == number:
        raise Refused(f"{number} cannot replace itself")
    value = {"replaced_by": replaced_by, **({"reason": reason} if reason else {})}
    return _edited(
        _document(loaded, number), lambda root: root.set("deprecated", value, INTERFACE_KEYS)
    )


def _document(loaded: Loaded, number: str) -> Document:
    if number not in loaded.spec.interfaces:
        other = [each for each in loaded.spec.interfaces if each.casefold() == number.casefold()]
        hint = f", did you mean {other[0]}?" if other else ""
        raise Refused(f"no interface {number}{hint}")
    return loaded.by_key["interface", number]


def _edited(
    document: Document, change: Callable[[Map], Any], target: Path | None = None
) -> list[Edit]:
    file = SpecText(document.data.decode())
    change(file.root)
    after = file.rendered().encode()
    target = target or document.path
    if after == document.data and target == document.path:
        return []
    loaded = load_bytes(document.kind, target, after, target.as_posix())
    if loaded.model is None:
        raise SpecBroken(f"{target}: {loaded.findings[0].message}")
    return [Edit(document.path, target, document.data, after)]


def _rename_number(loaded: Loaded, old: str, new: str) -> Iterator[Edit]:
    if not _NUMBER.match(new):
        raise Refused(f"`{new}` is not an interface number such as 2207, 1312a or YH03")
    taken = [each for each in loaded.spec.interfaces if each.casefold() == new.casefold()]
    if taken and taken != [old]:
        raise Refused(f"{taken[0]} exists already")

    def references(root: Map) -> None:
        if old in root.get("cancels", []):
            numbers = [new if each == old else each for each in root.get("cancels")]
            root.set("cancels", numbers, INTERFACE_KEYS)
        if (root.get("deprecated") or {}).get("replaced_by") == old:
            inner = root.file.map(root.pairs["deprecated"][1])
            inner.set("replaced_by", new, ["replaced_by", "reason"])

    for number in loaded.spec.interfaces:
        document = loaded.by_key["interface", number]
        if number != old:
            yield from _edited(document, references)
            continue
        target = document.path.with_name(f"{new}.yaml")
        yield from _edited(document, lambda root: root.set("number", new, INTERFACE_KEYS), target)


def _rename_key(loaded: Loaded, old: str, new: str) -> Iterator[Edit]:
    if not _KEY.match(new):
        raise Refused(f"`{new}` is not a dictionary key: letters, digits, _")
    taken = [each for each in loaded.spec.dictionaries if each.casefold() == new.casefold()]
    if taken and taken != [old]:
        raise Refused(f"dictionary {taken[0]} exists already")

    def bindings(root: Map) -> None:
        for each in root.file.walk():
            if each.get("dictionary") == old:
                each.set("dictionary", new, FIELD_KEYS)

    for document in loaded.documents:
        if document.model is None:
            continue
        if document.kind == "dictionary":
            if document.key == old:
                target = document.path.with_name(f"{new}.yaml")
                yield from _edited(document, lambda root: root.set("key", new, ["key"]), target)
        else:
            yield from _edited(document, bindings)


def _rename_field(loaded: Loaded, number: str, side: str, path: str, new: str, alias: bool) -> Edit:
    def change(root: Map) -> None:
        field, siblings = _field(root, side, path.split("."))
        if any(new == each.get("name") for each in siblings):
            raise Refused(f"{number}: a field {new} stands beside it already")
        old = field.get("name")
        if alias:
            others = [each for each in field.get("aliases", []) if each != new]
            field.set("aliases", [*others, old], FIELD_KEYS)
        field.set("name", new, FIELD_KEYS)

    edits = _edited(_document(loaded, number), change)
    if not edits:
        raise Refused(f"{number}: {path} is called {new} already")
    return edits[0]


def _field(root: Map, side: str, parts: list[str]) -> tuple[Map, list[Map]]:
    """The field at node.field[.member…] (or field, directly in the message) and its siblings."""
    nodes = root.maps(side)
    named = [node for node in nodes if node.get("node") == parts[0]]
    siblings = named[0].maps("fields") if named else []
    rest = parts[1:]
    if not named:
        siblings = [each for node in nodes if "node" not in node for each in node.maps("fields")]
        rest = parts
    field: Map | None = None
    for part in rest:
        siblings = field.maps("fields") if field is not None else siblings
        field = next((each for each in siblings if each.get("name") == part), None)
        if field is None:
            break
    if field is None:
        raise Refused(f"no field {'.'.join(parts)} in {side}")
    return field, siblings
