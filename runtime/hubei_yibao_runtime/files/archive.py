"""Zip files of the platform: one text inside, checked before anybody reads it.

Nothing is ever unpacked onto the disk; the text is read out of the archive as a stream.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..errors import FileError

PIECE = 2**20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
#: Ratios of texts below this size, bytes, are not looked at: they can do no harm.
_HARMLESS = 16 * 2**20
_DAMAGES = (zipfile.BadZipFile, zlib.error, EOFError)


@dataclass(frozen=True, slots=True)
class FileLimits:
    """What is taken at most: bytes of the zip, bytes of the text, and text bytes per zip byte.

    Rows that are mostly ``null`` pack 200 to 1; what deflate can do at all is about 1000 to 1.
    """

    packed: int = 2**30
    unpacked: int = 4 * 2**30
    ratio: int = 400


@dataclass(frozen=True, slots=True)
class Member:
    """The only member of an archive."""

    name: str
    size: int  #: bytes of the text


def check(path: Path, limits: FileLimits | None = None) -> Member:
    """Read the whole archive once: structure, size, ratio and CRC. Raises FileError."""
    with open_text(path, limits) as (found, stream):
        while stream.read(PIECE):
            pass
        return found


@contextmanager
def open_text(path: Path, limits: FileLimits | None = None) -> Iterator[tuple[Member, IO[bytes]]]:
    """The only member as a stream; what is wrong with it raises FileError, the CRC at its end."""
    with _opened(path) as archive:
        found = _only(archive, limits or FileLimits())
        with archive.open(found) as stream:
            yield Member(found.filename, found.file_size), stream


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except _DAMAGES as error:
        raise FileError(
            f"{path.name} is no sound zip: {error or type(error).__name__}",
            advice="fetch it again; if it stays so, ask the platform",
            safe_to_repeat=True,
        ) from error


def _only(archive: zipfile.ZipFile, limits: FileLimits) -> zipfile.ZipInfo:
    members = archive.infolist()
    if len(members) != 1:
        raise FileError(f"the zip holds {len(members)} members where one text file is expected")
    found = members[0]
    name = found.orig_filename
    if found.is_dir() or not plain_name(name):
        raise FileError("the zip's member is a folder or names a place outside it")
    if found.flag_bits & _ENCRYPTED or found.compress_type not in _METHODS:
        raise FileError("the zip's member is encrypted or packed in a way nobody publishes")
    if found.file_size > limits.unpacked:
        raise FileError(
            f"the text has {found.file_size} bytes; at most {limits.unpacked} are taken"
        )
    packed = max(found.compress_size, 1)
    if found.file_size > max(_HARMLESS, packed * limits.ratio):
        raise FileError(
            f"{packed} bytes unfold to {found.file_size}, more than {limits.ratio} to 1"
        )
    return found


def plain_name(name: str) -> bool:
    """Whether a name names a file here and nowhere else, on every system."""
    return bool(name.strip(". ")) and not set(name) & set('/\\:\0*?"<>|\r\n\t')
