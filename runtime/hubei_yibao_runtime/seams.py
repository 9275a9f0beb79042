"""What the client asks of its helpers, so that each can be replaced and tested alone."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from .interface import Interface

State = Literal["ok", "rejected", "not_sent", "unknown"]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A write that is about to leave; the journal keeps hashes and masked key fields of it."""

    msgid: str
    interface: Interface
    institution: str  #: fixmedins_code of the envelope
    at: datetime  #: the instant in msgid and inf_time, UTC+8
    input: bytes = field(repr=False)  #: JSON of ``input``
    body: bytes = field(repr=False)  #: the complete message as it will be sent
    psn_no: str | None = field(default=None, repr=False)
    insuplc_admdvs: str | None = None
    attempt: int = 1
    note: str = ""  #: e.g. which record this call resolves
    seconds: float = 600.0  #: after this nobody waits for the answer any more


class MessageIds(Protocol):
    """Message numbers that no thread, process or restart on this host gives out twice."""

    def next(self, code12: str, now: datetime) -> str:
        """30 characters: ``code12`` + yyyyMMddHHmmss + 4 digits; ``inf_time`` is read off it."""
        ...


class Journal(Protocol):
    """The durable record of writes; every method may block and may raise JournalError."""

    def open(self, call: Outgoing) -> None:
        """On disk when this returns; raises JournalError, and then nothing is sent."""
        ...

    def close(
        self,
        msgid: str,
        state: State,
        *,
        infcode: str | None = None,
        inf_refmsgid: str | None = None,
        output: Mapping[str, Any] | None = None,
        note: str = "",
    ) -> None:
        """What became of it; ``output`` is the answer's output as received, to be kept masked."""
        ...

    def unknown(self) -> Sequence[Any]:
        """Records that are open or closed as ``unknown``."""
        ...

    def shutdown(self) -> None:
        """Release files and connections; the journal may be used by nobody afterwards."""
        ...


class SignIn(Protocol):
    """The sign-in number, fetched lazily and shared (single flight) by threads."""

    def current(
        self,
        call: Callable[..., Any],
        *,
        refused: str | None = None,
        seconds: float | None = None,
    ) -> str:
        """The valid ``sign_no``; ``refused`` names one the platform no longer takes.

        ``call`` is the client's own ``call``; made with ``CallOptions(signing_in=True)`` it goes
        out without a sign_no. ``seconds``: the most one attempt to sign in, or waiting for that
        of another thread, may take; None leaves the attempt to settings and profile.
        """
        ...

    def leave(self, call: Callable[..., Any]) -> None:
        """Sign out, if anybody is signed in."""
        ...


class AsyncSignIn(Protocol):
    """The same, shared by tasks."""

    async def current(
        self,
        call: Callable[..., Coroutine[Any, Any, Any]],
        *,
        refused: str | None = None,
        seconds: float | None = None,
    ) -> str: ...

    async def leave(self, call: Callable[..., Coroutine[Any, Any, Any]]) -> None: ...
