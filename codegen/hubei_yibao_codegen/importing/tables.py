"""Recognises what paragraphs and tables say, in whatever order their columns stand.

Usual shape: a heading ``【2207】门诊结算``, a caption ``表103 输入（节点标识：data）`` above a table
with 序号/参数代码/参数名称/参数类型/参数长度/代码标识/是否必填/说明. Headings and captions may stand in
paragraphs or in rows of their own, as on a worksheet.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .cells import Unread, narrow, tidy
from .cells import number as read_number
from .document import BadDocument, Cell, Document, Grid, Paragraph, Place, Remark
from .listing import RawRow, Unreadable, read_row, settle
from .reading import CodeTable, FieldTable, Reading, Section, Side
from .rows import Codes, Fields, Open

_COLUMNS: dict[str, tuple[str, ...]] = {
    "listing": (
        "接口编号",
        "接口名称",
        "调用方式",
        "描述",
        "机构类型",
        "当前是否开放",
        "一级分类",
        "二级分类",
    ),
    "fields": (
        "序号",
        "参数代码",
        "参数名称",
        "参数类型",
        "参数长度",
        "代码标识",
        "是否必填",
        "说明",
    ),
    "codes": (
        "代码值",
        "代码名称",
        "字典类型代码",
        "字典类型名称",
        "国家字典值代码",
        "国家字典值名称",
    ),
}
_SAME = {"类型": "参数类型", "长度": "参数长度", "必填": "是否必填", "备注": "说明"}
_NEEDED: dict[str, tuple[set[str], ...]] = {
    "listing": ({"接口编号", "接口名称", "调用方式"},),
    "fields": ({"参数代码", "参数名称"}, {"参数代码", "参数类型"}),
    "codes": (
        {"代码值", "代码名称"},
        {"字典类型代码", "国家字典值代码", "国家字典值名称"},
    ),
}

_HEADING = re.compile(r"[\s0-9.、()（）一-十第章节]*【\s*([^】]{4,6})\s*】\s*(.{1,60})\Z", re.S)
_TABLE_NO = re.compile(r"\s*(表\s*[0-9０-９][0-9０-９.\-－]*)")
_NODE = re.compile(r"节点(?:标识|表示)?\s*[:：]?\s*([^（）()，,；;]*)")
_SIDE = re.compile(r"[\s0-9.、()（）一-十]*(?:交易)?(输入|输出)")
_SIDE_ALONE = re.compile(r"[\s0-9.、()（）一-十]*(?:交易)?(输入|输出)(?:参数|信息|报文)?[:：]?\Z")
_EDITION = re.compile(r"[Vv]\s?([0-9]+(?:\.[0-9]+)+)")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_NO_NODE = {"无节点", "无"}
_SIDES: dict[str, Side] = {"输入": "input", "输出": "output"}


def interpret(document: Document, title: str | None = None, edition: str | None = None) -> Reading:
    """All listing rows, field tables and code tables of a document.

    Raises BadDocument if it holds none.
    """
    reader = _Interpreter(document.name)
    for block in document.blocks:
        if isinstance(block, Paragraph):
            reader.paragraph(block.text, block.place)
        else:
            reader.grid(block, carried=document.form in ("pdf", "text"))
    return reader.finish(document, title, edition)


def header_of(cells: Sequence[Cell]) -> tuple[str, dict[str, int]] | None:
    """Kind of table and index by column name, if the row is a header."""
    names: dict[str, int] = {}
    for index, cell in enumerate(cells):
        text = narrow(cell.text)
        names.setdefault(_SAME.get(text, text), index)
    for kind, alternatives in _NEEDED.items():
        if any(needed <= names.keys() for needed in alternatives):
            known = _COLUMNS[kind]
            return kind, {name: index for name, index in names.items() if name in known}
    return None


def _unknown(grid: Grid) -> Remark:
    """A table without a header of a known kind; with some of its columns it may be one."""
    texts = {narrow(cell.text) for row in grid.rows[:3] for cell in row}
    known = {name for names in _COLUMNS.values() for name in names} - {"序号", "说明", "描述"}
    shown = " | ".join(cell.text for cell in grid.rows[0] if cell.text)
    if texts & known:
        return Remark("unread", grid.place, "a table whose header lacks needed columns", shown)
    return Remark("note", grid.place, "a table of no known kind", shown)


class _Interpreter:
    """Follows headings and captions through the document."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.title = ""
        self.edition = ""
        self.remarks: list[Remark] = []
        self.listing: list[RawRow] = []
        self.sections: list[tuple[str, str, Place, list[FieldTable | None]]] = []
        self.codes: list[CodeTable] = []
        self.heading_side: Side | None = None  #: 输入 or 输出 on a line of its own
        self.caption: tuple[str, Side | None] | None = None
        self.last_line = ""
        self.open: Open | None = None
        self.blank = False  #: the row before was empty
        self.taken = False  #: the grid holds a table of a known kind
        self.listing_columns: dict[str, int] | None = None

    def paragraph(self, text: str, place: Place) -> bool:
        """Take a line in; True if it is a heading, a caption or a side."""
        heading = _HEADING.match(text)
        if heading and self._heading(heading, text, place):
            return True
        edition = _EDITION.search(text)
        if not self.title and not self.sections:
            self.title = tidy(text)
        if edition and not self.edition and len(text) <= 80:
            self.edition = f"V{edition[1]}"
        plain = tidy(_TABLE_NO.sub("", text))
        alone = _SIDE_ALONE.match(plain)
        if alone:
            self.close()
            self.heading_side = _SIDES[alone[1]]
            self.caption = (text, self.heading_side)
            return True
        side = _SIDE.match(plain)
        if side and "节点" in text and len(text) <= 80:
            self.close()
            self.caption = (text, _SIDES[side[1]])
            return True
        if "节点" in text and len(text) <= 80:
            self.close()
            self.caption = (text, self.heading_side)
            return True
        if self.open is None:
            self.last_line = text
        return False

    def _heading(self, heading: re.Match[str], text: str, place: Place) -> bool:
        name = tidy(heading[2])
        if "。" in name:
            return False
        try:
            number = read_number(heading[1])
        except Unread:
            return False
        self.close()
        self.sections.append((number, name, place, []))
        self.heading_side, self.caption, self.last_line = None, None, ""
        return True

    def grid(self, grid: Grid, carried: bool) -> None:
        """Rows of a table; ``carried``: it may continue the table before it."""
        if not carried:
            self.close()
            self.listing_columns = None
        self.taken = False
        for index, cells in enumerate(grid.rows):
            self._row(cells, grid.at(index))
        if not carried:
            self.close()
            if not self.taken and grid.rows:
                self.remarks.append(_unknown(grid))

    def _row(self, cells: Sequence[Cell], place: Place) -> None:
        texts = {cell.origin: cell.text for cell in cells if cell.text}
        after_blank, self.blank = self.blank, not texts
        if not texts:
            return
        header = header_of(cells)
        if header is not None:
            self.taken = True
            self._header(*header, place)
            return
        if len(texts) == 1:
            if after_blank:
                self.close()
            line = next(iter(texts.values()))
            if self.paragraph(line, place) or (self.open is None and self.listing_columns is None):
                return
        if self.open is not None:
            self.open.row(cells, place, self.remarks)
        elif self.listing_columns is not None:
            self._listing_row(cells, place, self.listing_columns["接口名称"] + 1)

    def _header(self, kind: str, columns: dict[str, int], place: Place) -> None:
        if kind == "listing":
            self.close()
            self.listing_columns = columns
            return
        if self.open is not None and self.open.columns == columns and self.caption is None:
            return  # the header repeated after a page break
        self.close()
        self.listing_columns = None
        self.open = Fields(columns, place) if kind == "fields" else Codes(columns, place)
        self._announce(self.open, place)

    def _listing_row(self, cells: Sequence[Cell], place: Place, name_column: int) -> None:
        row = read_row(cells, place, name_column)
        if row is None:
            reason = "a line of the listing without an interface number"
            shown = " | ".join(cell.text for cell in cells if cell.text)
            self.remarks.append(Remark("note", place, reason, shown))
        elif isinstance(row, Unreadable):
            self.remarks.append(row.remark())
        else:
            self.listing.append(row)

    def _announce(self, opened: Open, place: Place) -> None:
        """Give the table what heading, caption and the line above say about it."""
        caption, side = self.caption or ("", None)
        label = _TABLE_NO.match(caption or self.last_line)
        if label:
            opened.place = place._replace(label=narrow(label[1]))
        if isinstance(opened, Codes):
            line = _TABLE_NO.sub("", self.last_line)
            keys = _KEY.findall(narrow(line))
            opened.key = keys[0] if len(keys) == 1 else None
            opened.label = tidy(_KEY.sub("", re.sub(r"[【】()（）:：]|^[\s0-9.、]+", "", line)))
        else:
            self._announce_fields(opened, caption, side)
        self.caption, self.last_line = None, ""

    def _announce_fields(self, opened: Open, caption: str, side: Side | None) -> None:
        assert isinstance(opened, Fields)
        opened.side = side
        named = _NODE.search(caption)
        opened.node = narrow(named[1]) if named else None
        opened.captioned = bool(caption)
        if opened.node in _NO_NODE:
            opened.node = None
        plain = re.sub(r"[（(]?\s*节点.*", "", _TABLE_NO.sub("", caption), flags=re.S)
        plain = re.sub(r"\A\s*表(?=\s|\Z)", "", plain)
        prefix = _SIDE.match(plain)
        opened.label = tidy(plain[prefix.end() :] if prefix else plain).strip(" -—－:：")
        opened.repeated = True if "多行" in caption else False if "单行" in caption else None

    def close(self) -> None:
        """End the open table and file it."""
        opened, self.open = self.open, None
        if opened is None:
            return
        if isinstance(opened, Codes):
            self.codes += opened.tables(self.remarks)
            return
        assert isinstance(opened, Fields)
        if not self.sections:
            reason = "a field table above any heading 【number】name"
            self.remarks.append(Remark("unread", opened.place, reason))
            return
        self.sections[-1][3].append(opened.table(self.sections[-1][0], self.remarks))

    def finish(self, document: Document, title: str | None, edition: str | None) -> Reading:
        self.close()
        listing, remarks = settle(self.listing)
        sections = tuple(
            Section(
                number,
                name,
                place,
                tuple(table for table in tables if table is not None),
                complete=None not in tables,
            )
            for number, name, place, tables in self.sections
            if tables
        )
        reading = Reading(
            document.name,
            title or self.title or document.name,
            edition or self.edition or None,
            tuple(listing),
            sections,
            tuple(self.codes),
            (*document.remarks, *remarks, *self.remarks),
        )
        if not (listing or sections or self.codes or reading.unread):
            message = "holds neither a listing nor field tables nor code tables"
            raise BadDocument(f"{document.name}: {message}")
        return reading
