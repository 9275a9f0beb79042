"""The generated folder on disk: what is there, and how it is brought up to date."""

from __future__ import annotations

import difflib
import hashlib
import os
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path

LOCK = "generated.lock.json"


class NotOurs(Exception):
    """The folder holds files, but no lock file: it was not made by the generator."""


@dataclass(frozen=True, slots=True)
class Difference:
    kind: str  #: CHANGED, MISSING or EXTRA
    path: str  #: below the package
    diff: str = ""  #: unified, from what is there to what should be

    def __str__(self) -> str:
        return f"{self.kind} {self.path}"


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def existing(out: Path) -> list[str]:
    """Paths below ``out``, sorted; byte code is not counted."""
    found: list[str] = []
    for parent, folders, names in os.walk(out):
        folders[:] = [name for name in folders if name != "__pycache__"]
        base = os.path.relpath(parent, out).replace(os.sep, "/")
        prefix = "" if base == "." else f"{base}/"
        found += [prefix + name for name in names if not name.endswith(".pyc")]
    return sorted(found)


def guard(out: Path, there: Set[str], wanted: Set[str]) -> None:
    """Refuse a folder with files that would be deleted although they are none of ours.

    Without a lock file, which is written last, only what a broken first run may have left counts
    as ours.
    """
    if LOCK not in there and not there <= wanted:
        foreign = min(there - wanted)
        raise NotOurs(f"{out} holds {foreign} but no {LOCK}: choose a new or empty folder")


def write(out: Path, path: str, text: str, known: bool) -> bool:
    """Write a file; False if it already holds exactly this.

    A file that exists (``known``) is replaced atomically. A new one is written in place: what a
    broken run leaves behind is no package yet, since the lock file comes last.
    """
    target = f"{out}/{path}"
    data = text.encode()
    if not known:
        with open(target, "wb") as file:
            file.write(data)
        return True
    with open(target, "rb") as file:
        if file.read() == data:
            return False
    temporary = f"{target}.{os.getpid()}.tmp"
    with open(temporary, "wb") as file:
        file.write(data)
    os.replace(temporary, target)
    return True


def make_folders(out: Path, paths: Iterable[str]) -> None:
    """The folders of files that are about to be written."""
    for folder in sorted({(out / path).parent for path in paths}):
        folder.mkdir(parents=True, exist_ok=True)


def remove(out: Path, paths: Iterable[str]) -> None:
    """Remove files and the folders they leave empty."""
    for path in paths:
        target = out / path
        target.unlink()
        for parent in target.parents:
            if parent == out or any(parent.iterdir()):
                break
            parent.rmdir()


def compare(out: Path, wanted: Mapping[str, str]) -> list[Difference]:
    """How ``out`` differs from ``wanted``, sorted by path."""
    there = set(existing(out)) if out.is_dir() else set()
    found: list[Difference] = []
    for path in sorted(there | set(wanted)):
        if path not in wanted:
            found.append(Difference("EXTRA", path))
        elif path not in there:
            found.append(Difference("MISSING", path))
        else:
            data = (out / path).read_bytes()
            if data != wanted[path].encode():
                found.append(Difference("CHANGED", path, _diff(path, data, wanted[path])))
    return found


def _diff(path: str, data: bytes, wanted: str) -> str:
    is_text = data.decode(errors="replace").splitlines(keepends=True)
    lines = difflib.unified_diff(
        is_text, wanted.splitlines(keepends=True), f"{path} (is)", f"{path} (should be)", n=1
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
