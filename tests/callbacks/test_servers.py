"""The handler behind real servers: ASGI under uvicorn, WSGI of the standard library, and the
simulator as the platform that pushes."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx2
import pytest
import uvicorn
from callbacks.support import NOTICE, Books, envelope, handler
from hubei_yibao.registry import INTERFACES
from hubei_yibao_runtime.callbacks import (
    CallbackApp,
    CallbackHandler,
    CallbackStore,
    CallbackWsgi,
    PlainForm,
)
from hubei_yibao_simulator import SimulatorConfig, SimulatorServer

BODY = envelope().seal(NOTICE)


@contextmanager
def asgi(mine: CallbackHandler) -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = uvicorn.Server(uvicorn.Config(CallbackApp(mine), log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(20)


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None: ...


@contextmanager
def wsgi(mine: CallbackHandler) -> Iterator[int]:
    with make_server("127.0.0.1", 0, CallbackWsgi(mine), handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join(20)


def ask(
    port: int, path: str, body: Any = BODY, method: str = "POST", **headers: str
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("serve", [asgi, wsgi])
def test_over_a_socket(tmp_path: Path, serve: Any) -> None:
    books, mine = Books(), handler(tmp_path, limit=len(BODY) + 10)
    mine.on("6302", books)
    with serve(mine) as port:
        status, body = ask(port, "/hospital/callbacks/6302")
        assert status == 200
        assert envelope().open(body).data["success"] is True
        assert ask(port, "/6302")[0] == 200
        assert ask(port, "/6204")[0] == 404
        assert ask(port, "/6302/")[0] == 404
        assert ask(port, "/6302", None, "GET")[0] == 405
        assert ask(port, "/6302", BODY + b" " * 11)[0] == 413
        assert ask(port, "/6302", BODY, **{"Content-Encoding": "gzip"})[0] == 415
        assert ask(port, "/6302", b"")[0] == 400
    assert len(books.calls) == 1


def test_wsgi_wants_a_length(tmp_path: Path) -> None:
    with wsgi(handler(tmp_path)) as port:
        status, body = ask(port, "/6302", iter([b"a", b"b"]), **{"Transfer-Encoding": "chunked"})
        assert (status, json.loads(body)["message"]) == (411, "refused")


def test_asgi_stops_reading_a_body_without_length_at_the_limit(tmp_path: Path) -> None:
    mine = handler(tmp_path, limit=1000)
    mine.on("6302", Books())
    asked: list[int] = []
    sent: list[Any] = []

    async def receive() -> Any:
        asked.append(1)
        return {"type": "http.request", "body": b"x" * 400, "more_body": True}

    async def send(event: Any) -> None:
        sent.append(event)

    scope = {"type": "http", "method": "POST", "path": "/6302", "headers": []}
    asyncio.run(CallbackApp(mine)(scope, receive, send))
    assert sent[0]["status"] == 413
    assert len(asked) == 3


def test_asgi_leaves_quietly_when_the_sender_does(tmp_path: Path) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(event: Any) -> None:
        sent.append(event)

    scope = {"type": "http", "method": "POST", "path": "/6302", "headers": []}
    app = CallbackApp(handler(tmp_path))
    asyncio.run(app(scope, receive, send))
    assert sent == []
    asyncio.run(app({"type": "websocket"}, receive, send))
    assert sent == [{"type": "websocket.close", "code": 1003}]


@pytest.mark.parametrize("number", [n for n, i in INTERFACES.items() if i.direction == "callback"])
def test_the_simulators_pushes_are_taken(tmp_path: Path, number: str) -> None:
    config = SimulatorConfig()
    books = Books(
        {n.name: {"success": True, "message": "m"} for n in INTERFACES[number].output or ()}
    )
    store = CallbackStore(tmp_path / "callbacks.db")
    mine = CallbackHandler(INTERFACES, PlainForm(config.institution), store)
    mine.on(number, books)
    with (
        asgi(mine) as port,
        SimulatorServer(config) as server,
        httpx2.Client(trust_env=False) as http,
    ):
        wanted = {"number": number, "url": f"http://127.0.0.1:{port}/callbacks/{number}"}
        pushed = http.post(f"{server.url}/_sim/push", json=wanted).json()
    assert pushed["status"] == 200
    assert json.loads(pushed["answer"])["infcode"] == "0"
    assert books.calls[0].message_id == pushed["message"]["msgid"]
