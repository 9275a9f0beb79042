"""22xx over HTTP: order and amounts are enforced, money is conserved."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hubei_yibao_simulator import examples
from simulator.hospital import PEOPLE, Hospital, Refused, moment

A, B, C, D, E, F = PEOPLE
ROWS = [("SIM-X-0001", "2", "12.50"), ("SIM-X-0002", "1", "80.00"), ("SIM-S-0001", "1", "300")]


def conserved(info: dict[str, Any]) -> bool:
    parts = info["fund_pay_sumamt"] + info["acct_pay"] + info["psn_cash_pay"]
    return bool(parts == info["medfee_sumamt"])


def test_a_visit_is_settled_and_its_rows_are_split(fresh: Hospital) -> None:
    person = fresh.call("1101", examples.query_person(A))
    assert person["baseinfo"]["psn_name"] == "测试甲"
    assert person["insuinfo"][0]["balc"] == Decimal("1500.00")
    mdtrt_id = fresh.see(A)
    time = moment()
    fees = [
        examples.outpatient_fee(A, mdtrt_id, "B1", str(n), *row, time)
        for n, row in enumerate(ROWS, 1)
    ]
    result = fresh.call("2204", {"feedetail": fees})["result"]
    # 甲类: all in scope; 乙类 over the limit of 50: 30 over, 10 % of 50 prepaid
    assert [row["inscp_scp_amt"] for row in result] == [25, 45, 300]
    assert [row["overlmt_amt"] for row in result] == [0, 30, 0]
    assert [row["preselfpay_amt"] for row in result] == [0, 5, 0]
    info = fresh.settle(A, mdtrt_id, "B1", Decimal("405.00"), account=True)
    # in scope 370, deductible 200, 60 % of 170 from the fund, the rest from the account
    assert info["fund_pay_sumamt"] == Decimal("102.00")
    assert info["act_pay_dedc"] == Decimal("200.00")
    assert info["acct_pay"] == Decimal("303.00")
    assert info["balc"] == Decimal("1197.00")
    assert conserved(info)
    found = fresh.call("5203", {"data": {"psn_no": A["psn_no"], "setl_id": info["setl_id"],
                                         "mdtrt_id": mdtrt_id}})  # fmt: skip
    for name in ("fund_pay_sumamt", "acct_pay", "medfee_sumamt", "medins_setl_id", "balc"):
        assert found["setlinfo"][name] == info[name]


def test_medins_setl_id_is_the_msgid_of_the_request(hospital: Hospital) -> None:
    mdtrt_id = hospital.see(B)
    total = hospital.charge(B, mdtrt_id, "B1", ROWS)
    msgid = hospital.msgid()
    given = examples.settlement(B, mdtrt_id, "B1", total)
    info = hospital.call("2206", given)["setlinfo"]
    final = examples.final_settlement(given, info)
    settled = hospital.call("2207", final, msgid=msgid)["setlinfo"]
    assert settled["medins_setl_id"] == msgid


@pytest.mark.parametrize("person", [A, B, C, D, F], ids=lambda p: p["note"])
def test_money_is_conserved_for_everybody(hospital: Hospital, person: dict[str, Any]) -> None:
    mdtrt_id = hospital.see(person)
    total = hospital.charge(person, mdtrt_id, "B1", [*ROWS, ("SIM-S-0004", "3", "33.33")])
    info = hospital.settle(person, mdtrt_id, "B1", total, account=True)
    assert conserved(info)
    assert info["psn_part_amt"] == info["acct_pay"] + info["psn_cash_pay"]


def test_nothing_is_settled_before_upload(hospital: Hospital) -> None:
    mdtrt_id = hospital.see(A)
    given = examples.settlement(A, mdtrt_id, "B1", Decimal(100))
    for number in ("2206", "2207"):
        final = examples.final_settlement(given, dict.fromkeys(examples.PARTS, Decimal(0)))
        with pytest.raises(Refused, match="请先上传"):
            hospital.call(number, given if number == "2206" else final)


def test_fees_need_the_visit_first(hospital: Hospital) -> None:
    registered = hospital.call("2201", examples.register(A, moment()))["data"]["mdtrt_id"]
    with pytest.raises(Refused, match="2203"):
        hospital.charge(A, registered, "B1", ROWS)


def test_a_batch_is_settled_once(hospital: Hospital) -> None:
    mdtrt_id = hospital.see(A)
    total = hospital.charge(A, mdtrt_id, "B1", ROWS)
    hospital.settle(A, mdtrt_id, "B1", total)
    with pytest.raises(Refused, match="已结算"):
        hospital.settle(A, mdtrt_id, "B1", total)


def test_a_total_that_does_not_match_is_refused(hospital: Hospital) -> None:
    mdtrt_id = hospital.see(A)
    total = hospital.charge(A, mdtrt_id, "B1", ROWS)
    for wrong in (total + Decimal("0.01"), total - Decimal("0.01")):
        with pytest.raises(Refused, match="medfee_sumamt"):
            hospital.settle(A, mdtrt_id, "B1", wrong)


def test_parts_that_differ_from_the_presettlement_are_refused(hospital: Hospital) -> None:
    mdtrt_id = hospital.see(A)
    total = hospital.charge(A, mdtrt_id, "B1", ROWS)
    given = examples.settlement(A, mdtrt_id, "B1", total)
    info = hospital.call("2206", given)["setlinfo"]
    final = examples.final_settlement(given, info)
    final["data"]["inscp_scp_amt"] += Decimal("0.01")
    with pytest.raises(Refused, match="inscp_scp_amt"):
        hospital.call("2207", final)


def test_a_refund_is_the_negative_settlement_with_its_own_id(fresh: Hospital) -> None:
    mdtrt_id = fresh.see(A)
    total = fresh.charge(A, mdtrt_id, "B1", ROWS)
    info = fresh.settle(A, mdtrt_id, "B1", total, account=True)
    back = fresh.call("2208", examples.refund(A, mdtrt_id, info["setl_id"]))["setlinfo"]
    assert back["setl_id"] != info["setl_id"]
    for name in ("medfee_sumamt", "fund_pay_sumamt", "acct_pay", "act_pay_dedc"):
        assert back[name] == -info[name]
    assert back["balc"] == Decimal("1500.00")
    with pytest.raises(Refused, match="已撤销"):
        fresh.call("2208", examples.refund(A, mdtrt_id, info["setl_id"]))
    with pytest.raises(Refused, match="不能再次撤销"):
        fresh.call("2208", examples.refund(A, mdtrt_id, back["setl_id"]))


def test_a_partial_refund_settles_the_remainder_anew(fresh: Hospital) -> None:
    """2208, 2205 with 0000, 2204, 2206, 2207: and the deductible counts once."""
    mdtrt_id = fresh.see(A)
    total = fresh.charge(A, mdtrt_id, "B1", ROWS)
    info = fresh.settle(A, mdtrt_id, "B1", total)
    delete = {"data": {"mdtrt_id": mdtrt_id, "chrg_bchno": "B1", "psn_no": A["psn_no"]}}
    with pytest.raises(Refused, match="2208"):
        fresh.call("2205", delete)
    fresh.call("2208", examples.refund(A, mdtrt_id, info["setl_id"]))
    fresh.call("2205", {"data": {**delete["data"], "chrg_bchno": "0000"}})
    rest = fresh.charge(A, mdtrt_id, "B2", ROWS[:2])
    again = fresh.settle(A, mdtrt_id, "B2", rest)
    assert again["act_pay_dedc"] == Decimal("70.00")
    assert conserved(again)


def test_all_unsettled_rows_go_but_settled_ones_stay(fresh: Hospital) -> None:
    mdtrt_id = fresh.see(A)
    first = fresh.charge(A, mdtrt_id, "B1", ROWS)
    info = fresh.settle(A, mdtrt_id, "B1", first)
    fresh.charge(A, mdtrt_id, "B2", ROWS)
    fresh.call(
        "2205", {"data": {"mdtrt_id": mdtrt_id, "chrg_bchno": "0000", "psn_no": A["psn_no"]}}
    )
    with pytest.raises(Refused, match="2204"):
        fresh.settle(A, mdtrt_id, "B2", first)
    asked = {"psn_no": A["psn_no"], "setl_id": info["setl_id"], "mdtrt_id": mdtrt_id}
    rows = fresh.call("5204", {"data": asked})
    assert sum(row["det_item_fee_sumamt"] for row in rows) == first


def test_a_serial_stands_once_in_a_visit(hospital: Hospital) -> None:
    mdtrt_id = hospital.see(A)
    row = examples.outpatient_fee(A, mdtrt_id, "B1", "same", *ROWS[0], moment())
    hospital.call("2204", {"feedetail": [row]})
    with pytest.raises(Refused, match="feedetl_sn"):
        hospital.call("2204", {"feedetail": [{**row, "chrg_bchno": "B2"}]})


def test_a_row_whose_amount_is_not_quantity_times_price_is_refused(hospital: Hospital) -> None:
    mdtrt_id = hospital.see(A)
    row = examples.outpatient_fee(A, mdtrt_id, "B1", "1", *ROWS[0], moment())
    row["det_item_fee_sumamt"] += Decimal("0.02")
    with pytest.raises(Refused, match="数量乘以单价"):
        hospital.call("2204", {"feedetail": [row]})


def test_paused_insurance_gets_nothing(hospital: Hospital) -> None:
    checked = hospital.call("2001", {"data": {
        "psn_no": E["psn_no"], "insutype": "310", "fixmedins_code": hospital.code,
        "med_type": "11", "begntime": moment()}})  # fmt: skip
    info = checked["trtinfo"]
    assert (info[0] if isinstance(info, list) else info)["trt_enjymnt_flag"] == "0"
    with pytest.raises(Refused, match="参保状态"):
        hospital.call("2201", examples.register(E, moment()))


def test_a_registration_without_fees_may_be_withdrawn(hospital: Hospital) -> None:
    mdtrt_id = hospital.see(A)
    withdraw = {"data": {"psn_no": A["psn_no"], "mdtrt_id": mdtrt_id, "ipt_otp_no": "O"}}
    hospital.charge(A, mdtrt_id, "B1", ROWS)
    with pytest.raises(Refused, match="费用明细"):
        hospital.call("2202", withdraw)
    hospital.call(
        "2205", {"data": {"mdtrt_id": mdtrt_id, "chrg_bchno": "B1", "psn_no": A["psn_no"]}}
    )
    hospital.call("2202", withdraw)
    with pytest.raises(Refused, match="已撤销"):
        hospital.charge(A, mdtrt_id, "B1", ROWS)


def test_another_institution_cannot_reach_a_visit(server: Any, hospital: Hospital) -> None:
    mdtrt_id = hospital.see(A)
    other = Hospital(server.url, code="H42999900002")
    with pytest.raises(Refused, match="未找到该就诊记录"):
        other.charge(A, mdtrt_id, "B1", ROWS)
    other.close()
