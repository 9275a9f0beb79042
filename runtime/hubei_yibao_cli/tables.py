"""Field tables as rows for people, lines for a pipe and data for JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

from hubei_yibao_runtime.interface import Field, Interface, Node

from .screen import is_terminal, show_table
from .words import say, yes_no

_COLUMNS = (
    say("字段", "field"), say("名称", "label"), say("类型", "type"), say("必填", "required"),
    say("代码表", "code table"), say("说明", "note"),
)  # fmt: skip


def type_of(field: Field) -> str:
    """``string(30)``, ``decimal(16,2)``, ``object[]``; "?" where no source states it."""
    size = ""
    if field.precision is not None:
        size = f"({field.precision[0]},{field.precision[1]})"
    elif field.length is not None:
        size = f"({field.length})"
    return f"{field.type or '?'}{size}{'[]' if field.repeated else ''}"


def _note(field: Field) -> str:
    parts = [field.note]
    if field.sensitive:
        parts.insert(0, say("个人信息", "personal data"))
    if field.aliases:
        parts.append(say("又作 ", "also ") + " ".join(field.aliases))
    if field.format:
        parts.append(field.format)
    return say("；", "; ").join(part for part in parts if part)


def _cells(field: Field) -> tuple[str, ...]:
    return (
        field.label, type_of(field), yes_no(field.required), field.dictionary or "", _note(field),
    )  # fmt: skip


def _indented(fields: Sequence[Field], depth: int) -> Iterator[tuple[str, ...]]:
    for field in fields:
        yield ("  " * depth + field.name, *_cells(field))
        yield from _indented(field.fields, depth + 1)


def _node_name(node: Node) -> str:
    return f"{node.name}[]" if node.repeated else node.name or ""


def show_side(interface: Interface, side: str) -> None:
    """``input`` or ``output`` of an interface; in a pipe each line says where its field stands."""
    nodes = interface.input if side == "input" else interface.output
    if not is_terminal(sys.stdout):
        show_table((), [(side, p.path, *_cells(p.field)) for p in interface.fields(side)])
        return
    title = say("输入", "input") if side == "input" else say("输出", "output")
    rows: list[tuple[str, ...]] = []
    for node in nodes or ():
        if node.name is not None:
            rows.append((_node_name(node), node.label, say("节点", "node"), "", "", node.note))
        rows += _indented(node.fields, 0 if node.name is None else 1)
    if nodes is None:
        title += say("：无公布的字段表，可传任意内容", ": no published table, anything goes")
    show_table(_COLUMNS, rows, title)


def show_files(interface: Interface) -> None:
    """Columns of the text files that travel beside the messages."""
    for file in interface.files:
        rows = [(column.name, *_cells(column)) for column in file.columns]
        if not is_terminal(sys.stdout):
            show_table((), [(f"file:{file.name}", *row) for row in rows])
            continue
        way = {
            "upload": say("上传文件", "uploaded file"),
            "download": say("下载文件", "downloaded file"),
        }
        show_table(
            _COLUMNS, rows, f"{way.get(file.direction, file.direction)} {file.name} {file.label}"
        )


def as_data(field: Field) -> dict[str, Any]:
    """What is known of a field; what is empty is left out, ``required`` never."""
    values = field._asdict()
    del values["attribute"]
    values["fields"] = [as_data(inner) for inner in field.fields]
    return {
        name: value
        for name, value in values.items()
        if name == "required" or value not in ("", None, False, (), [])
    }


def nodes_as_data(nodes: Sequence[Node] | None) -> list[dict[str, Any]] | None:
    if nodes is None:
        return None
    return [
        {
            "node": node.name,
            "label": node.label,
            "repeated": node.repeated,
            "aliases": node.aliases,
            "note": node.note,
            "fields": [as_data(field) for field in node.fields],
        }
        for node in nodes
    ]
