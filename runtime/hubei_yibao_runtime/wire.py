"""What drivers and the protocol hand each other: requests, answers, faults, bounded bodies."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One HTTP request, complete; sent once and as it is."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    seconds: float  #: from start to the last byte of the answer
    connect_seconds: float
    limit: int  #: bytes of the answer
    sink: Sink | None = field(default=None, repr=False)  #: takes the answer if it is a file


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """The answer, body decompressed; header names in lower case, the last one wins."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    filed: bool = False  #: the body was a file and went to the request's sink


class Sink(Protocol):
    """Takes the body of an answer that is a file, so that it never lies in memory."""

    limit: int  #: bytes it takes
    problem: str  #: why it took no more; "" while all is well

    def headers(self) -> Mapping[str, str]:
        """Further headers of the next request."""
        ...

    def begin(self, status: int, headers: Mapping[str, str]) -> bool | None:
        """An answer begins: True if its body is (the rest of) a file, False if it is a message,
        None if that shows only in its first bytes."""
        ...

    def is_file(self, head: bytes) -> bool:
        """Whether a body that starts so (four bytes at least) is a file."""
        ...

    def write(self, part: bytes) -> None: ...


class WireFault(Exception):
    """No complete answer came. ``sent`` is False only if no byte of the body can have left."""

    def __init__(self, what: str, *, sent: bool, status: int | None = None) -> None:
        self.what = what
        self.sent = sent
        self.status = status
        super().__init__(what)


class SyncDriver(Protocol):
    """Sends over pooled connections; safe with threads. Raises nothing but WireFault."""

    def send(self, request: HttpRequest) -> HttpAnswer: ...

    def close(self) -> None: ...


class AsyncDriver(Protocol):
    """The same for tasks of one event loop; cancelling a send is allowed."""

    async def send(self, request: HttpRequest) -> HttpAnswer: ...

    async def close(self) -> None: ...


class Progress:
    """How far one attempt has got; the network layer below the HTTP library writes it."""

    __slots__ = ("deadline", "sent")

    def __init__(self, seconds: float) -> None:
        self.deadline = monotonic() + seconds
        self.sent = False

    def left(self) -> float:
        """Seconds until the deadline, 0 when it has passed."""
        return max(0.0, self.deadline - monotonic())


#: Bytes that tell a file from a message, and bytes of a file unpacked at once.
SIGNATURE, PIECE = 4, 2**20

#: The attempt the current thread or task is busy with.
progress: ContextVar[Progress] = ContextVar("hubei_yibao_progress")


_STEP = 2**16  #: compressed bytes unpacked at once


class _Streams:
    """Compressed streams in a row: gzip members, or one deflate stream with or without a header.

    Zero bytes after a stream are padding. Raises zlib.error for anything else.
    """

    def __init__(self, gzip: bool) -> None:
        self._gzip = gzip
        self._one: zlib._Decompress | None = None

    @property
    def complete(self) -> bool:
        """Whether no stream is open; also where none has begun."""
        return self._one is None or self._one.eof

    def unpack(self, chunk: bytes, most: int) -> tuple[bytes, bytes]:
        """Up to ``most`` bytes, and what of ``chunk`` is left for the next turn."""
        one = self._one
        if one is None or one.eof:
            chunk = chunk if one is None else chunk.lstrip(b"\0")
            if not chunk:
                return b"", b""
            one = self._one = self._next(chunk[0], first=one is None)
        part = one.decompress(chunk, most)
        return part, one.unused_data if one.eof else one.unconsumed_tail

    def _next(self, head: int, *, first: bool) -> zlib._Decompress:
        if not first and not self._gzip:
            raise zlib.error("something follows the compressed stream")
        headed = head == 0x1F or head & 0x0F == 0x08  # gzip and zlib; no raw stream begins so
        return zlib.decompressobj(zlib.MAX_WBITS | 32 if self._gzip or headed else -zlib.MAX_WBITS)


class Body:
    """Collects an answer's body, decompresses it, and never holds more than ``limit`` bytes.

    With a ``sink`` a file goes there piece by piece, and only a message is held.
    """

    def __init__(
        self, headers: Mapping[str, str], limit: int, status: int, sink: Sink | None = None
    ) -> None:
        self._headers = headers
        self._limit = limit
        self._status = status
        self._sink = sink
        self._filed = False if sink is None else sink.begin(status, headers)
        self._held: bytes | bytearray = b""
        self._size = 0
        self._packed = 0  #: bytes that came, where they are compressed
        coding = headers.get("content-encoding", "identity").strip().lower()
        self._streams: _Streams | None = None
        if coding in ("gzip", "x-gzip", "deflate"):
            self._streams = _Streams(gzip=coding != "deflate")
        elif coding not in ("", "identity"):
            raise self._fault(f"the answer is compressed in a way nobody asked for ({coding!r})")
        length = headers.get("content-length", "")
        if length.isdecimal():
            self._check_size(int(length))

    def feed(self, chunk: bytes) -> None:
        """Take a piece; WireFault if it cannot be decompressed or the limit is passed."""
        if self._streams is None:
            self._keep(chunk)
            return
        self._packed += len(chunk)
        self._check_size(self._packed)
        try:
            for start in range(0, len(chunk), _STEP):
                self._unpack(self._streams, chunk[start : start + _STEP])
        except zlib.error as error:
            raise self._fault(f"the answer's compression is damaged ({error})") from None

    def _unpack(self, streams: _Streams, chunk: bytes) -> None:
        full = False
        while chunk or full:
            most = PIECE if self._filed else self._limit - self._size + 1
            part, chunk = streams.unpack(chunk, most)
            full = len(part) == most
            self._keep(part)

    def finish(self) -> bytes:
        """The whole body; WireFault if the compressed stream ended early."""
        if self._streams is not None and not self._streams.complete:
            raise self._fault("the answer's compressed body ends early")
        return self._held if type(self._held) is bytes else bytes(self._held)

    def answer(self) -> HttpAnswer:
        """The whole answer; WireFault as :meth:`finish`."""
        return HttpAnswer(self._status, self._headers, self.finish(), bool(self._filed))

    def _keep(self, part: bytes) -> None:
        if self._filed is None:
            part, self._held = bytes(self._held) + part, b""
            if len(part) < SIGNATURE:
                self._held = part
                return
            assert self._sink is not None
            self._filed = self._sink.is_file(part)
        self._size += len(part)
        if self._filed or self._size > self._limit:
            self._check_size(self._size)
        if self._filed and self._sink is not None:
            self._sink.write(part)
        elif not self._held:
            self._held = part
        else:
            if type(self._held) is bytes:
                self._held = bytearray(self._held)
            self._held += part

    def _check_size(self, size: int) -> None:
        if self._filed is not False and self._sink is not None:
            self._check_room(self._sink, size)
        elif size > self._limit:
            raise self._too_large()

    def _check_room(self, sink: Sink, size: int) -> None:
        if size > sink.limit:
            sink.problem = f"the file has {size} bytes or more; at most {sink.limit} are taken"
            raise self._fault(sink.problem)

    def _too_large(self) -> WireFault:
        return self._fault(f"the answer is larger than {self._limit} bytes")

    def _fault(self, what: str) -> WireFault:
        return WireFault(what, sent=True, status=self._status)


def lower(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Raw header pairs as text by lower-case name."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
