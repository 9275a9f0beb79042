"""The fake province and ways to generate, change and import packages in tests."""

from __future__ import annotations

import importlib
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
FAKE = ROOT / "tests" / "fake_province"
GOLDEN = ROOT / "tests" / "golden" / "fake_yibao"
SPEC = ROOT / "spec"
GENERATED = ROOT / "generated" / "hubei_yibao"


def files_of(folder: Path) -> dict[str, bytes]:
    """Content of every file below ``folder``, byte code left out."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def copy_spec(target: Path, source: Path = FAKE, seed: int | None = None) -> Path:
    """A copy of a spec, its files made in an order shuffled by ``seed``."""
    paths = sorted(path for path in source.rglob("*.yaml"))
    if seed is not None:
        random.Random(seed).shuffle(paths)
    for path in paths:
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    return target


def replace(path: Path, old: str, new: str) -> None:
    """Replace a text that must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def codegen(*words: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does; outcome with exit code and output."""
    paths = ":".join(str(ROOT / name) for name in ("codegen", "runtime"))
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": paths, "PYTHONUTF8": "1", **environment}
    command = [sys.executable, "-m", "hubei_yibao_codegen.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=env, check=False)


@contextmanager
def imported(package: Path) -> Iterator[ModuleType]:
    """Import a generated package by its folder and forget it afterwards."""
    sys.path.insert(0, str(package.parent))
    importlib.invalidate_caches()
    try:
        yield importlib.import_module(package.name)
    finally:
        sys.path.remove(str(package.parent))
        for name in [n for n in sys.modules if n.split(".")[0] == package.name]:
            del sys.modules[name]
