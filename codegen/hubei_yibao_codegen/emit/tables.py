"""``tables/i2207.py``: the runtime's field tables as literals, and the registry's row."""

from __future__ import annotations

from typing import Any

from ..ir.model import Column, Field, FileLayout, Interface, Node, Side
from .escape import docstring, literal
from .output import HEADER


def emit_table(interface: Interface) -> str:
    files = _items(_file(layout) for layout in interface.files)
    names = ["Field"] if _has_fields(interface) else []
    names += ["FileLayout", "Node"]
    return (
        f'{HEADER}"""{docstring(f"{interface.number} {interface.name}")}"""\n\n'
        "from __future__ import annotations\n\n"
        f"from hubei_yibao_runtime.interface import {', '.join(names)}\n\n"
        f"INPUT: tuple[Node, ...] | None = {_side(interface.input)}\n\n"
        f"OUTPUT: tuple[Node, ...] | None = {_side(interface.output)}\n\n"
        f"FILES: tuple[FileLayout, ...] = {files}\n\n"
        f"RULES: tuple[str, ...] = {value(interface.rules)}\n"
    )


def emit_row(interface: Interface) -> str:
    """The row of the registry, in the order of the runtime's ``Interface.__slots__``."""
    row = (
        interface.number,
        interface.name,
        interface.operation,
        interface.category,
        interface.call_mode,
        interface.description,
        interface.institution,
        interface.open,
        interface.direction,
        interface.effect,
        interface.reversible,
        interface.role,
        interface.cancels,
        interface.replaced_by,
        interface.specified,
        interface.provenance,
    )
    return value(row)


def value(data: Any) -> str:
    """A Python literal for texts, numbers, None, booleans and tuples of them."""
    if isinstance(data, str):
        return literal(data)
    if isinstance(data, tuple):
        return _items(value(item) for item in data)
    return repr(data)


def _items(texts: Any) -> str:
    items = list(texts)
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"


def _call(name: str, positional: list[str], named: dict[str, Any]) -> str:
    arguments = positional + [f"{key}={text}" for key, text in named.items() if text]
    return f"{name}({', '.join(arguments)})"


def _given(**values: Any) -> dict[str, str]:
    """Literals of the values that differ from the runtime's defaults (all falsy but ``None``)."""
    return {key: value(each) for key, each in values.items() if each}


def _has_fields(interface: Interface) -> bool:
    nodes = (interface.input.nodes or ()) + (interface.output.nodes or ())
    return any(node.fields for node in nodes) or any(each.columns for each in interface.files)


def _side(side: Side) -> str:
    return "None" if side.nodes is None else _items(_node(node) for node in side.nodes)


def _node(node: Node) -> str:
    named = _given(label=node.label)
    if node.repeated is not False:
        named["repeated"] = repr(node.repeated)
    if node.fields:
        named["fields"] = _items(_field(field) for field in node.fields)
    named |= _given(aliases=node.aliases, note=node.note)
    if node.wire is not None and node.attribute != node.wire:
        named["attribute"] = literal(node.attribute)
    return _call("Node", [value(node.wire)], named)


def _field(field: Field) -> str:
    named = _given(type=field.kind, length=field.length, precision=field.precision)
    if field.required is not False:
        named["required"] = repr(field.required)
    named |= _given(
        repeated=field.repeated,
        dictionary=field.dictionary,
        aliases=field.aliases,
        sensitive=field.sensitive,
        format=field.format,
        note=field.note,
        source=field.source,
        attribute="" if field.attribute == field.wire else field.attribute,
    )
    if field.fields:
        named["fields"] = _items(_field(member) for member in field.fields)
    return _call("Field", [value(field.wire), value(field.label)], named)


def _file(layout: FileLayout) -> str:
    columns = _items(_column(column) for column in layout.columns)
    positional = [value(layout.name), value(layout.label), value(layout.direction), columns]
    return _call("FileLayout", positional, _given(note=layout.note))


def _column(column: Column) -> str:
    named = _given(
        type=column.kind,
        length=column.length,
        precision=column.precision,
        dictionary=column.dictionary,
        sensitive=column.sensitive,
        note=column.note,
        source=column.source,
        role=column.role,
    )
    return _call("Field", [value(column.name), value(column.label)], {"required": "None"} | named)
