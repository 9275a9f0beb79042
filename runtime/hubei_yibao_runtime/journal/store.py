"""What the journal asks of a database, and what both kinds share."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..errors import JournalError

Statement = tuple[str, Sequence[Any]]


class Done(NamedTuple):
    """Of the last statement: its rows, and how many it changed."""

    rows: list[tuple[Any, ...]]
    changed: int


class Duplicate(JournalError):
    """A row with this key is there already."""


class Missing(JournalError):
    """The tables are not there yet."""


class Store:
    """One database connection, shared by the threads of a process under ``lock``.

    The connection is closed before a fork and opened again on next use in parent and child:
    SQLite keeps a process's file locks in memory, and a child that inherits them corrupts the
    file (https://www.sqlite.org/howtocorrupt.html, 2.6).
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        _stores.add(self)

    def run(self, *statements: Statement, durable: bool = True) -> Done:
        """Carries out the statements in one transaction, with ``?`` for values.

        ``durable``: on disk before this returns; otherwise a power cut may undo it. Raises
        Duplicate, or JournalError with nothing changed.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Gives the connection back; the next :meth:`run` opens another."""
        raise NotImplementedError


_stores: weakref.WeakSet[Store] = weakref.WeakSet()
_held: list[Store] = []


def _before_fork() -> None:
    for store in list(_stores):
        store.lock.acquire()
        _held.append(store)
        store.close()


def _after_fork() -> None:
    while _held:
        _held.pop().lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork
    )
