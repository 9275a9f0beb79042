"""3301, 3302 and 1317: which items of the institution stand for which of the directories."""

from __future__ import annotations

from .core import Call, Fields, Output, handles, page, refuse

KIND = "mapping"
MOST_ROWS = 100  #: published limit of a call to 3301


def _key(row: Fields) -> str:
    return f"{row.get('list_type')} {row.get('fixmedins_hilist_id')}"


@handles("3301")
def upload(call: Call) -> None:
    rows = call.rows("data")
    if not rows:
        refuse("至少需要一行", "data", "目录对照")
    if len(rows) > MOST_ROWS:
        refuse(f"一次最多{MOST_ROWS}行", "data", "目录对照")
    for index, row in enumerate(rows):
        if call.books.get(KIND, call.institution, _key(row)) is not None:
            text = f"第{index + 1}行已有对照，请先撤销（3302）"
            refuse(text, "fixmedins_hilist_id", "定点医药机构目录编号")
        call.books.put(KIND, call.institution, _key(row), call.time, row)


@handles("3302")
def withdraw(call: Call) -> None:
    rows = call.rows("data") or ([call.input] if "fixmedins_hilist_id" in call.input else [])
    if not rows:
        refuse("至少需要一行", "data", "目录对照撤销")
    for index, row in enumerate(rows):
        stored = call.books.get(KIND, call.institution, _key(row))
        if stored is None or stored.get("med_list_codg") != row.get("med_list_codg"):
            text = f"第{index + 1}行没有该对照"
            refuse(text, "fixmedins_hilist_id", "定点医药机构目录编号")
        call.books.drop(KIND, call.institution, _key(row))


@handles("1317")
def query(call: Call) -> Output:
    rows = [
        {
            **row,
            "fixmedins_code": call.institution,
            "medins_list_codg": row.get("fixmedins_hilist_id"),
            "medins_list_name": row.get("fixmedins_hilist_name"),
            "vali_flag": "1",
        }
        for row in call.books.records(KIND, institution=call.institution)
    ]
    return {None: page(call.node("data"), rows)}
