"""What the workflows of this process work with; DBOS knows workflows by function, not object."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from hubei_yibao_runtime.errors import SettingsError

from ..config import JobsSettings
from ..outbox import Desk

#: Part of every stored workflow: one more whenever the steps of a workflow change, so that
#: workflows begun by an older release are finished by it or taken up afresh from the outbox.
VERSION = "1"
APPLICATION = "yibao-jobs"


class Flights:
    """Messages under way; once closing, no upload starts any more and those under way end."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0
        self._closing = False

    @contextmanager
    def flight(self, *, upload: bool) -> Iterator[None]:
        """A refused upload stays in the outbox and is taken up after the restart."""
        with self._changed:
            if self._closing and upload:
                raise SettingsError("this worker is ending")
            self._count += 1
        try:
            yield
        finally:
            with self._changed:
                self._count -= 1
                self._changed.notify_all()

    def close(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        with self._changed:
            self._closing = True
            self._changed.wait_for(lambda: not self._count, max(0.0, end - time.monotonic()))


@dataclass(frozen=True)
class Bench:
    """Settings of the jobs and a desk per institution code."""

    jobs: JobsSettings
    desks: dict[str, Desk]
    flights: Flights = field(default_factory=Flights)


_bench: Bench | None = None


def lay(bench: Bench | None) -> None:
    """Makes it the one of this process; None clears it."""
    global _bench
    _bench = bench


def flights() -> Flights:
    return _laid().flights


def jobs() -> JobsSettings:
    return _laid().jobs


def desk(institution: str) -> Desk:
    """Raises SettingsError where this worker does not serve the institution."""
    try:
        return _laid().desks[institution]
    except KeyError:
        raise SettingsError(f"this worker does not serve {institution}") from None


def _laid() -> Bench:
    if _bench is None:
        raise SettingsError("no worker is running in this process")
    return _bench


def upload_queue(institution: str) -> str:
    return f"yibao-upload-{institution}"


def run_queue(institution: str) -> str:
    return f"yibao-run-{institution}"


def settle_queue(institution: str) -> str:
    return f"yibao-settle-{institution}"
