"""``hubei-yibao bridge``."""

from __future__ import annotations

import typer
from hubei_yibao_runtime.errors import SettingsError

from ..command import Command, new_app
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
    try:
        from hubei_yibao_bridge.__main__ import main

        code = main(ctx.args)
    except ModuleNotFoundError as error:
        raise SettingsError(
            say(f"缺少 {error.name}", f"{error.name} is not installed"),
            advice="pip install 'hubei-yibao[bridge]'",
        ) from None
    raise typer.Exit(code)
