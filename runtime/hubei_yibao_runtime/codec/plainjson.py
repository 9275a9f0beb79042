"""JSON with the standard library alone, for copies that do without msgspec (``vendor``).

Same bytes out and same values in as ``jsontext`` makes them with msgspec, only slower; the codec's
tests run with both.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

MAX_DIGITS = 1000


def encode(value: Any) -> bytes:
    """UTF-8 JSON without white space; a Decimal becomes a number, digit by digit.

    TypeError for what JSON has no form for, UnicodeEncodeError for half surrogates.
    """
    parts: list[str] = []
    _write(value, parts)
    return "".join(parts).encode()


def _write(value: Any, parts: list[str]) -> None:
    if isinstance(value, str):
        parts.append(encode_basestring(value))
    elif value is None or value is True or value is False:
        parts.append({None: "null", True: "true", False: "false"}[value])
    elif isinstance(value, int):
        parts.append(str(value))
    elif isinstance(value, Decimal):
        parts.append(format(value, "f") if value.is_finite() else "null")
    elif isinstance(value, float):
        parts.append(repr(value) if math.isfinite(value) else "null")
    elif isinstance(value, Mapping):
        _write_members(value, parts)
    elif isinstance(value, list | tuple):
        separator = "["
        for item in value:
            parts.append(separator)
            _write(item, parts)
            separator = ","
        parts.append("]" if value else "[]")
    else:
        raise TypeError(f"JSON has no form for {type(value).__name__}")


def _write_members(value: Mapping[str, Any], parts: list[str]) -> None:
    separator = "{"
    for key, item in value.items():
        parts.append(f"{separator}{encode_basestring(key)}:")
        _write(item, parts)
        separator = ","
    parts.append("}" if value else "{}")


def decode(body: bytes) -> Any:
    """Strict JSON in UTF-8; numbers with a point or exponent become Decimal.

    ValueError for all that msgspec refuses too: a byte order mark, NaN, half surrogates, numbers
    of more than ``MAX_DIGITS`` digits.
    """
    text = body.decode()
    if "\\ud" in text or "\\uD" in text:
        raise ValueError("may hold half surrogates")
    return json.loads(text, parse_float=_decimal, parse_int=_integer, parse_constant=_refuse)


def _decimal(digits: str) -> Decimal:
    if len(digits) > MAX_DIGITS:
        raise ValueError("a number of too many digits")
    return Decimal(digits)


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError("a number of too many digits")
    return int(digits)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
