"""No message number twice: threads, processes, kills, forks, restarts and clocks that go back."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hubei_yibao_runtime.errors import JournalError, SettingsError
from hubei_yibao_runtime.journal import SqlJournal, open_journal
from hubei_yibao_runtime.msgid import DurableIds
from journal_support import CODE, journal, server, url, worker

__all__ = ["journal", "server", "url"]

NOW = datetime(2026, 11, 23, 16, 30, 5, tzinfo=UTC)


def test_a_number_is_code_time_in_utc8_and_sequence(journal: SqlJournal) -> None:
    ids = DurableIds(journal.store)
    assert ids.next(CODE, NOW) == "H42000000001" + "20261124003005" + "0001"
    assert ids.next(CODE, NOW).endswith("0002")
    assert ids.next("H42000000002", NOW).endswith("0001")


@pytest.mark.parametrize("code", ["H4200000001", "H4200000000112", ""])
def test_a_code_of_another_length_is_never_cut_or_filled(journal: SqlJournal, code: str) -> None:
    with pytest.raises(SettingsError, match="12 characters"):
        DurableIds(journal.store).next(code, NOW)


def test_threads_processes_and_kills(url: str) -> None:
    whole = [worker("number", url, 400, NOW.isoformat()) for _ in range(3)]
    killed = worker("number", url, 100_000, NOW.isoformat())
    assert killed.stdout is not None
    seen = [killed.stdout.readline().strip() for _ in range(20)]
    os.kill(killed.pid, signal.SIGKILL)
    rest, _ = killed.communicate()
    seen += [line for line in rest.split("\n") if len(line) == 30]
    for process in whole:
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        seen += output.split()
    ids = DurableIds(open_journal(url).store)
    later = NOW + timedelta(seconds=1)
    with ThreadPoolExecutor(8) as pool:
        seen += pool.map(lambda _: ids.next(CODE, later), range(400))
    assert len(seen) == len(set(seen))
    assert all(re.fullmatch(CODE + r"\d{18}", number) for number in seen)


def test_a_restart_or_a_clock_set_back_repeats_nothing(url: str) -> None:
    seen: list[str] = []
    for seconds in (0, 0, 5, -3600, 0, 5, -3600, 1):
        book = open_journal(url)
        ids = DurableIds(book.store)
        seen += [ids.next(CODE, NOW + timedelta(seconds=seconds)) for _ in range(30)]
        book.shutdown()
    assert len(seen) == len(set(seen)) == 240


def test_a_forked_child_takes_numbers_of_its_own(journal: SqlJournal) -> None:
    ids = DurableIds(journal.store)
    seen = [ids.next(CODE, NOW)]
    fork = multiprocessing.get_context("fork")
    results = fork.SimpleQueue()
    children = [
        fork.Process(target=lambda: results.put([ids.next(CODE, NOW) for _ in range(40)]))
        for _ in range(4)
    ]
    for child in children:
        child.start()
    seen += [ids.next(CODE, NOW) for _ in range(40)]
    for child in children:
        seen += results.get()
        child.join(30)
    assert len(seen) == len(set(seen)) == 201


def test_when_a_second_is_used_up_the_next_one_is_waited_for(journal: SqlJournal) -> None:
    ids = DurableIds(journal.store)
    journal.store.run(
        ("INSERT INTO yibao_sequence (institution, second, taken) VALUES (?, ?, ?)",
         (CODE, "20261124003005", 9990))
    )  # fmt: skip
    late = NOW.replace(microsecond=950_000)
    seen = [ids.next(CODE, late) for _ in range(12)]
    assert seen[:9] == [f"{CODE}20261124003005{n}" for n in range(9991, 10_000)]
    assert all(number[12:26] > "20261124003005" for number in seen[9:])
    assert len(set(seen)) == 12


def test_under_the_floor_of_forgotten_numbers_none_is_given(journal: SqlJournal) -> None:
    now = datetime.now(UTC)
    DurableIds(journal.store).next(CODE, now - timedelta(days=40))
    journal.prune(30)
    ids = DurableIds(journal.store)
    with pytest.raises(JournalError, match="older than what the journal has forgotten"):
        ids.next(CODE, now - timedelta(days=40))
    assert ids.next(CODE, now).startswith(CODE)
