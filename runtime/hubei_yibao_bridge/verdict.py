"""What became of a call, as the HTTP status from which the client reads its four outcomes."""

from __future__ import annotations

from typing import NamedTuple

ANSWERED = 200
#: The client takes these for NotSent: they are among its refusals before the business system.
BAD_REQUEST, NO_COMPONENT, NOT_NOW = 400, 404, 429
#: Every 5xx is OutcomeUnknown there.
FAILED, DEADLINE = 502, 504


class Verdict(NamedTuple):
    """``text``: the answer as the component gave it, or the reason without any content of it."""

    status: int
    text: str

    @property
    def answered(self) -> bool:
        return self.status == ANSWERED

    @property
    def unknown(self) -> bool:
        return self.status >= 500
