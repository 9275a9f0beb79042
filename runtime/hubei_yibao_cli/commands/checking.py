"""``hubei-yibao check``."""

from __future__ import annotations

from typing import Annotated

import typer
from hubei_yibao.registry import INTERFACES
from hubei_yibao_runtime.errors import RequestInvalid

from ..command import WRONG, Command, Json, new_app
from ..finding import complete_interface, find_interface
from ..requests import read_input
from ..screen import note, show_json, show_table
from ..words import say

app = new_app()
_COLUMNS = (
    say("位置", "place"), say("名称", "label"), say("规则", "rule"), say("问题", "what is wrong")
)  # fmt: skip


@app.command(
    cls=Command,
    help=say(
        "按字段表校验一份输入（或整份报文）；不发送。",
        "Check an input, or a whole message, against the tables; nothing is sent.",
    ),
)
def check(
    interface: Annotated[
        str,
        typer.Argument(
            metavar="INTERFACE", autocompletion=complete_interface,
            help=say("编号、中文名或方法名", "number, Chinese name or operation"),
        ),
    ],
    file: Annotated[
        str, typer.Argument(metavar="FILE", help=say("JSON 文件，- 为标准输入", "JSON, - for stdin"))
    ],
    as_json: Json = False,
) -> None:  # fmt: skip
    from hubei_yibao_runtime.codec import encode_input

    found = find_interface(interface)
    given = read_input(file, found)
    try:
        encode_input(INTERFACES, found.number, given)
    except RequestInvalid as error:
        if as_json:
            faults = [fault._asdict() for fault in error.faults]
            show_json({"number": found.number, "valid": False, "faults": faults})
        else:
            rows = [(f.path, f.label, f.rule, f.message) for f in error.faults]
            show_table(_COLUMNS, rows)
            note(say(f"{found.number} {found.name}：{len(rows)} 处不符", f"{len(rows)} faults"))
        raise typer.Exit(WRONG) from None
    if as_json:
        show_json({"number": found.number, "valid": True, "faults": []})
    else:
        note(say(f"{found.number} {found.name}：通过", f"{found.number} {found.name}: valid"))
