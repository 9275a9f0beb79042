"""``hubei-yibao sample``."""

from __future__ import annotations

from typing import Annotated

import typer
from hubei_yibao.registry import INTERFACES

from ..command import Command, Json, new_app
from ..finding import complete_interface, find_interface
from ..screen import note, show_json
from ..words import say

app = new_app()


@app.command(
    cls=Command,
    help=say(
        "一份通过校验的样例输入（JSON，取值明显虚构，每次相同）。",
        "A sample input that validates: JSON, obviously artificial, the same every time.",
    ),
)
def sample(
    interface: Annotated[
        str,
        typer.Argument(
            metavar="INTERFACE", autocompletion=complete_interface,
            help=say("编号、中文名或方法名", "number, Chinese name or operation"),
        ),
    ],
    seed: Annotated[
        int, typer.Option(help=say("另一组取值", "another set of values"), metavar="N")
    ] = 1,
    as_json: Json = False,
) -> None:  # fmt: skip
    from hubei_yibao_simulator.shape import sample_input

    found = find_interface(interface)
    show_json(sample_input(found, INTERFACES.codes, seed))
    if found.input is None:
        note(say("没有公布的字段表：任何内容都通过校验", "no published table: anything validates"))
