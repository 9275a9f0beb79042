"""What all subcommands share: exit codes, errors on the screen, cheap parameters, options."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from select import select
from typing import Annotated, Any

import typer
from hubei_yibao_runtime import errors
from typer.core import TyperCommand

from .screen import note, show_json, write
from .words import OUTCOME, say

OK, WRONG, USAGE, REJECTED, NOT_SENT, UNKNOWN, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130
_CODES = {"rejected": REJECTED, "not_sent": NOT_SENT, "unknown": UNKNOWN}
#: Nothing was sent either, but sending it again would not help: what was asked must change.
_TO_CORRECT = (errors.RequestInvalid, errors.NotAllowed, errors.SettingsError)

Json = Annotated[bool, typer.Option("--json", help=say("输出 JSON", "print JSON"))]
Config = Annotated[
    str,
    typer.Option(
        "--config", "-c", metavar="FILE",
        help=say("TOML 配置文件（默认 $YIBAO_CONFIG）", "settings in TOML (default $YIBAO_CONFIG)"),
    ),
]  # fmt: skip
Institution = Annotated[
    str,
    typer.Option(
        "--institution", "-i", metavar="NAME",
        help=say("配置文件中的机构名", "which institution of the file"),
    ),
]  # fmt: skip
Yes = Annotated[bool, typer.Option("--yes", "-y", help=say("不再询问", "do not ask"))]
ShowPersonal = Annotated[
    bool,
    typer.Option(
        "--show-personal",
        help=say("显示证件号、姓名、卡号等", "show certificate numbers, names, card numbers"),
    ),
]


def one_of(*words: str) -> Callable[[str], str]:
    """An option's callback: only these words, or nothing."""

    def check(value: str) -> str:
        if value and value not in words:
            raise typer.BadParameter(f"{value!r}: {' | '.join(words)}")
        return value

    return check


def exit_code(error: errors.YibaoError) -> int:
    if isinstance(error, _TO_CORRECT):
        return WRONG
    return _CODES.get(error.outcome, WRONG)


class _AsTyped:
    """Takes texts and flags as the parser leaves them.

    typer (0.29) has pydantic look even at these, whose import costs more than all of ``list``.
    """

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        return () if value is None and (param.multiple or param.nargs == -1) else value


def as_typed(params: list[Any]) -> list[Any]:
    """The parameters, those for texts and flags without checks by pydantic."""
    for param in params:
        described = getattr(param, "type_descriptor", None)
        if described is not None and described.annotation in (str, list[str], bool):
            param._runtime_param = _AsTyped()
    return params


class Command(TyperCommand):
    """A subcommand whose errors become a message and an exit code."""

    def get_params(self, ctx: Any) -> list[Any]:
        return as_typed(super().get_params(ctx))

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except errors.YibaoError as error:
            report(error, as_json=bool(ctx.params.get("as_json")))
            raise typer.Exit(exit_code(error)) from None


def report(error: errors.YibaoError, *, as_json: bool) -> None:
    """An error on standard error, or as JSON on standard output."""
    if not as_json:
        heading = OUTCOME.get(error.outcome, error.outcome)
        note(f"{heading}: {error}")
        return
    facts: dict[str, Any] = {
        "outcome": error.outcome,
        "error": type(error).__name__,
        "what": error.what,
        "infno": error.infno,
        "name": error.name,
        "msgid": error.msgid,
        "advice": error.advice,
        "safe_to_repeat": error.safe_to_repeat,
    }
    if isinstance(error, errors.Rejected):
        facts["infcode"] = error.infcode
    if isinstance(error, errors.RequestInvalid):
        facts["faults"] = [fault._asdict() for fault in error.faults]
    show_json(facts)


def new_app(**options: Any) -> typer.Typer:
    """An application for one subcommand, or for a group of them."""
    return typer.Typer(
        add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, **options
    )


@contextmanager
def needing(extra: str) -> Iterator[None]:
    """Around imports of an optional part; SettingsError naming the extra where it is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise errors.SettingsError(
            say(f"缺少 {error.name}", f"{error.name} is not installed"),
            advice=f"pip install 'hubei-yibao[{extra}]'",
        ) from None


def confirm(question: str, *, yes: bool, otherwise: str) -> None:
    """Ask the person at the terminal; raises NotSent where nobody can be asked or says no."""
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise errors.NotSent(
            say("需要确认，但这里不是终端", "this must be confirmed, and here is no terminal"),
            advice=say("确认无误后加 --yes", "add --yes if you are sure"),
            safe_to_repeat=False,
        )
    try:
        agreed = _answer(question) in ("y", "yes", "是")
    except KeyboardInterrupt:
        agreed = False
    if not agreed:
        raise errors.NotSent(otherwise, safe_to_repeat=False)


def _answer(question: str) -> str:
    """One line typed at the terminal."""
    write(f"{question} [y/N]: ", sys.stderr)
    if os.name == "posix":
        # A Ctrl-C between the prompt and a blocking read would be noticed only after the read.
        while not select([sys.stdin], [], [], 0.2)[0]:
            pass
    return sys.stdin.readline().strip().lower()
