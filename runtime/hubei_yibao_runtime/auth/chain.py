"""The signing schemes of a profile as the protocol uses them: in order, step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .base import Preflight, Scheme, Signing

if TYPE_CHECKING:
    from datetime import datetime

    from ..interface import Interface


class Chain:
    """Asks only those schemes that take part in a step; most have one of the six."""

    def __init__(self, schemes: Sequence[Scheme]) -> None:
        self.schemes = tuple(schemes)
        self._envelope = self._taking_part("envelope")
        self._input = self._taking_part("input")
        self._message = self._taking_part("message")
        self._headers = self._taking_part("headers")
        self._answer = self._taking_part("answer")
        self._preflight = [scheme for scheme in self.schemes if _own(scheme, "preflight")]

    def _taking_part(self, step: str) -> list[Callable[..., Any]]:
        return [getattr(scheme, step) for scheme in self.schemes if _own(scheme, step)]

    def preflights(self, now: Callable[[], datetime]) -> list[tuple[Scheme, Preflight]]:
        """Requests that are due before the next call."""
        if not self._preflight:
            return []
        wanted = [(scheme, scheme.preflight(now())) for scheme in self._preflight]
        return [(scheme, flight) for scheme, flight in wanted if flight is not None]

    def envelope(self, call: Signing, envelope: dict[str, str]) -> None:
        """Put the schemes' keys into ``envelope``, which is ``call.envelope``."""
        for step in self._envelope:
            envelope.update(step(call))

    def input(self, call: Signing) -> bytes:
        """JSON of ``input`` as it is sent."""
        sent = call.input
        for step in self._input:
            sent = step(replace(call, input=sent))
        return sent

    def message(self, call: Signing, message: bytes) -> bytes:
        """The whole message as it is sent."""
        for step in self._message:
            message = step(call, message)
        return message

    def headers(self, call: Signing, body: bytes, headers: dict[str, str]) -> None:
        """Put the schemes' headers for ``body`` into ``headers``."""
        for step in self._headers:
            headers.update(step(call, body))

    def answer(self, interface: Interface, body: bytes) -> bytes:
        """The body of an answer in the ordinary form."""
        for step in self._answer:
            body = step(interface, body)
        return body

    def refused(self) -> bool:
        """The gateway refused a call; True if some scheme dropped something stale."""
        dropped = [scheme.refused() for scheme in self.schemes]
        return any(dropped)


def _own(scheme: Scheme, step: str) -> bool:
    """Whether a scheme does something of its own in a step."""
    return getattr(getattr(scheme, step), "__func__", None) is not vars(Scheme)[step]
