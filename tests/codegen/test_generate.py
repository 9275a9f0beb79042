"""The command from outside: what it writes, keeps, removes, refuses and reports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from generator_support import FAKE, GOLDEN, codegen, copy_spec, files_of, imported, replace
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    return copy_spec(tmp_path / "spec")


def generate(spec: Path, out: Path, *words: str) -> tuple[int, str, str]:
    outcome = codegen("generate", "--spec", str(spec), "--out", str(out), *words, cwd=spec.parent)
    return outcome.returncode, outcome.stdout, outcome.stderr


def test_a_first_run_writes_everything_and_a_second_nothing(spec: Path, tmp_path: Path) -> None:
    out = tmp_path / "fake_yibao"
    code, said, _ = generate(spec, out)
    assert (code, files_of(out)) == (0, files_of(GOLDEN))
    assert said == f"{len(files_of(out))} files, {len(files_of(out))} written, 0 removed\n"
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    code, said, _ = generate(spec, out)
    assert (code, said) == (0, f"{len(files_of(out))} files, 0 written, 0 removed\n")
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before


def test_check_is_green_then_names_what_an_edited_label_changes(spec: Path, tmp_path: Path) -> None:
    out = tmp_path / "fake_yibao"
    generate(spec, out)
    assert generate(spec, out, "--check")[:2] == (0, "")
    replace(spec / "interfaces/2-write/FK11.yaml", "label: 登记号", "label: 登记流水号")
    there = files_of(out)
    code, said, _ = generate(spec, out, "--check")
    assert code == 1
    assert "CHANGED models/iFK11.py\n" in said
    assert "CHANGED generated.lock.json\n" in said
    assert "CHANGED models/iFK10.py" not in said
    assert '-    order_id: Text40 = Field(title="登记号")\n' in said
    assert '+    order_id: Text40 = Field(title="登记流水号")\n' in said
    assert files_of(out) == there


def test_check_reports_missing_and_extra_files(tmp_path: Path) -> None:
    out = copy(tmp_path / "fake_yibao")
    (out / "models/iFK10.py").unlink()
    (out / "models/own.py").write_text("x = 1\n", encoding="utf-8")
    code, said, _ = generate(FAKE, out, "--check", "--cache", str(tmp_path / "cache"))
    assert code == 1
    assert said.splitlines() == [
        "MISSING models/iFK10.py",
        "EXTRA models/own.py",
        "2 files differ from the spec: run make generate",
    ]


def test_orphans_and_empty_folders_are_removed(spec: Path, tmp_path: Path) -> None:
    out = copy(tmp_path / "fake_yibao")
    (out / "old").mkdir()
    (out / "old/module.py").write_text("x = 1\n", encoding="utf-8")
    code, said, _ = generate(spec, out)
    assert code == 0
    assert said.endswith("0 written, 1 removed\n")
    assert not (out / "old").exists()


def test_a_folder_that_is_not_ours_is_left_alone(spec: Path, tmp_path: Path) -> None:
    out = tmp_path / "work"
    out.mkdir()
    (out / "thesis.txt").write_text("precious", encoding="utf-8")
    code, _, said = generate(spec, out)
    assert code == 2
    assert "holds thesis.txt but no generated.lock.json" in said
    assert files_of(out) == {"thesis.txt": b"precious"}


def test_a_first_run_that_was_broken_off_can_be_repeated(spec: Path, tmp_path: Path) -> None:
    out = copy(tmp_path / "fake_yibao")
    (out / "generated.lock.json").unlink()
    (out / "models/iFK10.py").write_text("half a fi", encoding="utf-8")
    (out / "schemas/FK11.json").unlink()
    assert generate(spec, out)[0] == 0
    assert files_of(out) == files_of(GOLDEN)


def test_errors_in_the_spec_stop_everything(spec: Path, tmp_path: Path) -> None:
    out = tmp_path / "fake_yibao"
    path = spec / "interfaces/2-write/FK11.yaml"
    replace(path, "effect: write", "efect: write")
    code, _, said = generate(spec, out)
    assert code == 2
    assert f"{path}:" in said
    assert "nothing was generated" in said
    assert not out.exists()


def test_the_lock_counts_what_was_generated() -> None:
    lock = json.loads((GOLDEN / "generated.lock.json").read_text(encoding="utf-8"))
    assert lock["counts"]["interfaces"] == 8
    assert lock["counts"]["specified"] == 7
    assert lock["counts"]["by_open"] == {"no": 1, "unknown": 1, "yes": 6}
    assert lock["counts"]["dictionaries"] == 2
    assert set(lock) == {"generator", "spec_sha256", "counts"}


def test_openapi_and_schemas_are_valid() -> None:
    document = json.loads((GOLDEN / "openapi.json").read_text(encoding="utf-8"))
    validate(document)
    assert document["openapi"].startswith("3.1")
    assert "/FK01" in document["paths"]
    assert "FK20" in document["webhooks"]
    assert "/FK20" not in document["paths"]
    for path in sorted((GOLDEN / "schemas").iterdir()):
        schema = json.loads(path.read_text(encoding="utf-8"))
        Draft202012Validator.check_schema(schema)
        Draft202012Validator(schema).is_valid({"input": {}, "output": {}})


def test_clients_know_their_operations_without_loading_models() -> None:
    with imported(GOLDEN) as package:
        interface = package.INTERFACES.by_operation("order.create")
        assert interface.number == "FK10"
        assert [place.path for place in interface.fields("input")] == [
            "order_no", "remark", "head.ordr_date", "head.fee", "lines.item_no", "lines.qty",
            "extra.k",
        ]  # fmt: skip
        assert package.INTERFACES["FK02a"].input is None
        assert package.INTERFACES["FK12"].files[0].columns[0].role == "code"
        with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
            _ = package.Nothing
        assert {"Client", "AsyncClient", "decode", "encode", "INTERFACES"} <= set(dir(package))
        assert not hasattr(package.Client, "notice")


def test_the_stages_can_be_dumped() -> None:
    spec = ["--spec", str(FAKE)]
    whole = json.loads(codegen("dump", "spec", *spec).stdout)
    assert whole["interfaces"]["FK10"]["operation"] == "order.create"
    tree = json.loads(codegen("dump", "ir", *spec).stdout)
    assert [each["number"] for each in tree["interfaces"]][:3] == ["FK01", "FK02", "FK02a"]
    one = json.loads(codegen("dump", "ir", "fk_color", *spec).stdout)
    assert one["codes"][1]["member"] == "C2_1"
    schema = json.loads(codegen("dump", "schema", "FK11", *spec).stdout)
    assert schema == json.loads((GOLDEN / "schemas/FK11.json").read_text(encoding="utf-8"))
    files = json.loads(codegen("dump", "files", "FK11", *spec).stdout)
    assert "class InputFK11Data(RequestModel):" in files["models/iFK11.py"]
    missing = codegen("dump", "ir", "FK99", *spec)
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "FK99 is no interface or dictionary of the spec" in missing.stderr


def copy(target: Path) -> Path:
    for path, data in files_of(GOLDEN).items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes(data)
    return target
