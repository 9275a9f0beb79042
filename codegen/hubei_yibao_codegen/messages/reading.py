"""Messages out of a JSON file, a JSON-lines file or any log that holds them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from hubei_yibao_runtime.codec import jsontext

from ..spec.model import Number

Side = Literal["input", "output"]
SIDES: dict[str, Side] = {"request": "input", "response": "output"}

_NUMBER = re.compile(Number.__metadata__[0].pattern)  # type: ignore[attr-defined]
#: Keys under which logs write the number around a message.
_NUMBER_KEYS = ("infno", "infNo", "number", "交易编号")
_WRAPPED = re.compile(r"\s*[\[{]")
_DEPTH = 4  #: how deep a message may lie in what a log writes around it


@dataclass(frozen=True)
class Message:
    """A request or an answer. ``number`` None where neither it nor what is around it says."""

    number: str | None
    side: Side
    body: Any = field(repr=False)  #: value of ``input`` or ``output``
    line: int
    rejected: bool = False  #: an answer that says the call failed


@dataclass
class Reading:
    """What a file held."""

    file: str
    messages: list[Message] = field(default_factory=list)
    other: int = 0  #: JSON objects that are no messages
    broken: list[int] = field(default_factory=list)  #: lines where JSON begins that cannot be read


def is_number(text: str) -> bool:
    """Whether a word is the number of an interface: 2207, 1312a, YH03."""
    return bool(_NUMBER.fullmatch(text))


def read_messages(path: Path, number: str | None = None, side: Side | None = None) -> Reading:
    """All messages of a file; OSError if it cannot be read.

    ``number``: of messages that do not say it. ``side``: only these; and what a bare body, the
    whole file without envelope, is taken for.
    """
    reading = Reading(path.as_posix())
    values = list(_values(_text(path.read_bytes()), reading))
    for line, value in values:
        found = list(_messages(value, number, line))
        if not found and len(values) == 1 and number and side and isinstance(value, dict):
            found = [Message(number, side, value, line)]
        reading.messages += [each for each in found if side in (None, each.side)]
        reading.other += not found
    return reading


def json_values(path: Path) -> list[tuple[int, Any]]:
    """Every JSON object in a file and the line it begins on; OSError if it cannot be read."""
    return list(_values(_text(path.read_bytes()), Reading(path.as_posix())))


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode(errors="replace")


def _values(text: str, reading: Reading) -> Iterator[tuple[int, Any]]:
    """Every JSON object in a text, with the line it begins on; what stands between is skipped."""
    decoder = json.JSONDecoder(strict=False)
    at = line = counted = 0
    while (at := text.find("{", at)) >= 0:
        line += text.count("\n", counted, at)
        counted = at
        try:
            _, end = decoder.raw_decode(text, at)
            value = jsontext.parse(text[at:end].encode(errors="replace")).value
        except (ValueError, RecursionError, jsontext.Unreadable):
            if line + 1 not in reading.broken[-1:]:
                reading.broken.append(line + 1)
            at += 1
            continue
        yield line + 1, value
        at = end


def _messages(value: Any, number: str | None, line: int, depth: int = 0) -> Iterator[Message]:
    """Messages in a value, which may be what a log wraps around them."""
    if isinstance(value, str) and depth and _WRAPPED.match(value) and '"' in value:
        try:
            value = jsontext.parse(value.encode(errors="replace")).value
        except jsontext.Unreadable:
            return
    if isinstance(value, list):
        for item in value:
            yield from _messages(item, number, line, depth + 1)
    if not isinstance(value, Mapping) or depth > _DEPTH:
        return
    number = _stated(value) or number
    if "infcode" in value:
        rejected = str(value["infcode"]) != "0"
        yield Message(number, "output", _unwrapped(value.get("output")), line, rejected)
    elif "infno" in value and "input" in value:
        yield Message(number, "input", value["input"], line)
    else:
        for inner in value.values():
            if isinstance(inner, Mapping | list | str):
                yield from _messages(inner, number, line, depth + 1)


def _stated(value: Mapping[str, Any]) -> str | None:
    found = (value.get(key) for key in _NUMBER_KEYS)
    return next((str(each) for each in found if each is not None and is_number(str(each))), None)


def _unwrapped(output: Any) -> Any:
    """Some gateways send ``output`` as JSON inside a text."""
    if isinstance(output, str) and _WRAPPED.match(output):
        try:
            return jsontext.parse(output.encode(errors="replace")).value
        except jsontext.Unreadable:
            return output
    return output
