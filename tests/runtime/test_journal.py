"""What the journal promises, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from typing import Any

import pytest
from hubei_yibao_runtime.errors import JournalError, NotSent
from hubei_yibao_runtime.journal import SqlJournal, open_journal, schema
from journal_support import (
    CERTNO,
    CODE,
    PSN_NO,
    journal,
    outgoing,
    reversal,
    server,
    url,
    worker,
)  # fmt: skip

__all__ = ["journal", "server", "url"]


def listed(book: SqlJournal) -> list[str]:
    return [record.msgid for record in book.unknown()]


def test_a_record_is_there_before_the_answer_and_closed_after_it(journal: SqlJournal) -> None:
    journal.open(outgoing("m1"))
    record = journal.get("m1")
    assert record is not None
    assert (record.state, record.infno, record.institution) == ("open", "X207", CODE)
    assert record.insuplc_admdvs == "420100"
    assert record.keys == {
        "mdtrt_id": "420000G1", "chrg_bchno": "B-1", "psn_no": "****7890",
    }  # fmt: skip
    assert record.in_flight
    journal.close(
        "m1", "ok", infcode="0", inf_refmsgid="ref", output={"setlinfo": [{"setl_id": "S1"}]}
    )
    record = journal.get("m1")
    assert record is not None
    assert (record.state, record.infcode, record.keys["setl_id"]) == ("ok", "0", "S1")
    assert record.keys["inf_refmsgid"] == "ref"
    assert record.closed is not None
    assert record.closed >= record.opened
    assert listed(journal) == []


@pytest.mark.parametrize("state", ["ok", "rejected", "not_sent", "unknown"])
def test_only_unknown_outcomes_are_listed(journal: SqlJournal, state: Any) -> None:
    journal.open(outgoing("m1"))
    journal.close("m1", state)
    assert listed(journal) == (["m1"] if state == "unknown" else [])


def test_a_killed_process_leaves_its_record_to_be_looked_up(url: str) -> None:
    book = open_journal(url)
    process = worker("hold", url, "m1")
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    assert listed(book) == []
    assert [record.msgid for record in book.in_flight()] == ["m1"]
    os.kill(process.pid, signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert listed(book) == ["m1"], "dead, though its parent has not reaped it"
    process.communicate()
    assert listed(book) == ["m1"]
    book.shutdown()


def test_a_record_past_its_deadline_is_listed_though_its_process_lives(journal: SqlJournal) -> None:
    journal.open(outgoing("m1", seconds=-3600))
    assert listed(journal) == ["m1"]


def test_an_answer_after_the_record_was_settled_is_kept_as_a_step(journal: SqlJournal) -> None:
    journal.open(outgoing("m1"))
    journal.settle("m1", "resolved_done", "found by 3202")
    journal.close("m1", "rejected")
    record = journal.get("m1")
    assert record is not None
    assert record.state == "resolved_done"
    assert [(s.number, s.kind) for s in journal.steps("m1")] == [(1, "settled"), (2, "late_answer")]


def test_processes_and_threads_lose_nothing(url: str) -> None:
    processes = [worker("write", url, f"p{n}", 10) for n in range(3)]
    for process in processes:
        output = process.communicate(timeout=120)
        assert process.returncode == 0, output
    book = open_journal(url)
    assert len(listed(book)) == 3 * 4 * 5
    assert all(book.get(f"p{n}-{t}-{i}") for n in range(3) for t in range(4) for i in range(10))
    book.shutdown()


def test_a_fork_in_the_middle_of_writing_threads_harms_neither_side(journal: SqlJournal) -> None:
    stop = threading.Event()
    written: list[str] = []

    def busy() -> None:
        while not stop.is_set():
            msgid = f"parent-{len(written)}"
            journal.open(outgoing(msgid))
            written.append(msgid)

    def child(name: str) -> None:
        for number in range(5):
            journal.open(outgoing(f"{name}-{number}"))

    thread = threading.Thread(target=busy)
    thread.start()
    fork = multiprocessing.get_context("fork")
    children = [fork.Process(target=child, args=(f"child{n}",)) for n in range(6)]
    for process in children:
        process.start()
    for process in children:
        process.join(60)
        assert process.exitcode == 0
    stop.set()
    thread.join()
    expected = {f"child{n}-{i}" for n in range(6) for i in range(5)} | set(written)
    assert all(journal.get(msgid) for msgid in expected)
    gone = {msgid for msgid in expected if msgid.startswith("child")}
    assert gone == set(listed(journal))


def test_a_used_msgid_is_refused(journal: SqlJournal) -> None:
    journal.open(outgoing("m1"))
    with pytest.raises(JournalError, match="used before"):
        journal.open(outgoing("m1"))


def test_a_call_that_was_not_sent_may_be_repeated_under_its_msgid(journal: SqlJournal) -> None:
    journal.open(outgoing("m1"))
    journal.close("m1", "not_sent")
    journal.open(outgoing("m1", attempt=2))
    record = journal.get("m1")
    assert record is not None
    assert (record.state, record.attempt, record.closed) == ("open", 2, None)
    journal.close("m1", "not_sent")
    with pytest.raises(JournalError, match="used before"):
        journal.open(outgoing("m1", attempt=3, body=b"another message"))


def test_a_second_reversal_waits_for_the_first_to_be_looked_up(journal: SqlJournal) -> None:
    journal.open(reversal("r1", "m1"))
    for state in ("open", "unknown"):
        if state != "open":
            journal.close("r1", "unknown")
        with pytest.raises(JournalError, match="under way or done") as refused:
            journal.open(reversal("r2", "m1"))
        assert isinstance(refused.value, NotSent)
        assert refused.value.safe_to_repeat is False
    journal.settle("r1", "resolved_not_done", "the settlement still stands")
    journal.open(reversal("r2", "m1"))
    found = journal.reversal_of("m1")
    assert found is not None
    assert found.msgid == "r2"


def test_steps_are_numbered_and_kept(journal: SqlJournal) -> None:
    journal.open(outgoing("m1"))
    journal.step("m1", "looked", {"found": False})
    journal.settle("m1", "manual", "told by the office")
    steps = journal.steps("m1")
    assert [(s.number, s.kind, s.detail) for s in steps] == [
        (1, "looked", {"found": False}),
        (2, "settled", {"state": "manual", "note": "told by the office"}),
    ]
    with pytest.raises(JournalError, match="no record"):
        journal.settle("m2", "manual", "")
    assert journal.steps("m2") == [], "nothing is half done"


def test_prune_takes_closed_records_and_never_open_ones(journal: SqlJournal) -> None:
    for msgid, state in (("old", "ok"), ("lost", "unknown"), ("new", "ok"), ("open", None)):
        journal.open(outgoing(msgid))
        journal.step(msgid, "looked", {})
        if state is not None:
            journal.close(msgid, state)  # type: ignore[arg-type]
    journal.store.run(("UPDATE yibao_call SET closed = closed - ? WHERE msgid IN ('old', 'lost')",
                       (40 * 86_400_000,)))  # fmt: skip
    assert journal.prune(30) == 1
    assert journal.get("old") is None
    assert journal.steps("old") == []
    assert all(journal.get(msgid) and journal.steps(msgid) for msgid in ("lost", "new", "open"))


def test_tables_of_a_newer_library_are_left_alone(url: str) -> None:
    book = open_journal(url)
    book.open(outgoing("m1"))
    book.store.run(("INSERT INTO yibao_schema (version) VALUES (99)", ()))
    book.shutdown()
    with pytest.raises(JournalError, match="version 99"):
        open_journal(url).open(outgoing("m2"))


def test_an_older_journal_is_brought_up_to_date_once(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = open_journal(url)
    old.open(outgoing("m1"))
    old.shutdown()
    column = "ALTER TABLE yibao_call ADD COLUMN ward TEXT NOT NULL DEFAULT 'none'"
    monkeypatch.setattr(schema, "VERSIONS", (*schema.VERSIONS, (column,)))
    for _ in range(2):
        new = open_journal(url)
        assert new.store.run(("SELECT msgid, ward FROM yibao_call", ())).rows == [("m1", "none")]
        new.shutdown()


def test_no_row_holds_personal_data(journal: SqlJournal) -> None:
    journal.open(outgoing("m1"))
    journal.close("m1", "ok", output={"setlinfo": {"certno": CERTNO, "psn_name": "张三丰",
                                                   "psn_no": PSN_NO, "setl_id": "S1"}})  # fmt: skip
    rows = str(journal.store.run(("SELECT * FROM yibao_call", ())).rows)
    assert "S1" in rows
    for secret in (CERTNO, PSN_NO, "张三丰"):
        assert secret not in rows


def test_with_a_secret_a_person_is_kept_as_keyed_hash(url: str) -> None:
    book = open_journal(url, secret=b"pepper")
    book.open(outgoing("m1"))
    record = book.get("m1")
    assert record is not None
    assert record.keys["psn_no"].startswith("hmac:")
    assert PSN_NO[-4:] not in record.keys["psn_no"]
    assert book.knows_person(record, PSN_NO)
    assert not book.knows_person(record, PSN_NO[:-1] + "1")
    book.shutdown()


def test_the_sign_in_number_of_a_day_outlives_the_process(url: str) -> None:
    book = open_journal(url)
    assert book.sign_in(CODE, "op1", "2026-11-23") is None
    book.keep_sign_in(CODE, "op1", "2026-11-23", "N1")
    book.keep_sign_in(CODE, "op1", "2026-11-24", "N2")
    book.shutdown()
    again = open_journal(url)
    assert again.sign_in(CODE, "op1", "2026-11-24") == "N2"
    assert again.sign_in(CODE, "op1", "2026-11-23") is None
    again.keep_sign_in(CODE, "op1", "2026-11-24", None)
    assert again.sign_in(CODE, "op1", "2026-11-24") is None
    again.shutdown()
