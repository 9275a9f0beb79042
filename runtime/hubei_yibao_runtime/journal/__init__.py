"""The journal of writes: which left, which came back, and which nobody knows about."""

from __future__ import annotations

from pathlib import Path

from ..errors import SettingsError
from .book import FINAL, OPEN, Record, SqlJournal, Step
from .schema import migrate
from .store import Store

__all__ = ["FINAL", "OPEN", "Record", "SqlJournal", "Step", "Store", "open_journal", "open_store"]


def open_journal(
    url: str | Path, *, secret: bytes | None = None, busy_seconds: float = 10.0
) -> SqlJournal:
    """A journal in a file (a path or ``sqlite:///path``) or a database (``postgresql://...``).

    Nothing is opened before the first use. ``busy_seconds``: how long to wait for other
    processes. ``secret``: see :class:`SqlJournal`. Raises SettingsError for an address of another
    kind; storage faults come as JournalError from the calls.
    """
    return SqlJournal(open_store(url, busy_seconds), secret=secret)


def open_store(url: str | Path, busy_seconds: float = 10.0) -> Store:
    """The database under a journal, also for the message numbers."""
    text = str(url)
    if text.startswith(("postgresql://", "postgres://")):
        from .postgres import PostgresStore

        return PostgresStore(text, migrate, busy_seconds)
    from .sqlite import SqliteStore

    scheme, separator, rest = text.partition("://")
    path = rest.removeprefix("/") if scheme == "sqlite" and separator else text
    if (separator and scheme != "sqlite") or path in ("", ":memory:"):
        raise SettingsError(
            "the journal's address is neither a file nor a PostgreSQL database",
            advice="journal = '/var/lib/…/journal.sqlite3' or 'postgresql://…'",
        )
    return SqliteStore(Path(path), migrate, busy_seconds)
