"""23xx, 24xx and 21xx over HTTP."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hubei_yibao_simulator import examples
from simulator.hospital import PEOPLE, Hospital, Refused, moment

A, B, C, D, _, _ = PEOPLE


def admit(hospital: Hospital, person: dict[str, Any]) -> str:
    admission = examples.admission(person, moment())
    return str(hospital.call("2401", admission)["result"]["mdtrt_id"])


def charge(hospital: Hospital, person: dict[str, Any], mdtrt_id: str) -> Decimal:
    time = moment()
    rows = [
        examples.inpatient_fee(person, mdtrt_id, "1", "SIM-S-0003", "3", "80", time),
        examples.inpatient_fee(person, mdtrt_id, "2", "SIM-M-0001", "1", "1200.00", time),
        examples.inpatient_fee(person, mdtrt_id, "3", "SIM-X-0001", "10", "9.99", time),
        examples.inpatient_fee(
            person, mdtrt_id, "4", "SIM-X-0001", "-4", "9.99", time, returns="3"
        ),
    ]
    hospital.call("2301", {"feedetail": rows})
    return sum((row["det_item_fee_sumamt"] for row in rows), Decimal(0))


def settle(hospital: Hospital, person: dict[str, Any], mdtrt_id: str, total: Decimal) -> Any:
    given = examples.inpatient_settlement(person, mdtrt_id, total, account=True)
    info = hospital.call("2303", given)["setlinfo"]
    return hospital.call("2304", examples.final_inpatient_settlement(given, info))["setlinfo"]


def test_a_stay_from_admission_to_refund(fresh: Hospital) -> None:
    mdtrt_id = admit(fresh, A)
    asked = {"begntime": "2000-01-01 00:00:00", "endtime": "2999-01-01 00:00:00"}
    inside = fresh.call("5303", {"data": asked})["data"]
    assert [row["mdtrt_id"] for row in inside] == [mdtrt_id]
    total = charge(fresh, A, mdtrt_id)
    assert total == Decimal("1499.94")
    info = settle(fresh, A, mdtrt_id, total)
    # in scope 180 + 700 + 59.94 = 939.94, less deductible 800, 88 % of 139.94
    assert info["inscp_scp_amt"] == Decimal("939.94")
    assert info["fund_pay_sumamt"] == Decimal("123.15")
    assert info["fund_pay_sumamt"] + info["acct_pay"] + info["psn_cash_pay"] == total
    fresh.call("2402", examples.discharge(A, mdtrt_id, moment()))
    assert fresh.call("5303", {"data": asked})["data"] == []
    both = {"data": {"mdtrt_id": mdtrt_id, "psn_no": A["psn_no"]}}
    with pytest.raises(Refused, match="2305"):
        fresh.call("2405", both)
    back = fresh.call("2305", examples.refund(A, mdtrt_id, info["setl_id"]))["setlinfo"]
    assert back["medfee_sumamt"] == -total
    fresh.call("2405", both)
    fresh.call("2302", {"data": [{**both["data"], "feedetl_sn": "0000"}]})
    fresh.call("2404", both)
    assert fresh.admin("state")["settlements"]["total"] == 0


def test_nobody_is_admitted_twice(fresh: Hospital) -> None:
    admit(fresh, B)
    with pytest.raises(Refused, match="已在院"):
        admit(fresh, B)


def test_settled_rows_stay_until_the_refund(fresh: Hospital) -> None:
    mdtrt_id = admit(fresh, C)
    settle(fresh, C, mdtrt_id, charge(fresh, C, mdtrt_id))
    for serial in ("0000", "1"):
        with pytest.raises(Refused, match="2305"):
            fresh.call("2302", {"data": [{
                "feedetl_sn": serial, "mdtrt_id": mdtrt_id, "psn_no": C["psn_no"]}]})  # fmt: skip
    with pytest.raises(Refused, match="已结算"):
        settle(fresh, C, mdtrt_id, Decimal("1499.94"))
    with pytest.raises(Refused, match="费用明细"):
        fresh.call("2404", {"data": {"mdtrt_id": mdtrt_id, "psn_no": C["psn_no"]}})


def test_a_stay_without_fees_is_not_settled(fresh: Hospital) -> None:
    mdtrt_id = admit(fresh, D)
    with pytest.raises(Refused, match="请先上传"):
        settle(fresh, D, mdtrt_id, Decimal(0))


@pytest.mark.parametrize(
    ("count", "original", "message"),
    [("-1", None, "init_feedetl_sn"), ("-1", "9", "不存在"), ("-11", "3", "超过")],
)
def test_returns_name_a_row_and_stay_within_it(
    fresh: Hospital, count: str, original: str | None, message: str
) -> None:
    mdtrt_id = admit(fresh, A)
    charge(fresh, A, mdtrt_id)
    row = examples.inpatient_fee(
        A, mdtrt_id, "5", "SIM-X-0001", count, "9.99", moment(), returns=original
    )
    with pytest.raises(Refused, match=message):
        fresh.call("2301", {"feedetail": [row]})


def test_changes_of_an_admission_are_shown(fresh: Hospital) -> None:
    mdtrt_id = admit(fresh, A)
    changed = {
        "mdtrt_id": mdtrt_id, "psn_no": A["psn_no"], "begntime": moment(), "mdtrt_cert_type": "02",
        "med_type": "2101", "ipt_otp_no": "N", "atddr_no": "SIM-DR-02", "chfpdr_name": "模拟医生二",
        "adm_diag_dscr": "d", "adm_dept_codg": "SIM-D02", "adm_dept_name": "模拟外科",
        "adm_bed": "2", "dscg_maindiag_code": "SIM00.1", "dscg_maindiag_name": "n",
    }  # fmt: skip
    diagnosis = {**examples.admission(A, moment())["diseinfo"][0], "mdtrt_id": mdtrt_id}
    fresh.call("2403", {"adminfo": changed, "diseinfo": [{**diagnosis, "diag_code": "SIM00.1"}]})
    both = {"psn_no": A["psn_no"], "mdtrt_id": mdtrt_id}
    times = {"begntime": "2000-01-01 00:00:00", "endtime": "2999-01-01 00:00:00"}
    found = fresh.call("5201", {"data": {**both, **times, "med_type": "2101"}})["mdtrtinfo"]
    assert found[0]["adm_dept_name"] == "模拟外科"
    assert fresh.call("5202", {"data": both})["diseinfo"][0]["diag_code"] == "SIM00.1"


def test_a_pharmacy_settles_in_one_call_and_refunds(fresh: Hospital) -> None:
    given = examples.purchase(A, [("SIM-X-0001", "1", "30"), ("SIM-X-0002", "2", "60")], moment())
    before = fresh.call("2101", given)
    assert len(before["detlcutinfo"]) == 2
    assert fresh.admin("state")["settlements"]["count"] == 0
    after = fresh.call("2102", given)["setlinfo"]
    assert after["acct_pay"] == before["setlinfo"]["acct_pay"] == Decimal("150")
    fresh.call("2103", examples.refund(A, after["mdtrt_id"], after["setl_id"]))
    assert fresh.call("1101", examples.query_person(A))["insuinfo"][0]["balc"] == 1500


def test_a_repeated_message_is_carried_out_again(fresh: Hospital) -> None:
    """No source knows of a rule against a repeated msgid: the simulator has none and counts."""
    given = examples.purchase(A, [("SIM-X-0001", "1", "30")], moment())
    msgid = fresh.msgid()
    first, second = (fresh.call("2102", given, msgid=msgid)["setlinfo"] for _ in range(2))
    assert first["setl_id"] != second["setl_id"]
    assert len(fresh.admin(f"messages?msgid={msgid}")) == 2
