"""Bodies: what compression may look like, and what a body may cost in memory."""

from __future__ import annotations

import gzip
import random
import tracemalloc
import zlib
from collections.abc import Mapping
from typing import Any

import pytest
from hubei_yibao_runtime.wire import PIECE, Body, WireFault

TEXT = b'{"infcode": 0, "output": {"name": "' + b"abc" * 500 + b'"}}'
LIMIT = 10_000


def packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def raw_deflate(data: bytes, level: int = 9) -> bytes:
    packer = zlib.compressobj(level, wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def stored(data: bytes) -> bytes:
    """A raw deflate stream that begins with a zero byte."""
    size = len(data).to_bytes(2, "little") + (len(data) ^ 0xFFFF).to_bytes(2, "little")
    return b"\0" + size + data + b"\x01\0\0\xff\xff"


TWO = packed(TEXT[:700]) + packed(TEXT[700:])
GOOD = [
    ("gzip", packed(TEXT)),
    ("x-gzip", packed(TEXT)),
    ("gzip", TWO),
    ("gzip", packed(b"") * 50 + TWO + packed(b"")),
    ("gzip", TWO + b"\0" * 600),
    ("gzip", packed(TEXT[:700]) + b"\0" * 5 + packed(TEXT[700:])),
    ("deflate", zlib.compress(TEXT)),
    ("deflate", zlib.compress(TEXT, 1) + b"\0\0"),
    ("deflate", raw_deflate(TEXT)),
    ("deflate", raw_deflate(TEXT, 0)),
    ("deflate", stored(TEXT)),
    ("deflate", raw_deflate(TEXT) + b"\0"),
    ("deflate", packed(TEXT)),
    ("identity", TEXT),
]
BAD = [
    ("gzip", TWO[:-1], "ends early"),
    ("gzip", packed(TEXT) + b"\x1f", "ends early"),
    ("gzip", packed(TEXT) + b"junk", "damaged"),
    ("gzip", packed(TEXT)[:5], "ends early"),
    ("gzip", raw_deflate(TEXT), "damaged"),
    ("gzip", TEXT, "damaged"),
    ("deflate", zlib.compress(TEXT) + b"x", "something follows"),
    ("deflate", zlib.compress(TEXT) + zlib.compress(TEXT), "something follows"),
    ("deflate", raw_deflate(TEXT) + b"\0x", "something follows"),
    ("deflate", raw_deflate(TEXT)[:-3], "ends early"),
    ("deflate", TEXT, "damaged"),
]


def read(coding: str, data: bytes, size: int, limit: int = LIMIT, sink: Any = None) -> bytes:
    body = Body({"content-encoding": coding}, limit, 200, sink)
    for start in range(0, len(data), size):
        body.feed(data[start : start + size])
    return body.finish()


@pytest.mark.parametrize("size", [1, 2, 7, 100_000])
@pytest.mark.parametrize(("coding", "data"), GOOD, ids=range(len(GOOD)))
def test_compressed_bodies(coding: str, data: bytes, size: int) -> None:
    whole = read(coding, data, size)
    assert whole == TEXT
    assert type(whole) is bytes


@pytest.mark.parametrize("size", [1, 2, 7, 100_000])
@pytest.mark.parametrize(("coding", "data", "what"), BAD, ids=range(len(BAD)))
def test_damaged_bodies(coding: str, data: bytes, what: str, size: int) -> None:
    with pytest.raises(WireFault, match=what) as caught:
        read(coding, data, size)
    assert caught.value.sent


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_no_body_at_all(coding: str) -> None:
    assert read(coding, b"", 1) == b""


@pytest.mark.parametrize(
    ("coding", "data"),
    [
        ("gzip", packed(b"x" * LIMIT) + packed(b"x")),
        ("gzip", packed(b"x" * (LIMIT + 1))),
        ("deflate", raw_deflate(b"x" * (LIMIT + 1))),
        ("gzip", packed(b"") * LIMIT),
        ("gzip", packed(b"") + b"\0" * 2 * LIMIT),
    ],
    ids=["two", "gzip", "deflate", "empty", "padding"],
)
def test_members_together_stay_within_the_limit(coding: str, data: bytes) -> None:
    for size in (1000, len(data)):
        with pytest.raises(WireFault, match=f"larger than {LIMIT} bytes"):
            read(coding, data, size)
    assert read(coding, raw_deflate(b"x" * LIMIT) if coding == "deflate" else
                packed(b"x" * LIMIT), 1000) == b"x" * LIMIT  # fmt: skip


def test_many_members_in_one_piece_are_read_in_linear_time() -> None:
    """A million empty members: copying what is left for each of them took hours."""
    limit = 100 * 2**20
    assert read("gzip", packed(b"") * 1_000_000 + TWO, 2**40, limit) == TEXT


class Collector:
    """A sink that takes every body as a file."""

    limit = 10 * PIECE
    problem = ""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def headers(self) -> Mapping[str, str]:
        return {}

    def begin(self, status: int, headers: Mapping[str, str]) -> bool | None:
        return None

    def is_file(self, head: bytes) -> bool:
        return True

    def write(self, part: bytes) -> None:
        self.parts.append(part)


@pytest.mark.parametrize("surplus", [-1, 0, 1, 2, 3, 300])
def test_a_file_is_unpacked_to_its_last_byte(surplus: int) -> None:
    content = b"PK" + b"\0" * (PIECE - 2 + surplus)
    for coding, data in (
        ("deflate", raw_deflate(content)),
        ("deflate", zlib.compress(content)),
        ("gzip", packed(content[:100]) + packed(content[100:])),
    ):
        sink = Collector()
        assert read(coding, data, 1000, sink=sink) == b""
        assert b"".join(sink.parts) == content


def test_one_chunk_is_returned_as_it_is() -> None:
    chunk = b"x" * 1000
    body = Body({}, LIMIT, 200)
    body.feed(chunk)
    assert body.finish() is chunk


@pytest.mark.parametrize("size", [1, 2, 16, 65_536])
def test_small_chunks_cost_no_more_than_the_body(size: int) -> None:
    total = 2**20
    source = random.Random(1).randbytes(total)
    body = Body({}, total, 200)
    tracemalloc.start()
    try:
        for start in range(0, total, size):
            body.feed(source[start : start + size])
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 1.5 * total
    assert peak < 2.5 * total
    assert body.finish() == source
