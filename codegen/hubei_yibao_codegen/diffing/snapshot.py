"""A spec in one compact file: what a vendored copy keeps to be compared with later editions."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from ..spec.load import Spec
from ..spec.model import Dictionary, Interface, Platform

#: Name of the file in a vendored copy.
SNAPSHOT = "spec.snapshot.json"


def dump_snapshot(spec: Spec) -> str:
    """JSON with a line per interface and code table, the same for the same spec."""
    rows: list[tuple[str, str, Interface | Dictionary | Platform | None]] = [
        ("platform", "platform", spec.platform),
        *(("interface", key, spec.interfaces[key]) for key in sorted(spec.interfaces)),
        *(("dictionary", key, spec.dictionaries[key]) for key in sorted(spec.dictionaries)),
    ]
    lines = [
        json.dumps(
            [kind, key, model.model_dump(mode="json", exclude_unset=True)],
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for kind, key, model in rows
        if model is not None
    ]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def read_snapshot(path: Path) -> Spec:
    """The spec in a file; ValueError if it is none."""
    platform: Platform | None = None
    interfaces: dict[str, Interface] = {}
    dictionaries: dict[str, Dictionary] = {}
    for kind, key, data in json.loads(path.read_text(encoding="utf-8")):
        if kind == "interface":
            interfaces[key] = Interface.model_validate(data)
        elif kind == "dictionary":
            dictionaries[key] = Dictionary.model_validate(data)
        else:
            platform = Platform.model_validate(data)
    return Spec(platform, interfaces, dictionaries)


def subset(spec: Spec, numbers: Collection[str], tables: Collection[str]) -> Spec:
    """The part of a spec that a copy with these interfaces and code tables holds."""
    return Spec(
        spec.platform,
        {key: each for key, each in spec.interfaces.items() if key in numbers},
        {key: each for key, each in spec.dictionaries.items() if key in tables},
    )
