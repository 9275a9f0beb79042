"""Signing in once per institution, operator and day, against a platform on a real socket."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hubei_yibao_runtime.client import AsyncBaseClient, SyncClient
from hubei_yibao_runtime.clock import Clock
from hubei_yibao_runtime.errors import NotSent, OutcomeUnknown, Rejected
from hubei_yibao_runtime.settings import Settings
from settlement_platform import Platform, serving
from settlement_registry import REGISTRY

PROFILE = {"name": "t", "source": "t", "signed_out": {"message": "未签到"}}
SETTLE = {"data": {"psn_no": "P1", "mdtrt_id": "V1", "chrg_bchno": "B1"}}
QUERY = {"data": {"psn_no": "P1", "mdtrt_id": "V1"}}


class Calendar:
    """A host clock that can be set."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def platform() -> Iterator[Platform]:
    with serving() as running:
        running.valid_sign_no = "nobody"
        yield running


def settings(platform: Platform, path: Path, **changes: Any) -> Settings:
    values: dict[str, Any] = {
        "fixmedins_code": "H42000000001", "fixmedins_name": "试验医院", "mdtrtarea_admvs": "420100",
        "insuplc_admdvs": "420100", "recer_sys_code": "T", "infver": "V1.0", "opter": "op1",
        "opter_name": "试", "url": platform.url, "journal": str(path / "journal.sqlite3"),
        "timeout": 5, "sign_in": True, "profile": PROFILE, "retry": {"attempts": 1},
    }  # fmt: skip
    return Settings(**(values | changes))


def signed(platform: Platform, number: str) -> list[str]:
    return [e.get("sign_no", "") for e in platform.envelopes if e["infno"] == number]


def test_threads_share_one_sign_in(platform: Platform, tmp_path: Path) -> None:
    client = SyncClient(settings(platform, tmp_path), registry=REGISTRY)
    with client, ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: client.call("X303", QUERY), range(64)))
    assert platform.numbers == {"X901": 1, "X303": 64}
    assert set(signed(platform, "X303")) == {"N1"}
    assert signed(platform, "X901") == [""]


def test_tasks_share_one_sign_in(platform: Platform, tmp_path: Path) -> None:
    async def go() -> None:
        async with AsyncBaseClient(settings(platform, tmp_path), registry=REGISTRY) as client:
            await asyncio.gather(*(client.call("X303", QUERY) for _ in range(64)))

    asyncio.run(go())
    assert platform.numbers == {"X901": 1, "X303": 64}


def test_a_cancelled_task_leaves_the_sign_in_to_the_others(
    platform: Platform, tmp_path: Path
) -> None:
    arrived = threading.Event()
    answer = threading.Event()

    def choose(message: dict[str, Any]) -> str | None:
        if message["infno"] == "X901":
            arrived.set()
            answer.wait(10)
        return None

    platform.choose = choose

    async def go() -> None:
        async with AsyncBaseClient(settings(platform, tmp_path), registry=REGISTRY) as client:
            first = asyncio.ensure_future(client.call("X303", QUERY))
            await asyncio.to_thread(arrived.wait, 10)
            second = asyncio.ensure_future(client.call("X303", QUERY))
            await asyncio.sleep(0.05)
            first.cancel()
            answer.set()
            await second
            assert first.cancelled()

    asyncio.run(go())
    assert platform.numbers == {"X901": 1, "X303": 1}


def test_a_second_process_or_restart_uses_the_same_number(
    platform: Platform, tmp_path: Path
) -> None:
    for _ in range(3):
        with SyncClient(settings(platform, tmp_path), registry=REGISTRY) as client:
            client.call("X303", QUERY)
    with SyncClient(settings(platform, tmp_path, opter="op2"), registry=REGISTRY) as client:
        client.call("X303", QUERY)
    assert platform.numbers == {"X901": 2, "X303": 4}


def test_a_new_day_in_utc8_signs_in_anew(platform: Platform, tmp_path: Path) -> None:
    host = Calendar()
    profile = PROFILE | {"clock": "off"}
    with SyncClient(
        settings(platform, tmp_path, profile=profile), registry=REGISTRY, clock=Clock(host)
    ) as client:
        for ahead in (0, 0, 1, 1):
            host.ahead = timedelta(days=ahead)
            client.call("X303", QUERY)
    assert signed(platform, "X303") == ["N1", "N1", "N2", "N2"]


def test_a_query_is_repeated_once_after_signing_in_again(
    platform: Platform, tmp_path: Path
) -> None:
    with SyncClient(settings(platform, tmp_path), registry=REGISTRY) as client:
        client.call("X303", QUERY)
        platform.valid_sign_no = "another"
        client.call("X303", QUERY)
    assert signed(platform, "X303") == ["N1", "N1", "N2"]


def test_a_write_is_refused_and_only_the_next_one_uses_the_new_number(
    platform: Platform, tmp_path: Path
) -> None:
    with SyncClient(settings(platform, tmp_path), registry=REGISTRY) as client:
        client.call("X303", QUERY)
        platform.valid_sign_no = "another"
        with pytest.raises(Rejected, match="未签到"):
            client.call("X207", SETTLE)
        client.call("X207", SETTLE)
    assert signed(platform, "X207") == ["N1", "N2"]
    assert platform.numbers["X901"] == 2


def test_a_platform_that_never_accepts_is_not_asked_for_ever(
    platform: Platform, tmp_path: Path
) -> None:
    def choose(message: dict[str, Any]) -> str | None:
        platform.valid_sign_no = "nobody"
        return None

    platform.choose = choose
    client = SyncClient(settings(platform, tmp_path), registry=REGISTRY)
    with client, pytest.raises(Rejected):
        client.call("X303", QUERY)
    assert platform.numbers == {"X901": 2, "X303": 2}


def test_a_lost_sign_in_leaves_the_write_unsent_and_out_of_the_journal(
    platform: Platform, tmp_path: Path
) -> None:
    platform.choose = lambda message: "drop_after" if message["infno"] == "X901" else None
    with SyncClient(settings(platform, tmp_path), registry=REGISTRY) as client:
        with pytest.raises(NotSent, match="nothing else was sent") as lost:
            client.call("X207", SETTLE)
        assert lost.value.safe_to_repeat
        assert isinstance(lost.value.__cause__, OutcomeUnknown)
        assert client.unknown() == []
        assert platform.numbers == {"X901": 1}
        platform.choose = lambda message: None
        client.call("X207", SETTLE)


def test_waiting_threads_share_a_failure_instead_of_trying_in_turn(
    platform: Platform, tmp_path: Path
) -> None:
    together = threading.Event()

    def choose(message: dict[str, Any]) -> str | None:
        together.wait(10)
        return "drop_before"

    platform.choose = choose
    with SyncClient(settings(platform, tmp_path), registry=REGISTRY) as client:

        def one(_: int) -> str:
            try:
                client.call("X303", QUERY)
            except NotSent as error:
                return error.outcome
            return "ok"

        with ThreadPoolExecutor(8) as pool:
            running = [pool.submit(one, n) for n in range(8)]
            while platform.numbers["X901"] < 1:
                time.sleep(0.01)
            time.sleep(0.2)
            together.set()
            outcomes = {future.result(30) for future in running}
    assert outcomes == {"not_sent"}
    assert platform.numbers["X901"] < 8


def test_signing_out_on_close_only_if_asked_and_only_an_own_number(
    platform: Platform, tmp_path: Path
) -> None:
    with SyncClient(settings(platform, tmp_path), registry=REGISTRY) as first:
        first.call("X303", QUERY)
    with SyncClient(settings(platform, tmp_path, sign_out=True), registry=REGISTRY) as other:
        other.call("X303", QUERY)
    assert platform.numbers["X902"] == 0
    own = tmp_path / "own"
    own.mkdir()
    with SyncClient(settings(platform, own, sign_out=True), registry=REGISTRY) as client:
        client.call("X303", QUERY)
    assert signed(platform, "X902") == ["N2"]
    with SyncClient(settings(platform, own), registry=REGISTRY) as again:
        again.call("X303", QUERY)
    assert platform.numbers["X901"] == 3, "a number signed out is not used again"


def test_the_station_names_itself_unless_told(platform: Platform, tmp_path: Path) -> None:
    inputs: list[dict[str, str]] = []
    platform.choose = lambda message: inputs.append(message["input"].get("signIn"))
    with SyncClient(settings(platform, tmp_path), registry=REGISTRY) as client:
        client.call("X303", QUERY)
    own = tmp_path / "own"
    own.mkdir()
    station = {"mac": "00-00-5E-00-53-01", "ip": "192.0.2.7"}
    with SyncClient(settings(platform, own, station=station), registry=REGISTRY) as client:
        client.call("X303", QUERY)
    found, told = (given for given in inputs if given)
    assert found["opter_no"] == "op1"
    assert found["ip"] == "127.0.0.1"
    assert re.fullmatch("([0-9A-F]{2}-){5}[0-9A-F]{2}", found["mac"])
    assert told == {"opter_no": "op1", **station}
