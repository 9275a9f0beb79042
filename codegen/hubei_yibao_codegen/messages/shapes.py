"""What a value looks like, without telling the value; what a field's type makes of it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Literal

from ..spec.model import Field

Shape = str
Kind = Literal["empty", "text", "integer", "number", "boolean", "list", "object"]

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DATETIME = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}", re.ASCII)
_NUMERIC = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,9}", re.ASCII)
_KEY = re.compile(r"(?!.*\d{6})[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)


def kind(value: Any) -> Kind:
    """The JSON type of a value; null, "" and empty lists are the platform's "no value"."""
    if value is None or value == "" or value == [] or value == {}:
        return "empty"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, Decimal | float):
        return "number"
    if isinstance(value, list):
        return "list"
    return "object" if isinstance(value, dict) else "text"


def shape(value: Any) -> Shape:
    """``18 digits``, ``date``, ``6 characters``: enough to correct a spec, no more."""
    what = kind(value)
    if what == "text":
        return _text(value)
    if what in ("integer", "number"):
        digits, places = size(value)
        return f"number {digits},{places}"
    return f"list of {len(value)}" if what == "list" else what


def _text(value: str) -> Shape:
    if _DATE.fullmatch(value):
        return "text, date"
    if _DATETIME.fullmatch(value):
        return "text, date and time"
    if value.isascii() and value.isdigit():
        return f"text, {len(value)} digits"
    if _NUMERIC.fullmatch(value):
        digits, places = size(Decimal(value))
        return f"text, number {digits},{places}"
    if value.isascii() and value.isalnum():
        return f"text, {len(value)} letters and digits"
    return f"text, {len(value)} characters"


def flavour(value: Any) -> str:
    """The kind of a value; of a text ``date``, ``datetime``, ``numeric`` or ``text``."""
    what = kind(value)
    if what != "text":
        return what
    if _DATE.fullmatch(value):
        return "date"
    if _DATETIME.fullmatch(value):
        return "datetime"
    return "numeric" if _NUMERIC.fullmatch(value) else "text"


def size(value: Any) -> tuple[int, int]:
    """Digits in all and behind the point."""
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if not number.is_finite():
        return 0, 0
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    places = max(0, -exponent)
    return max(len(digits) + max(0, exponent), places), places


def fits(field: Field, value: Any) -> bool:
    """Whether a value has the type the spec states; sizes and codes are no matter here."""
    what = kind(value)
    if field.type is None:
        return True
    if field.type in ("string", "text", "bytes"):
        return what == "text" or (field.type == "bytes" and what == "list")
    if field.type in ("integer", "decimal"):
        return what == "integer" or (field.type == "decimal" and what == "number")
    if field.type == "boolean":
        return what == "boolean"
    if field.type == "object":
        return what in ("object", "list")
    if what != "text" or field.format:
        return what == "text"
    return bool((_DATE if field.type == "date" else _DATETIME).fullmatch(value))


def too_large(field: Field, value: Any) -> str:
    """``too-long`` or ``too-precise`` where a value is larger than the spec says, else ""."""
    what = kind(value)
    if field.length is not None and what == "text" and len(value) > field.length:
        return "too-long"
    if field.precision is not None and what in ("integer", "number"):
        digits, places = size(value)
        if places > field.precision[1] or digits - places > field.precision[0] - field.precision[1]:
            return "too-precise"
    return ""


def shown_code(value: Any) -> str | None:
    """A code as text, None where it does not look like one and might be anything."""
    text = str(value)
    return text if _CODE.fullmatch(text) and not re.search(r"\d{7}", text) else None


def shown_key(key: str) -> str:
    """A key of a message, unless it may be data itself."""
    return key if _KEY.fullmatch(key) else f"(key: {_text(key)})"
