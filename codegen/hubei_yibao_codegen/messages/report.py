"""What was observed, for a maintainer: text or JSON, sums only."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..spec.load import Spec
from .observe import Observed, Spot, Tally
from .reading import Reading

_SIDES = {"input": "request", "output": "response"}
_SHOWN = 3  #: shapes and codes per line


def to_text(spec: Spec, observed: Observed, readings: Sequence[Reading]) -> str:
    """A line per oddity, by interface and side, then what was read."""
    lines: list[str] = []
    head: tuple[str, str] | None = None
    for spot, what, tally in observed.rows():
        if head != (spot.number, spot.side):
            head = (spot.number, spot.side)
            count = observed.messages[spot.number, spot.side]
            name = spec.interfaces[spot.number].name
            lines += ["", f"{spot.number} {name}, {count} {_SIDES[spot.side]}s"]
        file, line = tally.first
        lines.append(f"  {what} {spot}: {_often(tally)}{_looks(tally)} (first {file}:{line})")
    if lines:
        lines.append("")
    for reading in readings:
        if reading.broken:
            shown = ", ".join(str(line) for line in reading.broken[:5])
            more = ", …" if len(reading.broken) > 5 else ""
            lines.append(f"{reading.file}: no JSON in lines {shown}{more}")
    return "\n".join([*lines, _summary(observed, readings)]).lstrip("\n") + "\n"


def _often(tally: Tally) -> str:
    return f"{tally.count} of {tally.of}" if tally.of >= tally.count else f"{tally.count} times"


def _looks(tally: Tally) -> str:
    parts: list[str] = []
    if tally.codes:
        parts.append(f"codes {_most(tally.codes)}")
    if tally.shapes:
        parts.append(_most(tally.shapes))
    return f": {'; '.join(parts)}" if parts else ""


def _most(found: Counter[str]) -> str:
    shown = [f"{name} ×{count}" for name, count in found.most_common(_SHOWN)]
    more = len(found) - _SHOWN
    return ", ".join(shown) + (f", {more} more" if more > 0 else "")


def _summary(observed: Observed, readings: Sequence[Reading]) -> str:
    read = sum(len(reading.messages) for reading in readings)
    parts = [f"{read} messages", f"{len(observed.odd)} oddities"]
    if observed.rejected:
        parts.append(f"{observed.rejected.total()} rejected calls not looked into")
    if observed.unnumbered:
        parts.append(f"{observed.unnumbered} without a number: give it as first argument")
    for number, count in sorted(observed.foreign.items()):
        parts.append(f"{count} of {number}, which the spec does not have")
    other = sum(reading.other for reading in readings)
    if other:
        parts.append(f"{other} JSON objects that are no messages")
    return "; ".join(parts)


def to_json(spec: Spec, observed: Observed, readings: Sequence[Reading]) -> str:
    """The same as an object; values never appear in it either."""
    data = {
        "messages": [
            {"number": number, "side": _SIDES[side], "count": count}
            for (number, side), count in sorted(observed.messages.items())
        ],
        "oddities": [_row(spot, what, tally) for spot, what, tally in observed.rows()],
        "rejected": dict(sorted(observed.rejected.items())),
        "unknown_numbers": dict(sorted(observed.foreign.items())),
        "without_number": observed.unnumbered,
        "unreadable": {r.file: r.broken for r in readings if r.broken},
    }
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def _row(spot: Spot, what: str, tally: Tally) -> dict[str, Any]:
    return {
        "number": spot.number,
        "side": _SIDES[spot.side],
        "what": what,
        "at": str(spot),
        "count": tally.count,
        "of": tally.of,
        "codes": dict(tally.codes.most_common()),
        "shapes": dict(tally.shapes.most_common()),
        "first": {"file": tally.first[0], "line": tally.first[1]},
    }


RENDERERS = {"text": to_text, "json": to_json}
