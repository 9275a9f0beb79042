"""Messages walked along the spec's field tables; everything that does not fit is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..lint.context import nodes_of
from ..spec.load import Spec
from ..spec.model import Field, Interface, Node
from .reading import Message, Side
from .shapes import Shape, fits, flavour, kind, shape, shown_code, shown_key, size, too_large

#: What can be odd, in the order of reports.
ODDITIES = (
    "unpublished",
    "unknown-node",
    "unknown-field",
    "missing-node",
    "missing-field",
    "empty-field",
    "other-type",
    "other-repetition",
    "too-long",
    "too-precise",
    "unknown-code",
)


@dataclass(frozen=True, order=True)
class Spot:
    """A place in the messages of an interface; ``path`` below the node."""

    number: str
    side: Side
    node: str | None
    path: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [self.node, *self.path] if self.node else list(self.path)
        return ".".join(part for part in parts if part) or "(message)"


@dataclass
class Tally:
    """How often something was seen at a spot, and what it looked like."""

    count: int = 0
    of: int = 0  #: rows or values that could have had it
    shapes: Counter[Shape] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    kinds: set[str] = field(default_factory=set)  #: see ``shapes.flavour``
    longest: int = 0
    digits: tuple[int, int] = (0, 0)  #: before and behind the point
    first: tuple[str, int] = ("", 0)  #: file and line


@dataclass
class Observed:
    """Sums over all messages."""

    odd: dict[tuple[Spot, str], Tally] = field(default_factory=dict)
    messages: Counter[tuple[str, Side]] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    unnumbered: int = 0
    foreign: Counter[str] = field(default_factory=Counter)  #: numbers the spec does not have
    values: Counter[Spot] = field(default_factory=Counter)  #: values at a spot, empty ones not
    rows_at: Counter[Spot] = field(default_factory=Counter)  #: rows (of a node or object) there

    def rows(self) -> list[tuple[Spot, str, Tally]]:
        """Everything odd, sorted."""
        found = [(spot, what, tally) for (spot, what), tally in self.odd.items()]
        return sorted(
            found, key=lambda r: (r[0].number, r[0].side, ODDITIES.index(r[1]), str(r[0]))
        )


def observe(spec: Spec, messages: Iterable[tuple[str, Message]]) -> Observed:
    """Walk all messages, given with the file they come from."""
    walker = _Walker(spec)
    for file, message in messages:
        walker.take(file, message)
    for (spot, what), tally in walker.observed.odd.items():
        tally.of = _possible(walker.observed, spot, what)
    return walker.observed


def _possible(observed: Observed, spot: Spot, what: str) -> int:
    """How many values, rows or messages could have had an oddity."""
    if what in ("other-type", "too-long", "too-precise", "unknown-code", "other-repetition"):
        return observed.values[spot]
    if not spot.path:
        return observed.rows_at[Spot(spot.number, spot.side, None)]
    return observed.rows_at[Spot(spot.number, spot.side, spot.node, spot.path[:-1])]


class _Walker:
    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.observed = Observed()
        self.place = ("", 0)
        self.codes = {
            key: frozenset(code.code for code in table.codes)
            for key, table in spec.dictionaries.items()
        }

    def take(self, file: str, message: Message) -> None:
        self.place = (file, message.line)
        if message.number is None:
            self.observed.unnumbered += 1
        elif message.rejected:
            self.observed.rejected[message.number] += 1
        elif message.number not in self.spec.interfaces:
            self.observed.foreign[message.number] += 1
        else:
            self.observed.messages[message.number, message.side] += 1
            self._message(self.spec.interfaces[message.number], message)

    def _message(self, interface: Interface, message: Message) -> None:
        spot = Spot(interface.number, message.side, None)
        self.observed.rows_at[spot] += 1
        nodes = nodes_of(interface, message.side)
        published = isinstance(
            interface.input if message.side == "input" else interface.output, tuple
        )
        if not published:
            self._odd(spot, "unpublished", None)
        if not isinstance(message.body, Mapping):
            if kind(message.body) != "empty":
                self._odd(spot, "other-type", message.body)
            return
        self._body(spot, nodes, message.body)

    def _body(self, spot: Spot, nodes: Sequence[Node], body: Mapping[str, Any]) -> None:
        named = _by_name([node for node in nodes if node.node is not None])
        fields = [each for node in nodes if node.node is None for each in node.fields]
        direct = _by_name(fields)
        for node in nodes:
            names = (node.node or "", *node.aliases)
            if node.node and _needed(node) and all(kind(body.get(n)) == "empty" for n in names):
                self._odd(Spot(spot.number, spot.side, node.node), "missing-node", None)
        row: dict[str, Any] = {}
        for key, value in body.items():
            if key in named:
                self._node(spot, named[key], value)
            elif key not in direct and kind(value) in ("object", "list"):
                self._unknown_node(spot, key, value)
            else:
                row[key] = value
        self._row(spot, fields, row)

    def _node(self, above: Spot, node: Node, value: Any) -> None:
        spot = Spot(above.number, above.side, node.node)
        if kind(value) == "empty":
            return
        self.observed.values[spot] += 1
        if node.repeated != "unknown" and node.repeated != isinstance(value, list):
            self._odd(spot, "other-repetition", value)
        for row in value if isinstance(value, list) else [value]:
            if isinstance(row, Mapping):
                self.observed.rows_at[spot] += 1
                self._row(spot, node.fields, row)
            else:
                self._odd(spot, "other-type", row)

    def _unknown_node(self, above: Spot, key: str, value: Any) -> None:
        spot = Spot(above.number, above.side, shown_key(key))
        self._odd(spot, "unknown-node", value)
        for row in value if isinstance(value, list) else [value]:
            if isinstance(row, Mapping):
                self.observed.rows_at[spot] += 1
                self._row(spot, (), row)

    def _row(self, spot: Spot, fields: Sequence[Field], row: Mapping[str, Any]) -> None:
        named = _by_name(fields)
        present: set[str] = set()
        for key, value in row.items():
            known = named.get(key)
            name = known.name if known else shown_key(key)
            here = Spot(spot.number, spot.side, spot.node, (*spot.path, name))
            if known is None:
                self._unknown(here, value)
                continue
            present.add(name)
            self._value(here, known, value)
        for each in fields:
            if each.required is True and each.name not in present:
                here = Spot(spot.number, spot.side, spot.node, (*spot.path, each.name))
                self._odd(here, "missing-field", None)

    def _unknown(self, spot: Spot, value: Any) -> None:
        self._odd(spot, "unknown-field", value)
        for row in value if isinstance(value, list) else [value]:
            if isinstance(row, Mapping):
                self.observed.rows_at[spot] += 1
                self._row(spot, (), row)

    def _value(self, spot: Spot, known: Field, value: Any) -> None:
        if kind(value) == "empty":
            if known.required is True:
                self._odd(spot, "empty-field", value)
            return
        self.observed.values[spot] += 1
        if isinstance(value, list) and known.type != "bytes":
            if not known.repeated:
                self._odd(spot, "other-repetition", value)
            for item in value:
                self._single(spot, known, item)
        else:
            if known.repeated:
                self._odd(spot, "other-repetition", value)
            self._single(spot, known, value)

    def _single(self, spot: Spot, known: Field, value: Any) -> None:
        if not fits(known, value):
            self._odd(spot, "other-type", value)
        elif isinstance(value, Mapping):
            self.observed.rows_at[spot] += 1
            self._row(spot, known.fields or (), value)
        elif large := too_large(known, value):
            self._odd(spot, large, value)
        codes = self.codes.get(known.dictionary) if known.dictionary else None
        if codes is not None and kind(value) in ("text", "integer") and str(value) not in codes:
            self._odd(spot, "unknown-code", value, "" if known.sensitive else shown_code(value))

    def _odd(self, spot: Spot, what: str, value: Any, code: str | None = None) -> None:
        tally = self.observed.odd.setdefault((spot, what), Tally(first=self.place))
        tally.count += 1
        if code:
            tally.codes[code] += 1
        if value is None or (what == "unknown-code" and code):
            return
        tally.shapes[shape(value)] += 1
        tally.kinds.add(flavour(value))
        found = kind(value)
        if found == "text":
            tally.longest = max(tally.longest, len(value))
        elif found in ("integer", "number"):
            digits, places = size(value)
            tally.digits = max(tally.digits[0], digits - places), max(tally.digits[1], places)


def _needed(node: Node) -> bool:
    """No source marks nodes as required; a single one is, if one of its fields is."""
    return node.repeated is False and any(each.required is True for each in node.fields)


def _by_name(items: Iterable[Any]) -> dict[str, Any]:
    """Fields or nodes by name and alias; names win."""
    items = list(items)
    found = {alias: each for each in items for alias in each.aliases}
    return found | {_name(each): each for each in items}


def _name(item: Field | Node) -> str:
    return (item.name if isinstance(item, Field) else item.node) or ""
