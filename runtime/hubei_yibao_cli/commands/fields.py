"""``hubei-yibao field``."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Annotated

import typer
from hubei_yibao.registry import INTERFACES
from hubei_yibao_runtime.errors import YibaoError
from hubei_yibao_runtime.interface import FieldPlace, Interface

from ..command import Command, Json, new_app
from ..finding import complete_field, near
from ..screen import is_terminal, show_json, show_line, show_table
from ..tables import as_data, type_of
from ..words import say, yes_no

app = new_app()
_COLUMNS = (
    say("接口", "interface"), say("名称", "name"), say("位置", "place"), say("字段名称", "label"),
    say("类型", "type"), say("必填", "required"), say("代码表", "code table"),
)  # fmt: skip

Place = tuple[Interface, FieldPlace]


def _places() -> list[Place]:
    return [(i, place) for i in INTERFACES.values() for place in [*i.fields(), *_columns(i)]]


def _columns(interface: Interface) -> list[FieldPlace]:
    return [
        FieldPlace("file", f"{file.name}.{column.name}", column)
        for file in interface.files
        for column in file.columns
    ]


def _find(name: str) -> list[Place]:
    places = _places()
    for found in (
        [p for p in places if name in (p[1].field.name, *p[1].field.aliases)],
        [p for p in places if name.casefold() == p[1].field.name.casefold()],
        [p for p in places if name == p[1].field.label],
    ):
        if found:
            return found
    words = {word for p in places for word in (p[1].field.name, p[1].field.label)}
    raise YibaoError(
        say(f"没有字段 {name}", f"there is no field {name}"), advice=near(name, sorted(words))
    )


def _summary(found: list[Place]) -> str:
    """How often it occurs, and with which types, the commonest first."""
    types = Counter(type_of(place.field) for _, place in found)
    listed = ", ".join(f"{name} ×{count}" for name, count in types.most_common())
    interfaces = len({interface.number for interface, _ in found})
    return say(
        f"{len(found)} 处，{interfaces} 个接口；类型：{listed}",
        f"{len(found)} places in {interfaces} interfaces; types: {listed}",
    )


@app.command(
    cls=Command,
    help=say("一个字段出现在哪些接口、各是什么类型。", "Where a field occurs, with which types."),
)
def field(
    name: Annotated[
        str,
        typer.Argument(
            metavar="FIELD", autocompletion=complete_field, help=say("字段名或中文名", "name or label")
        ),
    ],
    as_json: Json = False,
) -> None:  # fmt: skip
    found = _find(name)
    if as_json:
        show_json(
            [
                {"number": i.number, "name": i.name, "side": p.side, "path": p.path}
                | {"field": as_data(p.field)}
                for i, p in found
            ]
        )
        return
    rows = [
        (i.number, i.name, f"{p.side}.{p.path}", p.field.label, type_of(p.field),
         yes_no(p.field.required), p.field.dictionary)
        for i, p in found
    ]  # fmt: skip
    show_table(_COLUMNS, rows)
    if is_terminal(sys.stdout):
        show_line(_summary(found))
