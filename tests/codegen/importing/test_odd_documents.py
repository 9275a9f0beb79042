"""Word and Excel documents with every oddity seen or feared, read exactly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hubei_yibao_codegen.importing.readers import read
from hubei_yibao_codegen.importing.tables import interpret
from hubei_yibao_codegen.spec.load import load
from hubei_yibao_codegen.spec.model import Interface
from import_documents import Block, Rows, Run, fields, write_docx, write_pdf, write_xlsx

Cli = Callable[..., Run]

#: Columns in another order, header cells with line breaks, every way to say yes.
ODD_HEADER = [
    "说明",
    "是否\n必填",
    "参数\n代码",
    "参数类型",
    "参数名称",
    "参数 长度",
    "代码标识",
    "序号",
]
ODD_INPUT = Rows(
    [
        ["表１２ 输入－查询条件（节点标识：data，单行）", "", "", "", "", "", "", ""],
        ODD_HEADER,
        ["", "Y", "psn_no", "字符型", "人员\n编号", "３０", "", "1"],
        ["", "y", "ｍｅｄ_ｔｙｐｅ", "字符", "医疗类别", "6", "Y", "2"],
        ["以元计", "是", "fulamt_\nownpay", "数值型", "全自费金额", "16，2", "", "3"],
        ["", "√", "pric", "数值型", "单价（元 / 盒）", "（16,6）", "", "4"],
        ["", "N", "cnt", "数值型", "数量", "4", "", "5"],
        ["", "否", "begntime", "日期时间型", "开始时间", "", "", "6"],
        ["", "", "flag_a", "字符型", "标志甲", "1", "是", "7"],
        ["", "", "flag_b", "字符型", "标志乙", "1", "", "8"],
        ["", "", "diseinfo", "列表", "诊断", "", "", "9"],
    ],
    merges=[((0, 0), (0, 7)), ((8, 6), (9, 6))],
)
ODD_MEMBERS = fields(
    ["diag_code", "诊断代码", "字符型", "20", "", "Y", ""],
    ["hcv-ab", "丙肝抗体", "整型", "2", "", "", ""],
)
ODD_OUTPUT = fields(
    ["setl_id", "结算ID", "字符型", "30", "", "Y", ""],
    ["brdy", "出生日期", "日期型", "", "", "", ""],
    ["dld_time", "下载时间", "日期型", "", "", "", "格式yyyy-MM-dd HH:mm:ss"],
)
ODD: list[Block] = [
    "某省接口规范 V2.0.1",
    "5.3.1 【２２０９ａ】门诊查询",
    "调用【2207】之后方可查询。",
    ODD_INPUT,
    "表13 输入-诊断信息（节点标识:diseinfo，多行数据）",
    ODD_MEMBERS,
    "（2）输出",
    ODD_OUTPUT,
    "门诊类别 med_kind",
    Rows([["代码值", "代码名称"], ["０1", "普通\n门诊"], ["02", "急诊"]]),
    "第6章 字典表",
    Rows(
        [
            ["字典类型代码", "字典类型名称", "国家字典值代码", "国家字典值名称"],
            ["gend", "性别", "1", "男"],
            ["", "", "2", "女"],
            ["inv_type", "票据类型", "A1", "电子"],
            ["", "", "B-1", "纸质"],
        ]
    ),
]

EXPECTED = """\
# yaml-language-server: $schema=../../schema/interface.schema.json
number: "2209a"
name: 门诊查询
operation: outpatient.call_2209a
category: ["2-医保服务", "2-门急诊结算"]
call_mode: realtime
description: unspecified
institution: medical
open: true
direction: request
effect: write
input:
  - node: data
    label: 查询条件
    repeated: false
    fields:
      - {name: psn_no, label: 人员编号, type: string, length: 30, required: true}
      - {name: med_type, label: 医疗类别, type: string, length: 6, required: true, dictionary: med_type}
      - {name: fulamt_ownpay, label: 全自费金额, type: decimal, precision: [16, 2], required: true}
      - {name: pric, label: 单价（元/盒）, type: decimal, precision: [16, 6], required: true}
      - {name: cnt, label: 数量, type: decimal, precision: [4, 0]}
      - {name: begntime, label: 开始时间, type: datetime}
      - {name: flag_a, label: 标志甲, type: string, length: 1, coded: true}
      - {name: flag_b, label: 标志乙, type: string, length: 1, coded: true}
      - name: diseinfo
        label: 诊断
        type: object
        repeated: true
        fields:
          - {name: diag_code, label: 诊断代码, type: string, length: 20, required: true}
          - {name: hcv-ab, label: 丙肝抗体, type: integer, precision: [2, 0]}
output:
  - fields:
      - {name: setl_id, label: 结算ID, type: string, length: 30, required: true}
      - {name: brdy, label: 出生日期, type: date}
      - {name: dld_time, label: 下载时间, type: datetime}
provenance: {listing: hubei, fields: published, document: 某省接口规范V2.0.1, edition: V2.0.1, tables: [表12, 表13]}
"""


@pytest.mark.parametrize("write", [write_docx, write_xlsx])
def test_every_oddity_is_read_exactly(
    write: Callable[..., Path], small_spec: Path, tmp_path: Path, cli: Cli
) -> None:
    path = write(tmp_path / f"odd.{write.__name__[-4:]}", ODD)
    done = cli("import", path, "--spec", small_spec, "--apply")
    assert done.code == 0, done.out
    made = (small_spec / "interfaces/2-services/2209a.yaml").read_text(encoding="utf-8")
    assert made == EXPECTED
    assert (small_spec / "dictionaries/med_kind.yaml").read_text(encoding="utf-8") == (
        "# yaml-language-server: $schema=../schema/dictionary.schema.json\n"
        "key: med_kind\n"
        "label: 门诊类别\n"
        "codes:\n"
        '  - {code: "01", label: 普通门诊}\n'
        '  - {code: "02", label: 急诊}\n'
        "provenance: {source: published, document: 某省接口规范V2.0.1, edition: V2.0.1}\n"
    )
    tables = load(small_spec).spec.dictionaries
    assert [(c.code, c.label) for c in tables["gend"].codes] == [("1", "男"), ("2", "女")]
    assert tables["inv_type"].label == "票据类型"
    assert [c.code for c in tables["inv_type"].codes] == ["A1", "B-1"]
    assert "参数代码 read as med_type" in done.out
    assert "参数代码 read as fulamt_ownpay" in done.out

    again = cli("import", path, "--spec", small_spec, "--apply")
    assert "0 files written" in again.out


def test_field_tables_in_a_pdf(small_spec: Path, tmp_path: Path, cli: Cli) -> None:
    rows = [[f"name_{i}", f"名称{i}", "字符型", str(i), "", "Y", ""] for i in range(1, 80)]
    blocks: list[Block] = [
        "规范 V3.1",
        "【2209a】门诊查询",
        "表7 输入（节点标识：data）",
        fields(*rows),
    ]
    path = write_pdf(tmp_path / "fields.pdf", blocks)
    assert cli("import", path, "--spec", small_spec, "--apply").code == 0
    made = load(small_spec).spec.interfaces["2209a"]
    assert isinstance(made.input, tuple)
    assert [(f.name, f.label, f.length) for f in made.input[0].fields] == [
        (f"name_{i}", f"名称{i}", i) for i in range(1, 80)
    ]
    assert made.output == "unspecified"
    assert made.provenance.tables == ("表7",)


def doubtful(*rows: list[Any]) -> list[Block]:
    return ["规范", "【2209a】门诊查询", "输入（节点标识：data）", fields(*rows)]


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (["x", "甲", "字符型", "2,000", "", "", ""], 5, "neither a length nor digits and places"),
        (["x", "甲", "字符型", "16.2", "", "", ""], 5, "neither a length nor digits and places"),
        (["x", "甲", "字符型", "1M", "", "", ""], 5, "neither a length nor digits and places"),
        (["x", "甲", "字符型", "16,2", "", "", ""], 5, "digits and places for a text"),
        (["x", "甲", "数值型", "2,16", "", "", ""], 5, "neither a length nor digits and places"),
        (["x", "甲", "数字型", "4", "", "", ""], 4, "unknown type"),
        (["x", "甲", "字符型", "4", "见附录", "", ""], 6, "neither yes nor no"),
        (["x", "甲", "字符型", "4", "", "条件必填", ""], 7, "neither yes nor no"),
        (["人员编号", "甲", "字符型", "4", "", "", ""], 2, "not a field name"),
    ],
)
@pytest.mark.parametrize("write", [write_docx, write_xlsx])
def test_a_doubtful_cell_is_listed_with_its_place_and_left_out(
    write: Callable[..., Path],
    row: list[str],
    column: int,
    reason: str,
    tmp_path: Path,
    small_spec: Path,
    cli: Cli,
) -> None:
    path = write(
        tmp_path / f"doubt.{write.__name__[-4:]}", doubtful(["a", "好", "日期型", *[""] * 4], row)
    )
    reading = interpret(read(path))
    first = reading.unread[0]
    assert (first.place.column, first.place.table) == (column, 1)
    assert first.place.row == (3 if write is write_docx else 9)
    assert reason in first.reason
    assert first.text == row[column - 2]
    done = cli("import", path, "--spec", small_spec, "--apply")
    assert done.code == 1
    assert str(first) in done.out
    made = load(small_spec).spec.interfaces["2209a"]
    if column == 2:
        assert made.input is None
        return
    assert isinstance(made.input, tuple)
    field = made.input[0].fields[1]
    if column == 4:
        assert field.type is None
    if column == 5:
        assert (field.length, field.precision) == (None, None)
    if column == 7:
        assert field.required == "unknown"


def test_formulas_and_formatted_numbers_in_a_workbook(
    tmp_path: Path, small_spec: Path, cli: Cli
) -> None:
    path = write_xlsx(
        tmp_path / "formulas.xlsx",
        [
            *doubtful(
                ["a", "甲", "字符型", 20, "", "Y", ""], ["b", "乙", "字符型", "=10+10", "", "", ""]
            ),
            "性别 gend",
            Rows([["代码值", "代码名称"], [1, "男"], [2, "女"], [16.2, "怪"]]),
        ],
    )
    book = openpyxl.load_workbook(path)
    sheet = book.active
    assert sheet is not None
    for row in range(8, 10):
        sheet.cell(row, 1).value = "=ROW()-7"  # 序号 is not needed
    for row in range(1, sheet.max_row + 1):
        if sheet.cell(row, 1).value in (1, 2):
            sheet.cell(row, 1).number_format = "00"
    book.save(path)

    reading = interpret(read(path))
    told = [(remark.place.row, remark.place.column, remark.reason) for remark in reading.unread]
    assert told == [
        (9, 5, "参数长度: a formula is not read"),
        (16, 1, "代码值: a number with places is not read"),
    ]
    assert reading.unread[0].text == "=10+10"
    assert [code for code, _ in reading.code_tables[0].codes] == ["01", "02"]
    done = cli("import", path, "--spec", small_spec, "--apply")
    assert done.code == 1
    assert "gend 性别: held" in done.out
    assert not (small_spec / "dictionaries/gend.yaml").exists()
    made = load(small_spec).spec.interfaces["2209a"]
    assert isinstance(made, Interface)
    assert isinstance(made.input, tuple)
    assert [(f.name, f.length) for f in made.input[0].fields] == [("a", 20), ("b", None)]
