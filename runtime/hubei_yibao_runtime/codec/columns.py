"""Request values of one field, checked for all rows of a node at once.

A list of rows is turned into columns, since checking a whole column costs a fraction of checking
its values one by one (docs/decisions/002-json-and-decimals.md). ``fast`` takes what is uniform
and right, and returns None for everything else; ``one`` takes a single value by ``rules``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from itertools import repeat
from typing import Any

from ..interface import Field
from . import rules

try:
    from msgspec import Raw
except ImportError:  # ``plainjson`` writes every Decimal without an exponent
    _written: Callable[[str], Any] = Decimal
else:
    _written = Raw


class Column:
    """Any field; the subclasses add a fast way."""

    empty: Any = ""  #: what the platform wants for "no value"

    def __init__(self, field: Field, check: Callable[[Any], Any]) -> None:
        self.field = field
        self._check = check
        self._blank_allowed = not field.required

    def fast(self, values: Sequence[Any]) -> Sequence[Any] | None:
        return None

    def one(self, value: Any) -> Any:
        """The wire value of a single value; raises ``rules.Refused``."""
        if value is None:
            if self.field.required:
                raise rules.Refused("missing", "is required and must not be None")
            return self.empty
        if type(value) is str and value == "" and self.empty == "":
            if self.field.required:
                raise rules.Refused("missing", "is required and must not be empty")
            return value
        return self._check(value)


class TextColumn(Column):
    def __init__(self, field: Field, codes: Mapping[str, str] | None) -> None:
        super().__init__(field, self._text)
        self._length = field.length
        self.codes = codes
        self._allowed = None if codes is None else frozenset(codes)

    def _text(self, value: Any) -> str:
        text = rules.text(value, self._length)
        if self.codes is not None:
            rules.code(text, self.codes, self.field.dictionary or "", show=not self.field.sensitive)
        return text

    def fast(self, values: Sequence[Any]) -> Sequence[Any] | None:
        some: Sequence[Any] = values
        if type(values[0]) is str and values.count(values[0]) == len(values):
            some = values[:1]
        try:
            whole = "".join(some)
            whole.encode()
        except (TypeError, UnicodeEncodeError):
            return None
        if self._allowed is not None:
            return values if self._allowed.issuperset(some) else None
        if self._length is not None and len(whole) > self._length < max(map(len, some)):
            return None
        return values if self._blank_allowed or "" not in some else None


class DecimalColumn(Column):
    empty = 0

    def __init__(self, field: Field) -> None:
        digits, places = field.precision or (None, None)
        super().__init__(field, lambda value: wire_number(rules.decimal(value, digits, places)))
        whole = rules.MAX_NUMBER // 2 if digits is None or places is None else digits - places
        behind = rules.MAX_NUMBER // 2 if places is None else places
        number = f"-?(?:0|[1-9][0-9]{{0,{whole - 1}}})" if whole > 0 else "-?0"
        if behind > 0:
            number += rf"(?:\.[0-9]{{1,{behind}}})?"
        self._all = re.compile(f"{number}(?:,{number})*", re.ASCII).fullmatch
        self._whole = whole
        self._limit = 10**whole
        self._least = -min(behind, 6)  # from 7 places on str() may use an exponent

    def fast(self, values: Sequence[Any]) -> Sequence[Any] | None:
        kinds = set(map(type, values))
        if kinds == {Decimal}:
            exponent = values[0].as_tuple().exponent
            if type(exponent) is int and self._least <= exponent <= 0:
                alike = all(map(Decimal.same_quantum, values, repeat(values[0])))
                if alike and max(map(Decimal.adjusted, values)) < self._whole:
                    return values
            return values if self._all(",".join(map(str, values))) else None
        if kinds == {int}:
            return values if -self._limit < min(values) and max(values) < self._limit else None
        if kinds == {str}:
            joined = ",".join(values)
            if joined.count(",") == len(values) - 1 and self._all(joined):
                return list(map(Decimal, values))
        return None


class TimeColumn(Column):
    def __init__(self, field: Field, check: Callable[[Any], str], form: str) -> None:
        super().__init__(field, check)
        self._kind = date if field.type == "date" else datetime
        self._all = re.compile(f"{form}(?:\n{form})*", re.ASCII).fullmatch

    def fast(self, values: Sequence[Any]) -> Sequence[Any] | None:
        kinds = set(map(type, values))
        if kinds != {str}:
            return self._objects(values) if kinds == {self._kind} else None
        if not self._all("\n".join(values)):
            return None
        try:
            list(map(datetime.fromisoformat, values))
        except ValueError:
            return None
        return values

    def _objects(self, values: Sequence[Any]) -> Sequence[Any] | None:
        if self._kind is date:
            return list(map(date.isoformat, values))
        if {value.tzinfo for value in values} != {None}:
            return None
        return [value.isoformat(" ", "seconds") for value in values]


class IntegerColumn(Column):
    empty = 0

    def fast(self, values: Sequence[Any]) -> Sequence[Any] | None:
        if set(map(type, values)) != {int}:
            return None
        limit = 10 ** (self.field.length or rules.MAX_NUMBER)
        return values if -limit < min(values) and max(values) < limit else None


def wire_number(value: Decimal) -> Any:
    """A Decimal that is written without an exponent."""
    if "E" not in str(value):
        return value
    plain = format(value, "f")
    again = Decimal(plain)
    return again if "E" not in str(again) else _written(plain)


def column(field: Field, load: Callable[[str], Mapping[str, str] | None]) -> Column | None:
    """The column of a field; None for objects and for a field whose type no source states."""
    kind = field.type
    if kind in ("string", "text") or (kind is None and field.dictionary):
        return TextColumn(field, load(field.dictionary) if field.dictionary else None)
    if kind == "decimal":
        return DecimalColumn(field)
    if kind == "integer":
        return IntegerColumn(field, partial(rules.integer, length=field.length))
    if kind == "date":
        return TimeColumn(field, rules.day, "[0-9]{4}-[0-9]{2}-[0-9]{2}")
    if kind == "datetime":
        form = "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"
        return TimeColumn(field, rules.instant, form)
    if kind == "boolean":
        return Column(field, rules.boolean)
    if kind == "bytes":
        return Column(field, rules.octets)
    return None
