"""25xx with their queries, 24xx special attributes and 34xx departments: stored and read back."""

from __future__ import annotations

from collections.abc import Mapping

from . import persons
from .core import Call, Fields, Handler, Output, handles, page, refuse

#: upload -> (record kind, node of the input)
FILED = {
    "2501": ("referral", "refmedin"),
    "2501A": ("referral", "refmedin"),
    "2503": ("chronic", "data"),
    "2505": ("designated", "data"),
}
WITHDRAWN = {"2502": "referral", "2504": "chronic", "2506": "designated"}


def _file(kind: str, node: str) -> Handler:
    def file(call: Call) -> Output:
        data = call.node(node)
        person = persons.by_number(data.get("psn_no"))
        key = call.new_id("trt_dcla_detl_sn")
        stored = {**persons.identity(person, call), **data, "trt_dcla_detl_sn": key}
        call.books.put(kind, call.institution, key, call.time, stored, person["psn_no"])
        return {"result": {"trt_dcla_detl_sn": key}}

    return file


def _withdraw(kind: str) -> Handler:
    def withdraw(call: Call) -> None:
        data = call.node("data")
        key = str(data.get("trt_dcla_detl_sn"))
        stored = call.books.get(kind, call.institution, key)
        if stored is None or stored["psn_no"] != data.get("psn_no"):
            refuse("没有该备案", "trt_dcla_detl_sn", "待遇申报明细流水号")
        call.books.drop(kind, call.institution, key)

    return withdraw


for _number, (_kind, _node) in FILED.items():
    handles(_number)(_file(_kind, _node))
for _number, _kind in WITHDRAWN.items():
    handles(_number)(_withdraw(_kind))


def _of_person(call: Call, kind: str) -> list[Fields]:
    return call.books.records(kind, psn_no=str(call.node("data").get("psn_no")))


@handles("5301")
def query_chronic(call: Call) -> Output:
    return {"feedetail": _of_person(call, "chronic")}


@handles("5302")
def query_designated(call: Call) -> Output:
    wanted = call.node("data").get("biz_appy_type")
    rows = _of_person(call, "designated")
    return {"psnfixmedin": [r for r in rows if wanted in (None, "", r.get("biz_appy_type"))]}


@handles("5304")
def query_referrals(call: Call) -> Output:
    data = call.node("data")
    begin, end = str(data.get("begntime") or "")[:10], str(data.get("endtime") or "9")[:10]
    rows = _of_person(call, "referral")
    return {"refmedin": [r for r in rows if begin <= str(r.get("refl_date"))[:10] <= end]}


@handles("2406")
def upload_attribute(call: Call) -> Output:
    data = call.node("data")
    visit = call.visit(data)
    key = call.new_id("ipt_psn_sp_flag_detl_id")
    stored = {
        **data,
        "ipt_psn_sp_flag_detl_id": key,
        "fixmedins_code": call.institution,
        "fixmedins_name": call.envelope.get("fixmedins_name", ""),
    }
    call.books.put("attribute", call.institution, key, call.time, stored, visit["psn_no"])
    return {"IptPsnSpFlagRegOut": {"ipt_psn_sp_flag_detl_id": key}}


@handles("2407")
def query_attributes(call: Call) -> Output:
    data = call.node("data")
    asked = {k: v for k, v in data.items() if v not in (None, "") and not k.startswith("page_")}
    rows = [
        row
        for row in call.books.records("attribute", institution=call.institution)
        if all(row.get(name) == value for name, value in asked.items())
    ]
    return {"IptPsnSpFlagReg": page(data, rows)}


@handles("3401", "3401A")
def upload_departments(call: Call) -> None:
    for row in call.rows("deptinfo"):
        if _department(call, row) is not None:
            refuse("该科室已上传", "hosp_dept_codg", "医院科室编码")
        _store_department(call, row)


@handles("3402")
def change_department(call: Call) -> None:
    row = call.node("deptinfo")
    if _department(call, row) is None:
        refuse("没有该科室", "hosp_dept_codg", "医院科室编码")
    _store_department(call, row)


@handles("3403")
def withdraw_department(call: Call) -> None:
    row = call.node("data")
    if not call.books.drop("department", call.institution, str(row.get("hosp_dept_codg"))):
        refuse("没有该科室", "hosp_dept_codg", "医院科室编码")


@handles("5101")
def query_departments(call: Call) -> Output:
    return {"feedetail": call.books.records("department", institution=call.institution)}


def _department(call: Call, row: Mapping[str, object]) -> object:
    return call.books.get("department", call.institution, str(row.get("hosp_dept_codg")))


def _store_department(call: Call, row: Fields) -> None:
    key = str(row.get("hosp_dept_codg"))
    call.books.put("department", call.institution, key, call.time, row)
