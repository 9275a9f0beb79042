"""What must not happen on a connection: a write that leaves late, an answer that is another call's."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
import trustme
from fault_server import OK, Behaviour, FaultServer, answering, reset, response
from hubei_yibao_runtime.client import AsyncBaseClient, SyncClient
from hubei_yibao_runtime.errors import YibaoError
from wire_fixture import INPUT, REGISTRY, settings

STALE = OK | {"output": {"setlinfo": {"setl_id": "STALE"}}}
Make = Callable[[], Any]

SYNC: dict[str, Make | None] = {
    "sync": None,
    "httpx": lambda: httpx.Client(trust_env=False),
    "httpx2": lambda: httpx2.Client(trust_env=False),
}
ASYNC: dict[str, Make | None] = {
    "async": None,
    "aiohttp": None,
    "async httpx": lambda: httpx.AsyncClient(trust_env=False),
    "async httpx2": lambda: httpx2.AsyncClient(trust_env=False),
    "own aiohttp": lambda: aiohttp.ClientSession(),
}


def two_calls(kind: str, chosen: Any) -> tuple[Any, list[str]]:
    """A query, a pause, a write over the same client: what the write gave, the journal's states."""
    if kind in SYNC:
        make = SYNC[kind]
        with SyncClient(chosen, registry=REGISTRY, http_client=make and make()) as yibao:
            yibao.call("Q101", INPUT)
            time.sleep(0.2)
            try:
                got: Any = yibao.call("W207", INPUT)
            except YibaoError as error:
                got = error
            return got, [record.state for record in yibao._journal.records()]

    async def go() -> tuple[Any, list[str]]:
        make = ASYNC[kind]
        client = make and make()
        try:
            async with AsyncBaseClient(chosen, registry=REGISTRY, http_client=client) as yibao:
                await yibao.call("Q101", INPUT)
                await asyncio.sleep(0.2)
                try:
                    got: Any = await yibao.call("W207", INPUT)
                except YibaoError as error:
                    got = error
                return got, [record.state for record in yibao._journal.records()]
        finally:
            if kind == "own aiohttp":
                await client.close()

    return asyncio.run(go())


def twice_answering(together: bool) -> Behaviour:
    """Answers a query twice, in one packet or one after the other, and a write properly."""

    def behave(server: FaultServer, connection: socket.socket) -> None:
        while True:
            query = b'"infno":"Q101"' in server.request(connection)
            if not query:
                connection.sendall(response(OK))
            elif together:
                connection.sendall(response(OK) + response(STALE))
            else:
                connection.sendall(response(OK))
                time.sleep(0.1)
                connection.sendall(response(STALE))

    return behave


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("kind", [*SYNC, *ASYNC])
def test_an_answer_nobody_asked_for_is_nobodys_answer(
    kind: str, together: bool, tmp_path: Path
) -> None:
    with FaultServer(twice_answering(together)) as server:
        driver = "aiohttp" if kind == "aiohttp" else "default"
        got, states = two_calls(kind, settings(tmp_path, server.url, driver=driver, timeout=3))
        assert not isinstance(got, YibaoError)
        assert got.setlinfo.setl_id == "S1"
        assert sorted(set(states) - {"not_sent"}) == ["ok"]
        assert server.full == 2


def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.mark.parametrize("kind", ["sync", "async", "aiohttp"])
def test_nor_over_tls(kind: str, tmp_path: Path) -> None:
    authority, ca_file = trustme.CA(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    driver = "aiohttp" if kind == "aiohttp" else "default"
    with FaultServer(twice_answering(False), server_tls(authority)) as server:
        chosen = settings(tmp_path, server.url, driver=driver, timeout=3, ca_file=ca_file)
        got, _ = two_calls(kind, chosen)
        assert not isinstance(got, YibaoError)
        assert got.setlinfo.setl_id == "S1"


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_what_an_abandoned_attempt_had_not_sent_never_leaves(
    library: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An injected client's thread is left behind at the deadline, here in a slow resolver."""
    asked, real = threading.Event(), socket.getaddrinfo

    def slow(host: Any, *rest: Any, **more: Any) -> Any:
        if host != "platform.example":
            return real(host, *rest, **more)
        asked.wait(20)
        return real("127.0.0.1", *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with FaultServer(answering(response(OK))) as server:
        url = f"http://platform.example:{server.port}/x"
        chosen = settings(tmp_path, url, timeout=0.3, retry={"attempts": 1})
        client = library.Client(trust_env=False)
        with SyncClient(chosen, registry=REGISTRY, http_client=client) as yibao:
            with pytest.raises(YibaoError) as caught:
                yibao.call("W207", INPUT)
            assert caught.value.outcome == "not_sent"
            asked.set()
            _all_sends_end()
            assert server.full == 0


def _all_sends_end() -> None:
    for thread in threading.enumerate():
        if thread.name == "hubei-yibao-send":
            thread.join(20)


@pytest.mark.parametrize("then", ["reset", "hang"])
@pytest.mark.parametrize("kind", ["sync", "async", "aiohttp"])
def test_a_part_of_a_write_over_tls_is_unknown_and_not_repeated(
    kind: str, then: str, tmp_path: Path
) -> None:
    authority, ca_file = trustme.CA(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))

    def behave(server: FaultServer, connection: socket.socket) -> None:
        _, body = server.head(connection)
        while len(body) < 200_000:
            body += connection.recv(65536)
        if then == "reset":
            reset(connection)
        else:
            server.stopped.wait(20)

    with FaultServer(behave, server_tls(authority)) as server:
        driver = "aiohttp" if kind == "aiohttp" else "default"
        chosen = settings(tmp_path, server.url, ca_file=ca_file, timeout=2, driver=driver)
        with pytest.raises(YibaoError) as caught:
            _large_write(kind, chosen)
        assert caught.value.outcome == "unknown"
        assert server.heads == 1


def _large_write(kind: str, chosen: Any) -> None:
    extra = {"blob": "x" * 16_000_000}
    if kind == "sync":
        with SyncClient(chosen, registry=REGISTRY) as yibao:
            yibao.call("W207", INPUT, extra=extra)
        return

    async def go() -> None:
        async with AsyncBaseClient(chosen, registry=REGISTRY) as yibao:
            await yibao.call("W207", INPUT, extra=extra)

    asyncio.run(go())


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("driver", ["default", "aiohttp"])
def test_what_a_timed_out_write_had_not_sent_never_leaves(
    driver: str, tls: bool, tmp_path: Path
) -> None:
    """The server reads on only after the client has given the call up."""
    gave_up = threading.Event()
    authority, ca_file = trustme.CA(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    ended = threading.Event()

    def behave(server: FaultServer, connection: socket.socket) -> None:
        gave_up.wait(20)
        try:
            server.request(connection)
        finally:
            ended.set()

    async def go(chosen: Any) -> None:
        yibao = AsyncBaseClient(chosen, registry=REGISTRY)
        with pytest.raises(YibaoError) as caught:
            await yibao.call("W207", INPUT, extra={"blob": "x" * 16_000_000})
        assert caught.value.outcome == "unknown"
        gave_up.set()
        await asyncio.to_thread(ended.wait, 20)
        await yibao.aclose()

    with FaultServer(behave, server_tls(authority) if tls else None) as server:
        chosen = settings(tmp_path, server.url, timeout=0.5, driver=driver, ca_file=ca_file)
        asyncio.run(go(chosen))
        assert ended.is_set()
        assert server.full == 0
