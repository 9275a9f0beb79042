"""Insert-or-update by key, as each kind of database has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    or_,
)
from sqlalchemy.dialects import postgresql, sqlite

_CONFLICT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Writer:
    """Writes batches into one table, keyed by its primary key.

    ``version``: position of the column that tells which of two rows is the newer one; an older row
    never replaces a newer one.
    """

    def __init__(self, table: Table, engine: Engine, version: int | None) -> None:
        self._table = table
        self._names = [column.name for column in table.columns]
        self._keys = [p for p, column in enumerate(table.columns) if column.primary_key]
        self._version = version
        # the driver's own executemany takes rows as they are; SQLAlchemy would handle each cell
        self._sql = ""
        self._statement: Any = None
        if engine.dialect.name in _CONFLICT:
            self._statement = self._upsert(_CONFLICT[engine.dialect.name])
        if engine.dialect.name == "sqlite":
            self._sql = str(self._statement.compile(dialect=engine.dialect))

    def _upsert(self, into: Any) -> Any:
        table = self._table
        statement = into(table)
        others = [column for column in table.columns if not column.primary_key]
        new = statement.excluded
        differs = or_(*(column.is_distinct_from(new[column.name]) for column in others))
        if self._version is not None:
            name = self._names[self._version]
            none: ColumnElement[str] = literal_column("''")
            newer = func.coalesce(new[name], none) >= func.coalesce(table.columns[name], none)
            differs = and_(newer, differs)
        return statement.on_conflict_do_update(
            index_elements=list(table.primary_key.columns),
            set_={column.name: new[column.name] for column in others},
            where=differs,
        )

    def write(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> int:
        """How many rows are new or differ from what stood there."""
        if self._sql:
            driver: Any = connection.connection.driver_connection
            return int(driver.executemany(self._sql, rows).rowcount)
        if self._statement is not None:
            return connection.execute(self._statement, self._named(rows)).rowcount
        return self._replace(connection, rows)

    def _named(self, rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
        return [dict(zip(self._names, row, strict=True)) for row in rows]

    def _replace(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> int:
        """Databases without ON CONFLICT: the last row of each key replaces what stood there."""
        latest: dict[tuple[Any, ...], Sequence[Any]] = {}
        for row in sorted(rows, key=self._newness):
            latest[tuple(row[place] for place in self._keys)] = row
        keys = [{f"key{place}": row[place] for place in self._keys} for row in latest.values()]
        matches = [
            self._table.columns[self._names[place]] == bindparam(f"key{place}")
            for place in self._keys
        ]
        connection.execute(delete(self._table).where(and_(*matches)), keys)
        connection.execute(insert(self._table), self._named(list(latest.values())))
        return len(latest)

    def _newness(self, row: Sequence[Any]) -> str:
        return "" if self._version is None else str(row[self._version] or "")
