"""Rows of field tables and code tables, collected while a document is walked through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from . import cells as read
from .cells import Unread
from .document import Cell, Place, Remark
from .reading import CodeTable, FieldRow, FieldTable, Side

T = TypeVar("T")

#: Column of a field table → key of :class:`FieldRow`.
COLUMNS = {
    "参数名称": "label",
    "参数类型": "type",
    "参数长度": "length",
    "代码标识": "coded",
    "是否必填": "required",
    "说明": "note",
}


class Open:
    """A table whose rows are still coming."""

    def __init__(self, columns: dict[str, int], place: Place) -> None:
        self.columns = columns
        self.place = place

    def row(self, cells: Sequence[Cell], place: Place, remarks: list[Remark]) -> None:
        raise NotImplementedError

    def cell(self, cells: Sequence[Cell], column: str) -> Cell | None:
        index = self.columns.get(column)
        return cells[index] if index is not None and index < len(cells) else None

    def at(self, place: Place, column: str) -> Place:
        return place._replace(column=self.columns[column] + 1, label=self.place.label)

    def value(
        self,
        cells: Sequence[Cell],
        column: str,
        reader: Callable[[str], T],
        place: Place,
        remarks: list[Remark],
    ) -> T | None:
        """What ``reader`` makes of the cell; None with a remark where it refuses."""
        cell = self.cell(cells, column)
        if cell is None:
            return None
        try:
            if cell.problem:
                raise Unread(f"{cell.problem} is not read")
            return reader(cell.text)
        except Unread as refused:
            reason = f"{column}: {refused}"
            remarks.append(Remark("unread", self.at(place, column), reason, cell.text))
            return None


class Fields(Open):
    captioned = False
    side: Side | None = None
    node: str | None = None
    label: str = ""
    repeated: bool | None = None

    def __init__(self, columns: dict[str, int], place: Place) -> None:
        super().__init__(columns, place)
        self.rows: list[FieldRow] = []
        self.broken = False

    def row(self, cells: Sequence[Cell], place: Place, remarks: list[Remark]) -> None:
        name = self.value(cells, "参数代码", read.name, place, remarks)
        if name is None:
            self.broken = True
            return
        code = self.cell(cells, "参数代码")
        if code is not None and read.mended(code.text):
            reason = f"参数代码 read as {name}"
            remarks.append(Remark("repaired", self.at(place, "参数代码"), reason, code.text))
        known = len(remarks)
        label = self.value(cells, "参数名称", read.tidy, place, remarks)
        kind = self.value(cells, "参数类型", read.type_of, place, remarks)
        unread = {"type"} if len(remarks) > known and kind is None else set()
        length = self._length(cells, kind, place, remarks)
        coded = self.value(cells, "代码标识", read.flag, place, remarks)
        required = self.value(cells, "是否必填", read.flag, place, remarks)
        note = self.value(cells, "说明", str.strip, place, remarks)
        values = {"label": label, "length": length, "coded": coded, "required": required}
        unread |= {key for key, value in values.items() if value is None}
        unread |= {key for column, key in COLUMNS.items() if column not in self.columns}
        printed = {
            key: cell.text
            for column, key in (*COLUMNS.items(), ("参数代码", "name"))
            if (cell := self.cell(cells, column)) is not None
        }
        self.rows.append(
            FieldRow(
                name,
                place._replace(label=self.place.label),
                label or "",
                kind,
                length or read.NO_LENGTH,
                bool(coded),
                bool(required),
                note or "",
                frozenset(unread),
                printed,
            )
        )

    def _length(
        self, cells: Sequence[Cell], kind: read.Type | None, place: Place, remarks: list[Remark]
    ) -> read.Length | None:
        length = self.value(cells, "参数长度", read.length, place, remarks)
        is_text = kind is not None and kind.kind in ("string", "text", "bytes")
        if length is None or length.places is None or not is_text:
            return length
        reason = "参数长度: digits and places for a text"
        text = cells[self.columns["参数长度"]].text
        remarks.append(Remark("unread", self.at(place, "参数长度"), reason, text))
        return None

    def table(self, number: str, remarks: list[Remark]) -> FieldTable | None:
        """The finished table; None, with a remark, where it cannot be placed or trusted."""
        if not self.captioned:
            reason = f"{number}: no caption with 输入 or 输出 and 节点标识 above the table"
            remarks.append(Remark("unread", self.place, reason))
            return None
        if self.node is not None:
            try:
                self.node = read.name(self.node)
            except Unread:
                reason = f"{number}: the node's name is not readable"
                remarks.append(Remark("unread", self.place, reason, self.node))
                return None
        seen: dict[str, FieldRow] = {}
        for row in self.rows:
            first = seen.setdefault(row.name, row)
            if first is not row:
                reason = (
                    f"{number}: field {row.name} twice in one table, first in row {first.place.row}"
                )
                remarks.append(Remark("unread", row.place, reason))
                self.broken = True
        if self.broken or not self.rows:
            reason = f"{number}: the table is left out, see the remarks on its rows"
            remarks.append(Remark("unread", self.place, reason))
            return None
        return FieldTable(
            self.side, self.node, self.label, self.repeated, tuple(self.rows), self.place
        )


class Codes(Open):
    """A code table: two columns under a line with its key, or the four-column form."""

    key: str | None = None
    label: str = ""

    def __init__(self, columns: dict[str, int], place: Place) -> None:
        super().__init__(columns, place)
        self.four = "字典类型代码" in columns
        self.groups: dict[str, tuple[str, Place, list[tuple[str, str]]]] = {}
        self.repeated: set[str] = set()
        self.broken: set[str] = set()
        self.lost = False

    def row(self, cells: Sequence[Cell], place: Place, remarks: list[Remark]) -> None:
        if self.four:
            self._group(cells, place, remarks)
        if self.key is None:
            if not self.lost:
                reason = "a code table without a key: no line above it names one"
                remarks.append(Remark("unread", self.place, reason))
            self.lost = True
            return
        value, label = ("国家字典值代码", "国家字典值名称") if self.four else ("代码值", "代码名称")
        code = self.value(cells, value, read.code, place, remarks)
        name = self.value(cells, label, read.tidy, place, remarks)
        if code is not None and name == "":
            reason = f"{label}: no name for code {code}"
            remarks.append(Remark("unread", self.at(place, label), reason))
        if not code or not name:
            self.broken.add(self.key)
            return
        codes = self.groups.setdefault(self.key, (self.label, self.place, []))[2]
        if any(known == code for known, _ in codes):
            reason = f"code {code} twice in table {self.key}"
            remarks.append(Remark("unread", self.at(place, value), reason, name))
            self.broken.add(self.key)
            return
        codes.append((code, name))

    def _group(self, cells: Sequence[Cell], place: Place, remarks: list[Remark]) -> None:
        """Key and label stand on a group's first row only, or merged over all of it."""
        cell = self.cell(cells, "字典类型代码")
        if cell is None or not cell.text:
            return
        key = self.value(cells, "字典类型代码", read.name, place, remarks)
        if key != self.key and key in self.groups:
            reason = f"dictionary {key} stands in two places of the table"
            remarks.append(Remark("unread", self.at(place, "字典类型代码"), reason))
            self.broken.add(key)
        if key != self.key:
            name = self.cell(cells, "字典类型名称")
            self.label = read.tidy(name.text) if name is not None else ""
        self.key = key
        if key is None:
            self.lost = True

    def tables(self, remarks: list[Remark]) -> list[CodeTable]:
        return [
            CodeTable(key, label, tuple(codes), place, key not in self.broken)
            for key, (label, place, codes) in self.groups.items()
        ]
