"""What a document says, free of how it looked: listing rows, field tables, code tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .cells import NO_LENGTH, Length, Type
from .document import Place, Remark

Side = Literal["input", "output"]
SIDES: tuple[Side, ...] = ("input", "output")


@dataclass(frozen=True)
class ListingRow:
    """A row of the listing; None where the document does not say (or lost the cell)."""

    number: str
    name: str
    place: Place
    call_mode: Literal["realtime", "daily"]
    description: str | None
    institution: Literal["all", "medical", "pharmacy"] | None
    open: bool | None
    category: tuple[str | None, str | None] = (None, None)


@dataclass(frozen=True)
class FieldRow:
    """A row of a field table. ``unread`` names the columns that could not be read; of those and
    of columns the table lacks (``absent``) the values here mean nothing."""

    name: str
    place: Place
    label: str = ""
    type: Type | None = None
    length: Length = NO_LENGTH
    coded: bool = False
    required: bool = False
    note: str = ""
    unread: frozenset[str] = frozenset()
    printed: Mapping[str, str] = field(default_factory=dict)

    def says(self, column: str) -> bool:
        return column not in self.unread


@dataclass(frozen=True)
class FieldTable:
    """The fields of one node; ``node`` None where they stand directly in the message, ``side``
    None where the caption names neither 输入 nor 输出."""

    side: Side | None
    node: str | None
    label: str
    repeated: bool | None
    rows: tuple[FieldRow, ...]
    place: Place

    def content(self) -> tuple[object, ...]:
        """What two tables have to agree in to be the same."""
        rows = ((r.name, r.label, r.type, r.length, r.coded, r.required) for r in self.rows)
        return (self.side, self.node, *rows)


@dataclass(frozen=True)
class Section:
    """The tables under one heading 【2207】门诊结算."""

    number: str
    name: str
    place: Place
    tables: tuple[FieldTable, ...]
    complete: bool = True  #: False where a table of it could not be read


@dataclass(frozen=True)
class CodeTable:
    key: str
    label: str
    codes: tuple[tuple[str, str], ...]
    place: Place
    complete: bool = True  #: False where a row could not be read


@dataclass(frozen=True)
class Reading:
    """All a document says, and what a maintainer has to know about the reading."""

    document: str
    title: str
    edition: str | None
    listing: tuple[ListingRow, ...] = ()
    sections: tuple[Section, ...] = ()
    code_tables: tuple[CodeTable, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def unread(self) -> tuple[Remark, ...]:
        return tuple(remark for remark in self.remarks if remark.kind == "unread")
