"""A plan as text or JSON for the maintainer who reviews it."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from .document import Remark, visible
from .plan import Item, Plan

_TITLES = {
    "unread": "Could not be read, left out",
    "repaired": "Read by a rule that mends the document",
    "note": "To know",
}


def to_text(plan: Plan, applied: bool) -> str:
    """Differences by interface, then what could not be read, then a summary."""
    reading = plan.reading
    edition = f" {reading.edition}" if reading.edition else ", no edition stated"
    lines = [f"{visible(reading.title)}{edition} ({reading.document})", ""]
    for item in plan.items:
        lines += _item(item)
    for kind, title in _TITLES.items():
        remarks = [remark for remark in plan.remarks if remark.kind == kind]
        if remarks:
            lines += [f"{title}:", *(f"  {remark}" for remark in remarks), ""]
    return "\n".join([*lines, _summary(plan, applied)]) + "\n"


def _item(item: Item) -> list[str]:
    if item.status == "same" and not item.changes:
        return []
    head = f"{item.key} {visible(item.name)}: {item.status}"
    if item.status == "gone":
        return [f"{head}: no longer in the listing; see `close` and `deprecate`", ""]
    lines = [head, *(f"  ! {reason}" for reason in item.held)]
    return [*lines, *(f"  {change}" for change in item.changes), ""]


def counts(plan: Plan) -> dict[str, int]:
    """Interfaces and dictionaries by what becomes of them."""
    found = Counter(item.status for item in plan.items)
    return {status: found[status] for status in ("new", "changed", "same", "held", "gone")}


def _summary(plan: Plan, applied: bool) -> str:
    numbers = ", ".join(f"{count} {status}" for status, count in counts(plan).items())
    rows = len(plan.reading.listing)
    read = f"{rows} listing rows, {sum(len(s.tables) for s in plan.reading.sections)} field tables"
    read += f", {len(plan.reading.code_tables)} code tables read, {len(plan.reading.unread)} unread"
    if applied:
        done = f"{len(plan.edits)} files written"
    elif plan.edits:
        done = f"dry run: {len(plan.edits)} files would be written with --apply"
    else:
        done = "nothing to write"
    return f"{read}\n{numbers}; {done}"


def to_json(plan: Plan, applied: bool) -> str:
    """The same as an object with ``items``, ``remarks``, ``counts`` and ``applied``."""
    items = [
        {
            "kind": item.kind,
            "key": item.key,
            "name": item.name,
            "status": item.status,
            "held": item.held,
            "changes": [change._asdict() for change in item.changes],
        }
        for item in plan.items
    ]
    report = {
        "document": plan.reading.document,
        "title": plan.reading.title,
        "edition": plan.reading.edition,
        "applied": applied,
        "counts": counts(plan),
        "items": items,
        "remarks": [_remark(remark) for remark in plan.remarks],
    }
    return json.dumps(report, ensure_ascii=False, indent=2) + "\n"


def _remark(remark: Remark) -> dict[str, Any]:
    return {
        "kind": remark.kind,
        "place": remark.place._asdict(),
        "reason": remark.reason,
        "text": remark.text,
    }


RENDERERS = {"text": to_text, "json": to_json}
