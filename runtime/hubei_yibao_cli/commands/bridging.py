"""``hubei-yibao bridge``."""

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
        "医保组件的本机网桥：serve、doctor、token（选项见 bridge --help）。",
        "The local bridge to the component: serve, doctor, token (options: bridge --help).",
    ),
)
def bridge(ctx: typer.Context) -> None:
    with needing("bridge"):
        from hubei_yibao_bridge.__main__ import main

        code = main(ctx.args)
    raise typer.Exit(code)
