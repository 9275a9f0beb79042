"""Making, cancelling and voiding settlements: the part of the business that moves money."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import benefits
from ..catalogue import benefit, extra, items
from ..money import NotMoney, cents, number, share, yuan
from ..state import Row
from . import persons
from .core import Call, Fields, refuse

Nodes = dict[str | None, Any]
LIVE = "reverses IS NULL AND reversed_by IS NULL AND voided_by IS NULL"
#: 清算类别: the codes of the national table that name the same thing as the kind of visit
CLEARING = {"outpatient": "11", "inpatient": "21", "pharmacy": "41"}
CHRONIC_OUTPATIENT = "14"
COMPARED = (
    ("fulamt_ownpay_amt", "全自费金额", "own"),
    ("overlmt_selfpay", "超限价金额", "over_limit"),
    ("preselfpay_amt", "先行自付金额", "prepaid"),
    ("inscp_scp_amt", "符合政策范围金额", "in_scope"),
)


def amount(fields: Fields, name: str, label: str) -> int:
    """A money field of the request in cents."""
    try:
        return cents(fields.get(name))
    except NotMoney:
        refuse("应为最多两位小数的金额", name, label)


def check_fee_row(row: Fields, index: int) -> int:
    """Amount of a fee row in cents; quantity times price must be it, to the cent."""
    total = amount(row, "det_item_fee_sumamt", "明细项目费用总额")
    try:
        product = share(100, number(row.get("cnt") or 0) * number(row.get("pric") or 0))
    except NotMoney:
        refuse(f"第{index + 1}行不是数值", "cnt", "数量")
    if abs(product - total) > 1:
        refuse(f"第{index + 1}行与数量乘以单价不符", "det_item_fee_sumamt", "明细项目费用总额")
    return total


def split_row(row: Fields) -> Fields:
    """The answer to one fee row: 2204, 2301 and the detlcutinfo of 2101/2102."""
    item = items().get(str(row.get("med_list_codg")))
    part = benefits.split(row, item)
    return {
        "feedetl_sn": str(row["feedetl_sn"]),
        "det_item_fee_sumamt": yuan(part.total),
        "cnt": number(row.get("cnt") or 0),
        "pric": number(row.get("pric") or 0),
        "pric_uplmt_amt": item.limit if item and item.limit is not None else 0,
        "selfpay_prop": part.prepay_ratio,
        "fulamt_ownpay_amt": yuan(part.own),
        "overlmt_amt": yuan(part.over_limit),
        "preselfpay_amt": yuan(part.prepaid),
        "inscp_scp_amt": yuan(part.in_scope),
        "chrgitm_lv": part.level,
        "med_chrgitm_type": item.charge_type if item else "14",
        "lmt_used_flag": "1" if item and item.restricted else "0",
        "memo": part.memo,
    }


def compute(call: Call, fields: Fields, rows: Sequence[Fields], kind: str) -> benefits.Shares:
    """What this settlement would come to; refuses a total that does not match the rows."""
    person = persons.by_number(fields.get("psn_no"))
    persons.check_identity(person, fields)
    insured = persons.insurance(person, fields.get("insutype"))
    if not rows:
        refuse("没有可结算的费用明细，请先上传")
    splits = [benefits.split(row, items().get(str(row.get("med_list_codg")))) for row in rows]
    total = sum(part.total for part in splits)
    if total < 0:
        refuse("费用合计为负数，不能结算")
    if amount(fields, "medfee_sumamt", "医疗费总额") != total:
        refuse("与已上传明细合计不一致", "medfee_sumamt", "医疗费总额")
    insutype = insured["insutype"]
    year = f"{call.now.year}-%"
    paid = call.books.row(
        "SELECT coalesce(sum(deductible), 0) AS deductible, coalesce(sum(pool), 0) AS pool "
        "FROM settlement WHERE psn_no = ? AND insutype = ? AND kind = ? AND setl_time LIKE ? "
        "AND voided_by IS NULL",
        person["psn_no"], insutype, kind, year,
    )  # fmt: skip
    assert paid is not None
    wants_account = str(fields.get("acct_used_flag") or "0") != "0"
    return benefits.settle(
        splits,
        benefit(insutype, kind),
        extra(),
        benefits.Person(
            balance=persons.balance(call.books, person, insutype),
            deductible_paid=paid["deductible"],
            fund_paid=paid["pool"],
            civil_servant=insured["cvlserv_flag"] == "1",
            out_of_province=not insured["insuplc_admdvs"].startswith("42"),
            may_use_account=wants_account and insutype in extra().account_insurance_types,
        ),
    )


def describe(call: Call, fields: Fields, shares: benefits.Shares, kind: str, mdtrt_id: str,
             setl_id: str | None) -> tuple[Fields, list[Fields]]:  # fmt: skip
    """The setlinfo and setldetail of an answer."""
    person = persons.by_number(fields["psn_no"])
    insured = persons.insurance(person, fields.get("insutype"))
    left = persons.balance(call.books, person, insured["insutype"])
    info = {
        **persons.identity(person, call),
        "mdtrt_id": mdtrt_id,
        "setl_id": setl_id,
        "insutype": insured["insutype"],
        "psn_type": insured["psn_type"],
        "cvlserv_flag": insured["cvlserv_flag"],
        "setl_time": call.time,
        "mdtrt_cert_type": fields.get("mdtrt_cert_type"),
        "med_type": fields.get("med_type"),
        **_amounts(shares),
        "balc": yuan(left - (shares.account if setl_id else 0)),
        "medins_setl_id": call.msgid,
        "clr_optins": insured["insuplc_admdvs"],
        "clr_way": "1",
        "clr_type": clearing(kind, fields.get("med_type")),
        "invono": fields.get("invono"),
        "exp_content": "",
    }
    rule = benefit(insured["insutype"], kind)
    details = [_detail(call, rule.fund_pay_type, shares.in_scope, shares.pool)]
    if shares.civil_service:
        kind_of_fund = extra().civil_service_fund_pay_type
        details.append(_detail(call, kind_of_fund, shares.in_scope, shares.civil_service))
    return info, details


def clearing(kind: str, med_type: Any) -> str:
    return CHRONIC_OUTPATIENT if med_type == CHRONIC_OUTPATIENT else CLEARING[kind]


def _amounts(shares: benefits.Shares) -> Fields:
    none = yuan(0)
    return {
        "medfee_sumamt": yuan(shares.total),
        "fulamt_ownpay_amt": yuan(shares.own),
        "overlmt_selfpay": yuan(shares.over_limit),
        "preselfpay_amt": yuan(shares.prepaid),
        "inscp_scp_amt": yuan(shares.in_scope),
        "act_pay_dedc": yuan(shares.deductible),
        "hifp_pay": yuan(shares.pool),
        "pool_prop_selfpay": shares.ratio,
        "cvlserv_pay": yuan(shares.civil_service),
        "hifes_pay": none,
        "hifmi_pay": none,
        "hifob_pay": none,
        "maf_pay": none,
        "oth_pay": none,
        "hifdm_pay": none,
        "fund_pay_sumamt": yuan(shares.fund),
        "psn_part_amt": yuan(shares.personal),
        "psn_pay": yuan(shares.personal),
        "acct_pay": yuan(shares.account),
        "psn_cash_pay": yuan(shares.cash),
        "cash_payamt": yuan(shares.cash),
        "hosp_part_amt": none,
        "acct_mulaid_pay": none,
    }


def _detail(call: Call, fund_pay_type: str, in_scope: int, paid: int) -> Fields:
    return {
        "fund_pay_type": fund_pay_type,
        "inscp_scp_amt": yuan(in_scope),
        "crt_payb_lmt_amt": yuan(in_scope),
        "fund_payamt": yuan(paid),
        "fund_pay_type_name": call.codes("fund_pay_type").get(fund_pay_type, ""),
    }


def compare_parts(fields: Fields, shares: benefits.Shares) -> None:
    """2207 and 2304 send back the parts of the pre-settlement: those sent must be equal."""
    for name, label, part in COMPARED:
        if fields.get(name) in (None, ""):
            continue
        if amount(fields, name, label) != getattr(shares, part):
            refuse("与预结算结果不一致", name, label)


def presettle(call: Call, kind: str, visit: Row, fields: Fields, fees: Sequence[Row]) -> Nodes:
    """2206 and 2303: what a settlement would come to; nothing is entered."""
    shares = compute(call, fields, [fee["data"] for fee in fees], kind)
    info, details = describe(call, fields, shares, kind, visit["mdtrt_id"], None)
    return {"setlinfo": info, "setldetail": details}


def settle(call: Call, kind: str, visit: Row, fields: Fields, fees: Sequence[Row]) -> Nodes:
    """2207 and 2304."""
    shares = compute(call, fields, [fee["data"] for fee in fees], kind)
    compare_parts(fields, shares)
    return post(call, visit, fields, fees, kind, shares)


def post(call: Call, visit: Row, fields: Fields, rows: Sequence[Row], kind: str,
         shares: benefits.Shares) -> Nodes:  # fmt: skip
    """Enter a settlement in the books; the output nodes of the answer."""
    setl_id = call.new_id("setl_id")
    mdtrt_id = visit["mdtrt_id"]
    info, details = describe(call, fields, shares, kind, mdtrt_id, setl_id)
    fees = [row["data"] for row in rows]
    call.books.insert("settlement", {
        "setl_id": setl_id, "mdtrt_id": mdtrt_id, "institution": call.institution,
        "number": call.number, "msgid": call.msgid, "psn_no": fields["psn_no"],
        "insutype": info["insutype"], "kind": kind, "clr_type": info["clr_type"],
        "setl_optins": info["clr_optins"], "setl_time": call.time, "total": shares.total,
        "fund": shares.fund, "account": shares.account, "cash": shares.cash,
        "deductible": shares.deductible, "pool": shares.pool,
        "data": {**info, "setldetail": details}, "details": fees,
    })  # fmt: skip
    for row in rows:
        call.books.run("UPDATE fee SET setl_id = ? WHERE id = ?", setl_id, row["id"])
    return {"setlinfo": info, "setldetail": details}


def cancel(call: Call, fields: Fields, numbers: Sequence[str]) -> Nodes:
    """2208, 2305, 2103: the reversing settlement, negative, with its own setl_id."""
    original = find(call, fields, numbers)
    if original["reverses"]:
        refuse("退费结算不能再次撤销", "setl_id", "结算ID")
    if original["reversed_by"]:
        refuse("该结算已撤销", "setl_id", "结算ID")
    setl_id = call.new_id("setl_id")
    info = negate({k: v for k, v in original["data"].items() if k != "setldetail"})
    info |= {"setl_id": setl_id, "setl_time": call.time, "medins_setl_id": call.msgid,
             "refd_setl_flag": "1"}  # fmt: skip
    details = [negate(row) for row in original["data"]["setldetail"]]
    person = persons.by_number(original["psn_no"])
    left = persons.balance(call.books, person, original["insutype"]) + original["account"]
    info["balc"] = yuan(left)
    amounts = ("total", "fund", "account", "cash", "deductible", "pool")
    same = ("mdtrt_id", "institution", "psn_no", "insutype", "kind", "clr_type", "setl_optins")
    call.books.insert("settlement", {
        **{name: original[name] for name in same},
        **{name: -original[name] for name in amounts},
        "setl_id": setl_id, "number": call.number, "msgid": call.msgid, "setl_time": call.time,
        "reverses": original["setl_id"], "data": {**info, "setldetail": details},
        "details": [negate_row(row) for row in original["details"]],
    })  # fmt: skip
    call.books.run(
        "UPDATE settlement SET reversed_by = ? WHERE setl_id = ?", setl_id, original["setl_id"]
    )
    call.books.run("UPDATE fee SET setl_id = NULL WHERE setl_id = ?", original["setl_id"])
    return {"setlinfo": info, "setldetail": details}


def find(call: Call, fields: Fields, numbers: Sequence[str]) -> Row:
    row = call.books.row(
        "SELECT * FROM settlement WHERE setl_id = ? AND institution = ? AND voided_by IS NULL",
        fields.get("setl_id"), call.institution,
    )  # fmt: skip
    if row is None or (row["number"] not in numbers and not row["reverses"]):
        refuse("未找到该结算记录", "setl_id", "结算ID")
    for name, label in (("mdtrt_id", "就诊ID"), ("psn_no", "人员编号")):
        if fields.get(name) != row[name]:
            refuse("与结算记录不一致", name, label)
    return row


def refund_flag(row: Row) -> str:
    """退费结算标志: set on both the refund and the settlement it took back (what the platform
    sets is not published)."""
    return "1" if row["reverses"] or row["reversed_by"] else "0"


RATIOS = {"pool_prop_selfpay", "selfpay_prop", "age", "balc"}
NEGATED_IN_ROWS = ("det_item_fee_sumamt", "cnt")


def negate(fields: Fields) -> Fields:
    """Every amount with the opposite sign; ratios, age and balance stay."""
    return {
        name: -value
        if name not in RATIOS and not isinstance(value, str | bool | None) and value
        else value
        for name, value in fields.items()
    }


def negate_row(row: Fields) -> Fields:
    return {**row, **{name: -number(row[name]) for name in NEGATED_IN_ROWS}}
