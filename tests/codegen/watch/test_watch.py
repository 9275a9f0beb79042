"""The watch as a maintainer runs it: a process beside an editor."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from generator_support import ROOT, codegen, copy_spec, files_of, replace


class Watching:
    """The process and what it says."""

    def __init__(self, folder: Path) -> None:
        self.spec = copy_spec(folder / "spec")
        self.out = folder / "pkg"
        words = ["watch", "--spec", str(self.spec), "--out", str(self.out)]
        paths = os.pathsep.join(str(ROOT / name) for name in ("codegen", "runtime"))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hubei_yibao_codegen.cli", *words, "--cache", str(folder / "c")],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": paths, "PYTHONUTF8": "1"},
        )
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)

    def until(self, part: str) -> list[str]:
        """What is said up to the line with ``part``."""
        said: list[str] = []
        while not said or part not in said[-1]:
            said.append(self.lines.get(timeout=30))
        return said

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=30)


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Watching]:
    one = Watching(tmp_path)
    try:
        one.until("written")
        yield one
    finally:
        one.process.kill()
        one.process.wait()


FK03 = "interfaces/1-query/FK03.yaml"


def check(watching: Watching) -> int:
    return codegen(
        "generate", "--check", "--spec", str(watching.spec), "--out", str(watching.out)
    ).returncode


def test_a_save_regenerates_and_a_slip_does_not_end_it(watching: Watching) -> None:
    path = watching.spec / FK03
    replace(path, "label: 总数", "label: 合计")
    watching.until("FK03.yaml: 0 errors")
    assert "合计" in (watching.out / "tables" / "iFK03.py").read_text(encoding="utf-8")
    good, made = path.read_text(encoding="utf-8"), files_of(watching.out)
    path.write_text("number: [", encoding="utf-8")
    said = watching.until("nothing generated")
    assert any("FK03.yaml:" in line and "Y101" in line for line in said)
    assert files_of(watching.out) == made
    path.write_text(good.replace("label: 合计", "label: 总计"), encoding="utf-8")
    watching.until("0 errors")
    assert "总计" in (watching.out / "tables" / "iFK03.py").read_text(encoding="utf-8")
    path.unlink()
    watching.until("removed")
    assert not (watching.out / "tables" / "iFK03.py").exists()
    assert check(watching) == 0
    assert watching.stop() == 0


def test_an_editor_that_saves_by_renaming(watching: Watching) -> None:
    path = watching.spec / FK03
    beside = path.with_name(".FK03.yaml.swp")
    beside.write_text(path.read_text(encoding="utf-8").replace("总数", "全部"), encoding="utf-8")
    beside.replace(path)
    watching.until("FK03.yaml: 0 errors")
    assert "全部" in (watching.out / "tables" / "iFK03.py").read_text(encoding="utf-8")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    outcome = codegen("watch", "--spec", str(tmp_path / "none"))
    assert (outcome.returncode, outcome.stderr) == (2, f"{tmp_path / 'none'}: no such folder\n")


def test_a_foreign_folder_is_left_alone(tmp_path: Path) -> None:
    spec = copy_spec(tmp_path / "spec")
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "mine.txt").write_text("x")
    words = ["--spec", str(spec), "--out", str(tmp_path / "pkg"), "--cache", str(tmp_path / "c")]
    outcome = codegen("watch", *words)
    assert outcome.returncode == 2
    assert "mine.txt" in outcome.stderr
