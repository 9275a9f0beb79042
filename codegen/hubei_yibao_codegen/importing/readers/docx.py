"""Word documents, through python-docx."""

from __future__ import annotations

import io
from typing import Any

from docx import Document as open_docx
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph as WordParagraph

from ..document import BadDocument, Block, Cell, Document, Grid, Paragraph, Place

_TRACKED = {qn(f"w:{name}") for name in ("ins", "del", "moveFrom", "moveTo")}


def read_docx(data: bytes, name: str) -> Document:
    """Paragraphs and tables of the body, in order; merged cells repeat their text."""
    try:
        document = open_docx(io.BytesIO(data))
        body = document.element.body
    except Exception as error:  # python-docx lets errors of any layer through
        raise BadDocument(f"{name}: damaged .docx: {type(error).__name__}") from error
    for element in body.iter():
        if element.tag in _TRACKED:
            message = "holds tracked changes: accept or reject them, then import again"
            raise BadDocument(f"{name}: {message}")
    blocks: list[Block] = []
    tables = 0
    for block in document.iter_inner_content():
        if isinstance(block, WordParagraph):
            if block.text.strip():
                blocks.append(Paragraph(block.text.strip(), Place(name)))
        else:
            tables += 1
            blocks.append(_grid(block, Place(name, table=tables)))
    return Document(name, "docx", tuple(blocks))


def _grid(table: Table, place: Place) -> Grid:
    origins: dict[Any, tuple[int, int]] = {}
    rows: list[tuple[Cell, ...]] = []
    for number, row in enumerate(table.rows, start=1):
        cells: list[Cell] = []
        column = row.grid_cols_before
        for cell in row.cells:
            column += 1
            origin = origins.setdefault(cell._tc, (number, column))
            problem = "a table inside the cell" if cell.tables else ""
            cells.append(Cell(cell.text.strip(), column, origin, problem))
        rows.append(tuple(cells))
    return Grid(tuple(rows), place)
