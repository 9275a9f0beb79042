"""2601: undoing a transaction whose answer was lost, by the sender's msgid.

What the platform keeps of an undone transaction is not published. Here it is voided: it stays in
the books, but no sum, query or reconciliation counts it any more.
"""

from __future__ import annotations

from ..state import Row
from . import persons, visits
from .core import Call, handles, refuse

#: 2601's list as the Hubei client cites chapter 5.2.7.1
REVERSIBLE = ("2102", "2103", "2207", "2208", "2304", "2305", "2401", "2304A", "2102A")


@handles("2601")
def reverse(call: Call) -> None:
    data = call.node("data")
    number, msgid = str(data.get("oinfno")), str(data.get("omsgid"))
    if number not in REVERSIBLE:
        refuse("该交易不允许冲正", "oinfno", "原交易编号")
    if number == "2401":
        return _reverse_admission(call, msgid, str(data.get("psn_no")))
    row = call.books.row(
        "SELECT * FROM settlement WHERE msgid = ? AND number = ? AND institution = ? "
        "ORDER BY voided_by IS NOT NULL, id DESC",
        msgid, number, call.institution,
    )  # fmt: skip
    if row is None:
        refuse("未找到原交易", "omsgid", "原发送方报文ID")
    if row["psn_no"] != data.get("psn_no"):
        refuse("与原交易不一致", "psn_no", "人员编号")
    if row["voided_by"]:
        refuse("原交易已冲正", "omsgid", "原发送方报文ID")
    if row["reversed_by"]:
        refuse("原交易已撤销，不能冲正", "omsgid", "原发送方报文ID")
    if row["reverses"]:
        _restore(call, row)
    else:
        call.books.run("UPDATE fee SET setl_id = NULL WHERE setl_id = ?", row["setl_id"])
    call.books.run(
        "UPDATE settlement SET voided_by = ? WHERE setl_id = ?", call.msgid, row["setl_id"]
    )
    if row["kind"] == "pharmacy" and not row["reverses"]:
        call.books.run("DELETE FROM fee WHERE mdtrt_id = ?", row["mdtrt_id"])
        call.books.run("UPDATE visit SET status = 'cancelled' WHERE mdtrt_id = ?", row["mdtrt_id"])


def _restore(call: Call, refund: Row) -> None:
    """Undo a refund: the original settlement stands again, with the fee rows it had."""
    original = call.books.row("SELECT * FROM settlement WHERE setl_id = ?", refund["reverses"])
    assert original is not None
    person = persons.by_number(original["psn_no"])
    if persons.balance(call.books, person, original["insutype"]) < original["account"]:
        refuse("个人账户余额已不足，不能冲正", "omsgid", "原发送方报文ID")
    serials = [str(row["feedetl_sn"]) for row in original["details"]]
    marks = ", ".join("?" for _ in serials)
    free = call.books.value(
        f"SELECT count(*) FROM fee WHERE mdtrt_id = ? AND setl_id IS NULL "
        f"AND feedetl_sn IN ({marks})",
        original["mdtrt_id"], *serials,
    )  # fmt: skip
    if free != len(serials):
        refuse("原结算的明细已变更，不能冲正", "omsgid", "原发送方报文ID")
    call.books.run(
        f"UPDATE fee SET setl_id = ? WHERE mdtrt_id = ? AND feedetl_sn IN ({marks})",
        original["setl_id"], original["mdtrt_id"], *serials,
    )  # fmt: skip
    call.books.run(
        "UPDATE settlement SET reversed_by = NULL WHERE setl_id = ?", original["setl_id"]
    )


def _reverse_admission(call: Call, msgid: str, psn_no: str) -> None:
    visit = call.books.row(
        "SELECT * FROM visit WHERE msgid = ? AND kind = 'inpatient' AND institution = ?",
        msgid, call.institution,
    )  # fmt: skip
    if visit is None or visit["psn_no"] != psn_no:
        refuse("未找到原交易", "omsgid", "原发送方报文ID")
    if visit["status"] == "cancelled":
        refuse("原交易已冲正", "omsgid", "原发送方报文ID")
    visits.refuse_with_traces(call, visit)
    visits.amend(call, visit, {}, status="cancelled")
