"""Looking up unknown writes and taking them back, against a platform on a real socket."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hubei_yibao_runtime.client import AsyncBaseClient, SyncClient
from hubei_yibao_runtime.errors import (
    JournalError,
    NotAllowed,
    NotSent,
    OutcomeUnknown,
    Rejected,
    YibaoError,
)
from hubei_yibao_runtime.resolve import Resolution
from hubei_yibao_runtime.settings import Settings
from settlement_platform import Platform, serving
from settlement_registry import REGISTRY

PSN_NO = "42000011200000001234567890"
DATA = {"psn_no": PSN_NO, "mdtrt_id": "V1", "chrg_bchno": "B1"}

Resolve = Callable[..., Resolution]


class Plan:
    """Which fault the platform shows next, by interface number."""

    def __init__(self) -> None:
        self.faults: dict[str, str] = {}

    def __call__(self, message: dict[str, Any]) -> str | None:
        return self.faults.pop(message["infno"], None)


def settings(platform: Platform, path: Path, **changes: Any) -> Settings:
    values: dict[str, Any] = {
        "fixmedins_code": "H42000000001", "fixmedins_name": "试验医院", "mdtrtarea_admvs": "420100",
        "insuplc_admdvs": "420100", "recer_sys_code": "T", "infver": "V1.0", "opter": "op1",
        "opter_name": "试", "url": platform.url, "journal": str(path / "journal.sqlite3"),
        "timeout": 5,
    }  # fmt: skip
    return Settings(**(values | changes))


@pytest.fixture
def plan() -> Plan:
    return Plan()


@pytest.fixture
def platform(plan: Plan) -> Iterator[Platform]:
    with serving(plan) as running:
        yield running


@pytest.fixture
def client(platform: Platform, tmp_path: Path) -> Iterator[SyncClient]:
    with SyncClient(settings(platform, tmp_path), registry=REGISTRY) as opened:
        yield opened


@pytest.fixture(params=["sync", "async"])
def resolve(
    request: pytest.FixtureRequest, client: SyncClient, platform: Platform, tmp_path: Path
) -> Resolve:
    """``resolve`` of both kinds of client, over the same journal."""
    if request.param == "sync":
        return client.resolve

    def run(msgid: str, **choices: Any) -> Resolution:
        async def go() -> Resolution:
            async with AsyncBaseClient(settings(platform, tmp_path), registry=REGISTRY) as other:
                found: Resolution = await other.resolve(msgid, **choices)
                return found

        return asyncio.run(go())

    return run


def unknown(client: SyncClient, plan: Plan, fault: str, number: str = "X207", **data: str) -> str:
    """A write whose answer got lost; its msgid."""
    plan.faults[number] = fault
    with pytest.raises(OutcomeUnknown) as lost:
        client.call(number, {"data": {**DATA, **data}})
    assert lost.value.msgid is not None
    assert lost.value.msgid in [record.msgid for record in client.unknown()]
    return lost.value.msgid


def kinds(client: SyncClient, msgid: str) -> list[str]:
    return [step.kind for step in client._journal.steps(msgid)]


def test_a_settlement_that_is_there_is_found_by_its_msgid(
    client: SyncClient, plan: Plan, platform: Platform, resolve: Resolve
) -> None:
    client.call("X207", {"data": DATA | {"chrg_bchno": "B0"}})
    msgid = unknown(client, plan, "drop_after")
    found = resolve(msgid, psn_no=PSN_NO)
    assert (found.finding, found.state, found.settled) == ("done", "resolved_done", True)
    assert client.unknown() == []
    assert kinds(client, msgid) == ["looked", "settled"]
    assert platform.numbers == {"X207": 2, "X303": 1}
    again = resolve(msgid, psn_no=PSN_NO)
    assert again.finding == "done"
    assert platform.numbers["X303"] == 1, "what is settled is not asked again"


def test_absence_is_no_proof_and_stays_listed(
    client: SyncClient, plan: Plan, platform: Platform, resolve: Resolve
) -> None:
    msgid = unknown(client, plan, "drop_before")
    found = resolve(msgid, psn_no=PSN_NO)
    assert (found.finding, found.state, found.settled) == ("absent", "unknown", False)
    assert "reconcile" in found.advice
    assert [record.msgid for record in client.unknown()] == [msgid]


def test_without_the_person_nothing_can_be_asked(
    client: SyncClient, plan: Plan, platform: Platform, resolve: Resolve
) -> None:
    msgid = unknown(client, plan, "drop_after")
    found = resolve(msgid)
    assert (found.finding, found.state) == ("unknown", "unknown")
    assert "psn_no" in found.evidence[0].detail
    with pytest.raises(NotSent, match="not the person"):
        resolve(msgid, psn_no="42000011200000009999999999")


@pytest.mark.parametrize(
    ("rows", "complete", "finding", "state"),
    [
        ([{"msgid": "$", "stmt_rslt": "000103"}], False, "done", "resolved_done"),
        ([{"msgid": "$", "refd_setl_flag": "1"}], False, "undone", "reversed"),
        ([{"msgid": "$", "stmt_rslt": "000102"}], False, "not_done", "resolved_not_done"),
        ([{"msgid": "other"}], False, "absent", "unknown"),
        ([{"msgid": "other"}], True, "not_done", "resolved_not_done"),
    ],
)
def test_rows_of_the_difference_file_prove_both_ways(
    client: SyncClient, plan: Plan, rows: list[dict[str, str]], complete: bool, finding: str,
    state: str, resolve: Resolve,
) -> None:  # fmt: skip
    msgid = unknown(client, plan, "drop_before")
    rows = [{k: msgid if v == "$" else v for k, v in row.items()} for row in rows]
    found = resolve(msgid, statement=rows, complete=complete)
    assert (found.finding, found.state) == (finding, state)


def test_a_reversal_looks_first_and_is_confirmed_by_looking_again(
    client: SyncClient, plan: Plan, platform: Platform, resolve: Resolve
) -> None:
    msgid = unknown(client, plan, "error_after")
    found = resolve(msgid, psn_no=PSN_NO, reverse=True)
    assert (found.finding, found.state) == ("undone", "reversed")
    assert platform.numbers == {"X207": 1, "X303": 2, "X601": 1}
    assert kinds(client, msgid) == ["looked", "reversing", "reversal", "looked", "settled"]
    assert found.reversal is not None
    record = client._journal.get(found.reversal)
    assert record is not None
    assert (record.reverses, record.state) == (msgid, "ok")
    assert client.unknown() == []


def test_what_is_seen_nowhere_may_be_reversed_to_be_sure(
    client: SyncClient, plan: Plan, platform: Platform, resolve: Resolve
) -> None:
    msgid = unknown(client, plan, "drop_before")
    found = resolve(msgid, psn_no=PSN_NO, reverse=True)
    assert (found.finding, found.state) == ("absent", "unknown"), "the platform knew nothing of it"
    assert platform.numbers["X601"] == 1


def test_a_lost_reversal_is_looked_up_and_never_sent_twice(
    client: SyncClient, plan: Plan, platform: Platform, resolve: Resolve
) -> None:
    msgid = unknown(client, plan, "error_after")
    plan.faults["X601"] = "drop_after"
    first = resolve(msgid, psn_no=PSN_NO, reverse=True)
    assert (first.finding, first.state) == ("unknown", "unknown")
    assert len(client.unknown()) == 2
    platform.hide_settlements = True
    with pytest.raises(JournalError, match="a second one is not sent"):
        resolve(msgid, psn_no=PSN_NO, reverse=True)
    platform.hide_settlements = False
    second = resolve(msgid, psn_no=PSN_NO, reverse=True)
    assert (second.finding, second.state) == ("undone", "reversed")
    assert platform.numbers["X601"] == 1
    assert client.unknown() == []


def test_a_reversal_that_never_arrived_is_sent_again_after_the_look_that_proves_it(
    client: SyncClient, plan: Plan, platform: Platform, resolve: Resolve
) -> None:
    msgid = unknown(client, plan, "error_after")
    plan.faults["X601"] = "drop_before"
    resolve(msgid, psn_no=PSN_NO, reverse=True)
    found = resolve(msgid, psn_no=PSN_NO, reverse=True)
    assert (found.finding, found.state) == ("undone", "reversed")
    assert platform.numbers["X601"] == 2
    assert client.unknown() == []


def die_at(own: Settings, msgid: str, step: int, after: bool) -> None:
    """Resolves in a process of its own that is killed before or after a use of the journal."""
    with SyncClient(own, registry=REGISTRY) as client:
        store = client._journal.store
        run, uses = store.run, iter(range(1000))

        def deadly(*arguments: Any, **options: Any) -> Any:
            fatal = next(uses) == step
            if fatal and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            done = run(*arguments, **options)
            if fatal:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        store.run = deadly  # type: ignore[method-assign]
        client.resolve(msgid, psn_no=PSN_NO, reverse=True)


@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_step_it_goes_on_and_reverses_once(
    client: SyncClient, plan: Plan, platform: Platform, tmp_path: Path, after: bool
) -> None:
    fork = multiprocessing.get_context("fork")
    for step in range(1000):
        msgid = unknown(client, plan, "error_after", mdtrt_id=f"V{step}")
        own = settings(platform, tmp_path)
        process = fork.Process(target=die_at, args=(own, msgid, step, after))
        process.start()
        process.join(30)
        found = client.resolve(msgid, psn_no=PSN_NO, reverse=True)
        assert (found.finding, found.state) == ("undone", "reversed"), step
        assert platform.reversals[msgid] == 1, step
        assert client.unknown() == [], step
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
    assert step > 10


def test_resolving_an_unknown_reversal_looks_at_what_it_was_to_take_back(
    client: SyncClient, plan: Plan, platform: Platform, resolve: Resolve
) -> None:
    msgid = unknown(client, plan, "error_after")
    plan.faults["X601"] = "drop_after"
    lost = resolve(msgid, psn_no=PSN_NO, reverse=True).reversal
    assert lost is not None
    found = resolve(lost, psn_no=PSN_NO)
    assert (found.msgid, found.finding, found.state) == (msgid, "undone", "reversed")
    record = client._journal.get(lost)
    assert record is not None
    assert record.state == "resolved_done"


def test_an_accepted_reversal_that_nothing_shows_yet_is_not_taken_for_done(
    client: SyncClient, plan: Plan, platform: Platform, resolve: Resolve
) -> None:
    msgid = unknown(client, plan, "error_after")
    rule = {"X303": 0}

    def choose(message: dict[str, Any]) -> str | None:
        rule["X303"] += message["infno"] == "X303"
        return "error_before" if message["infno"] == "X303" and rule["X303"] > 1 else None

    platform.choose = choose
    found = resolve(msgid, psn_no=PSN_NO, reverse=True)
    assert (found.finding, found.state) == ("unknown", "unknown")
    assert "never reverse it twice" in found.advice
    platform.choose = plan
    later = resolve(msgid, psn_no=PSN_NO)
    assert (later.finding, later.state) == ("undone", "reversed")
    assert platform.numbers["X601"] == 1


def test_a_write_known_as_done_is_reversed_only_when_forced(
    client: SyncClient, platform: Platform, resolve: Resolve
) -> None:
    msgid = client.call("X207", {"data": DATA}).msgid
    with pytest.raises(NotAllowed, match="unless forced"):
        resolve(msgid, psn_no=PSN_NO, reverse=True)
    assert platform.numbers["X601"] == 0
    found = resolve(msgid, psn_no=PSN_NO, reverse=True, force=True)
    assert (found.finding, found.state) == ("undone", "reversed")
    assert resolve(msgid, psn_no=PSN_NO, reverse=True, force=True).finding == "undone"
    assert platform.numbers["X601"] == 1


def test_only_what_the_profile_lists_is_reversed(
    plan: Plan, platform: Platform, tmp_path: Path
) -> None:
    for reversible, allowed in ((None, True), (["X207"], True), (["X208"], False)):
        own = tmp_path / str(reversible)
        own.mkdir()
        profile = {"name": "t", "source": "t", "reversible": reversible}
        with SyncClient(settings(platform, own, profile=profile), registry=REGISTRY) as client:
            msgid = unknown(client, plan, "error_after")
            if allowed:
                assert client.resolve(msgid, psn_no=PSN_NO, reverse=True).finding == "undone"
            else:
                with pytest.raises(NotAllowed, match="does not take this interface back"):
                    client.resolve(msgid, psn_no=PSN_NO, reverse=True)


def test_a_reversal_needs_the_person(client: SyncClient, plan: Plan, resolve: Resolve) -> None:
    msgid = unknown(client, plan, "error_after")
    with pytest.raises(NotSent, match="needs psn_no"):
        resolve(msgid, reverse=True)


def test_a_withdrawal_is_found_by_the_settlement_it_took_back(
    client: SyncClient, plan: Plan, platform: Platform, resolve: Resolve
) -> None:
    platform.settled["m"] = {
        "setl_id": "S9", "mdtrt_id": "V1", "psn_no": PSN_NO, "medins_setl_id": "m",
        "refd_setl_flag": "1",
    }  # fmt: skip
    plan.faults["X208"] = "error_before"
    with pytest.raises(OutcomeUnknown) as lost:
        client.call("X208", {"data": {"psn_no": PSN_NO, "mdtrt_id": "V1", "setl_id": "S9"}})
    found = resolve(lost.value.msgid, psn_no=PSN_NO)
    assert [e.says for e in found.evidence] == ["absent", "done"]
    assert found.state == "resolved_done"


def test_a_visit_is_found_by_the_institutions_own_number(
    client: SyncClient, plan: Plan, resolve: Resolve
) -> None:
    plan.faults["X201"] = "drop_after"
    with pytest.raises(OutcomeUnknown) as lost:
        client.call("X201", {"data": {"psn_no": PSN_NO, "ipt_otp_no": "O-77"}})
    msgid = lost.value.msgid
    assert msgid is not None
    other = resolve(msgid, psn_no=PSN_NO, ipt_otp_no="O-78")
    assert other.finding == "absent", "what the caller says goes above what the journal holds"
    assert resolve(msgid, psn_no=PSN_NO).finding == "done"


def test_a_refused_or_missing_write_needs_no_look(
    client: SyncClient, plan: Plan, platform: Platform, resolve: Resolve
) -> None:
    platform.valid_sign_no = "somebody"
    with pytest.raises(Rejected) as refused:
        client.call("X207", {"data": DATA})
    found = resolve(refused.value.msgid)
    assert (found.finding, found.state) == ("not_done", "rejected")
    with pytest.raises(YibaoError, match="no such write"):
        resolve("nobody")


def test_institutions_that_share_a_journal_resolve_their_own_writes_only(
    client: SyncClient, plan: Plan, platform: Platform, tmp_path: Path
) -> None:
    msgid = unknown(client, plan, "drop_after")
    other = settings(platform, tmp_path, fixmedins_code="H42000000002")
    with SyncClient(other, registry=REGISTRY) as stranger:
        assert stranger.unknown() == []
        with pytest.raises(NotAllowed, match="a write of H42000000001"):
            stranger.resolve(msgid, psn_no=PSN_NO)
    assert client.resolve(msgid, psn_no=PSN_NO).finding == "done"


def test_a_call_under_way_is_left_alone(
    client: SyncClient, plan: Plan, platform: Platform, resolve: Resolve
) -> None:
    plan.faults["X207"] = "slow_after"
    with ThreadPoolExecutor() as pool:
        running = pool.submit(client.call, "X207", {"data": DATA})
        while not platform.settled:
            time.sleep(0.01)
        (record,) = client._journal.in_flight()
        assert client.unknown() == []
        with pytest.raises(YibaoError, match="still waits for its answer"):
            resolve(record.msgid, psn_no=PSN_NO, reverse=True)
        assert running.result().msgid == record.msgid
    assert platform.numbers == {"X207": 1}


def test_the_journal_file_holds_no_person(
    client: SyncClient, plan: Plan, tmp_path: Path, resolve: Resolve
) -> None:
    certno, name = "420106199001011234", "张三丰"
    msgid = unknown(client, plan, "error_after", certno=certno, psn_name=name)
    resolve(msgid, psn_no=PSN_NO, reverse=True)
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert msgid.encode() in content
    for secret in (PSN_NO, certno, name):
        assert secret.encode() not in content
