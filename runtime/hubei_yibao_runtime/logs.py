"""Log lines of calls: standard ``logging``, logger ``hubei_yibao``, facts as extra fields.

INFO: one line per attempt. DEBUG: the messages, masked by the spec's flags. Raw bodies only with
``settings.log_bodies``. What the platform says in ``err_msg`` may name people and is not logged.
"""

from __future__ import annotations

import json
import logging
import traceback
from typing import TYPE_CHECKING, Any

from .errors import Rejected
from .masking import masked

if TYPE_CHECKING:
    from .call import Prepared
    from .hooks import AfterAnswer

log = logging.getLogger("hubei_yibao")


def attempt_ended(event: AfterAnswer) -> None:
    """One line with the outcome; WARNING where it is unknown."""
    level = logging.WARNING if event.outcome == "unknown" else logging.INFO
    if not log.isEnabledFor(level):
        return
    interface = event.interface
    facts: dict[str, Any] = {
        "infno": interface.number,
        "operation": interface.operation,
        "msgid": event.msgid,
        "attempt": event.attempt,
        "outcome": event.outcome,
        "milliseconds": round(event.seconds * 1000, 1),
        "http_status": event.status,
        "infcode": event.error.infcode if isinstance(event.error, Rejected) else None,
        "error": type(event.error).__name__ if event.error else None,
    }
    log.log(
        level,
        "%s %s %s: %s in %.0f ms",
        interface.number,
        interface.name,
        event.msgid,
        event.outcome if event.error is None else f"{event.outcome} ({facts['error']})",
        event.seconds * 1000,
        extra={f"yibao_{name}": value for name, value in facts.items()},
    )


def broke_off(msgid: str | None, error: BaseException) -> None:
    """Where something unexpected was raised; not its text, which may quote the message."""
    places = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s: the call broke off (%s) at\n%s", msgid, type(error).__name__, places)


def request(prepared: Prepared, *, raw: bool) -> None:
    """The message at DEBUG, masked unless ``raw``."""
    if not log.isEnabledFor(logging.DEBUG):
        return
    shown: Any = prepared.message.decode("utf-8", "replace")
    if not raw:
        shown = masked(prepared.plan.interface, "input", json.loads(prepared.plan.input))
    log.debug("%s %s request: %s", prepared.plan.interface.number, prepared.msgid, shown)


def answer(prepared: Prepared, event: AfterAnswer, body: bytes, *, raw: bool) -> None:
    """The answer at DEBUG, masked unless ``raw``."""
    if not log.isEnabledFor(logging.DEBUG):
        return
    shown: Any = body.decode("utf-8", "replace")
    if not raw:
        message = getattr(event.result if event.error is None else event.error, "raw", None)
        output = message.get("output") if isinstance(message, dict) else None
        shown = masked(prepared.plan.interface, "output", output)
    log.debug("%s %s answer: %s", prepared.plan.interface.number, prepared.msgid, shown)
