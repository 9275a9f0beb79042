"""The async driver: httpcore's pool over asyncio streams."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..wire import Body, HttpAnswer, HttpRequest, Progress, WireFault, lower, progress
from .common import JOINED, discard_surplus, fault, httpcore, outgoing, pool, readable

if TYPE_CHECKING:
    from ..settings import Settings


class _Reader(asyncio.StreamReader):
    """Knows how many bytes have come that nobody has taken yet."""

    waiting = 0

    def feed_data(self, data: Any) -> None:
        self.waiting += len(data)
        super().feed_data(data)

    async def read(self, n: int = -1) -> bytes:
        taken = await super().read(n)
        self.waiting -= len(taken)
        return taken


async def _opened(host: str, port: int) -> tuple[_Reader, asyncio.StreamWriter]:
    """``asyncio.open_connection`` with a reader of ours."""
    loop = asyncio.get_running_loop()
    reader = _Reader(loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    transport, _ = await loop.create_connection(lambda: protocol, host, port)
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


class _Stream:
    """An asyncio connection; the deadline of the whole attempt lies around every call."""

    def __init__(self, reader: _Reader, writer: asyncio.StreamWriter, core: Any) -> None:
        self._reader = reader
        self._writer = writer
        self._core = core
        self._head = b""
        self.tainted = False
        self.idle = True  #: nothing of a request can still wait in the transport

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            return await self._reader.read(max_bytes)
        except OSError as error:
            raise self._core.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Writes all; the attempt counts as sent once the body was handed to an open transport.

        httpcore writes the head and the body apart; the head waits here, so that both leave in one
        packet. A head alone cannot be carried out.
        """
        if buffer.startswith(b"POST "):
            self._head = buffer
            return
        if self._writer.is_closing():
            raise self._core.WriteError("the connection is closed")
        self.idle = False
        head, self._head = self._head, b""
        if (head or buffer) and not buffer.startswith(b"CONNECT "):
            progress.get().sent = True
        try:
            self._writer.writelines([head, buffer] if len(buffer) > JOINED else [head + buffer])
            await self._writer.drain()
        except OSError as error:
            raise self._core.WriteError(str(error)) from error

    async def aclose(self) -> None:
        """Drops what has not left: a closing transport would still send it, after the outcome."""
        if self.idle:
            self._writer.close()
        else:
            self._writer.transport.abort()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> _Stream:  # fmt: skip
        try:
            async with asyncio.timeout(timeout):
                await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
        except TimeoutError as error:
            self._writer.transport.abort()
            raise self._core.ConnectTimeout(str(error)) from error
        except (OSError, ValueError) as error:
            self._writer.transport.abort()
            raise self._core.ConnectError(str(error)) from error
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            if self.tainted or self._writer.is_closing() or self._reader.at_eof():
                return True
            if self._reader.waiting:
                return True
            sock = self._writer.get_extra_info("socket")
            return sock is None or readable(sock.fileno())
        return self._writer.get_extra_info(info)


class _Backend:
    """Opens connections for httpcore."""

    def __init__(self, core: Any) -> None:
        self._core = core

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None,
        local_address: str | None = None, socket_options: Iterable[Any] | None = None,
    ) -> _Stream:  # fmt: skip
        try:
            async with asyncio.timeout(timeout):
                reader, writer = await _opened(host, port)
        except TimeoutError as error:
            raise self._core.ConnectTimeout(str(error)) from error
        except (OSError, UnicodeError) as error:
            raise self._core.ConnectError(str(error)) from error
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _Stream(reader, writer, self._core)

    async def connect_unix_socket(self, path: str, *_: Any, **__: Any) -> _Stream:
        raise self._core.ConnectError(path)

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("httpcore sleeps only between retries, and there are none")


class AsyncCoreDriver:
    """Pooled HTTP/1.1 connections of one event loop (asyncio)."""

    def __init__(self, settings: Settings) -> None:
        core: Any = httpcore()
        self._core = core
        self._pool = pool(core.AsyncConnectionPool, settings, _Backend(core), core.AsyncHTTPProxy)

    async def send(self, request: HttpRequest) -> HttpAnswer:
        state = Progress(request.seconds)
        token = progress.set(state)
        try:
            async with asyncio.timeout(request.seconds):
                return await self._exchange(request)
        except WireFault:
            raise
        except Exception as error:
            lost = fault(error, state, request.seconds)
        finally:
            progress.reset(token)
        raise lost

    async def _exchange(self, request: HttpRequest) -> HttpAnswer:
        answer = await self._pool.handle_async_request(outgoing(self._core, request))
        try:
            headers = lower(answer.headers)
            body = Body(headers, request.limit, answer.status, request.sink)
            async for chunk in answer.aiter_stream():
                body.feed(chunk)
            discard_surplus(answer)
            answer.extensions["network_stream"].idle = True
            return body.answer()
        finally:
            await answer.aclose()

    async def close(self) -> None:
        await self._pool.aclose()
