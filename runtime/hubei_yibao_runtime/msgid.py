"""Message numbers: institution code (12) + yyyyMMddHHmmss (14, UTC+8) + sequence (4).

The sequence counts per institution and second in the journal's database, so that no thread,
process or restart on one host (or group of hosts, with PostgreSQL) gives a number out twice,
even when the clock is set back. A process takes numbers in small blocks; what it leaves of one
is lost, which nobody minds.
"""

from __future__ import annotations

import os
import time
from datetime import datetime, timedelta

from .clock import UTC8
from .errors import JournalError, SettingsError
from .journal import Store

LAST = 9999
_FIRST_BLOCK = 8
_LARGEST_BLOCK = 256

_TAKE = (
    "INSERT INTO yibao_sequence (institution, second, taken) SELECT ?, ?, ? WHERE NOT EXISTS"
    " (SELECT 1 FROM yibao_sequence AS f WHERE f.institution = '' AND f.second >= ?)"
    " ON CONFLICT (institution, second) DO UPDATE SET taken = yibao_sequence.taken + ?"
)
_TAKEN = "SELECT taken FROM yibao_sequence WHERE institution = ? AND second = ?"


def _second(at: datetime) -> str:
    """The time part of a msgid (``strftime`` takes many times as long)."""
    text = at.astimezone(UTC8).isoformat()
    return f"{text[:4]}{text[5:7]}{text[8:10]}{text[11:13]}{text[14:16]}{text[17:19]}"


class _Block:
    """Numbers of one second that belong to this process alone."""

    __slots__ = ("last", "next", "second", "size")

    def __init__(self, second: str, size: int, first: int, last: int) -> None:
        self.second = second
        self.size = size
        self.next = first
        self.last = last


class DurableIds:
    """Gives out message numbers from a journal's ``store`` (``open_journal(...).store``)."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._blocks: dict[str, _Block] = {}
        self._pid = os.getpid()

    def next(self, code12: str, now: datetime) -> str:
        """A number never given before; its time part is the ``inf_time`` to send.

        ``code12``: exactly 12 characters; ``now``: aware. When 9,999 numbers of the second are
        gone it waits for the next one. Raises SettingsError for a code of another length,
        JournalError where the sequence cannot be kept.
        """
        if len(code12) != 12:
            raise SettingsError(
                f"a msgid starts with 12 characters, not {len(code12)}",
                advice="state which 12 characters of the institution code to use",
            )
        started = time.monotonic()
        while True:
            at = now + timedelta(seconds=time.monotonic() - started)
            second = _second(at)
            number = self._number(code12, second)
            if number is not None:
                return f"{code12}{second}{number:04d}"
            time.sleep(1 - at.microsecond / 1_000_000)

    def ready(self, code12: str, now: datetime) -> str | None:
        """A number of the block at hand, None where getting one might block."""
        if not self._store.lock.acquire(blocking=False):
            return None
        try:
            second = _second(now)
            block = self._blocks.get(code12)
            if self._pid != os.getpid() or block is None or block.second != second:
                return None
            if block.next > min(block.last, LAST):
                return None
            block.next += 1
            return f"{code12}{second}{block.next - 1:04d}"
        finally:
            self._store.lock.release()

    def _number(self, code12: str, second: str) -> int | None:
        with self._store.lock:
            if self._pid != os.getpid():
                self._blocks, self._pid = {}, os.getpid()
            block = self._blocks.get(code12)
            if block is None or block.second != second or block.next > block.last:
                block = self._blocks[code12] = self._take(code12, second, block)
            if block.next > LAST:
                return None
            block.next += 1
            return block.next - 1

    def _take(self, code12: str, second: str, before: _Block | None) -> _Block:
        busy = before is not None and before.second == second
        size = min(before.size * 2, _LARGEST_BLOCK) if before and busy else _FIRST_BLOCK
        rows = self._store.run(
            (_TAKE, (code12, second, size, second, size)),
            (_TAKEN, (code12, second)),
            durable=False,
        ).rows
        if not rows:
            raise JournalError(
                f"the clock says {second}, older than what the journal has forgotten",
                advice="set this host's clock; numbers given out then could repeat",
            )
        taken = int(rows[0][0])
        return _Block(second, size, taken - size + 1, min(taken, LAST))
