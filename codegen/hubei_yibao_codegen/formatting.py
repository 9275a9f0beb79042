"""One formatter run for all files of a generation."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ruff.__main__ import find_ruff_bin  # type: ignore[import-untyped]

#: Characters after which a line may count as too long; Chinese ones count twice.
WIDE = 50
OPTIONS = ("--isolated", "--no-cache", "--line-length=100", "--target-version=py311")


def formatter() -> Path:
    """The formatter's program, as installed beside this interpreter."""
    return Path(find_ruff_bin())


def format_python(texts: Mapping[str, str]) -> dict[str, str]:
    """Format Python texts by path; everything else passes unchanged.

    The settings are fixed here, so that no configuration of the machine or folder has a say.
    Raises ``RuntimeError`` with the formatter's words if a text is no valid Python.
    """
    done = dict(texts)
    sources = [
        path for path in texts if path.endswith((".py", ".pyi")) and _open(path, texts[path])
    ]
    if not sources:
        return done
    with tempfile.TemporaryDirectory(prefix="hubei-yibao-", dir=_scratch()) as folder:
        root = Path(folder)
        for parent in {(root / path).parent for path in sources}:
            parent.mkdir(parents=True, exist_ok=True)
        for path in sources:
            (root / path).write_bytes(texts[path].encode())
        command = [str(formatter()), "format", *OPTIONS, str(root)]
        outcome = subprocess.run(command, capture_output=True, text=True, check=False)
        if outcome.returncode:
            words = (outcome.stdout + outcome.stderr).replace(f"{root}/", "").strip()
            raise RuntimeError(f"generated code cannot be formatted: {words}")
        for path in sources:
            done[path] = (root / path).read_bytes().decode()
    return done


def _scratch() -> str | None:
    """A memory-backed folder where the system has one: hundreds of small files live a moment."""
    memory = "/dev/shm"
    return memory if os.access(memory, os.W_OK | os.X_OK) else None


def _open(path: str, text: str) -> bool:
    """Whether the formatter may have something to say.

    Code tables are most of the files and come out laid out already; only an entry that is too
    long for its line could be broken.
    """
    if not text:
        return False
    return not path.startswith("codes/") or any(len(line) > WIDE for line in text.splitlines())
