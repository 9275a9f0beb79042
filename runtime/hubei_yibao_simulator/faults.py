"""Faults done to the connection itself.

The simulator's own server hands the transport of each connection to the application
(``server.py``); under another server these faults answer 500 and say so.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from asyncio import Transport
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

TRANSPORT = "hubei_yibao_transport"
JUNK = b"\x00\xffnot a message \xfe{{{]]"
PROXY_PAGE = (
    "<html><head><title>Bad Gateway</title></head><body>simulated proxy error</body></html>"
)


class Hangup(Response):
    """No (complete) answer: the connection ends instead."""

    def __init__(self, request: Request, *, reset: bool, head: bytes = b"") -> None:
        super().__init__()
        self.request = request
        self.reset = reset
        self.head = head

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport: Transport | None = scope.get("state", {}).get(TRANSPORT)
        if transport is None:
            text = "this fault needs the simulator's own server (SimulatorServer)"
            await PlainTextResponse(text, 500)(scope, receive, send)
            return
        if self.head:
            transport.write(self.head)
            await asyncio.sleep(0.05)  # let the bytes leave before the connection breaks
        if self.reset:
            _reset_on_close(transport)
        transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


def _reset_on_close(transport: Transport) -> None:
    """Closing will send RST instead of FIN."""
    connection: socket.socket | None = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def mid_answer(request: Request, body: bytes) -> Hangup:
    """Headers that promise the whole body, half of it, then a reset."""
    head = (
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json;charset=utf-8\r\n"
        b"content-length: %d\r\n\r\n" % len(body)
    )
    return Hangup(request, reset=True, head=head + body[: len(body) // 2])


def proxy_error(status: int) -> Response:
    return Response(PROXY_PAGE, status, media_type="text/html")


def junk() -> Response:
    return Response(JUNK, 200, media_type="application/json")


def slow_drip(body: bytes, seconds: float, headers: dict[str, str]) -> Response:
    """The whole answer, spread over ``seconds`` in at most 20 pieces."""
    pieces = min(20, len(body))
    size = -(-len(body) // pieces)

    async def drip() -> AsyncIterator[bytes]:
        for start in range(0, len(body), size):
            yield body[start : start + size]
            await asyncio.sleep(seconds / pieces)

    return StreamingResponse(drip(), headers=headers)
