"""A file while it arrives: in a temporary file beside its target, whole or not at all."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from ..wire import WireFault

#: Called with bytes so far and bytes in all (None where the platform does not say).
Progress = Callable[[int, int | None], object]

_ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
_PREFIX, _SUFFIX = ".yibao-", ".part"
_OLD = 86400  #: seconds after which nobody writes a temporary file any more
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)", re.ASCII)


class Spool:
    """The wire's sink. A second attempt goes on where the first broke off only if the platform

    itself offered that for this very content (a strong ETag and ``Accept-Ranges: bytes``) and then
    answers 206 with the same ETag, size and place; otherwise it begins again at the first byte.
    """

    def __init__(self, folder: Path, limit: int, progress: Progress | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        descriptor, name = tempfile.mkstemp(prefix=_PREFIX, suffix=_SUFFIX, dir=folder)
        self._file = os.fdopen(descriptor, "w+b")
        self.path = Path(name)
        self.limit = limit
        self.problem = ""
        self.attempts: list[int] = []  #: place at which each answer with a file began
        self._progress = progress
        self._size = 0
        self._total: int | None = None
        self._tag = ""

    @property
    def size(self) -> int:
        return self._size

    def headers(self) -> Mapping[str, str]:
        if not (self._tag and self._size):
            return {}
        return {"Range": f"bytes={self._size}-", "If-Range": self._tag}

    def begin(self, status: int, headers: Mapping[str, str]) -> bool | None:
        if status == 206:
            place = _CONTENT_RANGE.fullmatch(headers.get("content-range", "").strip())
            if (
                place is not None
                and self._tag
                and headers.get("etag") == self._tag
                and int(place[1]) == self._size
                and int(place[2]) == self._total
            ):
                self.attempts.append(self._size)
                return True
            self._tag = ""
            raise WireFault("a part of another file came", sent=True, status=status)
        self._restart()
        if not 200 <= status < 300:
            return False
        length = headers.get("content-length", "")
        plain = headers.get("content-encoding", "identity").strip().lower() in ("", "identity")
        self._total = int(length) if plain and length.isdecimal() else None
        tag = headers.get("etag", "")
        if self._total and headers.get("accept-ranges", "") == "bytes" and tag.startswith('"'):
            self._tag = tag
        return None

    def is_file(self, head: bytes) -> bool:
        if head.startswith(_ZIPS):
            self.attempts.append(0)
            return True
        self._tag = ""
        return False

    def write(self, part: bytes) -> None:
        try:
            self._file.write(part)
        except OSError as error:
            self.problem = f"the file cannot be written: {error.strerror}"
            raise WireFault(self.problem, sent=True) from error
        self._size += len(part)
        if self._progress is not None:
            self._progress(self._size, self._total)

    def _restart(self) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._size, self._total, self._tag = 0, None, ""

    def flush(self, *, durable: bool) -> None:
        """Readable by its name when this returns; if ``durable``, on the disk too."""
        self._file.flush()
        if durable:
            os.fsync(self._file.fileno())

    def move_to(self, target: Path) -> None:
        """Take the target's name, in one step."""
        self._file.close()
        os.replace(self.path, target)

    def discard(self) -> None:
        """Leave nothing behind; after ``move_to`` there is nothing left to discard."""
        self._file.close()
        self.path.unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Remove what killed processes left."""
    for left in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        with suppress(OSError):
            if left.stat().st_mtime < time.time() - _OLD:
                left.unlink()
