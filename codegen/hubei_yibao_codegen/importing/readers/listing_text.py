"""Plain text with tabs between cells, as extracted from the published PDF."""

from __future__ import annotations

from ..document import BadDocument, Cell, Document, Grid, Paragraph, Place, Remark


def read_text(data: bytes, name: str) -> Document:
    """One grid of all lines; a line without tabs is a paragraph.

    UTF-8 or UTF-16 with a mark; anything else is tried as GB18030 and remarked on.
    """
    remarks: list[Remark] = []
    try:
        text = data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError as error:
            raise BadDocument(f"{name}: neither UTF-8 nor GB18030 text") from error
        remarks.append(Remark("note", Place(name), "not UTF-8, read as GB18030"))
    blocks: list[Paragraph | Grid] = []
    for number, line in enumerate(text.splitlines(), start=1):
        place = Place(name, line=number)
        if "\t" in line:
            blocks.append(Grid((_cells(line),), place, first_row=0))
        elif line.strip():
            blocks.append(Paragraph(line.strip(), place))
    return Document(name, "text", tuple(blocks), tuple(remarks))


def _cells(line: str) -> tuple[Cell, ...]:
    return tuple(
        Cell(text.strip(), column, (0, column))
        for column, text in enumerate(line.split("\t"), start=1)
    )
