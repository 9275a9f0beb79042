"""The quick way for rows that need nothing but checking.

msgspec compares whole rows with a type compiled from the table, in C: names, texts, lengths and
codes. Numbers and dates go through their columns. Anything unusual (None, other spellings, dates
as objects, nested objects, faults) gives None, and the full reading of ``request`` takes over; it
alone decides what is a fault, so this way may refuse too much, never too little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Annotated, Any, Literal

from ..interface import Field
from .columns import Column, TextColumn

try:
    import msgspec as _msgspec
except ImportError:
    msgspec: Any = None
else:
    msgspec = _msgspec


class Quick:
    """Rows of one node or object."""

    def __init__(self, fields: Sequence[Field], columns: Sequence[Column | None]) -> None:
        self._type: Any = None
        if msgspec is None or None in columns or any(field.repeated for field in fields):
            return
        members: list[Any] = []
        names: dict[str, str] = {}
        self._checked: list[tuple[str, str, Column]] = []
        for position, (field, column) in enumerate(zip(fields, columns, strict=True)):
            assert column is not None
            attribute = f"f{position}"
            kind: Any = Any
            if isinstance(column, TextColumn):
                kind = _text_type(field, column.codes)
            else:
                self._checked.append((attribute, field.name, column))
            names[attribute] = field.name
            if field.required:
                members.append((attribute, kind))
            else:
                kind = kind if kind is Any else kind | msgspec.UnsetType
                members.append((attribute, kind, msgspec.UNSET))
        row = msgspec.defstruct(
            "Row", members, rename=names, forbid_unknown_fields=True, kw_only=True, gc=False
        )
        self._type = list[row]  # type: ignore[valid-type]

    def take(self, rows: list[dict[Any, Any]]) -> list[Any] | None:
        """The rows, checked and ready for ``jsontext.encode``; None if they need more than that."""
        if self._type is None:
            return None
        try:
            ready: list[Any] = msgspec.convert(rows, self._type)
        except (msgspec.ValidationError, UnicodeEncodeError):
            return None
        for attribute, name, column in self._checked:
            holders = rows if column.field.required else [row for row in rows if name in row]
            values = list(map(itemgetter(name), holders))
            wired = column.fast(values) if values else values
            if wired is None:
                return None
            if wired is not values:
                chosen = ready if holders is rows else [
                    made for made, row in zip(ready, rows, strict=True) if name in row
                ]  # fmt: skip
                for made, value in zip(chosen, wired, strict=True):
                    setattr(made, attribute, value)
        return ready


def _text_type(field: Field, codes: Mapping[str, str] | None) -> Any:
    if codes is not None:
        blank = () if field.required else ("",)
        return Literal[(*codes, *blank)]
    least = 1 if field.required else None
    return Annotated[str, msgspec.Meta(min_length=least, max_length=field.length)]
