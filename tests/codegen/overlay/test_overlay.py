"""A city that differs from its province in a few places."""

from __future__ import annotations

from pathlib import Path

import pytest
from generator_support import FAKE, ROOT, codegen, copy_spec, files_of, imported
from hubei_yibao_codegen.diffing import compare
from hubei_yibao_codegen.lint import check
from hubei_yibao_codegen.spec.load import load

CITY = ROOT / "tests" / "fake_city"


def test_only_the_differences_are_different() -> None:
    lines = {change.line for change in compare(load(FAKE).spec, load(FAKE, overlay=CITY).spec)}
    assert lines == {
        "接口 FK03：删除（无输入）",
        "接口 FK09：新增（市级查询，已开放）",
        "接口 FK10：不再可冲正",
        "接口 FK10：入参 order_no 名称 单号 → 无",
        "接口 FK10：入参 remark（说明） 改为必填",
        "接口 FK10：入参 remark（说明） 长度 100 → 40",
        "接口 FK10：入参删除 head.fee（费用，非必填）",
        "接口 FK10：入参删除节点 extra（附加）",
        "接口 FK10：入参新增 head.city_fee（市级费用，非必填）",
        "接口 FK10：是否开放：是 → 否",
        "代码表 fk_color：代码 1 名称 红 → 朱红",
        "代码表 fk_color：删除代码 no（不是布尔值）",
        "代码表 fk_color：新增代码 3（市花色）",
        "平台报文：常量 city_rule：无 → 2",
        "平台报文：标题 虚构省接口（测试用，省名、编号、字段、代码都是编造的） → 虚构市接口（测试用）",
        "平台报文：请求删除 opter_color（经办人颜色，非必填）",
        "平台报文：请求新增 city_no（市编号，必填）",
    }


def test_an_empty_overlay_changes_nothing(tmp_path: Path) -> None:
    assert load(FAKE, overlay=tmp_path).spec == load(FAKE).spec


def test_the_city_has_no_errors() -> None:
    assert check(load(FAKE, overlay=CITY), "error") == []


def test_a_package_is_generated_and_checked(tmp_path: Path) -> None:
    package = tmp_path / "fake_city_yibao"
    words = ["--spec", str(FAKE), "--overlay", str(CITY), "--out", str(package)]
    made = codegen("generate", *words, "--cache", str(tmp_path / "cache"))
    assert made.returncode == 0, made.stderr
    assert codegen("generate", *words, "--check").returncode == 0
    again = codegen("generate", *words, "--cache", str(tmp_path / "cache"))
    assert " 0 written, 0 removed" in again.stdout
    with imported(package) as yibao:
        assert "FK09" in yibao.INTERFACES
        assert "FK03" not in yibao.INTERFACES
        assert yibao.INTERFACES["FK10"].open is False
        assert yibao.INTERFACES.codes("fk_color")["1"] == "朱红"
    assert (
        codegen("generate", "--spec", str(FAKE), "--out", str(package), "--check").returncode == 1
    )


def test_the_province_stays_as_it_is(tmp_path: Path) -> None:
    spec = copy_spec(tmp_path / "spec")
    before = files_of(spec)
    codegen("lint", "--spec", str(spec), "--overlay", str(CITY))
    assert files_of(spec) == before


BAD = {
    "unknown key of a field": (
        "interfaces/FK10.yaml",
        "number: FK10\ninput:\n  - node: head\n    fields:\n      - {name: fee, lenght: 3}\n",
        "interfaces/FK10.yaml:5:21: error S201: unknown key `lenght` in a field",
    ),
    "unknown code table": (
        "interfaces/FK10.yaml",
        "number: FK10\ninput:\n  - node: head\n    fields:\n      - {name: fee, dictionary: nope}\n",
        "interfaces/FK10.yaml:5:33: error R302:",
    ),
    "field to remove is not there": (
        "interfaces/FK10.yaml",
        "number: FK10\ninput:\n  - node: head\n    fields:\n      - {name: nope, remove: true}\n",
        "interfaces/FK10.yaml:5:9: error O501: nothing to remove: no name `nope`",
    ),
    "key to remove is not there": (
        "dictionaries/fk_color.yaml",
        "key: fk_color\nremove: [complete]\n",
        "dictionaries/fk_color.yaml:2:10: error O501: nothing to remove: `complete`",
    ),
    "interface to remove is not there": (
        "interfaces/FK77.yaml",
        "number: FK77\nremove: true\n",
        "interfaces/FK77.yaml:1:1: error O501: nothing to remove: no interface `FK77`",
    ),
    "new interface that is not whole": (
        "interfaces/FK77.yaml",
        "number: FK77\n",
        "interfaces/FK77.yaml:1:1: error S202: an interface lacks `call_mode`",
    ),
    "new field without type": (
        "interfaces/FK10.yaml",
        "number: FK10\nopen: [maybe]\n",
        "interfaces/FK10.yaml:2:7: error S203: `open`",
    ),
    "no YAML": ("platform.yaml", "title: [\n", "platform.yaml:2:1: error Y101:"),
}


@pytest.mark.parametrize("name", BAD)
def test_findings_point_into_the_overlay(tmp_path: Path, name: str) -> None:
    path, text, expected = BAD[name]
    target = tmp_path / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    outcome = codegen("lint", "--spec", str(FAKE), "--overlay", str(tmp_path), "--level", "error")
    assert outcome.returncode == 1
    assert f"{tmp_path.as_posix()}/{expected}" in outcome.stdout


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    outcome = codegen("lint", "--spec", str(FAKE), "--overlay", str(tmp_path / "x"))
    assert outcome.returncode == 1
    assert "no such folder" in outcome.stdout
