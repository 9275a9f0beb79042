from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from import_documents import SPEC, Run, run_command

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def real_spec(tmp_path: Path) -> Path:
    """A copy of the province's spec that a test may edit."""
    return Path(shutil.copytree(REPOSITORY / "spec", tmp_path / "real"))


@pytest.fixture
def small_spec(tmp_path: Path) -> Path:
    """A spec of a few invented interfaces, with comments and hand-written keys."""
    root = tmp_path / "spec"
    for name, text in SPEC.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """Runs ``hubei-yibao-codegen`` and returns exit code and output."""

    def run(*words: str | Path) -> Run:
        return run_command(capsys, [str(word) for word in words])

    return run
