"""The journal itself: what is written when, on top of either database."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ..errors import JournalError
from ..seams import Outgoing, State
from . import keys, owner
from .store import Duplicate, Statement, Store

log = logging.getLogger("hubei_yibao.journal")

OPEN = ("open", "unknown")
FINAL = ("resolved_done", "resolved_not_done", "reversed", "manual")
#: Beyond a call's own deadline: time for a slow thread to write down what it got.
MARGIN_SECONDS = 30

_COLUMNS = (
    "msgid, infno, operation, institution, insuplc_admdvs, keys, answer, body_sha256, reverses,"
    " state, opened, deadline, closed, infcode, note, attempt, owner"
)
_INSERT = (
    "INSERT INTO yibao_call (msgid, infno, operation, institution, insuplc_admdvs, keys,"
    " input_sha256, body_sha256, reverses, state, opened, deadline, note, attempt, owner)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?, ?, ?, ?, ?)"
)
_REOPEN = (
    "UPDATE yibao_call SET state = 'open', closed = NULL, opened = ?, deadline = ?, attempt = ?,"
    " owner = ? WHERE msgid = ? AND state = 'not_sent' AND body_sha256 = ?"
)
_CLOSE = (
    "UPDATE yibao_call SET state = ?, closed = ?, infcode = ?, note = ?, answer = ?"
    " WHERE msgid = ? AND state IN ('open', 'unknown')"
)
_STEP = (
    "INSERT INTO yibao_step (msgid, number, at, kind, detail) SELECT ?,"
    " COALESCE(MAX(number), 0) + 1, ?, ?, ? FROM yibao_step WHERE msgid = ?"
)
_SETTLE = (
    "UPDATE yibao_call SET state = ?, closed = ?, note = ? WHERE msgid = ?"
    " AND state NOT IN ('rejected', 'not_sent')"
)


@dataclass(frozen=True, slots=True)
class Record:
    """One write: ``state`` is open, ok, rejected, not_sent, unknown, or after looking it up
    resolved_done, resolved_not_done, reversed, manual. Times are UTC."""

    msgid: str
    infno: str
    operation: str
    institution: str
    insuplc_admdvs: str
    keys: Mapping[str, str]  #: identifying fields of request and answer; psn_no masked or hashed
    body_sha256: str
    reverses: str | None  #: msgid of the write this one takes back
    state: str
    opened: datetime
    deadline: datetime  #: nobody waits for the answer any more
    closed: datetime | None
    infcode: str
    note: str
    attempt: int
    owner: str = field(repr=False)

    @property
    def in_flight(self) -> bool:
        """Open, within its deadline, and its process may still be waiting for the answer."""
        waiting = self.state == "open" and datetime.now(UTC) < self.deadline
        return waiting and owner.may_live(self.owner)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing done to find out what became of a write."""

    msgid: str
    number: int  #: 1, 2, ... within the msgid
    at: datetime
    kind: str
    detail: Mapping[str, Any]


class SqlJournal:
    """A journal in SQLite or PostgreSQL; made by :func:`open_journal`.

    Safe with threads, several processes and forks. ``secret``: key for the hash of personal
    numbers; without it only their last four digits are kept.
    """

    def __init__(self, store: Store, *, secret: bytes | None = None) -> None:
        self.store = store
        self._secret = secret
        self._late: dict[str, Statement] = {}
        self._pid = os.getpid()

    def open(self, call: Outgoing) -> None:
        """Puts the record durably on disk. On JournalError nothing may be sent."""
        found = keys.of_request(call.input) | keys.of_person(call.psn_no, self._secret)
        reverses = found.get("omsgid") if call.interface.role == "reverse" else None
        opened = _now()
        deadline = opened + int((call.seconds + MARGIN_SECONDS) * 1000)
        body = hashlib.sha256(call.body).hexdigest()
        row = (
            call.msgid, call.interface.number, call.interface.operation, call.institution,
            call.insuplc_admdvs or "", _json(found), hashlib.sha256(call.input).hexdigest(), body,
            reverses, opened, deadline, call.note, call.attempt, owner.me(),
        )  # fmt: skip
        self._write_late()
        try:
            self.store.run((_INSERT, row))
        except Duplicate as error:
            again = (opened, deadline, call.attempt, owner.me(), call.msgid, body)
            if not self.store.run((_REOPEN, again)).changed:
                raise self._explain(error, call, reverses) from None

    def _explain(self, error: Duplicate, call: Outgoing, reverses: str | None) -> JournalError:
        about: dict[str, Any] = {"infno": call.interface.number, "name": call.interface.name}
        if reverses and self.get(call.msgid) is None:
            return JournalError(
                f"a reversal of {reverses} is under way or done; a second one is not sent",
                advice=f"resolve({reverses!r}) finds out what became of it",
                safe_to_repeat=False, msgid=call.msgid, **about,
            )  # fmt: skip
        return JournalError(f"this msgid was used before ({error.what})", msgid=call.msgid, **about)

    def close(
        self,
        msgid: str,
        state: State,
        *,
        infcode: str | None = None,
        inf_refmsgid: str | None = None,
        output: Mapping[str, Any] | None = None,
        note: str = "",
    ) -> None:
        """Writes the outcome; lazily, as a lost close only leaves a record to look up.

        A storage fault is logged and the close tried again with the next call: the answer is
        there and must not turn into an error. ``note`` must not quote the platform's texts.
        """
        answer = keys.of_answer(output)
        if inf_refmsgid:
            answer["inf_refmsgid"] = inf_refmsgid
        values = (state, _now(), infcode or "", note, _json(answer), msgid)
        with self.store.lock:
            self._late[msgid] = (_CLOSE, values)
            self._write_late()

    def _write_late(self) -> None:
        with self.store.lock:
            if self._pid != os.getpid():  # the parent of this fork writes its own
                self._late, self._pid = {}, os.getpid()
            for msgid, statement in list(self._late.items()):
                try:
                    if not self.store.run(statement, durable=False).changed:
                        self.step(msgid, "late_answer", {"state": statement[1][0]})
                except JournalError as error:
                    log.error("journal: %s stays open, not closed: %s", msgid, error.what)
                    return
                del self._late[msgid]

    def unknown(self, institution: str | None = None) -> list[Record]:
        """Writes whose outcome nobody knows and for which nobody waits any more, oldest first.

        ``institution``: code; None lists those of all that share the journal.
        """
        self._write_late()
        records = self._select("WHERE state IN ('open', 'unknown') ORDER BY opened, msgid")
        return [
            record for record in records
            if institution in (None, record.institution) and not record.in_flight
        ]  # fmt: skip

    def in_flight(self) -> list[Record]:
        """Writes a living process is still waiting for."""
        return [r for r in self._select("WHERE state = 'open' ORDER BY opened") if r.in_flight]

    def get(self, msgid: str) -> Record | None:
        self._write_late()
        return next(iter(self._select("WHERE msgid = ?", msgid)), None)

    def records(self, institution: str | None = None, *, limit: int = 50) -> list[Record]:
        """The latest writes, newest first; ``institution`` None: of all that share the journal."""
        self._write_late()
        chosen, values = ("WHERE institution = ? ", (institution,)) if institution else ("", ())
        return self._select(f"{chosen}ORDER BY opened DESC, msgid DESC LIMIT ?", *values, limit)

    def between(self, institution: str, since: datetime, until: datetime) -> list[Record]:
        """The writes of an institution opened from ``since`` until before ``until``, in order."""
        self._write_late()
        period = [int(at.timestamp() * 1000) for at in (since, until)]
        return self._select(
            "WHERE institution = ? AND opened >= ? AND opened < ? ORDER BY opened, msgid",
            institution, *period,
        )  # fmt: skip

    def reversal_of(self, msgid: str) -> Record | None:
        """The latest call that was to take ``msgid`` back."""
        found = self._select("WHERE reverses = ? ORDER BY opened DESC, msgid DESC", msgid)
        return next(iter(found), None)

    def knows_person(self, record: Record, psn_no: str) -> bool:
        """False if ``psn_no`` is certainly not the person of the record."""
        kept = record.keys.get("psn_no", "")
        secret = self._secret if kept.startswith("hmac:") else None
        if not kept or (kept.startswith("hmac:") and secret is None):
            return True
        return keys.of_person(psn_no, secret)["psn_no"] == kept

    def _select(self, where: str, *values: Any) -> list[Record]:
        rows = self.store.run((f"SELECT {_COLUMNS} FROM yibao_call {where}", values)).rows
        return [_record(row) for row in rows]

    def step(self, msgid: str, kind: str, detail: Mapping[str, Any]) -> None:
        """Appends to what was done about a record; durable when it returns."""
        self.store.run((_STEP, (msgid, _now(), kind, _json(detail), msgid)))

    def steps(self, msgid: str) -> Sequence[Step]:
        found = self.store.run(
            ("SELECT msgid, number, at, kind, detail FROM yibao_step WHERE msgid = ?"
             " ORDER BY number", (msgid,))
        ).rows  # fmt: skip
        return [
            Step(msgid, number, _time(at), kind, json.loads(detail))
            for msgid, number, at, kind, detail in found
        ]

    def settle(self, msgid: str, state: str, note: str) -> None:
        """What looking it up came to (FINAL or unknown), with its step, in one transaction."""
        if state not in (*FINAL, "unknown"):
            raise ValueError(state)
        record = self.get(msgid)
        if record is None or record.state in ("rejected", "not_sent"):
            raise JournalError(f"no record {msgid} that could become {state}", msgid=msgid)
        now = _now()
        detail = _json({"state": state, "note": note})
        self.store.run(
            (_STEP, (msgid, now, "settled", detail, msgid)),
            (_SETTLE, (state, now, note, msgid)),
        )

    def sign_in(self, institution: str, operator: str, day: str) -> str | None:
        """The sign-in number kept for this day (``yyyy-MM-dd``, UTC+8), if any."""
        rows = self.store.run(
            ("SELECT sign_no FROM yibao_sign_in WHERE institution = ? AND operator = ?"
             " AND day = ?", (institution, operator, day))
        ).rows  # fmt: skip
        return str(rows[0][0]) if rows else None

    def keep_sign_in(self, institution: str, operator: str, day: str, sign_no: str | None) -> None:
        """Keeps a sign-in number for other processes and restarts; None forgets it."""
        forget: Statement = (
            "DELETE FROM yibao_sign_in WHERE institution = ? AND operator = ?",
            (institution, operator),
        )
        keep: Statement = (
            "INSERT INTO yibao_sign_in (institution, operator, day, sign_no) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (institution, operator) DO UPDATE SET day = excluded.day,"
            " sign_no = excluded.sign_no",
            (institution, operator, day, sign_no),
        )
        self.store.run(keep if sign_no else forget, durable=False)

    def prune(self, days: int) -> int:
        """Deletes records closed more than ``days`` days ago with their steps; never open ones.

        Returns how many. Old message numbers go too; a floor stays, under which none is given
        out again.
        """
        before = _now() - days * 86_400_000
        old = "closed < ? AND state NOT IN ('open', 'unknown')"
        second = _time(before).strftime("%Y%m%d%H%M%S")
        return self.store.run(
            ("DELETE FROM yibao_sequence WHERE second < ?", (second,)),
            ("INSERT INTO yibao_sequence (institution, second, taken) VALUES ('', ?, 0)"
             " ON CONFLICT (institution, second) DO NOTHING",
             (second,)),
            (f"DELETE FROM yibao_step WHERE msgid IN (SELECT msgid FROM yibao_call WHERE {old})",
             (before,)),
            (f"DELETE FROM yibao_call WHERE {old}", (before,)),
        ).changed  # fmt: skip

    def shutdown(self) -> None:
        self._write_late()
        self.store.close()


def _now() -> int:
    return time.time_ns() // 1_000_000


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _record(row: tuple[Any, ...]) -> Record:
    (msgid, infno, operation, institution, place, found, answer, body, reverses,
     state, opened, deadline, closed, infcode, note, attempt, token) = row  # fmt: skip
    return Record(
        msgid, infno, operation, institution, place, json.loads(found) | json.loads(answer), body,
        reverses, state, _time(opened), _time(deadline),
        None if closed is None else _time(closed), infcode, note, attempt, token,
    )  # fmt: skip
