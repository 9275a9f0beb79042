"""Random sequences of visits, refunds, lost answers and restarts: the books stay right.

The model is the hospital's own ledger. After every step the platform's books must be the ledger
plus the writes whose answer was lost and which were committed; at the end, when those are found
through the reconciliation file and undone, both are equal.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hubei_yibao_simulator import SimulatorConfig, SimulatorServer, examples
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from simulator.hospital import PEOPLE, Hospital, NoAnswer, Refused, moment

#: The same sequences every time; YIBAO_MODEL_SEQUENCES tries that many new ones instead.
MORE = os.environ.get("YIBAO_MODEL_SEQUENCES")
SEQUENCES, STEPS = int(MORE or 25), 30
figures: Counter[str] = Counter()

insured = st.sampled_from([PEOPLE[n] for n in (0, 1, 2, 3, 5)])
items = st.sampled_from(
    ["SIM-X-0001", "SIM-X-0002", "SIM-X-0003", "SIM-S-0002", "SIM-S-0004", "SIM-M-0001", "SIM-?"]
)
prices = st.decimals("0.01", "3000", places=2).map(str)
counts = st.integers(1, 9).map(str)
fee_rows = st.lists(st.tuples(items, counts, prices), min_size=1, max_size=4)
faults = st.sampled_from(
    [*[None] * 9, "drop-before-commit", "drop-after-commit", "reset-after-commit",
     "error-before-commit", "error-after-commit", "junk-after-commit", "reset-mid-answer",
     "reset-before-commit", "refuse"]
)  # fmt: skip
CLEARING = {"outpatient": "11", "inpatient": "21", "pharmacy": "41"}


KIND = {"2208": "outpatient", "2305": "inpatient", "2103": "pharmacy"}


class Lost(Exception):
    """The write may or may not have been carried out."""


class Books(RuleBasedStateMachine):
    visits: Bundle[Any] = Bundle("visits")
    charged: Bundle[Any] = Bundle("charged")
    settled: Bundle[Any] = Bundle("settled")

    @initialize()
    def start(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        database = Path(self.folder.name) / "books.sqlite"
        self.server = SimulatorServer(SimulatorConfig(database=database)).start()
        self.hospital = Hospital(self.server.url)
        self.ledger: dict[str, dict[str, Any]] = {}  # by setl_id
        self.lost: dict[str, tuple[dict[str, Any], str]] = {}  # msgid -> person, number
        self.batch = 0
        figures["sequences"] += 1

    def write(
        self, number: str, given: Any, person: Any, fault: str | None, kind: str
    ) -> dict[str, Any]:
        """A settlement or refund with a fault; its setlinfo, entered in the ledger."""
        msgid = self.hospital.msgid()
        headers = {"x-sim-fault": fault} if fault else {}
        try:
            info: dict[str, Any] = self.hospital.call(number, given, msgid=msgid, headers=headers)[
                "setlinfo"
            ]
        except NoAnswer:
            figures["lost answers"] += 1
            self.lost[msgid] = (person, number)
            raise Lost from None
        assert info["medins_setl_id"] == msgid
        paid = info["fund_pay_sumamt"] + info["acct_pay"]
        cash = info.get("psn_cash_pay", info.get("pdn_cash_pay"))
        assert paid + cash == info["medfee_sumamt"]
        self.ledger[info["setl_id"]] = {
            **info, "psn_no": person["psn_no"], "clr_type": CLEARING[kind],
            "clr_optins": examples.insured(person)["insuplc_admdvs"],
        }  # fmt: skip
        figures["settlements and refunds"] += 1
        return info

    @rule(target=visits, person=insured)
    def come(self, person: Any) -> Any:
        return person, self.hospital.see(person)

    @rule(target=charged, visit=visits, rows=fee_rows)
    def charge(self, visit: Any, rows: Any) -> Any:
        person, mdtrt_id = visit
        self.batch += 1
        batch = f"B{self.batch}"
        return person, mdtrt_id, batch, self.hospital.charge(person, mdtrt_id, batch, rows)

    @rule(target=settled, charge=consumes(charged), fault=faults, account=st.booleans())
    def settle(self, charge: Any, fault: Any, account: bool) -> Any:
        person, mdtrt_id, batch, total = charge
        given = examples.settlement(person, mdtrt_id, batch, total, account=account)
        info = self.hospital.call("2206", given)["setlinfo"]
        try:
            final = examples.final_settlement(given, info)
            done = self.write("2207", final, person, fault, "outpatient")
        except (Refused, Lost):
            return multiple()
        return person, "2208", mdtrt_id, done["setl_id"]

    @rule(charge=charged)
    def settle_with_a_wrong_total(self, charge: Any) -> None:
        person, mdtrt_id, batch, total = charge
        given = examples.settlement(person, mdtrt_id, batch, total + Decimal("0.01"))
        with pytest.raises(Refused):
            self.hospital.call("2206", given)

    @rule(visit=visits)
    def settle_what_was_not_uploaded(self, visit: Any) -> None:
        person, mdtrt_id = visit
        given = examples.settlement(person, mdtrt_id, "none", Decimal(0))
        parts = dict.fromkeys(examples.PARTS, Decimal(0))
        with pytest.raises(Refused):
            self.hospital.call("2207", examples.final_settlement(given, parts))

    @rule(target=settled, person=insured, rows=fee_rows, fault=faults)
    def buy(self, person: Any, rows: Any, fault: Any) -> Any:
        given = examples.purchase(person, rows, moment())
        try:
            info = self.write("2102", given, person, fault, "pharmacy")
        except (Refused, Lost):
            return multiple()
        return person, "2103", info["mdtrt_id"], info["setl_id"]

    @rule(target=settled, person=insured, rows=fee_rows, fault=faults)
    def stay(self, person: Any, rows: Any, fault: Any) -> Any:
        time = moment()
        admission = examples.admission(person, time)
        mdtrt_id = self.hospital.call("2401", admission)["result"]["mdtrt_id"]
        fees = [
            examples.inpatient_fee(person, mdtrt_id, str(n), item, count, price, time)
            for n, (item, count, price) in enumerate(rows)
        ]
        self.hospital.call("2301", {"feedetail": fees})
        total = sum((fee["det_item_fee_sumamt"] for fee in fees), Decimal(0))
        given = examples.inpatient_settlement(person, mdtrt_id, total, account=True)
        info = self.hospital.call("2303", given)["setlinfo"]
        final = examples.final_inpatient_settlement(given, info)
        try:
            done = self.write("2304", final, person, fault, "inpatient")
        except (Refused, Lost):
            return multiple()
        finally:
            self.hospital.call("2402", examples.discharge(person, mdtrt_id, moment()))
        return person, "2305", mdtrt_id, done["setl_id"]

    @rule(settlement=consumes(settled), fault=faults)
    def refund(self, settlement: Any, fault: Any) -> None:
        person, number, mdtrt_id, setl_id = settlement
        given = examples.refund(person, mdtrt_id, setl_id)
        try:
            self.write(number, given, person, fault, KIND[number])
        except (Refused, Lost):
            return
        with pytest.raises(Refused):
            self.hospital.call(number, given)

    @rule()
    def restart(self) -> None:
        self.server.stop()
        self.server.start()
        figures["restarts"] += 1

    @rule()
    def undo_what_was_lost(self) -> None:
        """As a hospital does it: find in the difference file, take back with 2601."""
        found = self.only_at_the_platform()
        assert set(found) <= set(self.lost)
        for msgid, (person, number) in self.lost.items():
            data = {"psn_no": person["psn_no"], "omsgid": msgid, "oinfno": number}
            if msgid in found:
                try:
                    self.hospital.call("2601", {"data": data})
                    figures["undone with 2601"] += 1
                except Refused:  # only a refund may have become impossible to undo
                    assert number in KIND
                    self.take_over(msgid)
            else:
                with pytest.raises(Refused):
                    self.hospital.call("2601", {"data": data})
        self.lost.clear()
        assert self.only_at_the_platform() == []

    def take_over(self, msgid: str) -> None:
        """Enter a committed refund into our ledger, as the bureau tells it on the phone."""
        (row,) = [r for r in self.hospital.admin("settlements") if r["msgid"] == msgid]
        amounts = {"medfee_sumamt": "total", "fund_pay_sumamt": "fund", "acct_pay": "account"}
        self.ledger[row["setl_id"]] = {
            **{name: Decimal(row[column]).scaleb(-2) for name, column in amounts.items()},
            **{name: row[name] for name in ("setl_id", "mdtrt_id", "psn_no", "clr_type")},
            "clr_optins": row["setl_optins"],
        }
        figures["refunds taken over"] += 1

    def only_at_the_platform(self) -> list[str]:
        """msgids of the difference files; everything else must agree."""
        found = []
        for kind, clr_type in CLEARING.items():
            for optins in ("420199", "119900"):
                rows = [
                    row
                    for row in self.ledger.values()
                    if row["clr_type"] == clr_type and row["clr_optins"] == optins
                ]
                for line in self.hospital.reconcile(rows, clr_type, optins):
                    assert line[1:3] == ["null", "null"], (kind, line)
                    found.append(line[3])
        return found

    @invariant()
    def platform_and_hospital_agree(self) -> None:
        if not hasattr(self, "ledger"):
            return
        figures["steps"] += 1
        platform = [r for r in self.hospital.admin("settlements") if not r["voided_by"]]
        for row in platform:
            assert row["fund"] + row["account"] + row["cash"] == row["total"]
        by_id = {row["setl_id"]: row for row in platform}
        assert set(self.ledger) <= set(by_id)
        for setl_id, info in self.ledger.items():
            row = by_id[setl_id]
            assert row["total"] == info["medfee_sumamt"] * 100
            assert row["fund"] == info["fund_pay_sumamt"] * 100
            assert row["account"] == info["acct_pay"] * 100
        extra = [row for row in platform if row["setl_id"] not in self.ledger]
        assert {row["msgid"] for row in extra} <= set(self.lost)
        for person in PEOPLE:
            start = sum((i["balc"] for i in person["insurances"]), Decimal(0))
            used = sum(row["account"] for row in platform if row["psn_no"] == person["psn_no"])
            assert 0 <= used <= start * 100

    def teardown(self) -> None:
        if not hasattr(self, "ledger"):
            return
        self.undo_what_was_lost()
        for setl_id, info in self.ledger.items():
            asked = {name: info[name] for name in ("psn_no", "mdtrt_id")}
            found = self.hospital.call("5203", {"data": {**asked, "setl_id": setl_id}})["setlinfo"]
            for name in ("medfee_sumamt", "fund_pay_sumamt", "acct_pay"):
                assert found[name] == info[name]
        self.hospital.close()
        self.server.stop()
        self.folder.cleanup()


def test_the_books_stay_right(capsys: pytest.CaptureFixture[str]) -> None:
    figures.clear()
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=SEQUENCES, stateful_step_count=STEPS, deadline=None, database=None,
            suppress_health_check=list(HealthCheck), phases=[Phase.generate],
            derandomize=MORE is None,
        ),
    )  # fmt: skip
    assert figures["lost answers"]
    assert figures["undone with 2601"]
    assert figures["restarts"]
    with capsys.disabled():
        print(f"\nmodel: {dict(figures)}")
