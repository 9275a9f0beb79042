"""Signing in: once per institution, operator and day (UTC+8), fetched when first needed.

The number is kept in the journal's database too, so that other processes and a restart use the
same one. Node and field names come from the tables of the interfaces with the roles ``sign_in``
and ``sign_out``.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from .call import CallOptions
from .errors import JournalError, NotSent, OutcomeUnknown, YibaoError
from .journal import SqlJournal
from .roles import by_role, filled, rows

if TYPE_CHECKING:
    from .clock import Clock
    from .interface import Registry
    from .model import Result
    from .settings import Settings

#: The envelope key, and the field of the sign-in's answer and of the sign-out.
SIGN_NO = "sign_no"


class _Held(NamedTuple):
    day: str
    number: str
    own: bool  #: fetched by this process, not found in the journal


class _Signing:
    """What the sync and async forms share: everything but the call."""

    def __init__(
        self, registry: Registry, settings: Settings, clock: Clock, journal: SqlJournal | None
    ) -> None:
        self._registry = registry
        self._settings = settings
        self._clock = clock
        self._journal = journal
        self._held: _Held | None = None

    def _today(self) -> str:
        return self._clock.now().strftime("%Y-%m-%d")

    def _valid(self, refused: str | None) -> str | None:
        held = self._held
        usable = held is not None and held.day == self._today() and held.number != refused
        return held.number if held is not None and usable else None

    def _kept(self, refused: str | None) -> str | None:
        if self._journal is None:
            return None
        day = self._today()
        found = self._journal.sign_in(self._settings.fixmedins_code, self._settings.opter, day)
        if found is None or found == refused:
            return None
        self._held = _Held(day, found, own=False)
        return found

    def _ask(self, role: str, number: str = "") -> tuple[str, dict[str, Any]]:
        """The interface's number and its input, filled from what is known here by field name."""
        interface = by_role(self._registry, role)
        known = {"opter_no": self._settings.opter, SIGN_NO: number}
        if role == "sign_in":
            known |= {"mac": _mac(), "ip": _ip(self._settings.wire.routing.url(interface.number))}
        known |= self._settings.station
        return interface.number, filled(interface, known)

    def _take(self, result: Result, day: str) -> str:
        found = (row.get(SIGN_NO) for row in rows(result.model_dump(by_alias=True)))
        number = next((value for value in found if isinstance(value, str) and value), None)
        if number is None:
            raise NotSent(
                f"the sign-in was answered without {SIGN_NO}; nothing else was sent",
                infno=by_role(self._registry, "sign_in").number, msgid=result.msgid,
                advice="repeat, or set a fixed sign_no",
            )  # fmt: skip
        self._held = _Held(day, number, own=True)
        self._keep(day, number)
        return number

    def _keep(self, day: str, number: str | None) -> None:
        if self._journal is not None:
            with suppress(JournalError):  # only a convenience for other processes
                self._journal.keep_sign_in(
                    self._settings.fixmedins_code, self._settings.opter, day, number
                )

    def _leaving(self) -> _Held | None:
        """What to sign out: only a number of today that this process fetched itself."""
        held, self._held = self._held, None
        return held if held is not None and held.own and held.day == self._today() else None


class ThreadSignIn(_Signing):
    """Shared by the threads of a process: one asks, the others wait for its number or error."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._lock = threading.Lock()
        self._flight: Future[str] | None = None

    def current(self, call: Callable[..., Any], *, refused: str | None = None) -> str:
        """The valid number; ``refused`` names one the platform no longer takes."""
        with self._lock:
            if (number := self._valid(refused)) is not None:
                return number
            flight, mine = self._flight, self._flight is None
            if flight is None:
                flight = self._flight = Future()
        if mine:
            try:
                flight.set_result(self._fetch(call, refused))
            except BaseException as error:
                flight.set_exception(error)
            finally:
                with self._lock:
                    self._flight = None
        return flight.result()

    def _fetch(self, call: Callable[..., Any], refused: str | None) -> str:
        kept = self._kept(refused)
        if kept is not None:
            return kept
        day = self._today()
        number, values = self._ask("sign_in")
        try:
            return self._take(call(number, values, options=CallOptions(signing_in=True)), day)
        except OutcomeUnknown as error:
            raise _failed(error) from error

    def leave(self, call: Callable[..., Any]) -> None:
        """Signs out if this process signed in today; otherwise nothing is sent."""
        held = self._leaving()
        if held is not None:
            self._keep(held.day, None)
            call(*self._ask("sign_out", held.number), options=CallOptions(sign_no=held.number))


class TaskSignIn(_Signing):
    """The same for the tasks of an event loop; a cancelled caller does not cancel the others."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._flight: asyncio.Task[str] | None = None

    async def current(
        self, call: Callable[..., Awaitable[Any]], *, refused: str | None = None
    ) -> str:
        """The valid number; ``refused`` names one the platform no longer takes."""
        if (number := self._valid(refused)) is not None:
            return number
        if self._flight is None or self._flight.done():
            self._flight = asyncio.ensure_future(self._fetch(call, refused))
        return await asyncio.shield(self._flight)

    async def _fetch(self, call: Callable[..., Awaitable[Any]], refused: str | None) -> str:
        kept = await asyncio.to_thread(self._kept, refused)
        if kept is not None:
            return kept
        day = self._today()
        number, values = self._ask("sign_in")
        try:
            result = await call(number, values, options=CallOptions(signing_in=True))
        except OutcomeUnknown as error:
            raise _failed(error) from error
        return await asyncio.to_thread(self._take, result, day)

    async def leave(self, call: Callable[..., Awaitable[Any]]) -> None:
        """Signs out if this process signed in today; otherwise nothing is sent."""
        held = self._leaving()
        if held is not None:
            await asyncio.to_thread(self._keep, held.day, None)
            asked = self._ask("sign_out", held.number)
            await call(*asked, options=CallOptions(sign_no=held.number))


def _failed(error: YibaoError) -> NotSent:
    """An unknown sign-in leaves the caller's own message certainly unsent."""
    return NotSent(
        f"the sign-in got no answer ({error.what}); nothing else was sent",
        infno=error.infno, name=error.name, msgid=error.msgid, advice="repeat",
    )  # fmt: skip


def _mac() -> str:
    node = uuid.getnode()
    return "-".join(f"{node >> shift & 0xFF:02X}" for shift in range(40, -8, -8))


def _ip(url: str) -> str:
    """This host's address on the way to the platform; a connected UDP socket sends nothing."""
    where = urlsplit(url)
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((where.hostname, where.port or 80))
        return str(probe.getsockname()[0])
    return "127.0.0.1"
