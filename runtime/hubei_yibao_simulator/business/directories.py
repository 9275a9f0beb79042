"""13xx: directory files by version, and the paged queries over the invented catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..catalogue import VERSION_NAME, Item, items
from . import files, textfile
from .core import Call, Fields, Handler, Output, handles, page

#: directory file -> catalogue items it holds; None: rows without content of their own
FILES: dict[str, tuple[str, str] | None] = {
    "1301": ("101", "SIM-"),
    "1302": None,
    "1303": None,
    "1305": ("201", "SIM-"),
    "1306": ("301", "SIM-"),
    "1307": None,
    "1308": None,
    "1309": None,
    "1310": None,
    "1311": None,
    "1313": None,
    "1314": None,
    "1315": None,
}
CREATED = "2026-01-01 00:00:00"


def _contents(number: str) -> list[tuple[str, str, str]]:
    """Code, name and version of every row of a directory."""
    chosen = FILES[number]
    if chosen is None:
        return [
            (f"SIM-{number}-{n:04d}", f"模拟目录{number}第{n}条", f"v{1 + n // 3:04d}")
            for n in range(1, 8)
        ]
    return [(i.code, i.name, i.ver) for i in items().values() if i.list_type == chosen[0]]


def _line(columns: Sequence[Any], code: str, name: str, ver: str) -> list[str]:
    """One row in the published layout; columns the catalogue says nothing about stay empty."""
    named = False
    cells = []
    for position, column in enumerate(columns):
        by_role = {"code": code, "record_no": f"R-{code}-{ver}", "version": ver,
                   "version_name": VERSION_NAME, "validity": "1"}  # fmt: skip
        if column.role in by_role:
            cells.append(by_role[column.role])
        elif position == 0:
            cells.append(code)
        elif (not named and column.label.endswith("名称")) or column.label in NAMES:
            named = True
            cells.append(name)
        elif column.label.endswith(("创建时间", "更新时间")):
            cells.append(CREATED)
        else:
            cells.append("")
    return cells


NAMES = ("药品通用名", "注册名称")


def _directory(number: str) -> Handler:
    def download(call: Call) -> Output:
        wanted = str(call.node("data").get("ver") or "")
        rows = sorted((row for row in _contents(number) if row[2] > wanted), key=lambda row: row[2])
        if not rows:
            return {None: {"file_qury_no": "", "filename": "", "data_cnt": 0}}
        columns = call.layout(number, "download")
        lines = [_line(columns, *row) for row in rows]
        name = f"{number}_{call.now:%Y%m%d%H%M%S}.txt"
        content = textfile.write(name, lines)
        stored = files.store(call, f"{name}.zip", content, files.DIRECTORY_OWNER)
        return {None: {**stored, "dld_end_time": stored["dld_endtime"], "data_cnt": len(rows)}}

    return download


for _number in FILES:
    handles(_number)(_directory(_number))


def _matching(call: Call) -> Iterable[Item]:
    data = call.node("data")
    for item in items().values():
        if data.get("hilist_code") not in (None, "", item.code):
            continue
        if data.get("list_type") not in (None, "", item.list_type):
            continue
        if (data.get("hilist_name") or "") in item.name:
            yield item


def _common(item: Item) -> Fields:
    return {
        "hilist_code": item.code,
        "hilist_name": item.name,
        "insu_admdvs": "420000",
        "begndate": "2026-01-01",
        "list_type": item.list_type,
        "chrgitm_lv": item.level,
        "med_chrgitm_type": item.charge_type,
        "lmt_used_flag": "1" if item.restricted else "0",
        "vali_flag": "1",
        "rid": f"R-{item.code}",
        "updt_time": CREATED,
        "crte_time": CREATED,
    }


@handles("1312")
def query_items(call: Call) -> Output:
    return {None: page(call.node("data"), [_common(item) for item in _matching(call)])}


@handles("1318")
def query_limits(call: Call) -> Output:
    rows = [
        {**_common(item), "hilist_pric_uplmt_amt": item.limit}
        for item in _matching(call)
        if item.limit is not None
    ]
    return {None: page(call.node("data"), rows)}


@handles("1319")
def query_prepay(call: Call) -> Output:
    rows = [{**_common(item), "selfpay_prop": item.prepay} for item in _matching(call)]
    return {None: page(call.node("data"), rows)}
