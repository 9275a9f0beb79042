"""A body → ``Result`` of an interface, or the error it stands for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..interface import Interface, Node, Registry
from ..model import ResponseModel, Result
from . import jsontext
from .answer import Answer, failure, read_answer
from .mend import Notes, Shape, model_of
from .request import known_interface


def decode(registry: Registry, number: str, body: bytes) -> Result:
    """Read an answer of interface ``number``, tolerantly.

    Raises Rejected, GatewayRefused, OutcomeUnknown (unreadable), or YibaoError for an unknown
    interface number; nothing else, whatever the bytes. An answer without infcode but with output
    gives a Result whose ``infcode`` is None.
    """
    interface = known_interface(registry, number)
    answer = read_answer(body)
    error = failure(answer, number, interface.name)
    if error is not None:
        raise error
    return build_result(interface, answer)


def build_result(interface: Interface, answer: Answer, msgid: str | None = None) -> Result:
    """The Result of an answer that ``failure`` finds no fault with."""
    plan = _PLANS.get(interface)
    if plan is None:
        plan = _PLANS[interface] = _Plan(interface)
    notes = Notes(list(answer.repairs))
    result = plan.read(_output(plan, answer, notes), notes)
    private = {
        "_raw": answer.raw,
        "_envelope": answer.envelope,
        "_repairs": tuple(notes.repairs),
        "_infcode": answer.infcode,
        "_msgid": msgid,
    }
    object.__setattr__(result, "__pydantic_private__", private)
    return result


class _Plan:
    """How the output of one interface is read, compiled from its table and model."""

    def __init__(self, interface: Interface) -> None:
        cls = interface.output_model
        nodes: Sequence[Node] = interface.output or ()
        self.expects_nothing = interface.output == ()
        self.known = interface.output is not None
        self.direct = [field for node in nodes if node.name is None for field in node.fields]
        self._direct = Shape(self.direct, cls)
        self.nodes = [node for node in nodes if node.name is not None]
        self._attributes = [node.python_name or "" for node in self.nodes]
        self._shapes = [
            Shape(node.fields, model_of(cls, attribute))
            for node, attribute in zip(self.nodes, self._attributes, strict=True)
        ]
        self._lists = [
            "list[" in str(cls.model_fields[attribute].annotation).lower()
            for attribute in self._attributes
        ]
        self._names = {name: (p, False) for p, n in enumerate(self.nodes) for name in n.aliases}
        self._names |= {node.name: (p, True) for p, node in enumerate(self.nodes) if node.name}

    def list_node(self) -> str | None:
        """The node a bare list of rows belongs to, if there can be only one."""
        lists = [
            node.name for node, repeated in zip(self.nodes, self._lists, strict=True) if repeated
        ]
        return lists[0] if len(lists) == 1 else None

    def has(self, key: str) -> bool:
        return key in self._names

    def read(self, output: dict[str, Any], notes: Notes) -> Result:
        found: dict[int, str] = {}
        rest: dict[str, Any] = {}
        for key, value in output.items():
            position, exact = self._names.get(key, (-1, False))
            if position < 0 or (not exact and self.nodes[position].name in output):
                rest[key] = value
            else:
                if not exact:
                    notes.add(f"output.{key}", "alias")
                found[position] = key
        result = self._direct.read([rest], ["output"], notes)[0] if rest else self._direct.empty()
        assert isinstance(result, Result)
        given = result.__pydantic_fields_set__.union(map(self._attributes.__getitem__, found))
        object.__setattr__(result, "__pydantic_fields_set__", given)
        fields = vars(result)
        for position, shape in enumerate(self._shapes):
            used = found.get(position)
            value, path = (None, "") if used is None else (output[used], f"output.{used}")
            made: list[ResponseModel] | ResponseModel
            if self._lists[position]:
                made = shape.read_list(value, path, notes)
            else:
                made = shape.read_object(value, path, notes) or shape.empty()
            fields[self._attributes[position]] = made
        return result


def _output(plan: _Plan, answer: Answer, notes: Notes) -> dict[str, Any]:
    """``output`` as an object, whatever it came as."""
    value = answer.output
    if isinstance(value, str) and value.strip():
        try:
            value, repairs = jsontext.parse(value.encode(errors="replace"), "output")
        except jsontext.Unreadable:
            notes.add("output", "output_unreadable")
            return {}
        notes.add("output", "output_text")
        notes.repairs += repairs
    if isinstance(value, dict):
        if not value and (plan.nodes or plan.direct):
            notes.add("output", "output_empty")
        return value
    if isinstance(value, list):
        used, all_read = _from_list(plan, value)
        notes.add("output", "output_list" if all_read else "output_rows")
        return used
    if value is None or value == "":
        if not plan.expects_nothing:
            missing = not isinstance(answer.raw, dict) or "output" not in answer.raw
            notes.add("output", "output_missing" if missing else
                      "output_null" if value is None else "output_empty")  # fmt: skip
        return {}
    notes.add("output", "output_unreadable")
    return {}


def _from_list(plan: _Plan, rows: list[Any]) -> tuple[dict[str, Any], bool]:
    """``output`` as an object, and whether every row of the list is in it."""
    first = next((row for row in rows if isinstance(row, dict)), {})
    known = any(plan.has(key) for key in first)
    node = None if known else plan.list_node()
    if node is not None:
        return {node: rows}, True
    if not known and len(plan.nodes) == 1 and plan.nodes[0].name and not plan.direct:
        first = {plan.nodes[0].name: first}
    return first, len(rows) <= 1


_PLANS: dict[Interface, _Plan] = {}
