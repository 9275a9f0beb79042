"""Inputs of calls: read from files, put together on the command line."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from hubei_yibao_runtime.errors import YibaoError
from hubei_yibao_runtime.interface import Field, Interface

from .words import say


def read_input(path: str, interface: Interface) -> dict[str, Any]:
    """The ``input`` in a JSON file (``-``: standard input), alone or inside a whole message."""
    from hubei_yibao_runtime.codec import jsontext

    try:
        content = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        value = jsontext.parse(content).value
    except OSError as error:
        raise YibaoError(f"{path}: {error.strerror}") from None
    except jsontext.Unreadable as error:
        raise YibaoError(f"{path}: {error}") from None
    if isinstance(value, dict) and isinstance(value.get("input"), dict):
        number = value.get("infno", interface.number)
        if number != interface.number:
            raise YibaoError(
                say(f"{path} 是 {number} 的报文", f"{path} is a message of {number}"),
                infno=interface.number, name=interface.name,
            )  # fmt: skip
        value = value["input"]
    if not isinstance(value, dict):
        raise YibaoError(say(f"{path} 不是 JSON 对象", f"{path} is no JSON object"))
    return value


def assign(interface: Interface, target: dict[str, Any], words: Iterable[str]) -> None:
    """Carries out ``path=text`` and ``path:=json`` on an input.

    A text becomes what the field's type asks for; rows count from 0 (``feedetail.0.cnt=2``).
    """
    for word in words:
        path, equals, text = word.partition("=")
        if not equals or not path.strip(":"):
            raise YibaoError(
                say(f"--set {path!r}: 应为 路径=值", f"--set {path!r}: must be PATH=VALUE"),
                advice="--set data.psn_no=…",
            )
        steps = path.rstrip(":").removeprefix("input.").split(".")
        value = _json(steps, text) if path.endswith(":") else _typed(_find(interface, steps), text)
        _put(target, steps, value)


def _json(steps: list[str], text: str) -> Any:
    from hubei_yibao_runtime.codec import jsontext

    try:
        return jsontext.parse(text.encode()).value
    except jsontext.Unreadable as error:
        raise YibaoError(f"--set {'.'.join(steps)}: {error}") from None


def _find(interface: Interface, steps: list[str]) -> Field | None:
    wanted = ".".join(step for step in steps if not step.isdecimal())
    return next((p.field for p in interface.fields("input") if p.path == wanted), None)


def _typed(field: Field | None, text: str) -> Any:
    """What cannot be read as the field's type stays a text; the check says so."""
    kind = field.type if field else None
    try:
        if kind == "integer":
            return int(text)
        if kind == "decimal":
            return Decimal(text)
    except (ValueError, InvalidOperation):
        return text
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return text


def _put(target: dict[str, Any], steps: list[str], value: Any) -> None:
    place: Any = target
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        key: Any = int(step) if isinstance(place, list) and step.isdecimal() else step
        if isinstance(place, list) and not (isinstance(key, int) and key <= len(place)):
            raise YibaoError(
                say(
                    f"--set {'.'.join(steps)}: 行号从 0 起，不得跳过",
                    "rows count from 0 without gaps",
                )
            )
        if not isinstance(place, dict | list):
            raise YibaoError(
                say(f"--set {'.'.join(steps)}: {step} 上级不是节点", f"above {step} is no node")
            )
        if isinstance(place, list) and key == len(place):
            place.append(None)
        if following is None:
            place[key] = value
            return
        below = place.get(key) if isinstance(place, dict) else place[key]
        if below is None:
            below = place[key] = [] if following.isdecimal() else {}
        place = below
