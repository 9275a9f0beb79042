"""The report as rows, CSV and HTML. Personal numbers are cut to their last four digits."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from decimal import Decimal
from html import escape

from .compare import Difference, Reconciliation

KINDS = {
    "only_here": "本院多", "only_there": "平台多", "amounts": "金额不一致", "refund": "退费单边",
}  # fmt: skip
SIDES = {"here": "仅本院有", "there": "仅平台有", "both": "两边都有"}
PROPOSALS = {"query": "查询", "reupload": "重新办理", "reverse": "冲正"}
GROUP_HEAD = (
    "险种", "清算类别", "经办机构", "笔数", "医疗费总额", "基金支付", "个人账户", "结果",
    "平台说明",
)  # fmt: skip
HEAD = (
    "类型", "哪边有", "结算ID", "就诊ID", "人员编号", "报文ID", "日志状态", "本院医疗费",
    "本院基金", "本院账户", "结果文件医疗费", "结果文件基金", "结果文件账户", "平台备注", "建议",
    "理由",
)  # fmt: skip


def group_rows(found: Reconciliation) -> list[tuple[str, ...]]:
    return [
        (g.insutype, g.clr_type, g.setl_optins, str(g.count), str(g.medfee_sumamt),
         str(g.fund_pay_sumamt), str(g.acct_pay), "平" if g.balanced else f"不平 {g.result}", g.said)
        for g in found.groups
    ]  # fmt: skip


def difference_rows(found: Reconciliation) -> list[tuple[str, ...]]:
    return [_cells(difference) for difference in found.differences]


def _cells(d: Difference) -> tuple[str, ...]:
    own = d.ours
    amounts = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")
    return (
        KINDS[d.kind], SIDES[d.side], d.setl_id or (own.setl_id if own else ""),
        d.mdtrt_id or (own.mdtrt_id if own else ""), masked(d.psn_no), d.msgid,
        d.record.state if d.record else "", *(str(getattr(own, n)) if own else "" for n in amounts),
        *(d.file.get(name, "") for name in amounts), d.file.get("memo", ""),
        PROPOSALS[d.proposal], d.why,
    )  # fmt: skip


def masked(psn_no: str) -> str:
    return f"****{psn_no[-4:]}" if len(psn_no) > 4 else "****" if psn_no else ""


def as_csv(found: Reconciliation) -> str:
    """Differences for a spreadsheet; cells that would start a formula are quoted."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(HEAD)
    writer.writerows([_harmless(cell) for cell in row] for row in difference_rows(found))
    return target.getvalue()


def _harmless(cell: str) -> str:
    if not cell.startswith(("=", "+", "-", "@", "\t", "\r")):
        return cell
    try:
        Decimal(cell)
    except ArithmeticError:
        return f"'{cell}"
    return cell


_STYLE = (
    "body{font:14px/1.5 sans-serif;margin:2em}table{border-collapse:collapse;margin:1em 0}"
    "td,th{border:1px solid #999;padding:.2em .6em;text-align:left}th{background:#eee}"
)


def as_html(found: Reconciliation) -> str:
    """A page that stands alone; everything from the platform is escaped."""
    state = "平" if found.balanced else f"不平，差异 {len(found.differences)} 条"
    title = f"对账 {found.day.isoformat()}：{state}"
    parts = [
        f'<!doctype html><html lang="zh"><meta charset="utf-8"><title>{escape(title)}</title>',
        f"<style>{_STYLE}</style><h1>{escape(title)}</h1>",
        _table("总账", GROUP_HEAD, group_rows(found)),
    ]
    if found.differences:
        parts.append(_table("差异", HEAD, difference_rows(found)))
    return "\n".join([*parts, "</html>\n"])


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    heading = "".join(f"<th>{escape(name)}</th>" for name in head)
    lines = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows)
    body = "".join(f"<tr>{line}</tr>\n" for line in lines)
    return f"<h2>{escape(title)}</h2>\n<table><tr>{heading}</tr>\n{body}</table>"
