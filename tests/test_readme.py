"""The READMEs' examples do what the READMEs say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(\w+)( notest)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(name: str) -> list[tuple[str, bool, str]]:
    text = (ROOT / name).read_text("utf-8")
    return [(kind, not notest, body) for kind, notest, body in BLOCK.findall(text)]


def test_the_first_example_prints_what_stands_under_it(tmp_path: Path) -> None:
    found = blocks("README.md")
    example = next(body for kind, run, body in found if kind == "python" and run)
    printed = next(body for kind, _, body in found if kind == "text")
    run = subprocess.run(
        [sys.executable, "-c", example],
        cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False, timeout=60,
        env={"PATH": "", "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert run.stderr == ""
    assert run.stdout == printed


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_examples_that_need_a_platform_at_least_compile(name: str) -> None:
    sketches = [body for kind, run, body in blocks(name) if kind == "python" and not run]
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
