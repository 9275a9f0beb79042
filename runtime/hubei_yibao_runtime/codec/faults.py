"""Where a request is wrong: building ``Fault`` entries with labels and suggestions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from ..errors import Fault
from ..interface import Field, Node

Order = tuple[int, ...]


class Place(NamedTuple):
    """Where in the request: a node, perhaps a row of it, perhaps an object inside."""

    path: str
    node: str = ""
    row: int | None = None

    def at_row(self, row: int) -> Place:
        return Place(f"{self.path}[{row}]", self.node, row if self.row is None else self.row)

    def inside(self, name: str) -> Place:
        return Place(f"{self.path}.{name}", self.node or name, self.row)


class Faults:
    """All faults of a request, listed in the order of the request's rows and the spec's fields."""

    def __init__(self) -> None:
        self._found: list[tuple[Order, Fault]] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, order: Order, place: Place, rule: str, message: str, label: str = "") -> None:
        """A fault of the place itself: a node, a row or the whole input."""
        fault = Fault(place.path, label, rule, message, node=place.node, row=place.row)
        self._found.append((order, fault))

    def field(
        self, order: Order, place: Place, field: Field, rule: str, message: str, path: str = ""
    ) -> None:
        path = path or f"{place.path}.{field.name}"
        fault = Fault(path, field.label, rule, message, place.node, place.row, field.name)
        self._found.append((order, fault))

    def unknown(
        self, order: Order, place: Place, key: str, known: Sequence[Field | Node], where: str = ""
    ) -> None:
        message = f"is no field here{_suggestion(key, known)}{where}"
        fault = Fault(
            f"{place.path}.{key}", "", "unknown_field", message, place.node, place.row, key
        )
        self._found.append((order, fault))

    def listed(self) -> list[Fault]:
        return [fault for _, fault in sorted(self._found, key=lambda entry: entry[0])]


def _suggestion(key: str, known: Sequence[Field | Node]) -> str:
    named = {part.name: part.label for part in known if part.name}
    near = [name for name, label in named.items() if label and label == key]
    near = near or get_close_matches(key, named, n=1, cutoff=0.6)
    if near:
        return f"; did you mean {near[0]} {named[near[0]]}".rstrip() + "?"
    if len(named) <= 8:
        return f"; allowed: {', '.join(named)}" if named else "; nothing is allowed"
    return ""


def holders(key: str, nodes: Iterable[Node]) -> str:
    """A hint which nodes hold a field that was given outside of them."""
    names = [node.name for node in nodes if node.name and any(f.name == key for f in node.fields)]
    return f"; {key} stands in node {' and '.join(names)}" if names else ""
