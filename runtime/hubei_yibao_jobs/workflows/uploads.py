"""The nightly run and the delivery of one message.

Stored by DBOS are institution codes, row ids and states; payloads stay in the outbox.
"""

from __future__ import annotations

from typing import Any

from dbos import DBOS, SetWorkflowID

from ..outbox import ASIDE, FINISHED, deliver
from ..outbox.book import now
from ..outbox.delivery import BUSY
from . import bench

_BATCH = 200
_REPAIR = 30  #: looks into the outbox between two searches for lost rows
_LOOKS = 100  #: at a call that somebody else has open
_DEAD = ("ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED", "SUCCESS")


def _id(institution: str, row: int, attempt: int) -> str:
    """One workflow per row and attempt, whoever asks for it and how often."""
    return f"{institution}-{row}-{attempt}"


def _enqueue(institution: str, rows: list[list[int]]) -> None:
    for row, attempt in rows:
        with SetWorkflowID(_id(institution, row, attempt)):
            DBOS.enqueue_workflow(
                bench.upload_queue(institution), deliver_message, institution, row
            )


@DBOS.step(name="yibao.attempt", retries_allowed=True, max_attempts=5)
def attempt(institution: str, row: int) -> dict[str, Any]:
    """Delivers, and names what may go next."""
    desk = bench.desk(institution)
    with bench.flights().flight(upload=True):
        state = deliver(desk, row)
    following: list[list[int]] = []
    if state in FINISHED + ASIDE:
        visit = desk.outbox.get(row).visit
        following = desk.outbox.heads(institution, 1, visit) if visit else []
    return {"state": state, "next": following}


@DBOS.workflow(name="yibao.deliver")
def deliver_message(institution: str, row: int) -> str:
    """One message to its end, or to ``later``; then the next of its visit is enqueued."""
    outcome: dict[str, Any] = {"state": BUSY}
    for _ in range(_LOOKS):
        outcome = attempt(institution, row)
        if outcome["state"] != BUSY:
            _enqueue(institution, outcome["next"])
            break
        DBOS.sleep(bench.jobs().busy_wait)
    return str(outcome["state"])


@DBOS.step(name="yibao.repair", retries_allowed=True)
def repair(institution: str) -> list[list[int]]:
    """Rows whose workflow is gone or ended without them get a new one."""
    outbox = bench.desk(institution).outbox
    stuck = {_id(institution, *pair): pair for pair in outbox.stuck(institution)}
    lost: list[list[int]] = []
    names = list(stuck)
    for start in range(0, len(names), _BATCH):
        part = names[start : start + _BATCH]
        alive = {
            status.workflow_id
            for status in DBOS.list_workflows(
                workflow_ids=part, load_input=False, load_output=False
            )
            if status.status not in _DEAD
        }
        lost += [stuck[name] for name in part if name not in alive]
    # a claim counts the attempt up, so the workflow of a row in "sending" has the number before
    return [[row, n + 1] for row, n in lost if not _running(institution, row, n)
            and outbox.requeue(row, n)]  # fmt: skip


def _running(institution: str, row: int, attempt: int) -> bool:
    found = DBOS.get_workflow_status(_id(institution, row, attempt - 1))
    return found is not None and found.status not in _DEAD


@DBOS.step(name="yibao.collect", retries_allowed=True)
def collect(institution: str) -> list[list[int]]:
    """Admits what the hospital wrote; rows that may go now."""
    outbox = bench.desk(institution).outbox
    while outbox.admit(institution):
        pass
    return outbox.heads(institution, _BATCH)


@DBOS.step(name="yibao.queued", retries_allowed=True)
def queued(institution: str, rows: list[list[int]]) -> int:
    """Notes what the engine has; how many are left to work on."""
    outbox = bench.desk(institution).outbox
    if rows:
        outbox.queued(rows)
    return outbox.left(institution)


@DBOS.step(name="yibao.clock")
def clock() -> int:
    return now()


@DBOS.workflow(name="yibao.run")
def run(institution: str) -> int:
    """Empties the outbox of an institution; returns how many rows are left at its end.

    The queue it stands in lets one run at a time go, over all hosts.
    """
    end = clock() + int(bench.jobs().run_hours * 3_600_000)
    turn = 0
    while True:
        if turn % _REPAIR == 0:
            _enqueue(institution, repair(institution))
        turn += 1
        rows = collect(institution)
        _enqueue(institution, rows)
        left = queued(institution, rows)
        if left == 0 or clock() >= end:
            return left
        if len(rows) < _BATCH:
            DBOS.sleep(bench.jobs().poll)


@DBOS.workflow(name="yibao.nightly")
def nightly(_scheduled: Any, institution: Any) -> None:
    """The scheduled run."""
    run(str(institution))
