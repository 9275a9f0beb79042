"""Sessions, dictionaries, mappings, filings, departments, self-pay patients, daily uploads."""

from __future__ import annotations

from typing import Any

import pytest
from hubei_yibao.registry import INTERFACES
from hubei_yibao_simulator import SimulatorConfig, SimulatorServer
from simulator.hospital import PEOPLE, Hospital, Refused, moment, sampled_input, today

A, B = PEOPLE[:2]
TIMES = {"begntime": "2000-01-01 00:00:00", "endtime": "2999-01-01 00:00:00"}


def sign_in(hospital: Hospital) -> str:
    given = {"signIn": {"opter_no": "t01", "mac": "00-00-00-00-00-00", "ip": "127.0.0.1"}}
    return str(hospital.call("9001", given)["signinoutb"]["sign_no"])


def test_signing_in_and_out_where_it_is_required() -> None:
    with SimulatorServer(SimulatorConfig(require_sign_in=True)) as server:
        hospital = Hospital(server.url)
        with pytest.raises(Refused, match="未签到"):
            hospital.see(A)
        hospital.sign_no = sign_in(hospital)
        assert sign_in(hospital) == hospital.sign_no
        hospital.see(A)
        out = {"signOut": {"sign_no": hospital.sign_no, "opter_no": "t01"}}
        assert hospital.call("9002", out)["sign_time"]["sign_time"]
        with pytest.raises(Refused, match="未签到"):
            hospital.see(A)
        hospital.close()


def test_signing_out_needs_a_sign_in(fresh: Hospital) -> None:
    with pytest.raises(Refused, match="没有签到"):
        fresh.call("9002", {"signOut": {"sign_no": "x", "opter_no": "t01"}})


def test_dictionaries_come_as_the_spec_holds_them(hospital: Hospital) -> None:
    rows = hospital.call("1901", {"data": {
        "type": "MED_TYPE", "parentValue": "0", "admdvs": "420000", "date": today(),
        "valiFlag": "1"}})["list"]  # fmt: skip
    assert {row["value"]: row["label"] for row in rows} == INTERFACES.codes("med_type")


def mapping(n: int, code: str = "SIM-X-0001") -> dict[str, Any]:
    return {
        "fixmedins_hilist_id": f"H{n:03d}", "fixmedins_hilist_name": "院内药品", "list_type": "101",
        "med_list_codg": code, "begndate": "2026-01-01", "enddate": "2026-12-31",
    }  # fmt: skip


def withdrawal(hospital: Hospital, row: dict[str, Any]) -> dict[str, Any]:
    names = ("fixmedins_hilist_id", "list_type", "med_list_codg")
    return {"fixmedins_code": hospital.code, **{name: row[name] for name in names}}


def test_at_most_100_mappings_a_call(fresh: Hospital) -> None:
    with pytest.raises(Refused, match="最多100行"):
        fresh.call("3301", {"data": [mapping(n) for n in range(101)]})
    fresh.call("3301", {"data": [mapping(n) for n in range(100)]})
    asked = {"updt_time": "2026-01-01", "page_num": 1, "page_size": 200}
    assert len(fresh.call("1317", {"data": asked})) == 100


def test_a_mapping_changes_by_withdrawing_the_old_one_first(fresh: Hospital) -> None:
    fresh.call("3301", {"data": [mapping(1), mapping(2)]})
    with pytest.raises(Refused, match="3302"):
        fresh.call("3301", {"data": [mapping(1, "SIM-X-0002")]})
    fresh.call("3302", {"data": [withdrawal(fresh, mapping(1)), withdrawal(fresh, mapping(2))]})
    fresh.call("3301", {"data": [mapping(1, "SIM-X-0002")]})
    with pytest.raises(Refused, match="没有该对照"):
        fresh.call("3302", {"data": [withdrawal(fresh, mapping(1))]})


def test_a_refused_upload_leaves_nothing_behind(fresh: Hospital) -> None:
    fresh.call("3301", {"data": [mapping(2)]})
    with pytest.raises(Refused):
        fresh.call("3301", {"data": [mapping(1), mapping(2)]})
    asked = {"updt_time": "2026-01-01", "page_num": 1, "page_size": 200}
    assert len(fresh.call("1317", {"data": asked})) == 1


CHRONIC = {
    "psn_no": A["psn_no"], "insutype": "310", "opsp_dise_code": "M00500", "opsp_dise_name": "模拟病种",
    "insu_optins": "420199", "ide_fixmedins_no": "H42999900001", "ide_fixmedins_name": "测试医院",
    "hosp_ide_date": "2026-01-01", "diag_dr_codg": "D1", "diag_dr_name": "模拟医生",
    "begndate": "2026-01-01",
}  # fmt: skip
REFERRAL = {
    "psn_no": A["psn_no"], "insutype": "310", "diag_code": "SIM00", "diag_name": "模拟诊断",
    "reflin_medins_no": "H42999900009", "reflin_medins_name": "上级医院",
    "mdtrtarea_admdvs": "420100", "refl_type": "1", "refl_date": "2026-06-01", "refl_rea": "转诊",
    "refl_opnn": "同意", "hosp_agre_refl_flag": "1",
}  # fmt: skip
DESIGNATED = {
    "psn_no": A["psn_no"], "biz_appy_type": "03", "begndate": "2026-01-01", "fix_srt_no": "1",
    "fixmedins_code": "H42999900001", "fixmedins_name": "测试医院",
}  # fmt: skip


@pytest.mark.parametrize(
    ("upload", "node", "row", "withdraw", "query", "answer", "asked"),
    [
        ("2503", "data", CHRONIC, "2504", "5301", "feedetail", {}),
        ("2501", "refmedin", REFERRAL, "2502", "5304", "refmedin", TIMES),
        ("2505", "data", DESIGNATED, "2506", "5302", "psnfixmedin", {"biz_appy_type": "03"}),
    ],
)
def test_filings_are_shown_until_withdrawn(
    fresh: Hospital, upload: str, node: str, row: dict[str, Any], withdraw: str, query: str,
    answer: str, asked: dict[str, str],
) -> None:  # fmt: skip
    given = {"data": {"psn_no": A["psn_no"], **asked}}
    serial = fresh.call(upload, {node: row})["result"]["trt_dcla_detl_sn"]
    assert len(fresh.call(query, given)[answer]) == 1
    other = {"data": {**given["data"], "psn_no": B["psn_no"]}}
    assert fresh.call(query, other)[answer] == []
    taken = {"trt_dcla_detl_sn": serial, "psn_no": A["psn_no"], "memo": "误报"}
    fresh.call(withdraw, {"data": taken})
    assert fresh.call(query, given)[answer] == []
    with pytest.raises(Refused, match="没有该备案"):
        fresh.call(withdraw, {"data": taken})


DEPARTMENT = {
    "hosp_dept_codg": "D01", "caty": "A03", "hosp_dept_name": "内科", "begntime": "2026-01-01 00:00:00",
    "itro": "简介", "dept_resper_name": "负责人", "dept_resper_tel": "0", "aprv_bed_cnt": 10,
    "dept_estbdat": "2020-01-01 00:00:00", "poolarea_no": "420100", "dr_psncnt": 1,
    "phar_psncnt": 1, "nurs_psncnt": 1, "tecn_psncnt": 1,
}  # fmt: skip


def test_departments_are_uploaded_changed_and_withdrawn(fresh: Hospital) -> None:
    def names() -> list[str]:
        return [row["hosp_dept_name"] for row in fresh.call("5101", {})["feedetail"]]

    fresh.call("3401", {"deptinfo": DEPARTMENT})
    with pytest.raises(Refused, match="已上传"):
        fresh.call("3401", {"deptinfo": DEPARTMENT})
    fresh.call("3402", {"deptinfo": {**DEPARTMENT, "hosp_dept_name": "大内科"}})
    assert names() == ["大内科"]
    key = {"hosp_dept_codg": "D01", "hosp_dept_name": "大内科", "begntime": "2026-01-01"}
    fresh.call("3403", {"data": key})
    assert names() == []


def selfpay_fee(serial: str, visit: str, hospital: Hospital) -> dict[str, Any]:
    return {
        "fixmedins_mdtrt_id": visit, "med_type": "11", "bkkp_sn": serial, "fee_ocur_time": moment(),
        "fixmedins_code": hospital.code, "fixmedins_name": "测试医院", "cnt": 2, "pric": 10.5,
        "det_item_fee_sumamt": 21, "med_list_codg": "SIM-X-0001", "medins_list_codg": "H1",
        "medins_list_name": "药", "med_chrgitm_type": "09",
    }  # fmt: skip


def test_a_selfpay_visit_is_kept_apart_and_closed(fresh: Hospital) -> None:
    visit = {
        "fixmedins_mdtrt_id": "Z1", "fixmedins_code": fresh.code, "fixmedins_name": "测试医院",
        "psn_cert_type": "01", "certno": A["certno"], "psn_name": A["psn_name"],
        "begntime": moment(), "med_type": "11",
    }  # fmt: skip
    fees = [selfpay_fee(str(n), "Z1", fresh) for n in range(3)]
    diagnosis = {"diag_type": "1", "diag_srt_no": 1, "diag_code": "SIM00", "diag_name": "模拟诊断"}
    fresh.call("4205", {"mdtrtinfo": visit, "diseinfo": [diagnosis], "feedetail": fees})
    key = {"fixmedins_mdtrt_id": "Z1", "fixmedins_code": fresh.code}
    pages = {"page_num": 2, "page_size": 2}
    answer = fresh.call("4207", {**key, **pages})
    assert (answer["recordCounts"], answer["pages"], len(answer["data"])) == (3, 2, 1)
    assert answer["data"][0]["detItemFeeSumamt"] == 21
    assert fresh.call("4209", {**key, **pages, "page_num": 1})["recordCounts"] == 1
    fresh.call("4204", {"feedetail": key, "feedetl": [{"bkkp_sn": "2"}]})
    fresh.call("4203", {**key, "cplt_flag": "1"})
    found = fresh.call("4208", {"cplt_flag": "1", **pages, "page_num": 1})["data"]
    assert [(row["fixmedinsMdtrtId"], row["medfeeSumamt"]) for row in found] == [("Z1", 42)]
    for number, given in (
        ("4206", key),
        ("4204", {"feedetail": key, "feedetl": [{"bkkp_sn": "1"}]}),
    ):
        with pytest.raises(Refused, match="已完成"):
            fresh.call(number, given)
    fresh.call("4203", {**key, "cplt_flag": "0"})
    fresh.call("4206", key)
    assert fresh.call("4207", {**key, **pages})["recordCounts"] == 0
    assert fresh.admin("state")["settlements"]["count"] == 0


def test_a_selfpay_stay_must_add_up_before_it_is_closed(fresh: Hospital) -> None:
    key = {"fixmedins_mdtrt_id": "Z2", "fixmedins_code": fresh.code}
    rows = [
        {
            **selfpay_fee(str(n), "Z2", fresh), "bilg_dept_codg": "D", "bilg_dept_name": "d",
            "bilg_dr_code": "D", "bilg_dr_name": "d", "tcmdrug_used_way": "1", "etip_flag": "0",
            "dscg_tkdrug_flag": "0", "fulamt_ownpay_amt": 21, "overlmt_selfpay": 0,
            "preselfpay_amt": 0, "inscp_amt": 0,
        }
        for n in range(2)
    ]  # fmt: skip
    fresh.call("4201A", {"fsiOwnpayPatnFeeListDDTO": rows})
    with pytest.raises(Refused, match="尚未上传"):
        fresh.call("4203", {**key, "cplt_flag": "1"})
    stay = {
        **key, "fixmedins_name": "测试医院", "psn_cert_type": "01", "certno": A["certno"],
        "psn_name": A["psn_name"], "begntime": moment(), "endtime": moment(), "med_type": "2101",
        "vali_flag": "1", "medfee_sumamt": 42.01,
    }  # fmt: skip
    for total, refused in ((42.01, True), (42, False)):
        fresh.call("4202", {"ownPayPatnMdtrtD": {**stay, "medfee_sumamt": total}})
        if refused:
            with pytest.raises(Refused, match="medfee_sumamt"):
                fresh.call("4203", {**key, "cplt_flag": "1"})
        else:
            fresh.call("4203", {**key, "cplt_flag": "1"})
    with pytest.raises(Refused, match="已完成"):
        fresh.call("4201A", {"fsiOwnpayPatnFeeListDDTO": [{**rows[0], "bkkp_sn": "9"}]})


@pytest.mark.parametrize("number", ["4301", "4401", "4501", "4505", "4601", "3501", "3505"])
def test_daily_uploads_are_counted(fresh: Hospital, number: str) -> None:
    given = sampled_input(number)
    for _ in range(2):
        fresh.call(number, given)
    assert fresh.admin("state")["uploads"] == {number: 2}
    assert len(fresh.admin(f"uploads?number={number}")) == 2
    assert fresh.admin("uploads?number=0000") == []


def test_a_settlement_list_belongs_to_a_settlement_and_is_not_sent_twice(fresh: Hospital) -> None:
    given = sampled_input("4101")
    with pytest.raises(Refused, match="setl_id"):
        fresh.call("4101", given)
    mdtrt_id = fresh.see(A)
    total = fresh.charge(A, mdtrt_id, "B1", [("SIM-X-0001", "4", "25.00")])
    info = fresh.settle(A, mdtrt_id, "B1", total)
    ids = {"psn_no": A["psn_no"], "setl_id": info["setl_id"]}
    given["setlinfo"] |= {**ids, "mdtrt_id": mdtrt_id}
    assert fresh.call("4101", given)["data"]["setl_list_id"]
    with pytest.raises(Refused, match="4102"):
        fresh.call("4101", given)
    assert fresh.call("4103", {"data": ids})["setlinfo"]["setl_id"] == info["setl_id"]
    changed = {"data": {"stastinfo": [{**ids, "stas_type": "0"}]}}
    fresh.call("4102", changed)
    with pytest.raises(Refused, match="重复"):
        fresh.call("4102", changed)
    fresh.call("4101", given)
