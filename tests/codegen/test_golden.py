"""The fake province's package: every byte, and that tools and Python accept it."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from generator_support import FAKE, GENERATED, GOLDEN, ROOT, SPEC, files_of, imported
from hubei_yibao_codegen.emit import describe
from hubei_yibao_codegen.lint import check
from hubei_yibao_codegen.pipeline import render
from hubei_yibao_codegen.spec import model
from hubei_yibao_codegen.spec.load import load
from hubei_yibao_codegen.spec.model import FieldType, Interface, InterfaceProvenance

UPDATE = (
    "if this is meant: hubei-yibao-codegen generate --no-cache "
    "--spec tests/fake_province --out tests/golden/fake_yibao"
)


def test_the_golden_package_is_what_the_fake_province_yields() -> None:
    made = {path: text.encode() for path, text in render(load(FAKE)).items()}
    golden = files_of(GOLDEN)
    assert sorted(made) == sorted(golden), UPDATE
    assert [path for path in made if made[path] != golden[path]] == [], UPDATE


def test_the_fake_province_has_no_errors_and_uses_every_field_of_the_format() -> None:
    loaded = load(FAKE)
    assert check(loaded, "error") == []
    used = _keys(loaded.spec.interfaces.values()) | _keys(loaded.spec.dictionaries.values())
    used |= _keys([loaded.spec.platform])
    assert _declared() - used == set()


def _keys(values: object) -> set[str]:
    found: set[str] = set()
    for value in values if isinstance(values, tuple | list) else list(values):  # type: ignore[call-overload]
        if hasattr(value, "model_fields_set"):
            name = type(value).__name__
            found |= {f"{name}.{key}" for key in value.model_fields_set}
            found |= _keys([getattr(value, key) for key in value.model_fields_set])
        elif isinstance(value, tuple):
            found |= _keys(value)
    return found


def _declared() -> set[str]:
    kinds = [kind for kind in vars(model).values() if isinstance(kind, type)]
    classes = [kind for kind in kinds if issubclass(kind, model.SpecModel)]
    names = {f"{kind.__name__}.{field}" for kind in classes for field in kind.model_fields}
    return {name for name in names if not name.startswith("Rule.")}


def test_every_choice_of_the_format_has_a_word_in_the_documentation() -> None:
    words = {
        "institution": describe.INSTITUTIONS,
        "call_mode": describe.CALL_MODES,
        "effect": describe.EFFECTS,
        "direction": describe.DIRECTIONS,
    }
    for name, known in words.items():
        assert set(get_args(Interface.model_fields[name].annotation)) == set(known)
    assert set(get_args(FieldType)) == set(describe.KINDS)
    fields = InterfaceProvenance.model_fields["fields"]
    assert set(get_args(fields.annotation)) == set(describe.PROVENANCE)


@pytest.mark.parametrize("package", [GOLDEN, GENERATED], ids=lambda path: path.name)
def test_type_checkers_accept_the_package(package: Path, tmp_path: Path) -> None:
    mypy = [sys.executable, "-m", "mypy", "--strict", f"--cache-dir={tmp_path}", str(package)]
    pyright = [sys.executable, "-m", "pyright", "-p", str(ROOT), str(package)]
    for command in (mypy, pyright):
        outcome = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        assert outcome.returncode == 0, outcome.stdout[-3000:] + outcome.stderr[-3000:]


@pytest.mark.parametrize("package", [GOLDEN, GENERATED], ids=lambda path: path.name)
def test_black_finds_nothing_to_change(package: Path) -> None:
    options = ["--check", "--line-length=100", "--target-version=py311", "--fast"]
    command = [sys.executable, "-m", "black", *options, "--include", r"\.pyi?$", str(package)]
    outcome = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert outcome.returncode == 0, outcome.stderr[-3000:]


@pytest.mark.parametrize("package", [GOLDEN, GENERATED], ids=lambda path: path.name)
def test_every_module_imports_and_every_model_builds(package: Path) -> None:
    with imported(package) as root:
        for path in sorted(package.rglob("*.py")):
            parts = path.relative_to(package).with_suffix("").parts
            name = ".".join(part for part in parts if part != "__init__")
            importlib.import_module(f"{package.name}.{name}" if name else package.name)
        for interface in root.INTERFACES.values():
            for each in (interface.input_model, interface.output_model):
                each.model_rebuild()
                assert each.model_json_schema()["type"] == "object"
        enums = importlib.import_module(f"{package.name}.enums")
        for name, key in enums.CLASSES.items():
            codes = root.INTERFACES.codes(key)
            assert {member.value: member.label for member in getattr(enums, name)} == codes


def test_the_generated_package_is_what_the_spec_yields() -> None:
    made = {path: text.encode() for path, text in render(load(SPEC)).items()}
    there = files_of(GENERATED)
    assert sorted(made) == sorted(there)
    assert [path for path in made if made[path] != there[path]] == []
