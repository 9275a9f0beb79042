"""Drivers over the caller's own httpx2 or httpx client.

Redirects, authentication and cookies of the client are not used; its TLS, proxy, pool and
transport are.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from threading import Thread
from typing import Any

from ..wire import Body, HttpAnswer, HttpRequest, Progress, WireFault, lower
from .common import fault


def _outgoing(client: Any, request: HttpRequest, trace: Any) -> Any:
    outgoing = client.build_request(
        request.method,
        request.url,
        headers=dict(request.headers),
        content=request.body,
        timeout=request.seconds,
        extensions={"trace": trace},
    )
    outgoing.extensions["timeout"]["connect"] = request.connect_seconds
    outgoing.headers.pop("cookie", None)
    return outgoing


def _mark(state: Progress, event: str, info: dict[str, Any]) -> None:
    if event.endswith("send_request_body.started") and info["request"].method != b"CONNECT":
        state.sent = True


#: Without a trace (a transport that is not httpcore's) only these prove that nothing left.
_EARLY = frozenset({
    "ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol",
    "InvalidURL", "LocalProtocolError",
})  # fmt: skip


def _fault(error: Exception, state: Progress, traced: bool, seconds: float) -> WireFault:
    if not traced:
        state.sent = type(error).__name__ not in _EARLY
    return fault(error, state, seconds)


class InjectedDriver:
    """Sends through a sync client of the caller's, each attempt in a thread of its own.

    The client's reads know no deadline, so a server that drips its head byte by byte could hold a
    caller for ever. At the deadline the thread is left behind; it ends with its connection.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(self, request: HttpRequest) -> HttpAnswer:
        state = Progress(request.seconds)
        events: list[str] = []
        done: Future[HttpAnswer] = Future()

        def trace(event: str, info: dict[str, Any]) -> None:
            events.append(event)
            _mark(state, event, info)

        def work() -> None:
            try:
                done.set_result(
                    self._exchange(_outgoing(self._client, request, trace), request, state)
                )
            except BaseException as error:
                done.set_exception(error)

        Thread(target=work, name="hubei-yibao-send", daemon=True).start()
        try:
            return done.result(state.left())
        except WireFault:
            raise
        except Exception as error:
            raise _fault(error, state, bool(events), request.seconds) from error

    def _exchange(self, outgoing: Any, request: HttpRequest, state: Progress) -> HttpAnswer:
        answer = self._client.send(
            outgoing, stream=True, follow_redirects=False, auth=lambda plain: plain
        )
        try:
            headers = lower(answer.headers.raw)
            body = Body(headers, request.limit, answer.status_code, request.sink)
            for chunk in answer.iter_raw():
                body.feed(chunk)
                if state.left() == 0:
                    raise TimeoutError
            return body.answer()
        finally:
            answer.close()

    def close(self) -> None:
        """The client belongs to the caller."""


class AsyncInjectedDriver:
    """Sends through an async client of the caller's."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def send(self, request: HttpRequest) -> HttpAnswer:
        state = Progress(request.seconds)
        events: list[str] = []

        async def trace(event: str, info: dict[str, Any]) -> None:
            events.append(event)
            _mark(state, event, info)

        try:
            async with asyncio.timeout(request.seconds):
                return await self._exchange(_outgoing(self._client, request, trace), request)
        except WireFault:
            raise
        except Exception as error:
            raise _fault(error, state, bool(events), request.seconds) from error

    async def _exchange(self, outgoing: Any, request: HttpRequest) -> HttpAnswer:
        answer = await self._client.send(
            outgoing, stream=True, follow_redirects=False, auth=lambda plain: plain
        )
        try:
            headers = lower(answer.headers.raw)
            body = Body(headers, request.limit, answer.status_code, request.sink)
            async for chunk in answer.aiter_raw():
                body.feed(chunk)
            return body.answer()
        finally:
            await answer.aclose()

    async def close(self) -> None:
        """The client belongs to the caller."""
