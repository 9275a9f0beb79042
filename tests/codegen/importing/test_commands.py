"""new, rename, close and deprecate: what they write lints, and everything that refers follows."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hubei_yibao_codegen.lint import check
from hubei_yibao_codegen.spec.load import load
from import_documents import Run, changed, tree

Cli = Callable[..., Run]
FOLDER = "interfaces/2-services"


def errors(root: Path) -> list[str]:
    return [str(each) for each in check(load(root)) if each.level == "error"]


def test_new_writes_a_file_that_lints(small_spec: Path, cli: Cli) -> None:
    before = tree(small_spec)
    done = cli("new", "2210", "--name", "门诊预约", "--spec", small_spec)
    assert done.code == 0
    assert done.out == f"{small_spec / FOLDER / '2210.yaml'}\n"
    assert changed(before, tree(small_spec)) == {f"{FOLDER}/2210.yaml"}
    assert errors(small_spec) == []
    made = load(small_spec).spec.interfaces["2210"]
    assert made.category == ("2-医保服务", "2-门急诊结算")
    assert (made.effect, made.open, made.institution) == ("write", "unknown", "unspecified")
    assert made.operation == "unnamed.call_2210"
    assert "to be settled by hand" in (small_spec / FOLDER / "2210.yaml").read_text(
        encoding="utf-8"
    )


def test_new_with_everything_given(small_spec: Path, cli: Cli) -> None:
    words = ["--operation", "card.read", "--effect", "query", "--direction", "callback"]
    words += ["--category", "6-移动支付", "1-凭证", "--open", "true", "--institution", "all"]
    done = cli(
        "new", "YH09", "--name", "读卡", *words, "--call-mode", "daily", "--spec", small_spec
    )
    assert done.code == 0
    path = small_spec / "interfaces/6-unnamed/YH09.yaml"
    assert "settled by hand" not in path.read_text(encoding="utf-8")
    made = load(small_spec).spec.interfaces["YH09"]
    assert (made.operation, made.effect, made.direction) == ("card.read", "query", "callback")
    assert (made.call_mode, made.open, made.institution) == ("daily", True, "all")
    assert errors(small_spec) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["2207", "--name", "甲"], "2207 exists"),
        (["2209A", "--name", "甲"], "2209a exists"),
        (["22-7", "--name", "甲"], "expected an interface number"),
        (["2211", "--name", "甲", "--operation", "Settle"], "group.method in snake_case"),
    ],
)
def test_new_refuses(words: list[str], message: str, small_spec: Path, cli: Cli) -> None:
    before = tree(small_spec)
    done = cli("new", *words, "--spec", small_spec)
    assert done.code == 2
    assert message in done.err
    assert tree(small_spec) == before


def test_rename_a_number_with_what_refers_to_it(small_spec: Path, cli: Cli) -> None:
    assert cli("deprecate", "2209a", "2207", "--spec", small_spec).code == 0
    done = cli("rename", "2207", "2207B", "--spec", small_spec)
    assert done.code == 0
    spec = load(small_spec).spec
    assert "2207" not in spec.interfaces
    assert spec.interfaces["2208"].cancels == ("2207B",)
    deprecated = spec.interfaces["2209a"].deprecated
    assert deprecated is not None
    assert deprecated.replaced_by == "2207B"
    assert not (small_spec / FOLDER / "2207.yaml").exists()
    assert "# how much" in (small_spec / FOLDER / "2207B.yaml").read_text(encoding="utf-8")
    assert errors(small_spec) == []


def test_rename_a_code_table_with_the_fields_bound_to_it(small_spec: Path, cli: Cli) -> None:
    assert cli("rename", "med_type", "medical_type", "--spec", small_spec).code == 0
    spec = load(small_spec).spec
    assert set(spec.dictionaries) == {"medical_type"}
    nodes = spec.interfaces["2207"].input
    assert isinstance(nodes, tuple)
    assert nodes[0].fields[2].dictionary == "medical_type"
    assert errors(small_spec) == []


def test_rename_a_field(small_spec: Path, cli: Cli) -> None:
    words = ["rename", "2207.input.data.memo", "remark", "--alias", "--spec", small_spec]
    before = tree(small_spec)
    assert cli(*words).code == 0
    nodes = load(small_spec).spec.interfaces["2207"].input
    assert isinstance(nodes, tuple)
    assert (nodes[0].fields[3].name, nodes[0].fields[3].aliases) == ("remark", ("memo",))
    assert changed(before, tree(small_spec)) == {f"{FOLDER}/2207.yaml"}
    inner = "2207.output.setlinfo.detail.fund_pay_type"
    assert cli("rename", inner, "pay_type", "--spec", small_spec).code == 0
    made = load(small_spec).spec.interfaces["2207"].output
    assert isinstance(made, tuple)
    members = made[0].fields[1].fields
    assert members is not None
    assert members[0].name == "pay_type"
    assert errors(small_spec) == []


def test_close_and_reopen(small_spec: Path, cli: Cli) -> None:
    assert cli("close", "2207", "2208", "--spec", small_spec).code == 0
    spec = load(small_spec).spec
    assert [spec.interfaces[number].open for number in ("2207", "2208", "2209a")] == [
        False,
        False,
        True,
    ]
    assert cli("close", "2207", "--spec", small_spec).out == "nothing to change\n"
    assert cli("close", "2207", "--reopen", "--spec", small_spec).code == 0
    assert load(small_spec).spec.interfaces["2207"].open is True


def test_deprecate(small_spec: Path, cli: Cli) -> None:
    words = ["deprecate", "2209a", "2207", "--reason", "由 2207 代替", "--spec", small_spec]
    assert cli(*words).code == 0
    made = load(small_spec).spec.interfaces["2209a"].deprecated
    assert made is not None
    assert (made.replaced_by, made.reason) == ("2207", "由 2207 代替")
    assert errors(small_spec) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["close", "9999"], "no interface 9999"),
        (["close", "2207", "2209A"], "no interface 2209A, did you mean 2209a?"),
        (["deprecate", "2207", "9999"], "no interface 9999 to replace 2207"),
        (["deprecate", "2207", "2207"], "2207 cannot replace itself"),
        (["rename", "2207", "2208"], "2208 exists already"),
        (["rename", "2207", "22"], "not an interface number"),
        (["rename", "nothing", "else"], "is no interface number, dictionary key"),
        (["rename", "med_type", "1x"], "not a dictionary key"),
        (["rename", "2207.input.data.nothing", "x"], "no field data.nothing in input"),
        (["rename", "2207.input.data.memo", "psn_no"], "a field psn_no stands beside it already"),
        (["rename", "2207.input.data.memo", "memo"], "stands beside it already"),
    ],
)
def test_refused_edits_change_nothing(
    words: list[str], message: str, small_spec: Path, cli: Cli
) -> None:
    before = tree(small_spec)
    done = cli(*words, "--spec", small_spec)
    assert done.code == 2
    assert message in done.err
    assert tree(small_spec) == before


def test_as_a_command_of_its_own(small_spec: Path) -> None:
    script = "from hubei_yibao_codegen.cli import main; raise SystemExit(main())"
    words = [sys.executable, "-c", script, "import", "missing.docx", "--spec", str(small_spec)]
    codegen = Path(__file__).parents[3] / "codegen"
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(codegen)}
    )
    assert done.returncode == 2
    assert "cannot be read" in done.stderr
