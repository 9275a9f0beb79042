"""A real socket server that answers a call well, badly, slowly or not at all, and counts."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

OK = {"infcode": 0, "inf_refmsgid": "R1", "respond_time": "", "err_msg": "",
      "output": {"setlinfo": {"setl_id": "S1", "fund": 10.50}}}  # fmt: skip
REJECTED = OK | {"infcode": -1, "err_msg": "参保人不存在", "output": None}
GATEWAY = {"code": 401, "message": "签名不一致!"}


class FaultServer:
    """Serves every connection with ``behaviour(server, connection)`` in its own thread."""

    def __init__(self, behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self._behaviour = behaviour
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self.closed = 0  #: connections closed from this side
        self.heads = 0  #: requests whose head came
        self.bodies: list[bytes] = []  #: of requests that came completely
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.stopped = threading.Event()
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/fsi"
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def full(self) -> int:
        """How many complete requests were seen."""
        return len(self.bodies)

    def msgids(self) -> list[str]:
        return [json.loads(body)["msgid"] for body in self.bodies]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, ssl.SSLError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                with self._lock:
                    self._open.append(connection)
            self._behaviour(self, connection)
        connection.close()
        with self._lock:
            self.closed += 1

    def head(self, connection: socket.socket) -> tuple[int, bytes]:
        """Read the head; content length and what of the body came with it. OSError at the end."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65536)
            if not piece:
                raise OSError("closed")
            data += piece
        head, _, rest = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {k.strip().lower(): v.strip() for k, _, v in (s.partition(":") for s in lines)}
        with self._lock:
            self.heads += 1
            self.headers.append(headers)
            self.paths.append(first.split(" ")[1])
        return int(headers["content-length"]), rest

    def request(self, connection: socket.socket) -> bytes:
        """Read one complete request; OSError when the connection ends first."""
        length, body = self.head(connection)
        while len(body) < length:
            piece = connection.recv(65536)
            if not piece:
                raise OSError("closed")
            body += piece
        with self._lock:
            self.bodies.append(body)
        return body

    def close(self) -> None:
        self.stopped.set()
        self._listener.close()
        with self._lock:
            for connection in self._open:
                connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


Behaviour = Callable[[FaultServer, socket.socket], None]


def reset(connection: socket.socket) -> None:
    """Close so that the peer gets a RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def response(
    body: bytes | dict[str, Any], status: int = 200, headers: str = "", length: int | None = None
) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    size = len(content) if length is None else length
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {size}\r\n{headers}\r\n"
    return head.encode("latin-1") + content


def answering(data: bytes | Callable[[bytes], bytes], close: bool = False) -> Behaviour:
    """Answer every request with ``data``; keep the connection unless ``close``."""

    def behave(server: FaultServer, connection: socket.socket) -> None:
        while True:
            body = server.request(connection)
            connection.sendall(data(body) if callable(data) else data)
            if close:
                return

    return behave


def sending(data: bytes, then: str) -> Behaviour:
    """Take the request, send ``data``, then ``close``, ``reset``, ``half`` close or ``hang``."""

    def behave(server: FaultServer, connection: socket.socket) -> None:
        server.request(connection)
        connection.sendall(data)
        _end(server, connection, then)

    return behave


def _end(server: FaultServer, connection: socket.socket, then: str) -> None:
    if then == "reset":
        reset(connection)
    elif then == "half":
        connection.shutdown(socket.SHUT_WR)
        server.stopped.wait(20)
    elif then == "hang":
        server.stopped.wait(20)


def dripping(start: bytes, drop: bytes) -> Behaviour:
    """Take the request, send ``start``, then ``drop`` again and again, slowly and without end."""

    def behave(server: FaultServer, connection: socket.socket) -> None:
        server.request(connection)
        connection.sendall(start)
        while not server.stopped.wait(0.02):
            connection.sendall(drop)

    return behave


def early(then: str) -> Behaviour:
    """Take the head and the first of the body only."""

    def behave(server: FaultServer, connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        _, body = server.head(connection)
        while not body:
            body = connection.recv(4096)
        if then == "413":
            connection.sendall(response(b"", 413, "Connection: close\r\n"))
            time.sleep(0.05)
            return
        _end(server, connection, then)

    return behave


def at_once(then: str) -> Behaviour:
    """Accept the connection and do nothing with it."""

    def behave(server: FaultServer, connection: socket.socket) -> None:
        if then == "junk":
            connection.sendall(b"\x00\x01 no protocol known here\r\n\r\n")
            time.sleep(0.05)
        else:
            _end(server, connection, then)

    return behave


def endless(server: FaultServer, connection: socket.socket) -> None:
    """A body without end, as fast as it goes."""
    server.request(connection)
    connection.sendall(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n")
    piece = b"10000\r\n" + b" " * 65536 + b"\r\n"
    while not server.stopped.is_set():
        connection.sendall(piece)


def bomb(megabytes: int) -> bytes:
    """A small gzip body that unfolds to ``megabytes``."""
    return response(gzip.compress(b" " * megabytes * 2**20), headers="Content-Encoding: gzip\r\n")


def closing_idle(server: FaultServer, connection: socket.socket) -> None:
    """Answer once as if the connection would stay, and close it."""
    server.request(connection)
    connection.sendall(response(OK))


def in_turn(*answers: bytes) -> Behaviour:
    """Answer request after request, whatever connection they come on; the last one stays."""
    left = list(answers)

    def behave(server: FaultServer, connection: socket.socket) -> None:
        while True:
            server.request(connection)
            connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    return behave
