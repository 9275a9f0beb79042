"""42xx: visits of patients who pay themselves, in their own books.

4203 closes a visit; a closed visit cannot be changed, and its 医疗总费用 must be the sum of its
fee rows. Answers are camelCase, as in every public source.
"""

from __future__ import annotations

import math
import re

from ..money import yuan
from . import ledger
from .core import Call, Fields, Output, handles, page, refuse, whole

DEFAULT_PAGE = 20
VISIT, FEE, DIAGNOSIS = "selfpay-visit", "selfpay-fee", "selfpay-diagnosis"


def camel(row: Fields) -> Fields:
    return {re.sub(r"_(.)", lambda m: m[1].upper(), name): value for name, value in row.items()}


@handles("4201", "4201A")
def upload_fees(call: Call) -> None:
    rows = next((call.rows(name) for name in call.input if call.rows(name)), [])
    if not rows:
        refuse("至少需要一行", "", "费用明细")
    for index, row in enumerate(rows):
        _store_fee(call, row, index)


@handles("4202")
def upload_inpatient(call: Call) -> None:
    visit = call.node("ownPayPatnMdtrtD")
    _store_visit(call, visit)
    _store_diagnoses(call, visit, call.rows("ownPayPatnDiagListD"))


@handles("4205")
def upload_outpatient(call: Call) -> None:
    visit = call.node("mdtrtinfo")
    _store_visit(call, visit)
    _store_diagnoses(call, visit, call.rows("diseinfo"))
    for index, row in enumerate(call.rows("feedetail")):
        named = {**row, "fixmedins_mdtrt_id": visit.get("fixmedins_mdtrt_id")}
        _store_fee(call, named, index)


@handles("4203")
def complete(call: Call) -> None:
    data = call.node("data") or call.input
    key = str(data.get("fixmedins_mdtrt_id"))
    visit = call.books.get(VISIT, call.institution, key)
    fees = _of_visit(call, FEE, key)
    if visit is None or not fees:
        refuse("就诊信息或费用明细尚未上传", "fixmedins_mdtrt_id", "医药机构就诊ID")
    total = sum(ledger.amount(row, "det_item_fee_sumamt", "明细项目费用总额") for row in fees)
    stated = ledger.amount(visit, "medfee_sumamt", "医疗总费用")
    if visit.get("medfee_sumamt") not in (None, "") and stated != total:
        refuse("与费用明细合计不一致", "medfee_sumamt", "医疗总费用")
    closed = {**visit, "medfee_sumamt": yuan(total), "cplt_flag": str(data.get("cplt_flag"))}
    call.books.put(VISIT, call.institution, key, call.time, closed, "")


@handles("4204")
def withdraw_fees(call: Call) -> None:
    key = str(call.node("feedetail").get("fixmedins_mdtrt_id"))
    _refuse_closed(call, key)
    serials = [str(row.get("bkkp_sn")) for row in call.rows("feedetl")]
    for serial in serials or [str(r["bkkp_sn"]) for r in _of_visit(call, FEE, key)]:
        if not call.books.drop(FEE, call.institution, f"{key} {serial}"):
            refuse("没有该费用明细", "bkkp_sn", "记账流水号")


@handles("4206")
def withdraw_outpatient(call: Call) -> None:
    data = call.node("data") or call.input
    key = str(data.get("fixmedins_mdtrt_id"))
    _refuse_closed(call, key)
    if not call.books.drop(VISIT, call.institution, key):
        refuse("没有该就诊", "fixmedins_mdtrt_id", "医药机构就诊ID")
    call.books.run(
        "DELETE FROM record WHERE kind IN (?, ?) AND institution = ? AND psn_no = ?",
        FEE, DIAGNOSIS, call.institution, key,
    )  # fmt: skip


@handles("4207")
def query_fees(call: Call) -> Output:
    return _page(call, FEE)


@handles("4209")
def query_diagnoses(call: Call) -> Output:
    return _page(call, DIAGNOSIS)


@handles("4208")
def query_visits(call: Call) -> Output:
    asked = call.node("data") or call.input
    exact = ("psn_cert_type", "certno", "psn_name", "med_type", "elec_billno_code", "cplt_flag")
    begin, end = (str(asked.get(name) or "") for name in ("begntime", "endtime"))
    rows = [
        row
        for row in call.books.records(VISIT, institution=call.institution)
        if all(asked.get(name) in (None, "", row.get(name)) for name in exact)
        and str(row.get("begntime") or "") >= begin
        and (not end or str(row.get("begntime") or "") <= end)
    ]
    return _pages(asked, rows)


def _page(call: Call, kind: str) -> Output:
    asked = call.node("data") or call.input
    return _pages(asked, _of_visit(call, kind, str(asked.get("fixmedins_mdtrt_id"))))


def _pages(asked: Fields, rows: list[Fields]) -> Output:
    size = max(1, whole(asked, "page_size", "本页数据量", DEFAULT_PAGE))
    return {
        None: {"recordCounts": len(rows), "pages": math.ceil(len(rows) / size)},
        "data": [camel(row) for row in page(asked, rows, DEFAULT_PAGE)],
    }


def _of_visit(call: Call, kind: str, key: str) -> list[Fields]:
    return call.books.records(kind, institution=call.institution, psn_no=key)


def _refuse_closed(call: Call, key: str) -> None:
    visit = call.books.get(VISIT, call.institution, key)
    if visit is not None and visit.get("cplt_flag") == "1":
        refuse("该就诊已完成上传，不能更改", "fixmedins_mdtrt_id", "医药机构就诊ID")


def _store_visit(call: Call, visit: Fields) -> None:
    key = str(visit.get("fixmedins_mdtrt_id"))
    _refuse_closed(call, key)
    call.books.put(VISIT, call.institution, key, call.time, {**visit, "cplt_flag": "0"}, "")


def _store_diagnoses(call: Call, visit: Fields, rows: list[Fields]) -> None:
    key = str(visit.get("fixmedins_mdtrt_id"))
    for index, row in enumerate(rows, 1):
        stored = {**row, "fixmedins_mdtrt_id": key, "fixmedins_code": call.institution,
                  "diag_info_id": f"{key[:24]}-{index}"}  # fmt: skip
        call.books.put(DIAGNOSIS, call.institution, f"{key} {index}", call.time, stored, key)


def _store_fee(call: Call, row: Fields, index: int) -> None:
    ledger.check_fee_row(row, index)
    key, serial = str(row.get("fixmedins_mdtrt_id")), str(row.get("bkkp_sn"))
    _refuse_closed(call, key)
    if call.books.get(FEE, call.institution, f"{key} {serial}") is not None:
        refuse(f"第{index + 1}行在本次就诊内重复", "bkkp_sn", "记账流水号")
    call.books.put(FEE, call.institution, f"{key} {serial}", call.time, row, key)
