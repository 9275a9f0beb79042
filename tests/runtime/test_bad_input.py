"""What a hostile or broken far side may send: named outcomes, bounded memory, no hang."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fault_server import OK, FaultServer, answering, bomb, endless, response
from hubei_yibao_runtime.client import AsyncBaseClient, SyncClient
from hubei_yibao_runtime.errors import NotSent, OutcomeUnknown, SettingsError
from wire_fixture import INPUT, PERSONAL, REGISTRY, settings

ROOT = Path(__file__).parents[2]

_MEASURE = """
import asyncio, resource, sys
from pathlib import Path
from hubei_yibao_runtime.client import AsyncBaseClient, SyncClient
from hubei_yibao_runtime.errors import OutcomeUnknown
from wire_fixture import INPUT, REGISTRY, settings

directory, url, driver = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
profile = {"name": "t", "source": "t", "limits": {"answer": 8 * 2**20}}
chosen = settings(directory, url, profile=profile, timeout=20,
                  driver="aiohttp" if driver == "aiohttp" else "default")

def once_sync():
    with SyncClient(chosen, registry=REGISTRY) as yibao:
        yibao.call("W207", INPUT)

async def once_async():
    async with AsyncBaseClient(chosen, registry=REGISTRY) as yibao:
        await yibao.call("W207", INPUT)

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    once_sync() if driver == "sync" else asyncio.run(once_async())
except OutcomeUnknown as error:
    assert "larger than" in str(error), error
else:
    raise SystemExit("no error")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("driver", ["sync", "async", "aiohttp"])
@pytest.mark.parametrize("kind", ["endless", "bomb"])
def test_no_answer_fills_the_memory(tmp_path: Path, driver: str, kind: str) -> None:
    behaviour = endless if kind == "endless" else answering(bomb(200))
    paths = [str(ROOT / "runtime"), str(ROOT / "tests")]
    with FaultServer(behaviour) as server:
        done = subprocess.run(
            [sys.executable, "-c", f"import sys; sys.path[:0] = {paths!r}\n" + _MEASURE,
             str(tmp_path), server.url, driver],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 100 * 1024  # kilobytes


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://", SettingsError),
        ("http://[::1", SettingsError),
        ("platform.example/fsi", SettingsError),
        ("http://127.0.0.1:99999/fsi", SettingsError),
        ("http://user@:80/fsi", SettingsError),
        ("http://no-such-host.invalid", NotSent),
        ("http://" + "a" * 70 + ".invalid", NotSent),
        ("http://médecin.invalid/fsi", SettingsError),
    ],
)
def test_wrong_urls(tmp_path: Path, url: str, error: type[Exception]) -> None:
    def one() -> None:
        with SyncClient(settings(tmp_path, url), registry=REGISTRY) as yibao:
            yibao.call("W207", INPUT)

    async def other(driver: str) -> None:
        chosen = settings(tmp_path, url, driver=driver)
        async with AsyncBaseClient(chosen, registry=REGISTRY) as yibao:
            await yibao.call("W207", INPUT)

    with pytest.raises(error):
        one()
    for driver in ("default", "aiohttp"):
        with pytest.raises(error):
            asyncio.run(other(driver))


def _text(body: bytes) -> Any:
    return answering(response(body))


def test_gb18030_is_read_and_noted(tmp_path: Path) -> None:
    body = '{"infcode": 0, "err_msg": "成功", "output": {"setlinfo": {"setl_id": "湖北"}}}'
    with (
        FaultServer(_text(body.encode("gb18030"))) as server,
        SyncClient(settings(tmp_path, server.url), registry=REGISTRY) as yibao,
    ):
        result: Any = yibao.call("W207", INPUT)
    assert result.setlinfo.setl_id == "湖北"
    assert result.repairs


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe\x00",
        b"\xef\xbb\xbf",
        b"null",
        b'{"infcode":',
        b'{"infcode": {}}',
        b"[" * 100_000,
        b'{"infcode": 0' + b"0" * 50_000 + b"}",
        b"<html>" + b"x" * 10_000,
        "{'infcode': '0'}".encode("utf-16"),
    ],
)
def test_unreadable_answers_to_a_write_are_unknown(tmp_path: Path, body: bytes) -> None:
    with (
        FaultServer(_text(body)) as server,
        SyncClient(settings(tmp_path, server.url), registry=REGISTRY) as yibao,
    ):
        with pytest.raises(OutcomeUnknown) as caught:
            yibao.call("W207", INPUT)
        assert [record.msgid for record in yibao.unknown()] == server.msgids()
        assert len(str(caught.value)) < 1000


def test_errors_quote_no_person(tmp_path: Path) -> None:
    echo = f"<html>{PERSONAL}</html>".encode()
    with (
        FaultServer(_text(echo)) as server,
        SyncClient(settings(tmp_path, server.url), registry=REGISTRY) as yibao,
    ):
        with pytest.raises(OutcomeUnknown) as caught:
            yibao.call("W207", INPUT)
        shown = str(caught.value) + repr(caught.value)
        assert not [item for item in PERSONAL if item in shown]


def test_one_answer_too_many_does_not_reach_the_next_call(tmp_path: Path) -> None:
    """A second answer on the wire belongs to nobody: its connection is not used again."""
    stray = response(OK | {"output": {"setlinfo": {"setl_id": "stray"}}})
    with (
        FaultServer(answering(response(OK) + stray)) as server,
        SyncClient(settings(tmp_path, server.url), registry=REGISTRY) as yibao,
    ):
        for _ in range(5):
            result: Any = yibao.call("W207", INPUT)
            assert result.setlinfo.setl_id == "S1"


@pytest.mark.parametrize("driver", ["default", "aiohttp"])
def test_one_answer_too_many_does_not_reach_the_next_async_call(
    tmp_path: Path, driver: str
) -> None:
    stray = response(OK | {"output": {"setlinfo": {"setl_id": "stray"}}})

    async def go(server: FaultServer) -> None:
        chosen = settings(tmp_path, server.url, driver=driver)
        async with AsyncBaseClient(chosen, registry=REGISTRY) as yibao:
            for _ in range(5):
                try:
                    result: Any = await yibao.call("W207", INPUT)
                except OutcomeUnknown:
                    continue
                assert result.setlinfo.setl_id == "S1"

    with FaultServer(answering(response(OK) + stray)) as server:
        asyncio.run(go(server))
