"""Over a whole day of calls, every field the simulator emits is in the spec, whole and readable."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
from hubei_yibao import decode
from hubei_yibao.registry import INTERFACES
from hubei_yibao_simulator import examples
from hubei_yibao_simulator.business import HANDLERS
from simulator.hospital import PEOPLE, Hospital, moment, today
from simulator.test_platform import strange
from simulator.test_records import CHRONIC, DEPARTMENT, DESIGNATED, REFERRAL, mapping, selfpay_fee

A, B, C, D, _, F = PEOPLE
ROWS = [("SIM-X-0001", "2", "12.50"), ("SIM-X-0003", "1", "80.00"), ("SIM-S-0004", "1", "300")]
TIMES = {"begntime": "2000-01-01 00:00:00", "endtime": "2999-01-01 00:00:00"}
PAGE = {"page_num": 1, "page_size": 50}


class Recording(Hospital):
    """Keeps every answer."""

    def answer(self, number: str, given: Any, **options: Any) -> dict[str, Any]:
        answer = super().answer(number, given, **options)
        self.answers.append((number, answer))
        return answer

    def __post_init__(self) -> None:
        super().__post_init__()
        self.answers: list[tuple[str, dict[str, Any]]] = []


def outpatient(hospital: Recording, person: Mapping[str, Any]) -> dict[str, Any]:
    mdtrt_id = hospital.see(person)
    total = hospital.charge(person, mdtrt_id, "B1", ROWS)
    info = hospital.settle(person, mdtrt_id, "B1", total, account=True)
    ids = {"psn_no": person["psn_no"], "mdtrt_id": mdtrt_id}
    hospital.call("5201", {"data": {**ids, **TIMES, "med_type": "11"}})
    hospital.call("5202", {"data": ids})
    for number in ("5203", "5204"):
        hospital.call(number, {"data": {**ids, "setl_id": info["setl_id"]}})
    hospital.call("5206", {"data": {"psn_no": person["psn_no"]}})
    hospital.reconcile([info], setl_optins=info["clr_optins"])
    hospital.totals(info["insutype"], [info])
    return info


def inpatient(hospital: Recording, person: Mapping[str, Any]) -> None:
    mdtrt_id = hospital.call("2401", examples.admission(person, moment()))["result"]["mdtrt_id"]
    row = examples.inpatient_fee(person, mdtrt_id, "1", "SIM-S-0003", "40", "80", moment())
    hospital.call("2301", {"feedetail": [row]})
    hospital.call("5303", {"data": TIMES})
    attribute = {
        "mdtrt_id": mdtrt_id, "psn_no": person["psn_no"], "psn_cert_type": "01",
        "certno": person["certno"], "psn_name": person["psn_name"], "ipt_otp_no": "I",
        "ipt_psn_sp_flag_type": "1", "ipt_psn_sp_flag": "1",
    }  # fmt: skip
    hospital.call("2406", {"data": attribute})
    hospital.call("2407", {"data": {**PAGE, "mdtrt_id": mdtrt_id}})
    total = Decimal(3200)
    given = examples.inpatient_settlement(person, mdtrt_id, total)
    info = hospital.call("2303", given)["setlinfo"]
    settled = hospital.call("2304", examples.final_inpatient_settlement(given, info))["setlinfo"]
    hospital.call("2402", examples.discharge(person, mdtrt_id, moment()))
    hospital.call("2305", examples.refund(person, mdtrt_id, settled["setl_id"]))
    hospital.call("2405", {"data": {"mdtrt_id": mdtrt_id, "psn_no": person["psn_no"]}})


def paperwork(hospital: Recording) -> None:
    hospital.call("9001", {"signIn": {"opter_no": "t", "mac": "m", "ip": "i"}})
    hospital.call("1901", {"data": {"type": "gend", "parentValue": "0", "admdvs": "420000",
                                    "date": today(), "valiFlag": "1"}})  # fmt: skip
    for number in ("1301", "1305", "1306", "1307"):
        hospital.call(number, {"data": {"ver": "v0000"}})
    hospital.call("3301", {"data": [mapping(1)]})
    for number in ("1312", "1317", "1318", "1319"):
        hospital.call(number, {"data": {**PAGE, "updt_time": "2026-01-01"}})
    for upload, node, row, query, asked in (
        ("2503", "data", CHRONIC, "5301", {}),
        ("2501", "refmedin", REFERRAL, "5304", TIMES),
        ("2505", "data", DESIGNATED, "5302", {"biz_appy_type": "03"}),
    ):
        hospital.call(upload, {node: row})
        hospital.call(query, {"data": {"psn_no": A["psn_no"], **asked}})
    hospital.call("3401", {"deptinfo": DEPARTMENT})
    hospital.call("5101", {})
    visit = {"fixmedins_mdtrt_id": "Z", "fixmedins_code": hospital.code, "begntime": moment()}
    diagnosis = {"diag_type": "1", "diag_code": "SIM00", "diag_name": "d"}
    fee = selfpay_fee("1", "Z", hospital)
    hospital.call("4205", {"mdtrtinfo": visit, "diseinfo": [diagnosis], "feedetail": [fee]})
    for number in ("4207", "4209"):
        key = {"fixmedins_mdtrt_id": "Z", "fixmedins_code": hospital.code}
        hospital.call(number, {**key, **PAGE})
    hospital.call("4208", PAGE)


def test_nothing_is_emitted_that_the_spec_does_not_have() -> None:
    from hubei_yibao_simulator import SimulatorServer

    with SimulatorServer() as server:
        hospital = Recording(server.url)
        for person in (A, B, C, D, F):
            hospital.call("1101", examples.query_person(person))
            info = outpatient(hospital, person)
            refund = examples.refund(person, info["mdtrt_id"], info["setl_id"])
            hospital.call("2208", refund)
            inpatient(hospital, person)
            bought = hospital.call("2102", examples.purchase(person, ROWS, moment()))["setlinfo"]
            hospital.call("2101", examples.purchase(person, ROWS, moment()))
            hospital.call("2103", examples.refund(person, bought["mdtrt_id"], bought["setl_id"]))
        paperwork(hospital)
        hospital.close()
    answered = [(number, answer) for number, answer in hospital.answers if answer["infcode"] == "0"]
    assert len(answered) == len(hospital.answers)
    encode = msgspec.json.Encoder(decimal_format="number").encode
    found: list[str] = []
    for number, answer in answered:
        interface = INTERFACES[number]
        if interface.output:
            found += [f"{number} {path}" for path in strange(number, answer["output"])]
            for repair in decode(number, encode(answer)).repairs:
                # rows directly under output are what the tables of these interfaces show
                if repair.kind not in ("output_list", "output_rows"):
                    found.append(f"{number} {repair}")
    assert found == []
    numbers = {number for number, _ in answered}
    assert len(numbers & set(HANDLERS)) >= 50
