"""Documents that contradict themselves or the spec: told with place and reason, never settled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hubei_yibao_codegen.spec.load import load
from import_documents import Block, Rows, Run, fields, tree, write_docx

Cli = Callable[..., Run]
ONE = fields(["a", "甲", "字符型", "4", "", "Y", ""])
OTHER = fields(["a", "甲", "字符型", "5", "", "Y", ""])
HEAD = "【2209a】门诊查询"
INPUT = "输入（节点标识：data）"


@pytest.mark.parametrize(
    ("blocks", "reason"),
    [
        ([HEAD, INPUT, ONE, HEAD, INPUT, OTHER], "two different tables for input data"),
        ([HEAD, INPUT, ONE, INPUT, OTHER], "two different tables for input data"),
        (["【2299】门诊查询", INPUT, ONE], "2299: not in the listing"),
        (
            ["【2209A】门诊查询", INPUT, ONE],
            "not in the listing; the listing has 2209a, case counts",
        ),
        (
            ["【2209a】门诊费用查询", INPUT, ONE],
            "the tables are of `门诊费用查询`, the spec has `门诊查询`: --same 2209a",
        ),
        ([INPUT, ONE], "a field table above any heading"),
        ([HEAD, ONE], "no caption with 输入 or 输出 and 节点标识"),
        ([HEAD, "诊断信息（节点标识：diseinfo）", ONE], "neither 输入 nor 输出 above the table"),
        ([HEAD, "输入（节点标识：）", ONE], "the node's name is not readable"),
        ([HEAD, "输入（节点标识：List<X>）", ONE], "the node's name is not readable"),
        (
            [
                HEAD,
                INPUT,
                fields(["a", "甲", "字符型", "4", "", "", ""], ["ａ", "乙", "", "", "", "", ""]),
            ],
            "field a twice in one table, first in row 2",
        ),
        (
            [
                HEAD,
                "输入（节点标识：x）",
                fields(["sub", "子", "对象型", "", "", "", ""]),
                "输入（节点标识：y）",
                fields(["sub", "子", "对象型", "", "", "", ""]),
                "输入（节点标识：sub）",
                ONE,
            ],
            "table sub could belong to two tables",
        ),
        (
            [
                HEAD,
                "输入（节点标识：x）",
                fields(["y", "子", "对象型", "", "", "", ""]),
                "输入（节点标识：y）",
                fields(["x", "子", "对象型", "", "", "", ""]),
            ],
            "hold each other",
        ),
        ([HEAD, INPUT, Rows([["参数代码", "说明"], ["a", "b"]])], "header lacks needed columns"),
        (["性别", Rows([["代码值", "代码名称"], ["1", "男"]])], "a code table without a key"),
        (["性别 gend", Rows([["代码值", "代码名称"], ["1", "男"], ["1", "女"]])], "code 1 twice"),
        (
            ["性别 gend", Rows([["代码值", "代码名称"], ["1", ""], ["2", "女"]])],
            "no name for code 1",
        ),
        (
            [
                "性别 gend",
                Rows([["代码值", "代码名称"], ["1", "男"]]),
                "性别 gend",
                Rows([["代码值", "代码名称"], ["1", "女"]]),
            ],
            "two different tables with this key",
        ),
    ],
)
def test_contradictions_are_told_and_nothing_is_written(
    blocks: list[Block], reason: str, tmp_path: Path, small_spec: Path, cli: Cli
) -> None:
    path = write_docx(tmp_path / "odd.docx", ["规范", *blocks])
    before = tree(small_spec)
    done = cli("import", path, "--spec", small_spec, "--apply")
    assert done.code == 1
    assert reason in done.out
    assert "odd.docx" in done.out
    assert tree(small_spec) == before


def test_the_same_table_twice_is_no_contradiction(
    tmp_path: Path, small_spec: Path, cli: Cli
) -> None:
    path = write_docx(tmp_path / "twice.docx", ["规范", HEAD, INPUT, ONE, HEAD, INPUT, ONE])
    assert cli("import", path, "--spec", small_spec, "--apply").code == 0
    made = load(small_spec).spec.interfaces["2209a"].input
    assert isinstance(made, tuple)
    assert [field.name for field in made[0].fields] == ["a"]


def test_same_takes_tables_under_another_name(tmp_path: Path, small_spec: Path, cli: Cli) -> None:
    path = write_docx(tmp_path / "named.docx", ["规范", "【2209a】门诊费用查询", INPUT, ONE])
    assert cli("import", path, "--spec", small_spec, "--same", "2209a", "--apply").code == 0
    interface = load(small_spec).spec.interfaces["2209a"]
    assert interface.name == "门诊查询"
    assert isinstance(interface.input, tuple)


def test_a_caption_without_side_is_placed_where_the_spec_has_its_node(
    tmp_path: Path, small_spec: Path, cli: Cli
) -> None:
    table = fields(["setl_id", "结算ID", "字符型", "40", "", "Y", ""])
    path = write_docx(
        tmp_path / "side.docx",
        ["规范", "【2207】门诊结算", "结算信息（节点标识：setlinfo）", table],
    )
    done = cli("import", path, "--spec", small_spec)
    assert done.code == 0
    assert "2207: taken as output, which has the node setlinfo" in done.out
    assert "~ output setlinfo.setl_id length: 30 → 40" in done.out


def test_one_bad_table_does_not_hold_up_the_others(
    tmp_path: Path, small_spec: Path, cli: Cli
) -> None:
    path = write_docx(
        tmp_path / "part.docx",
        [
            "规范",
            "【2207】门诊结算",
            "输入（节点标识：data）",
            fields(["人员编号", "", "", "", "", "", ""]),
            "输出-结算信息（节点标识：setlinfo）",
            fields(["setl_id", "结算ID", "字符型", "40", "", "Y", ""]),
            HEAD,
            INPUT,
            ONE,
        ],
    )
    done = cli("import", path, "--spec", small_spec, "--apply", "--prune")
    assert done.code == 1
    interfaces = load(small_spec).spec.interfaces
    made, partly = interfaces["2209a"].input, interfaces["2207"]
    assert isinstance(made, tuple)
    assert isinstance(partly.input, tuple)
    assert isinstance(partly.output, tuple)
    assert len(partly.input[0].fields) == 6
    assert partly.output[0].fields[0].length == 40
    # a section with an unreadable table proves nothing gone
    assert [field.name for field in partly.output[0].fields] == ["setl_id", "detail"]
    assert partly.provenance.fields == "national-baseline"
    assert partly.output[0].provenance is not None
    assert partly.output[0].provenance.source == "published"


def test_a_broken_spec_file_is_left_alone(tmp_path: Path, small_spec: Path, cli: Cli) -> None:
    file = small_spec / "interfaces/2-services/2209a.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "nonsense: 1\n", encoding="utf-8")
    path = write_docx(tmp_path / "good.docx", ["规范", HEAD, INPUT, ONE])
    before = tree(small_spec)
    done = cli("import", path, "--spec", small_spec, "--apply")
    assert done.code == 1
    assert "has errors: run lint first" in done.out
    assert tree(small_spec) == before
