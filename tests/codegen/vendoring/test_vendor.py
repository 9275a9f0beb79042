"""Copies that stand alone: made, checked, upgraded, and used where nothing else is installed."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from generator_support import ROOT, SPEC, codegen, copy_spec, files_of, replace
from hubei_yibao_codegen.vendoring.imports import CannotVendor, relative

HOMES = {"hubei_yibao": "", "hubei_yibao_runtime": "_runtime", "lib": "_bundled/lib"}


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    return copy_spec(tmp_path / "spec")


@pytest.fixture
def copy(tmp_path: Path, spec: Path) -> Path:
    """A copy of the whole fake province."""
    target = tmp_path / "his" / "yibao"
    outcome = codegen("vendor", str(target), "--spec", str(spec))
    assert outcome.returncode == 0, outcome.stderr
    return target


def check(copy: Path, spec: Path) -> tuple[int, list[str]]:
    outcome = codegen("vendor", "--check", str(copy), "--spec", str(spec))
    assert outcome.stderr == ""
    return outcome.returncode, outcome.stdout.splitlines()[:-1]


def test_a_copy_is_as_it_was_made(copy: Path, spec: Path) -> None:
    assert check(copy, spec) == (0, [])
    before = files_of(copy)
    again = codegen("vendor", str(copy), "--spec", str(spec))
    assert again.returncode == 0
    assert "0 files written, 0 removed" in again.stdout
    assert "接口规范没有变化" in again.stdout
    assert files_of(copy) == before


def test_one_changed_byte_is_found(copy: Path, spec: Path) -> None:
    for path in ("registry.py", "_runtime/errors.py", "_bundled/dotenv/main.py", "selfcheck.py"):
        data = bytearray((copy / path).read_bytes())
        data[len(data) // 2] ^= 1
        (copy / path).write_bytes(data)
        assert check(copy, spec) == (1, [f"MODIFIED {path}"])
        data[len(data) // 2] ^= 1
        (copy / path).write_bytes(data)
    assert check(copy, spec) == (0, [])


def test_missing_extra_and_outdated_files_are_told_apart(copy: Path, spec: Path) -> None:
    (copy / "groups" / "order.py").unlink()
    (copy / "local.py").write_text("x = 1\n")
    replace(spec / "interfaces/1-query/FK03.yaml", "label: 总数", "label: 合计")
    code, lines = check(copy, spec)
    assert code == 1
    assert "MISSING groups/order.py" in lines
    assert "EXTRA local.py" in lines
    assert "OUTDATED models/iFK03.py" in lines
    assert "OUTDATED tables/iFK03.py" in lines
    assert not [line for line in lines if "FK01" in line]


def test_an_upgrade_shows_what_changed_for_callers(copy: Path, spec: Path) -> None:
    replace(
        spec / "interfaces/2-write/FK10.yaml",
        "      - {name: remark,",
        "      - {name: memo, label: 备注, type: string}\n      - {name: remark,",
    )
    (spec / "interfaces/1-query/FK02.yaml").unlink()
    outcome = codegen("vendor", str(copy), "--spec", str(spec))
    assert outcome.returncode == 0
    assert "- 接口 FK10：入参新增 memo（备注，非必填）" in outcome.stdout
    assert "- 接口 FK02：删除（奇怪的字段名），改用接口 FK02a" in outcome.stdout
    assert not (copy / "models" / "iFK02.py").exists()
    assert check(copy, spec) == (0, [])


def test_local_changes_survive_an_upgrade_that_is_not_forced(copy: Path, spec: Path) -> None:
    (copy / "registry.py").write_text("# mine\n")
    refused = codegen("vendor", str(copy), "--spec", str(spec))
    assert refused.returncode == 2
    assert "MODIFIED registry.py" in refused.stderr
    assert (copy / "registry.py").read_text() == "# mine\n"
    forced = codegen("vendor", str(copy), "--spec", str(spec), "--force")
    assert forced.returncode == 0
    assert check(copy, spec) == (0, [])


def test_a_changed_manifest_is_not_believed(copy: Path, spec: Path) -> None:
    path = copy / "vendor.manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["files"]["registry.py"] = "0" * 64
    path.write_text(json.dumps(manifest), encoding="utf-8")
    outcome = codegen("vendor", "--check", str(copy), "--spec", str(spec))
    assert outcome.returncode == 2
    assert "was changed" in outcome.stderr


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path, spec: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "main.py").write_text("x = 1\n")
    outcome = codegen("vendor", str(tmp_path / "app"), "--spec", str(spec), "--force")
    assert outcome.returncode == 2
    assert "no vendored copy" in outcome.stderr
    assert [path.name for path in (tmp_path / "app").iterdir()] == ["main.py"]


def test_a_subset_holds_no_more_than_it_needs(tmp_path: Path, spec: Path) -> None:
    target = tmp_path / "his" / "small"
    outcome = codegen("vendor", str(target), "--only", "gadget,FK11", "--spec", str(spec))
    assert outcome.returncode == 0
    assert "2 interfaces" in outcome.stdout
    names = {path.name for path in (target / "models").glob("i*.py")}
    assert names == {"iFK03.py", "iFK11.py"}
    assert {path.name for path in (target / "groups").glob("*.py")} == {
        "__init__.py",
        "gadget.py",
        "order.py",
    }
    assert not (target / "schemas").exists()
    assert check(target, spec) == (0, [])
    later = codegen("vendor", str(target), "--spec", str(spec))
    assert "0 files written" in later.stdout


def test_unknown_choices_are_named(tmp_path: Path, spec: Path) -> None:
    outcome = codegen("vendor", str(tmp_path / "x"), "--only", "9999", "--spec", str(spec))
    assert outcome.returncode == 2
    assert "9999 is neither a number nor a group" in outcome.stderr
    assert not (tmp_path / "x").exists()


def test_nothing_is_imported_from_outside_but_pydantic_and_httpx2(copy: Path) -> None:
    outside: set[str] = set()
    for path in [*copy.rglob("*.py"), *copy.rglob("*.pyi")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                outside.add(node.module.partition(".")[0])
            elif isinstance(node, ast.Import):
                outside |= {alias.name.partition(".")[0] for alias in node.names}
    assert not outside & {"hubei_yibao", "hubei_yibao_runtime", "hubei_yibao_codegen"}
    assert not outside & {"pydantic_settings", "dotenv", "fake_yibao"}


def test_imports_become_relative_and_nothing_else_changes() -> None:
    text = (
        '"""of hubei_yibao_runtime"""\n'
        "from hubei_yibao_runtime.model import (\n    Result,  # stays\n)\n"
        "if 汉 := 1:  from hubei_yibao import Client\n"
        "from lib import a\nfrom os import path\n"
    )
    assert relative(text, "models/x.py", HOMES) == (
        '"""of hubei_yibao_runtime"""\n'
        "from .._runtime.model import (\n    Result,  # stays\n)\n"
        "if 汉 := 1:  from .. import Client\n"
        "from .._bundled.lib import a\nfrom os import path\n"
    )
    assert relative('M = {"a": "hubei_yibao_runtime.x"}\n', "__init__.py", HOMES) == (
        'M = {"a": "._runtime.x"}\n'
    )
    with pytest.raises(CannotVendor, match="use from"):
        relative("import hubei_yibao_runtime.x\n", "a.py", HOMES)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new virtual environment with pydantic, httpx2 and what these need, nothing else."""
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    command = [str(python), "-m", "pip", "install", "--quiet", "pydantic", "httpx2"]
    subprocess.run(command, check=True)
    return python


def modules_that_fail(python: Path, folder: Path, package: str) -> set[str]:
    """Modules of a package that cannot be imported there: they need an optional library."""
    program = (
        "import importlib, pkgutil, sys\n"
        f"package = importlib.import_module({package!r})\n"
        "for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "    try: importlib.import_module(module.name)\n"
        "    except Exception: print(module.name.removeprefix(package.__name__ + '.'))\n"
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    command = [str(python), "-c", program]
    outcome = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return set(outcome.stdout.split())


def test_a_copy_works_with_pydantic_and_httpx2_alone(empty: Path, tmp_path: Path) -> None:
    target = tmp_path / "his" / "vendor" / "yibao"
    made = codegen("vendor", str(target), "--only", "2207,person", "--spec", str(SPEC))
    assert made.returncode == 0, made.stderr
    run = {"cwd": tmp_path, "capture_output": True, "text": True, "check": False}
    command = [str(empty), "-m", "his.vendor.yibao.selfcheck"]
    environment = {"PATH": os.environ["PATH"], "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    good = subprocess.run(command, env=environment, **run)
    assert (good.returncode, good.stdout) == (0, "all is well\n")
    assert modules_that_fail(empty, tmp_path, "his.vendor.yibao._runtime") == {
        "callbacks.postgres",
        "drivers.aiohttp",
        "journal.postgres",
    }
    (target / "README.md").write_text("x")
    (target / "codes" / "med_type.py").write_text("CODES = {\n")
    bad = subprocess.run(command, env=environment, **run)
    assert bad.returncode == 1
    assert "MODIFIED README.md" in bad.stdout
    assert "codes.med_type: SyntaxError" in bad.stdout


def test_the_codec_says_the_same_without_msgspec() -> None:
    """Its own tests, in a process that cannot import msgspec."""
    tests = [
        str(ROOT / "tests" / "runtime" / f"test_codec_{name}.py") for name in ("answer", "request")
    ]
    program = (
        "import sys; sys.modules['msgspec'] = None; import pytest;"
        "from hubei_yibao_runtime.codec import jsontext, plainjson;"
        "assert jsontext.encode is plainjson.encode;"
        f"sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', *{tests!r}]))"
    )
    paths = os.pathsep.join(str(ROOT / name) for name in ("generated", "runtime", "codegen"))
    outcome = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": paths},
    )  # fmt: skip
    assert outcome.returncode == 0, outcome.stdout[-2000:]
