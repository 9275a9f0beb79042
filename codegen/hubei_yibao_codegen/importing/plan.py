"""A reading against the whole spec: every file that changes, with its new text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from ..spec.load import Kind, Loaded, load_bytes
from ..spec.model import Interface
from .cells import same_text
from .changes import PLATFORM_KEYS, Change, Context, Options
from .document import Place, Remark
from .merge_other import merge_codes, merge_row, new_dictionary
from .merge_tables import Ambiguous, merge_tables
from .reading import SIDES, CodeTable, FieldTable, ListingRow, Reading, Section, Side
from .skeleton import folder_for, interface_text, operation_for
from .yaml_edit import CannotEdit, SpecText, comment_lines

Status = Literal["new", "changed", "same", "held", "gone"]


@dataclass
class Item:
    """An interface or dictionary the document speaks of."""

    kind: Kind
    key: str
    name: str
    status: Status = "same"
    changes: list[Change] = field(default_factory=list)
    held: list[str] = field(default_factory=list)  #: why nothing of it is taken over

    @property
    def written(self) -> list[Change]:
        return [change for change in self.changes if change.kind != "kept"]


@dataclass(frozen=True)
class Edit:
    """A file to write: ``before`` None for a new one, ``path`` differs from ``target`` if moved."""

    path: Path
    target: Path
    before: bytes | None
    after: bytes


@dataclass
class Plan:
    reading: Reading
    items: list[Item]
    edits: list[Edit]
    remarks: list[Remark]

    @property
    def doubtful(self) -> bool:
        """Whether something could not be read or is held back."""
        unread = any(remark.kind == "unread" for remark in self.remarks)
        return unread or any(item.status == "held" for item in self.items)


class SpecBroken(Exception):
    """An edit would leave a file that does not load: a fault of ours or of the file before."""


def make_plan(loaded: Loaded, reading: Reading, options: Options) -> Plan:
    """What differs, interface by interface, and the texts that would settle it."""
    dictionaries = {
        name: dictionary.key
        for dictionary in loaded.spec.dictionaries.values()
        for name in (*dictionary.aliases, dictionary.key)
    }
    context = Context(options, reading.title, reading.edition, dictionaries)
    return _Planner(loaded, reading, context).plan()


class _Planner:
    def __init__(self, loaded: Loaded, reading: Reading, context: Context) -> None:
        self.loaded = loaded
        self.reading = reading
        self.context = context
        self.remarks = list(reading.remarks)
        self.edits: list[Edit] = []
        self.known = {
            number: (loaded.files["interface", number], interface)
            for number, interface in loaded.spec.interfaces.items()
        }
        self.partly: set[str] = set()  #: numbers with a table that found no place
        self.rows = {row.number: row for row in reading.listing}
        self.operations = {each.operation for _, each in self.known.values()}

    def plan(self) -> Plan:
        sections = self._sections()
        numbers = [*self.rows, *(each for each in sections if each not in self.rows)]
        items = [self._interface(number, sections.get(number)) for number in numbers]
        items += self._gone()
        items += self._dictionaries()
        items += self._platform()
        return Plan(self.reading, items, self.edits, self.remarks)

    def _sections(self) -> dict[str, list[Section]]:
        found: dict[str, list[Section]] = {}
        for section in self.reading.sections:
            found.setdefault(section.number, []).append(section)
        return found

    def _interface(self, number: str, sections: list[Section] | None) -> Item:
        row = self.rows.get(number)
        name = row.name if row else sections[0].name if sections else ""
        item = Item("interface", number, name)
        if number not in self.known and row is None:
            self._refuse(item, self._unlisted(number), sections[0].place if sections else None)
            return item
        tables = self._tables(item, sections or [], row)
        complete = all(section.complete for section in sections or [])
        complete = complete and number not in self.partly
        if number in self.known:
            if ("interface", number) in self.loaded.by_key:
                self._change(item, row, tables, complete)
        elif row is not None:
            self._create(item, row, tables, complete)
        if item.held:
            item.status = "held"
        return item

    def _unlisted(self, number: str) -> str:
        other = next((each for each in self.known if each.casefold() == number.casefold()), None)
        document = self.loaded.by_key.get(("interface", number))
        if document is not None:
            return f"its file {document.file} has errors: run lint first"
        hint = f"; the listing has {other}, case counts" if other else ""
        return f"not in the listing{hint}"

    def _refuse(self, item: Item, reason: str, place: Place | None) -> None:
        item.status = "held"
        item.held.append(reason)
        if place is not None:
            self.remarks.append(Remark("unread", place, f"{item.key}: {reason}", item.name))

    def _tables(
        self, item: Item, sections: list[Section], row: ListingRow | None
    ) -> list[FieldTable]:
        """The tables to take over; [] with a reason where they contradict each other."""
        kept: dict[tuple[str | None, str | None], FieldTable] = {}
        for section in sections:
            names = self._names(item.key, row)
            foreign = not any(same_text(section.name, name) for name in names)
            if foreign and item.key not in self.context.options.same:
                reason = f"the tables are of `{section.name}`, the spec has `{names[0]}`"
                hint = f"--same {item.key} if it is the same service"
                self._refuse(item, f"{reason}: {hint}", section.place)
                return []
            for table in self._sided(item.key, section.tables):
                first = kept.setdefault((table.side, table.node), table)
                if first is table or first.content() == table.content():
                    continue
                node = f"{table.side} {table.node or '(direct)'}"
                reason = f"two different tables for {node}, the first in {first.place}"
                self._refuse(item, reason, table.place)
                return []
        return list(kept.values())

    def _sided(self, number: str, tables: Iterable[FieldTable]) -> Iterator[FieldTable]:
        """Tables with their side: where the caption names none, the one that has such a node."""
        for table in tables:
            if table.side is not None:
                yield table
                continue
            sides = [
                side for side in SIDES if table.node and table.node in self._nodes(number, side)
            ]
            if len(sides) == 1:
                yield replace(table, side=sides[0])
                reason = f"{number}: taken as {sides[0]}, which has the node {table.node}"
                self.remarks.append(Remark("repaired", table.place, reason))
                continue
            reason = f"{number}: neither 输入 nor 输出 above the table"
            self.remarks.append(Remark("unread", table.place, reason, table.node or ""))
            self.partly.add(number)

    def _nodes(self, number: str, side: Side) -> set[str]:
        """Names and aliases of the nodes the spec has on a side."""
        nodes = getattr(self.known[number][1], side) if number in self.known else None
        if not isinstance(nodes, tuple):
            return set()
        return {name for node in nodes for name in (node.node or "", *node.aliases)}

    def _names(self, number: str, row: ListingRow | None) -> list[str]:
        names = [row.name] if row else []
        if number in self.known:
            interface = self.known[number][1]
            printed = (interface.printed or {}).get("name")
            names = [interface.name, *([printed] if printed else []), *names]
        return names

    def _change(
        self, item: Item, row: ListingRow | None, tables: list[FieldTable], complete: bool
    ) -> None:
        path, interface = self.known[item.key]
        before = self.loaded.by_key["interface", item.key].data
        item.name = interface.name
        after = self._merged(item, before, row, tables, complete, path)
        if after is None:
            return
        item.status = "changed" if item.written else "same"
        if after != before:
            target = self._target(after, path)
            if target.parent != path.parent:
                item.changes.append(
                    Change("changed", "folder", path.parent.name, target.parent.name)
                )
            self.edits.append(Edit(path, target, before, after))

    def _target(self, after: bytes, path: Path) -> Path:
        document = load_bytes("interface", path, after, path.as_posix())
        assert isinstance(document.model, Interface)
        category = document.model.category[0]
        if category == self.known[document.model.number][1].category[0]:
            return path
        return folder_for(category, self.loaded.root, self.known) / path.name

    def _create(
        self, item: Item, row: ListingRow, tables: list[FieldTable], complete: bool
    ) -> None:
        operation = operation_for(row.number, self.operations)
        self.operations.add(operation)
        category = [each or "unspecified" for each in row.category]
        facts = {
            "category": category,
            "call_mode": row.call_mode,
            "institution": row.institution,
            "open": row.open,
            "description": row.description,
        }
        named = {"number": row.number, "name": row.name, "operation": operation}
        text = interface_text({**named, **facts})
        path = folder_for(category[0], self.loaded.root, self.known) / f"{row.number}.yaml"
        item.status = "new"
        item.changes.append(Change("added", "interface", new=facts))
        after = self._merged(item, text.encode(), None, tables, complete, path)
        self.edits.append(Edit(path, path, None, after or text.encode()))
        model = load_bytes("interface", path, text.encode(), path.as_posix()).model
        assert isinstance(model, Interface)
        self.known[row.number] = (path, model)

    def _merged(
        self,
        item: Item,
        before: bytes,
        row: ListingRow | None,
        tables: list[FieldTable],
        complete: bool,
        path: Path,
    ) -> bytes | None:
        """The file's new content; None with a reason where it cannot be edited."""
        try:
            changes, after = self._merge(before, row, tables, complete)
            again, twice = self._merge(after, row, tables, complete)
        except (Ambiguous, CannotEdit) as error:
            place = tables[0].place if tables else row.place if row else None
            self._refuse(item, str(error), place)
            return None
        _must_load("interface", path, before, after)
        if twice != after or any(change.kind != "kept" for change in again):
            raise SpecBroken(f"{path}: importing twice would change it again: {again[:3]}")
        item.changes += changes
        return after

    def _merge(
        self, before: bytes, row: ListingRow | None, tables: list[FieldTable], complete: bool
    ) -> tuple[list[Change], bytes]:
        file = SpecText(before.decode())
        changes: list[Change] = []
        if row is not None:
            changes += merge_row(file.root, row)
        if tables:
            changes += merge_tables(file.root, tables, complete, self.context)
        return changes, file.rendered().encode()

    def _gone(self) -> Iterator[Item]:
        """Interfaces of the spec that a listing no longer has; nothing is done to them."""
        if not self.rows:
            return
        for number, interface in self.loaded.spec.interfaces.items():
            if number not in self.rows:
                yield Item("interface", number, interface.name, "gone")

    def _platform(self) -> Iterator[Item]:
        """The edition of the listing that the spec follows, where the document states one."""
        document = self.loaded.by_key.get(("platform", "platform"))
        if document is None or document.model is None:
            return
        if not (self.rows and self.reading.edition):
            return
        file = SpecText(document.data.decode())
        old = file.root.get("edition")
        new = f"{self.reading.title} {self.reading.edition}"
        if same_text(str(old), new):
            return
        file.root.set("edition", new, PLATFORM_KEYS)
        after = file.rendered().encode()
        _must_load("platform", document.path, document.data, after)
        change = Change("changed", "edition", old, new)
        yield Item("platform", "platform", "listing", "changed", [change])
        self.edits.append(Edit(document.path, document.path, document.data, after))

    def _dictionaries(self) -> Iterator[Item]:
        tables: dict[str, list[CodeTable]] = {}
        for table in self.reading.code_tables:
            tables.setdefault(self.context.dictionaries.get(table.key, table.key), []).append(table)
        for key, found in tables.items():
            item = Item("dictionary", key, found[0].label)
            if not all(table.complete for table in found):
                self._refuse(item, "a row of the table could not be read", None)
            elif any(table.codes != found[0].codes for table in found):
                self._refuse(item, "two different tables with this key", found[1].place)
            else:
                self._dictionary(item, found[0])
            yield item

    def _dictionary(self, item: Item, table: CodeTable) -> None:
        document = self.loaded.by_key.get(("dictionary", item.key))
        if document is None:
            path = self.loaded.root / "dictionaries" / f"{item.key}.yaml"
            after = new_dictionary(table, self.context).encode()
            item.status = "new"
            item.changes += [
                Change("added", f"code {code}", new=name) for code, name in table.codes
            ]
            _must_load("dictionary", path, None, after)
            self.edits.append(Edit(path, path, None, after))
            return
        if document.model is None:
            self._refuse(item, f"its file {document.file} has errors: run lint first", None)
            return
        file = SpecText(document.data.decode())
        try:
            item.changes += merge_codes(file.root, table, self.context)
            after = file.rendered().encode()
        except CannotEdit as error:
            self._refuse(item, str(error), table.place)
            return
        _must_load("dictionary", document.path, document.data, after)
        item.status = "changed" if item.written else "same"
        if after != document.data:
            self.edits.append(Edit(document.path, document.path, document.data, after))


def _must_load(kind: Kind, path: Path, before: bytes | None, after: bytes) -> None:
    """Refuse an edit after which the file does not load or has lost a comment."""
    document = load_bytes(kind, path, after, path.as_posix())
    if document.model is None:
        raise SpecBroken(f"{path}: the edited file would not load: {document.findings[0].message}")
    if before is not None and _lost(comment_lines(before.decode()), comment_lines(after.decode())):
        raise SpecBroken(f"{path}: the edited file would lose a comment")


def _lost(before: Iterable[str], after: Iterable[str]) -> bool:
    left = list(after)
    for line in before:
        if line not in left:
            return True
        left.remove(line)
    return False
