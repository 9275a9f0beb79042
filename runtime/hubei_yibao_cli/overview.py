"""All of ``hubei-yibao``; only the chosen subcommand is imported."""

from __future__ import annotations

import sys
from importlib import import_module
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from .command import as_typed
from .screen import write
from .words import LANGUAGES, say

#: Subcommand → module in ``commands``.
COMMANDS = {
    "list": "listing",
    "show": "showing",
    "field": "fields",
    "dict": "dictionaries",
    "sample": "sampling",
    "check": "checking",
    "call": "calling",
    "journal": "journal",
    "doctor": "doctor",
    "simulate": "simulating",
    "bridge": "bridging",
    "sync": "syncing",
    "reconcile": "reconciling",
    "jobs": "jobs",
}


class Overview(TyperGroup):
    """Finds subcommands by name and imports them when they are asked for."""

    def get_params(self, ctx: Any) -> list[Any]:
        return as_typed(super().get_params(ctx))

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.commands and cmd_name in COMMANDS:
            module = import_module(f".commands.{COMMANDS[cmd_name]}", __package__)
            command = typer.main.get_command(module.app)
            command.name = cmd_name
            self.commands[cmd_name] = command
        return self.commands.get(cmd_name)


_EXIT_CODES = say(
    "退出码：0 成功；1 参数内容、配置或设置有误；2 用法错误；3 平台拒绝；4 未发送（可重试）；"
    "5 结果未知（勿直接重发，用 journal resolve 查）；130 被中断且未发送。",
    "Exit codes: 0 OK; 1 error in what was asked or in the settings; 2 usage; 3 rejected by the "
    "platform; 4 not sent (safe to repeat); 5 outcome unknown (do not repeat, look it up with "
    "journal resolve); 130 interrupted with nothing sent.",
)

app = typer.Typer(
    cls=Overview,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
    help=say("湖北医保接口：查阅、试调、日志。", "The Hubei platform's interfaces: read, try, look after."),
    epilog=_EXIT_CODES,
)  # fmt: skip


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        write(f"hubei-yibao {version('hubei-yibao')}\n")
        raise typer.Exit


def _language(chosen: str | None) -> str | None:
    if chosen is not None and chosen not in LANGUAGES:
        raise typer.BadParameter(f"{chosen!r}: {' | '.join(LANGUAGES)}")
    return chosen


@app.callback()
def overview(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help=say("版本", "print the version")
        ),
    ] = False,
    lang: Annotated[
        str | None,
        typer.Option(
            callback=_language,
            metavar="zh|en",
            help=say("语言，可放在任何位置；默认按 LANG", "language, anywhere; default from LANG"),
        ),
    ] = None,
) -> None:
    """Options before the subcommand."""


def _language_first(words: list[str]) -> list[str]:
    """``--lang`` may stand behind the subcommand too."""
    found: list[str] = []
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--lang":
            found = [word, next(rest, "")]
        elif word.startswith("--lang="):
            found = [word]
        else:
            kept.append(word)
    return found + kept


def run() -> None:
    """Run what the command line asks for and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Chinese
    app(_language_first(sys.argv[1:]), prog_name="hubei-yibao")
