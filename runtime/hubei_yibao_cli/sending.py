"""A client whose interruption is told as the outcome it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer
from hubei_yibao_runtime.errors import OutcomeUnknown

from .command import INTERRUPTED
from .screen import note
from .words import say

if TYPE_CHECKING:
    from hubei_yibao import Client
    from hubei_yibao_runtime.hooks import AfterAnswer, BeforeSend
    from hubei_yibao_runtime.journal import SqlJournal
    from hubei_yibao_runtime.settings import Settings


@dataclass
class _Attempt:
    """The attempt under way, if any: what an interruption breaks off."""

    event: BeforeSend | None = None
    finished: bool = False  #: everything asked for was answered

    def leaves(self, event: BeforeSend) -> None:
        self.event = event

    def ends(self, event: AfterAnswer) -> None:
        if event.outcome != "unknown":  # as a broken off attempt ends too
            self.event = None


def look_up(msgid: str | None) -> str:
    """What to do about a write nobody knows the outcome of."""
    command = f"hubei-yibao journal resolve {msgid}"
    return say(f"勿直接重发，先查明：{command}", f"do not send it again, look it up: {command}")


@contextmanager
def connected(settings: Settings) -> Iterator[Client]:
    """A client; a write broken off with Ctrl-C raises OutcomeUnknown, anything else exits 130."""
    from hubei_yibao import Client
    from hubei_yibao_runtime.hooks import Hooks
    from hubei_yibao_runtime.local import open_local

    attempt = _Attempt()
    journal = open_local(settings)
    hooks = Hooks(before_send=[attempt.leaves], after_answer=[attempt.ends])
    try:
        with Client(settings, journal=journal, hooks=hooks) as client:
            yield client
            attempt.finished = True
    except KeyboardInterrupt:
        if attempt.finished:  # nothing was left to do but to sign out
            return
        raise _interrupted(attempt.event, journal, settings) from None
    finally:
        journal.shutdown()


def _interrupted(event: BeforeSend | None, journal: SqlJournal, settings: Settings) -> Exception:
    """A write is unknown once its record is on disk; before that nothing can have left."""
    writing = event is not None and event.interface.effect == "write"
    if event and writing and (settings.journal == "off" or journal.get(event.msgid) is not None):
        return OutcomeUnknown(
            say("被中断，可能已经执行", "interrupted; it may have been carried out"),
            infno=event.interface.number, name=event.interface.name, msgid=event.msgid,
            advice=look_up(event.msgid),
        )  # fmt: skip
    note(say("已中断，没有写入任何内容", "interrupted, nothing was written"))
    return typer.Exit(INTERRUPTED)
