"""The async driver over aiohttp, for many calls at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp.abc import AbstractStreamWriter

from ..wire import Body, HttpAnswer, HttpRequest, Progress, WireFault, lower
from .common import fault, tls

if TYPE_CHECKING:
    from ..settings import Settings


class _Payload(aiohttp.BytesPayload):
    """The body; it notes when its writing begins, and on which connection."""

    def __init__(self, body: bytes, state: Progress) -> None:
        super().__init__(body)
        self._state = state
        self._transport: asyncio.Transport | None = None

    @property
    def unsent(self) -> bool:
        return not self._state.sent

    async def write_with_length(
        self, writer: AbstractStreamWriter, content_length: int | None
    ) -> None:
        self._begin(writer)
        await super().write_with_length(writer, content_length)

    async def write(self, writer: AbstractStreamWriter) -> None:
        self._begin(writer)
        await super().write(writer)

    def _begin(self, writer: Any) -> None:
        """aiohttp hands out kept connections without looking whether something came on them."""
        self._transport = writer.transport
        if writer.protocol.should_close:
            raise ConnectionError("the connection holds an answer nobody asked for")
        self._state.sent = True

    def drop(self) -> None:
        """Close the connection without sending what of the body has not left yet."""
        if self._transport is not None:
            self._transport.abort()


class AiohttpDriver:
    """One session of one event loop, made on first use unless the caller brings one.

    aiohttp repeats requests on a connection the server has closed only for idempotent methods;
    every request here is a POST.
    """

    def __init__(self, settings: Settings, session: aiohttp.ClientSession | None = None) -> None:
        self._settings = settings
        self._session = session
        self._own = session is None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                ssl=tls(self._settings),
                limit=self._settings.max_connections,
                keepalive_timeout=self._settings.keepalive_expiry,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("Accept-Encoding", "Accept", "User-Agent"),
            )
        return self._session

    async def send(self, request: HttpRequest) -> HttpAnswer:
        state = Progress(request.seconds)
        payload = _Payload(request.body, state)
        try:
            return await self._exchange(request, payload)
        except WireFault:
            payload.drop()
            raise
        except Exception as error:
            payload.drop()
            lost = fault(error, state, request.seconds)
        except BaseException:
            payload.drop()
            raise
        raise lost

    async def _exchange(self, request: HttpRequest, payload: _Payload) -> HttpAnswer:
        async with self._opened().request(
            request.method,
            request.url,
            data=payload,
            headers=request.headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(
                total=request.seconds, sock_connect=request.connect_seconds
            ),
            proxy=self._settings.proxy,
        ) as answer:
            if payload.unsent:  # an answer before the request is another one's
                answer.close()
                raise ConnectionError("nothing was sent")
            headers = lower(answer.raw_headers)
            if self._opened().auto_decompress:
                headers.pop("content-encoding", None)
            body = Body(headers, request.limit, answer.status, request.sink)
            async for chunk in answer.content.iter_any():
                body.feed(chunk)
            return body.answer()

    async def close(self) -> None:
        if self._own and self._session is not None:
            await self._session.close()
            self._session = None
