"""The handler as an ASGI 3 application, for uvicorn, hypercorn, or mounted in any framework."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from .handler import Answer, CallbackHandler

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class CallbackApp:
    """POST ``…/{number}``; the hospital's function runs in a thread of its own.

    A body over the handler's limit is not read to its end.
    """

    def __init__(self, handler: CallbackHandler) -> None:
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            answer = await self._answer(scope, receive)
            if answer is not None:
                await _send(send, answer)
        else:
            await send({"type": "websocket.close", "code": 1003})

    async def _answer(self, scope: Scope, receive: Receive) -> Answer | None:
        number = scope["path"].rpartition("/")[2]
        if scope["method"] != "POST":
            return self._handler.refused(405, number, "method")
        headers = {name.decode("latin-1"): value.decode("latin-1")
                   for name, value in scope["headers"]}  # fmt: skip
        body, more = b"", True
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._handler.limit:
            return self._handler.too_large(number)
        while more:
            event = await receive()
            if event["type"] != "http.request":
                return None
            body += event.get("body", b"")
            more = event.get("more_body", False)
            if len(body) > self._handler.limit:
                return self._handler.too_large(number)
        return await asyncio.to_thread(self._handler.handle, number, body, headers)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        event = await receive()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return


async def _send(send: Send, answer: Answer) -> None:
    headers = {**answer.headers, "Content-Length": str(len(answer.body))}
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [(n.lower().encode(), v.encode()) for n, v in headers.items()],
        }
    )
    await send({"type": "http.response.body", "body": answer.body})
