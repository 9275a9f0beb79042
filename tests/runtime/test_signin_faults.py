"""Signing in when something goes wrong: forks, slow resolvers, deadlines, interrupts, re-entry."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hubei_yibao_runtime.client import AsyncBaseClient, SyncClient
from hubei_yibao_runtime.errors import NotSent, YibaoError
from hubei_yibao_runtime.hooks import BeforeSend, Hooks
from hubei_yibao_runtime.settings import Settings
from settlement_platform import Platform, serving
from settlement_registry import REGISTRY

PROFILE = {"name": "t", "source": "t", "signed_out": {"message": "未签到"}}
QUERY = {"data": {"psn_no": "P1", "mdtrt_id": "V1"}}
#: Only so that a test that would hang ends; nothing is measured.
ENOUGH = 60


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
        "timeout": 30, "sign_in": True, "profile": PROFILE, "retry": {"attempts": 1},
    }  # fmt: skip
    return Settings(**(values | changes))


class Gate:
    """Holds the first sign-in at the platform until it is opened; later ones pass."""

    def __init__(self, platform: Platform) -> None:
        self._left = [self]
        self.arrived = threading.Event()
        self.open = threading.Event()
        platform.choose = self._choose

    def _choose(self, message: dict[str, Any]) -> None:
        if message["infno"] == "X901" and self._left:
            self._left.pop()
            self.arrived.set()
            self.open.wait(ENOUGH)


def start(do: Callable[[], Any]) -> Future[Any]:
    """``do`` in a daemon thread; what it ends with, even a KeyboardInterrupt, is in the future."""
    ended: Future[Any] = Future()

    def run() -> None:
        try:
            ended.set_result(do())
        except BaseException as error:
            ended.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return ended


def first_raises(raised: type[BaseException], ready: threading.Event) -> Hooks:
    """A hook that breaks off the first sign-in once ``ready`` is set."""
    left = [raised]

    def hook(event: BeforeSend) -> None:
        if event.interface.number == "X901" and left:
            error = left.pop()
            ready.wait(ENOUGH)
            raise error

    return Hooks(before_send=[hook])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_child_forked_during_a_sign_in_does_not_wait_for_its_parents_thread(
    platform: Platform, tmp_path: Path
) -> None:
    gate = Gate(platform)
    with SyncClient(settings(platform, tmp_path), registry=REGISTRY) as client:
        parent = start(lambda: client.call("X303", QUERY))
        assert gate.arrived.wait(ENOUGH)
        pid = os.fork()
        if pid == 0:
            signal.alarm(20)
            done = 1
            try:
                client.call("X303", QUERY)
                done = 0
            finally:
                os._exit(done)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        gate.open.set()
        parent.result(ENOUGH)
    assert platform.numbers == {"X901": 2, "X303": 2}


SLOW_RESOLVER = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>
typedef int look_up(const char *, const char *, const struct addrinfo *, struct addrinfo **);
int getaddrinfo(const char *n, const char *s, const struct addrinfo *h, struct addrinfo **r) {
    if (n && !strcmp(n, "slow.example")) sleep(600);
    return ((look_up *)dlsym(RTLD_NEXT, "getaddrinfo"))(n, s, h, r);
}
"""

BEHIND_A_PROXY = """
import asyncio, sys
from hubei_yibao_runtime.client import AsyncBaseClient, SyncClient
from hubei_yibao_runtime.hooks import Hooks
from hubei_yibao_runtime.settings import Settings
from settlement_registry import REGISTRY
settings = Settings.model_validate_json(sys.argv[1])
query = {"data": {"psn_no": "P1", "mdtrt_id": "V1"}}
if sys.argv[2] == "sync":
    SyncClient(settings, registry=REGISTRY).call("X303", query)
    sys.exit()
ticks = [0]
async def tick():
    while True:
        await asyncio.sleep(0.01)
        ticks[0] += 1
async def go():
    ticking = asyncio.ensure_future(tick())
    noted = []
    hooks = Hooks(before_send=[lambda event: noted.append(ticks[0])])
    client = AsyncBaseClient(settings, registry=REGISTRY, hooks=hooks)
    await client.call("X303", query)
    ticking.cancel()
    print(noted[0])
    await client.aclose()
asyncio.run(go())
"""


@pytest.fixture(scope="session")
def slow_resolver(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A library that, loaded first, makes ``slow.example`` take for ever to resolve."""
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("needs a C compiler on Linux")
    folder = tmp_path_factory.mktemp("resolver")
    (folder / "slow.c").write_text(SLOW_RESOLVER)
    built = str(folder / "slow.so")
    source = str(folder / "slow.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", built, source, "-ldl"], check=True)
    return built


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_resolver_that_never_answers_holds_up_neither_sign_in_nor_event_loop(
    platform: Platform, tmp_path: Path, slow_resolver: str, kind: str
) -> None:
    inputs: list[dict[str, str]] = []
    platform.choose = lambda message: inputs.append(message["input"].get("signIn"))
    told = settings(platform, tmp_path, url="http://slow.example/x", proxy=platform.url)
    profile = PROFILE | {"timeouts": {"connect": 2}}
    told = told.model_copy(update={"profile": profile})
    given = told.model_dump_json(exclude={"state_dir", "secrets"})
    ended = subprocess.run(
        [sys.executable, "-c", BEHIND_A_PROXY, given, kind],
        env=os.environ | {"LD_PRELOAD": slow_resolver, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, timeout=ENOUGH, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert next(filter(None, inputs))["ip"] == "127.0.0.1"
    if kind == "async":
        assert int(ended.stdout) > 20, "the loop went on while the resolver was waited for"


def test_no_sign_in_lasts_longer_than_the_call_that_needs_it(
    platform: Platform, tmp_path: Path
) -> None:
    gate = Gate(platform)
    with SyncClient(settings(platform, tmp_path, timeout=600), registry=REGISTRY) as client:
        waiting = start(lambda: client._sign_in.current(client.call, seconds=0.3))
        with pytest.raises(NotSent, match=r"no complete answer within 0\.3 s"):
            waiting.result(ENOUGH)
        gate.open.set()
        assert client._sign_in.current(client.call, seconds=ENOUGH) == "N2"


def test_a_thread_waits_for_anothers_sign_in_no_longer_than_it_may(
    platform: Platform, tmp_path: Path
) -> None:
    gate = Gate(platform)
    with SyncClient(settings(platform, tmp_path), registry=REGISTRY) as client:
        leader = start(lambda: client._sign_in.current(client.call))
        assert gate.arrived.wait(ENOUGH)
        follower = start(lambda: client._sign_in.current(client.call, seconds=0.3))
        with pytest.raises(NotSent, match="nothing else was sent") as late:
            follower.result(ENOUGH)
        assert late.value.safe_to_repeat
        gate.open.set()
        assert leader.result(ENOUGH) == "N1"


def test_a_task_waits_for_anothers_sign_in_no_longer_than_it_may(
    platform: Platform, tmp_path: Path
) -> None:
    gate = Gate(platform)

    async def go() -> None:
        async with AsyncBaseClient(settings(platform, tmp_path), registry=REGISTRY) as client:
            leader = asyncio.ensure_future(client._sign_in.current(client.call))
            assert await asyncio.to_thread(gate.arrived.wait, ENOUGH)
            with pytest.raises(NotSent, match="nothing else was sent"):
                await client._sign_in.current(client.call, seconds=0.3)
            gate.open.set()
            assert await leader == "N1"

    asyncio.run(asyncio.wait_for(go(), ENOUGH))


def test_no_sign_in_of_a_task_lasts_longer_than_its_call(
    platform: Platform, tmp_path: Path
) -> None:
    gate = Gate(platform)

    async def go() -> None:
        async with AsyncBaseClient(settings(platform, tmp_path), registry=REGISTRY) as client:
            with pytest.raises(NotSent, match=r"no complete answer within 0\.3 s"):
                await client._sign_in.current(client.call, seconds=0.3)
            gate.open.set()

    asyncio.run(asyncio.wait_for(go(), ENOUGH))


@pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_thread_leaves_the_sign_in_to_the_others(
    platform: Platform, tmp_path: Path, raised: type[BaseException]
) -> None:
    ready = threading.Event()
    hooks = first_raises(raised, ready)
    with SyncClient(settings(platform, tmp_path), registry=REGISTRY, hooks=hooks) as client:
        running = [start(lambda: client.call("X303", QUERY)) for _ in range(6)]
        time.sleep(0.3)
        ready.set()
        ended = [future.exception(ENOUGH) for future in running]
    assert [type(error) for error in ended if error is not None] == [raised]
    assert platform.numbers == {"X901": 1, "X303": 5}


def test_a_cancelled_sign_in_is_taken_over_by_the_waiting_tasks(
    platform: Platform, tmp_path: Path
) -> None:
    gate = Gate(platform)

    async def go() -> list[Any]:
        before = asyncio.all_tasks()
        async with AsyncBaseClient(settings(platform, tmp_path), registry=REGISTRY) as client:
            calls = [asyncio.ensure_future(client.call("X303", QUERY)) for _ in range(6)]
            assert await asyncio.to_thread(gate.arrived.wait, ENOUGH)
            (signing,) = asyncio.all_tasks() - before - set(calls)
            signing.cancel()
            gate.open.set()
            return await asyncio.gather(*calls, return_exceptions=True)

    ended = asyncio.run(asyncio.wait_for(go(), ENOUGH))
    failed = [type(result) for result in ended if isinstance(result, BaseException)]
    assert failed == [asyncio.CancelledError]
    assert platform.numbers == {"X901": 2, "X303": 5}


def test_a_hook_that_calls_the_client_during_its_sign_in_is_refused(
    platform: Platform, tmp_path: Path
) -> None:
    refused: list[YibaoError] = []

    def hook(event: BeforeSend) -> None:
        if event.interface.number == "X901":
            with pytest.raises(NotSent, match="within its own sign-in") as caught:
                client.call("X303", QUERY)
            refused.append(caught.value)

    hooks = Hooks(before_send=[hook])
    with SyncClient(settings(platform, tmp_path), registry=REGISTRY, hooks=hooks) as client:
        start(lambda: client.call("X303", QUERY)).result(ENOUGH)
    assert [error.safe_to_repeat for error in refused] == [False]
    assert platform.numbers == {"X901": 1, "X303": 1}


def test_a_transport_that_calls_the_client_during_its_sign_in_is_refused(
    platform: Platform, tmp_path: Path
) -> None:
    refused: list[YibaoError] = []

    async def go() -> None:
        async def hook(request: httpx2.Request) -> None:
            if b"X901" in request.content:
                with pytest.raises(NotSent, match="within its own sign-in") as caught:
                    await client.call("X303", QUERY)
                refused.append(caught.value)

        async with (
            httpx2.AsyncClient(event_hooks={"request": [hook]}, trust_env=False) as http,
            AsyncBaseClient(
                settings(platform, tmp_path), registry=REGISTRY, http_client=http
            ) as client,
        ):
            await client.call("X303", QUERY)

    asyncio.run(asyncio.wait_for(go(), ENOUGH))
    assert len(refused) == 1
    assert platform.numbers == {"X901": 1, "X303": 1}


def test_the_clients_of_a_process_share_one_sign_in(platform: Platform, tmp_path: Path) -> None:
    gate = Gate(platform)
    clients = [SyncClient(settings(platform, tmp_path), registry=REGISTRY) for _ in range(4)]
    other = SyncClient(settings(platform, tmp_path, opter="op2"), registry=REGISTRY)
    first = start(lambda: clients[0].call("X303", QUERY))
    assert gate.arrived.wait(ENOUGH)
    running = [start(lambda c=c: c.call("X303", QUERY)) for c in clients[1:]]  # type: ignore[misc]
    other._sign_in.current(other.call)
    time.sleep(0.3)
    gate.open.set()
    for future in (first, *running):
        future.result(ENOUGH)
    for client in (*clients, other):
        client.close()
    assert platform.numbers == {"X901": 2, "X303": 4}, "one each for two operators"


def test_only_the_client_that_signed_in_signs_out(platform: Platform, tmp_path: Path) -> None:
    gate = Gate(platform)
    told = settings(platform, tmp_path, sign_out=True)
    leader, follower = (SyncClient(told, registry=REGISTRY) for _ in range(2))
    first = start(lambda: leader.call("X303", QUERY))
    assert gate.arrived.wait(ENOUGH)
    second = start(lambda: follower.call("X303", QUERY))
    time.sleep(0.3)
    gate.open.set()
    first.result(ENOUGH)
    second.result(ENOUGH)
    follower.close()
    assert platform.numbers["X902"] == 0
    leader.close()
    assert platform.numbers["X902"] == 1


def test_the_async_clients_of_a_loop_share_one_sign_in(platform: Platform, tmp_path: Path) -> None:
    async def go() -> None:
        told = settings(platform, tmp_path)
        clients = [AsyncBaseClient(told, registry=REGISTRY) for _ in range(4)]
        await asyncio.gather(*(client.call("X303", QUERY) for client in clients))
        for client in clients:
            await client.aclose()

    asyncio.run(asyncio.wait_for(go(), ENOUGH))
    assert platform.numbers == {"X901": 1, "X303": 4}


def test_a_refused_number_that_another_client_finds_in_the_journal_is_not_taken_again(
    platform: Platform, tmp_path: Path
) -> None:
    told = settings(platform, tmp_path)
    first, second = (SyncClient(told, registry=REGISTRY) for _ in range(2))
    with first, second:
        assert first._sign_in.current(first.call) == "N1"
        with second._journal.store.lock:
            finding = start(lambda: second._sign_in.current(second.call))
            time.sleep(0.2)
            renewing = start(lambda: first._sign_in.current(first.call, refused="N1"))
            time.sleep(0.2)
        assert finding.result(ENOUGH) == "N1"
        assert renewing.result(ENOUGH) == "N2"
