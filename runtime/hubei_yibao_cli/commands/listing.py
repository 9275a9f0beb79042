"""``hubei-yibao list``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from hubei_yibao.registry import INTERFACES
from hubei_yibao_runtime.interface import Interface

from ..command import Command, Json, new_app, one_of
from ..screen import is_terminal, note, show_json, show_line, show_table
from ..words import EFFECT, INSTITUTION, say, yes_no

app = new_app()
_OPEN = {"yes": True, "no": False, "unknown": None}
_COLUMNS = (
    say("编号", "number"), say("名称", "name"), say("类别", "category"), say("机构", "institution"),
    say("开放", "open"), say("作用", "effect"), say("Python 方法", "operation"),
)  # fmt: skip


def as_row(interface: Interface) -> tuple[str, ...]:
    return (
        interface.number, interface.name, interface.category[1], INSTITUTION[interface.institution],
        yes_no(interface.open), EFFECT[interface.effect], interface.operation,
    )  # fmt: skip


def as_data(interface: Interface) -> dict[str, object]:
    """What the listing says, by the attribute names of ``Interface``."""
    names = (
        "number", "name", "operation", "category", "call_mode", "description", "institution",
        "open", "direction", "effect", "reversible", "cancels", "replaced_by", "specified",
        "provenance",
    )  # fmt: skip
    return {name: getattr(interface, name) for name in names}


@app.command(cls=Command, help=say("列出接口，可按条件筛选。", "List the interfaces, filtered."))
def list_interfaces(
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help=say("编号、名称、说明或方法中的文字", "text to find"))
    ] = "",
    category: Annotated[
        str, typer.Option("--category", "-k", help=say("类别（如 2- 或 结算）", "part of a category"))
    ] = "",
    institution: Annotated[
        str,
        typer.Option(
            "--institution", "-i", metavar="medical|pharmacy", callback=one_of("medical", "pharmacy"),
            help=say("该类机构可用", "usable by this type of institution"),
        ),
    ] = "",
    is_open: Annotated[
        str,
        typer.Option(
            "--open", "-o", metavar="yes|no|unknown", callback=one_of(*_OPEN),
            help=say("当前是否开放", "whether it is open"),
        ),
    ] = "",
    effect: Annotated[
        str,
        typer.Option(
            metavar="|".join(EFFECT), callback=one_of(*EFFECT), help=say("作用", "what it does")
        ),
    ] = "",
    callback: Annotated[
        bool, typer.Option("--callback", help=say("只列平台调用机构的", "only those called by the platform"))
    ] = False,
    as_json: Json = False,
) -> None:  # fmt: skip
    wanted = text.casefold()
    found = [
        interface
        for interface in INTERFACES.values()
        if wanted in "\n".join(
            (interface.number, interface.name, interface.description, interface.operation)
        ).casefold()
        and any(category in level for level in interface.category)
        and (not institution or interface.institution in (institution, "all"))
        and (not is_open or interface.open is _OPEN[is_open])
        and (not effect or interface.effect == effect)
        and (not callback or interface.direction == "callback")
    ]  # fmt: skip
    if as_json:
        show_json([as_data(interface) for interface in found])
        return
    show_table(_COLUMNS, map(as_row, found))
    if not found:
        note(say("没有符合条件的接口", "no interface fits"))
    elif is_terminal(sys.stdout):
        show_line(say(f"{len(found)} 个接口", f"{len(found)} interfaces"))
