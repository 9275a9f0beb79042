"""An outpatient settlement: fees up, presettled, settled; or taken back in reverse order.

Each write is a row of the outbox and goes out at most once. Between the steps DBOS keeps states
only; amounts and persons stay in the outbox's tables. Killed anywhere, the workflow goes on from
what outbox and journal hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from dbos import DBOS
from hubei_yibao_runtime.errors import Rejected, YibaoError
from hubei_yibao_runtime.interface import Interface
from sqlalchemy import select, update

from ..outbox import Desk, Message, deliver
from ..outbox.book import first, now, parsed
from ..outbox.delivery import BUSY, resolve
from ..outbox.schema import PROCESS
from ..outbox.settlement import outcome, part, submit
from ..rules import rules, step
from . import bench

__all__ = ["outcome", "settle", "submit"]

TRIES = 3  #: of what did not leave; somebody waits at the counter
_LOOKS = 100


def _amount(message: Mapping[str, Any]) -> Decimal | None:
    try:
        return Decimal(first(message, "medfee_sumamt"))
    except InvalidOperation:
        return None


class Case:
    """One settlement with what its steps need; made anew in every step."""

    def __init__(self, institution: str, id: int) -> None:
        self.desk: Desk = bench.desk(institution)
        self.institution = institution
        self.outbox = self.desk.outbox
        with self.outbox.engine.connect() as link:
            row = link.execute(select(PROCESS).where(PROCESS.c.id == id)).one()
        self.id = id
        self.key: str = row.business_key
        self.fees = parsed(row.fees)
        self.settlement = parsed(row.settlement)

    def interface(self, name: str) -> Interface:
        return step(self.desk.client._protocol.registry, name)

    def put(self, name: str, payload: Mapping[str, Any]) -> int:
        return self.outbox.add(
            self.institution, self.interface(name).number, f"{self.key}#{name}", payload,
            process=self.key,
        )  # fmt: skip

    def row(self, name: str) -> Message:
        return part(self.outbox, self.institution, self.key, name)

    def close(self, state: str, words: str) -> str:
        with self.outbox.engine.begin() as link:
            change = update(PROCESS).where(PROCESS.c.id == self.id)
            link.execute(change.values(state=state, words=words, changed=now()))
        return state


@DBOS.step(name="yibao.settle.upload", retries_allowed=True, max_attempts=5)
def upload_fees(institution: str, id: int) -> str:
    case = Case(institution, id)
    return deliver(case.desk, case.put("upload", case.fees))


@DBOS.step(name="yibao.settle.presettle", retries_allowed=True, max_attempts=5)
def presettle(institution: str, id: int) -> str:
    """``ready`` with the settlement's row in place, ``refused`` or ``again``.

    A presettlement that counts the whole sum also proves that the fees arrived.
    """
    case = Case(institution, id)
    try:
        result = case.desk.client.call(case.interface("presettle").number, case.settlement)
    except Rejected as error:
        case.close("new", error.err_msg)
        return "refused"
    except YibaoError as error:
        case.close("new", error.what)
        return "again"
    amounts = rules()["settlement"]["carried"]
    answer = result.model_dump(by_alias=True)
    if _amount(answer) is None or _amount(answer) != _amount(case.settlement):
        case.close("new", "the presettlement counts another sum")
        return "refused"
    node = next(iter(case.settlement))
    known = {place.field.name for place in case.interface("settle").fields("input")}
    data = {name: value for name, value in case.settlement[node].items() if name in known}
    data |= {name: first(answer, name) or 0 for name in amounts}
    case.put("settle", {node: data})
    return "ready"


@DBOS.step(name="yibao.settle.settle", retries_allowed=True, max_attempts=5)
def settle_row(institution: str, id: int) -> str:
    case = Case(institution, id)
    return deliver(case.desk, case.row("settle").id)


@DBOS.step(name="yibao.settle.reverse", retries_allowed=True, max_attempts=5)
def reverse(institution: str, id: int) -> str:
    """Takes an unproven settlement back; ``done`` if it turns out to stand after all."""
    case = Case(institution, id)
    row = case.row("settle")
    found = resolve(case.desk, row, reverse=True)
    reversal = case.desk.journal.get(found.reversal) if found.reversal else None
    if found.finding in ("undone", "not_done"):
        return case.outbox.close_row(row, "refused", words="taken back")
    accepted = reversal is not None and reversal.state == "ok"
    if found.finding == "done" and not accepted:
        return case.outbox.close_row(row, "done", words="looked up: the platform has it")
    return "unconfirmed" if accepted else "unproven"


@DBOS.step(name="yibao.settle.withdraw", retries_allowed=True, max_attempts=5)
def withdraw_fees(institution: str, id: int) -> str:
    case = Case(institution, id)
    names = rules()["settlement"]["batch"]
    return deliver(
        case.desk, case.put("withdraw", {"data": {name: first(case.fees, name) for name in names}})
    )


@DBOS.step(name="yibao.settle.close", retries_allowed=True, max_attempts=5)
def close(institution: str, id: int, state: str, words: str) -> str:
    return Case(institution, id).close(state, words)


def _until_over(work: Callable[[str, int], str], institution: str, id: int) -> str:
    """Repeats a step while somebody else is at it, and a few times what did not leave."""
    tries = 0
    state = BUSY
    for _ in range(_LOOKS):
        with bench.flights().flight(upload=False):
            state = work(institution, id)
        tries += state in ("later", "again")
        if state not in (BUSY, "later", "again") or tries >= TRIES:
            break
        DBOS.sleep(bench.jobs().busy_wait if state == BUSY else 1.0)
    return str(state)


@DBOS.workflow(name="yibao.settle")
def settle(institution: str, id: int) -> str:
    """Ends as ``done``, ``cancelled`` (nothing stands) or ``attention`` (a person must look)."""
    uploaded = _until_over(upload_fees, institution, id)
    if uploaded in ("refused", "later"):
        return close(institution, id, "cancelled", f"fees: {uploaded}")
    if uploaded == BUSY:
        return close(institution, id, "attention", "fees: nobody knows")
    presettled = _until_over(presettle, institution, id)
    if presettled != "ready":
        return _withdraw(institution, id, f"presettlement: {presettled}")
    settled = _until_over(settle_row, institution, id)
    if settled == "unproven":
        settled = _until_over(reverse, institution, id)
    if settled == "done":
        return close(institution, id, "done", "")
    if settled in ("refused", "later"):
        return _withdraw(institution, id, f"settlement: {settled}")
    return close(institution, id, "attention", f"settlement: {settled}")


def _withdraw(institution: str, id: int, why: str) -> str:
    state = _until_over(withdraw_fees, institution, id)
    if state == "done":
        return close(institution, id, "cancelled", why)
    return close(institution, id, "attention", f"{why}; fees could not be withdrawn: {state}")
