"""Disks that are full, files that are damaged, servers that are gone: a clear error, nothing lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hubei_yibao_runtime.errors import JournalError, NotSent, SettingsError
from hubei_yibao_runtime.journal import open_journal
from hubei_yibao_runtime.journal.sqlite import SqliteStore
from journal_support import outgoing, server, worker
from postgres import Server

__all__ = ["server"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite3"


def test_only_its_owner_reads_the_file(path: Path) -> None:
    book = open_journal(path)
    book.open(outgoing("m1"))
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    book.shutdown()


def test_a_full_disk_refuses_the_call_and_keeps_what_was_written(path: Path) -> None:
    process = worker("fill", path, 200_000)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    *taken, refused = output.splitlines()
    assert len(taken) > 3
    assert refused.startswith(f"refused journal {path}: ")
    assert "full" in refused or "cannot be read or written" in refused
    book = open_journal(path)
    records = {record.msgid for record in book.unknown()}
    assert records == {*taken, "after"}, "the lost close of 'first' was made up for"
    first = book.get("first")
    assert first is not None
    assert first.state == "ok"
    assert book.store.run(("PRAGMA integrity_check", ())).rows == [("ok",)]


@pytest.mark.parametrize("offset", [0, 4096])
def test_a_damaged_file_is_named_and_not_overwritten(path: Path, offset: int) -> None:
    book = open_journal(path)
    for number in range(50):
        book.open(outgoing(f"m{number}"))
    book.shutdown()
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(b"garbage!" * 2048)
    damaged = path.read_bytes()
    with pytest.raises(JournalError, match="damaged") as refused:
        open_journal(path).open(outgoing("next"))
    assert isinstance(refused.value, NotSent)
    assert str(path) in str(refused.value)
    assert refused.value.advice
    assert path.read_bytes() == damaged


def test_a_locked_file_is_waited_for_and_then_named(path: Path) -> None:
    book = open_journal(path, busy_seconds=0.1)
    book.open(outgoing("m1"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalError, match="locked by another process"):
        book.open(outgoing("m2"))
    book.close("m1", "ok")
    other.execute("ROLLBACK")
    other.close()
    book.open(outgoing("m2"))
    assert [r.msgid for r in book.in_flight()] == ["m2"], "m1's close came through in the end"
    book.shutdown()


def test_a_file_taken_away_while_in_use_is_noticed(path: Path) -> None:
    book = open_journal(path)
    book.open(outgoing("m1"))
    path.rename(path.with_suffix(".moved"))
    with pytest.raises(JournalError, match="moved or deleted while in use"):
        book.open(outgoing("m2"))


@pytest.mark.parametrize("address", ["mysql://x/y", "sqlite://", ":memory:", ""])
def test_other_addresses_are_settings_errors(address: str) -> None:
    with pytest.raises(SettingsError, match="address"):
        open_journal(address)


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "journal.sqlite3"
    with pytest.raises(JournalError, match="cannot be opened") as refused:
        open_journal(path).open(outgoing("m1"))
    assert "directory" in refused.value.advice


@pytest.fixture
def shared() -> Iterator[Path]:
    """A directory another user can reach, and a journal in it that he may only read."""
    directory = Path(tempfile.mkdtemp(dir="/tmp"))
    directory.chmod(0o755)
    path = directory / "journal.sqlite3"
    book = open_journal(path)
    book.open(outgoing("m1"))
    book.shutdown()
    path.chmod(0o444)
    if os.geteuid() != 0:
        directory.chmod(0o555)
    yield path
    directory.chmod(0o755)
    shutil.rmtree(directory)


def test_a_file_that_may_only_be_read_refuses_the_call(shared: Path) -> None:
    user = "nobody" if os.geteuid() == 0 else None
    code = (
        "import os, sys, pwd\n"
        "sys.path[:0] = sys.argv[1:3]\n"
        "import sqlite3\n"
        "from journal_support import outgoing\n"
        "from hubei_yibao_runtime.errors import JournalError\n"
        "from hubei_yibao_runtime.journal import open_journal\n"
        "if len(sys.argv) > 4: os.setuid(pwd.getpwnam(sys.argv[4]).pw_uid)\n"
        "try: open_journal(sys.argv[3]).open(outgoing('m2'))\n"
        "except JournalError as error: print(error.what)\n"
    )
    root = Path(__file__).parents[2]
    arguments = [str(root / "runtime"), str(root / "tests"), str(shared)]
    run = [sys.executable, "-c", code, *arguments, *([user] if user else [])]
    done = subprocess.run(run, capture_output=True, text=True, timeout=60)
    assert done.stdout == f"journal {shared}: not writable\n", done.stderr


def test_a_restarted_server_is_found_again_and_a_missing_one_named(server: Server) -> None:
    book = open_journal(server.new_database())
    book.open(outgoing("m1"))
    server.stop()
    try:
        with pytest.raises(JournalError, match="journal database"):
            book.open(outgoing("m2"))
        book.close("m1", "ok")
    finally:
        server.start()
    book.open(outgoing("m3"))
    first = book.get("m1")
    assert first is not None
    assert first.state == "ok"
    server.stop()
    server.start()
    book.open(outgoing("m4"))
    assert {r.msgid for r in book.in_flight()} == {"m3", "m4"}
    book.shutdown()


def test_an_open_is_synced_to_disk_and_a_close_is_not(path: Path) -> None:
    """What the system does on a power cut cannot be tried here; what is asked of it can."""
    book = open_journal(path)
    store = book.store
    assert isinstance(store, SqliteStore)

    def level() -> int:
        assert store._connection is not None
        return int(store._connection.execute("PRAGMA synchronous").fetchone()[0])

    book.open(outgoing("m1"))
    opened = level()
    book.close("m1", "ok")
    assert (opened, level()) == (2, 1), "FULL, NORMAL"
    book.shutdown()


def test_two_journals_of_one_process_share_the_file(path: Path) -> None:
    books = [open_journal(path), open_journal(path)]
    for number in range(40):
        books[number % 2].open(outgoing(f"m{number}"))
        if number == 20:
            books[1].shutdown()
    assert all(len(book.in_flight()) == 40 for book in books)
    assert books[0].store.run(("PRAGMA integrity_check", ())).rows == [("ok",)]
    for book in books:
        book.shutdown()
