"""Example messages made from the field tables: the same spec gives the same example.

Values are visibly invented. A request holds what must be sent, an answer what is always there;
where no source says which fields those are, the first few stand for the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from ..ir.model import Dictionary, Field, Interface, Node, Side

FEW = 4  #: fields shown of a node that marks none as required
DATE, DATETIME = "2026-01-15", "2026-01-15 09:30:00"
#: Endings of labels whose values are identifiers rather than words.
IDENTIFIERS = ("号", "码", "号码", "编号", "代码", "编码", "ID", "Id", "id", "令牌", "标识", "序号")

Tables = Mapping[str, Dictionary]


def request_example(interface: Interface, tables: Tables) -> dict[str, Any]:
    """The ``input`` of a request that passes the strict check; empty without a known table."""
    return _side(interface.input, _asked(interface.input), tables)


def answer_example(interface: Interface, tables: Tables) -> dict[str, Any]:
    """The complete message of an accepted call."""
    side = interface.output
    return {
        "infcode": "0",
        "inf_refmsgid": "000000000000202601150930000001",
        "err_msg": "",
        "output": _side(side, side.nodes or (), tables),
    }


def _asked(side: Side) -> Iterable[Node]:
    nodes = side.nodes or ()
    return [node for node in nodes if node.wire is None or side.node_needed(node)] or nodes[:1]


def _side(side: Side, nodes: Iterable[Node], tables: Tables) -> dict[str, Any]:
    message: dict[str, Any] = {}
    for node in nodes:
        row = _members(node.fields, tables)
        if node.wire is None:
            message |= row
        else:
            message[node.wire] = row if node.repeated is False else [row]
    return message


def _members(fields: tuple[Field, ...], tables: Tables) -> dict[str, Any]:
    chosen = [field for field in fields if field.required] or fields[:FEW]
    return {field.wire: value(field, tables) for field in chosen}


def value(field: Field, tables: Tables) -> Any:
    """One value that fits the field's type, length and code table."""
    one = _members(field.fields, tables) if field.kind == "object" else _scalar(field, tables)
    return [one] if field.repeated else one


def _scalar(field: Field, tables: Tables) -> Any:
    if field.dictionary:
        fits = (c.code for c in tables[field.dictionary].codes if _fits(c.code, field.length))
        code = next(fits, None)
        if code is not None and field.kind in ("string", "text", None):
            return code
    match field.kind:
        case "decimal":
            return _number(field.precision)
        case "integer":
            return 1
        case "boolean":
            return True
        case "date":
            return DATE
        case "datetime":
            return DATETIME
        case "bytes":
            return "56S65L6L"
        case _:
            return _text(field)


def _fits(text: str, length: int | None) -> bool:
    return length is None or len(text) <= length


def _number(precision: tuple[int, int] | None) -> Decimal:
    digits, places = precision or (16, 2)
    whole = 10 ** min(digits - places - 1, 2) if digits > places else 0
    return Decimal(whole).scaleb(0).quantize(Decimal(1).scaleb(-places))


def _text(field: Field) -> str:
    """An identifier or words, by the label; cut to the field's length."""
    if not field.label or field.label.endswith(IDENTIFIERS):
        letters = "".join(part[:1] for part in field.wire.split("_")).upper()
        text = f"{letters}0001"
        return text if field.length is None else text[-field.length :]
    return f"示例{field.label}"[: field.length]
