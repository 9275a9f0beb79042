"""Edits in place: what a person wrote stays, and files are written all or none."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hubei_yibao_codegen.importing.apply import NotApplied, apply
from hubei_yibao_codegen.importing.plan import Edit
from hubei_yibao_codegen.spec.load import load
from import_documents import Block, Rows, Run, fields, tree, write_docx

Cli = Callable[..., Run]
FILE = "interfaces/2-services/2207.yaml"
NEW_EDITION: list[Block] = [
    "某省接口规范 V3.0",
    "【2207】门诊结算",
    "表21 输入（节点标识：data）",
    fields(
        ["psn_no", "人员编号", "字符型", "30", "", "Y", ""],
        ["card_sn", "卡识别码", "字符型", "32", "", "", "凭证类型为03时必填"],
        ["medfee_sumamt", "医疗费总额", "数值型", "18,2", "", "Y", ""],
        ["med_type", "医疗类别", "字符型", "6", "Y", "", ""],
        ["remark", "备注", "字符型", "200", "", "", ""],
        ["dld_end_time", "截止日期", "日期型", "", "", "", ""],
    ),
    "表22 输出-结算信息（节点标识：setlinfo）",
    fields(
        ["setl_id", "结算编号", "字符型", "30", "", "Y", ""],
        ["detail", "明细", "列表", "", "", "", ""],
    ),
    "表23 输出-明细（节点标识：detail）",
    fields(
        ["fund_pay_type", "基金支付类型", "字符型", "6", "Y", "", ""],
        ["fund_payamt", "基金支付金额", "数值型", "16,2", "", "", ""],
    ),
]

DIFF = """\
-      - {name: medfee_sumamt, label: 医疗费总额, type: decimal, precision: [16, 2]}  # in yuan
+      - {name: card_sn, label: 卡识别码, type: string, length: 32}
+      - {name: medfee_sumamt, label: 医疗费总额, type: decimal, precision: [18, 2], required: true}  # in yuan
-      - {name: setl_id, label: 结算ID, type: string, length: 30, required: true}
+      - {name: setl_id, label: 结算编号, type: string, length: 30, required: true}
+          - {name: fund_payamt, label: 基金支付金额, type: decimal, precision: [16, 2]}
-provenance: {listing: hubei, fields: national-baseline, document: an older edition}
+provenance: {listing: hubei, fields: published, document: 某省接口规范V3.0, edition: V3.0, tables: [表21, 表22, 表23]}
"""


def differing(before: bytes, after: bytes) -> list[str]:
    lines = difflib.ndiff(before.decode().splitlines(), after.decode().splitlines())
    return sorted(line[0] + line[2:] for line in lines if line[0] in "+-")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_only_the_lines_that_change_are_written(
    newline: str, tmp_path: Path, small_spec: Path, cli: Cli
) -> None:
    file = small_spec / FILE
    file.write_bytes(file.read_bytes().replace(b"\n", newline.encode()))
    before = tree(small_spec)
    path = write_docx(tmp_path / "new.docx", NEW_EDITION)
    shown = cli("import", path, "--spec", small_spec)
    assert tree(small_spec) == before
    done = cli("import", path, "--spec", small_spec, "--apply")
    assert (shown.code, done.code) == (0, 0)
    after = tree(small_spec)
    assert {name for name in before if before[name] != after[name]} == {FILE}
    assert differing(before[FILE], after[FILE]) == sorted(DIFF.splitlines())
    assert after[FILE].count(b"\r\n") == (after[FILE].count(b"\n") if newline == "\r\n" else 0)
    assert "说明, to be put in own words: 凭证类型为03时必填" in done.out
    assert "= input data.exp_content: 字段扩展" in done.out

    again = cli("import", path, "--spec", small_spec, "--apply")
    assert "0 files written" in again.out
    assert tree(small_spec) == after


def test_prune_removes_what_the_document_lacks_but_not_what_others_know(
    tmp_path: Path, small_spec: Path, cli: Cli
) -> None:
    table = fields(["psn_no", "人员编号", "字符型", "30", "", "Y", ""])
    path = write_docx(tmp_path / "short.docx", [*NEW_EDITION[:3], table, *NEW_EDITION[4:]])
    kept = cli("import", path, "--spec", small_spec, "--apply")
    assert "= input data.memo" in kept.out
    first = load(small_spec).spec.interfaces["2207"].input
    assert isinstance(first, tuple)
    assert [f.name for f in first[0].fields][1:4] == ["medfee_sumamt", "med_type", "memo"]

    before = (small_spec / FILE).read_text(encoding="utf-8")
    done = cli("import", path, "--spec", small_spec, "--apply", "--prune")
    assert "- input data.memo: 备注" in done.out
    made = load(small_spec).spec.interfaces["2207"].input
    assert isinstance(made, tuple)
    assert [f.name for f in made[0].fields] == ["psn_no", "exp_content"]
    after = (small_spec / FILE).read_text(encoding="utf-8")
    for text in (before, after):
        comments = [line.strip() for line in text.splitlines() if line.lstrip().startswith("#")]
        assert len(comments) == 8


def test_a_better_source_is_not_overruled(tmp_path: Path, small_spec: Path, cli: Cli) -> None:
    table = fields(["exp_content", "字段扩展", "字符型", "100", "", "Y", ""])
    blocks: list[Block] = ["基线", "【2207】门诊结算", "输入（节点标识：data）", table]
    path = write_docx(tmp_path / "base.docx", blocks)
    done = cli("import", path, "--spec", small_spec, "--source", "national-baseline")
    assert "length: 4000 (the document has 100, but hubei-client is the better source)" in done.out
    assert "length: 4000 → 100" in cli("import", path, "--spec", small_spec).out


def test_notes_are_taken_over_on_request_only(tmp_path: Path, small_spec: Path, cli: Cli) -> None:
    table = fields(
        ["memo", "备注", "字符型", "200", "", "", "不得写入"],
        ["psn_no", "人员编号", "字符型", "30", "", "Y", "平台\n编号"],
    )
    blocks: list[Block] = ["规范", "【2207】门诊结算", "输入（节点标识：data）", table]
    path = write_docx(tmp_path / "notes.docx", blocks)
    cli("import", path, "--spec", small_spec, "--apply", "--notes")
    made = load(small_spec).spec.interfaces["2207"].input
    assert isinstance(made, tuple)
    by_name = {field.name: field for field in made[0].fields}
    assert by_name["memo"].note == "患者自述也写在这里"
    assert by_name["psn_no"].note == "平台编号"


def test_codes_are_edited_one_by_one(tmp_path: Path, small_spec: Path, cli: Cli) -> None:
    table = Rows([["代码值", "代码名称"], ["11", "普通门诊"], ["12", "挂号"], ["13", "急诊"]])
    path = write_docx(tmp_path / "codes.docx", ["字典 V9.1", "表5 医疗类别（med_type）", table])
    name = "dictionaries/med_type.yaml"
    before = tree(small_spec)[name]
    assert cli("import", path, "--spec", small_spec, "--apply").code == 0
    assert differing(before, tree(small_spec)[name]) == [
        '+  - {code: "12", label: 挂号, note: 仅挂号时用}  # see 2201',
        '+  - {code: "13", label: 急诊}',
        "+provenance: {source: published, document: 字典V9.1, edition: V9.1, table: 表5}",
        '-  - {code: "12", label: 门诊挂号, note: 仅挂号时用}  # see 2201',
        "-provenance: {source: national-baseline}",
    ]
    assert "0 files written" in cli("import", path, "--spec", small_spec, "--apply").out
    cli("import", path, "--spec", small_spec, "--apply", "--prune")
    codes = load(small_spec).spec.dictionaries["med_type"].codes
    assert [code.code for code in codes] == ["11", "12", "13"]


def test_the_report_as_json(tmp_path: Path, small_spec: Path, cli: Cli) -> None:
    path = write_docx(tmp_path / "new.docx", NEW_EDITION)
    report = json.loads(cli("import", path, "--spec", small_spec, "--format", "json").out)
    assert (report["title"], report["edition"], report["applied"]) == (
        "某省接口规范V3.0",
        "V3.0",
        False,
    )
    assert report["counts"]["changed"] == 1
    changes = {change["where"]: change for change in report["items"][0]["changes"]}
    assert changes["input data.medfee_sumamt precision"]["old"] == [16, 2]
    assert changes["input data.medfee_sumamt precision"]["new"] == [18, 2]


def edits(folder: Path) -> list[Edit]:
    one, two = folder / "one.yaml", folder / "two.yaml"
    one.write_bytes(b"old one")
    two.write_bytes(b"old two")
    new = folder / "deep" / "new.yaml"
    return [
        Edit(one, one, b"old one", b"new one"),
        Edit(new, new, None, b"new"),
        Edit(two, folder / "moved.yaml", b"old two", b"new two"),
    ]


def test_all_files_are_written(tmp_path: Path) -> None:
    assert apply(edits(tmp_path)) == 3
    assert tree(tmp_path) == {
        "one.yaml": b"new one",
        "deep/new.yaml": b"new",
        "moved.yaml": b"new two",
    }


def test_a_file_that_changed_meanwhile_stops_the_import(tmp_path: Path) -> None:
    planned = edits(tmp_path)
    (tmp_path / "two.yaml").write_bytes(b"edited by hand")
    before = tree(tmp_path)
    with pytest.raises(NotApplied, match="changed while the import was running"):
        apply(planned)
    assert tree(tmp_path) == before


def test_a_folder_that_cannot_be_made_stops_the_import(tmp_path: Path) -> None:
    planned = edits(tmp_path)
    (tmp_path / "deep").write_bytes(b"a file in the way")
    before = tree(tmp_path)
    with pytest.raises(NotApplied, match="nothing was changed"):
        apply(planned)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("failing", [1, 2, 3])
@pytest.mark.parametrize(
    ("failure", "raised"),
    [
        (OSError(28, "No space left on device"), NotApplied),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_a_failure_between_two_files_puts_the_first_back(
    failing: int,
    failure: BaseException,
    raised: type[BaseException],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planned = edits(tmp_path)
    before = tree(tmp_path)
    calls = 0
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        nonlocal calls
        calls += 1
        if calls == failing:
            raise failure
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(raised):
        apply(planned)
    assert tree(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []
