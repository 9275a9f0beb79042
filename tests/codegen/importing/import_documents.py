"""Documents for the import tests, and a small invented spec to import them into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import docx
import openpyxl
import pytest
from hubei_yibao_codegen.cli import main
from openpyxl.utils import get_column_letter
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

HEADER = ["序号", "参数代码", "参数名称", "参数类型", "参数长度", "代码标识", "是否必填", "说明"]


class Run(NamedTuple):
    code: int
    out: str
    err: str


def run_command(capsys: pytest.CaptureFixture[str], words: Sequence[str]) -> Run:
    capsys.readouterr()
    code = main(words)
    captured = capsys.readouterr()
    return Run(code, captured.out, captured.err)


class Rows(NamedTuple):
    """A table; ``merges`` are (row, column) pairs of first and last cell, from 0."""

    rows: Sequence[Sequence[Any]]
    merges: Sequence[tuple[tuple[int, int], tuple[int, int]]] = ()


Block = str | Rows


def fields(*rows: Sequence[Any], header: Sequence[str] = HEADER) -> Rows:
    """A field table: rows without the running number, which is put in front."""
    return Rows([header, *([str(i), *row] for i, row in enumerate(rows, 1))])


def write_docx(path: Path, blocks: Sequence[Block]) -> Path:
    document = docx.Document()
    for block in blocks:
        if isinstance(block, str):
            document.add_paragraph(block)
            continue
        table = document.add_table(len(block.rows), len(block.rows[0]))
        for row, texts in zip(table.rows, block.rows, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = str(text)
        for (top, left), (bottom, right) in block.merges:
            for row in range(top, bottom + 1):
                for column in range(left, right + 1):
                    if (row, column) != (top, left):
                        table.cell(row, column).text = ""
            merged = table.cell(top, left).merge(table.cell(bottom, right))
            merged.text = str(block.rows[top][left])
    document.save(str(path))
    return path


def write_xlsx(path: Path, blocks: Sequence[Block]) -> Path:
    """Everything on one sheet: lines in column A, tables below them."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    at = 1
    for block in blocks:
        if isinstance(block, str):
            sheet.cell(at, 1, block)
            at += 2
            continue
        for row in block.rows:
            for column, value in enumerate(row, 1):
                sheet.cell(at, column, value if value != "" else None)
            at += 1
        top = at - len(block.rows)
        for (first, left), (last, right) in block.merges:
            start = f"{get_column_letter(left + 1)}{top + first}"
            sheet.merge_cells(f"{start}:{get_column_letter(right + 1)}{top + last}")
        at += 1
    book.save(path)
    return path


def write_pdf(path: Path, blocks: Sequence[Block], password: str | None = None) -> Path:
    """Ruled tables that run over several pages, the header only on the first."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    style = ParagraphStyle("plain", fontName="STSong-Light", fontSize=9, leading=12)
    story: list[Any] = []
    for block in blocks:
        if isinstance(block, str):
            story.append(Paragraph(block, style))
            continue
        table = Table([[str(cell) for cell in row] for row in block.rows])
        look: list[Any] = [
            ("FONT", (0, 0), (-1, -1), "STSong-Light", 7),
            ("GRID", (0, 0), (-1, -1), 0.5, colors.black),
        ]
        look += [
            ("SPAN", (left, top), (right, bottom)) for (top, left), (bottom, right) in block.merges
        ]
        table.setStyle(TableStyle(look))
        story.append(table)
    lock = StandardEncryption(password) if password else None
    SimpleDocTemplate(str(path), pagesize=landscape(A4), encrypt=lock).build(story)
    return path


def tree(root: Path) -> dict[str, bytes]:
    """Every file below a folder, to compare before and after."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


def changed(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> set[str]:
    names = before.keys() | after.keys()
    return {name for name in names if before.get(name) != after.get(name)}


_INTERFACE = """\
# yaml-language-server: $schema=../../schema/interface.schema.json
number: "2207"
name: 门诊结算   # as the listing prints it
operation: outpatient.settle
category: ["2-医保服务", "2-门急诊结算"]
call_mode: realtime
description: 通过此交易进行门诊结算的正式结算。
institution: medical
open: true
direction: request
effect: write
reversible: true
rules:
  # asked by hospitals every year
  - 先预结算，再结算。

input:
  # one patient at a time
  - node: data
    repeated: false
    aliases: [mdtrtinfo]
    fields:
      # who
      - {name: psn_no, label: 人员编号, type: string, length: 30, required: true, sensitive: true}
      # how much
      - {name: medfee_sumamt, label: 医疗费总额, type: decimal, precision: [16, 2]}  # in yuan
      - {name: med_type, label: 医疗类别, type: string, length: 6, dictionary: med_type}
      - name: memo
        label: 备注
        type: string
        length: 200
        sensitive: true
        aliases: [remark]
        note: 患者自述也写在这里
      # corrected, see the reason
      - {name: dld_endtime, label: 截止日期, type: date, aliases: [dld_end_time], printed: {name: dld_end_time}, reason: 其他交易均为 dld_endtime}
      # from the field
      - {name: exp_content, label: 字段扩展, type: string, length: 4000, provenance: {source: hubei-client, table: 表7}}
output:
  - node: setlinfo
    label: 结算信息
    repeated: false
    fields:
      - {name: setl_id, label: 结算ID, type: string, length: 30, required: true}
      - name: detail
        label: 明细
        type: object
        repeated: true
        fields:
          - {name: fund_pay_type, label: 基金支付类型, type: string, length: 6, coded: true}
# where all this comes from
provenance: {listing: hubei, fields: national-baseline, document: an older edition}
"""

_UNSPECIFIED = """\
# yaml-language-server: $schema=../../schema/interface.schema.json
number: "{number}"
name: {name}
operation: outpatient.call_{lower}
category: ["2-医保服务", "2-门急诊结算"]
call_mode: realtime
description: unspecified
institution: medical
open: true
direction: request
effect: write
{extra}fields: unspecified
provenance: {{listing: hubei, fields: unspecified}}
"""

_PLATFORM = """\
title: 测试平台
edition: 第一版
envelope:
  request: []
  response: []
constants: {}
"""


def unspecified(number: str, name: str, extra: str = "") -> str:
    return _UNSPECIFIED.format(number=number, name=name, lower=number.lower(), extra=extra)


SPEC = {
    "platform.yaml": _PLATFORM,
    "interfaces/2-services/2207.yaml": _INTERFACE,
    "interfaces/2-services/2208.yaml": unspecified("2208", "门诊结算撤销", 'cancels: ["2207"]\n'),
    "interfaces/2-services/2209a.yaml": unspecified("2209a", "门诊查询"),
    "dictionaries/med_type.yaml": """\
key: med_type
label: 医疗类别
codes:
  # the usual one
  - {code: "11", label: 普通门诊}
  - {code: "12", label: 门诊挂号, note: 仅挂号时用}  # see 2201
  - {code: "14", label: 门诊慢特病}
provenance: {source: national-baseline}
""",
}
