"""3201, 3202 and 3203/3204: comparing the institution's books with the platform's.

Rows are compared by setl_id. A refund is a row of its own with negative amounts. Codes of
对账结果: 000000 平, 000102 机构多, 000103 不一致 are known; none is known for what only the
platform has, so such rows carry 000103 and say it in the memo.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..money import NotMoney, cents, yuan
from ..state import Row, totals
from . import files, ledger, textfile
from .core import Call, Fields, Output, handles, refuse, whole

BALANCED, INSTITUTION_ONLY, DIFFERENT = "000000", "000102", "000103"
UPLOAD_COLUMNS, ANSWER_COLUMNS = 8, 11


def settlements(call: Call, data: Fields) -> list[Row]:
    """What the platform counts for these dates; empty conditions do not restrict.

    What the 退费结算标志 of these calls selects is not published: refunds always count here.
    """
    wanted = {name: str(data.get(name) or "") for name in ("insutype", "clr_type", "setl_optins")}
    rows = call.books.rows(
        "SELECT * FROM settlement WHERE institution = ? AND voided_by IS NULL "
        "AND substr(setl_time, 1, 10) BETWEEN ? AND ? ORDER BY id",
        call.institution, str(data.get("stmt_begndate"))[:10], str(data.get("stmt_enddate"))[:10],
    )  # fmt: skip
    return [row for row in rows if all(value in ("", row[name]) for name, value in wanted.items())]


@handles("3201")
def compare_totals(call: Call) -> Output:
    data = call.node("data")
    ours = totals(settlements(call, data))
    theirs = {
        "total": ledger.amount(data, "medfee_sumamt", "医疗费总额"),
        "fund": ledger.amount(data, "fund_pay_sumamt", "基金支付总额"),
        "account": ledger.amount(data, "acct_pay", "个人账户支付金额"),
        "count": whole(data, "fixmedins_setl_cnt", "定点医药机构结算笔数"),
    }
    equal = all(ours[name] == value for name, value in theirs.items())
    text = (
        f"平台：{ours['count']}笔，医疗费{yuan(ours['total'])}，基金{yuan(ours['fund'])}，"
        f"个人账户{yuan(ours['account'])}"
    )
    return {
        "stmtinfo": {
            "setl_optins": data.get("setl_optins"),
            "stmt_rslt": BALANCED if equal else DIFFERENT,
            "stmt_rslt_dscr": text,
        }
    }


@handles("3202")
def compare_rows(call: Call) -> Output:
    data = call.node("data")
    uploaded = files.fetch(call, data.get("file_qury_no"), call.institution)
    columns = len(call.layout("3202", "upload")) or UPLOAD_COLUMNS
    try:
        rows = textfile.read(uploaded.content, columns)
        theirs = [_Uploaded(row) for row in rows]
    except (textfile.BadFile, NotMoney) as problem:
        refuse(f"内容有误：{problem}", "file_qury_no", "文件查询号")
    for name, label, part in (("medfee_sumamt", "医疗费总额", "total"),
                              ("fund_pay_sumamt", "基金支付总额", "fund")):  # fmt: skip
        if ledger.amount(data, name, label) != sum(getattr(row, part) for row in theirs):
            refuse("与明细文件合计不一致", name, label)
    if whole(data, "fixmedins_setl_cnt", "定点医药机构结算笔数") != len(theirs):
        refuse("与明细文件行数不一致", "fixmedins_setl_cnt", "定点医药机构结算笔数")
    differences = _differences(settlements(call, data), theirs)
    content = textfile.write("result.txt", differences)
    name = f"3202_{call.now:%Y%m%d%H%M%S}.txt.zip"
    return {"fileinfo": files.store(call, name, content, call.institution)}


class _Uploaded:
    """One row of the institution's file."""

    def __init__(self, cells: Sequence[str]) -> None:
        self.setl_id, self.mdtrt_id, self.psn_no = cells[:3]
        self.total, self.fund, self.account = (cents(cell) for cell in cells[3:6])
        self.refund = cells[6]


def _differences(ours: list[Row], theirs: list[_Uploaded]) -> list[list[Any]]:
    """Rows that do not agree, in the published column order; none when the books agree."""
    known = {row["setl_id"]: row for row in ours}
    given = Counter(row.setl_id for row in theirs)
    found: list[list[Any]] = []
    for row in theirs:
        match = known.get(row.setl_id)
        amounts = (yuan(row.total), yuan(row.fund), yuan(row.account), "")
        head = (row.psn_no, row.mdtrt_id, row.setl_id)
        if match is None:
            found.append([*head, "", INSTITUTION_ONLY, row.refund, "平台无此结算", *amounts])
        elif given[row.setl_id] > 1:
            found.append([*head, match["msgid"], DIFFERENT, row.refund, "重复上传", *amounts])
        elif (row.total, row.fund, row.account, row.psn_no, row.mdtrt_id) != (
            match["total"], match["fund"], match["account"], match["psn_no"], match["mdtrt_id"],
        ):  # fmt: skip
            found.append(
                [*head, match["msgid"], DIFFERENT, row.refund, "金额或人员不一致", *amounts]
            )
    for match in ours:
        if match["setl_id"] not in given:
            # published: what only the platform has comes without setl_id and mdtrt_id
            found.append([
                match["psn_no"], "", "", match["msgid"], DIFFERENT,
                ledger.refund_flag(match), "机构无此结算", yuan(match["total"]),
                yuan(match["fund"]), yuan(match["account"]), "",
            ])  # fmt: skip
    return found


@handles("3203")
def apply_clearing(call: Call) -> Output:
    data = call.node("data")
    key = call.new_id("clr_appy_evt_id")
    call.books.put("clearing", call.institution, key, call.time, data)
    return {"result": {"clr_appy_evt_id": key}}


@handles("3204")
def withdraw_clearing(call: Call) -> None:
    key = str(call.node("data").get("clr_appy_evt_id"))
    if not call.books.drop("clearing", call.institution, key):
        refuse("没有该清算申请", "clr_appy_evt_id", "机构清算申请事件ID")
