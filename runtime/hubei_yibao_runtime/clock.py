"""The platform's time: UTC+8 always, corrected by what the platform's answers say."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import lru_cache

UTC8 = timezone(timedelta(hours=8), "UTC+8")
#: Offsets below this are noise: HTTP dates and most answers count whole seconds.
NOISE = timedelta(seconds=2)
#: Offsets above this are taken for a broken server clock and ignored.
LIMIT = timedelta(hours=24)

_PLAIN = re.compile(r"^(\d{4})-?(\d\d)-?(\d\d)[ T]?(\d\d):?(\d\d):?(\d\d)[.]?(\d{1,6})?$")


def _host_time() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC8)


class Clock:
    """Tells the platform's time; safe with threads.

    ``local`` returns the host's time as an aware datetime (tests replace it).
    """

    def __init__(self, local: Callable[[], datetime] | None = None) -> None:
        self._local = local or _host_time
        self._offset = timedelta(0)
        self._lock = threading.Lock()

    @property
    def offset(self) -> timedelta:
        """What is added to the host's time."""
        return self._offset

    def now(self) -> datetime:
        """The platform's time, aware, UTC+8."""
        return (self._local() + self._offset).astimezone(UTC8)

    def learn(self, stated: datetime, asked_at: datetime) -> bool:
        """Take over the platform's ``stated`` time from an answer to a question of ``asked_at``.

        ``asked_at`` is a value of :meth:`now`. The time is compared with the middle of the round
        trip, which bounds what can be told; True if the offset was changed.
        """
        with self._lock:
            half_trip = (self.now() - asked_at) / 2
            error = stated - (asked_at + half_trip)
            if abs(error) <= NOISE + abs(half_trip) or abs(self._offset + error) > LIMIT:
                return False
            self._offset += error
            return True


@lru_cache(maxsize=16)
def http_date(value: str | None) -> datetime | None:
    """An HTTP ``Date`` header as an aware datetime, None where it is missing or unreadable."""
    if not value:
        return None
    try:
        stated = parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return stated.replace(tzinfo=UTC) if stated.tzinfo is None else stated


def platform_time(value: object) -> datetime | None:
    """``respond_time``/``refmsg_time`` (yyyy-MM-dd HH:mm:ss, or 14 to 17 digits) as UTC+8."""
    match = _PLAIN.match(value) if isinstance(value, str) else None
    if match is None:
        return None
    *parts, fraction = match.groups()
    year, month, day, hour, minute, second = map(int, parts)
    try:
        return datetime(
            year, month, day, hour, minute, second,
            int((fraction or "0").ljust(6, "0")), UTC8,
        )  # fmt: skip
    except ValueError:
        return None
