"""A comparison as text, Markdown, JSON or annotations for GitHub."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..findings import Finding, Location, finding, to_github, visible
from ..findings import Level as FindingLevel
from .affects import Unread, Use
from .change import LEVELS, Change, Level, bump, next_version
from .changelog import changelog
from .edition import Edition

_AS_FINDING: dict[Level, FindingLevel] = {
    "breaking": "error",
    "compatible": "warning",
    "editorial": "info",
}


@dataclass(frozen=True)
class Report:
    """What is printed: the changes, what uses those that break, and the version they ask for."""

    old: Edition
    new: Edition
    changes: Sequence[Change]
    version: str = ""  #: of the old edition, "" where it is unknown
    uses: Sequence[Use] = ()
    unread: Sequence[Unread] = ()
    looked_at: int | None = field(default=None)  #: program files that were searched

    def place(self, change: Change) -> Location | None:
        return self.new.locate(change) or self.old.locate(change)

    @property
    def counts(self) -> dict[Level, int]:
        found = Counter(change.level for change in self.changes)
        return {level: found[level] for level in LEVELS}

    @property
    def advice(self) -> str:
        by = bump(self.changes)
        if by == "none":
            return "no new version needed"
        named = f": {self.version} → {next_version(self.version, by)}" if self.version else ""
        return f"suggested version: {by}{named}"


def to_text(report: Report) -> str:
    """A line per change with its place, uses in programs, then a summary."""
    lines = [f"{report.old.label} → {report.new.label}", ""]
    for change in report.changes:
        place = report.place(change)
        where = f"  [{change.rule}] {place}" if place else f"  [{change.rule}]"
        lines += [f"{change.level}: {visible(change.line)}", where]
    if report.changes:
        lines.append("")
    for use in report.uses:
        lines.append(f"{use.place}: {visible(use.what)} — {visible(use.change.line)}")
    lines += [f"{each.file}: not searched: {each.reason}" for each in report.unread]
    if report.looked_at is not None:
        lines += [f"{report.looked_at} files searched, {len(report.uses)} uses of what breaks", ""]
    counts = ", ".join(f"{count} {level}" for level, count in report.counts.items())
    return "\n".join([*lines, f"{counts}; {report.advice}"]) + "\n"


def to_markdown(report: Report) -> str:
    """The Chinese changelog; uses in programs in a section of their own."""
    by = bump(report.changes)
    title = f"{report.old.label} → {report.new.label}"
    if report.version and by != "none":
        title = next_version(report.version, by)
    text = changelog(report.changes, title)
    if report.looked_at is not None:
        lines = [f"- `{use.place}`：{visible(use.what)} — {use.change.line}" for use in report.uses]
        lines += [f"- `{each.file}`：未能读取（{each.reason}）" for each in report.unread]
        body = lines or ["没有用到不兼容变更的内容。"]
        text += "\n".join(["### 受影响的程序", "", *body, ""]) + "\n"
    return text


def to_json(report: Report) -> str:
    """An object with ``changes``, ``uses``, ``counts``, ``bump``, ``next_version``."""
    by = bump(report.changes)
    data: dict[str, Any] = {
        "old": report.old.label,
        "new": report.new.label,
        "bump": by,
        "version": report.version or None,
        "next_version": next_version(report.version, by) if report.version else None,
        "counts": report.counts,
        "changes": [_change(report, change) for change in report.changes],
    }
    if report.looked_at is not None:
        data["files_searched"] = report.looked_at
        data["uses"] = [
            {
                **use.place._asdict(),
                "what": use.what,
                "certain": use.certain,
                "line": use.place.line,
            }
            | {"change": use.change.line, "rule": use.change.rule}
            for use in report.uses
        ]
        data["unread"] = [each._asdict() for each in report.unread]
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def to_annotations(report: Report) -> str:
    """Workflow commands that GitHub shows beside the lines of a pull request."""
    found: list[Finding] = []
    for change in report.changes:
        at = report.place(change) or Location(report.new.shown or report.new.label)
        found.append(finding(change.rule, _AS_FINDING[change.level], at, change.line))
    for use in report.uses:
        found.append(finding("affected", "error", use.place, use.what, use.change.line))
    return to_github(found)


def _change(report: Report, change: Change) -> dict[str, Any]:
    place = report.place(change)
    return {
        "level": change.level,
        "rule": change.rule,
        "kind": change.kind,
        "key": change.key,
        "text": change.line,
        "place": place._asdict() if place else None,
    }


RENDERERS = {
    "text": to_text,
    "markdown": to_markdown,
    "json": to_json,
    "github": to_annotations,
}
