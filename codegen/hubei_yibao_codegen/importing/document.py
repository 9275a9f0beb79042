"""What a reader makes of a file: paragraphs and rows of cells, each with its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple


class BadDocument(Exception):
    """The file cannot be imported at all; the message says why and what to do."""


class Place(NamedTuple):
    """Where something stands in a document; numbers count from 1, 0 where none applies.

    ``label`` is what the document itself calls the table (表103), ``sheet`` the worksheet or page.
    """

    document: str
    table: int = 0
    row: int = 0
    column: int = 0
    label: str = ""
    sheet: str = ""
    line: int = 0

    def __str__(self) -> str:
        parts = [self.document]
        if self.sheet:
            parts.append(self.sheet)
        if self.line:
            parts.append(f"line {self.line}")
        if self.table:
            label = f" ({self.label})" if self.label else ""
            parts.append(f"table {self.table}{label}")
        if self.row:
            parts.append(f"row {self.row}")
        if self.column:
            parts.append(f"column {self.column}")
        return ", ".join(parts)


class Remark(NamedTuple):
    """Something the maintainer has to know about a place in the document.

    ``unread``: a cell or table could not be read and is left out; ``repaired``: it was read, but
    only by a rule that mends the document; ``note``: worth knowing, nothing was lost.
    """

    kind: Literal["unread", "repaired", "note"]
    place: Place
    reason: str
    text: str = ""

    def __str__(self) -> str:
        shown = f": {visible(self.text)}" if self.text else ""
        return f"{self.place}: {self.reason}{shown}"


class Cell(NamedTuple):
    """A cell's text; ``problem`` says why the text may not be what the document shows.

    ``origin`` is the cell (row, column) a merged cell repeats, its own place otherwise.
    """

    text: str
    column: int
    origin: tuple[int, int]
    problem: str = ""


@dataclass(frozen=True)
class Paragraph:
    text: str
    place: Place


@dataclass(frozen=True)
class Grid:
    """A table as it lies on the page: rows of cells, all rows as wide as the table."""

    rows: tuple[tuple[Cell, ...], ...]
    place: Place
    first_row: int = 1  #: number of the first row, for places

    def at(self, row: int, column: int = 0) -> Place:
        """Place of a cell; ``row`` is an index into ``rows``, ``column`` counts from 1."""
        return self.place._replace(row=self.first_row + row, column=column)


Block = Paragraph | Grid


@dataclass(frozen=True)
class Document:
    """A file's content in reading order."""

    name: str
    form: Literal["text", "xlsx", "docx", "pdf"]
    blocks: tuple[Block, ...]
    remarks: tuple[Remark, ...] = field(default=())


def visible(text: str) -> str:
    """Text of a document for a terminal: one line, nothing unprintable, not endless."""
    flat = " ".join(text.split())
    shown = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in flat)
    return shown if len(shown) <= 120 else f"{shown[:119]}…"
