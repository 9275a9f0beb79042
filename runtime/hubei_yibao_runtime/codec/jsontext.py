"""JSON text ↔ Python values, without binary floating point anywhere.

msgspec does the work (``plainjson`` where it is missing); answers it refuses are tried once more with the standard library, which
can be told to put up with the oddities seen in the field (see ``parse``).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from ..model import Repair
from . import plainjson
from .reading import MESSAGES

try:
    import msgspec
except ImportError:
    encode: Callable[[Any], bytes] = plainjson.encode
    _decode: Callable[[bytes], Any] = plainjson.decode
else:
    encode = msgspec.json.Encoder(decimal_format="number").encode
    _decode = msgspec.json.Decoder(float_hook=Decimal).decode

MAX_DEPTH = 100
MAX_DIGITS = plainjson.MAX_DIGITS  #: digits of one number; longer ones stay text


class Unreadable(Exception):
    """The text is not JSON; the message is short and holds nothing of the text."""


class Parsed(NamedTuple):
    value: Any
    repairs: list[Repair]


def parse(body: bytes, path: str = "") -> Parsed:
    """Parse a message; non-integer numbers become Decimal, exactly as written.

    UTF-8 first, then GB18030. Mended with a repair entry: byte order mark, GB18030, repeated
    keys (the last counts), control characters in texts, NaN and Infinity (read as None), half
    surrogates (replaced), numbers over ``MAX_DIGITS`` digits (kept as text). Raises Unreadable
    for anything else, and for nesting beyond ``MAX_DEPTH``.
    """
    repairs: list[Repair] = []
    try:
        value = _decode(body)
    except (ValueError, ArithmeticError, RecursionError):
        value = _lenient(body, path, repairs)
    else:
        keys = _count_flat(value, body)
        if keys is None:
            keys = _count(value)
        if body.count(b":") != keys and body.count(b'":') != keys:
            _find_duplicates(body, path, repairs)
    return Parsed(value, repairs)


def _count_flat(value: Any, body: bytes) -> int | None:
    """Number of keys of a message with no objects below the rows of its nodes, else None.

    Most answers are such; counting braces tells, and spares looking at every value.
    """
    if type(value) is not dict:
        return None
    at = -1
    for _ in range(MAX_DEPTH):  # a few finds cost less than a count
        at = body.find(b"[", at + 1)
        if at < 0:
            break
    else:
        return None
    objects, keys, output = 1, len(value), value.get("output")
    if type(output) is dict:
        objects, keys = objects + 1, keys + len(output)
        for node in output.values():
            rows = [node] if type(node) is dict else node
            if type(rows) is list and set(map(type, rows)) == {dict}:
                objects, keys = objects + len(rows), keys + sum(map(len, rows))
    return keys if body.count(b"{") == objects else None


def _count(value: Any) -> int:
    """Number of keys in all objects; raises Unreadable beyond the allowed depth."""
    keys, depth, level = 0, 0, [value]
    while level:
        depth += 1
        if depth > MAX_DEPTH + 1:
            raise Unreadable(f"nested deeper than {MAX_DEPTH} levels")
        below: list[Any] = []
        for item in level:
            if type(item) is dict:
                keys += len(item)
                inner: Any = item.values()
            elif type(item) is list:
                inner = item
            else:
                continue
            kinds = set(map(type, inner))
            if dict in kinds or list in kinds:
                below += [part for part in inner if type(part) in (dict, list)]
        level = below
    return keys


def _find_duplicates(body: bytes, path: str, repairs: list[Repair]) -> None:
    def pairs(found: list[tuple[str, Any]]) -> None:
        _note_duplicates(found, path, repairs)

    json.loads(body, object_pairs_hook=pairs, parse_float=str, parse_int=str)


def _note_duplicates(found: list[tuple[str, Any]], path: str, repairs: list[Repair]) -> None:
    seen: set[str] = set()
    for key, _ in found:
        if key in seen:
            place = f"{path}.{key[:64]}" if path else key[:64]
            repairs.append(Repair(place, "duplicate_key", MESSAGES["duplicate_key"]))
        seen.add(key)


def _lenient(body: bytes, path: str, repairs: list[Repair]) -> Any:
    text, kinds = _text(body)
    odd: list[str] = []

    def number(digits: str) -> Any:
        if len(digits) <= MAX_DIGITS:
            try:
                return int(digits) if digits.lstrip("-").isdigit() else Decimal(digits)
            except InvalidOperation:
                pass
        odd.append("number")
        return digits

    def constant(_: str) -> None:
        odd.append("constant")

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        _note_duplicates(found, path, repairs)
        return dict(found)

    read: dict[str, Any] = {
        "parse_float": number,
        "parse_int": number,
        "parse_constant": constant,
        "object_pairs_hook": pairs,
    }
    try:
        try:
            value = json.loads(text, **read)
        except json.JSONDecodeError:
            repairs.clear()
            value = json.loads(text, strict=False, **read)
            odd.append("control characters")
        _count(value)
    except RecursionError:
        raise Unreadable(f"nested deeper than {MAX_DEPTH} levels") from None
    except ValueError:
        raise Unreadable("not JSON") from None
    if "\\ud" in text or "\\uD" in text:
        value = _whole_characters(value, odd)
    if odd:
        kinds.append("lenient_json")
    repairs += [Repair(path, kind, MESSAGES[kind]) for kind in kinds]
    return value


def _text(body: bytes) -> tuple[str, list[str]]:
    kinds = ["byte_order_mark"] if body.startswith(b"\xef\xbb\xbf") else []
    try:
        return body.decode("utf-8-sig"), kinds
    except UnicodeDecodeError:
        pass
    try:
        return body.decode("gb18030"), ["charset"]
    except UnicodeDecodeError:
        raise Unreadable("neither UTF-8 nor GB18030") from None


def _whole_characters(value: Any, odd: list[str]) -> Any:
    if isinstance(value, dict):
        return {_whole_characters(k, odd): _whole_characters(v, odd) for k, v in value.items()}
    if isinstance(value, list):
        return [_whole_characters(item, odd) for item in value]
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            odd.append("surrogate")
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value
