"""Every phase × every fault, against real sockets: the outcome, and how often the server saw it."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
import trustme
from fault_server import (
    GATEWAY,
    OK,
    REJECTED,
    Behaviour,
    FaultServer,
    answering,
    at_once,
    bomb,
    dripping,
    early,
    endless,
    response,
    sending,
)
from hubei_yibao_runtime.client import AsyncBaseClient, SyncClient
from hubei_yibao_runtime.errors import YibaoError
from wire_fixture import INPUT, REGISTRY, settings

SECONDS = 0.4  #: one attempt
ATTEMPTS = 2
LIMIT = 1_000_000

CHUNKED = b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n"
HTML = b"<html><body>proxy error</body></html>"


@dataclass(frozen=True)
class Case:
    """``seen``: complete requests of a query; a write is never seen more than once."""

    behaviour: Behaviour
    outcome: str
    seen: int
    large: bool = False
    tls: bool = False
    write_seen: int = 1


def unknown(behaviour: Behaviour, seen: int = ATTEMPTS, **more: Any) -> Case:
    return Case(behaviour, "unknown", seen, write_seen=min(seen, 1), **more)


def not_sent(behaviour: Behaviour, seen: int = 0, **more: Any) -> Case:
    return Case(behaviour, "not_sent", seen, write_seen=seen, **more)


CASES = {
    # the connection is there, TLS is not
    "tls:junk": not_sent(at_once("junk"), tls=True),
    "tls:close": not_sent(at_once("close"), tls=True),
    "tls:reset": not_sent(at_once("reset"), tls=True),
    "tls:hang": not_sent(at_once("hang"), tls=True),
    # while the request is being written: a body far larger than the buffers between us
    "write:reset": unknown(early("reset"), seen=0, large=True),
    "write:close": unknown(early("close"), seen=0, large=True),
    "write:hang": unknown(early("hang"), seen=0, large=True),
    # the request is there, no answer comes
    "wait:close": unknown(sending(b"", "close")),
    "wait:half": unknown(sending(b"", "half")),
    "wait:reset": unknown(sending(b"", "reset")),
    "wait:hang": unknown(sending(b"", "hang")),
    # in the head
    "head:close": unknown(sending(b"HTTP/1.1 200 O", "close")),
    "head:reset": unknown(sending(b"HTTP/1.1 200 OK\r\nDate:", "reset")),
    "head:hang": unknown(sending(b"HTTP/1.1 200 OK\r\nDate:", "hang")),
    "head:junk": unknown(sending(b"\x00\x01\x02 no protocol known here\r\n\r\n", "close")),
    "head:drip": unknown(dripping(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x")),
    "head:many": unknown(dripping(b"HTTP/1.1 200 OK\r\n", b"X-More: x\r\n")),
    "head:length": unknown(sending(b"HTTP/1.1 200 X\r\nContent-Length: -7\r\n\r\n{}", "close")),
    # in the body
    "body:close": unknown(sending(response(OK, length=5000), "close")),
    "body:half": unknown(sending(response(OK, length=5000), "half")),
    "body:reset": unknown(sending(response(OK, length=5000), "reset")),
    "body:hang": unknown(sending(response(OK, length=5000), "hang")),
    "body:drip": unknown(dripping(response(b"{", length=5000), b" ")),
    "body:chunk": unknown(sending(CHUNKED + b"ZZ\r\nxx\r\n", "close")),
    "body:chunk-end": unknown(sending(CHUNKED + b"2\r\n{}\r\n", "close")),
    "body:endless": unknown(endless),
    "body:announced-huge": unknown(sending(response(b"{", length=200 * 2**20), "close")),
    "body:gzip-bomb": unknown(sending(bomb(64), "close")),
    "body:gzip-junk": unknown(
        sending(response(b"no gzip", headers="Content-Encoding: gzip\r\n"), "close")
    ),
    "body:gzip-short": unknown(
        sending(response(gzip.compress(b"{}" * 999)[:-9], headers="Content-Encoding: gzip\r\n"),
                "close")
    ),
    "body:brotli": unknown(
        sending(response(b"?", headers="Content-Encoding: br\r\n"), "close")
    ),
    # a complete answer of the wrong kind
    "answer:html": unknown(answering(response(HTML))),
    "answer:empty": unknown(answering(response(b""))),
    "answer:list": unknown(answering(response(b"[1, 2]"))),
    "answer:no-infcode": unknown(answering(response({"output": {"setlinfo": {"fund": 1}}}))),
    "answer:success-false": unknown(answering(response({"success": False, "message": "x"}))),
    "answer:500": unknown(answering(response(HTML, 500))),
    "answer:500-infcode": unknown(answering(response(OK, 500))),
    "answer:502": unknown(answering(response(HTML, 502))),
    "answer:503": unknown(answering(response(b"", 503))),
    "answer:504": unknown(answering(response(HTML, 504))),
    "answer:408": unknown(answering(response(b"", 408))),
    "answer:409": unknown(answering(response(b"", 409))),
    "answer:499": unknown(answering(response(b"", 499))),
    "answer:redirect": not_sent(
        answering(response(b"", 307, "Location: http://127.0.0.1:9/\r\n")), seen=1
    ),
    "answer:404": not_sent(answering(response(HTML, 404)), seen=1),
    "answer:401": not_sent(answering(response(GATEWAY, 401)), seen=1),
    "answer:401-in-200": not_sent(answering(response(GATEWAY)), seen=1),
    "answer:429": not_sent(answering(response(b"", 429)), seen=ATTEMPTS),
    "write:413": not_sent(early("413"), seen=0, large=True),
    "answer:rejected": Case(answering(response(REJECTED)), "rejected", 1),
    "answer:rejected-400": Case(answering(response(REJECTED, 400)), "rejected", 1),
    "answer:ok": Case(answering(response(OK)), "ok", 1),
    "answer:ok-gzip": Case(
        answering(response(gzip.compress(response(OK).partition(b"\r\n\r\n")[2]),
                           headers="Content-Encoding: gzip\r\n")),
        "ok", 1,
    ),
    "answer:ok-100": Case(answering(b"HTTP/1.1 100 Continue\r\n\r\n" + response(OK)), "ok", 1),
    "answer:ok-until-close": Case(
        answering(b"HTTP/1.1 200 X\r\n\r\n" + response(OK).partition(b"\r\n\r\n")[2], close=True),
        "ok", 1,
    ),
}  # fmt: skip

#: An early answer and a reset race each other on the wire: either may be what arrives.
RACES = {"write:413": {"not_sent", "unknown"}}

Run = Callable[[Path, str, str, Any, dict[str, Any]], str]


def _outcome(error: YibaoError) -> str:
    assert error.infno
    assert error.msgid
    assert error.advice
    return error.outcome


def _sync(make: Callable[[], Any] | None) -> Run:
    def run(directory: Path, url: str, number: str, input: Any, changes: dict[str, Any]) -> str:
        client = make() if make else None
        chosen = settings(directory, url, **changes)
        with SyncClient(chosen, registry=REGISTRY, http_client=client) as yibao:
            try:
                yibao.call(number, input)
            except YibaoError as error:
                return _outcome(error)
            return "ok"

    return run


def _async(make: Callable[[], Any] | None, driver: str = "default") -> Run:
    def run(directory: Path, url: str, number: str, input: Any, changes: dict[str, Any]) -> str:
        async def go() -> str:
            client = make() if make else None
            chosen = settings(directory, url, driver=driver, **changes)
            async with AsyncBaseClient(chosen, registry=REGISTRY, http_client=client) as yibao:
                try:
                    await yibao.call(number, input)
                except YibaoError as error:
                    return _outcome(error)
                return "ok"

        return asyncio.run(go())

    return run


DRIVERS = {
    "sync": _sync(None),
    "async": _async(None),
    "aiohttp": _async(None, "aiohttp"),
    "httpx": _sync(lambda: httpx.Client(trust_env=False)),
    "httpx2": _sync(lambda: httpx2.Client(trust_env=False)),
    "httpx-async": _async(lambda: httpx.AsyncClient(trust_env=False)),
    "httpx2-async": _async(lambda: httpx2.AsyncClient(trust_env=False)),
}
INPUTS = {False: INPUT, True: {"data": INPUT["data"] | {"mdtrt_id": "x"}}}


@pytest.fixture(params=list(DRIVERS))
def run(request: pytest.FixtureRequest) -> Run:
    return DRIVERS[request.param]


def _profile() -> dict[str, Any]:
    return {
        "name": "test", "source": "test", "limits": {"answer": LIMIT},
        "timeouts": {"connect": SECONDS},
    }  # fmt: skip


def _call(run: Run, directory: Path, url: str, number: str, large: bool = False) -> str:
    changes = {"profile": _profile(), "timeout": SECONDS}
    if large:
        changes["envelope"] = {"padding": "x" * 16 * 2**20}
    return run(directory, url, number, INPUT, changes)


@pytest.mark.parametrize("number", ["Q101", "W207"])
@pytest.mark.parametrize("name", list(CASES))
def test_each_fault_has_its_outcome_and_no_write_is_seen_twice(
    run: Run, name: str, number: str, tmp_path: Path
) -> None:
    case = CASES[name]
    with FaultServer(case.behaviour) as server:
        url = server.url.replace("http:", "https:") if case.tls else server.url
        outcome = _call(run, tmp_path, url, number, case.large)
        assert outcome in RACES.get(name, {case.outcome})
        if outcome == case.outcome:
            assert server.full == (case.seen if number == "Q101" else case.write_seen)
        assert len(set(server.msgids())) == server.full
        if number == "W207" and case.outcome not in ("not_sent",):
            assert server.heads <= 1


@pytest.mark.parametrize("number", ["Q101", "W207"])
def test_a_name_that_does_not_resolve_is_not_sent(run: Run, number: str, tmp_path: Path) -> None:
    assert _call(run, tmp_path, "http://no-such-host.invalid/fsi", number) == "not_sent"


@pytest.mark.parametrize("number", ["Q101", "W207"])
def test_a_refused_connection_is_not_sent(run: Run, number: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert _call(run, tmp_path, f"http://127.0.0.1:{port}/fsi", number) == "not_sent"


@contextmanager
def _full_backlog() -> Iterator[int]:
    """A port whose queue of connections is full, so that further ones get no answer."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
        for one in waiting:
            one.close()


@pytest.mark.parametrize("number", ["Q101", "W207"])
def test_a_connection_that_never_comes_about_is_not_sent(
    run: Run, number: str, tmp_path: Path
) -> None:
    with _full_backlog() as port:
        assert _call(run, tmp_path, f"http://127.0.0.1:{port}/fsi", number) == "not_sent"


@pytest.mark.parametrize("number", ["Q101", "W207"])
def test_an_unknown_certificate_is_not_sent(run: Run, number: str, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with FaultServer(answering(response(OK)), context) as server:
        assert _call(run, tmp_path, server.url, number) == "not_sent"
        assert server.heads == 0
