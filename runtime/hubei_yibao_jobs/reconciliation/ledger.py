"""The institution's own settlements of a period, from a CSV file, a database or the journal.

Columns are named as on the wire: setl_id, mdtrt_id, psn_no, insutype, clr_type, setl_optins,
medfee_sumamt, fund_pay_sumamt, acct_pay; optional cash_payamt, refd_setl_flag, msgid. A refund is
a row of its own with negative amounts, beside the settlement it takes back.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from hubei_yibao_runtime.clock import UTC8
from hubei_yibao_runtime.errors import YibaoError
from hubei_yibao_runtime.journal import SqlJournal

NEEDED = (
    "setl_id", "mdtrt_id", "psn_no", "insutype", "clr_type", "setl_optins", "medfee_sumamt",
    "fund_pay_sumamt", "acct_pay",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One settlement or one refund, in yuan. ``psn_no`` is "" where the source does not have it."""

    setl_id: str
    mdtrt_id: str
    psn_no: str = field(repr=False)
    insutype: str
    clr_type: str
    setl_optins: str
    medfee_sumamt: Decimal
    fund_pay_sumamt: Decimal
    acct_pay: Decimal
    cash_payamt: Decimal
    refd_setl_flag: str
    msgid: str = ""

    @property
    def refund(self) -> bool:
        return self.medfee_sumamt < 0


def entries(rows: Iterable[Mapping[str, Any]], source: str) -> list[Entry]:
    """Rows by column name; YibaoError names row and column of what does not fit."""
    found = [_entry(row, f"{source}, row {number}") for number, row in enumerate(rows, 1)]
    seen: set[str] = set()
    for entry in found:
        if entry.setl_id in seen:
            raise YibaoError(f"{source}: setl_id {entry.setl_id} stands there twice")
        seen.add(entry.setl_id)
    return found


def _entry(row: Mapping[str, Any], place: str) -> Entry:
    lacking = [name for name in NEEDED if row.get(name) in (None, "") and name != "psn_no"]
    if lacking:
        raise YibaoError(f"{place}: {', '.join(lacking)} missing")
    text = {name: str(row.get(name) or "").strip() for name in NEEDED[:6]}
    total, fund, account = (_yuan(row, name, place) for name in NEEDED[6:])
    cash = total - fund - account
    if row.get("cash_payamt") not in (None, ""):
        cash = _yuan(row, "cash_payamt", place)
    flag = str(row.get("refd_setl_flag") or ("1" if total < 0 else "0"))
    return Entry(**text, medfee_sumamt=total, fund_pay_sumamt=fund, acct_pay=account,
                 cash_payamt=cash, refd_setl_flag=flag, msgid=str(row.get("msgid") or ""))  # fmt: skip


def _yuan(row: Mapping[str, Any], name: str, place: str) -> Decimal:
    """Exact; a binary float from a database column is read by its shortest text."""
    try:
        value = Decimal(str(row[name]).strip())
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value != round(value, 2):
        raise YibaoError(f"{place}: {name} is no amount in yuan with at most two places")
    return round(value, 2)


def from_csv(path: str | Path) -> list[Entry]:
    """A CSV file with a heading line, UTF-8 (a byte order mark is fine)."""
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return entries(csv.DictReader(file), Path(path).name)


def from_sql(url: str, query: str, day: date) -> list[Entry]:
    """What a SELECT yields; it may use ``:day`` and ``:next_day``. ``url``: of SQLAlchemy."""
    from sqlalchemy import create_engine, text

    from ..config import _driver

    engine = create_engine(_driver(url), hide_parameters=True)
    try:
        with engine.connect() as link:
            values = {"day": day.isoformat(), "next_day": (day + timedelta(days=1)).isoformat()}
            wanted = {name: value for name, value in values.items() if f":{name}" in query}
            rows = link.execute(text(query), wanted).mappings()
            return entries((dict(row) for row in rows), "the query")
    finally:
        engine.dispose()


def from_journal(
    journal: SqlJournal, institution: str, day: date, persons: Mapping[str, str] | None = None
) -> list[Entry]:
    """Settlements the journal knows as carried out, with the platform's setl_time on ``day``.

    The journal keeps no personal numbers: ``persons`` gives psn_no by setl_id, which the detailed
    comparison needs. An answer that was lost has no amounts and is left out here; it shows as one
    only the platform has.
    """
    return entries(_settled(journal, institution, day, persons or {}), "the journal")


def _settled(
    journal: SqlJournal, institution: str, day: date, persons: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    midnight = datetime.combine(day, time.min, UTC8)
    around = timedelta(hours=6)  # a settlement near midnight may bear the other day's setl_time
    for record in journal.between(
        institution, midnight - around, midnight + timedelta(days=1) + around
    ):
        keys = record.keys
        if not keys.get("setl_time", "").startswith(day.isoformat()) or "clr_type" not in keys:
            continue
        if record.state in ("ok", "resolved_done") and "medfee_sumamt" in keys:
            yield {
                **keys, "setl_optins": keys.get("clr_optins", ""), "msgid": record.msgid,
                "psn_no": persons.get(keys.get("setl_id", ""), ""),
            }  # fmt: skip


def sums(rows: Sequence[Entry]) -> dict[str, Any]:
    """The sums the platform compares, by wire name."""
    zero = Decimal("0.00")
    return {
        name: sum((getattr(row, name) for row in rows), zero)
        for name in ("medfee_sumamt", "fund_pay_sumamt", "acct_pay", "cash_payamt")
    } | {"fixmedins_setl_cnt": len(rows)}
