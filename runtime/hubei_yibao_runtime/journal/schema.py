"""The journal's tables and how older ones become today's.

A version, once released, is never edited; a change is a new entry of ``VERSIONS``.
"""

from __future__ import annotations

from contextlib import suppress

from ..errors import JournalError
from .store import Duplicate, Missing, Store

#: Statements that lead from version n-1 to n; both databases take them as they stand.
VERSIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE yibao_call (
            msgid TEXT PRIMARY KEY, infno TEXT NOT NULL, operation TEXT NOT NULL,
            institution TEXT NOT NULL, insuplc_admdvs TEXT NOT NULL, keys TEXT NOT NULL,
            answer TEXT NOT NULL DEFAULT '{}', input_sha256 TEXT NOT NULL,
            body_sha256 TEXT NOT NULL, reverses TEXT, state TEXT NOT NULL,
            opened BIGINT NOT NULL, deadline BIGINT NOT NULL, closed BIGINT,
            infcode TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '',
            attempt INTEGER NOT NULL, owner TEXT NOT NULL)""",
        "CREATE INDEX yibao_call_open ON yibao_call (opened) WHERE state IN ('open', 'unknown')",
        "CREATE UNIQUE INDEX yibao_call_reversal ON yibao_call (reverses) WHERE reverses IS NOT"
        " NULL AND state IN ('open', 'unknown', 'ok', 'resolved_done')",
        """CREATE TABLE yibao_step (
            msgid TEXT NOT NULL, number INTEGER NOT NULL, at BIGINT NOT NULL, kind TEXT NOT NULL,
            detail TEXT NOT NULL, PRIMARY KEY (msgid, number))""",
        """CREATE TABLE yibao_sequence (
            institution TEXT NOT NULL, second TEXT NOT NULL, taken INTEGER NOT NULL,
            PRIMARY KEY (institution, second))""",
        """CREATE TABLE yibao_sign_in (
            institution TEXT NOT NULL, operator TEXT NOT NULL, day TEXT NOT NULL,
            sign_no TEXT NOT NULL, PRIMARY KEY (institution, operator))""",
    ),
)
_CREATE = "CREATE TABLE IF NOT EXISTS yibao_schema (version INTEGER PRIMARY KEY)"
_READ = "SELECT COALESCE(MAX(version), 0) FROM yibao_schema"


def migrate(store: Store) -> None:
    """Brings the tables to today's version; JournalError where a newer library made them.

    Several processes may start at once: the version's own row decides who goes, the others see
    a Duplicate and find the work done.
    """
    version = _version(store)
    if version > len(VERSIONS):
        raise JournalError(
            f"the journal has tables of version {version}, this library knows {len(VERSIONS)}",
            advice="upgrade hubei-yibao on this host",
        )
    while version < len(VERSIONS):
        step = [(sql, ()) for sql in VERSIONS[version]]
        mark = ("INSERT INTO yibao_schema (version) VALUES (?)", (version + 1,))
        with suppress(Duplicate):
            store.run(mark, *step)
        version = _version(store)


def _version(store: Store) -> int:
    try:
        return int(store.run((_READ, ())).rows[0][0])
    except Missing:
        with suppress(Duplicate):
            store.run((_CREATE, ()))
        return int(store.run((_READ, ())).rows[0][0])
