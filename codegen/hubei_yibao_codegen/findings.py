"""What is wrong with a spec, where, and what to do about it; three ways to print it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Literal, NamedTuple

Level = Literal["error", "warning", "info"]
LEVELS: tuple[Level, ...] = ("error", "warning", "info")


class Location(NamedTuple):
    """A place in a spec file; ``line`` and ``column`` count from 1, 0 where none applies."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class Finding(NamedTuple):
    """One observation; ``id`` is stable and documented in ``docs/lint-rules.md``.

    ``file`` is the path as the spec directory was given, with forward slashes; ``line`` and
    ``column`` count from 1 and are 0 where the finding concerns a whole file or folder.
    """

    id: str
    level: Level
    file: str
    line: int
    column: int
    message: str
    hint: str = ""

    @property
    def location(self) -> Location:
        return Location(self.file, self.line, self.column)


def finding(id: str, level: Level, at: Location, message: str, hint: str = "") -> Finding:
    """A finding at ``at``."""
    return Finding(id, level, at.file, at.line, at.column, message, hint)


def sort_key(item: Finding) -> tuple[str, int, int, str, str]:
    """Order of output: by place, then rule, so that it never depends on the order of rules."""
    return (item.file, item.line, item.column, item.id, item.message)


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Findings in the order of output, each once."""
    return sorted(set(findings), key=sort_key)


def at_least(findings: Iterable[Finding], level: Level) -> list[Finding]:
    """The findings that are as grave as ``level`` or graver."""
    rank = LEVELS.index(level)
    return [item for item in findings if LEVELS.index(item.level) <= rank]


def has_errors(findings: Iterable[Finding]) -> bool:
    return any(item.level == "error" for item in findings)


def summary(findings: Iterable[Finding]) -> str:
    """``2 errors, 1 warning, 0 infos``."""
    found = [item.level for item in findings]
    counts = ((found.count(level), level) for level in LEVELS)
    return ", ".join(f"{count} {level}{'' if count == 1 else 's'}" for count, level in counts)


def to_text(findings: Iterable[Finding]) -> str:
    """One line per finding, ``file:line:col: level id: message``, its hint indented below."""
    lines: list[str] = []
    for item in findings:
        lines.append(visible(f"{item.location}: {item.level} {item.id}: {item.message}"))
        if item.hint:
            lines.append(f"    {visible(item.hint)}")
    return "".join(f"{line}\n" for line in lines)


def to_json(findings: Iterable[Finding]) -> str:
    """A JSON array of objects with the keys of :class:`Finding`."""
    rows = [item._asdict() for item in findings]
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


def to_github(findings: Iterable[Finding]) -> str:
    """Workflow commands that GitHub shows beside the lines of a pull request.

    Escaping as in actions/toolkit, ``packages/core/src/command.ts``.
    """
    lines: list[str] = []
    for item in findings:
        command = "notice" if item.level == "info" else item.level
        place = f"file={_github_property(item.file)}"
        if item.line:
            place += f",line={item.line},col={item.column}"
        text = f"{item.message}\n{item.hint}" if item.hint else item.message
        lines.append(
            f"::{command} {place},title={_github_property(item.id)}::{_github_data(text)}\n"
        )
    return "".join(lines)


def _github_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _github_property(text: str) -> str:
    return _github_data(text).replace(":", "%3A").replace(",", "%2C")


def visible(text: str) -> str:
    """Spec texts are untrusted: nothing unprintable may reach a terminal."""
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)


RENDERERS = {"text": to_text, "json": to_json, "github": to_github}
