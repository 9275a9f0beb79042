"""The table of bad specs, the rules that only inform, and the order of findings."""

from __future__ import annotations

from pathlib import Path

import pytest
from codegen_bad_specs import FIELDS, FORMAT, WHOLE, Case
from hubei_yibao_codegen import lint
from hubei_yibao_codegen.findings import Finding, to_text
from hubei_yibao_codegen.lint.page import rules_page
from hubei_yibao_codegen.lint.registry import RULES
from hubei_yibao_codegen.spec.load import load
from spec_files import DICTIONARY, INTERFACE, PATH, TABLE, other, with_fields, write

ROOT = Path(__file__).parents[2]
CASES = {**FORMAT, **FIELDS, **WHOLE}


def findings(root: Path, *leave_out: str) -> list[Finding]:
    return [item for item in lint.check(load(root)) if item.id not in leave_out]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_bad_spec(case: Case, tmp_path: Path) -> None:
    root = write(tmp_path, case.files)
    found = [item for item in findings(root, "R305") if item.level != "info"]
    lines = [line.removeprefix(f"{root.as_posix()}/") for line in to_text(found).splitlines()]
    expected = [line.replace("ROOT", root.as_posix()) for line in case.expected.splitlines()]
    assert lines == expected


def test_every_error_and_warning_has_a_bad_spec() -> None:
    shown = "\n".join(case.expected for case in CASES.values())
    elsewhere = {"O501", "R301", "R305"}
    missing = {
        rule.id
        for rule in RULES.values()
        if rule.level != "info" and not rule.id.startswith("Y") and f" {rule.id}:" not in shown
    }
    assert missing == elsewhere


def test_a_good_spec_has_no_findings_but_missing_roles(tmp_path: Path) -> None:
    found = findings(write(tmp_path, {PATH: INTERFACE}))
    assert {(item.id, item.message) for item in found} == {
        ("R305", f"no interface has the role `{role}`")
        for role in (
            "sign_in", "sign_out", "upload_file", "download_file", "reverse", "query_dictionary",
        )
    }  # fmt: skip


def test_information_lists_what_is_not_known(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        PATH: with_fields(
            "{name: amt, type: decimal}",
            "{name: kind, label: 种类, type: string, coded: true}",
            "{name: rest}",
        ),
        "interfaces/2-services/2208.yaml": other(
            "2208", "a.b", with_fields("{name: amt, type: string}", "{name: kind, type: string}")
        ),
        "interfaces/2-services/2209.yaml": other(
            "2209", "a.c", with_fields("{name: amt, type: string}")
        ),
        TABLE: DICTIONARY,
    }
    root = write(tmp_path, files)
    found = [item for item in findings(root) if item.level == "info"]
    assert [
        (item.id, Path(item.file).name, item.line, item.column, item.message) for item in found
    ] == [
        ("R306", "med_type.yaml", 1, 6, "dictionary `med_type` (医疗类别) is bound to no field"),
        (
            "C430", "2207.yaml", 16, 27,
            "`amt` is decimal here: string in 2208 input, 2209 input; decimal in 2207 input",
        ),
        ("S214", "2207.yaml", 16, 27, "`amt` is decimal without precision"),
        ("C431", "2207.yaml", 17, 16, "`kind` (种类) is coded, no table is known"),
        ("C432", "2207.yaml", 18, 16, "`rest` has no type"),
    ]  # fmt: skip


def test_findings_come_in_order_of_place_whatever_the_order_of_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: dict[str, str | bytes] = {}
    for case in (*FIELDS.values(), *WHOLE.values()):
        files.update(case.files)
    root = write(tmp_path, files)
    first = findings(root)
    assert len(first) > 10
    turned = dict(reversed(RULES.items()))
    monkeypatch.setattr(lint.registry, "RULES", turned)
    assert findings(root) == first
    places = [(item.file, item.line, item.column) for item in first]
    assert places == sorted(places)


def test_level_leaves_out_what_is_less_grave(tmp_path: Path) -> None:
    root = write(tmp_path, {PATH: with_fields("{name: certno, type: object}", "{name: tel}")})
    loaded = load(root)
    assert {item.level for item in lint.check(loaded)} == {"error", "warning", "info"}
    assert {item.level for item in lint.check(loaded, "warning")} == {"error", "warning"}
    assert [item.id for item in lint.check(loaded, "error")] == ["S210"]


def test_rules_are_documented() -> None:
    assert (ROOT / "docs/lint-rules.md").read_text(encoding="utf-8") == rules_page()
    assert all(rule.text for rule in RULES.values())


def test_every_reported_id_is_a_rule() -> None:
    """Loading reports by itself; an id it uses has to be in the table."""
    source = ROOT / "codegen/hubei_yibao_codegen/spec"
    texts = [path.read_text(encoding="utf-8") for path in source.glob("*.py")]
    used = {word for text in texts for word in text.replace('"', " ").split() if word in _IDS}
    assert used == {id for id in _IDS if id[0] in "YS" and RULES[id].check is None} | {
        "O501",
        "R301",
    }


_IDS = set(RULES)
