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
        self._parts: list[bytes] = []
        self._size = 0
        coding = headers.get("content-encoding", "identity").strip().lower()
        if coding in ("", "identity"):
            self._inflate = None
        elif coding in ("gzip", "x-gzip", "deflate"):
            self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)
        else:
            raise self._fault(f"the answer is compressed in a way nobody asked for ({coding!r})")
        length = headers.get("content-length", "")
        if sink is not None and self._filed is not False and length.isdecimal():
            self._check_room(sink, int(length))
        elif length.isdecimal() and int(length) > limit:
            raise self._too_large()

    def feed(self, chunk: bytes) -> None:
        """Take a piece; WireFault if it cannot be decompressed or the limit is passed."""
        if self._inflate is None:
            self._keep(chunk)
            return
        try:
            while chunk and not self._inflate.eof:
                room = self._limit - self._size if not self._filed else PIECE
                self._keep(self._inflate.decompress(chunk, room + 1))
                chunk = self._inflate.unconsumed_tail
        except zlib.error as error:
            raise self._fault(f"the answer's compression is damaged ({error})") from None

    def finish(self) -> bytes:
        """The whole body; WireFault if the compressed stream ended early."""
        if self._inflate is not None and self._size and not self._inflate.eof:
            raise self._fault("the answer's compressed body ends early")
        return b"".join(self._parts)

    def answer(self) -> HttpAnswer:
        """The whole answer; WireFault as :meth:`finish`."""
        return HttpAnswer(self._status, self._headers, self.finish(), bool(self._filed))

    def _keep(self, part: bytes) -> None:
        if self._filed is None:
            part = b"".join((*self._parts, part))
            self._parts.clear()
            if len(part) < SIGNATURE:
                self._parts.append(part)
                return
            assert self._sink is not None
            self._filed = self._sink.is_file(part)
        self._size += len(part)
        if self._filed and self._sink is not None:
            self._check_room(self._sink, self._size)
            self._sink.write(part)
            return
        if self._size > self._limit:
            raise self._too_large()
        self._parts.append(part)

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
