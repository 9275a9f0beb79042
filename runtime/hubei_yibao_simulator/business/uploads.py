"""41xx, 43xx–47xx and 35xx: what is reported day by day, kept and counted."""

from __future__ import annotations

from typing import Any

from .core import Call, Fields, Output, handles, refuse
from .ledger import LIVE

#: uploads without an answer of their own
PLAIN = (
    "4301", "4302", "4401", "4402", "4501", "4502", "4503", "4504", "4505", "4506", "4601",
    "4602", "4701", "3501", "3502", "3503", "3504", "3505", "3506", "3507",
)  # fmt: skip
#: 清单状态: a submitted list cannot be changed any more (published remark to 4102)
SUBMITTED = "1"


def _keep(call: Call, data: Fields) -> None:
    call.books.insert("upload", {
        "number": call.number, "institution": call.institution, "msgid": call.msgid,
        "psn_no": _first(call.input, "psn_no"), "setl_id": _first(call.input, "setl_id"),
        "received": call.time, "data": data,
    })  # fmt: skip


def _first(value: Any, name: str) -> str:
    """The first field of this name anywhere in the input, "" where there is none."""
    if isinstance(value, dict):
        if value.get(name) not in (None, ""):
            return str(value[name])
        value = list(value.values())
    if isinstance(value, list):
        return next((found for part in value if (found := _first(part, name))), "")
    return ""


@handles(*PLAIN)
def upload(call: Call) -> None:
    _keep(call, call.input)


@handles("4101", "4101a")
def upload_settlement_list(call: Call) -> Output:
    info = call.node("setlinfo")
    row = call.books.row(
        f"SELECT * FROM settlement WHERE setl_id = ? AND institution = ? AND {LIVE}",
        info.get("setl_id"), call.institution,
    )  # fmt: skip
    if row is None:
        refuse("未找到该结算记录", "setl_id", "结算ID")
    key = str(info.get("setl_id"))
    stored = call.books.get("settlement-list", call.institution, key)
    if stored is not None and stored["status"] == SUBMITTED:
        refuse("清单已提交，请先撤回（4102）", "setl_id", "结算ID")
    serial = stored["setl_list_id"] if stored else f"{call.books.next('setl_list_id'):09d}"
    list_ = {"setl_list_id": serial, "status": SUBMITTED, "input": call.input}
    call.books.put("settlement-list", call.institution, key, call.time, list_, row["psn_no"])
    _keep(call, call.input)
    return {"data": {"setl_list_id": serial}, None: {"setl_list_id": serial}}


@handles("4102")
def change_list_status(call: Call) -> None:
    data = call.node("data")
    nested = data.get("stastinfo") or call.input.get("stastinfo") or data
    for info in nested if isinstance(nested, list) else [nested]:
        key = str(info.get("setl_id"))
        stored = call.books.get("settlement-list", call.institution, key)
        if stored is None:
            refuse("没有该结算清单", "setl_id", "结算ID")
        if stored["status"] == str(info.get("stas_type")):
            refuse("状态不能重复修改", "stas_type", "状态分类")
        changed = {**stored, "status": str(info.get("stas_type"))}
        call.books.put("settlement-list", call.institution, key, call.time, changed,
                       str(info.get("psn_no") or ""))  # fmt: skip


@handles("4103")
def query_settlement_list(call: Call) -> Output:
    data = call.node("data")
    key = str(data.get("setl_id"))
    stored = call.books.get("settlement-list", call.institution, key)
    if stored is None:
        refuse("没有该结算清单", "setl_id", "结算ID")
    nodes = {name: value for name, value in stored["input"].items() if value}
    info = {**stored["input"].get("setlinfo", {}), "setl_list_sn": stored["setl_list_id"],
            "stas_type": stored["status"]}  # fmt: skip
    return {**nodes, "setlinfo": info}
