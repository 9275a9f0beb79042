"""Long ranges of time cut into short ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TypeVar

Moment = TypeVar("Moment", date, datetime)
#: The platform's times have whole seconds, its dates whole days: the next window begins one later.
_SECOND, _DAY = timedelta(seconds=1), timedelta(days=1)


def windows(begin: Moment, end: Moment, longest: timedelta) -> Iterator[tuple[Moment, Moment]]:
    """Windows that cover ``begin`` to ``end``, both inclusive, without gap or overlap.

    Two dates give dates (``longest`` counts days, both ends included), two datetimes give
    datetimes in whole seconds. No published rule of Hubei limits a range, so ``longest`` is the
    caller's: what the bureau names. Raises ValueError where ``longest`` is shorter than one step.
    """
    step = _SECOND if isinstance(begin, datetime) else _DAY
    if longest < step:
        raise ValueError(f"a window is at least {step} long")
    while begin <= end:
        last = min(end, begin + (longest - step))
        yield begin, last
        begin = last + step
