"""``docs/``: a Markdown page per interface and a list of them."""

from __future__ import annotations

from typing import Any

from ..ir.model import Column, Field, Interface, Side
from .describe import (
    CALL_MODES,
    INSTITUTIONS,
    OPEN,
    Tables,
    interface_facts,
    kind,
    node_text,
    required,
    size,
    table_of,
)
from .output import Summary
from .templates import render


def emit_page(interface: Interface, tables: Tables) -> str:
    """The page of one interface."""
    return render("interface.md.jinja", **page_values(interface, tables))


def page_values(interface: Interface, tables: Tables) -> dict[str, Any]:
    """What the template of an interface's page is filled with."""
    sides = [
        ("输入", interface.input.class_name, _sections(interface.input, tables)),
        ("输出", interface.output.class_name, _sections(interface.output, tables)),
    ]
    return {
        "i": interface,
        "facts": interface_facts(interface),
        "sides": sides,
        "files": [
            (layout, [_column(c, tables) for c in layout.columns]) for layout in interface.files
        ],
    }


def emit_list(parts: list[Summary]) -> str:
    """``docs/interfaces.md``."""
    words = {"institutions": INSTITUTIONS, "opens": OPEN, "modes": CALL_MODES}
    return render("interfaces.md.jinja", parts=parts, **words)


def _sections(side: Side, tables: Tables) -> list[tuple[str, str, list[dict[str, str]]]]:
    """Wire name, description and rows of each node."""
    return [
        (node.wire or "", node_text(node), _rows(node.fields, tables, ""))
        for node in side.nodes or ()
    ]


def _rows(fields: tuple[Field, ...], tables: Tables, prefix: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for field in fields:
        rows.append(
            {
                "path": prefix + field.wire,
                "python": field.attribute if field.attribute != field.wire else "",
                "label": field.label,
                "kind": f"{kind(field)}{'（可多个）' if field.repeated else ''}",
                "size": size(field),
                "required": required(field.required),
                "dictionary": field.dictionary or "",
                "table": table_of(field, tables),
                "note": _note(field),
            }
        )
        rows += _rows(field.fields, tables, f"{prefix}{field.wire}.")
    return rows


def _note(field: Field) -> str:
    parts = [field.note]
    if field.aliases:
        parts.append(f"又作 {'、'.join(field.aliases)}")
    if field.format:
        parts.append(f"格式 {field.format}")
    if field.sensitive:
        parts.append("敏感信息")
    if field.correction:
        parts.append(f"勘误：{field.correction}")
    if field.source:
        parts.append(f"来源：{field.source}")
    return "；".join(part for part in parts if part)


def _column(column: Column, tables: Tables) -> dict[str, str]:
    parts = [column.note, "敏感信息" if column.sensitive else ""]
    return {
        "position": str(column.position),
        "name": column.name,
        "label": column.label,
        "kind": kind(column),
        "size": size(column),
        "dictionary": column.dictionary or "",
        "table": table_of(column, tables),
        "note": "；".join(part for part in parts if part),
    }
