"""3201 and 3202 against the books, with refunds as rows of their own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hubei_yibao_simulator import examples
from simulator.hospital import PEOPLE, Hospital, Refused

A, B = PEOPLE[:2]
ROWS = [("SIM-X-0001", "4", "25.00"), ("SIM-S-0001", "1", "250")]


@pytest.fixture
def settled(fresh: Hospital) -> tuple[Hospital, list[dict[str, Any]]]:
    """Two settlements and the refund of the first."""
    rows = []
    for n in range(2):
        mdtrt_id = fresh.see(A)
        total = fresh.charge(A, mdtrt_id, f"B{n}", ROWS)
        rows.append(fresh.settle(A, mdtrt_id, f"B{n}", total, account=True))
    first = rows[0]
    back = fresh.call("2208", examples.refund(A, first["mdtrt_id"], first["setl_id"]))["setlinfo"]
    return fresh, [*rows, back]


def test_equal_books_balance(settled: tuple[Hospital, list[dict[str, Any]]]) -> None:
    hospital, rows = settled
    assert hospital.totals("310", rows) == "000000"
    assert hospital.reconcile(rows) == []


@pytest.mark.parametrize("insutype", ["390"])
def test_other_insurance_is_not_counted(
    settled: tuple[Hospital, list[dict[str, Any]]], insutype: str
) -> None:
    hospital, rows = settled
    assert hospital.totals(insutype, []) == "000000"
    assert hospital.totals(insutype, rows) == "000103"


def test_every_kind_of_difference_is_listed(
    settled: tuple[Hospital, list[dict[str, Any]]],
) -> None:
    hospital, (first, second, back) = settled
    cent = Decimal("0.01")
    invented = {**first, "setl_id": "420199G9999999999999"}
    wrong = {**second, "fund_pay_sumamt": second["fund_pay_sumamt"] + cent}
    differences = hospital.reconcile([first, wrong, invented])
    assert all(len(row) == 11 for row in differences)
    by_id = {row[2]: row for row in differences}
    assert by_id[second["setl_id"]][4] == "000103"
    assert by_id[second["setl_id"]][3] == second["medins_setl_id"]
    assert by_id["420199G9999999999999"][4] == "000102"
    # the refund is only at the platform: no setl_id, no mdtrt_id, but the msgid to reverse it
    missing = by_id["null"]
    assert (missing[1], missing[3], missing[5]) == ("null", back["medins_setl_id"], "1")
    assert Decimal(missing[7]) == back["medfee_sumamt"]
    assert len(differences) == 3
    assert hospital.totals("310", [first, wrong, invented]) == "000103"


def test_a_row_given_twice_is_a_difference(
    settled: tuple[Hospital, list[dict[str, Any]]],
) -> None:
    hospital, rows = settled
    assert len(hospital.reconcile([*rows, rows[1]])) == 2


def test_a_file_that_belies_its_totals_is_refused(
    settled: tuple[Hospital, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    hospital, rows = settled
    call = hospital.call

    def lying(number: str, given: Any, **options: Any) -> Any:
        if number == "3202":
            given["data"]["fixmedins_setl_cnt"] += 1
        return call(number, given, **options)

    monkeypatch.setattr(hospital, "call", lying)
    with pytest.raises(Refused, match="行数"):
        hospital.reconcile(rows)


def test_clearing_applications_are_kept_and_withdrawn(fresh: Hospital) -> None:
    given = {
        "clr_type": "11", "clr_way": "1", "setlym": "202611", "psntime": 1, "medfee_sumamt": 1,
        "med_sumfee": 1, "fund_appy_sum": 1, "cash_payamt": 0, "acct_pay": 0,
        "begndate": "2026-11-01", "enddate": "2026-11-30",
    }  # fmt: skip
    key = fresh.call("3203", {"data": given})["result"]["clr_appy_evt_id"]
    fresh.call("3204", {"data": {"clr_appy_evt_id": key}})
    with pytest.raises(Refused, match="没有该清算申请"):
        fresh.call("3204", {"data": {"clr_appy_evt_id": key}})
