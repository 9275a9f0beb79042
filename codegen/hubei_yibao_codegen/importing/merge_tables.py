"""The field tables of one interface against its spec file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .cells import same_text
from .changes import FIELD_KEYS, INTERFACE_KEYS, NODE_KEYS, PROVENANCE_KEYS, Change, Context
from .merge_fields import merge_field, new_field, stands
from .reading import SIDES, FieldRow, FieldTable, Side
from .yaml_edit import Map


class Ambiguous(Exception):
    """Tables of a section that can be put together in more than one way."""


@dataclass(frozen=True)
class Shape:
    """The tables of one side: those of its nodes, and those of objects inside them."""

    nodes: tuple[FieldTable, ...]
    objects: Mapping[str, FieldTable]  #: by name of the object field

    def members(self, row: FieldRow) -> FieldTable | None:
        """The table with the members of a field, where it is an object that has one."""
        return self.objects.get(row.name) if _may_hold(row) else None


def _may_hold(row: FieldRow) -> bool:
    """An object, or a field whose type is missing or was not read."""
    return row.type is None or row.type.kind == "object"


def shape(tables: Sequence[FieldTable], side: Side) -> Shape:
    """Tell nodes from members of objects: a member's table is named like an object field.

    Raises Ambiguous where such a field stands in two tables, or tables hold each other.
    """
    mine = [table for table in tables if table.side == side]
    named = {table.node: table for table in mine if table.node is not None}
    holders: dict[str, FieldTable] = {}
    for table in mine:
        for row in table.rows:
            if not _may_hold(row) or row.name not in named:
                continue
            if holders.setdefault(row.name, table) is not table:
                raise Ambiguous(f"{side}: table {row.name} could belong to two tables")
    for name in holders:
        seen = {name}
        above = holders[name].node
        while above in holders:
            if above in seen:
                raise Ambiguous(f"{side}: the tables {name} and {above} hold each other")
            seen.add(above)
            above = holders[above].node
    nodes = tuple(table for table in mine if table.node not in holders)
    return Shape(nodes, {name: named[name] for name in holders})


def merge_tables(
    root: Map, tables: Sequence[FieldTable], complete: bool, context: Context
) -> list[Change]:
    """Bring the file's ``input``, ``output`` and ``provenance`` to what the tables say.

    ``complete``: every table of the section could be read; otherwise nothing counts as gone.
    """
    changes: list[Change] = []
    given = {table.side for table in tables}
    sides = [
        _Side(root, side, shape(tables, side), complete, context) for side in SIDES if side in given
    ]
    others = [node for side in SIDES if side not in given for node in root.maps(side)]
    partly = bool(others) or any(each.uncovered for each in sides)
    if partly:
        partly = not _same_document(root, context)
    for each in sides:
        changes += each.run(sourced=partly)
    if root.get("fields") is not None:
        root.remove("fields")
        changes.append(Change("removed", "fields", root.get("fields")))
    for side in SIDES:
        if side not in given and side not in root:
            root.set(side, "unspecified", INTERFACE_KEYS)
    if not others and not any(each.uncovered for each in sides):
        changes += _provenance(root, tables, context)
    return changes


def _same_document(root: Map, context: Context) -> bool:
    """Whether the whole interface is known from this document already."""
    known = root.get("provenance", {})
    return all(known.get(key) == value for key, value in context.provenance([]).items())


class _Side:
    def __init__(
        self, root: Map, side: Side, tables: Shape, complete: bool, context: Context
    ) -> None:
        self.root = root
        self.side = side
        self.tables = tables
        self.prune = complete and context.options.prune
        self.context = context
        self.nodes = root.maps(side)
        self.found = [self._find(table) for table in tables.nodes]
        matched = set(self.found)
        self.gone = [index for index in range(len(self.nodes)) if index not in matched]
        self.uncovered = [index for index in self.gone if not self._removable(self.nodes[index])]

    def run(self, sourced: bool) -> Iterator[Change]:
        """Edit the side; ``sourced``: its nodes say where they come from, each for itself."""
        if not self.nodes:
            made = [self._new_node(table, sourced) for table in self.tables.nodes]
            self.root.set(self.side, made, INTERFACE_KEYS)
            for table in self.tables.nodes:
                yield from self._told(table)
            return
        after = 0
        for table, at in zip(self.tables.nodes, self.found, strict=True):
            if at is None:
                self.root.insert(self.side, after, self._new_node(table, sourced))
                yield from self._told(table)
                continue
            after = at + 1
            yield from self._node(self.nodes[at], table)
            if sourced:
                yield from self._sourced(self.nodes[at], table)
        for index in self.gone:
            yield self._gone_node(self.nodes[index], index)

    def _sourced(self, node: Map, table: FieldTable) -> Iterator[Change]:
        made, old = self.context.source(table.place.label), node.get("provenance")
        if old != made:
            node.set("provenance", made, NODE_KEYS)
            where = f"{self.side} {table.node or '(direct)'} provenance"
            yield Change("changed" if old else "added", where, old, made)

    def _removable(self, item: Map) -> bool:
        return self.prune and "provenance" not in item

    def _gone_node(self, node: Map, index: int) -> Change:
        where, why = f"{self.side} {node.get('node', '(direct)')}", "the document has no such table"
        if self._removable(node):
            self.root.take_out(self.side, index)
            return Change("removed", where, why=why)
        return Change("kept", where, why=why)

    def _find(self, table: FieldTable) -> int | None:
        for index, node in enumerate(self.nodes):
            if node.get("node") == table.node:
                return index
        if table.node is None:
            return None
        for index, node in enumerate(self.nodes):
            if table.node in node.get("aliases", []) or stands(node, "node", table.node):
                return index
        return None

    def _node(self, node: Map, table: FieldTable) -> Iterator[Change]:
        where = f"{self.side} {table.node or '(direct)'}"
        old = node.get("label")
        known = same_text(str(old or ""), table.label) or stands(node, "label", table.label)
        if table.label and not known:
            node.set("label", table.label, NODE_KEYS)
            yield Change("changed" if old else "added", f"{where} label", old, table.label)
        repeated = node.get("repeated", False)
        if table.repeated is not None and table.node and repeated != table.repeated:
            node.set("repeated", table.repeated, NODE_KEYS)
            yield Change("changed", f"{where} repeated", repeated, table.repeated)
        yield from self._fields(node, table, where)

    def _fields(self, parent: Map, table: FieldTable, where: str) -> Iterator[Change]:
        fields = parent.maps("fields")
        by_name = {field.get("name"): index for index, field in enumerate(fields)}
        matched: set[int] = set()
        after = 0
        for row in table.rows:
            at = by_name.get(row.name)
            if at is None:
                at = self._renamed(fields, row)
            if at is None:
                parent.insert("fields", after, self._new_field(row))
                yield self._told_field(row, where)
                continue
            matched.add(at)
            after = at + 1
            yield from merge_field(fields[at], row, f"{where}.{row.name}", self.context)
            yield from self._members(fields[at], row, f"{where}.{row.name}")
        for index, field in enumerate(fields):
            if index not in matched:
                yield self._gone_field(parent, field, index, where)

    def _renamed(self, fields: Sequence[Map], row: FieldRow) -> int | None:
        """A field whose name the spec corrects, or that goes by this name as well."""
        printed = row.printed.get("name", row.name)
        for index, field in enumerate(fields):
            if stands(field, "name", printed) or row.name in field.get("aliases", []):
                return index
        return None

    def _members(self, field: Map, row: FieldRow, where: str) -> Iterator[Change]:
        table = self.tables.members(row)
        if table is None:
            if row.type is not None and row.type.kind == "object" and "fields" not in field:
                why = "an object in the document, but no table shows its members"
                yield Change("kept", f"{where} type", field.get("type"), why=why)
            return
        if "fields" in field:
            yield from self._fields(field, table, where)
            return
        if field.get("type") != "object":
            field.set("type", "object", FIELD_KEYS)
        field.set("fields", [self._new_field(each) for each in table.rows], FIELD_KEYS)
        for each in table.rows:
            yield self._told_field(each, where)

    def _gone_field(self, parent: Map, field: Map, index: int, where: str) -> Change:
        name = f"{where}.{field.get('name')}"
        why = "not in the document's table"
        if self._removable(field):
            parent.take_out("fields", index)
            return Change("removed", name, field.get("label"), why=why)
        if "provenance" in field:
            why += ", known from another source"
        return Change("kept", name, field.get("label"), why=why)

    def _new_field(self, row: FieldRow) -> dict[str, Any]:
        made = new_field(row, self.context)
        table = self.tables.members(row)
        if table is not None:
            made["type"] = "object"
            made["fields"] = [self._new_field(each) for each in table.rows]
            return {key: made[key] for key in FIELD_KEYS if key in made}
        if made.get("type") == "object":
            del made["type"]  # an object whose members no table shows: any value goes
        return made

    def _new_node(self, table: FieldTable, sourced: bool) -> dict[str, Any]:
        made: dict[str, Any] = {}
        if table.node is not None:
            made["node"] = table.node
        if table.label:
            made["label"] = table.label
        if table.node is not None:
            made["repeated"] = "unknown" if table.repeated is None else table.repeated
        if sourced:
            made["provenance"] = self.context.source(table.place.label)
        made["fields"] = [self._new_field(row) for row in table.rows]
        return made

    def _told(self, table: FieldTable) -> Iterator[Change]:
        where = f"{self.side} {table.node or '(direct)'}"
        yield Change("added", where, new=table.label or None)
        for row in table.rows:
            yield self._told_field(row, where)

    def _told_field(self, row: FieldRow, where: str) -> Change:
        why = ""
        if row.note and not self.context.options.notes:
            why = f"说明, to be put in own words: {' '.join(row.note.split())}"
        made = new_field(row, self.context)
        return Change("added", f"{where}.{row.name}", new=made, why=why)


def _provenance(root: Map, tables: Sequence[FieldTable], context: Context) -> Iterator[Change]:
    """Of an interface all of whose nodes come from the document."""
    labels = list(dict.fromkeys(table.place.label for table in tables if table.place.label))
    wanted = context.provenance(labels)
    inner = root.file.map(root.pairs["provenance"][1])
    for key in ("document", "edition", "tables"):
        if key not in wanted and key in inner:
            inner.remove(key)
            yield Change("removed", f"provenance {key}", inner.get(key))
    for key, value in wanted.items():
        old = inner.get(key)
        if old != value:
            inner.set(key, value, PROVENANCE_KEYS)
            yield Change("changed" if key in inner else "added", f"provenance {key}", old, value)
