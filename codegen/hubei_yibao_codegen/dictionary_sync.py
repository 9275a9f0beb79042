"""Code tables as the platform itself answers them → ``spec/dictionaries``, as edits to review.

The interface is found by its role (``query_dictionary``), its columns by their names in the field
table. Added codes and changed labels are edits; codes the platform calls invalid, or does not name,
are only told, unless the maintainer asks to take the invalid ones out. Every code that comes from
the platform carries where it was seen.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from .importing.cells import same_text
from .importing.changes import CODE_KEYS, Change
from .importing.plan import Edit
from .importing.yaml_edit import CannotEdit, Map, SpecText
from .ir.build import natural
from .lint.context import nodes_of
from .spec.load import Document, Loaded, load_bytes
from .spec.model import Dictionary, Interface
from .spec.model import Field as SpecField

ROLE = "query_dictionary"
#: Columns of an answer by what they mean; the field table adds their aliases.
COLUMNS = {"type": "type", "code": "value", "label": "label", "valid": "valiFlag"}
INVALID = "0"  #: of the code table vali_flag


class NoInterface(Exception):
    """The spec has no interface that answers code tables."""


class Row(NamedTuple):
    """One code of one table, as the platform says it."""

    table: str
    code: str
    label: str
    valid: bool = True


@dataclass
class TableChange:
    """What differs in one code table; ``held`` says why nothing of it is taken over."""

    key: str
    changes: list[Change] = field(default_factory=list)
    held: str = ""


@dataclass
class SyncPlan:
    tables: list[TableChange]
    edits: list[Edit]
    unknown: dict[str, int]  #: type the spec has no table for → number of codes


def role_interface(loaded: Loaded) -> Interface:
    """The interface with the role; raises NoInterface."""
    for interface in loaded.spec.interfaces.values():
        if interface.role == ROLE:
            return interface
    raise NoInterface(f"no interface of the spec has the role {ROLE}")


def rows_in(interface: Interface, values: Iterable[Any]) -> Iterator[Row]:
    """Every code in answers of the interface, whatever is wrapped around them."""
    names = _names(interface)
    for value in values:
        for row in _objects(value):
            found = {
                what: next((row[name] for name in spelled if row.get(name) not in (None, "")), None)
                for what, spelled in names.items()
            }
            if None not in (found["type"], found["code"], found["label"]):
                valid = found["valid"] is None or str(found["valid"]) != INVALID
                table, code, label = (str(found[n]).strip() for n in ("type", "code", "label"))
                yield Row(table, code, label, valid)


def _names(interface: Interface) -> dict[str, tuple[str, ...]]:
    fields: dict[str, SpecField] = {
        each.name: each for node in nodes_of(interface, "output") for each in node.fields
    }
    return {
        what: (name, *(fields[name].aliases if name in fields else ()))
        for what, name in COLUMNS.items()
    }


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _objects(each)


def plan(loaded: Loaded, rows: Iterable[Row], seen: date, prune: bool = False) -> SyncPlan:
    """What the rows change; ``seen`` is the day of the answer, ``prune`` takes invalid codes out."""
    number = role_interface(loaded).number
    by_name = _by_name(loaded.spec.dictionaries)
    tables: dict[str, list[Row]] = {}
    unknown: dict[str, int] = {}
    for row in rows:
        key = by_name.get(_folded(row.table))
        if key is None:
            unknown[row.table] = unknown.get(row.table, 0) + 1
        else:
            tables.setdefault(key, []).append(row)
    done = SyncPlan([], [], dict(sorted(unknown.items())))
    provenance = {"source": "field-practice", "document": number, "edition": seen.isoformat()}
    for key, found in sorted(tables.items()):
        document = loaded.by_key["dictionary", key]
        table, edit = _table(key, document, found, provenance, prune)
        done.tables.append(table)
        if edit is not None:
            done.edits.append(edit)
    return done


def _by_name(dictionaries: Mapping[str, Dictionary]) -> dict[str, str]:
    """Keys by folded name; a name that two tables claim is nobody's."""
    claimed: dict[str, set[str]] = {}
    for key, table in dictionaries.items():
        for name in (key, *table.aliases):
            claimed.setdefault(_folded(name), set()).add(key)
    own = {_folded(key): key for key in dictionaries}
    return {
        name: own.get(name) or min(keys)
        for name, keys in claimed.items()
        if name in own or len(keys) == 1
    }


def _folded(name: str) -> str:
    return name.replace("_", "").lower()


def _table(
    key: str, document: Document, rows: Sequence[Row], provenance: Mapping[str, Any], prune: bool
) -> tuple[TableChange, Edit | None]:
    said = TableChange(key)
    told: dict[str, Row] = {}
    for row in rows:
        first = told.setdefault(row.code, row)
        if first.valid and row.valid and not same_text(first.label, row.label):
            said.held = f"code {row.code} is answered with two labels"
            return said, None
        if row.valid and not first.valid:
            told[row.code] = row
    file = SpecText(document.data.decode())
    try:
        said.changes = list(_merge(file.root, told, provenance, prune))
        after = file.rendered().encode()
    except CannotEdit as error:
        said.held = str(error)
        return said, None
    if after == document.data:
        return said, None
    again = load_bytes("dictionary", document.path, after, document.file)
    if again.model is None:
        said.held = f"the edited file would not load: {again.findings[0].message}"
        return said, None
    return said, Edit(document.path, document.path, document.data, after)


def _merge(
    root: Map, told: Mapping[str, Row], provenance: Mapping[str, Any], prune: bool
) -> Iterator[Change]:
    existing = root.maps("codes")
    known = {str(each.get("code")): (index, each) for index, each in enumerate(existing)}
    for code, (index, each) in known.items():
        row = told.get(code)
        old = each.get("label")
        if row is None:
            yield Change("kept", f"code {code}", old, why="the platform did not name it")
        elif not row.valid and prune:
            root.take_out("codes", index)
            yield Change("removed", f"code {code}", old, why="the platform calls it invalid")
        elif not row.valid:
            yield Change("kept", f"code {code}", old, why="the platform calls it invalid: --prune")
        elif not same_text(str(old), row.label):
            each.set("label", row.label, CODE_KEYS)
            each.set("provenance", dict(provenance), CODE_KEYS)
            yield Change("changed", f"code {code}", old, row.label)
    order = sorted(known, key=natural)
    for code in sorted(told.keys() - known.keys(), key=natural):
        row = told[code]
        if not row.valid:
            continue
        earlier = [known[each][0] for each in order if natural(each) < natural(code)]
        item = {"code": code, "label": row.label, "provenance": dict(provenance)}
        root.insert("codes", max(earlier, default=-1) + 1, item)
        yield Change("added", f"code {code}", new=row.label)


def to_text(done: SyncPlan, applied: bool) -> str:
    """What differs, table by table."""
    lines: list[str] = []
    for table in done.tables:
        if table.held:
            lines += [f"{table.key}: held", f"  ! {table.held}"]
        elif table.changes:
            lines += [table.key, *(f"  {change}" for change in table.changes)]
    for name, count in done.unknown.items():
        lines.append(f"{name}: {count} codes of a type the spec has no table for")
    files = f"{len(done.edits)} files"
    written = f"{files} written" if applied else f"{files} would be written with --apply"
    lines.append(
        f"{len(done.tables)} tables compared; {written if done.edits else 'nothing to write'}"
    )
    return "\n".join(lines) + "\n"


def to_json(done: SyncPlan, applied: bool) -> str:
    """The same as an object."""
    tables = [
        {"key": t.key, "held": t.held, "changes": [change._asdict() for change in t.changes]}
        for t in done.tables
    ]
    data = {"applied": applied, "tables": tables, "unknown_types": done.unknown}
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def to_diff(done: SyncPlan, applied: bool) -> str:
    """The edits as a unified diff."""
    parts: list[str] = []
    for edit in done.edits:
        before = (edit.before or b"").decode().splitlines(keepends=True)
        name = Path(edit.path).as_posix()
        after = edit.after.decode().splitlines(keepends=True)
        parts += difflib.unified_diff(before, after, f"a/{name}", f"b/{name}")
    return "".join(parts)


RENDERERS = {"text": to_text, "json": to_json, "diff": to_diff}
