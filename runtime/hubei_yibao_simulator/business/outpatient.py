"""22xx: registration, visit, fees, settlement and refund in the outpatient department."""

from __future__ import annotations

from ..state import Row
from . import ledger, visits
from .core import Call, Fields, Output, handles, refuse

REGISTRATION = "12"  #: published remark: a registration alone is settled as 12 门诊挂号


@handles("2201", "2201A")
def register(call: Call) -> Output:
    data = call.node("data")
    mdtrt_id = visits.open_visit(call, data, "outpatient", str(data.get("med_type") or ""))
    return {
        "data": {
            "mdtrt_id": mdtrt_id,
            "psn_no": data["psn_no"],
            "ipt_otp_no": data.get("ipt_otp_no"),
        }
    }


@handles("2202")
def withdraw_registration(call: Call) -> None:
    visit = call.visit(call.node("data"), "outpatient")
    visits.refuse_with_traces(call, visit)
    visits.amend(call, visit, {}, status="cancelled")


@handles("2203")
def upload_visit(call: Call) -> None:
    info = call.node("mdtrtinfo")
    visit = call.visit(info, "outpatient")
    med_type = str(info.get("med_type"))
    if visit["status"] == "seen" and visit["med_type"] != med_type:
        refuse("每次就诊只能选择一个医疗类别", "med_type", "医疗类别")
    diagnoses = call.rows("diseinfo")
    if not diagnoses:
        refuse("至少需要一条诊断信息", "diseinfo", "诊断信息")
    visits.amend(call, visit, info, status="seen", med_type=med_type)
    visits.store_diagnoses(call, visit, diagnoses, "1")


@handles("2204")
def upload_fees(call: Call) -> Output:
    rows = call.rows("feedetail")
    if not rows:
        refuse("至少需要一行", "feedetail", "费用明细")
    visit = call.visit(rows[0], "outpatient")
    if visit["status"] != "seen":
        refuse("请先上传门诊就诊信息（2203）", "mdtrt_id", "就诊ID")
    for batch in {str(row.get("chrg_bchno")) for row in rows}:
        if call.books.value(
            "SELECT 1 FROM fee WHERE mdtrt_id = ? AND batch = ?", visit["mdtrt_id"], batch
        ):
            refuse("该收费批次已上传，同一批次应一次全部上传", "chrg_bchno", "收费批次号")
        diseases = {r.get("dise_codg") or "" for r in rows if str(r.get("chrg_bchno")) == batch}
        if len(diseases) > 1:
            refuse("同一收费批次的病种编码必须一致", "dise_codg", "病种编码")
    return {"result": visits.store_fees(call, visit, rows)}


@handles("2205")
def withdraw_fees(call: Call) -> None:
    data = call.node("data")
    visit = call.visit(data, "outpatient")
    batch = str(data.get("chrg_bchno"))
    if batch == visits.ALL:
        call.books.run("DELETE FROM fee WHERE mdtrt_id = ? AND setl_id IS NULL", visit["mdtrt_id"])
        return
    rows = call.books.rows(
        "SELECT * FROM fee WHERE mdtrt_id = ? AND batch = ?", visit["mdtrt_id"], batch
    )
    if not rows:
        refuse("没有该批次的费用明细", "chrg_bchno", "收费批次号")
    if any(row["setl_id"] for row in rows):
        refuse("已参与结算的明细不能撤销，请先撤销结算（2208）", "chrg_bchno", "收费批次号")
    call.books.run("DELETE FROM fee WHERE mdtrt_id = ? AND batch = ?", visit["mdtrt_id"], batch)


@handles("2206")
def presettle(call: Call) -> Output:
    return ledger.presettle(call, "outpatient", *_settleable(call))


@handles("2207")
def settle(call: Call) -> Output:
    return ledger.settle(call, "outpatient", *_settleable(call))


@handles("2208")
def cancel_settlement(call: Call) -> Output:
    return ledger.cancel(call, call.node("data"), ("2207",))


def _settleable(call: Call) -> tuple[Row, Fields, list[Row]]:
    data = call.node("data")
    visit = call.visit(data, "outpatient")
    if data.get("insutype") != visit["insutype"]:
        refuse("与挂号时不一致", "insutype", "险种类型")
    if data.get("med_type") not in (visit["med_type"], REGISTRATION):
        refuse("与就诊信息不一致", "med_type", "医疗类别")
    batch = str(data.get("chrg_bchno"))
    fees = visits.unsettled(call, visit["mdtrt_id"], batch)
    if not fees:
        settled = call.books.value(
            "SELECT 1 FROM fee WHERE mdtrt_id = ? AND batch = ?", visit["mdtrt_id"], batch
        )
        text = "该批次已结算" if settled else "没有该批次的费用明细，请先上传（2204）"
        refuse(text, "chrg_bchno", "收费批次号")
    return visit, data, fees
