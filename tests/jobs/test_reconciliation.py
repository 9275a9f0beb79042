"""Reconciliation against the simulator's books: exactly what was planted, nothing more."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hubei_yibao import Client, Settings
from hubei_yibao_jobs import reconciliation
from hubei_yibao_jobs.reconciliation import Entry
from hubei_yibao_runtime.errors import NotAllowed, OutcomeUnknown, YibaoError
from hubei_yibao_simulator import SimulatorConfig, SimulatorServer, examples
from hubei_yibao_simulator.state import Books
from simulator.hospital import PEOPLE, Hospital, today

DAY = date(2026, 11, 20)
COUNT = 10_000
EACH = 25  #: differences planted of each kind


@pytest.fixture
def books(tmp_path: Path) -> Path:
    return tmp_path / "platform.sqlite3"


@pytest.fixture
def server(books: Path) -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorConfig(database=books)) as running:
        yield running


@pytest.fixture
def client(server: SimulatorServer, tmp_path: Path) -> Iterator[Client]:
    settings = Settings(**server.settings, insuplc_admdvs="420199", state_dir=tmp_path / "state")
    with Client(settings) as opened:
        yield opened


def _entry(number: int, chance: random.Random) -> Entry:
    total = Decimal(chance.randrange(1, 1_000_000)) / 100
    fund = (total * chance.randrange(0, 70) / 100).quantize(Decimal("0.01"))
    account = min(total - fund, Decimal(chance.randrange(0, 10_000)) / 100)
    return Entry(
        setl_id=f"420199G{number:013d}", mdtrt_id=f"M{number:06d}",
        psn_no=chance.choice(PEOPLE)["psn_no"], insutype=chance.choice(("310", "390")),
        clr_type=chance.choice(("11", "14", "21")), setl_optins="420199", medfee_sumamt=total,
        fund_pay_sumamt=fund, acct_pay=account, cash_payamt=total - fund - account,
        refd_setl_flag="0", msgid=f"H4299990000120261120080000{number:04d}"[:30],
    )  # fmt: skip


def _refund(entry: Entry) -> Entry:
    amounts = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay", "cash_payamt")
    return replace(
        entry, setl_id=f"R{entry.setl_id[1:]}", msgid=f"R{entry.msgid[1:]}", refd_setl_flag="1",
        **{name: -getattr(entry, name) for name in amounts},
    )  # fmt: skip


def _post(books: Books, entry: Entry, institution: str, reverses: str | None = None) -> None:
    books.insert("settlement", {
        "setl_id": entry.setl_id, "mdtrt_id": entry.mdtrt_id, "institution": institution,
        "number": "2208" if reverses else "2207", "msgid": entry.msgid, "psn_no": entry.psn_no,
        "insutype": entry.insutype, "kind": "outpatient", "clr_type": entry.clr_type,
        "setl_optins": entry.setl_optins, "setl_time": f"{DAY} 08:00:00",
        "total": int(entry.medfee_sumamt * 100), "fund": int(entry.fund_pay_sumamt * 100),
        "account": int(entry.acct_pay * 100), "cash": int(entry.cash_payamt * 100),
        "deductible": 0, "pool": 0, "reverses": reverses, "data": {}, "details": [],
    })  # fmt: skip


def _planted(path: Path, institution: str, seed: int) -> tuple[list[Entry], set[tuple[str, ...]]]:
    """Books of both sides; the differences as (kind, side, message or settlement)."""
    chance = random.Random(seed)
    entries = [_entry(number, chance) for number in range(COUNT)]
    chosen = chance.sample(entries, 5 * EACH)
    kinds = ("only_here", "only_there", "amounts", "refund_here", "refund_there")
    kind_of = {e.setl_id: kinds[n % 5] for n, e in enumerate(chosen)}
    here: list[Entry] = []
    expected: set[tuple[str, ...]] = set()
    platform = Books(path)
    platform.begin()
    for number, entry in enumerate(entries):
        kind = kind_of.get(entry.setl_id, "refund_both" if number % 50 == 0 else "")
        if kind != "only_there":
            cents = Decimal(chance.choice((-1, 1, 100))) / 100
            wrong = replace(entry, acct_pay=entry.acct_pay + cents) if kind == "amounts" else entry
            here.append(wrong)
        if kind != "only_here":
            _post(platform, entry, institution)
        if kind in ("refund_both", "refund_here"):
            here.append(_refund(entry))
        if kind in ("refund_both", "refund_there"):
            _post(platform, _refund(entry), institution, entry.setl_id)
        if kind in ("only_here", "amounts"):
            expected.add((kind, entry.setl_id))
        elif kind == "only_there":
            expected.add((kind, entry.msgid))
        elif kind == "refund_here":
            expected.add(("refund", "here", _refund(entry).setl_id))
        elif kind == "refund_there":
            expected.add(("refund", "there", _refund(entry).msgid))
    platform.commit()
    platform.close()
    return here, expected


def _name(found: reconciliation.Difference) -> tuple[str, ...]:
    where = found.msgid if found.side == "there" else found.setl_id
    return (found.kind, found.side, where) if found.kind == "refund" else (found.kind, where)


@pytest.mark.parametrize("seed", [1, 20261120])
def test_exactly_the_planted_differences_are_found(
    server: SimulatorServer, client: Client, books: Path, seed: int
) -> None:
    ledger, expected = _planted(books, server.config.institution, seed)
    found = reconciliation.reconcile(client, DAY, ledger)
    assert len(expected) == 5 * EACH
    assert {_name(difference) for difference in found.differences} == expected
    assert len(found.differences) == len(expected)
    assert not found.balanced
    assert len(found.groups) == 6


def test_equal_books_need_no_details(server: SimulatorServer, client: Client, books: Path) -> None:
    chance = random.Random(3)
    entries = [_entry(number, chance) for number in range(20)]
    platform = Books(books)
    for entry in entries:
        _post(platform, entry, server.config.institution)
    platform.close()
    found = reconciliation.reconcile(client, DAY, entries)
    assert found.balanced
    assert found.comparisons == ()


def test_a_group_the_ledger_lacks_is_seen_when_asked_for(
    server: SimulatorServer, client: Client, books: Path
) -> None:
    entry = _entry(1, random.Random(1))
    platform = Books(books)
    _post(platform, entry, server.config.institution)
    platform.close()
    assert reconciliation.reconcile(client, DAY, []).groups == ()
    key = (entry.insutype, entry.clr_type, entry.setl_optins)
    (found,) = reconciliation.reconcile(client, DAY, [], also=[key]).differences
    assert (found.kind, found.msgid) == ("only_there", entry.msgid)


@pytest.fixture
def settled(server: SimulatorServer, client: Client) -> tuple[Hospital, dict[str, Any]]:
    """A visit with presettled fees, and the input of its settlement."""
    hospital = Hospital(server.url)
    person = PEOPLE[0]
    mdtrt_id = hospital.see(person)
    total = hospital.charge(person, mdtrt_id, "B1", [("SIM-S-0001", "1", "250")])
    given = examples.settlement(person, mdtrt_id, "B1", total)
    info = hospital.call("2206", given)["setlinfo"]
    return hospital, examples.final_settlement(given, info)


def test_the_journal_is_a_ledger(client: Client, settled: tuple[Hospital, dict[str, Any]]) -> None:
    info = client.call("2207", settled[1]).raw["output"]["setlinfo"]
    day = date.fromisoformat(today())
    code = client.settings.fixmedins_code
    persons = {info["setl_id"]: PEOPLE[0]["psn_no"]}
    (entry,) = reconciliation.from_journal(client._journal, code, day, persons)
    assert (entry.medfee_sumamt, entry.psn_no) == (Decimal("250.00"), PEOPLE[0]["psn_no"])
    assert reconciliation.reconcile(client, day, [entry]).balanced
    wrong = replace(entry, fund_pay_sumamt=entry.fund_pay_sumamt + 1)
    (difference,) = reconciliation.reconcile(client, day, [wrong]).differences
    assert difference.kind == "amounts"
    assert difference.record is not None
    assert difference.record.msgid == entry.msgid
    (nameless,) = reconciliation.from_journal(client._journal, code, day)
    with pytest.raises(YibaoError, match="psn_no"):
        reconciliation.reconcile(client, day, [replace(nameless, acct_pay=Decimal(1))])


def test_a_lost_settlement_is_proposed_for_reversal_and_reversed_only_with_a_yes(
    client: Client, settled: tuple[Hospital, dict[str, Any]]
) -> None:
    hospital, given = settled
    hospital.add_rule("faults", kind="drop-after-commit", numbers=["2207"])
    with pytest.raises(OutcomeUnknown):
        client.call("2207", given)
    hospital.clear_rules("faults")
    day = date.fromisoformat(today())
    key = (given["data"]["insutype"], "11", "420199")
    found = reconciliation.reconcile(client, day, [], also=[key])
    ((difference,), comparison) = found.differences, found.comparisons[0]
    assert (difference.kind, difference.proposal) == ("only_there", "reverse")
    with pytest.raises(NotAllowed, match="yes"):
        reconciliation.carry_out(client, comparison, difference, yes=False)
    assert not reconciliation.reconcile(client, day, [], also=[key]).balanced
    resolution = reconciliation.carry_out(client, comparison, difference, yes=True)
    assert resolution.reversal
    assert reconciliation.reconcile(client, day, [], also=[key]).balanced


def test_reports_escape_and_mask(client: Client, server: SimulatorServer, books: Path) -> None:
    entry = replace(_entry(1, random.Random(1)), mdtrt_id="<script>alert(1)</script>")
    formula = replace(_entry(2, random.Random(1)), mdtrt_id="=1+1", clr_type=entry.clr_type,
                      insutype=entry.insutype)  # fmt: skip
    found = reconciliation.reconcile(client, DAY, [entry, formula])
    page, table = reconciliation.as_html(found), reconciliation.as_csv(found)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["就诊ID"] for row in rows] == [entry.mdtrt_id, "'=1+1"]
    assert entry.psn_no not in page + table
    assert entry.psn_no[-4:] in page


def test_ledgers_from_csv_and_sql(tmp_path: Path) -> None:
    head = "setl_id,mdtrt_id,psn_no,insutype,clr_type,setl_optins,medfee_sumamt,fund_pay_sumamt,acct_pay"
    path = tmp_path / "ledger.csv"
    path.write_text(f"\ufeff{head}\nS1,M1,P1,310,11,420199,10.10,7.07,0\n", "utf-8")
    (entry,) = reconciliation.from_csv(path)
    assert (entry.medfee_sumamt, entry.cash_payamt) == (Decimal("10.10"), Decimal("3.03"))
    import sqlite3

    link = sqlite3.connect(tmp_path / "his.db")
    link.execute(f"CREATE TABLE t ({head}, day)")
    link.execute(
        "INSERT INTO t VALUES ('S1','M1','P1','310','11','420199',-10.1,-7.07,0,'2026-11-20')"
    )
    link.execute(
        "INSERT INTO t VALUES ('S2','M1','P1','310','11','420199',10.1,7.07,0,'2026-11-21')"
    )
    link.commit()
    link.close()
    url = f"sqlite:///{tmp_path / 'his.db'}"
    (row,) = reconciliation.from_sql(url, "SELECT * FROM t WHERE day = :day", DAY)
    assert (row.setl_id, row.medfee_sumamt, row.refund) == ("S1", Decimal("-10.10"), True)
    path.write_text(f"{head}\nS1,M1,P1,310,11,420199,10.101,7.07,0\n", "utf-8")
    with pytest.raises(YibaoError, match="row 1: medfee_sumamt"):
        reconciliation.from_csv(path)
    path.write_text(f"{head}\n" + "S1,M1,P1,310,11,420199,10,7,0\n" * 2, "utf-8")
    with pytest.raises(YibaoError, match="twice"):
        reconciliation.from_csv(path)
