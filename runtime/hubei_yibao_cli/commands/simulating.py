"""``hubei-yibao simulate``."""

from __future__ import annotations

import typer

from ..command import Command, needing, new_app
from ..words import say

app = new_app()


@app.command(
    cls=Command,
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    help=say(
        "启动平台模拟器（选项见 simulate --help）。",
        "Start the platform's stand-in (options: simulate --help).",
    ),
)
def simulate(ctx: typer.Context) -> None:
    with needing("simulator"):
        from hubei_yibao_simulator.__main__ import main
    try:
        main(ctx.args)
    except KeyboardInterrupt:
        return
