"""The typed call of an interface as Python text, with the values of its example."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ..emit.escape import literal
from ..ir.model import Interface

INDENT = "    "


def typed_call(interface: Interface, request: Mapping[str, Any]) -> str:
    """``result = yibao.outpatient.settle(…)`` with the arguments of the generated method."""
    target = f"yibao.{interface.group}.{interface.method}"
    arguments = _arguments(interface, request)
    if interface.open is not True:
        arguments.append("options=CallOptions(allow_closed=True)")
    if not arguments:
        return f"result = {target}()\n"
    lines = "".join(f"{INDENT}{argument},\n" for argument in arguments)
    return f"result = {target}(\n{lines})\n"


def _arguments(interface: Interface, request: Mapping[str, Any]) -> list[str]:
    nodes = interface.input.nodes
    if nodes is None:
        return [python(request, 1)]
    named: dict[str, str] = {}
    for node in nodes:
        flat = node.wire is None or (len(nodes) == 1 and node.repeated is False)
        if flat:
            named |= {field.wire: field.attribute for field in node.fields}
        else:
            named[node.wire or ""] = node.attribute
    only = nodes[0] if len(nodes) == 1 else None
    inner = only is not None and only.wire is not None and only.repeated is False
    values = request.get(only.wire or "", {}) if only is not None and inner else request
    return [f"{named[wire]}={python(item, 1)}" for wire, item in values.items()]


def python(value: Any, depth: int) -> str:
    """A literal laid out one member a line, ``depth`` levels in."""
    pad, end = INDENT * (depth + 1), INDENT * depth
    if isinstance(value, Mapping):
        rows = [f"{pad}{literal(k)}: {python(v, depth + 1)},\n" for k, v in value.items()]
        return f"{{\n{''.join(rows)}{end}}}" if rows else "{}"
    if isinstance(value, list):
        rows = [f"{pad}{python(item, depth + 1)},\n" for item in value]
        return f"[\n{''.join(rows)}{end}]" if rows else "[]"
    if isinstance(value, Decimal):
        return f"Decimal({literal(str(value))})"
    return literal(value) if isinstance(value, str) else repr(value)
