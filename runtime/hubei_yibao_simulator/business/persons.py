"""1101, 1201, 2001: people, their insurance, the institution."""

from __future__ import annotations

from typing import Any

from ..catalogue import benefit, people
from ..money import yuan
from ..state import Books
from .core import Call, Fields, Output, handles, refuse

#: psn_insu_stas 正常参保
NORMAL = "1"
CREDENTIAL_FIELD = {"01": "ec_token", "02": "certno", "03": "card_no"}


def by_number(psn_no: Any) -> Fields:
    """The invented person; refuses an unknown number."""
    for person in people():
        if person["psn_no"] == psn_no:
            return person
    refuse("没有此人员", "psn_no", "人员编号")


def insurance(person: Fields, insutype: Any) -> Fields:
    """The person's insurance of this type, in force."""
    for row in person["insurances"]:
        if row["insutype"] == insutype:
            if row["psn_insu_stas"] != NORMAL:
                refuse("该险种参保状态不正常，不能享受待遇", "insutype", "险种类型")
            return row  # type: ignore[no-any-return]
    refuse("该人员没有此险种", "insutype", "险种类型")


def balance(books: Books, person: Fields, insutype: str) -> int:
    """What is left in the personal account, in cents."""
    start = next(
        (int(row["balc"] * 100) for row in person["insurances"] if row["insutype"] == insutype), 0
    )
    used = books.value(
        "SELECT coalesce(sum(account), 0) FROM settlement "
        "WHERE psn_no = ? AND insutype = ? AND voided_by IS NULL",
        person["psn_no"], insutype,
    )  # fmt: skip
    return start - int(used)


def identity(person: Fields, call: Call) -> Fields:
    """The fields that many answers repeat."""
    born = person["brdy"]
    age = call.now.year - int(born[:4]) - (call.now.strftime("%m-%d") < born[5:])
    return {
        "psn_no": person["psn_no"],
        "psn_cert_type": "01",
        "certno": person["certno"],
        "psn_name": person["psn_name"],
        "gend": person["gend"],
        "naty": person["naty"],
        "brdy": born,
        "age": age,
    }


def check_identity(person: Fields, fields: Fields) -> None:
    """Certificate and name of a request must be the person's."""
    if fields.get("certno") and fields["certno"] != person["certno"]:
        refuse("与人员不一致", "certno", "证件号码")
    if fields.get("psn_name") and fields["psn_name"] != person["psn_name"]:
        refuse("与人员不一致", "psn_name", "人员姓名")


@handles("1101")
def query_person(call: Call) -> Output:
    data = call.node("data")
    key = CREDENTIAL_FIELD.get(data.get("mdtrt_cert_type", ""), "certno")
    person = next((p for p in people() if p[key] == data.get("mdtrt_cert_no")), None)
    if person is None:
        refuse("未找到参保人员", "mdtrt_cert_no", "就诊凭证编号")
    check_identity(person, data)
    rows = [
        {**row, "balc": yuan(balance(call.books, person, row["insutype"])),
         "psn_insu_date": "2020-01-01"}
        for row in person["insurances"]
    ]  # fmt: skip
    return {"baseinfo": identity(person, call), "insuinfo": rows, "idetinfo": []}


@handles("2001")
def check_benefit(call: Call) -> Output:
    data = call.node("data")
    person = by_number(data.get("psn_no"))
    row = next((i for i in person["insurances"] if i["insutype"] == data.get("insutype")), None)
    if row is None:
        refuse("该人员没有此险种", "insutype", "险种类型")
    kind = "inpatient" if str(data.get("med_type", "")).startswith("2") else "outpatient"
    enjoys = row["psn_insu_stas"] == NORMAL
    return {
        "trtinfo": [
            {
                "psn_no": person["psn_no"],
                "trt_chk_type": "01",
                "fund_pay_type": benefit(row["insutype"], kind).fund_pay_type,
                "trt_enjymnt_flag": "1" if enjoys else "0",
                "begndate": f"{call.now.year}-01-01",
                "enddate": f"{call.now.year}-12-31",
                "trt_chk_rslt": "" if enjoys else "参保状态不正常",
            }
        ]
    }


@handles("1201")
def query_institution(call: Call) -> Output:
    wanted = call.node("medinsinfo")
    row = {
        "fixmedins_code": call.institution,
        "fixmedins_name": call.envelope.get("fixmedins_name", ""),
        "fixmedins_type": wanted.get("fixmedins_type", "1"),
        "hosp_lv": "2",
    }
    code = wanted.get("fixmedins_code")
    return {"medinsinfo": [row] if code in (None, "", call.institution) else []}
