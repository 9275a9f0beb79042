"""Drivers over the caller's own httpx2 or httpx client.

Redirects, authentication and cookies of the client are not used; its TLS, proxy, pool and
transport are.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from threading import Lock, Thread
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


class _Attempt(Progress):
    """An attempt that may be given up while the client's thread still works on it."""

    __slots__ = ("_abandoned", "_lock", "traced")

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.traced = False
        self._abandoned = False
        self._lock = Lock()

    def note(self, event: str, info: dict[str, Any]) -> None:
        """What the client's trace tells; raises where the body of a given up attempt would leave."""
        self.traced = True
        if event.endswith("send_request_body.started") and info["request"].method != b"CONNECT":
            with self._lock:
                if self._abandoned:
                    raise TimeoutError
                self.sent = True

    def abandon(self) -> None:
        """From now on nothing of it leaves that has not begun to."""
        with self._lock:
            self._abandoned = True


def _surplus(answer: Any) -> Any:
    """The connection, if bytes followed the answer that nobody asked for; else None.

    A caller's own transport that is not httpcore's cannot be looked into.
    """
    part = answer.stream
    for _ in range(8):
        connection = getattr(part, "_connection", None)
        if connection is not None:
            state = getattr(connection, "_h11_state", None)
            return connection if state is not None and state.trailing_data[0] else None
        part = getattr(part, "_stream", None) or getattr(part, "_httpcore_stream", None)
    return None


#: Without a trace (a transport that is not httpcore's) only these prove that nothing left.
_EARLY = frozenset({
    "ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol",
    "InvalidURL", "LocalProtocolError",
})  # fmt: skip


def _fault(error: Exception, state: _Attempt, seconds: float) -> WireFault:
    if not state.traced:
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
        state = _Attempt(request.seconds)
        done: Future[HttpAnswer] = Future()

        def work() -> None:
            try:
                outgoing = _outgoing(self._client, request, state.note)
                done.set_result(self._exchange(outgoing, request, state))
            except BaseException as error:
                done.set_exception(error)

        Thread(target=work, name="hubei-yibao-send", daemon=True).start()
        try:
            return done.result(state.left())
        except WireFault:
            raise
        except Exception as error:
            state.abandon()
            lost = _fault(error, state, request.seconds)
        except BaseException:
            state.abandon()
            raise
        raise lost

    def _exchange(self, outgoing: Any, request: HttpRequest, state: _Attempt) -> HttpAnswer:
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
            surplus = _surplus(answer)
        finally:
            answer.close()
        if surplus is not None:
            surplus.close()
        return body.answer()

    def close(self) -> None:
        """The client belongs to the caller."""


class AsyncInjectedDriver:
    """Sends through an async client of the caller's."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def send(self, request: HttpRequest) -> HttpAnswer:
        state = _Attempt(request.seconds)

        async def trace(event: str, info: dict[str, Any]) -> None:
            state.note(event, info)

        try:
            async with asyncio.timeout(request.seconds):
                return await self._exchange(_outgoing(self._client, request, trace), request)
        except WireFault:
            raise
        except Exception as error:
            lost = _fault(error, state, request.seconds)
        raise lost

    async def _exchange(self, outgoing: Any, request: HttpRequest) -> HttpAnswer:
        answer = await self._client.send(
            outgoing, stream=True, follow_redirects=False, auth=lambda plain: plain
        )
        try:
            headers = lower(answer.headers.raw)
            body = Body(headers, request.limit, answer.status_code, request.sink)
            async for chunk in answer.aiter_raw():
                body.feed(chunk)
            surplus = _surplus(answer)
        finally:
            await answer.aclose()
        if surplus is not None:
            await surplus.aclose()
        return body.answer()

    async def close(self) -> None:
        """The client belongs to the caller."""
