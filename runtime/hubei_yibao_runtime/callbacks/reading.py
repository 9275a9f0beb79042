"""A callback's content → the interface's model, as tolerantly as an answer is read.

The platform wrote it, so a value that is longer than the table says or a field nobody knows is
no reason to lose it. What is missing although the table demands it is told separately.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from ..codec.reading import MESSAGES, read
from ..interface import Field, Interface
from ..model import Repair, RequestModel


@dataclass(slots=True)
class Reading:
    """Collects what was odd while models are made."""

    repairs: list[Repair] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  #: paths of demanded fields without value

    def input(self, interface: Interface, given: Mapping[str, Any]) -> RequestModel:
        """The model; values are of the table's types, not checked against its lengths."""
        cls, nodes = interface.input_model, interface.input
        if nodes is None:
            return cls.model_construct(**given)
        known = {name: n for n in nodes if n.name for name in (n.name, *n.aliases)}
        loose = [item for node in nodes if node.name is None for item in node.fields]
        rest = {key: value for key, value in given.items() if key not in known}
        values = self._values(loose, cls, rest, "input")
        for node in nodes:
            if node.name is None:
                continue
            name = node.python_name or node.name
            key = next((k for k in (node.name, *node.aliases) if k in given), node.name)
            inner, path = _model_of(cls, name), f"input.{node.name}"
            if _is_list(cls, name):
                values[name] = self._rows(node.fields, inner, given.get(key), path)
            else:
                values[name] = self._object(node.fields, inner, given.get(key), path)
        return _made(cls, values)

    def _rows(
        self, fields: Sequence[Field], cls: type[RequestModel], value: Any, path: str
    ) -> list[RequestModel]:
        rows = [] if value is None or value == "" else value if isinstance(value, list) else [value]
        return [
            made
            for number, row in enumerate(rows)
            if (made := self._object(fields, cls, row, f"{path}[{number}]")) is not None
        ]

    def _object(
        self, fields: Sequence[Field], cls: type[RequestModel], value: Any, path: str
    ) -> RequestModel | None:
        if isinstance(value, list) and len(value) == 1:
            self._note(path, "list_for_object")
            value = value[0]
        if not isinstance(value, Mapping):
            if value is not None and value != "":
                self._note(path, "unreadable")
            self.missing += [f"{path}.{item.name}" for item in fields if item.required]
            return None
        return _made(cls, self._values(fields, cls, value, path))

    def _values(
        self, fields: Sequence[Field], cls: type[RequestModel], given: Mapping[str, Any], path: str
    ) -> dict[str, Any]:
        index = {name: item for item in fields for name in (*item.aliases, item.name)}
        values: dict[str, Any] = {
            item.python_name: [] if item.repeated else None for item in fields
        }
        for key, value in given.items():
            item = index.get(key)
            if item is None:
                text = "a field the table does not know; it is in `raw`"
                self.repairs.append(Repair(f"{path}.{key[:64]}", "unknown_field", text))
            elif key == item.name or item.name not in given:
                values[item.python_name] = self._value(item, cls, value, f"{path}.{item.name}")
        self.missing += [
            f"{path}.{item.name}"
            for item in fields
            if item.required and values[item.python_name] in (None, "", [])
        ]
        return values

    def _value(self, item: Field, cls: type[RequestModel], value: Any, path: str) -> Any:
        if item.fields:
            inner = _model_of(cls, item.python_name)
            make = self._rows if item.repeated else self._object
            return make(item.fields, inner, value, path)
        if item.repeated:
            values = [] if value is None or value == "" else value
            values = values if isinstance(values, list) else [values]
            return [self._scalar(item, one, path) for one in values]
        return self._scalar(item, value, path)

    def _scalar(self, item: Field, value: Any, path: str) -> Any:
        typed, kind = read(item.type or "", value)
        if kind is not None:
            self._note(path, kind)
        return typed

    def _note(self, path: str, kind: str) -> None:
        self.repairs.append(Repair(path, kind, MESSAGES[kind]))


def _made(cls: type[RequestModel], values: dict[str, Any]) -> RequestModel:
    given = {name for name, value in values.items() if value is not None and value != []}
    return cls.model_construct(_fields_set=given, **values)


def _is_list(cls: type[RequestModel], attribute: str) -> bool:
    return "list[" in str(cls.model_fields[attribute].annotation).lower()


def _model_of(cls: type[RequestModel], attribute: str) -> type[RequestModel]:
    """The model class inside an annotation such as ``list[X] | None``."""
    waiting: list[Any] = [cls.model_fields[attribute].annotation]
    while waiting:
        part = waiting.pop()
        if isinstance(part, type) and issubclass(part, RequestModel):
            return part
        waiting += get_args(part)
    raise TypeError(f"{cls.__name__}.{attribute} holds no model")
