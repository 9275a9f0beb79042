"""Zip files, good and bad, byte by byte as a platform might send them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

DAY = (2026, 11, 23, 0, 0, 0)  #: of every member: the same bytes at any time
TEXT = "A1\t名称一\tnull\t1\nA2\t\t2026-01-01\t0".encode()


def packed(
    *members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED, level: int | None = None
) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method, compresslevel=level) as archive:
        for name, content in members:
            member = zipfile.ZipInfo(name, DAY)
            member.compress_type = method
            archive.writestr(member, content, compresslevel=level)
    return target.getvalue()


def good(content: bytes = TEXT, name: str = "rows.txt") -> bytes:
    return packed((name, content))


def wrong_crc() -> bytes:
    data = bytearray(packed(("rows.txt", TEXT), method=zipfile.ZIP_STORED))
    at = data.index(TEXT)
    data[at] ^= 0xFF
    return bytes(data)


def bomb(megabytes: int) -> bytes:
    return packed(("rows.txt", b"\0" * megabytes * 2**20), level=9)


def claiming(size: int) -> bytes:
    """The directory says that the member unfolds to ``size`` bytes; it has a few."""
    data = bytearray(good())
    entry = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, entry + 24, size)
    return bytes(data)


def understating() -> bytes:
    """A bomb whose directory and head say that it holds ten bytes."""
    data = bytearray(bomb(40))
    entry = data.index(b"PK\x01\x02")
    for place in (22, entry + 24):
        struct.pack_into("<I", data, place, 10)
    struct.pack_into("<I", data, 14, zlib.crc32(b"\0" * 9))
    return bytes(data)


def encrypted() -> bytes:
    data = bytearray(good())
    entry = data.index(b"PK\x01\x02")
    for place in (6, entry + 8):
        struct.pack_into("<H", data, place, 1)
    return bytes(data)
