"""Ready inputs for the usual calls, for the invented people: for tests, demos and first steps.

Every function returns the ``input`` of one interface as plain data. ``person`` is one of
:func:`people`; its first insurance in force is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from .catalogue import people as people

Input = dict[str, Any]
OUTPATIENT, INPATIENT, PHARMACY = "11", "2101", "41"
DEPARTMENT = {"dept_code": "SIM-D01", "dept_name": "模拟内科", "caty": "A03"}
DOCTOR = {"atddr_no": "SIM-DR-01", "dr_name": "模拟医生"}


def insured(person: Mapping[str, Any]) -> Mapping[str, Any]:
    """The person's first insurance in force, else the first."""
    rows: Sequence[Mapping[str, Any]] = person["insurances"]
    return next((row for row in rows if row["psn_insu_stas"] == "1"), rows[0])


def _credential(person: Mapping[str, Any]) -> Input:
    return {"mdtrt_cert_type": "02", "mdtrt_cert_no": person["certno"]}


def _identity(person: Mapping[str, Any]) -> Input:
    return {
        "psn_cert_type": "01",
        "certno": person["certno"],
        "psn_type": insured(person)["psn_type"],
        "psn_name": person["psn_name"],
    }


def query_person(person: Mapping[str, Any]) -> Input:
    """1101."""
    identity = {k: v for k, v in _identity(person).items() if k != "psn_type"}
    return {"data": {**_credential(person), **identity}}


def register(person: Mapping[str, Any], time: str, ipt_otp_no: str = "SIM-O-0001") -> Input:
    """2201."""
    data = {
        "psn_no": person["psn_no"],
        "insutype": insured(person)["insutype"],
        "begntime": time,
        **_credential(person),
        **_identity(person),
        "ipt_otp_no": ipt_otp_no,
        **DOCTOR,
        **DEPARTMENT,
    }
    return {"data": data}


def _diagnosis(time: str) -> Input:
    return {
        "diag_type": "1",
        "diag_srt_no": 1,
        "diag_code": "SIM00.0",
        "diag_name": "模拟诊断",
        "diag_dept": "SIM-D01",
        "dise_dor_no": "SIM-DR-01",
        "dise_dor_name": "模拟医生",
        "diag_time": time,
    }


def visit(person: Mapping[str, Any], mdtrt_id: str, time: str) -> Input:
    """2203."""
    return {
        "mdtrtinfo": {
            "mdtrt_id": mdtrt_id,
            "psn_no": person["psn_no"],
            "med_type": OUTPATIENT,
            "begntime": time,
            "main_cond_dscr": "模拟病情",
            "dise_codg": "SIM00",
            "dise_name": "模拟病种",
        },
        "diseinfo": [{**_diagnosis(time), "maindiag_flag": "1", "vali_flag": "1"}],
    }


def amount(count: str | Decimal, price: str | Decimal) -> Decimal:
    """Quantity times price, half up to the cent."""
    return (Decimal(count) * Decimal(price)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _fee(serial: str, item: str, count: str, price: str, time: str) -> Input:
    return {
        "feedetl_sn": serial,
        "fee_ocur_time": time,
        "med_list_codg": item,
        "medins_list_codg": f"H-{item}",
        "det_item_fee_sumamt": amount(count, price),
        "cnt": Decimal(count),
        "pric": Decimal(price),
    }


_ORDERED_BY = {
    "bilg_dept_codg": "SIM-D01",
    "bilg_dept_name": "模拟内科",
    "bilg_dr_codg": "SIM-DR-01",
    "bilg_dr_name": "模拟医生",
    "hosp_appr_flag": "1",
}


def outpatient_fee(
    person: Mapping[str, Any], mdtrt_id: str, batch: str, serial: str, item: str, count: str,
    price: str, time: str,
) -> Input:  # fmt: skip
    """One row of 2204's ``feedetail``."""
    return {
        **_fee(serial, item, count, price, time),
        "mdtrt_id": mdtrt_id,
        "psn_no": person["psn_no"],
        "chrg_bchno": batch,
        "rx_circ_flag": "0",
        **_ORDERED_BY,
    }


def settlement(
    person: Mapping[str, Any], mdtrt_id: str, batch: str, total: Decimal, *,
    account: bool = False,
) -> Input:  # fmt: skip
    """2206."""
    data = {
        "psn_no": person["psn_no"],
        **_credential(person),
        **_identity(person),
        "med_type": OUTPATIENT,
        "medfee_sumamt": total,
        "psn_setlway": "01",
        "mdtrt_id": mdtrt_id,
        "chrg_bchno": batch,
        "acct_used_flag": "1" if account else "0",
        "insutype": insured(person)["insutype"],
    }
    return {"data": data}


PARTS = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")


def final_settlement(presettled: Input, setlinfo: Mapping[str, Any]) -> Input:
    """2207 after 2206: the same input, with the parts the platform computed."""
    data = {k: v for k, v in presettled["data"].items() if k not in ("psn_type", "psn_name")}
    return {"data": {**data, **{name: setlinfo[name] for name in PARTS}}}


def refund(person: Mapping[str, Any], mdtrt_id: str, setl_id: str) -> Input:
    """2208, 2305 and 2103."""
    return {"data": {"setl_id": setl_id, "mdtrt_id": mdtrt_id, "psn_no": person["psn_no"]}}


def admission(person: Mapping[str, Any], time: str, ipt_no: str = "SIM-I-0001") -> Input:
    """2401."""
    diagnosis = {**_diagnosis(time), "psn_no": person["psn_no"], "maindiag_flag": "1"}
    return {
        "mdtrtinfo": {
            "psn_no": person["psn_no"],
            "insutype": insured(person)["insutype"],
            "begntime": time,
            **_credential(person),
            "cert_type": "01",
            "certno": person["certno"],
            "med_type": INPATIENT,
            "ipt_no": ipt_no,
            "atddr_no": "SIM-DR-01",
            "chfpdr_name": "模拟医生",
            "adm_diag_dscr": "模拟入院诊断",
            "adm_dept_codg": "SIM-D01",
            "adm_dept_name": "模拟内科",
            "adm_bed": "1",
            "dscg_maindiag_code": "SIM00.0",
            "dscg_maindiag_name": "模拟诊断",
            "insuplc_admdvs": insured(person)["insuplc_admdvs"],
            "mdtrtarea_admvs": "420199",
        },
        "diseinfo": [diagnosis],
    }


def inpatient_fee(
    person: Mapping[str, Any], mdtrt_id: str, serial: str, item: str, count: str, price: str,
    time: str, *, returns: str | None = None,
) -> Input:  # fmt: skip
    """One row of 2301's ``feedetail``; ``returns`` names the row it takes back."""
    row = {
        **_fee(serial, item, count, price, time),
        "mdtrt_id": mdtrt_id,
        "psn_no": person["psn_no"],
        "med_type": INPATIENT,
        **_ORDERED_BY,
    }
    return {**row, "init_feedetl_sn": returns} if returns else row


def inpatient_settlement(
    person: Mapping[str, Any], mdtrt_id: str, total: Decimal, *, account: bool = False
) -> Input:
    """2303; 2304 takes it with :func:`final_inpatient_settlement`."""
    data = {
        "psn_no": person["psn_no"],
        **_credential(person),
        **_identity(person),
        "medfee_sumamt": total,
        "psn_setlway": "01",
        "mdtrt_id": mdtrt_id,
        "acct_used_flag": "1" if account else "0",
        "insutype": insured(person)["insutype"],
        "mid_setl_flag": "0",
        "insuplc_admdvs": insured(person)["insuplc_admdvs"],
        "mdtrtarea_admvs": "420199",
    }
    return {"data": data}


def final_inpatient_settlement(presettled: Input, setlinfo: Mapping[str, Any]) -> Input:
    """2304 after 2303."""
    return {"data": {**presettled["data"], **{name: setlinfo[name] for name in PARTS}}}


def discharge(person: Mapping[str, Any], mdtrt_id: str, time: str) -> Input:
    """2402."""
    diagnosis = {**_diagnosis(time), "maindiag_flag": "1", "mdtrt_id": mdtrt_id}
    return {
        "dscginfo": {
            "mdtrt_id": mdtrt_id,
            "psn_no": person["psn_no"],
            "insutype": insured(person)["insutype"],
            "endtime": time,
            "dscg_dept_codg": "SIM-D01",
            "dscg_dept_name": "模拟内科",
            "dscg_way": "1",
        },
        "diseinfo": [{**diagnosis, "psn_no": person["psn_no"]}],
    }


def purchase(
    person: Mapping[str, Any], rows: Sequence[tuple[str, str, str]], time: str, *,
    account: bool = True,
) -> Input:  # fmt: skip
    """2101 and 2102; ``rows`` hold item, quantity and price."""
    details = [
        {**_fee(str(n), item, count, price, time), "rx_circ_flag": "0"}
        for n, (item, count, price) in enumerate(rows, 1)
    ]
    info = {
        "psn_no": person["psn_no"],
        **_credential(person),
        **_identity(person),
        "begntime": time,
        "medfee_sumamt": sum((row["det_item_fee_sumamt"] for row in details), Decimal(0)),
        "insutype": insured(person)["insutype"],
        "acct_used_flag": "1" if account else "0",
        "med_type": PHARMACY,
    }
    return {"druginfo": info, "drugdetail": details}
