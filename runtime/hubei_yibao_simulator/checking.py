"""A request against the spec, by the simulator's own reading of the tables.

Deliberately not the client's codec: client and stand-in check each other. Texts name node, row,
field and Chinese label, never a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from hubei_yibao_runtime.interface import Field, Interface, Node

from .money import NotMoney, number

Codes = Callable[[str], dict[str, str]]
DATE_SHAPES = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")
DIGITS = re.compile(r"-?[0-9]+")
#: 13xx hand out numbers of 40 characters which 9102 prints with 30 (transport.md 5)
LONGEST = {"file_qury_no": 40}


def check_input(interface: Interface, value: Mapping[str, Any], codes: Codes) -> list[str]:
    """What is wrong with ``input``; empty when nothing is, or when no table is known."""
    if interface.input is None:
        return []
    return list(_nodes(interface.input, value, codes))


def _nodes(nodes: Sequence[Node], value: Mapping[str, Any], codes: Codes) -> Iterator[str]:
    direct = {f.name for n in nodes if n.name is None for f in n.fields}
    direct |= {a for n in nodes if n.name is None for f in n.fields for a in f.aliases}
    known = {name for n in nodes for name in (n.name, *n.aliases)} | direct
    for name in value:
        if name not in known:
            yield f"{name}：本交易没有此节点"
    for index, node in enumerate(nodes):
        if node.name is None:
            own = {f.name for f in node.fields} | {a for f in node.fields for a in f.aliases}
            yield from _row("", node.fields, {k: v for k, v in value.items() if k in own}, codes)
            continue
        given = next((value[n] for n in (node.name, *node.aliases) if n in value), None)
        if given is None:
            if index == 0 and any(field.required for field in node.fields):
                yield f"{node.name} {node.label}：缺少节点"
            continue
        yield from _rows(node.name, node.fields, given, codes)


def _rows(path: str, fields: Sequence[Field], given: Any, codes: Codes) -> Iterator[str]:
    if isinstance(given, Mapping):
        yield from _row(f"{path}.", fields, given, codes)
    elif isinstance(given, list):
        for index, row in enumerate(given):
            if isinstance(row, Mapping):
                yield from _row(f"{path}[{index}].", fields, row, codes)
            else:
                yield f"{path}[{index}]：应为对象"
    else:
        yield f"{path}：应为对象或数组"


def _row(
    prefix: str, fields: Sequence[Field], row: Mapping[str, Any], codes: Codes
) -> Iterator[str]:
    names = {name for field in fields for name in (field.name, *field.aliases)}
    for name in row:
        if name not in names:
            yield f"{prefix}{name}：本交易没有此字段"
    for field in fields:
        given = next((row[n] for n in (field.name, *field.aliases) if n in row), None)
        path, title = f"{prefix}{field.name}", f"{prefix}{field.name} {field.label}"
        if given is None or given == "" or given == []:
            if field.required:
                yield f"{title}：不能为空"
        elif field.fields:
            yield from _rows(path, field.fields, given, codes)
        elif field.repeated and isinstance(given, list):
            for one in given:
                yield from (f"{title}：{what}" for what in _value(field, one, codes))
        else:
            yield from (f"{title}：{what}" for what in _value(field, given, codes))


def _value(field: Field, value: Any, codes: Codes) -> Iterator[str]:
    if field.type in (None, "object", "bytes", "boolean"):
        return
    if field.type in ("integer", "decimal"):
        yield from _numeric(field, value)
        return
    if not isinstance(value, str):
        if not (isinstance(value, int) and field.name == "feedetl_sn"):
            yield "应为字符型"
        return
    if field.type in ("date", "datetime"):
        if not any(_is_date(value, shape) for shape in DATE_SHAPES):
            yield "日期格式不正确，应为 yyyy-MM-dd 或 yyyy-MM-dd HH:mm:ss"
        return
    longest = LONGEST.get(field.name, field.length)
    if longest and len(value) > longest:
        yield f"长度{len(value)}超过{longest}"
    if field.dictionary and value not in _table(codes, field.dictionary, value):
        yield f"不在字典 {field.dictionary} 中"


def _numeric(field: Field, value: Any) -> Iterator[str]:
    """Numbers may come as JSON numbers or as text: several public clients send text."""
    if isinstance(value, bool) or (
        not isinstance(value, str | int) and not hasattr(value, "as_tuple")
    ):
        yield "应为数值型"
        return
    try:
        amount = number(value)
    except NotMoney:
        yield "应为数值型"
        return
    if field.type == "integer" and amount != amount.to_integral_value():
        yield "应为整数"
    if field.precision:
        digits, places = field.precision
        if amount != round(amount, places):
            yield f"最多{places}位小数"
        elif abs(amount) >= 10 ** (digits - places):
            yield f"整数部分最多{digits - places}位"


def _is_date(text: str, shape: str) -> bool:
    try:
        datetime.strptime(text, shape)
    except ValueError:
        return False
    return True


def _table(codes: Codes, key: str, value: str) -> Mapping[str, str]:
    try:
        return codes(key)
    except KeyError:
        return {value: ""}
