"""JSON whose numbers keep their text, for texts that are signed: ``1.0`` stays ``1.0``.

Strict, unlike ``codec.jsontext``: what is signed must have one reading only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any, NoReturn

from ..codec.jsontext import MAX_DIGITS, Unreadable

MAX_DEPTH = 64


class Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


def read(data: bytes) -> Any:
    """Parse; numbers become :class:`Number`. Raises Unreadable, also for repeated keys, NaN,
    bytes that are not UTF-8, half surrogates and nesting beyond ``MAX_DEPTH``."""
    try:
        value = json.loads(
            data.decode("utf-8"),
            parse_int=_number, parse_float=_number, parse_constant=_constant,
            object_pairs_hook=_object,
        )  # fmt: skip
        _check(value, 0)
    except RecursionError:
        raise Unreadable("nested too deep") from None
    except ValueError:
        raise Unreadable("not JSON with one reading only") from None
    return value


def _number(digits: str) -> Number:
    if len(digits) > MAX_DIGITS:
        raise ValueError
    return Number(digits)


def _constant(_: str) -> NoReturn:
    raise ValueError


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError
    return made


def _check(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ValueError
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, dict):
        for key, item in value.items():
            key.encode()
            _check(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1)


def write(value: Any) -> str:
    """Compact JSON, keys in their order, non-ASCII characters as they are.

    Takes what ``read`` gives, and int and Decimal. TypeError for anything else: a float has no
    text of its own.
    """
    if value is None:
        return "null"
    if isinstance(value, str):
        return str(value) if isinstance(value, Number) else encode_basestring(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return number_text(value)
    if isinstance(value, Mapping):
        parts = (f"{encode_basestring(_key(key))}:{write(item)}" for key, item in value.items())
        return "{" + ",".join(parts) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(write, value)) + "]"
    raise TypeError(f"{type(value).__name__} has no JSON form; numbers must be int or Decimal")


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a JSON key must be a string, not {type(key).__name__}")
    return key


def number_text(value: int | Decimal) -> str:
    """The digits of a number, without exponent."""
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise TypeError("NaN and Infinity have no JSON form")
        return format(value, "f")
    return str(value)


def plain(value: Any) -> Any:
    """The same with int and Decimal instead of :class:`Number`."""
    if isinstance(value, Number):
        return int(value) if value.lstrip("-").isdigit() else Decimal(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value
