"""Every single change gets the right class, version and changelog line."""

from __future__ import annotations

from pathlib import Path

import pytest
from diff_cases import CASES, Case
from generator_support import FAKE, SPEC, copy_spec, replace
from hubei_yibao_codegen.diffing import RULES, bump, compare
from hubei_yibao_codegen.diffing.change import next_version
from hubei_yibao_codegen.diffing.changelog import changelog
from hubei_yibao_codegen.diffing.snapshot import dump_snapshot, read_snapshot
from hubei_yibao_codegen.spec.load import Spec, load

BUMPS = {"breaking": "major", "compatible": "minor", "editorial": "patch"}


@pytest.fixture(scope="module")
def before() -> Spec:
    return load(FAKE).spec


@pytest.fixture
def changed(request: pytest.FixtureRequest, tmp_path: Path) -> Spec:
    return edited(tmp_path / "spec", CASES[request.param])


def edited(root: Path, case: Case) -> Spec:
    copy_spec(root)
    path = root / case.file
    if case.old:
        replace(path, case.old, case.new)
    elif case.new:
        path.write_text(case.new, encoding="utf-8")
    else:
        path.unlink()
    loaded = load(root)
    assert loaded.findings == []
    return loaded.spec


@pytest.mark.parametrize(
    ("changed", "name"), [(n, n) for n in CASES], ids=list(CASES), indirect=["changed"]
)
def test_a_single_change(before: Spec, changed: Spec, name: str) -> None:
    case = CASES[name]
    changes = compare(before, changed)
    assert [(c.level, c.rule, c.line) for c in changes] == [(case.level, case.rule, case.line)]
    assert bump(changes) == BUMPS[case.level]
    entry = changelog(changes, "1.0.0").splitlines()[4].replace("\\", "")
    assert entry == f"- {case.line}"


def test_enough_cases_and_only_known_rules() -> None:
    assert len(CASES) >= 40
    assert {case.rule for case in CASES.values()} <= set(RULES)


def test_an_edition_equals_itself(before: Spec) -> None:
    assert compare(before, before) == []
    assert bump([]) == "none"


def test_there_and_back_names_the_same_subjects(before: Spec, tmp_path: Path) -> None:
    for index, case in enumerate(CASES.values()):
        after = edited(tmp_path / str(index), case)
        there, back = compare(before, after), compare(after, before)
        assert {c.key for c in there} == {c.key for c in back}


def test_a_successor_is_compared_with_what_it_replaces(before: Spec, tmp_path: Path) -> None:
    copy_spec(tmp_path)
    old_file, new_file = tmp_path / "interfaces/1-query/FK03.yaml", tmp_path / "FK04.yaml"
    replace(old_file, "effect: query", "effect: query\ndeprecated: {replaced_by: FK04}")
    old = load(tmp_path).spec
    text = old_file.read_text(encoding="utf-8").replace("\ndeprecated: {replaced_by: FK04}", "")
    text = text.replace("FK03", "FK04").replace("type: integer", "type: decimal")
    old_file.unlink()
    new_file = tmp_path / "interfaces/1-query/FK04.yaml"
    new_file.write_text(text, encoding="utf-8")
    lines = [change.line for change in compare(old, load(tmp_path).spec)]
    assert lines[:2] == [
        "接口 FK03：删除（无输入），改用接口 FK04",
        "接口 FK04：取代接口 FK03（无输入）",
    ]
    assert "接口 FK04：出参 total（总数） 类型 整数 → 数值型" in lines


def test_a_snapshot_is_the_spec(tmp_path: Path) -> None:
    spec = load(SPEC).spec
    path = tmp_path / "spec.snapshot.json"
    path.write_text(dump_snapshot(spec), encoding="utf-8")
    again = read_snapshot(path)
    assert compare(spec, again) == []
    assert dump_snapshot(again) == dump_snapshot(spec)


@pytest.mark.parametrize(
    ("version", "by", "expected"),
    [
        ("1.2.3", "major", "2.0.0"),
        ("v1.2.3", "minor", "1.3.0"),
        ("1.2.3", "patch", "1.2.4"),
        ("0.1.0", "major", "0.2.0"),
        ("0.1.0", "minor", "0.1.1"),
        ("0.1.0", "none", "0.1.0"),
    ],
)
def test_the_next_version(version: str, by: str, expected: str) -> None:
    assert next_version(version, by) == expected  # type: ignore[arg-type]
