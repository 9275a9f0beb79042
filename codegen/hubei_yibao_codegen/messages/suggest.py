"""Oddities as proposed edits: an overlay (``overlay.py``) that a maintainer reviews.

Only what the messages show is proposed. A length or precision that no message exceeds stays
unknown; a new code has no label, because no message tells it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..importing.yaml_edit import key_lines
from ..lint.context import nodes_of
from ..lint.privacy import looks_personal
from ..spec.load import Spec
from ..spec.model import Field, Interface, Node
from .observe import Observed, Spot, Tally
from .reading import Side

#: Label of a code that only messages know.
UNKNOWN_LABEL = "名称未知"
_TYPES = {
    frozenset({"integer"}): "integer",
    frozenset({"number"}): "decimal",
    frozenset({"integer", "number"}): "decimal",
    frozenset({"boolean"}): "boolean",
    frozenset({"date"}): "date",
    frozenset({"datetime"}): "datetime",
    frozenset({"object"}): "object",
}
_TEXTS = {"text", "numeric", "date", "datetime"}


def suggest(spec: Spec, observed: Observed) -> dict[str, str]:
    """Overlay files, path → YAML; empty where nothing is to be proposed."""
    builder = _Builder(spec, observed)
    for spot, what, tally in observed.rows():
        builder.take(spot, what, tally)
    files = {f"interfaces/{key}.yaml": data for key, data in builder.interfaces.items()}
    files |= {f"dictionaries/{key}.yaml": data for key, data in builder.dictionaries.items()}
    return {path: _yaml(data) for path, data in sorted(files.items())}


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write the overlay; existing files of the same names are replaced."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def _yaml(data: Mapping[str, Any]) -> str:
    lines = ["# 据实际报文提出，须逐项核对"]
    for key, value in data.items():
        lines += key_lines(key, value, 0)
    return "\n".join(lines) + "\n"


class _Builder:
    def __init__(self, spec: Spec, observed: Observed) -> None:
        self.spec = spec
        self.observed = observed
        self.interfaces: dict[str, dict[str, Any]] = {}
        self.dictionaries: dict[str, dict[str, Any]] = {}

    def take(self, spot: Spot, what: str, tally: Tally) -> None:
        interface = self.spec.interfaces[spot.number]
        known = _known(interface, spot)
        received = (spot.side == "output") == (interface.direction == "request")
        if what == "unknown-node" and _usable(spot.node):
            self._node(spot)["repeated"] = self._repeated(tally)
        elif what == "unknown-field" and all(_usable(part) for part in spot.path):
            self._unknown(interface, spot, tally)
        elif what == "other-repetition" and not spot.path:
            always = tally.count == tally.of or not isinstance(known, Node)
            self._node(spot)["repeated"] = self._repeated(tally) if always else "unknown"
        elif what == "unknown-code" and isinstance(known, Field) and known.dictionary:
            self._codes(known.dictionary, tally)
        elif isinstance(known, Field):
            edit = _edit(known, what, tally, received)
            if edit:
                self._field(spot).update(edit)

    def _repeated(self, tally: Tally) -> bool | str:
        if len(tally.kinds) > 1:
            return "unknown"
        return "list" in tally.kinds

    def _side(self, number: str, side: Side) -> list[dict[str, Any]]:
        data = self.interfaces.setdefault(number, {"number": number})
        interface = self.spec.interfaces[number]
        if interface.fields is not None and "remove" not in data:
            data["remove"] = ["fields"]
            other = "output" if side == "input" else "input"
            data[other] = "unspecified"
        if isinstance(data.get(side), str):
            del data[side]
        found: list[dict[str, Any]] = data.setdefault(side, [])
        return found

    def _node(self, spot: Spot) -> dict[str, Any]:
        nodes = self._side(spot.number, spot.side)
        for node in nodes:
            if node.get("node") == spot.node:
                return node
        made: dict[str, Any] = {"node": spot.node} if spot.node else {}
        nodes.append(made)
        return made

    def _field(self, spot: Spot) -> dict[str, Any]:
        """The item of a field, inside those of the objects around it."""
        holder: dict[str, Any] = self._node(spot)
        for part in spot.path:
            fields: list[dict[str, Any]] = holder.setdefault("fields", [])
            found = next((each for each in fields if each["name"] == part), None)
            if found is None:
                found = dict[str, Any](name=part)
                fields.append(found)
            holder = found
        return holder

    def _unknown(self, interface: Interface, spot: Spot, tally: Tally) -> None:
        siblings = _siblings(interface, spot)
        name = spot.path[-1]
        twin = next((each for each in siblings if _folded(each.name) == _folded(name)), None)
        if twin is not None:
            target = Spot(spot.number, spot.side, spot.node, (*spot.path[:-1], twin.name))
            self._field(target)["aliases"] = [*twin.aliases, name]
            return
        item = self._field(spot)
        item.update(_guessed(tally))
        if looks_personal(Field.model_validate({"name": name})):
            item["sensitive"] = True
        item["provenance"] = _provenance(tally)

    def _codes(self, key: str, tally: Tally) -> None:
        if not tally.codes:
            return
        data = self.dictionaries.setdefault(key, {"key": key, "codes": []})
        there = {each["code"] for each in data["codes"]}
        for code, count in sorted(tally.codes.items()):
            if code not in there:
                note = f"仅见于报文，{count} 次"
                provenance = {"source": "field-practice", "note": note}
                data["codes"].append(
                    {"code": code, "label": UNKNOWN_LABEL, "provenance": provenance}
                )


def _provenance(tally: Tally) -> dict[str, Any]:
    longest = f"，最长 {tally.longest}" if tally.longest else ""
    return {"source": "field-practice", "note": f"{tally.of} 行报文中见 {tally.count} 次{longest}"}


def _guessed(tally: Tally) -> dict[str, Any]:
    """Type and repetition as far as all values agree."""
    kinds = frozenset(tally.kinds - {"empty"})
    made: dict[str, Any] = {}
    if "list" in kinds:
        made["repeated"] = True
        kinds = frozenset(kinds - {"list"}) or frozenset({"object"})
    if kinds in _TYPES:
        made["type"] = _TYPES[kinds]
    elif kinds and kinds <= _TEXTS:
        made["type"] = "string"
    return made


def _edit(known: Field, what: str, tally: Tally, received: bool) -> dict[str, Any]:
    """Keys to change of a field the spec has."""
    if what in ("missing-field", "empty-field") and received:
        return {"required": False}
    if what == "too-long":
        return {"length": tally.longest}
    if what == "too-precise" and known.precision:
        before, places = known.precision[0] - known.precision[1], known.precision[1]
        before, places = max(before, tally.digits[0]), max(places, tally.digits[1])
        return {"precision": [before + places, places]}
    if what == "other-repetition" and tally.count == tally.of:
        return {"repeated": not known.repeated}
    if what == "other-type" and tally.count == tally.of:
        guessed = _guessed(tally).get("type")
        number_as_text = known.type in ("integer", "decimal") and tally.kinds == {"numeric"}
        if guessed and guessed != known.type and not number_as_text and guessed != "object":
            return {"type": guessed}
    return {}


def _known(interface: Interface, spot: Spot) -> Node | Field | None:
    if not spot.path:
        nodes = nodes_of(interface, spot.side)
        return next((node for node in nodes if node.node == spot.node), None)
    parent = Spot(spot.number, spot.side, spot.node, spot.path[:-1])
    fields = _siblings(interface, Spot(spot.number, spot.side, spot.node, (*parent.path, "")))
    return next((each for each in fields if each.name == spot.path[-1]), None)


def _siblings(interface: Interface, spot: Spot) -> tuple[Field, ...]:
    """The fields the spec has beside the one at ``spot``."""
    nodes = [node for node in nodes_of(interface, spot.side) if node.node == spot.node]
    fields = tuple(each for node in nodes for each in node.fields)
    for part in spot.path[:-1]:
        inner = next((each.fields for each in fields if each.name == part), None)
        fields = inner or ()
    return fields


def _folded(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _usable(name: str | None) -> bool:
    return name is None or not name.startswith("(")
