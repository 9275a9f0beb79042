"""``generated.lock.json``: what the package was made from."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping

from ..spec.model import Dictionary
from ..version import VERSION
from .output import Summary


def emit_lock(
    parts: list[Summary],
    dictionaries: Mapping[str, Dictionary],
    hashes: Mapping[tuple[str, str], str],
) -> str:
    """Spec hash, generator version and counts; no time, no machine."""
    rows = "".join(f"{kind} {key} {value}\n" for (kind, key), value in sorted(hashes.items()))
    lock = {
        "generator": VERSION,
        "spec_sha256": hashlib.sha256(rows.encode()).hexdigest(),
        "counts": {
            "interfaces": len(parts),
            "specified": sum(part.specified for part in parts),
            "models": sum(part.models for part in parts),
            "fields": sum(part.fields for part in parts),
            "dictionaries": len(dictionaries),
            "codes": sum(len(each.codes) for each in dictionaries.values()),
            "by_institution": _tally(part.institution for part in parts),
            "by_open": _tally({True: "yes", False: "no", None: "unknown"}[p.open] for p in parts),
            "by_call_mode": _tally(part.call_mode for part in parts),
            "by_provenance": _tally(part.provenance for part in parts),
        },
    }
    return json.dumps(lock, ensure_ascii=False, indent=2) + "\n"


def _tally(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))
