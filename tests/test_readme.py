"""The READMEs' examples do what the READMEs say."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MOVING = re.compile(r"[0-9]{14,}|[0-9]+ 字节")  #: message numbers, file names, sizes
BLOCK = re.compile(r"^```(\w+)(?: (\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(name: str) -> list[tuple[str, str, str]]:
    """Language, mark and text of every fenced block."""
    return BLOCK.findall((ROOT / name).read_text("utf-8"))


def example(mark: str) -> tuple[str, str]:
    """The Python block with this mark and the output printed under it."""
    found = blocks("README.md")
    at = next(i for i, (kind, its, _) in enumerate(found) if (kind, its) == ("python", mark))
    return found[at][2], next(body for kind, its, body in found[at:] if (kind, its) == ("text", ""))


def run(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A process of its own, with nothing of this environment but what is given."""
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False,
        timeout=60,
        env={"PATH": os.defpath, "HOME": str(folder), "PYTHONIOENCODING": "utf-8", **environment},
    )  # fmt: skip


@pytest.fixture
def simulator() -> Iterator[dict[str, str]]:
    """The simulator as the README starts it; what its export lines set."""
    process = subprocess.Popen(
        [sys.executable, "-m", "hubei_yibao_simulator", "--port", "0"],
        stdout=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip
    assert process.stdout is not None
    settings: dict[str, str] = {}
    for line in process.stdout:
        words = shlex.split(line)
        if words[:1] == ["export"]:
            name, _, value = words[1].partition("=")
            settings[name] = value
        if "YIBAO_OPTER_NAME" in line:
            break
    yield settings
    process.terminate()
    process.wait(10)
    process.stdout.close()


def test_the_first_example_prints_what_stands_under_it(tmp_path: Path) -> None:
    source, printed = example("")
    done = run([sys.executable, "-c", source], tmp_path)
    assert done.stderr == ""
    assert done.stdout == printed


def test_a_visit_is_settled_from_python(tmp_path: Path, simulator: dict[str, str]) -> None:
    source, printed = example("simulator")
    done = run([sys.executable, "-c", source], tmp_path, **simulator)
    assert done.stderr == ""
    assert done.stdout == printed


def test_a_visit_is_settled_with_curl(tmp_path: Path, simulator: dict[str, str]) -> None:
    script = ROOT / "demo" / "curl_visit.sh"
    done = run(["sh", str(script)], tmp_path, YIBAO_URL=simulator["YIBAO_URL"])
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1].endswith(
        "总额 300.00 = 基金 60.00 + 个账 240.00 + 现金 0.00"
    )


def test_the_demo_prints_what_the_readme_quotes(tmp_path: Path) -> None:
    quoted = next(body for kind, mark, body in blocks("README.md") if mark == "demo")
    done = run([sys.executable, str(ROOT / "demo" / "visit.py")], tmp_path)
    assert done.returncode == 0, done.stderr
    body = done.stdout.split("\n", 2)[2]
    assert [MOVING.sub("#", line) for line in body.splitlines()] == [
        MOVING.sub("#", line) for line in quoted.splitlines()
    ]


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_examples_that_need_a_platform_at_least_compile(name: str) -> None:
    sketches = [body for kind, mark, body in blocks(name) if (kind, mark) == ("python", "notest")]
    assert sketches
    for sketch in sketches:
        compile(sketch, name, "exec")


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_every_relative_link_leads_somewhere(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_every_make_target_named_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"`?make ([a-z]+)", (ROOT / name).read_text("utf-8")))
    assert named
    assert named <= targets
