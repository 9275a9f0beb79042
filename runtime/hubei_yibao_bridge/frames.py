"""Frames between the service and a component's process: kind, length, payload, over pipes."""

from __future__ import annotations

import struct
from typing import IO

HEAD = struct.Struct(">cI")

# To the component's process
SETUP = b"s"  #: JSON: kind, options
CALL = b"c"  #: one byte with the number's length, the number, the message in UTF-8

# From it
READY = b"r"  #: the component is loaded
FAILED = b"f"  #: it cannot be loaded; the reason
BEGUN = b"b"  #: the call is handed to the component now
ANSWER = b"a"  #: the answer in UTF-8
NOT_SENT = b"n"  #: the component says that nothing was sent; the reason
UNCLEAR = b"u"  #: nobody knows; the reason. The process ends itself afterwards


def write(stream: IO[bytes], kind: bytes, payload: bytes = b"") -> None:
    """Send one frame; OSError if the other side is gone."""
    stream.write(HEAD.pack(kind, len(payload)) + payload)
    stream.flush()


def read(stream: IO[bytes]) -> tuple[bytes, bytes] | None:
    """The next frame, None at the end; a frame cut off counts as the end."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    kind, length = HEAD.unpack(head)
    payload = stream.read(length)
    return (kind, payload) if len(payload) == length else None


def pack_call(number: str, message: bytes) -> bytes:
    name = number.encode("ascii")
    return bytes([len(name)]) + name + message


def unpack_call(payload: bytes) -> tuple[str, str]:
    """Number and message text."""
    end = 1 + payload[0]
    return payload[1:end].decode("ascii"), payload[end:].decode("utf-8")
