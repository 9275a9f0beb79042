"""23xx and 24xx: admission, fees, settlement and discharge of a hospital stay."""

from __future__ import annotations

from ..money import number
from ..state import Row
from . import ledger, persons, visits
from .core import Call, Fields, Output, handles, refuse


@handles("2401")
def admit(call: Call) -> Output:
    info = call.node("mdtrtinfo")
    person = persons.by_number(info.get("psn_no"))
    if call.books.value(
        "SELECT 1 FROM visit WHERE psn_no = ? AND kind = 'inpatient' AND status = 'open'",
        person["psn_no"],
    ):
        refuse("该人员已在院", "psn_no", "人员编号")
    mdtrt_id = visits.open_visit(call, info, "inpatient", str(info.get("med_type")))
    visit = call.visit({"mdtrt_id": mdtrt_id, "psn_no": person["psn_no"]})
    visits.store_diagnoses(call, visit, call.rows("diseinfo"), "1")
    return {"result": {"mdtrt_id": mdtrt_id}}


@handles("2402")
def discharge(call: Call) -> None:
    info = call.node("dscginfo")
    visit = call.visit(info, "inpatient")
    if visit["status"] != "open":
        refuse("该就诊已办理出院", "mdtrt_id", "就诊ID")
    if str(info.get("endtime") or "") < visit["begntime"]:
        refuse("不能早于入院时间", "endtime", "出院时间")
    visits.amend(call, visit, info, status="discharged")
    visits.store_diagnoses(call, visit, call.rows("diseinfo"), "2")


@handles("2403")
def change_admission(call: Call) -> None:
    info = call.node("adminfo")
    visit = call.visit(info, "inpatient")
    if visit["status"] != "open":
        refuse("该就诊已办理出院", "mdtrt_id", "就诊ID")
    visits.amend(call, visit, info, med_type=str(info.get("med_type") or visit["med_type"]))
    visits.store_diagnoses(call, visit, call.rows("diseinfo"), "1")


@handles("2404")
def withdraw_admission(call: Call) -> None:
    visit = call.visit(call.node("data"), "inpatient")
    visits.refuse_with_traces(call, visit)
    visits.amend(call, visit, {}, status="cancelled")


@handles("2405")
def withdraw_discharge(call: Call) -> None:
    visit = call.visit(call.node("data"), "inpatient")
    if visit["status"] != "discharged":
        refuse("该就诊尚未办理出院", "mdtrt_id", "就诊ID")
    if visits.settled(call, visit):
        refuse("该就诊已结算，请先撤销结算（2305）", "mdtrt_id", "就诊ID")
    visits.amend(call, visit, {}, status="open")


@handles("2301")
def upload_fees(call: Call) -> Output:
    rows = call.rows("feedetail")
    if not rows:
        refuse("至少需要一行", "feedetail", "费用明细")
    visit = call.visit(rows[0], "inpatient")
    return {"result": visits.store_fees(call, visit, rows, _check_return)}


def _check_return(call: Call, visit: Row, row: Fields, index: int) -> None:
    """A row with negative quantity takes back an earlier one and names it."""
    try:
        count = number(row.get("cnt") or 0)
    except ValueError:
        refuse(f"第{index + 1}行不是数值", "cnt", "数量")
    original = row.get("init_feedetl_sn")
    if count >= 0:
        return
    if not original:
        refuse(f"第{index + 1}行退单未填写", "init_feedetl_sn", "原费用流水号")
    found = call.books.row(
        "SELECT * FROM fee WHERE mdtrt_id = ? AND feedetl_sn = ?", visit["mdtrt_id"], str(original)
    )
    if found is None:
        refuse(f"第{index + 1}行被退单的明细不存在", "init_feedetl_sn", "原费用流水号")
    returned = call.books.value(
        "SELECT coalesce(sum(amount), 0) FROM fee WHERE mdtrt_id = ? AND amount < 0 "
        "AND json_extract(data, '$.init_feedetl_sn') = ?",
        visit["mdtrt_id"], str(original),
    )  # fmt: skip
    amount = ledger.amount(row, "det_item_fee_sumamt", "明细项目费用总额")
    if found["amount"] + returned + amount < 0:
        refuse(f"第{index + 1}行退单超过原明细", "det_item_fee_sumamt", "明细项目费用总额")


@handles("2302")
def withdraw_fees(call: Call) -> None:
    for data in call.rows("data"):
        visit = call.visit(data, "inpatient")
        serial = str(data.get("feedetl_sn"))
        if serial == visits.ALL:
            if visits.settled(call, visit):
                refuse("已参与结算的明细不能撤销，请先撤销结算（2305）", "mdtrt_id", "就诊ID")
            call.books.run("DELETE FROM fee WHERE mdtrt_id = ?", visit["mdtrt_id"])
            continue
        row = call.books.row(
            "SELECT * FROM fee WHERE mdtrt_id = ? AND feedetl_sn = ?", visit["mdtrt_id"], serial
        )
        if row is None:
            refuse("没有该费用明细", "feedetl_sn", "费用明细流水号")
        if row["setl_id"]:
            refuse("已参与结算的明细不能撤销，请先撤销结算（2305）", "feedetl_sn", "费用明细流水号")
        call.books.run("DELETE FROM fee WHERE id = ?", row["id"])


@handles("2303")
def presettle(call: Call) -> Output:
    return ledger.presettle(call, "inpatient", *_settleable(call))


@handles("2304")
def settle(call: Call) -> Output:
    return ledger.settle(call, "inpatient", *_settleable(call))


@handles("2305")
def cancel_settlement(call: Call) -> Output:
    return ledger.cancel(call, call.node("data"), ("2304",))


def _settleable(call: Call) -> tuple[Row, Fields, list[Row]]:
    data = call.node("data")
    visit = call.visit(data, "inpatient")
    if data.get("insutype") != visit["insutype"]:
        refuse("与入院办理时不一致", "insutype", "险种类型")
    fees = visits.unsettled(call, visit["mdtrt_id"])
    if not fees and visits.settled(call, visit):
        refuse("该就诊已结算", "mdtrt_id", "就诊ID")
    return visit, {**data, "med_type": visit["med_type"]}, fees
