"""The store in PostgreSQL: for a group of hosts, or where the hospital's tables are there."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from ..errors import SettingsError
from .store import TABLE, Busy, Key, SqlStore

try:
    import psycopg
except ImportError as error:  # pragma: no cover - depends on the installation
    raise SettingsError(
        "a store in PostgreSQL needs psycopg 3", advice="pip install 'hubei-yibao[postgres]'"
    ) from error

_TABLE_LOCK = 0x79696261  #: of whoever makes the table; "yiba"


class PostgresCallbackStore(SqlStore):
    """``url``: as libpq takes it, ``postgresql://user@host:port/database``.

    The function given to ``once`` writes through psycopg's connection; ``commit()`` and
    ``rollback()`` raise there, but nothing keeps it from sending the word COMMIT itself.
    Deliveries of different messages run side by side.
    """

    def __init__(
        self, url: str, *, lease: timedelta = timedelta(minutes=5), busy_seconds: float = 10.0
    ) -> None:
        super().__init__(lease)
        self._url = url
        self._busy_ms = str(int(busy_seconds * 1000))
        self._local = threading.local()

    @contextmanager
    def _transaction(self, key: Key | None = None) -> Iterator[_Transaction]:
        connection = self._connection()
        try:
            with connection.transaction():
                transaction = _Transaction(connection)
                if key is not None:
                    self._lock(transaction, key)
                yield transaction
        except psycopg.Error:
            if connection.broken:
                self.close()
            raise

    @staticmethod
    def _lock(transaction: _Transaction, key: Key) -> None:
        name = f"{key.number}/{key.message_id}"
        try:
            transaction.run("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", (name,))
        except psycopg.errors.LockNotAvailable:
            raise Busy from None

    def _connection(self) -> psycopg.Connection[Any]:
        held = getattr(self._local, "held", None)
        if held is not None and held[0] == os.getpid() and not held[1].closed:
            connection: psycopg.Connection[Any] = held[1]
            return connection
        connection = psycopg.connect(self._url, autocommit=True, connect_timeout=10)
        connection.execute(
            "SELECT set_config('lock_timeout', %s, false),"
            " set_config('synchronous_commit', 'on', false)",
            (self._busy_ms,),
        )
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_TABLE_LOCK,))
            connection.execute(TABLE.format(bytes="BYTEA", real="DOUBLE PRECISION").encode())
        self._local.held = os.getpid(), connection
        return connection

    def close(self) -> None:
        held = getattr(self._local, "held", None)
        if held is not None and held[0] == os.getpid():
            self._local.held = None
            with suppress(psycopg.Error):
                held[1].close()


class _Transaction:
    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    def run(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(sql.replace("?", "%s").encode(), tuple(values))
        return cursor.fetchall() if cursor.description else []

    @contextmanager
    def guarded(self) -> Iterator[None]:
        with self.connection.transaction():
            yield
