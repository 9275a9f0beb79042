"""Which messages were handled, on disk: the half of exactly-once that outlives a kill.

Two ways. :meth:`Store.once` runs the hospital's function inside the transaction that also marks
the message: both are on disk or neither, so whatever happens, what the function writes through
the given connection is there exactly once. :meth:`Store.claim` and :meth:`Store.done` stand
around a function that writes elsewhere: a kill between its effect and the mark means that it is
called again, with the same message id and a higher attempt. Nothing can do better from outside;
such a function must itself refuse an id it has seen.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Protocol

from ..journal.owner import may_live, me

#: One table; ``{bytes}`` and ``{real}`` are the database's names of these types.
TABLE = """
CREATE TABLE IF NOT EXISTS yibao_callback (
  number TEXT NOT NULL, message_id TEXT NOT NULL, digest {bytes} NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('claimed', 'done')), attempt INTEGER NOT NULL,
  owner TEXT NOT NULL, until {real} NOT NULL, reply_ok INTEGER, reply_message TEXT,
  reply_output TEXT, received TEXT NOT NULL,
  PRIMARY KEY (number, message_id))
"""


class Key(NamedTuple):
    """A message: the interface's number, its id, and a digest of what it says."""

    number: str
    message_id: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a message, kept so that the same one gets the same answer again."""

    ok: bool
    message: str = ""
    output: str = field(default="{}", repr=False)  #: JSON by the interface's output nodes


class Busy(Exception):
    """The message is being handled right now, or the database is locked: ask again later."""


class Conflict(Exception):
    """The id was seen with another content."""


class Declined(Exception):
    """The function refused the message for good; what it wrote is undone, the refusal kept."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        super().__init__()


class Store(Protocol):
    """What the handler needs; a hospital may implement it over its own database.

    ``once``: in one transaction insert the key (primary key number, message_id), run ``work``
    with the transaction's connection and the attempt, keep the reply, commit. A key that is
    there already: Conflict if the digest differs, else ``(reply, False)``.
    """

    def once(self, key: Key, work: Callable[[Any, int], Reply]) -> tuple[Reply, bool]: ...

    def claim(self, key: Key) -> Reply | int:
        """The attempt's number (1, 2, ...) if the caller is to handle it now, else the reply."""
        ...

    def done(self, key: Key, attempt: int, reply: Reply) -> None: ...

    def release(self, key: Key, attempt: int) -> None:
        """The attempt failed: the next delivery may try at once."""
        ...


class Transaction(Protocol):
    """An open transaction: the driver's connection, and a way to run a statement with ``?``."""

    connection: Any

    def run(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]: ...

    def guarded(self) -> AbstractContextManager[None]:
        """The hospital's part: undone alone if it raises; it must not commit."""
        ...


class SqlStore(ABC):
    """What both databases share. ``lease``: how long a claim of a process that may still live
    is respected."""

    def __init__(self, lease: timedelta) -> None:
        self._lease = lease.total_seconds()

    @abstractmethod
    def _transaction(self, key: Key | None = None) -> AbstractContextManager[Transaction]:
        """Commits at its end, rolls back if it raises; nobody else is at ``key`` meanwhile."""

    @abstractmethod
    def close(self) -> None:
        """Close this thread's connection; the next use opens another."""

    def once(self, key: Key, work: Callable[[Any, int], Reply]) -> tuple[Reply, bool]:
        """The reply, and whether ``work`` ran now. What ``work`` raises undoes everything, but
        Declined, which is kept as the reply. Raises Busy and Conflict."""
        with self._transaction(key) as transaction:
            seen = _seen(transaction, key)
            if isinstance(seen, Reply):
                return seen, False
            attempt = 1 if seen is None else seen.attempt + 1
            _put(transaction, key, attempt, "", 0.0)
            try:
                with transaction.guarded():
                    reply = work(transaction.connection, attempt)
            except Declined as refusal:
                reply = refusal.reply
            _finish(transaction, key, reply)
            return reply, True

    def claim(self, key: Key) -> Reply | int:
        with self._transaction(key) as transaction:
            seen = _seen(transaction, key)
            if isinstance(seen, Reply):
                return seen
            attempt = 1
            if seen is not None:
                if time.time() < seen.until and may_live(seen.owner):
                    raise Busy
                attempt = seen.attempt + 1
            _put(transaction, key, attempt, me(), time.time() + self._lease)
            return attempt

    def done(self, key: Key, attempt: int, reply: Reply) -> None:
        """Raises Busy if the claim was lost to a later attempt in the meantime."""
        with self._transaction(key) as transaction:
            if not _holds(transaction, key, attempt):
                raise Busy
            _finish(transaction, key, reply)

    def release(self, key: Key, attempt: int) -> None:
        with self._transaction(key) as transaction:
            if _holds(transaction, key, attempt):
                _put(transaction, key, attempt, "", 0.0)

    def unfinished(self) -> list[tuple[str, str, int]]:
        """Number, message id and attempt of what was claimed and never done."""
        with self._transaction() as transaction:
            rows = transaction.run(
                "SELECT number, message_id, attempt FROM yibao_callback "
                "WHERE state = 'claimed' ORDER BY received"
            )
        return [(number, message_id, attempt) for number, message_id, attempt in rows]

    def prune(self, before: datetime) -> int:
        """Forget what was done before; how many. A message older than the handler's window is
        refused by its time anyway, but one sealed anew would be handled a second time."""
        stamp = before.astimezone(UTC).isoformat()
        with self._transaction() as transaction:
            gone = transaction.run(
                "DELETE FROM yibao_callback WHERE state = 'done' AND received < ? "
                "RETURNING message_id",
                (stamp,),
            )
        return len(gone)


class _Open(NamedTuple):
    attempt: int
    owner: str
    until: float


def _seen(transaction: Transaction, key: Key) -> Reply | _Open | None:
    rows = transaction.run(
        "SELECT digest, state, attempt, owner, until, reply_ok, reply_message, reply_output "
        "FROM yibao_callback WHERE number = ? AND message_id = ?",
        key[:2],
    )
    if not rows:
        return None
    row = rows[0]
    if bytes(row[0]) != key.digest:
        raise Conflict
    return Reply(bool(row[5]), row[6], row[7]) if row[1] == "done" else _Open(*row[2:5])


def _put(transaction: Transaction, key: Key, attempt: int, owner: str, until: float) -> None:
    transaction.run(
        "INSERT INTO yibao_callback (number, message_id, digest, state, attempt, owner, until, "
        "received) VALUES (?, ?, ?, 'claimed', ?, ?, ?, ?) ON CONFLICT (number, message_id) "
        "DO UPDATE SET attempt = excluded.attempt, owner = excluded.owner, until = excluded.until",
        (*key, attempt, owner, until, datetime.now(UTC).isoformat()),
    )


def _holds(transaction: Transaction, key: Key, attempt: int) -> bool:
    seen = _seen(transaction, key)
    return isinstance(seen, _Open) and (seen.attempt, seen.owner) == (attempt, me())


def _finish(transaction: Transaction, key: Key, reply: Reply) -> None:
    transaction.run(
        "UPDATE yibao_callback SET state = 'done', reply_ok = ?, reply_message = ?, "
        "reply_output = ? WHERE number = ? AND message_id = ?",
        (int(reply.ok), reply.message, reply.output, *key[:2]),
    )
