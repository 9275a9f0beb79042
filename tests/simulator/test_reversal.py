"""2601: what a lost answer left behind is undone, and nothing else."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hubei_yibao_simulator import examples
from simulator.hospital import PEOPLE, Hospital, NoAnswer, Refused, moment

A, B = PEOPLE[:2]
ROWS = [("SIM-X-0001", "4", "25.00"), ("SIM-S-0001", "1", "250")]


def reversal(person: dict[str, Any], number: str, msgid: str) -> dict[str, Any]:
    return {"data": {"psn_no": person["psn_no"], "omsgid": msgid, "oinfno": number}}


def visit_ready(hospital: Hospital) -> tuple[str, Decimal]:
    mdtrt_id = hospital.see(A)
    return mdtrt_id, hospital.charge(A, mdtrt_id, "B1", ROWS)


def test_a_settlement_whose_answer_was_lost_is_found_and_undone(fresh: Hospital) -> None:
    mdtrt_id, total = visit_ready(fresh)
    msgid = fresh.msgid()
    with pytest.raises(NoAnswer):
        fresh.settle(
            A, mdtrt_id, "B1", total, msgid=msgid, headers={"x-sim-fault": "drop-after-commit"}
        )
    ((psn_no, mdtrt, setl, found, result, *_),) = fresh.reconcile([])
    assert (psn_no, mdtrt, setl, found, result) == (A["psn_no"], "null", "null", msgid, "000103")
    fresh.call("2601", reversal(A, "2207", msgid))
    assert fresh.reconcile([]) == []
    with pytest.raises(Refused, match="已冲正"):
        fresh.call("2601", reversal(A, "2207", msgid))
    again = fresh.settle(A, mdtrt_id, "B1", total)
    assert fresh.reconcile([again]) == []


def test_a_settlement_lost_before_the_commit_was_never_made(fresh: Hospital) -> None:
    mdtrt_id, total = visit_ready(fresh)
    msgid = fresh.msgid()
    with pytest.raises(NoAnswer):
        fresh.settle(
            A, mdtrt_id, "B1", total, msgid=msgid, headers={"x-sim-fault": "drop-before-commit"}
        )
    assert fresh.reconcile([]) == []
    with pytest.raises(Refused, match="未找到原交易"):
        fresh.call("2601", reversal(A, "2207", msgid))


def test_undoing_a_refund_restores_the_settlement(fresh: Hospital) -> None:
    mdtrt_id, total = visit_ready(fresh)
    info = fresh.settle(A, mdtrt_id, "B1", total)
    msgid = fresh.msgid()
    fresh.call("2208", examples.refund(A, mdtrt_id, info["setl_id"]), msgid=msgid)
    fresh.call("2601", reversal(A, "2208", msgid))
    assert fresh.reconcile([info]) == []
    with pytest.raises(Refused, match="已结算"):
        fresh.settle(A, mdtrt_id, "B1", total)


def test_a_refund_stays_when_the_rows_have_moved_on(fresh: Hospital) -> None:
    mdtrt_id, total = visit_ready(fresh)
    info = fresh.settle(A, mdtrt_id, "B1", total)
    msgid = fresh.msgid()
    fresh.call("2208", examples.refund(A, mdtrt_id, info["setl_id"]), msgid=msgid)
    fresh.settle(A, mdtrt_id, "B1", total)
    with pytest.raises(Refused, match="明细已变更"):
        fresh.call("2601", reversal(A, "2208", msgid))


def test_a_refund_stays_when_the_account_is_spent_since(fresh: Hospital) -> None:
    """Found by the model: undoing it would have spent the same balance twice."""
    poor = PEOPLE[2]
    bought = examples.purchase(poor, [("SIM-X-0001", "1", "40")], moment())
    first = fresh.call("2102", bought)["setlinfo"]
    msgid = fresh.msgid()
    refund = examples.refund(poor, first["mdtrt_id"], first["setl_id"])
    fresh.call("2103", refund, msgid=msgid)
    assert fresh.call("2102", bought)["setlinfo"]["acct_pay"] == 20
    with pytest.raises(Refused, match="余额"):
        fresh.call("2601", reversal(poor, "2103", msgid))


def test_an_admission_is_undone_while_it_has_no_fees(fresh: Hospital) -> None:
    msgid = fresh.msgid()
    fresh.call("2401", examples.admission(B, moment()), msgid=msgid)
    fresh.call("2601", reversal(B, "2401", msgid))
    fresh.call("2401", examples.admission(B, moment()))


def test_a_purchase_is_undone(fresh: Hospital) -> None:
    given = examples.purchase(A, [("SIM-X-0001", "1", "30")], moment())
    msgid = fresh.msgid()
    fresh.call("2102", given, msgid=msgid)
    fresh.call("2601", reversal(A, "2102", msgid))
    assert fresh.admin("state")["settlements"]["count"] == 0
    assert fresh.call("1101", examples.query_person(A))["insuinfo"][0]["balc"] == 1500


def test_only_listed_transactions_of_this_person_are_undone(fresh: Hospital) -> None:
    mdtrt_id, total = visit_ready(fresh)
    msgid = fresh.msgid()
    fresh.settle(A, mdtrt_id, "B1", total, msgid=msgid)
    with pytest.raises(Refused, match="不允许冲正"):
        fresh.call("2601", reversal(A, "2204", msgid))
    with pytest.raises(Refused, match="未找到原交易"):
        fresh.call("2601", reversal(A, "2304", msgid))
    with pytest.raises(Refused, match="psn_no"):
        fresh.call("2601", reversal(B, "2207", msgid))


def test_a_refunded_settlement_is_not_undone_again(fresh: Hospital) -> None:
    mdtrt_id, total = visit_ready(fresh)
    msgid = fresh.msgid()
    info = fresh.settle(A, mdtrt_id, "B1", total, msgid=msgid)
    fresh.call("2208", examples.refund(A, mdtrt_id, info["setl_id"]))
    with pytest.raises(Refused, match="已撤销"):
        fresh.call("2601", reversal(A, "2207", msgid))
