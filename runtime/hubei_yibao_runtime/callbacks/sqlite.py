"""The store in an SQLite file: for one host, and for hospital functions that write there too."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from .store import TABLE, Busy, Key, SqlStore

#: Connections of the process we were forked from; closing one here could harm its file
#: (https://www.sqlite.org/howtocorrupt.html, 2.6), and so could forgetting it.
_inherited: list[sqlite3.Connection] = []


class CallbackStore(SqlStore):
    """``path``: a file on a local disk, shared by threads and processes; made, readable by its
    owner only, if it is not there.

    For ``once`` the hospital's tables must be in this very file: SQLite does not commit attached
    files together in the WAL mode used here. Only one transaction writes at a time.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        lease: timedelta = timedelta(minutes=5),
        busy_seconds: float = 10.0,
    ) -> None:
        super().__init__(lease)
        self.path = Path(path)
        self._busy_seconds = busy_seconds
        self._local = threading.local()

    @contextmanager
    def _transaction(self, key: Key | None = None) -> Iterator[_Transaction]:
        connection = self._connection()
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise Busy from None
            raise
        try:
            yield _Transaction(connection)
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise

    def _connection(self) -> sqlite3.Connection:
        """One for each thread, and after a fork a new one."""
        held = getattr(self._local, "held", None)
        if held is not None and held[0] == os.getpid():
            connection: sqlite3.Connection = held[1]
            return connection
        if held is not None:
            _inherited.append(held[1])
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        connection = sqlite3.connect(self.path, self._busy_seconds, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(TABLE.format(bytes="BLOB", real="REAL"))
        self._local.held = os.getpid(), connection
        return connection

    def close(self) -> None:
        held = getattr(self._local, "held", None)
        if held is not None and held[0] == os.getpid():
            self._local.held = None
            held[1].close()


class _Transaction:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def run(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql, values).fetchall()

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """A commit in here would tear effect and mark apart: SQLite is told to deny it."""

        def judge(action: int, *_: Any) -> int:
            denied = action == sqlite3.SQLITE_TRANSACTION
            return sqlite3.SQLITE_DENY if denied else sqlite3.SQLITE_OK

        self.connection.execute("SAVEPOINT hospital")
        self.connection.set_authorizer(judge)
        try:
            yield
        except BaseException:
            self.connection.set_authorizer(None)
            self.connection.execute("ROLLBACK TO hospital")
            raise
        finally:
            self.connection.set_authorizer(None)
