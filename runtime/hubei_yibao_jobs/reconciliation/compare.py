"""Totals first; where they differ, the rows of that clearing type.

The totals call knows the insurance type, the detail call does not: its file holds all rows of a
clearing type and handling office, whatever the insurance. A refund is two rows (the settlement
and its negative).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from hubei_yibao_runtime.client import SyncClient
from hubei_yibao_runtime.errors import YibaoError
from hubei_yibao_runtime.files import write_rows
from hubei_yibao_runtime.interface import Field, Interface
from hubei_yibao_runtime.journal import Record
from hubei_yibao_runtime.roles import filled, rows

from ..rules import rules
from .ledger import Entry, sums
from .proposals import propose

Row = Mapping[str, str]
Key = tuple[str, str, str]  #: insutype, clr_type, setl_optins

ONLY_HERE, ONLY_THERE, AMOUNTS, REFUND = "only_here", "only_there", "amounts", "refund"


@dataclass(frozen=True, slots=True)
class Group:
    """One totals call: ours, and what the platform said of it."""

    insutype: str
    clr_type: str
    setl_optins: str
    count: int
    medfee_sumamt: Decimal
    fund_pay_sumamt: Decimal
    acct_pay: Decimal
    result: str  #: stmt_rslt
    said: str  #: stmt_rslt_dscr
    balanced: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that does not agree.

    ``kind``: only_here, only_there, amounts, or refund (a refund only one side has; ``side`` says
    which). ``file``: the platform's row by column name.
    """

    kind: str
    side: str  #: here, there, both
    setl_id: str
    mdtrt_id: str
    msgid: str  #: of the message that made it, where known
    psn_no: str = field(repr=False)
    ours: Entry | None
    file: Row = field(repr=False)
    record: Record | None  #: the journal's, by msgid
    proposal: str = "query"  #: query, reupload, reverse
    why: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One detail call."""

    clr_type: str
    setl_optins: str
    rows: int
    differences: tuple[Difference, ...]
    statement: tuple[Row, ...] = field(repr=False)  #: the platform's rows as they came


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A day: every group, and the comparisons where totals differed."""

    day: date
    groups: tuple[Group, ...]
    comparisons: tuple[Comparison, ...]

    @property
    def balanced(self) -> bool:
        """Totals agree, and no row that was compared differs."""
        return all(group.balanced for group in self.groups) and not self.differences

    @property
    def differences(self) -> list[Difference]:
        return [found for comparison in self.comparisons for found in comparison.differences]


def reconcile(
    client: SyncClient,
    day: date,
    ledger: Sequence[Entry],
    *,
    until: date | None = None,
    also: Iterable[Key] = (),
    details: bool = False,
    refd_setl_flag: str = "0",
) -> Reconciliation:
    """Compares the ledger of ``day`` (to ``until``) with the platform; nothing is changed there.

    ``also``: groups (insutype, clr_type, setl_optins) to ask for although the ledger has none of
    them, so that what only the platform has is seen. ``details``: compare rows although the totals
    agree, since differences may cancel out. ``refd_setl_flag``: no source says what the
    flag of these calls selects. Raises as ``client.call``, and YibaoError where rows differ but
    the ledger lacks psn_no.
    """
    period = {"stmt_begndate": day, "stmt_enddate": until or day, "refd_setl_flag": refd_setl_flag}
    grouped: dict[Key, list[Entry]] = {key: [] for key in also}
    for entry in ledger:
        grouped.setdefault((entry.insutype, entry.clr_type, entry.setl_optins), []).append(entry)
    groups = tuple(_totals(client, key, grouped[key], period) for key in sorted(grouped))
    wanted = {(g.clr_type, g.setl_optins): None for g in groups if details or not g.balanced}
    comparisons = tuple(
        _details(
            client, place,
            [e for e in ledger if (e.clr_type, e.setl_optins) == place], period,
        )
        for place in wanted
    )  # fmt: skip
    return Reconciliation(day, groups, comparisons)


def _interface(client: SyncClient, name: str) -> Interface:
    return client._protocol.registry.by_operation(rules()["reconciliation"][name])


def _totals(
    client: SyncClient, key: Key, ours: Sequence[Entry], period: Mapping[str, Any]
) -> Group:
    interface = _interface(client, "totals")
    total = sums(ours)
    place = dict(zip(("insutype", "clr_type", "setl_optins"), key, strict=True))
    result = client.call(interface.number, filled(interface, {**place, **period, **total}))
    said = _found(result.model_dump(by_alias=True), "stmt_rslt")
    code = str(said.get("stmt_rslt") or "")
    return Group(
        *key, len(ours), total["medfee_sumamt"], total["fund_pay_sumamt"], total["acct_pay"],
        code, str(said.get("stmt_rslt_dscr") or ""), code in rules()["reconciliation"]["balanced"],
    )  # fmt: skip


def _found(answer: Any, name: str) -> Mapping[str, Any]:
    for row in rows(answer):
        if row.get(name):
            return row
    raise YibaoError(f"the platform's answer has no {name}")


def _columns(interface: Interface, direction: str) -> tuple[Field, ...]:
    return next(layout.columns for layout in interface.files if layout.direction == direction)


def _details(
    client: SyncClient, place: tuple[str, str], ours: Sequence[Entry], period: Mapping[str, Any]
) -> Comparison:
    nameless = sum(not entry.psn_no for entry in ours)
    if nameless:
        raise YibaoError(
            f"totals differ, but {nameless} of {len(ours)} ledger rows have no psn_no",
            advice="the detailed comparison needs it: give a CSV or a query, or psn_no by setl_id",
        )
    interface = _interface(client, "details")
    known = {"clr_type": place[0], "setl_optins": place[1], **period, **sums(ours)}
    with tempfile.TemporaryDirectory(prefix="yibao-") as folder:
        path = Path(folder) / f"{interface.number}_{place[0]}.zip"
        names = [column.name for column in _columns(interface, "upload")]
        lines = ([getattr(entry, name, None) for name in names] for entry in ours)
        write_rows(path, lines, name="detail.txt")
        sent = _found(client.upload(path).model_dump(by_alias=True), "file_qury_no")
        known["file_qury_no"] = sent["file_qury_no"]
        answer = client.call(interface.number, filled(interface, known))
        told = _found(answer.model_dump(by_alias=True), "file_qury_no")
        received = client.download(
            str(told["file_qury_no"]), str(told["filename"]), origin=interface.number, to=folder
        )
        columns = _columns(interface, "download")
        statement = tuple(
            {column.name: cell or "" for column, cell in zip(columns, row, strict=True)}
            for row in received.rows(columns)
        )
    return Comparison(*place, len(ours), tuple(_differences(client, ours, statement)), statement)


def _differences(
    client: SyncClient, ours: Sequence[Entry], statement: Sequence[Row]
) -> Iterable[Difference]:
    ledger = {entry.setl_id: entry for entry in ours}
    by_msgid = {entry.msgid: entry for entry in ours if entry.msgid}
    reversible = client._protocol.profile.reversible
    for row in statement:
        if row["stmt_rslt"] in rules()["reconciliation"]["balanced"]:
            continue
        entry = ledger.get(row["setl_id"]) or by_msgid.get(row["msgid"])
        side = "both"
        if entry is None:
            side = "there"
        elif row["stmt_rslt"] == rules()["reconciliation"]["only_here"]:
            side = "here"
        msgid = row["msgid"] or (entry.msgid if entry else "")
        record = client._journal.get(msgid) if msgid else None
        proposal, why = propose(client._protocol.registry, side, record, reversible)
        yield Difference(
            _kind(side, entry, row), side, row["setl_id"], row["mdtrt_id"], msgid, row["psn_no"],
            entry, row, record, proposal, why,
        )  # fmt: skip


def _kind(side: str, entry: Entry | None, row: Row) -> str:
    if side == "both":
        return AMOUNTS
    if entry.refund if entry else _negative(row["medfee_sumamt"]):
        return REFUND
    return ONLY_HERE if side == "here" else ONLY_THERE


def _negative(text: str) -> bool:
    try:
        return Decimal(text) < 0
    except InvalidOperation:
        return False
