"""Input of a call → JSON, strictly: everything that is wrong is found before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import RequestInvalid, YibaoError
from ..interface import Field, Interface, Node, Registry
from . import jsontext, rules
from .columns import column
from .faults import Faults, Order, Place, holders
from .plain import find, members, plain
from .quick import Quick

PSN_NO = "psn_no"  #: with it in the input the envelope must carry insuplc_admdvs
_PSN_NO = PSN_NO.encode()
_KEPT_LAYOUTS = 64
_ADVICE = "correct the input and call again; nothing was sent"

Codes = Callable[[str], Mapping[str, str] | None]
Where = Callable[[int], tuple[Order, Place]]


@dataclass(frozen=True, slots=True)
class EncodedInput:
    """A checked input, ready to go under ``input`` of the message."""

    number: str
    json: bytes = field(repr=False)  #: UTF-8, keys in the spec's order, exact numbers
    psn_no: str | None = field(default=None, repr=False)  #: None where the input names no person

    @property
    def values(self) -> Mapping[str, Any]:
        """What ``json`` says, parsed anew: wire names, numbers as int or Decimal."""
        read: dict[str, Any] = jsontext.parse(self.json).value
        return read


def encode_input(registry: Registry, number: str, input: Any) -> EncodedInput:
    """Check ``input`` (mapping, model or a mix) against the interface and write it as JSON.

    Raises RequestInvalid with all faults, YibaoError for an unknown interface number.
    """
    interface = known_interface(registry, number)
    faults, root = Faults(), Place("input")
    nodes = interface.input
    given = {} if input is None else members(input)
    if given is None:
        faults.add((), root, "type", f"must be a mapping or model, not {type(input).__name__}")
    else:
        plan = None
        if nodes is not None:
            plan = _PLANS.get(interface)
            if plan is None:
                plan = _PLANS[interface] = _Plan(nodes, registry.checked_codes)
        json = _write(plan, given, root, faults)
        if not faults:
            return EncodedInput(number, json, _person(given, json))
    raise RequestInvalid(faults.listed(), infno=number, name=interface.name, advice=_ADVICE)


def encode_output(registry: Registry, number: str, output: Any) -> bytes:
    """What we answer a callback with, checked against the interface's output and written as JSON.

    Raises RequestInvalid with all faults, YibaoError for an unknown interface number.
    """
    interface = known_interface(registry, number)
    faults, root = Faults(), Place("output")
    nodes = interface.output
    given = {} if output is None else members(output)
    if given is None:
        faults.add((), root, "type", f"must be a mapping or model, not {type(output).__name__}")
    else:
        plan = None if nodes is None else _Plan(nodes, registry.checked_codes)
        json = _write(plan, given, root, faults)
        if not faults:
            return json
    raise RequestInvalid(
        faults.listed(), infno=number, name=interface.name, advice="correct the answer's output"
    )


def _write(plan: _Plan | None, given: dict[Any, Any], root: Place, faults: Faults) -> bytes:
    """The input as JSON; with faults the bytes mean nothing."""
    if plan is not None:
        try:
            return jsontext.encode(plan.wire(given, root, faults, quick=True))
        except (TypeError, UnicodeEncodeError):
            if faults:
                return b""
    values: Any = (
        plain(given, root, (), faults)
        if plan is None
        else plan.wire(given, root, faults, quick=False)
    )
    return b"" if faults else jsontext.encode(_plain_texts(values))


def _person(given: dict[Any, Any], json: bytes) -> str | None:
    if _PSN_NO not in json:
        return None
    person = find(given, PSN_NO) or find(jsontext.parse(json).value, PSN_NO)
    return str(person) if person else None


def _plain_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain_texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain_texts(item) for item in value]
    return str(value) if isinstance(value, str) else value


def known_interface(registry: Registry, number: str) -> Interface:
    """``registry[number]``; YibaoError instead of KeyError."""
    try:
        return registry[number]
    except KeyError:
        pass
    near = [other for other in registry if other.lower() == str(number).lower()]
    advice = f"did you mean {near[0]}?" if near else "see INTERFACES for the numbers there are"
    raise YibaoError(f"there is no interface {str(number)[:16]!r}", advice=advice)


class _Plan:
    """The checks of one interface's input, compiled from its table."""

    def __init__(self, nodes: Sequence[Node], codes: Codes) -> None:
        self._nodes = nodes
        self._direct = _Shape([f for n in nodes if n.name is None for f in n.fields], codes)
        self._shapes = [_Shape(node.fields, codes) for node in nodes]
        self._index: dict[str, int] = {}
        for position, node in enumerate(nodes):
            if node.name is not None:
                for name in (node.name, node.attribute or node.name, *node.aliases):
                    self._index.setdefault(name, position)

    def wire(
        self, given: dict[Any, Any], root: Place, faults: Faults, *, quick: bool
    ) -> dict[str, Any]:
        """The input by wire names; with ``quick`` rows may be structs instead of dicts."""
        held: dict[int, Any] = {}
        direct: dict[str, Any] = {}
        for place, (key, value) in enumerate(given.items()):
            position = self._index.get(key)
            if position is not None:
                if position in held:
                    faults.add((position,), root.inside(key), "value", "is given twice")
                held[position] = value
            elif key in self._direct.index:
                direct[key] = value
            else:
                known: list[Field | Node] = [
                    *self._direct.fields,
                    *(n for n in self._nodes if n.name),
                ]
                hint = holders(str(key), self._nodes)
                faults.unknown((len(self._nodes), place), root, str(key), known, hint)
        made: dict[str, Any] = {}
        if self._direct.fields:
            made.update(self._direct.wire([direct], root, (-1,), faults)[0])
        for position, node in enumerate(self._nodes):
            if node.name is not None:
                given_node = held.get(position)
                value = self._quickly(position, node, given_node) if quick else None
                if value is None:
                    value = self._node(position, node, given_node, root, faults)
                if value is not None:
                    made[node.name] = value
        return made

    def _quickly(self, position: int, node: Node, value: Any) -> Any:
        take = self._shapes[position].quick.take
        if type(value) is dict:
            ready = None if node.repeated else take([value])
            return None if ready is None else ready[0]
        if type(value) is list and value and node.repeated is not False:
            return take(value)
        return None

    def _node(self, position: int, node: Node, value: Any, root: Place, faults: Faults) -> Any:
        place, shape, order = root.inside(node.name or ""), self._shapes[position], (position,)
        needed = shape.required and (not node.repeated or len(self._nodes) == 1)
        if value is None:
            if needed:
                faults.add(order, place, "missing", "the node is required", node.label)
            return None
        if node.repeated or (node.repeated is None and isinstance(value, list | tuple)):
            if needed and isinstance(value, list | tuple) and not value:
                faults.add(order, place, "rows", "needs at least one row", node.label)
            return shape.wire_list(value, place, order, faults, node.label)
        return shape.wire_object(value, place, order, faults, node.label)


class _Layout:
    """Which field each key of a row means; the same for all rows with the same keys."""

    def __init__(self, shape: _Shape, keys: tuple[Any, ...]) -> None:
        self.unknown = [key for key in keys if key not in shape.index]
        self.twice: list[int] = []
        at: dict[int, int] = {}  # field position -> column of the given row
        for place, key in enumerate(keys):
            position = shape.index.get(key)
            if position is not None:
                if position in at:
                    self.twice.append(position)
                at[position] = place
        self.columns = sorted(at.items())
        self.missing = [p for p in shape.required if p not in at]
        self.names = tuple(shape.fields[position].name for position, _ in self.columns)
        self.as_given = self.names == keys


class _Shape:
    """The fields of a node or object."""

    def __init__(self, fields: Sequence[Field], codes: Codes) -> None:
        self.fields = fields
        self.required = [p for p, f in enumerate(fields) if f.required]
        self.index: dict[str, int] = {}
        for position, item in enumerate(fields):
            for name in (item.name, item.python_name, *item.aliases):
                self.index.setdefault(name, position)
        self._columns = [column(item, codes) for item in fields]
        self.quick = Quick(fields, self._columns)
        self._inner = [_Shape(item.fields, codes) if item.fields else None for item in fields]
        self._layouts: dict[tuple[Any, ...], _Layout] = {}

    def wire_object(
        self, value: Any, place: Place, order: Order, faults: Faults, label: str
    ) -> Any:
        row = members(value)
        if row is None:
            what = "a list of rows" if isinstance(value, list | tuple) else type(value).__name__
            faults.add(order, place, "rows", f"takes one object, not {what}", label)
            return None
        return self.wire([row], place, order, faults)[0]

    def wire_list(self, value: Any, place: Place, order: Order, faults: Faults, label: str) -> Any:
        if not isinstance(value, list | tuple):
            what = "one object" if members(value) is not None else type(value).__name__
            faults.add(order, place, "rows", f"takes a list of rows, not {what}", label)
            return None
        rows: list[dict[Any, Any]] = []
        numbers: list[int] = []
        for number, given in enumerate(value):
            row = members(given)
            if row is None:
                what = f"must be a mapping or model, not {type(given).__name__}"
                faults.add((*order, number), place.at_row(number), "type", what)
            else:
                rows.append(row)
                numbers.append(number)
        return self.wire(rows, place, order, faults, numbers)

    def wire(
        self, rows: list[dict[Any, Any]], place: Place, order: Order, faults: Faults,
        numbers: Sequence[int] | None = None,
    ) -> list[Any]:  # fmt: skip
        """``numbers`` are the rows' places in the caller's list; None for a single object."""
        if not rows:
            return []

        def where(index: int) -> tuple[Order, Place]:
            if numbers is None:
                return order, place
            return (*order, numbers[index]), place.at_row(numbers[index])

        keys = list(map(tuple, rows))
        if keys.count(keys[0]) == len(keys):
            return self._uniform(keys[0], rows, where, faults)
        made: list[Any] = [None] * len(rows)
        groups: dict[tuple[Any, ...], list[int]] = {}
        for index, given in enumerate(keys):
            groups.setdefault(given, []).append(index)
        for given, members_of in groups.items():
            some = [rows[index] for index in members_of]
            ready = self._uniform(given, some, _picked(where, members_of), faults)
            for index, wired in zip(members_of, ready, strict=True):
                made[index] = wired
        return made

    def _uniform(
        self, keys: tuple[Any, ...], rows: list[dict[Any, Any]], where: Where, faults: Faults
    ) -> list[Any]:
        layout = self._layouts.get(keys)
        if layout is None:
            layout = _Layout(self, keys)
            if len(self._layouts) < _KEPT_LAYOUTS:
                self._layouts[keys] = layout
        if layout.unknown or layout.missing or layout.twice:
            self._misfits(layout, len(rows), where, faults)
        given = list(zip(*map(dict.values, rows), strict=True))
        untouched, ready = layout.as_given, []
        for position, at in layout.columns:
            values = given[at]
            wired = self._column(position, values, where, faults)
            untouched = untouched and wired is values
            ready.append(wired)
        if untouched:
            return rows
        names = layout.names
        return [dict(zip(names, row, strict=True)) for row in zip(*ready, strict=True)] or [
            {} for _ in rows
        ]

    def _misfits(
        self, layout: _Layout, count: int, where: Where,
        faults: Faults,
    ) -> None:  # fmt: skip
        for index in range(count):
            order, place = where(index)
            for position in layout.missing:
                faults.field((*order, position), place, self.fields[position], "missing",
                             "is required and not given")  # fmt: skip
            for position in layout.twice:
                faults.field((*order, position), place, self.fields[position], "value",
                             "is given twice, under two names")  # fmt: skip
            for place_of, key in enumerate(layout.unknown):
                faults.unknown((*order, len(self.fields), place_of), place, str(key), self.fields)

    def _column(
        self, position: int, values: Sequence[Any],
        where: Where, faults: Faults,
    ) -> Sequence[Any]:  # fmt: skip
        item, checks = self.fields[position], self._columns[position]
        if checks is not None and not item.repeated:
            ready = checks.fast(values)
            if ready is not None:
                return ready
            if not item.required and None in values:
                some = [value for value in values if value is not None]
                ready = checks.fast(some) if some else some
                if ready is not None:
                    waiting = iter(ready)
                    return [checks.empty if v is None else next(waiting) for v in values]
        return [
            self._value(position, value, *where(index), faults)
            for index, value in enumerate(values)
        ]

    def _value(self, position: int, value: Any, order: Order, place: Place, faults: Faults) -> Any:
        item, checks, inner = self.fields[position], self._columns[position], self._inner[position]
        order, path = (*order, position), f"{place.path}.{item.name}"
        here = Place(path, place.node, place.row)
        if item.required and (value is None or value == []):
            faults.field(order, place, item, "missing", "is required and must not be empty")
            return None
        if item.repeated and value is not None:
            if inner is not None:
                return inner.wire_list(value, here, order, faults, item.label)
            if not isinstance(value, list | tuple):
                what = f"takes a list, not {type(value).__name__}"
                faults.field(order, place, item, "rows", what)
                return None
            return [
                self._single(position, part, (*order, row), place, faults, f"{path}[{row}]")
                for row, part in enumerate(value)
            ]
        if inner is not None:
            return (
                "" if value is None else inner.wire_object(value, here, order, faults, item.label)
            )
        if checks is None:
            return plain(value, here, order, faults)
        return self._single(position, value, order, place, faults, path)

    def _single(
        self, position: int, value: Any, order: Order, place: Place, faults: Faults, path: str
    ) -> Any:
        item, checks = self.fields[position], self._columns[position]
        if checks is None:
            return plain(value, Place(path, place.node, place.row), order, faults)
        try:
            return checks.one(value)
        except rules.Refused as refused:
            faults.field(order, place, item, refused.rule, refused.message, path)
            return None


def _picked(where: Where, chosen: Sequence[int]) -> Where:
    return lambda index: where(chosen[index])


_PLANS: dict[Interface, _Plan] = {}
