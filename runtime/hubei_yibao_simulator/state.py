"""The simulator's books: one SQLite database, in memory or in a file.

The settlement table is the only place where money is kept; balances, yearly totals, queries and
reconciliation are sums over it, so they cannot drift apart.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .money import dumps, loads

SCHEMA = """
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS visit (
  mdtrt_id TEXT PRIMARY KEY, kind TEXT NOT NULL, institution TEXT NOT NULL, psn_no TEXT NOT NULL,
  insutype TEXT NOT NULL, med_type TEXT NOT NULL, status TEXT NOT NULL, msgid TEXT NOT NULL,
  begntime TEXT NOT NULL, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS diagnosis (
  id INTEGER PRIMARY KEY, mdtrt_id TEXT NOT NULL, stage TEXT NOT NULL, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fee (
  id INTEGER PRIMARY KEY, mdtrt_id TEXT NOT NULL, feedetl_sn TEXT NOT NULL, batch TEXT NOT NULL,
  amount INTEGER NOT NULL, setl_id TEXT, data TEXT NOT NULL, UNIQUE (mdtrt_id, feedetl_sn));
CREATE TABLE IF NOT EXISTS settlement (
  id INTEGER PRIMARY KEY, setl_id TEXT NOT NULL UNIQUE, mdtrt_id TEXT NOT NULL,
  institution TEXT NOT NULL, number TEXT NOT NULL, msgid TEXT NOT NULL, psn_no TEXT NOT NULL,
  insutype TEXT NOT NULL, kind TEXT NOT NULL, clr_type TEXT NOT NULL, setl_optins TEXT NOT NULL,
  setl_time TEXT NOT NULL, total INTEGER NOT NULL, fund INTEGER NOT NULL, account INTEGER NOT NULL,
  cash INTEGER NOT NULL, deductible INTEGER NOT NULL, pool INTEGER NOT NULL, reverses TEXT,
  reversed_by TEXT, voided_by TEXT, data TEXT NOT NULL, details TEXT NOT NULL,
  CHECK (fund + account + cash = total));
CREATE TABLE IF NOT EXISTS record (
  kind TEXT NOT NULL, institution TEXT NOT NULL, key TEXT NOT NULL, psn_no TEXT NOT NULL,
  created TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (kind, institution, key));
CREATE TABLE IF NOT EXISTS upload (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL, institution TEXT NOT NULL, msgid TEXT NOT NULL,
  psn_no TEXT NOT NULL, setl_id TEXT NOT NULL, received TEXT NOT NULL, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS file (
  file_qury_no TEXT PRIMARY KEY, filename TEXT NOT NULL, owner TEXT NOT NULL,
  expires TEXT NOT NULL, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS message (
  id INTEGER PRIMARY KEY, received TEXT NOT NULL, number TEXT NOT NULL, msgid TEXT NOT NULL,
  institution TEXT NOT NULL, outcome TEXT NOT NULL, detail TEXT NOT NULL, request TEXT NOT NULL,
  answer TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS message_msgid ON message (msgid);
CREATE INDEX IF NOT EXISTS fee_visit ON fee (mdtrt_id);
CREATE INDEX IF NOT EXISTS settlement_psn ON settlement (psn_no);
CREATE INDEX IF NOT EXISTS settlement_msgid ON settlement (msgid);
"""

Row = dict[str, Any]
JSON_COLUMNS = ("data", "details", "request", "answer")


class Books:
    """Rows in, rows out; JSON columns come and go as Python values.

    ``path`` None keeps everything in memory. Nothing is written before ``commit``.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.connection = sqlite3.connect(
            str(path) if path else ":memory:", isolation_level=None, check_same_thread=False
        )
        self.connection.row_factory = sqlite3.Row
        if path:
            self.connection.execute("PRAGMA journal_mode = WAL")
            # a killed simulator loses nothing; only a power cut may take the last commits
            self.connection.execute("PRAGMA synchronous = NORMAL")
            self.connection.execute("PRAGMA busy_timeout = 5000")
        self.connection.executescript(SCHEMA)

    def begin(self) -> None:
        self.connection.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self.connection.execute("COMMIT")

    def rollback(self) -> None:
        self.connection.execute("ROLLBACK")

    def close(self) -> None:
        self.connection.close()

    def rows(self, sql: str, *values: Any) -> list[Row]:
        return [_unpack(row) for row in self.connection.execute(sql, values)]

    def row(self, sql: str, *values: Any) -> Row | None:
        found = self.connection.execute(sql, values).fetchone()
        return None if found is None else _unpack(found)

    def value(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, None where there is none."""
        found = self.connection.execute(sql, values).fetchone()
        return None if found is None else found[0]

    def run(self, sql: str, *values: Any) -> int:
        """Carry out a change; the number of rows changed."""
        return self.connection.execute(sql, [_pack(value) for value in values]).rowcount

    def insert(self, table: str, row: Row) -> None:
        columns = ", ".join(row)
        marks = ", ".join("?" for _ in row)
        self.connection.execute(
            f"INSERT INTO {table} ({columns}) VALUES ({marks})", [_pack(v) for v in row.values()]
        )

    def next(self, name: str) -> int:
        """1, 2, 3 … per name; numbers taken in a rolled back transaction come again."""
        found = self.connection.execute(
            "INSERT INTO counter VALUES (?, 1) "
            "ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            (name,),
        ).fetchone()
        return int(found[0])

    # records: everything that is stored under a key and belongs to an institution

    def put(self, kind: str, institution: str, key: str, created: str, data: Any,
            psn_no: str = "") -> None:  # fmt: skip
        self.connection.execute(
            "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?)",
            (kind, institution, key, psn_no, created, _pack(data)),
        )

    def get(self, kind: str, institution: str, key: str) -> Any:
        """The record's data, None where there is none."""
        row = self.row(
            "SELECT data FROM record WHERE kind = ? AND institution = ? AND key = ?",
            kind, institution, key,
        )  # fmt: skip
        return None if row is None else row["data"]

    def drop(self, kind: str, institution: str, key: str) -> bool:
        sql = "DELETE FROM record WHERE kind = ? AND institution = ? AND key = ?"
        return bool(self.run(sql, kind, institution, key))

    def records(self, kind: str, *, institution: str | None = None,
                psn_no: str | None = None) -> list[Any]:  # fmt: skip
        rows = self.rows(
            "SELECT data FROM record WHERE kind = ? AND coalesce(?, institution) = institution "
            "AND coalesce(?, psn_no) = psn_no ORDER BY rowid",
            kind, institution, psn_no,
        )  # fmt: skip
        return [row["data"] for row in rows]


def _pack(value: Any) -> Any:
    return dumps(value).decode() if isinstance(value, dict | list | tuple) else value


def _unpack(row: sqlite3.Row) -> Row:
    return {
        key: loads(row[key]) if key in JSON_COLUMNS and row[key] is not None else row[key]
        for key in row.keys()  # noqa: SIM118  (sqlite3.Row iterates over values)
    }


def totals(rows: Iterable[Row]) -> dict[str, int]:
    """Sums in cents and the count over settlement rows."""
    listed = list(rows)
    sums = {name: sum(row[name] for row in listed) for name in ("total", "fund", "account", "cash")}
    return {**sums, "count": len(listed)}
