"""What outpatient visits and hospital stays share: opening, fees, diagnoses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..state import Row
from . import ledger, persons
from .core import Call, Fields, refuse

ALL = "0000"  #: published: stands for every unsettled row


def open_visit(call: Call, fields: Fields, kind: str, med_type: str) -> str:
    """A new visit of an insured person; its mdtrt_id."""
    person = persons.by_number(fields.get("psn_no"))
    persons.check_identity(person, fields)
    insured = persons.insurance(person, fields.get("insutype"))
    mdtrt_id = call.new_id("mdtrt_id")
    call.books.insert("visit", {
        "mdtrt_id": mdtrt_id, "kind": kind, "institution": call.institution,
        "psn_no": person["psn_no"], "insutype": insured["insutype"], "med_type": med_type,
        "status": "open", "msgid": call.msgid, "begntime": fields.get("begntime") or call.time,
        "data": fields,
    })  # fmt: skip
    return mdtrt_id


def amend(call: Call, visit: Row, fields: Fields, **columns: str) -> None:
    """Add what a later call tells of the visit."""
    data = {**visit["data"], **{k: v for k, v in fields.items() if v not in (None, "")}}
    columns = {"status": visit["status"], "med_type": visit["med_type"]} | columns
    call.books.run(
        "UPDATE visit SET data = ?, status = ?, med_type = ? WHERE mdtrt_id = ?",
        data, columns["status"], columns["med_type"], visit["mdtrt_id"],
    )  # fmt: skip


def store_diagnoses(call: Call, visit: Row, rows: Sequence[Fields], stage: str) -> None:
    """Replace the diagnoses of this stage (1 admission, 2 discharge, as 出入院诊断类别)."""
    call.books.run(
        "DELETE FROM diagnosis WHERE mdtrt_id = ? AND stage = ?", visit["mdtrt_id"], stage
    )
    for row in rows:
        if row.get("vali_flag") == "0":
            continue
        call.books.insert("diagnosis", {"mdtrt_id": visit["mdtrt_id"], "stage": stage, "data": row})


RowCheck = Callable[[Call, Row, Fields, int], None]


def store_fees(
    call: Call, visit: Row, rows: Sequence[Fields], check: RowCheck | None = None
) -> list[Fields]:
    """Enter fee rows, each after ``check``; a feedetl_sn may stand only once in a visit."""
    answers = []
    for index, row in enumerate(rows):
        if check is not None:
            check(call, visit, row, index)
        if row.get("mdtrt_id") != visit["mdtrt_id"]:
            refuse(f"第{index + 1}行与首行不一致", "mdtrt_id", "就诊ID")
        if row.get("psn_no") != visit["psn_no"]:
            refuse(f"第{index + 1}行与就诊记录不一致", "psn_no", "人员编号")
        total = ledger.check_fee_row(row, index)
        serial = str(row.get("feedetl_sn"))
        if call.books.value(
            "SELECT 1 FROM fee WHERE mdtrt_id = ? AND feedetl_sn = ?", visit["mdtrt_id"], serial
        ):
            refuse(f"第{index + 1}行在本次就诊内重复", "feedetl_sn", "费用明细流水号")
        answer = ledger.split_row(row)
        call.books.insert("fee", {
            "mdtrt_id": visit["mdtrt_id"], "feedetl_sn": serial,
            "batch": str(row.get("chrg_bchno") or ""), "amount": total,
            "data": {**row, "med_type": row.get("med_type") or visit["med_type"]},
        })  # fmt: skip
        answers.append(answer)
    return answers


def unsettled(call: Call, mdtrt_id: str, batch: str | None = None) -> list[Row]:
    return call.books.rows(
        "SELECT * FROM fee WHERE mdtrt_id = ? AND setl_id IS NULL "
        "AND coalesce(?, batch) = batch ORDER BY id",
        mdtrt_id, batch,
    )  # fmt: skip


def refuse_with_traces(call: Call, visit: Row) -> None:
    """A visit with fees or settlements cannot be withdrawn."""
    if call.books.value("SELECT 1 FROM fee WHERE mdtrt_id = ?", visit["mdtrt_id"]):
        refuse("该就诊存在费用明细，请先撤销", "mdtrt_id", "就诊ID")
    if settled(call, visit):
        refuse("该就诊存在结算记录，请先撤销", "mdtrt_id", "就诊ID")


def settled(call: Call, visit: Row) -> bool:
    sql = f"SELECT 1 FROM settlement WHERE mdtrt_id = ? AND {ledger.LIVE}"
    return bool(call.books.value(sql, visit["mdtrt_id"]))
