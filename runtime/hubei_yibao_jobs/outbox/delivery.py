"""Sending one message at most once, and finding out what became of it.

The number a message goes out under stands in the outbox before the journal opens it, and the
journal opens a number once. So whoever comes later, after a SIGKILL or on another host, sends
under the same number or not at all, and reads in the journal what is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hubei_yibao_runtime.call import CallOptions
from hubei_yibao_runtime.client import SyncClient
from hubei_yibao_runtime.errors import (
    NotAllowed,
    OutcomeUnknown,
    Rejected,
    RequestInvalid,
    YibaoError,
)
from hubei_yibao_runtime.journal import Record
from hubei_yibao_runtime.resolve import Resolution

from .book import Message, Outbox, first, now

BUSY = "busy"  #: somebody is waiting for the answer; look again later
_OWN = ("psn_no", "statement", "complete", "reverse", "force", "msgid")


@dataclass(frozen=True)
class Desk:
    """What delivering needs; ``mark``: which journal the client writes (``journal_mark``)."""

    client: SyncClient
    outbox: Outbox
    mark: str
    waits: tuple[float, ...]

    @property
    def journal(self) -> Any:
        return self.client._journal

    def next_msgid(self) -> str:
        return self.client._protocol.next_msgid(CallOptions())


def deliver(desk: Desk, id: int) -> str:
    """Sends the message if that is still to be done; returns its state or ``busy``.

    Raises only where outbox or journal cannot be used.
    """
    row = desk.outbox.claim(id, desk.next_msgid, desk.mark)
    if row.state != "sending":
        return row.state
    record = desk.journal.get(row.msgid)
    if record is not None:
        return _judge(desk, row, record)
    if row.journal != desk.mark:
        words = "taken up by another host with a journal of its own, which knows what became of it"
        return desk.outbox.close_row(row, "unproven", words=words)
    return _send(desk, row)


def _send(desk: Desk, row: Message) -> str:
    close = desk.outbox.close_row
    try:
        result = desk.client.call(
            row.number, row.input(), options=CallOptions(msgid=row.msgid, note=f"outbox {row.id}")
        )
    except Rejected as error:
        return close(row, "refused", infcode=error.infcode, words=error.err_msg or error.what)
    except (RequestInvalid, NotAllowed) as error:
        return close(row, "refused", words=error.what)
    except OutcomeUnknown:
        return _look_up(desk, row)
    except YibaoError as error:
        record = desk.journal.get(row.msgid)
        if record is None or record.state == "not_sent":
            return _later(desk, row, error.what)
        return _judge(desk, row, record)
    output = result.raw.get("output") if isinstance(result.raw, dict) else None
    return close(row, "done", infcode=result.infcode or "", words="", answer=output)


def _later(desk: Desk, row: Message, why: str) -> str:
    """Nothing left: the same message goes out again under another number, a few times."""
    if row.attempt > len(desk.waits):
        return desk.outbox.close_row(row, "refused", words=f"{row.attempt} attempts, last: {why}")
    due = now() + int(desk.waits[row.attempt - 1] * 1000)
    return desk.outbox.close_row(row, "later", due=due, words=why)


def _judge(desk: Desk, row: Message, record: Record) -> str:
    """What the journal knows of a message somebody sent before."""
    close = desk.outbox.close_row
    if record.in_flight:
        return BUSY
    if record.state in ("ok", "resolved_done"):
        return close(row, "done", infcode=record.infcode, words="", answer=dict(record.keys))
    if record.state == "rejected":
        words = "the platform refused it; its words were lost when the worker was killed"
        return close(row, "refused", infcode=record.infcode, words=words)
    if record.state in ("not_sent", "resolved_not_done"):
        return _later(desk, row, "it did not reach the platform")
    if record.state == "reversed":
        return close(row, "refused", words="it was taken back")
    if record.state == "manual":
        return close(row, "skipped", words="settled by hand in the journal")
    return _look_up(desk, row)


def _look_up(desk: Desk, row: Message) -> str:
    """Asks the platform; what nothing proves is set aside and listed, never sent again."""
    found = resolve(desk, row)
    if found.finding == "done":
        return desk.outbox.close_row(row, "done", words="looked up: the platform has it")
    if found.finding == "not_done":
        return _later(desk, row, "looked up: the platform does not have it")
    if found.finding == "undone":
        return desk.outbox.close_row(row, "refused", words="looked up: it was taken back")
    asked = "; ".join(f"{e.source}: {e.says} {e.detail}".strip() for e in found.evidence)
    words = f"outcome unknown, {asked or 'nothing can be asked'}"
    return desk.outbox.close_row(row, "unproven", words=words)


def resolve(desk: Desk, row: Message, **choices: Any) -> Resolution:
    """Looks a message up by what its payload says of it."""
    message = row.input()
    known: dict[str, Any] = {name: first(message, name) for name in _names(message)}
    for name in _OWN:
        known.pop(name, None)
    known |= {"page_num": 1, "page_size": 100, "fixmedins_code": row.institution}
    found: Resolution = desk.client.resolve(
        row.msgid, psn_no=first(message, "psn_no") or None, **choices, **known
    )
    return found


def _names(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(_names, value.values()))
    return set().union(*map(_names, value)) if isinstance(value, list) else set()
