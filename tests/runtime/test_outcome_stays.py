"""Nothing that happens around a call may change or hide its outcome."""

from __future__ import annotations

import asyncio
import copy
import pickle
import sqlite3
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fault_server import OK, REJECTED, FaultServer, answering, response, sending
from hubei_yibao_runtime.auth import Preflight, Scheme, register
from hubei_yibao_runtime.client import AsyncBaseClient, SyncClient
from hubei_yibao_runtime.errors import (
    Fault,
    GatewayRefused,
    NotSent,
    OutcomeUnknown,
    Rejected,
    RequestInvalid,
    SettingsError,
    YibaoError,
)
from hubei_yibao_runtime.hooks import AfterAnswer, Hooks
from wire_fixture import CODE, INPUT, PERSONAL, REGISTRY, client, settings

SIGNED_IN = OK | {"output": {"signinoutb": {"sign_no": "S1"}}}


def by_number(**answers: bytes) -> Any:
    def choose(body: bytes) -> bytes:
        number = body.partition(b'"infno":"')[2][:4].decode()
        return answers[number]

    return answering(choose)


def test_what_leaves_a_block_is_the_calls_outcome_not_the_sign_outs(tmp_path: Path) -> None:
    behaviour = by_number(
        S901=response(SIGNED_IN), W207=response(b"", 502), S902=response(b"", 403)
    )
    with FaultServer(behaviour) as server:
        chosen = settings(tmp_path, server.url, sign_in=True, sign_out=True)
        with (
            pytest.raises(OutcomeUnknown),
            SyncClient(chosen, registry=REGISTRY) as yibao,
        ):
            yibao.call("W207", INPUT)

        async def go() -> None:
            async with AsyncBaseClient(chosen, registry=REGISTRY) as yibao:
                await yibao.call("W207", INPUT)

        with pytest.raises(OutcomeUnknown):
            asyncio.run(go())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirected_write_is_not_sent_again_though_the_clock_was_put_right(
    tmp_path: Path, status: int
) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    headers = f"Date: {date}\r\nLocation: /elsewhere\r\n"
    with (
        FaultServer(answering(response(b"", status, headers))) as server,
        client(tmp_path, server.url) as yibao,
    ):
        with pytest.raises(YibaoError, match="redirected") as caught:
            yibao.call("W207", INPUT)
        assert caught.value.outcome == ("not_sent" if status in (307, 308) else "unknown")
        assert caught.value.safe_to_repeat is False
        assert server.full == 1


def test_a_refusal_whose_renewal_fails_stays_the_calls_own(tmp_path: Path) -> None:
    profile = {"name": "t", "source": "t", "signed_out": {"infcodes": ["-1"]}}
    answers: Iterator[bytes] = iter([response(SIGNED_IN), *[response(b"", 403)] * 9])

    def choose(body: bytes) -> bytes:
        return next(answers) if b'"S901"' in body else response(REJECTED)

    with (
        FaultServer(answering(choose)) as server,
        client(tmp_path, server.url, profile=profile, sign_in=True) as yibao,
    ):
        with pytest.raises(Rejected) as caught:
            yibao.call("W207", INPUT)
        assert caught.value.infno == "W207"
        assert caught.value.msgid in server.msgids()


@register("fails-preflight")
class _FailsPreflight(Scheme):
    def preflight(self, at: datetime) -> Preflight | None:
        raise KeyError("boom")


@register("fails-refused")
class _FailsRefused(Scheme):
    def refused(self) -> bool:
        raise ValueError("boom")


def test_a_plug_in_that_fails_before_the_call_is_not_sent(tmp_path: Path) -> None:
    profile = {"name": "t", "source": "t", "auth": {"scheme": "fails-preflight"}}
    with FaultServer(answering(response(OK))) as server:
        with (
            client(tmp_path, server.url, profile=profile) as yibao,
            pytest.raises(NotSent, match="KeyError") as caught,
        ):
            yibao.call("W207", INPUT)
        assert caught.value.infno == "W207"
        assert server.heads == 0


def test_a_plug_in_that_fails_after_a_refusal_leaves_the_refusal(tmp_path: Path) -> None:
    profile = {"name": "t", "source": "t", "auth": {"scheme": "fails-refused"}}
    with (
        FaultServer(answering(response(b"", 401))) as server,
        client(tmp_path, server.url, profile=profile) as yibao,
        pytest.raises(GatewayRefused, match="401"),
    ):
        yibao.call("W207", INPUT)


def test_a_tracer_that_fails_does_not_stop_a_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from opentelemetry import trace

    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("boom")

    monkeypatch.setattr(trace, "get_tracer", fail)
    with FaultServer(answering(response(OK))) as server, client(tmp_path, server.url) as yibao:
        assert yibao.call("W207", INPUT).infcode == "0"
        assert [record.state for record in yibao._journal.records()] == ["ok"]


@pytest.mark.parametrize("code", [400, 403, 404, 408, 429, "500"])
def test_a_code_in_a_successful_body_is_no_clear_refusal(tmp_path: Path, code: object) -> None:
    said = {"code": code, "message": "Read timed out"}
    with FaultServer(answering(response(said))) as server:
        with client(tmp_path, server.url) as yibao, pytest.raises(OutcomeUnknown):
            yibao.call("W207", INPUT)
        assert server.full == 1


@pytest.mark.parametrize(
    "error",
    [
        Rejected("x", infcode="-1", err_msg="y", infno="2207", msgid="m"),
        OutcomeUnknown("x", raw={"a": 1}, infno="2207"),
        RequestInvalid([Fault("p", "l", "r", "m")], infno="1"),
        GatewayRefused("x", code="401"),
    ],
)
def test_errors_travel_between_processes(error: YibaoError) -> None:
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is type(error)
        assert vars(again) == vars(error)
        assert str(again) == str(error)


def test_a_cancelled_write_is_told_and_holds_nobody_up(tmp_path: Path) -> None:
    """Another process holds the journal's lock; the event loop goes on and frees it."""
    told: list[AfterAnswer] = []

    async def go(server: FaultServer) -> list[str]:
        chosen = settings(tmp_path, server.url)
        hooks = Hooks(after_answer=[told.append])
        async with AsyncBaseClient(chosen, registry=REGISTRY, hooks=hooks) as yibao:
            task = asyncio.create_task(yibao.call("W207", INPUT))
            while not server.full:
                await asyncio.sleep(0.01)
            other = sqlite3.connect(tmp_path / "journal.sqlite3", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            other.execute("ROLLBACK")
            other.close()
            return [record.state for record in yibao.unknown()]

    with FaultServer(sending(b"", "hang")) as server:
        assert asyncio.run(go(server)) == ["unknown"]
    assert [event.outcome for event in told] == ["unknown"]


@pytest.mark.parametrize("msgid", ["short", "x" * 200, CODE + "20261124013059000\n", 5, CODE * 3])
def test_an_own_msgid_has_the_msgids_form(tmp_path: Path, msgid: Any) -> None:
    with FaultServer(answering(response(OK))) as server:
        with (
            client(tmp_path, server.url) as yibao,
            pytest.raises(RequestInvalid, match="报文ID"),
        ):
            yibao.call("W207", INPUT, msgid=msgid)
        assert server.heads == 0


@pytest.mark.parametrize("secret", ["TOP-SECRET\n", "TOP-密", "TOP\0SECRET"])
def test_a_secret_http_cannot_carry_is_named_not_shown(tmp_path: Path, secret: str) -> None:
    profile = {"name": "t", "source": "t", "auth": {"scheme": "bearer"}}
    secrets = {"token": secret}
    with (
        client(tmp_path, "http://127.0.0.1:9", profile=profile, secrets=secrets) as yibao,
        pytest.raises(SettingsError, match="Authorization") as caught,
    ):
        yibao.call("W207", INPUT)
    assert "TOP" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "garbage",
    ["{0}\r\n\r\n", "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n{0}\r\n{0}\r\n"],
)
@pytest.mark.parametrize("kind", ["sync", "async", "aiohttp", "httpx"])
def test_tracebacks_name_nobody(tmp_path: Path, kind: str, garbage: str) -> None:
    data = garbage.format(" ".join(PERSONAL)).encode()
    driver = "aiohttp" if kind == "aiohttp" else "default"
    with FaultServer(sending(data, "close")) as server:
        chosen = settings(tmp_path, server.url, driver=driver)
        with pytest.raises(OutcomeUnknown) as caught:
            _call_with(kind, chosen)
    shown = "".join(traceback.format_exception(caught.value))
    assert not [person for person in PERSONAL if person in shown]


def _call_with(kind: str, chosen: Any) -> None:
    if kind not in ("sync", "httpx"):
        return asyncio.run(_once(chosen))
    own = httpx.Client(trust_env=False) if kind == "httpx" else None
    with SyncClient(chosen, registry=REGISTRY, http_client=own) as yibao:
        yibao.call("W207", INPUT)
    return None


async def _once(chosen: Any) -> None:
    async with AsyncBaseClient(chosen, registry=REGISTRY) as yibao:
        await yibao.call("W207", INPUT)


def test_a_refusal_shows_nobody_of_the_request(tmp_path: Path) -> None:
    said = REJECTED | {"err_msg": f"参保人{PERSONAL[2]}({PERSONAL[1]})未参保"}
    with (
        FaultServer(answering(response(said))) as server,
        client(tmp_path, server.url) as yibao,
        pytest.raises(Rejected, match="未参保") as caught,
    ):
        yibao.call("W207", INPUT)
    assert not [person for person in PERSONAL if person in str(caught.value)]
