"""The command as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from spec_files import INTERFACE, PATH, with_fields, write

ROOT = Path(__file__).parents[2]


def run(*words: str, seed: str = "0", cwd: Path = ROOT) -> subprocess.CompletedProcess[bytes]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "codegen"),
        "PYTHONHASHSEED": seed,
        "PYTHONUTF8": "1",
    }
    command = [sys.executable, "-m", "hubei_yibao_codegen.cli", *words]
    return subprocess.run(command, capture_output=True, env=environment, cwd=cwd, timeout=60)


def test_errors_make_exit_code_1(tmp_path: Path) -> None:
    write(tmp_path / "spec", {PATH: with_fields("{name: a, requird: true}")})
    done = run("lint", "--level", "error", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.decode() == (
        f"spec/{PATH}:16:19: error S201: unknown key `requird` in a field\n"
        "    did you mean `required`?\n"
    )
    assert done.stderr.decode() == "1 error, 0 warnings, 0 infos\n"


def test_warnings_do_not(tmp_path: Path) -> None:
    root = write(tmp_path / "spec", {PATH: INTERFACE})
    done = run("lint", "--spec", str(root), "--level", "error")
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.decode() == "0 errors, 6 warnings, 0 infos\n"
    assert (
        done.stderr.decode().replace("\n", "")
        not in run("lint", "--spec", str(root)).stdout.decode()
    )


def test_formats(tmp_path: Path) -> None:
    write(tmp_path / "spec", {PATH: with_fields("{label: 甲}")})
    rows = json.loads(run("lint", "--format", "json", cwd=tmp_path).stdout)
    assert rows[0] == {
        "id": "S202",
        "level": "error",
        "file": f"spec/{PATH}",
        "line": 16,
        "column": 9,
        "message": "a field lacks `name`",
        "hint": "",
    }
    lines = run("lint", "--format", "github", cwd=tmp_path).stdout.decode().splitlines()
    assert lines[0] == (f"::error file=spec/{PATH},line=16,col=9,title=S202::a field lacks `name`")


def test_output_does_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    fields = [f"{{name: {name}, typ: strin, x: y}}" for name in ("a", "b", "certno", "tel")]
    files: dict[str, str | bytes] = {
        f"interfaces/2-services/{number}.yaml": with_fields(*fields)
        for number in ("2207", "2208", "2209")
    }
    root = write(tmp_path, files)
    outputs = {run("lint", "--spec", str(root), seed=seed).stdout for seed in ("1", "2", "77")}
    assert len(outputs) == 1
    assert outputs.pop().count(b"error") > 20


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    done = run("lint", cwd=tmp_path)
    assert done.returncode == 1
    assert b"spec/platform.yaml: error Y100: file not found\n" in done.stdout


def test_terminal_without_chinese(tmp_path: Path) -> None:
    root = write(tmp_path, {PATH: with_fields("{name: tel, label: 电话, type: string}")})
    command = [sys.executable, "-m", "hubei_yibao_codegen.cli", "lint", "--spec", str(root)]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "codegen"),
        "PYTHONIOENCODING": "ascii",
    }
    done = subprocess.run(command, capture_output=True, env=environment)
    assert done.returncode == 0
    assert rb"`tel` (\u7535\u8bdd) looks personal" in done.stdout


def test_reader_that_stops_early(tmp_path: Path) -> None:
    fields = [f"{{name: f{n}, typ: {'x' * 50}}}" for n in range(3000)]
    root = write(tmp_path, {PATH: with_fields(*fields)})
    command = [sys.executable, "-m", "hubei_yibao_codegen.cli", "lint", "--spec", str(root)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "codegen")}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(10)
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
        assert process.wait(60) == 1


def test_wrong_usage() -> None:
    for words in ([], ["lnt"], ["lint", "--format", "xml"]):
        done = run(*words)
        assert done.returncode == 2
        assert done.stdout == b""
        assert b"usage: hubei-yibao-codegen" in done.stderr
    assert b"lint" in run("--help").stdout


def test_only_the_chosen_command_is_imported() -> None:
    """Start-up stays cheap: help needs neither pydantic nor yaml nor jinja2."""
    program = (
        "import sys; from hubei_yibao_codegen import cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('pydantic', 'yaml', 'jinja2') if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "codegen")}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, env=environment)
    assert done.stdout.decode().splitlines()[-1] == "[]"
