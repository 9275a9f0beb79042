"""The text files of the platform: UTF-8, TAB between cells, one record a line, ``null`` for
nothing, no headings (appendix A of the national baseline; Hubei's client agrees).

Splitting is exact: an empty cell stays a cell, and a line with more or fewer cells than columns is
handed to ``on_bad`` with its number. Public clients that join or skip empty cells shift columns.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ..codec.reading import read
from ..errors import FileError
from .archive import FileLimits, open_text

if TYPE_CHECKING:
    from ..interface import Field

EMPTY = "null"
BLOCK = 2**18
LONGEST_LINE = 2**22
_MARK = b"\xef\xbb\xbf"

Row = list[str | None]


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that was left out."""

    line: int  #: counted from 1
    reason: str
    text: str = field(repr=False)  #: the line as it came; may name people


class TextRows:
    """The rows of a zipped text file, each a list of cells; iterate it as often as you like.

    ``columns``: how many, or the layout's columns. ``on_bad`` gets every line that has another
    number of cells; without it such a line raises FileError. Text that is not in ``encoding``
    raises FileError naming the line, and so does a damaged archive, at the latest at its end:
    whoever stores rows does it in one transaction.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        columns: int | Sequence[Field],
        *,
        on_bad: Callable[[BadLine], object] | None = None,
        encoding: str = "utf-8",
        limits: FileLimits | None = None,
    ) -> None:
        self._path = Path(path)
        self.width = columns if isinstance(columns, int) else len(columns)
        self._on_bad = on_bad
        self._encoding = encoding
        self._limits = limits

    def __iter__(self) -> Iterator[Row]:
        for _, row in self.numbered():
            yield row

    def numbered(self) -> Iterator[tuple[int, Row]]:
        """Rows with their line numbers, counted from 1."""
        width, number = self.width, 0
        with open_text(self._path, self._limits) as (_, stream):
            for block in _blocks(stream):
                for line in self._decoded(block, number).split("\n"):
                    number += 1
                    cells: Row = line.split("\t")  # type: ignore[assignment]
                    if len(cells) != width:
                        if line:
                            self._bad(number, len(cells), line)
                        continue
                    if EMPTY in line:
                        cells = [None if cell == EMPTY else cell for cell in cells]
                    yield number, cells

    def _bad(self, number: int, cells: int, line: str) -> None:
        reason = f"{cells} cells instead of {self.width}"
        if self._on_bad is None:
            raise FileError(f"{self._path.name}, line {number}: {reason}")
        self._on_bad(BadLine(number, reason, line))

    def _decoded(self, block: bytes, before: int) -> str:
        try:
            text = block.decode(self._encoding)
        except UnicodeDecodeError as error:
            line = before + block.count(b"\n", 0, error.start) + 1
            raise FileError(
                f"{self._path.name}, line {line}: not {self._encoding}{_guess(block, line - before)}",
                advice="nothing of it was taken; ask the platform, or read it with encoding='gb18030'",
            ) from None
        return text.replace("\r\n", "\n").removesuffix("\r") if "\r" in text else text


def _guess(block: bytes, line: int) -> str:
    try:
        block.split(b"\n")[line - 1].decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return ", it looks like GBK"


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """Whole lines in blocks, without the last line end; no mark at the file's beginning."""
    rest = stream.read(len(_MARK)).removeprefix(_MARK)
    while piece := stream.read(BLOCK):
        head, end, tail = piece.rpartition(b"\n")
        if end:
            yield rest + head
            rest = tail
        else:
            rest += tail
        if len(rest) > LONGEST_LINE:
            raise FileError(f"a line has more than {LONGEST_LINE} bytes")
    if rest:
        head, end, tail = rest.rpartition(b"\n")
        if end:
            yield head
        if tail:
            yield tail


def as_datetime(value: Any) -> datetime | None:
    """A cell as China's time, in all forms seen; None for nothing and for what nobody can read.

    Seen: ``2026-01-01``, with time and fraction, ``20260101083000``, milliseconds since 1970, and
    what Java prints (``Thu Jan 01 00:00:00 CST 2026``).
    """
    found: datetime | None = read("datetime", value)[0]
    return found


def as_date(value: Any) -> date | None:
    """The day of :func:`as_datetime`."""
    found: date | None = read("date", value)[0]
    return found


def write_rows(path: str | os.PathLike[str], rows: Iterable[Sequence[Any]], *, name: str) -> int:
    """Write a zip with one text file ``name``, as the upload takes it; the number of rows.

    None and empty texts become ``null``; other values are written as ``str`` gives them. A cell
    with TAB or line end raises FileError and leaves no file: the format cannot hold it.
    """
    target, count = Path(path), 0
    part = target.with_name(f".{target.name}.part")
    try:
        with (
            zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open(name, "w", force_zip64=True) as raw,
            io.BufferedWriter(raw) as out,
        ):
            for row in rows:
                out.write(_line(row, count + 1, first=count == 0))
                count += 1
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    return count


def _line(row: Sequence[Any], number: int, *, first: bool) -> bytes:
    cells = [EMPTY if cell is None or cell == "" else str(cell) for cell in row]
    if any(mark in cell for cell in cells for mark in "\t\r\n"):
        raise FileError(f"row {number} has a TAB or a line end inside a cell")
    return (("" if first else "\n") + "\t".join(cells)).encode()
