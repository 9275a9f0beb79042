"""Tables in PDF files, through pdfplumber."""

from __future__ import annotations

import io

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfplumber.page import Page
from pdfplumber.utils.exceptions import PdfminerException

from ..document import BadDocument, Block, Cell, Document, Grid, Paragraph, Place

MAX_PAGES = 3000


def read_pdf(data: bytes, name: str) -> Document:
    """Lines and ruled tables of every page, in reading order.

    A PDF holds no merged cells: a cell without borders of its own comes out empty, and what it
    stands for is marked as a ``problem``, except where a single cell spans the whole row.
    """
    blocks: list[Block] = []
    tables = 0
    try:
        with pdfplumber.open(io.BytesIO(data)) as document:
            if len(document.pages) > MAX_PAGES:
                raise BadDocument(f"{name}: more than {MAX_PAGES} pages")
            for page in document.pages:
                found = _page(page, name, tables)
                tables += sum(isinstance(block, Grid) for block in found)
                blocks += found
                page.close()
    except BadDocument:
        raise
    except Exception as error:  # pdfminer lets errors of any kind through
        cause = error.args[0] if isinstance(error, PdfminerException) and error.args else error
        if isinstance(cause, PDFPasswordIncorrect):
            message = "password-protected: save it without a password"
            raise BadDocument(f"{name}: {message}") from error
        raise BadDocument(f"{name}: damaged PDF: {type(cause).__name__}") from error
    if not blocks:
        raise BadDocument(f"{name}: holds no text (scanned pages?)")
    return Document(name, "pdf", tuple(blocks))


def _page(page: Page, name: str, tables: int) -> list[Block]:
    found = sorted(page.find_tables(), key=lambda table: table.bbox[1])
    placed: list[tuple[float, Block]] = []
    outside = page
    for number, table in enumerate(found, start=tables + 1):
        outside = outside.outside_bbox(table.bbox, strict=False)
        place = Place(name, table=number, sheet=f"page {page.page_number}")
        placed.append((table.bbox[1], _grid(table.extract(), place)))
    for line in outside.extract_text_lines(strip=True):
        if line["text"].strip():
            place = Place(name, sheet=f"page {page.page_number}")
            placed.append((line["top"], Paragraph(line["text"].strip(), place)))
    return [block for _, block in sorted(placed, key=lambda item: item[0])]


def _grid(rows: list[list[str | None]], place: Place) -> Grid:
    made: list[tuple[Cell, ...]] = []
    for number, row in enumerate(rows, start=1):
        cells: list[Cell] = []
        whole = len(row) > 1 and row[0] is not None and all(text is None for text in row[1:])
        for column, text in enumerate(row, start=1):
            if text is not None:
                cells.append(Cell(text.strip(), column, (number, column)))
            elif whole:
                cells.append(Cell((row[0] or "").strip(), column, (number, 1)))
            else:
                cells.append(Cell("", column, (number, column), "merged with a cell beside it"))
        made.append(tuple(cells))
    return Grid(tuple(made), place)
