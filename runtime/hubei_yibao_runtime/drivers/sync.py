"""The sync driver: httpcore's pool over a network layer that keeps the deadline."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from time import monotonic
from typing import TYPE_CHECKING, Any

from ..wire import Body, HttpAnswer, HttpRequest, Progress, WireFault, lower, progress
from .common import JOINED, discard_surplus, fault, httpcore, outgoing, pool, readable

if TYPE_CHECKING:
    from ..settings import Settings


#: One record of TLS: it reaches the other side whole or not at all.
_RECORD = 16 * 1024


class _Stream:
    """A socket whose reads and writes end at the attempt's deadline, however slowly bytes drip."""

    def __init__(self, sock: socket.socket, core: Any) -> None:
        self._sock = sock
        self._core = core
        self._head = b""
        self.tainted = False

    def _arm(self, timeout: float | None, error: type[Exception]) -> Progress:
        state = progress.get()
        left = state.left()
        if left == 0:
            raise error("deadline")
        self._sock.settimeout(left if timeout is None else min(timeout, left))
        return state

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._arm(timeout, self._core.ReadTimeout)
        try:
            return self._sock.recv(max_bytes)
        except TimeoutError as error:
            raise self._core.ReadTimeout(str(error)) from error
        except OSError as error:
            raise self._core.ReadError(str(error)) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Sends all; the attempt counts as sent once the system took a byte of the body.

        httpcore writes the head and the body apart; the head waits here, so that both leave in one
        packet. A head alone cannot be carried out.
        """
        if buffer.startswith(b"POST "):
            self._head = buffer
            return
        head, self._head = self._head, b""
        if len(buffer) > JOINED and head:
            self._send(head, len(head), timeout)
            head = b""
        free = len(buffer) if buffer.startswith(b"CONNECT ") else len(head)
        self._send(head + buffer if head else buffer, free, timeout)

    def _send(self, data: bytes, free: int, timeout: float | None) -> None:
        """``free``: leading bytes that may leave without the attempt counting as sent."""
        view = memoryview(data)
        most = _RECORD if isinstance(self._sock, ssl.SSLSocket) else len(data)
        while view:
            state = self._arm(timeout, self._core.WriteTimeout)
            try:
                taken = self._sock.send(view[:most])
            except TimeoutError as error:
                raise self._core.WriteTimeout(str(error)) from error
            except OSError as error:
                raise self._core.WriteError(str(error)) from error
            free -= taken
            state.sent = state.sent or free < 0
            view = view[taken:]

    def close(self) -> None:
        self._sock.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> _Stream:  # fmt: skip
        self._arm(timeout, self._core.ConnectTimeout)
        try:
            wrapped = ssl_context.wrap_socket(self._sock, server_hostname=server_hostname)
        except TimeoutError as error:
            self.close()
            raise self._core.ConnectTimeout(str(error)) from error
        except (OSError, ValueError) as error:
            self.close()
            raise self._core.ConnectError(str(error)) from error
        return _Stream(wrapped, self._core)

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return self.tainted or readable(self._sock.fileno())
        return self._sock if info == "socket" else None


def _resolve(host: str, port: int, until: float) -> Sequence[Any]:
    """Addresses of a host; the system's resolver knows no time-out, so it is waited for."""
    found: Future[Sequence[Any]] = Future()

    def ask() -> None:
        try:
            found.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except BaseException as error:
            found.set_exception(error)

    threading.Thread(target=ask, name="hubei-yibao-resolve", daemon=True).start()
    return found.result(max(0.0, until - monotonic()))


def _connect(addresses: Sequence[Any], until: float) -> socket.socket:
    """The first address that answers; the error of the last one if none does."""
    failure: OSError = OSError("the host has no address")
    for family, kind, protocol, _, address in addresses:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(max(0.001, until - monotonic()))
            sock.connect(address)
            return sock
        except OSError as error:
            sock.close()
            failure = error
    raise failure


class _Backend:
    """Opens sockets for httpcore."""

    def __init__(self, core: Any) -> None:
        self._core = core

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None,
        local_address: str | None = None, socket_options: Iterable[Any] | None = None,
    ) -> _Stream:  # fmt: skip
        left = progress.get().left()
        until = monotonic() + (left if timeout is None else min(timeout, left))
        try:
            sock = _connect(_resolve(host, port, until), until)
        except TimeoutError as error:
            raise self._core.ConnectTimeout(str(error)) from error
        except (OSError, UnicodeError) as error:
            raise self._core.ConnectError(str(error)) from error
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _Stream(sock, self._core)

    def connect_unix_socket(self, path: str, *_: Any, **__: Any) -> _Stream:
        raise self._core.ConnectError(path)

    def sleep(self, seconds: float) -> None:
        raise AssertionError("httpcore sleeps only between retries, and there are none")


class CoreDriver:
    """Pooled HTTP/1.1 connections; safe with threads, and in a forked child it starts afresh."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._core: Any = httpcore()
        self._open()

    def _open(self) -> None:
        core = self._core
        self._pool = pool(core.ConnectionPool, self._settings, _Backend(core), core.HTTPProxy)
        self._pid = os.getpid()

    def send(self, request: HttpRequest) -> HttpAnswer:
        if self._pid != os.getpid():
            with self._lock:
                if self._pid != os.getpid():
                    self._open()
        state = Progress(request.seconds)
        token = progress.set(state)
        try:
            return self._exchange(request)
        except WireFault:
            raise
        except Exception as error:
            lost = fault(error, state, request.seconds)
        finally:
            progress.reset(token)
        raise lost

    def _exchange(self, request: HttpRequest) -> HttpAnswer:
        answer = self._pool.handle_request(outgoing(self._core, request))
        try:
            headers = lower(answer.headers)
            body = Body(headers, request.limit, answer.status, request.sink)
            for chunk in answer.iter_stream():
                body.feed(chunk)
            discard_surplus(answer)
            return body.answer()
        finally:
            answer.close()

    def close(self) -> None:
        if self._pid == os.getpid():
            self._pool.close()
