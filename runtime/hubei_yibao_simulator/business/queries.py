"""52xx and 5303: what was done, read back from the same books."""

from __future__ import annotations

from typing import Any

from ..catalogue import items
from ..money import number, yuan
from ..state import Row
from . import ledger, persons
from .core import Call, Fields, Output, handles, refuse

LOCAL_PROVINCE = "42"


@handles("5201")
def query_visits(call: Call) -> Output:
    data = call.node("data")
    rows = _visits(call, data)
    wanted = data.get("mdtrt_id")
    med_type = data.get("med_type")
    return {
        "mdtrtinfo": [
            visit_fields(call, row)
            for row in rows
            if wanted in (None, "", row["mdtrt_id"]) and med_type in (None, "", row["med_type"])
        ]
    }


@handles("5303")
def query_inpatients(call: Call) -> Output:
    rows = [
        {**visit_fields(call, row), "begndate": row["begntime"][:10]}
        for row in _visits(call, call.node("data"))
        if row["kind"] == "inpatient" and row["status"] == "open"
    ]
    return {"data": rows}


def _visits(call: Call, data: Fields) -> list[Row]:
    """Visits of this institution that began in the time asked for and were not withdrawn."""
    begin, end = (str(data.get(name) or "") for name in ("begntime", "endtime"))
    return call.books.rows(
        "SELECT * FROM visit WHERE institution = ? AND status <> 'cancelled' "
        "AND coalesce(nullif(?, ''), psn_no) = psn_no AND begntime >= ? AND begntime <= ? "
        "ORDER BY rowid",
        call.institution, str(data.get("psn_no") or ""), begin, end or "9",
    )  # fmt: skip


def visit_fields(call: Call, row: Row) -> Fields:
    person = persons.by_number(row["psn_no"])
    insured = next(i for i in person["insurances"] if i["insutype"] == row["insutype"])
    ended = row["data"].get("endtime") or (row["begntime"] if row["kind"] != "inpatient" else None)
    return {
        **row["data"],
        **persons.identity(person, call),
        "mdtrt_id": row["mdtrt_id"],
        "insutype": row["insutype"],
        "psn_type": insured["psn_type"],
        "cvlserv_flag": insured["cvlserv_flag"],
        "insu_optins": insured["insuplc_admdvs"],
        "emp_name": insured["emp_name"],
        "begntime": row["begntime"],
        "endtime": ended,
        "med_type": row["med_type"],
        "ipt_otp_no": row["data"].get("ipt_otp_no") or row["data"].get("ipt_no"),
        "inhosp_stas": "1" if row["kind"] == "inpatient" and row["status"] == "open" else "0",
        "out_flag": "0" if insured["insuplc_admdvs"].startswith(LOCAL_PROVINCE) else "1",
    }


@handles("5202")
def query_diagnoses(call: Call) -> Output:
    visit = call.visit(call.node("data"))
    rows = call.books.rows(
        "SELECT * FROM diagnosis WHERE mdtrt_id = ? ORDER BY id", visit["mdtrt_id"]
    )
    return {
        "diseinfo": [
            {
                "maindiag_flag": "1" if index == 0 else "0",
                **row["data"],
                "diag_info_id": f"D{row['id']:012d}",
                "mdtrt_id": visit["mdtrt_id"],
                "psn_no": visit["psn_no"],
                "inout_diag_type": row["stage"],
            }
            for index, row in enumerate(rows)
        ]
    }


@handles("5203")
def query_settlements(call: Call) -> Output:
    """One settlement by setl_id; with an empty setl_id the visit's latest."""
    data = call.node("data")
    row = call.books.row(
        "SELECT * FROM settlement WHERE institution = ? AND mdtrt_id = ? AND psn_no = ? "
        "AND coalesce(nullif(?, ''), setl_id) = setl_id AND voided_by IS NULL ORDER BY id DESC",
        call.institution, data.get("mdtrt_id"), data.get("psn_no"), data.get("setl_id") or "",
    )  # fmt: skip
    if row is None:
        refuse("未找到结算记录", "setl_id", "结算ID")
    return {"setlinfo": settlement_fields(call, row), "setldetail": row["data"]["setldetail"]}


def settlement_fields(call: Call, row: Row) -> Fields:
    info = {k: v for k, v in row["data"].items() if k != "setldetail"}
    person = persons.by_number(row["psn_no"])
    insured = next(i for i in person["insurances"] if i["insutype"] == row["insutype"])
    visit = call.books.row("SELECT * FROM visit WHERE mdtrt_id = ?", row["mdtrt_id"])
    assert visit is not None
    return {
        **info,
        "fixmedins_code": row["institution"],
        "fixmedins_name": call.envelope.get("fixmedins_name", ""),
        "insu_optins": insured["insuplc_admdvs"],
        "emp_name": insured["emp_name"],
        "pay_loc": "2",
        "refd_setl_flag": ledger.refund_flag(row),
        "begndate": visit["begntime"][:10],
        "enddate": str(visit["data"].get("endtime") or row["setl_time"])[:10],
        "year": row["setl_time"][:4],
        "dise_codg": visit["data"].get("dise_codg"),
        "dise_name": visit["data"].get("dise_name"),
    }


@handles("5204")
def query_fees(call: Call) -> Output:
    data = call.node("data")
    row = call.books.row(
        "SELECT * FROM settlement WHERE institution = ? AND setl_id = ? AND psn_no = ? "
        "AND mdtrt_id = ? AND voided_by IS NULL",
        call.institution, data.get("setl_id"), data.get("psn_no"), data.get("mdtrt_id"),
    )  # fmt: skip
    if row is None:
        refuse("未找到结算记录", "setl_id", "结算ID")
    return {None: [{**fee_fields(fee), "setl_id": row["setl_id"]} for fee in row["details"]]}


def fee_fields(fee: Fields) -> Fields:
    item = items().get(str(fee.get("med_list_codg")))
    return {
        **fee,
        **ledger.split_row(fee),
        "rx_drord_no": fee.get("rxno") or fee.get("drord_no"),
        "hilist_code": fee.get("med_list_codg"),
        "hilist_name": item.name if item else "目录外项目",
        "list_type": item.list_type if item else "105",
        "medins_list_name": item.name if item else "目录外项目",
        "cnt": number(fee.get("cnt") or 0),
    }


@handles("5205")
def query_chronic_drugs(call: Call) -> Output:
    data = call.node("data")
    begin, end = str(data.get("begntime") or ""), str(data.get("endtime") or "") or "9"
    rows = call.books.rows(
        "SELECT fee.data, visit.institution FROM fee JOIN visit USING (mdtrt_id) "
        "WHERE visit.psn_no = ? AND visit.med_type = ? ORDER BY fee.id",
        data.get("psn_no"), ledger.CHRONIC_OUTPATIENT,
    )  # fmt: skip
    return {
        "feedetail": [
            {**fee_fields(row["data"]), "fixmedins_code": row["institution"],
             "fixmedins_name": call.envelope.get("fixmedins_name", "")}
            for row in rows
            if begin <= str(row["data"].get("fee_ocur_time") or "") <= end
        ]
    }  # fmt: skip


#: 累计类别代码 has no published table: these names are the simulator's own
TOTALS = (("SIM-TOTAL", "total"), ("SIM-FUND", "fund"), ("SIM-DEDC", "deductible"))


@handles("5206")
def query_totals(call: Call) -> Output:
    data = call.node("data")
    person = persons.by_number(data.get("psn_no"))
    month = str(data.get("cum_ym") or call.now.strftime("%Y%m"))
    rows: list[dict[str, Any]] = []
    for insured in person["insurances"]:
        sums = call.books.row(
            "SELECT coalesce(sum(total), 0) AS total, coalesce(sum(fund), 0) AS fund, "
            "coalesce(sum(deductible), 0) AS deductible FROM settlement WHERE psn_no = ? "
            "AND insutype = ? AND voided_by IS NULL AND substr(setl_time, 1, 4) = ? "
            "AND substr(setl_time, 1, 4) || substr(setl_time, 6, 2) <= ?",
            person["psn_no"], insured["insutype"], month[:4], month,
        )  # fmt: skip
        assert sums is not None
        rows += [
            {
                "insutype": insured["insutype"],
                "year": month[:4],
                "cum_ym": month,
                "cum_type_code": code,
                "cum": yuan(sums[column]),
            }
            for code, column in TOTALS
        ]
    return {"cuminfo": rows}
