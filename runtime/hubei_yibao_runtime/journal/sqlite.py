"""The journal in an SQLite file: the default, for one host."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..errors import JournalError
from .store import Done, Duplicate, Missing, Statement, Store

_WHAT = {
    "FULL": ("the disk is full", "free space on the journal's disk"),
    "BUSY": ("locked by another process for too long", "see which process holds the file open"),
    "LOCKED": ("locked by another process for too long", "see which process holds the file open"),
    "READONLY": ("not writable", "give this user write access to the file and its directory"),
    "PERM": ("not writable", "give this user write access to the file and its directory"),
    "CANTOPEN": ("cannot be opened", "the directory must exist and be writable for this user"),
    "CORRUPT": ("damaged", "keep the file, restore a copy or move it aside, then reconcile"),
    "NOTADB": ("not a journal or damaged", "keep the file, restore a copy or move it aside"),
    "IOERR": ("cannot be read or written", "check the disk, its quota and its mount"),
}


class SqliteStore(Store):
    """``path``: a file on a local disk; made, readable by its owner only, if it is not there."""

    def __init__(
        self, path: Path, prepare: Callable[[Store], None], busy_seconds: float = 10.0
    ) -> None:
        self.path = path
        self._prepare = prepare
        self._busy_seconds = busy_seconds
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        super().__init__()

    def run(self, *statements: Statement, durable: bool = True) -> Done:
        with self.lock:
            try:
                return self._run(self._connected(), statements, durable)
            except sqlite3.IntegrityError as error:
                raise Duplicate(f"journal {self.path}: {error}") from None
            except sqlite3.Error as error:
                if "no such table" in str(error):
                    raise Missing(f"journal {self.path}: {error}") from None
                self.close()
                raise self._explain(error) from error

    def _run(
        self, connection: sqlite3.Connection, statements: tuple[Statement, ...], durable: bool
    ) -> Done:
        connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        if len(statements) == 1:
            return _done(connection.execute(*statements[0]))
        done = Done([], 0)
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in statements:
                done = _done(connection.execute(*statement))
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
        return done

    def _connected(self) -> sqlite3.Connection:
        if self._connection is not None:
            if self._file == _identity(self.path):
                return self._connection
            self.close()
            raise JournalError(
                f"journal {self.path}: moved or deleted while in use",
                advice="put the file back, or let the next call start a new one",
            )
        _create(self.path)
        connection = sqlite3.connect(
            self.path, self._busy_seconds, isolation_level=None, check_same_thread=False
        )
        self._connection, self._file = connection, _identity(self.path)
        mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        if mode != "wal":
            self.close()
            raise JournalError(
                f"journal {self.path}: this file system offers no write-ahead log",
                advice="put the journal on a local disk",
            )
        connection.execute("PRAGMA fullfsync=ON")
        try:
            self._prepare(self)
        except BaseException:
            self.close()
            raise
        return connection

    def _explain(self, error: sqlite3.Error) -> JournalError:
        code = getattr(error, "sqlite_errorname", "").removeprefix("SQLITE_").partition("_")[0]
        what, advice = _WHAT.get(code, (f"{error}", ""))
        return JournalError(f"journal {self.path}: {what}", advice=advice)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()


def _create(path: Path) -> None:
    """Makes the file, readable by its owner only, unless it is there or cannot be made.

    Never by opening one that exists: closing it again would drop the locks that another
    connection of this process holds (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """
    with suppress(OSError):
        if hasattr(os, "mknod"):
            os.mknod(path, 0o600)
        else:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _done(cursor: sqlite3.Cursor) -> Done:
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return Done(rows, cursor.rowcount)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
