"""The journal in PostgreSQL: for a group of hosts; needs the extra ``postgres``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ..errors import JournalError, SettingsError
from .store import Done, Duplicate, Missing, Statement, Store

try:
    import psycopg
except ImportError as error:  # pragma: no cover - depends on the installation
    raise SettingsError(
        "a postgresql:// journal needs psycopg 3", advice="pip install 'hubei-yibao[postgres]'"
    ) from error


class PostgresStore(Store):
    """``url``: as libpq takes it, ``postgresql://user@host:port/database``."""

    def __init__(
        self, url: str, prepare: Callable[[Store], None], busy_seconds: float = 10.0
    ) -> None:
        self._url = url
        self._prepare = prepare
        self._busy_ms = int(busy_seconds * 1000)
        self._connection: psycopg.Connection[Any] | None = None
        super().__init__()

    def run(self, *statements: Statement, durable: bool = True) -> Done:
        with self.lock:
            stale = self._connection is not None
            try:
                return self._run(statements)
            except JournalError:
                if not stale or self._connection is not None:
                    raise
            try:
                return self._run(statements)
            except Duplicate:
                if len(statements) == 1:
                    return Done([], 1)  # the attempt before the connection broke did arrive
                raise

    def _run(self, statements: tuple[Statement, ...]) -> Done:
        try:
            connection = self._connected()
            with connection.transaction(), connection.cursor() as cursor:
                for sql, values in statements:
                    cursor.execute(sql.replace("?", "%s").encode(), tuple(values))
                rows = cursor.fetchall() if cursor.description else []
                return Done(rows, cursor.rowcount)
        except psycopg.errors.UniqueViolation as error:
            name = error.diag.constraint_name
            raise Duplicate(f"journal: {name} holds this key already") from None
        except psycopg.errors.UndefinedTable as error:
            raise Missing(f"journal database: {error.diag.message_primary}") from None
        except psycopg.Error as error:
            if self._connection is not None and self._connection.broken:
                self.close()
            what = error.diag.message_primary or type(error).__name__
            raise JournalError(
                f"journal database: {what}", advice="check the PostgreSQL server and the URL"
            ) from None

    def _connected(self) -> psycopg.Connection[Any]:
        if self._connection is not None:
            return self._connection
        connection = psycopg.connect(self._url, autocommit=True, connect_timeout=10)
        self._connection = connection
        try:
            connection.execute(
                "SELECT set_config('statement_timeout', %s, false),"
                " set_config('lock_timeout', %s, false),"
                " set_config('synchronous_commit', 'on', false)",
                (str(self._busy_ms), str(self._busy_ms)),
            )
            self._prepare(self)
        except BaseException:
            self.close()
            raise
        return connection

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()
