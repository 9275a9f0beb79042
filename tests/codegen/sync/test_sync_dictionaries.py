"""Code tables from the platform's own answers, reviewed before they are written."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from generator_support import SPEC, codegen, copy_spec, files_of, replace
from hubei_yibao_codegen.spec.load import load
from hubei_yibao_simulator import SimulatorConfig, SimulatorServer


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """The province's interface for code tables and two tables."""
    root = tmp_path / "spec"
    (root / "dictionaries").mkdir(parents=True)
    (root / "platform.yaml").write_bytes((SPEC / "platform.yaml").read_bytes())
    asked = next(SPEC.glob("interfaces/*/1901.yaml"))
    target = root / asked.relative_to(SPEC)
    target.parent.mkdir(parents=True)
    target.write_bytes(asked.read_bytes())
    for key in ("vali_flag", "med_type", "gend"):
        (root / "dictionaries" / f"{key}.yaml").write_bytes(
            (SPEC / "dictionaries" / f"{key}.yaml").read_bytes()
        )
    replace(root / "dictionaries" / "gend.yaml", "codes:", "# 手写的注释\ncodes:")
    return root


def row(value: str, label: str, valid: str = "1", type: str = "GEND") -> dict[str, Any]:
    return {"type": type, "label": label, "value": value, "parentValue": "", "valiFlag": valid}


def sync(spec: Path, rows: Any, *words: str) -> subprocess.CompletedProcess[str]:
    path = spec.parent / "reply.json"
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return codegen(
        "sync-dictionaries", str(path), "--spec", str(spec), "--date", "2026-11-23", *words
    )


def answered(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"infcode": 0, "output": {"list": list(rows)}}


SAME = [row("0", "未知"), row("1", "男"), row("2", "女"), row("9", "未说明性别")]


def test_what_is_the_same_changes_nothing(spec: Path) -> None:
    before = files_of(spec)
    outcome = sync(spec, answered(*SAME), "--apply")
    assert (outcome.returncode, outcome.stdout) == (0, "1 tables compared; nothing to write\n")
    assert files_of(spec) == before


def test_nothing_is_written_before_it_was_reviewed(spec: Path) -> None:
    before = files_of(spec)
    rows = [*SAME[:2], row("2", "女性"), row("3", "其他"), row("9", "未说明性别", valid="0")]
    outcome = sync(spec, rows)
    assert sorted(outcome.stdout.splitlines()) == [
        "  + code 3: 其他",
        "  = code 9: 未说明性别 (the platform calls it invalid: --prune)",
        "  ~ code 2: 女 → 女性",
        "1 tables compared; 1 files would be written with --apply",
        "gend",
    ]
    assert files_of(spec) == before


def test_a_diff_that_git_applies_is_what_apply_writes(spec: Path) -> None:
    rows = [*SAME[:2], row("2", "女性"), row("3", "其他")]
    diff = sync(spec, rows, "--format", "diff").stdout
    patched = copy_spec(spec.parent / "patched", spec)
    patch = diff.replace(f"a/{spec.as_posix()}", "a").replace(f"b/{spec.as_posix()}", "b")
    subprocess.run(["git", "apply", "-p1", "-"], cwd=patched, input=patch, text=True, check=True)
    assert sync(spec, rows, "--apply").returncode == 0
    assert files_of(patched) == files_of(spec)
    text = (spec / "dictionaries" / "gend.yaml").read_text(encoding="utf-8")
    assert "# 手写的注释" in text
    table = load(spec).spec.dictionaries["gend"]
    assert [(code.code, code.label) for code in table.codes] == [
        ("0", "未知"),
        ("1", "男"),
        ("2", "女性"),
        ("3", "其他"),
        ("9", "未说明性别"),
    ]
    added = table.codes[3].provenance
    assert added is not None
    assert (added.source, added.document, added.edition) == ("field-practice", "1901", "2026-11-23")
    again = sync(spec, rows, "--apply")
    assert "nothing to write" in again.stdout


def test_invalid_codes_go_only_when_asked(spec: Path) -> None:
    rows = [*SAME[:3], row("9", "未说明性别", valid="0")]
    sync(spec, rows, "--apply")
    assert len(load(spec).spec.dictionaries["gend"].codes) == 4
    sync(spec, rows, "--apply", "--prune")
    assert [code.code for code in load(spec).spec.dictionaries["gend"].codes] == ["0", "1", "2"]


def test_contradictions_are_held_and_other_tables_go_on(spec: Path) -> None:
    rows = [*SAME, row("1", "雄"), row("99", "新类别", type="medType")]
    outcome = sync(spec, rows, "--apply")
    assert outcome.returncode == 1
    assert "gend: held\n  ! code 1 is answered with two labels" in outcome.stdout
    assert "  + code 99: 新类别" in outcome.stdout
    codes = {code.code for code in load(spec).spec.dictionaries["med_type"].codes}
    assert "99" in codes


def test_types_without_a_table_are_told(spec: Path) -> None:
    outcome = sync(spec, [row("1", "一", type="NEW_ONE"), row("2", "二", type="NEW_ONE")])
    assert outcome.returncode == 0
    assert "NEW_ONE: 2 codes of a type the spec has no table for" in outcome.stdout


@pytest.mark.parametrize("rows", [[], {"infcode": 0}, [{"type": "GEND"}], "text"])
def test_answers_without_codes(spec: Path, rows: Any) -> None:
    outcome = sync(spec, rows)
    assert (outcome.returncode, outcome.stderr) == (
        2,
        "no codes found: give answers of the interface, or --ask TYPE\n",
    )


@pytest.fixture(scope="module")
def platform() -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorConfig()) as running:
        yield running


def test_the_platform_itself_is_asked(
    spec: Path, platform: SimulatorServer, tmp_path: Path
) -> None:
    replace(spec / "dictionaries" / "gend.yaml", "label: 女", "label: 女子")
    settings = {
        "YIBAO_URL": platform.url,
        "YIBAO_FIXMEDINS_CODE": "H42999900001",
        "YIBAO_FIXMEDINS_NAME": "测试",
        "YIBAO_MDTRTAREA_ADMVS": "429999",
        "YIBAO_RECER_SYS_CODE": "SIM",
        "YIBAO_INFVER": "V1",
        "YIBAO_OPTER": "1",
        "YIBAO_OPTER_NAME": "测试",
        "YIBAO_STATE_DIR": str(tmp_path / "state"),
    }
    words = ["sync-dictionaries", "--ask", "GEND", "--spec", str(spec)]
    outcome = codegen(*words, **settings)
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert "  ~ code 2: 女子 → 女" in outcome.stdout
    refused = codegen(*words, **{**settings, "YIBAO_URL": "http://127.0.0.1:9/"})
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
