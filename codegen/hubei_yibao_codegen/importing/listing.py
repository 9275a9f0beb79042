"""Rows of the interface listing, read by their vocabulary instead of by column.

Page breaks of the published PDF move cells sideways and category labels to neighbouring rows.
What a cell is follows from what it says: a number, a call mode, an institution type and 是/否
come from fixed vocabularies; the last cell before the mode is the name, the one after it the
description. Category labels are placed by the digits they start with: ``3-住院结算`` is the
second level of 23xx, even when it is printed beside 2208.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from .cells import is_number, narrow, number, same_text, tidy
from .document import Cell, Place, Remark
from .reading import ListingRow

MODES: dict[str, Literal["realtime", "daily"]] = {"实时": "realtime", "定时/每天": "daily"}
INSTITUTIONS: dict[str, Literal["all", "medical", "pharmacy"]] = {
    "通用": "all",
    "定点医疗机构": "medical",
    "定点零售药店": "pharmacy",
}
OPEN = {"是": True, "Y": True, "y": True, "√": True, "否": False, "N": False, "n": False}

_PREFIX = re.compile(r"([0-9A-Z])[-—–]")
_BRACKETS = (("（", "）"), ("【", "】"), ("(", ")"))


@dataclass(frozen=True)
class RawRow:
    """A row with its category labels as printed beside it."""

    row: ListingRow
    labels: tuple[str, ...]
    displaced: bool


@dataclass(frozen=True)
class Unreadable:
    place: Place
    reason: str
    text: str

    def remark(self) -> Remark:
        return Remark("unread", self.place, self.reason, self.text)


def read_row(cells: Sequence[Cell], place: Place, name_column: int) -> RawRow | Unreadable | None:
    """The row in ``cells``; None if it holds no interface number.

    ``name_column`` is where the header has the name, to tell displaced rows.
    """
    filled = [cell for cell in _unmerged(cells) if cell.text]
    at = next((i for i, cell in enumerate(filled) if is_number(cell.text)), None)
    if at is None:
        return None
    shown = " | ".join(cell.text for cell in filled)
    doubtful = next((cell for cell in filled if cell.problem), None)
    if doubtful is not None:
        place = place._replace(column=doubtful.column)
        return Unreadable(place, f"{doubtful.problem} is not read", doubtful.text)
    mode = next((i for i in range(at + 1, len(filled)) if narrow(filled[i].text) in MODES), None)
    if mode is None:
        return Unreadable(place, f"no call mode ({', '.join(MODES)}) in the row", shown)
    if mode == at + 1:
        return Unreadable(place, "no name between number and call mode", shown)
    rest = filled[mode + 1 :]
    institutions = [cell for cell in rest if narrow(cell.text) in INSTITUTIONS]
    flags = [cell for cell in rest if narrow(cell.text) in OPEN]
    prose = [cell for cell in rest if cell not in institutions and cell not in flags]
    if len(institutions) > 1 or len(flags) > 1 or len(prose) > 1:
        return Unreadable(place, "more cells after the call mode than the listing has", shown)
    if any(
        filled.index(cell) < filled.index(prose[0]) for cell in (*institutions, *flags) if prose
    ):
        return Unreadable(place, "the description does not follow the call mode", shown)
    row = ListingRow(
        number=number(filled[at].text),
        name=tidy(filled[mode - 1].text),
        place=place,
        call_mode=MODES[narrow(filled[mode].text)],
        description=tidy(prose[0].text) if prose else None,
        institution=INSTITUTIONS[narrow(institutions[0].text)] if institutions else None,
        open=OPEN[narrow(flags[0].text)] if flags else None,
    )
    labels = [cell.text for cell in (*filled[:at], *filled[at + 1 : mode - 1])]
    displaced = filled[mode - 1].column != name_column
    return RawRow(row, tuple(tidy(label) for label in labels), displaced)


def _unmerged(cells: Sequence[Cell]) -> list[Cell]:
    """Each horizontally merged cell once; one merged over rows counts in every row."""
    kept: list[Cell] = []
    for cell in cells:
        same_row = kept and cell.origin == kept[-1].origin
        if not same_row:
            kept.append(cell)
    return kept


def settle(raw: Sequence[RawRow]) -> tuple[list[ListingRow], list[Remark]]:
    """Rows with their categories, each number once, and remarks on what had to be mended."""
    remarks = [_displaced(raw)] if any(each.displaced for each in raw) else []
    raw = _once(raw, remarks)
    placed = _Categories(raw, remarks).rows()
    for row in placed:
        remarks += _gaps(row)
    return placed, remarks


def _displaced(raw: Sequence[RawRow]) -> Remark:
    moved = [each.row.number for each in raw if each.displaced]
    place = next(each.row.place for each in raw if each.displaced)
    reason = f"{len(moved)} of {len(raw)} rows have displaced cells, read by their vocabulary"
    return Remark("repaired", place._replace(row=0, line=0), reason, " ".join(moved))


def _gaps(row: ListingRow) -> list[Remark]:
    found: list[Remark] = []
    if row.institution is None and row.open is None:
        reason = f"{row.number}: the row ends before institution type and open flag: left unknown"
        found.append(Remark("repaired", row.place, reason))
    elif row.open is None:
        reason = f"{row.number}: open flag is empty: left unknown"
        found.append(Remark("repaired", row.place, reason))
    for text in (row.name, row.description or ""):
        if any(text.count(left) > text.count(right) for left, right in _BRACKETS):
            reason = f"{row.number}: cut off at the cell border (a bracket stays open)"
            found.append(Remark("note", row.place, reason, text))
    return found


def _once(raw: Sequence[RawRow], remarks: list[Remark]) -> list[RawRow]:
    by_number: dict[str, list[RawRow]] = {}
    for each in raw:
        by_number.setdefault(each.row.number, []).append(each)
    kept: list[RawRow] = []
    for name, rows in by_number.items():
        first = rows[0]
        contents = {replace(each.row, place=first.row.place) for each in rows}
        if len(contents) == 1:
            kept.append(first)
            continue
        for each in rows:
            reason = f"{name} stands in the listing {len(rows)} times with different contents"
            remarks.append(Remark("unread", each.row.place, reason, each.row.name))
    return kept


class _Categories:
    """Spreads printed labels over the rows they belong to."""

    def __init__(self, raw: Sequence[RawRow], remarks: list[Remark]) -> None:
        self.raw = raw
        self.remarks = remarks
        self.labels = [_levels(each) for each in raw]
        self.lettered = self._lettered()
        self.first: list[str | None] = [None] * len(raw)
        self.second: list[str | None] = [None] * len(raw)

    def rows(self) -> list[ListingRow]:
        self._spread(self.first, level=0)
        self._spread(self.second, level=1)
        return [
            replace(each.row, category=(self.first[i], self.second[i]))
            for i, each in enumerate(self.raw)
        ]

    def _lettered(self) -> list[int]:
        """For each row the row whose level-1 label governs it without digits (Z-…), or -1."""
        governing, result = -1, []
        for index, (first, _) in enumerate(self.labels):
            if first is not None:
                found = _PREFIX.match(first)
                governing = index if found and found[1].isalpha() else -1
            result.append(governing)
        return result

    def _spread(self, target: list[str | None], level: int) -> None:
        for index, labels in enumerate(self.labels):
            label = labels[level]
            if label is None:
                continue
            for each in self._rows_of(index, label, level):
                if target[each] is not None and not same_text(target[each] or "", label):
                    row = self.raw[each].row
                    reason = f"{row.number} has two categories, `{target[each]}` and this one"
                    self.remarks.append(Remark("unread", self.raw[index].row.place, reason, label))
                    break
                target[each] = label

    def _rows_of(self, index: int, label: str, level: int) -> list[int]:
        if self.lettered[index] >= 0:
            after = range(index + 1, len(self.raw))
            ends = (
                i
                for i in after
                if self.lettered[i] != self.lettered[index] or self.labels[i][level] is not None
            )
            return list(range(index, next(ends, len(self.raw))))
        runs = self._runs(level)
        at = next(i for i, run in enumerate(runs) if index in run)
        prefix = _PREFIX.match(label)
        if prefix is None or self._digit(runs[at], level) == prefix[1]:
            return runs[at]
        row = self.raw[index].row
        for other in (at + 1, at - 1):
            if 0 <= other < len(runs) and self._digit(runs[other], level) == prefix[1]:
                start = self.raw[runs[other][0]].row.number
                reason = f"`{label}` printed beside {row.number} belongs to the group from {start}"
                self.remarks.append(Remark("repaired", row.place, reason))
                return runs[other]
        reason = f"category does not fit {row.number} nor the rows beside it"
        self.remarks.append(Remark("unread", row.place, reason, label))
        return []

    def _digit(self, run: list[int], level: int) -> str:
        return self.raw[run[0]].row.number[level]

    def _runs(self, level: int) -> list[list[int]]:
        """Rows side by side whose numbers agree in their first digits."""

        def group(index: int) -> tuple[bool, str]:
            number = self.raw[index].row.number
            return self.lettered[index] >= 0, number[: level + 1]

        return [list(rows) for _, rows in groupby(range(len(self.raw)), key=group)]


def _levels(raw: RawRow) -> tuple[str | None, str | None]:
    """Level-1 and level-2 label among those printed in a row; a third, leftmost one is the
    table's 类型 column."""
    labels = raw.labels[-2:]
    if len(labels) == 2:
        return labels[0], labels[1]
    if not labels:
        return None, None
    prefix = _PREFIX.match(labels[0])
    if prefix is None or prefix[1] == raw.row.number[1]:
        return None, labels[0]
    if prefix[1].isalpha() or prefix[1] == raw.row.number[0]:
        return labels[0], None
    return None, labels[0]
