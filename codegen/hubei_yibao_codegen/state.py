"""What the last run left behind, so that the next one does only what has changed.

The state is a help and never a source of truth: it is keyed by content, checked against the
files on disk (size and time of change, as git does), and ignored when it is missing, damaged or
of another generator. ``generate --check`` does not look at it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from .emit.output import Summary, Texts
from .formatting import formatter
from .version import VERSION

HERE = Path(__file__).resolve().parent
#: Parts of the generator that decide what is generated.
SOURCES = (
    "emit",
    "ir",
    "spec",
    "templates",
    "formatting.py",
    "naming.py",
    "overlay.py",
    "version.py",
)

#: Size in bytes and time of change in nanoseconds.
Stamp = tuple[int, int]


@dataclass(slots=True)
class UnitState:
    key: str
    files: dict[str, Stamp]
    summary: Summary | None = None


@dataclass(slots=True)
class State:
    units: dict[str, UnitState] = field(default_factory=dict)


def generator_hash() -> str:
    """Changes with every change of code or templates and of the formatter."""
    data = hashlib.sha256()
    for name in SOURCES:
        source = HERE / name
        files = [source] if source.is_file() else sorted(source.rglob("*.*"))
        for file in files:
            if file.suffix in (".py", ".jinja"):
                data.update(file.relative_to(HERE).as_posix().encode())
                data.update(file.read_bytes())
    data.update(repr(stamp(formatter())).encode())
    return f"{VERSION} {data.hexdigest()}"


def stamp(path: Path) -> Stamp:
    """OSError if there is no such file."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


class Store:
    """The folder of one generated package's state; without a folder it keeps nothing."""

    def __init__(self, folder: Path | None, generator: str) -> None:
        self._folder = folder
        self._generator = generator
        self._shards: dict[str, dict[str, Any]] = {}

    def read(self) -> State:
        """The state, or an empty one if there is none that can be used."""
        units = self._load("state")
        try:
            return State({name: _unit(each) for name, each in (units or {}).items()})
        except (TypeError, ValueError, KeyError):
            return State()

    def write(self, state: State) -> None:
        rows = {
            name: {
                "key": unit.key,
                "files": unit.files,
                "summary": _row(unit.summary) if unit.summary else None,
            }
            for name, unit in state.units.items()
        }
        self._save("state", rows)

    def read_texts(self, number: str, key: str) -> Texts | None:
        """Texts of the interface unit with this key."""
        kept = self._shard(number[0]).get(number)
        return Texts(**kept["texts"]) if kept and kept["key"] == key else None

    def write_texts(self, keys: Mapping[str, str], fetch: Callable[[str], Texts]) -> None:
        """Keep the texts of the interfaces in ``keys`` (number → key of its unit)."""
        for first in sorted({number[0] for number in keys}):
            wanted = {number: key for number, key in keys.items() if number[0] == first}
            kept = self._shard(first)
            if {number: each["key"] for number, each in kept.items()} != wanted:
                rows = {n: {"key": key, "texts": _row(fetch(n))} for n, key in wanted.items()}
                self._save(f"texts-{first}", rows)

    def _shard(self, first: str) -> dict[str, Any]:
        """Kept texts of the numbers that begin so: one changed interface rewrites one file."""
        if first not in self._shards:
            self._shards[first] = self._load(f"texts-{first}") or {}
        return self._shards[first]

    def _load(self, name: str) -> dict[str, Any] | None:
        if self._folder is None:
            return None
        try:
            content = (self._folder / name).read_text(encoding="utf-8")
        except (OSError, ValueError):
            return None
        head, _, body = content.partition("\n")
        if head != self._head(body):
            return None
        data: dict[str, Any] = json.loads(body)
        return data

    def _save(self, name: str, data: dict[str, Any]) -> None:
        if self._folder is None:
            return
        body = json.dumps(data)
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        temporary.write_text(f"{self._head(body)}\n{body}", encoding="utf-8")
        os.replace(temporary, path)

    def _head(self, body: str) -> str:
        """First line of a file: guards the rest and names the generator it is good for."""
        return f"{self._generator} {hashlib.sha256(body.encode()).hexdigest()}"


def _unit(data: dict[str, Any]) -> UnitState:
    files = {path: (size, changed) for path, (size, changed) in data["files"].items()}
    summary = Summary(**data["summary"]) if data["summary"] else None
    return UnitState(data["key"], files, summary)


def _row(data: Summary | Texts) -> dict[str, Any]:
    """Like ``dataclasses.asdict``, without its deep copies."""
    return {each.name: getattr(data, each.name) for each in fields(data)}
