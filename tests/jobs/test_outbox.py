"""One message at a time over a real simulator: outcomes, order, and what is never sent again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hubei_yibao import Settings
from hubei_yibao.registry import INTERFACES
from hubei_yibao_jobs import metrics
from hubei_yibao_jobs.config import JobsSettings, journal_mark
from hubei_yibao_jobs.outbox import Desk, Outbox, deliver
from hubei_yibao_runtime.client import SyncClient
from hubei_yibao_runtime.errors import YibaoError
from hubei_yibao_simulator import SimulatorConfig, SimulatorServer
from simulator.hospital import Hospital, sampled_input

RECORD = "4602"


class Bench:
    """An outbox, a desk and the platform's books."""

    def __init__(self, directory: Path) -> None:
        self.books = directory / "platform.sqlite3"
        self.server = SimulatorServer(SimulatorConfig(database=self.books)).start()
        self.settings = Settings(
            **self.server.settings, insuplc_admdvs="420199", state_dir=directory / "state"
        )
        self.code = self.settings.fixmedins_code
        self.url = JobsSettings().database(self.settings)
        self.outbox = Outbox(self.url, INTERFACES)
        self.outbox.create()
        self.desk = self.open_desk(journal_mark(self.settings))
        self.hospital = Hospital(self.server.url)

    def open_desk(self, mark: str) -> Desk:
        client = SyncClient(self.settings, registry=INTERFACES)
        return Desk(client, self.outbox, mark, (0.001, 0.001))

    def put(self, key: str, number: str = RECORD, **changes: Any) -> int:
        payload = json.loads(json.dumps(sampled_input(number), default=str))
        node = payload[next(iter(payload))]
        head = node[0] if isinstance(node, list) else node
        head.update(changes)
        id = self.outbox.add(self.code, number, key, payload)
        self.outbox.admit(self.code)
        return id

    def fault(self, kind: str, **rule: Any) -> None:
        self.hospital.add_rule("faults", kind=kind, **rule)

    def taken(self) -> int:
        with sqlite3.connect(self.books) as link:
            return int(link.execute("SELECT count(*) FROM upload").fetchone()[0])

    def close(self) -> None:
        self.hospital.close()
        self.desk.client.close()
        self.outbox.close()
        self.server.stop()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def test_a_record_is_uploaded_once_however_often_it_is_delivered(bench: Bench) -> None:
    id = bench.put("K1")
    assert [deliver(bench.desk, id) for _ in range(3)] == ["done"] * 3
    assert bench.taken() == 1


def test_the_platforms_words_are_kept_with_what_it_refused(bench: Bench) -> None:
    id = bench.put("K1")
    bench.fault("refuse")
    assert deliver(bench.desk, id) == "refused"
    (row,) = bench.outbox.aside(bench.code)
    assert (row.business_key, row.infcode, row.words) == ("K1", "-1", "模拟的拒绝（未执行）")
    bench.hospital.clear_rules("faults")
    assert deliver(bench.desk, id) == "refused"
    bench.outbox.decide(id, "new", "")
    assert deliver(bench.desk, id) == "done"


@pytest.mark.parametrize("kind", ["drop-before-commit", "drop-after-commit", "junk-after-commit"])
def test_what_nothing_proves_is_set_aside_and_not_repeated(bench: Bench, kind: str) -> None:
    id = bench.put("K1")
    bench.fault(kind, times=1)
    assert deliver(bench.desk, id) == "unproven"
    assert deliver(bench.desk, id) == "unproven"
    assert bench.taken() == (0 if "before" in kind else 1)
    assert "nothing can be asked" in bench.outbox.aside(bench.code)[0].words


@pytest.mark.parametrize(("kind", "state"), [("drop-after-commit", "done"),
                                             ("drop-before-commit", "unproven")])  # fmt: skip
def test_a_lost_settlement_list_is_looked_up(bench: Bench, kind: str, state: str) -> None:
    from simulator.hospital import PEOPLE

    person = PEOPLE[0]
    mdtrt_id = bench.hospital.see(person)
    total = bench.hospital.charge(person, mdtrt_id, "B1", [("SIM-S-0001", "1", "250")])
    setl_id = bench.hospital.settle(person, mdtrt_id, "B1", total)["setl_id"]
    id = bench.put(
        "L1", "4101a", setl_id=setl_id, psn_no=person["psn_no"], mdtrt_id=mdtrt_id, biz_sn="SN1"
    )
    bench.fault(kind, numbers=["4101a"])
    assert deliver(bench.desk, id) == state
    assert bench.taken() == (state == "done")


def test_what_did_not_leave_goes_out_again_and_then_is_set_aside(bench: Bench) -> None:
    id = bench.put("K1")
    bench.server.stop()
    assert [deliver(bench.desk, id) for _ in range(3)] == ["later", "later", "refused"]
    assert "3 attempts" in bench.outbox.aside(bench.code)[0].words
    assert len({r.msgid for r in bench.desk.journal.records(bench.code)}) == 3
    bench.server.start()
    bench.outbox.decide(id, "new", "")
    assert deliver(bench.desk, id) == "done"


def test_a_claim_of_another_journal_is_never_sent(bench: Bench) -> None:
    id = bench.put("K1")
    bench.outbox.claim(id, bench.desk.next_msgid, "another host's")
    assert deliver(bench.desk, id) == "unproven"
    assert bench.taken() == 0


def test_a_claim_that_never_left_is_sent_under_its_number(bench: Bench) -> None:
    id = bench.put("K1")
    msgid = bench.outbox.claim(id, bench.desk.next_msgid, bench.desk.mark).msgid
    assert deliver(bench.desk, id) == "done"
    assert [record.msgid for record in bench.desk.journal.records(bench.code)] == [msgid]


def test_a_bad_request_is_set_aside_unsent(bench: Bench) -> None:
    id = bench.put("K1", wt="heavy")
    assert deliver(bench.desk, id) == "refused"
    words = bench.outbox.aside(bench.code)[0].words
    assert "input.data" in words
    assert bench.desk.journal.records(bench.code) == []
    other = bench.outbox.add(bench.code, "2207", "K2", {"data": {}})
    text = bench.outbox.add(bench.code, RECORD, "K3", "not json 420106")
    bench.outbox.admit(bench.code)
    assert [bench.outbox.get(n).state for n in (other, text)] == ["refused", "refused"]


def test_messages_of_a_visit_go_in_order_and_chains_are_held(bench: Bench) -> None:
    first = bench.put("A1", "4101a", setl_id="S1")
    second = bench.put("A2", "4101a", setl_id="S1", biz_sn="2")
    other = bench.put("B1", mdtrt_sn="V2")
    later = bench.put("B2", mdtrt_sn="V2")
    assert [id for id, _ in bench.outbox.heads(bench.code)] == [first, other]
    assert deliver(bench.desk, first) == "refused"
    assert deliver(bench.desk, other) == "done"
    assert [id for id, _ in bench.outbox.heads(bench.code)] == [later]
    assert bench.outbox.counts(bench.code).held == 1
    assert bench.outbox.left(bench.code) == 1
    bench.outbox.decide(first, "skipped", "")
    assert [id for id, _ in bench.outbox.heads(bench.code)] == [second, later]


def test_a_key_is_one_message(bench: Bench) -> None:
    payload = sampled_input(RECORD)
    id = bench.outbox.add(bench.code, RECORD, "K1", payload)
    assert bench.outbox.add(bench.code, RECORD, "K1", payload) == id
    with pytest.raises(YibaoError, match="another payload"):
        bench.outbox.add(bench.code, RECORD, "K1", {"data": {}})


def test_the_hospital_may_write_with_plain_sql(bench: Bench) -> None:
    with bench.outbox.engine.begin() as link:
        link.exec_driver_sql(
            "INSERT INTO yibao_outbox (institution, number, business_key, payload)"
            " VALUES (?, ?, 'K1', ?)",
            (bench.code, RECORD, json.dumps(sampled_input(RECORD), default=str)),
        )
    bench.outbox.admit(bench.code)
    ((id, _),) = bench.outbox.heads(bench.code)
    assert deliver(bench.desk, id) == "done"


def test_metrics_count_and_name_nobody(bench: Bench) -> None:
    done, refused = bench.put("K1"), bench.put("K2")
    bench.put("K3")
    deliver(bench.desk, done)
    bench.fault("refuse")
    deliver(bench.desk, refused)
    text = metrics.text(bench.outbox)
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
    label = f'{{institution="{bench.code}"}}'
    assert values[f"yibao_outbox_depth{label}"] == "1"
    assert values[f"yibao_outbox_failures{label}"] == "1"
    assert values[f'yibao_outbox_messages{{institution="{bench.code}",state="done"}}'] == "1"
    assert float(values[f"yibao_outbox_oldest_seconds{label}"]) >= 0
    assert "K1" not in text
    assert "模拟" not in text
