"""2101, 2102, 2103: a purchase in a pharmacy, settled in one call."""

from __future__ import annotations

from . import ledger, visits
from .core import Call, Fields, Output, handles, refuse


@handles("2101")
def presettle(call: Call) -> Output:
    info, rows = _purchase(call)
    shares = ledger.compute(call, info, rows, "pharmacy")
    setlinfo, details = ledger.describe(call, info, shares, "pharmacy", "", None)
    return {
        "setlinfo": setlinfo,
        "setldetail": details,
        "detlcutinfo": [ledger.split_row(row) for row in rows],
    }


@handles("2102")
def settle(call: Call) -> Output:
    info, rows = _purchase(call)
    shares = ledger.compute(call, info, rows, "pharmacy")
    mdtrt_id = visits.open_visit(call, info, "pharmacy", str(info.get("med_type")))
    visit = call.visit({"mdtrt_id": mdtrt_id, "psn_no": info["psn_no"]})
    named = [{**row, "mdtrt_id": mdtrt_id, "psn_no": info["psn_no"]} for row in rows]
    cuts = visits.store_fees(call, visit, named)
    fees = visits.unsettled(call, mdtrt_id)
    return {**ledger.post(call, visit, info, fees, "pharmacy", shares), "detlcutinfo": cuts}


@handles("2103")
def cancel_settlement(call: Call) -> Output:
    return ledger.cancel(call, call.node("data"), ("2102",))


def _purchase(call: Call) -> tuple[Fields, list[Fields]]:
    info, rows = call.node("druginfo"), call.rows("drugdetail")
    if not rows:
        refuse("至少需要一行", "drugdetail", "购药明细信息")
    for index, row in enumerate(rows):
        ledger.check_fee_row(row, index)
    return info, rows
