"""Excel workbooks, through openpyxl."""

from __future__ import annotations

import io
import re
from typing import Any

from openpyxl import load_workbook

from ..document import BadDocument, Cell, Document, Grid, Place

MAX_CELLS = 3_000_000
_PADDED = re.compile(r"0+\Z")
_PLAIN_NUMBER = {"General", "0", "@"}


def read_xlsx(data: bytes, name: str) -> Document:
    """One grid per visible sheet; merged cells repeat their text.

    Formulas are not calculated, and what was stored as their last result is not trusted: such
    cells have a ``problem``. So have numbers that the sheet shows in another form than stored.
    """
    try:
        book = load_workbook(io.BytesIO(data), data_only=False)
    except Exception as error:  # openpyxl lets errors of any layer through
        raise BadDocument(f"{name}: damaged .xlsx: {type(error).__name__}") from error
    blocks: list[Grid] = []
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            continue
        if sheet.max_row * sheet.max_column > MAX_CELLS:
            size = f"{sheet.max_row} rows and {sheet.max_column} columns"
            message = f"sheet {sheet.title} spans {size}: delete what is empty"
            raise BadDocument(f"{name}: {message}")
        place = Place(name, table=len(blocks) + 1, sheet=f"sheet {sheet.title}")
        blocks.append(_grid(sheet, place))
    return Document(name, "xlsx", tuple(blocks))


def _grid(sheet: Any, place: Place) -> Grid:
    merged: dict[tuple[int, int], tuple[int, int]] = {}
    for span in sheet.merged_cells.ranges:
        for row, column in span.cells:
            merged[row, column] = (span.min_row, span.min_col)
    rows: list[tuple[Cell, ...]] = []
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells: list[Cell] = []
        for column in range(1, len(row) + 1):
            origin = merged.get((number, column), (number, column))
            text, problem = _text(
                row[column - 1] if origin == (number, column) else sheet.cell(*origin)
            )
            cells.append(Cell(text, column, origin, problem))
        rows.append(tuple(cells))
    return Grid(tuple(rows), place)


def _text(cell: Any) -> tuple[str, str]:
    """The cell's text as the sheet shows it, and what is doubtful about it."""
    value = cell.value
    if value is None:
        return "", ""
    if cell.data_type == "f":
        return str(getattr(value, "text", value)), "a formula"
    if cell.data_type == "e":
        return str(value), "an error value"
    if isinstance(value, str):
        return value.strip(), ""
    if isinstance(value, bool):
        return str(value).upper(), ""
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        shown = cell.number_format
        if shown in _PLAIN_NUMBER:
            return str(int(value)), ""
        if _PADDED.match(shown):
            return str(int(value)).zfill(len(shown)), ""
        return str(int(value)), f"a number shown in the format {shown}"
    if isinstance(value, float):
        return repr(value), "a number with places"
    return str(value), f"a {type(value).__name__}"
