"""Writes the files of a plan: all of them, or none."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from .plan import Edit


class NotApplied(Exception):
    """Nothing was changed; the message says why."""


def apply(edits: Sequence[Edit]) -> int:
    """Write every edit and return their number.

    New contents are written beside their files and flushed to disk first; only then are they
    renamed into place. A failure in between puts the old files back. Raises NotApplied, with
    the spec as it was, if a file changed since it was read or cannot be written. A process
    killed between two renames leaves whole files; importing again finishes the work.
    """
    staged: list[tuple[Edit, Path]] = []
    done: list[Edit] = []
    made: list[Path] = []
    try:
        for edit in edits:
            _unchanged(edit)
            staged.append((edit, _stage(edit, made)))
        for edit, temporary in staged:
            temporary.replace(edit.target)
            done.append(edit)
            if edit.path != edit.target:
                edit.path.unlink()
    except BaseException as error:
        for edit in reversed(done):
            _undo(edit)
        _clean(staged, made)
        if isinstance(error, OSError):
            message = f"{error.filename or 'spec'}: {error.strerror}; nothing was changed"
            raise NotApplied(message) from error
        raise
    return len(done)


def _unchanged(edit: Edit) -> None:
    now = edit.path.read_bytes() if edit.path.exists() else None
    if now != edit.before:
        raise NotApplied(f"{edit.path}: changed while the import was running; nothing was changed")
    if edit.target != edit.path and edit.target.exists():
        raise NotApplied(f"{edit.target}: exists already; nothing was changed")


def _stage(edit: Edit, made: list[Path]) -> Path:
    missing = [
        each for each in (edit.target.parent, *edit.target.parent.parents) if not each.exists()
    ]
    edit.target.parent.mkdir(parents=True, exist_ok=True)
    made += missing
    temporary = edit.target.with_name(f".{edit.target.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as stream:
            stream.write(edit.after)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _undo(edit: Edit) -> None:
    if edit.before is None or edit.path != edit.target:
        edit.target.unlink(missing_ok=True)
    if edit.before is not None:
        edit.path.write_bytes(edit.before)


def _clean(staged: Sequence[tuple[Edit, Path]], made: Sequence[Path]) -> None:
    for _, temporary in staged:
        temporary.unlink(missing_ok=True)
    for folder in sorted(made, key=lambda each: -len(each.parts)):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
