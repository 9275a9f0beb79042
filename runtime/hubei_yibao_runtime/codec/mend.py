"""The tolerant reading: ``output`` of an answer → models, with a repair entry for each mending.

Objects of a list are read column by column, since checking the type of a whole column at once
costs a fraction of checking its values one by one; what a column check does not accept goes
value by value through ``reading``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import repeat
from types import NoneType
from typing import Any, get_args

from pydantic import BaseModel

from ..interface import Field
from ..model import Repair, ResponseModel
from .reading import MESSAGES, read

_KEPT_LAYOUTS = 64
_new = object.__new__
_set_fields = vars(BaseModel)["__dict__"].__set__
_set_given = vars(BaseModel)["__pydantic_fields_set__"].__set__
_set_extra = vars(BaseModel)["__pydantic_extra__"].__set__
_set_private = vars(BaseModel)["__pydantic_private__"].__set__
_run = deque[Any](maxlen=0).extend  #: runs an iterator without a Python loop

_FINE: dict[str | None, frozenset[type]] = {
    "string": frozenset({str, NoneType}),
    "text": frozenset({str, NoneType}),
    "bytes": frozenset({str, NoneType}),
    "decimal": frozenset({Decimal, NoneType}),
    "integer": frozenset({int, NoneType}),
    "boolean": frozenset({bool, NoneType}),
}
_VALUES = frozenset({"decimal", "integer", "date", "datetime"})  #: where a demanded null is noted
_BLANK = frozenset({NoneType})


class Notes:
    """Collects repairs; paths are only built where something is mended."""

    def __init__(self, repairs: list[Repair]) -> None:
        self.repairs = repairs

    def add(self, path: str, kind: str) -> None:
        self.repairs.append(Repair(path, kind, MESSAGES[kind]))


def _moments(values: Sequence[Any]) -> list[datetime] | None:
    if set(map(len, values)) != {19} or {value[10] for value in values} != {" "}:
        return None
    try:
        return list(map(datetime.fromisoformat, values))
    except ValueError:
        return None


def _days(values: Sequence[Any]) -> list[date] | None:
    if set(map(len, values)) != {10} or {value[4] + value[7] for value in values} != {"--"}:
        return None
    try:
        return list(map(date.fromisoformat, values))
    except ValueError:
        return None


_TEXTS: dict[str | None, Callable[[Sequence[Any]], Sequence[Any] | None]] = {
    "datetime": _moments,
    "date": _days,
}


class _Layout:
    """Which field each key of an object means; the same for all objects with the same keys."""

    def __init__(self, shape: Shape, keys: tuple[str, ...]) -> None:
        self.columns: list[tuple[int, int]] = []  # column of the object, position of the field
        self.aliases: list[str] = []
        self.extras: list[str] = []
        exact = {shape.names[key] for key in keys if key in shape.names}
        for at, key in enumerate(keys):
            position = shape.names.get(key)
            if position is None:
                position = shape.aliases.get(key)
                if position is None or position in exact:
                    self.extras.append(key)
                    continue
                exact.add(position)
                self.aliases.append(key)
            self.columns.append((at, position))
        self.attributes = [shape.attributes[position] for _, position in self.columns]
        self.given = set(self.attributes)
        self.absent = [p for p, name in enumerate(shape.attributes) if name not in self.given]
        self.as_given = tuple(self.attributes) == keys
        #: absent fields whose value is not simply None
        self.defaulted = [
            p for p in self.absent if shape.fields[p].repeated or shape.fields[p].fields
        ]


class Shape:
    """The fields of a node or object with the model class they are read into."""

    def __init__(self, fields: Sequence[Field], cls: type[ResponseModel]) -> None:
        self.fields = fields
        self.cls = cls
        self.attributes = [field.python_name for field in fields]
        self.names = {field.name: position for position, field in enumerate(fields)}
        self.aliases = {a: p for p, field in enumerate(fields) for a in field.aliases}
        self._inner = [
            Shape(field.fields, model_of(cls, field.python_name)) if field.fields else None
            for field in fields
        ]
        self._blank: dict[str, Any] = dict.fromkeys(self.attributes)
        self._layouts: dict[tuple[str, ...], _Layout] = {}

    def layout(self, keys: tuple[str, ...]) -> _Layout:
        found = self._layouts.get(keys)
        if found is None:
            found = _Layout(self, keys)
            if len(self._layouts) < _KEPT_LAYOUTS:
                self._layouts[keys] = found
        return found

    def read_list(self, value: Any, path: str, notes: Notes) -> list[ResponseModel]:
        """Objects from a list; a single object counts as its only row."""
        if type(value) is dict:
            notes.add(path, "object_for_list")
            return self.read([value], [path], notes)
        if type(value) is not list:
            if value is not None:
                notes.add(path, "empty" if value == "" else "unreadable")
            return []
        if set(map(type, value)) <= {dict}:
            return self.read(value, path, notes)
        rows, paths = [], []
        for number, row in enumerate(value):
            if type(row) is dict:
                rows.append(row)
                paths.append(f"{path}[{number}]")
            else:
                notes.add(f"{path}[{number}]", "row_unreadable")
        return self.read(rows, paths, notes)

    def read_object(self, value: Any, path: str, notes: Notes) -> ResponseModel | None:
        """An object; of a list its first one; None where there is none."""
        if type(value) is list:
            notes.add(path, "list_for_object")
            value = next((item for item in value if type(item) is dict), None)
        if type(value) is dict:
            return self.read([value], [path], notes)[0]
        if value is not None:
            notes.add(path, "empty" if value == "" else "unreadable")
        return None

    def read(
        self, rows: list[dict[str, Any]], path: str | list[str], notes: Notes
    ) -> list[ResponseModel]:
        """``path`` is that of the list, or one path for each row."""
        if not rows:
            return []
        keys = list(map(tuple, rows))
        if keys.count(keys[0]) == len(keys):
            return self._uniform(keys[0], rows, range(len(rows)), path, notes)
        groups: dict[tuple[str, ...], list[int]] = {}
        for number, given in enumerate(keys):
            groups.setdefault(given, []).append(number)
        made: dict[int, ResponseModel] = {}
        for given, numbers in groups.items():
            some = [rows[number] for number in numbers]
            made.update(zip(numbers, self._uniform(given, some, numbers, path, notes), strict=True))
        return [made[number] for number in range(len(rows))]

    def _uniform(
        self, keys: tuple[str, ...], rows: list[dict[str, Any]], numbers: Sequence[int],
        path: str | list[str], notes: Notes,
    ) -> list[ResponseModel]:  # fmt: skip
        layout = self.layout(keys)

        def where(index: int) -> str:
            number = numbers[index]
            return f"{path}[{number}]" if isinstance(path, str) else path[number]

        columns = list(zip(*map(dict.values, rows), strict=True))
        ready = [self._column(p, columns[at], where, notes) for at, p in layout.columns]
        for alias in layout.aliases:
            for index in range(len(rows)):
                notes.add(f"{where(index)}.{alias}", "alias")
        held = self._held(layout, rows, columns, ready)
        more = layout.extras
        extras = [{key: row[key] for key in more} if more else {} for row in rows]
        return instances(self.cls, held, layout.given, extras)

    def _held(
        self, layout: _Layout, rows: list[dict[str, Any]], columns: list[tuple[Any, ...]],
        ready: list[Sequence[Any]],
    ) -> list[dict[str, Any]]:  # fmt: skip
        """The models' fields by attribute, in the order of the table."""
        if layout.as_given:
            held = [self._blank | row for row in rows] if layout.absent else [*map(dict.copy, rows)]
            for (at, _), name, column in zip(layout.columns, layout.attributes, ready, strict=True):
                if column is not columns[at]:
                    for fields, value in zip(held, column, strict=True):
                        fields[name] = value
        else:
            values = zip(*ready, strict=True) if ready else repeat((), len(rows))
            names = layout.attributes
            held = [self._blank | dict(zip(names, row, strict=True)) for row in values]
        for position in layout.defaulted:
            for fields in held:
                fields[self.attributes[position]] = self._default(position)
        return held

    def _default(self, position: int) -> Any:
        field, inner = self.fields[position], self._inner[position]
        if field.repeated:
            return []
        return None if inner is None else inner.empty()

    def empty(self) -> ResponseModel:
        """The object where the answer holds none: all fields None."""
        held = {name: self._default(p) for p, name in enumerate(self.attributes)}
        return instances(self.cls, [held], set(), [{}])[0]

    def _column(
        self, position: int, values: Sequence[Any], where: Callable[[int], str], notes: Notes
    ) -> Sequence[Any]:
        field = self.fields[position]
        if field.repeated or field.fields:
            return [
                self._nested(position, value, f"{where(index)}.{field.name}", notes)
                for index, value in enumerate(values)
            ]
        kinds, ready = set(map(type, values)), None
        if NoneType in kinds and field.required and field.type in _VALUES:
            for index, value in enumerate(values):
                if value is None:
                    notes.add(f"{where(index)}.{field.name}", "null")
        fine = _FINE.get(field.type)
        if (fine is not None and kinds <= fine) or kinds == _BLANK:
            return values
        if kinds == {str} and field.type in _TEXTS:
            ready = _TEXTS[field.type](values)
        if ready is not None:
            return ready
        made = []
        for index, value in enumerate(values):
            typed, kind = read(field.type or "", value)
            if kind is not None:
                notes.add(f"{where(index)}.{field.name}", kind)
            made.append(typed)
        return made

    def _nested(self, position: int, value: Any, path: str, notes: Notes) -> Any:
        field, inner = self.fields[position], self._inner[position]
        if inner is not None:
            if field.repeated:
                return inner.read_list(value, path, notes)
            found = inner.read_object(value, path, notes)
            return inner.empty() if found is None else found
        if value is None or value == "":
            return []
        if type(value) is not list:
            notes.add(path, "object_for_list")
            value = [value]
        made = []
        for number, item in enumerate(value):
            typed, kind = read(field.type or "", item)
            if kind is not None:
                notes.add(f"{path}[{number}]", kind)
            made.append(typed)
        return made


def instances(
    cls: type[ResponseModel],
    held: list[dict[str, Any]],
    given: set[str],
    extras: list[dict[str, Any]],
) -> list[ResponseModel]:
    """Models without validation, as ``model_construct`` makes them: the fields were read already."""
    made: list[ResponseModel] = list(map(_new, repeat(cls, len(held))))
    _run(map(_set_fields, made, held))
    _run(map(_set_given, made, repeat(given)))  # shared; ResponseModel copies it before a change
    _run(map(_set_extra, made, extras))
    _run(map(_set_private, made, repeat(None)))
    return made


def model_of(cls: type[ResponseModel], attribute: str) -> type[ResponseModel]:
    """The model class inside the annotation of a field, ``list[X]`` and ``X | None`` included."""
    waiting: list[Any] = [cls.model_fields[attribute].annotation]
    while waiting:
        part = waiting.pop()
        if isinstance(part, type) and issubclass(part, ResponseModel):
            return part
        waiting += get_args(part)
    raise TypeError(f"{cls.__name__}.{attribute} holds no model")
