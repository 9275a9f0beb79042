"""``hubei-yibao show``."""

from __future__ import annotations

from typing import Annotated

import typer
from hubei_yibao.registry import INTERFACES
from hubei_yibao_runtime.interface import Interface

from ..command import Command, Json, new_app
from ..finding import complete_interface, find_interface
from ..screen import show_facts, show_json
from ..tables import as_data, nodes_as_data, show_files, show_side
from ..words import DIRECTION, EFFECT, INSTITUTION, MODE, PROVENANCE, say, yes_no
from .listing import as_data as listed

app = new_app()


def _with_name(numbers: tuple[str, ...]) -> str:
    known = (INTERFACES.get(number) for number in numbers)
    return say("、", ", ").join(f"{i.number} {i.name}" for i in known if i is not None)


def _cancelled_by(interface: Interface) -> tuple[str, ...]:
    return tuple(i.number for i in INTERFACES.values() if interface.number in i.cancels)


def facts(interface: Interface) -> list[tuple[str, object]]:
    replaced = (interface.replaced_by,) if interface.replaced_by else ()
    return [
        (say("编号", "number"), interface.number),
        (say("名称", "name"), interface.name),
        (say("说明", "purpose"), interface.description),
        (say("类别", "category"), " / ".join(interface.category)),
        (say("机构类型", "institution"), INSTITUTION[interface.institution]),
        (say("当前是否开放", "open"), yes_no(interface.open)),
        (say("调用方式", "call mode"), MODE.get(interface.call_mode, interface.call_mode)),
        (say("方向", "direction"), DIRECTION[interface.direction]),
        (say("作用", "effect"), EFFECT[interface.effect]),
        (say("可冲正", "reversible"), yes_no(interface.reversible)),
        (say("撤销", "cancels"), _with_name(interface.cancels)),
        (say("由此撤销", "cancelled by"), _with_name(_cancelled_by(interface))),
        (say("改用", "replaced by"), _with_name(replaced)),
        (say("Python 方法", "operation"), f"client.{interface.operation}(…)"),
        (
            say("字段来源", "fields from"),
            PROVENANCE.get(interface.provenance, interface.provenance),
        ),
        *((say("规则", "rule"), rule) for rule in interface.rules),
    ]


@app.command(
    cls=Command,
    help=say("一个接口的全部内容：说明、输入、输出、文件列。", "Everything about one interface."),
)
def show(
    interface: Annotated[
        str,
        typer.Argument(
            metavar="INTERFACE", autocompletion=complete_interface,
            help=say("编号、中文名或方法名", "number, Chinese name or operation"),
        ),
    ],
    as_json: Json = False,
) -> None:  # fmt: skip
    found = find_interface(interface)
    if as_json:
        show_json(
            {
                **listed(found),
                "rules": found.rules,
                "input": nodes_as_data(found.input),
                "output": nodes_as_data(found.output),
                "files": [
                    {**file._asdict(), "columns": [as_data(c) for c in file.columns]}
                    for file in found.files
                ],
            }
        )
        return
    show_facts(facts(found))
    show_side(found, "input")
    show_side(found, "output")
    show_files(found)
