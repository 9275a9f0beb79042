"""Signing in: once per institution, operator and day (UTC+8), fetched when first needed.

The number is kept in the journal's database too, so that other processes and a restart use the
same one. Node and field names come from the tables of the interfaces with the roles ``sign_in``
and ``sign_out``.

A sign-in under way is a future that all who need its number wait for. The clients of a process
that share journal, institution and operator share it too: see ``_Signing._whose``.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import uuid
from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import Future, wait
from contextlib import suppress
from functools import partial
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
    own: bool  #: fetched by this client, not found in the journal or got from another client


class _Led(Future[_Held]):
    """A sign-in under way in the thread that made this."""

    def __init__(self) -> None:
        super().__init__()
        self.leader = threading.get_ident()


_Flight = _Led | asyncio.Task[_Held]

#: What is under way in this process. Single operations of a dict are atomic, so it has no lock
#: that a fork could leave taken.
_by_thread: dict[Hashable, _Led] = {}
_by_task: dict[Hashable, asyncio.Task[_Held]] = {}


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

    def _whose(self, loop: asyncio.AbstractEventLoop | None = None) -> Hashable:
        """What a sign-in is shared by: process, event loop if any, journal, institution, operator.

        A forked child has another name, so it never waits for a thread its parent kept.
        """
        place = self if self._journal is None else _address(self._journal)
        return os.getpid(), loop, place, self._settings.fixmedins_code, self._settings.opter

    def _shared(self, flight: _Flight, refused: str | None, seconds: float | None) -> str | None:
        """The number another's sign-in brought, or its error raised; None: it is to be tried anew.

        That is where its leader was interrupted or cancelled, or found the refused number in the
        journal. NotSent where the sign-in has not ended within ``seconds``.
        """
        if not flight.done():
            raise self._unsent(
                f"another's sign-in got no answer within {seconds:g} s; nothing else was sent"
            )
        if flight.cancelled() or not isinstance(flight.exception(), Exception | None):
            return None
        held = flight.result()
        if held.number == refused and not held.own:
            return None
        if self._valid(refused) is None and self._held != held:
            self._held = held._replace(own=False)
        return held.number

    def _unsent(self, what: str, advice: str = "repeat", **more: Any) -> NotSent:
        interface = by_role(self._registry, "sign_in")
        return NotSent(what, infno=interface.number, name=interface.name, advice=advice, **more)

    def _nested(self) -> NotSent:
        return self._unsent(
            "the client was called from within its own sign-in; this call was not sent",
            "let hooks and transports call the client only for other interfaces",
            safe_to_repeat=False,
        )

    def _kept(self, refused: str | None) -> _Held | None:
        """The number somebody else has left meanwhile, here or in the journal."""
        if self._valid(refused) is not None:
            return self._held
        if self._journal is None:
            return None
        day = self._today()
        found = self._journal.sign_in(self._settings.fixmedins_code, self._settings.opter, day)
        if found is None or found == refused:
            return None
        self._held = held = _Held(day, found, own=False)
        return held

    def _ask_in(self, seconds: float | None) -> tuple[str, dict[str, Any]]:
        """The sign-in's number and input; ``seconds``: the most looking for the address may take."""
        settings, interface = self._settings, by_role(self._registry, "sign_in")
        station = dict(settings.station)
        if "ip" not in station:
            wire = settings.wire
            most = seconds or settings.timeout or wire.timeouts.session
            station["ip"] = _ip(
                wire.routing.url(interface.number), min(most, wire.timeouts.connect)
            )
        known = {"opter_no": settings.opter, SIGN_NO: "", "mac": _mac()}
        return interface.number, filled(interface, known | station)

    def _ask_out(self, number: str) -> tuple[str, dict[str, Any]]:
        """The sign-out's number and input."""
        interface = by_role(self._registry, "sign_out")
        known = {"opter_no": self._settings.opter, SIGN_NO: number}
        return interface.number, filled(interface, known | self._settings.station)

    def _take(self, result: Result, day: str) -> _Held:
        found = (row.get(SIGN_NO) for row in rows(result.model_dump(by_alias=True)))
        number = next((value for value in found if isinstance(value, str) and value), None)
        if number is None:
            raise self._unsent(
                f"the sign-in was answered without {SIGN_NO}; nothing else was sent",
                "repeat, or set a fixed sign_no",
                msgid=result.msgid,
            )
        self._held = held = _Held(day, number, own=True)
        self._keep(day, number)
        return held

    def _keep(self, day: str, number: str | None) -> None:
        if self._journal is not None:
            with suppress(JournalError):  # only a convenience for other processes
                self._journal.keep_sign_in(
                    self._settings.fixmedins_code, self._settings.opter, day, number
                )

    def _leaving(self) -> _Held | None:
        """What to sign out: only a number of today that this client fetched itself."""
        held, self._held = self._held, None
        return held if held is not None and held.own and held.day == self._today() else None


class ThreadSignIn(_Signing):
    """Shared by the threads of a process: one asks, the others wait for its number or error."""

    def current(
        self,
        call: Callable[..., Any],
        *,
        refused: str | None = None,
        seconds: float | None = None,
    ) -> str:
        """The valid number; ``refused`` names one the platform no longer takes.

        ``seconds``: the most one attempt to sign in, or waiting for another thread's, may take.
        """
        while (number := self._valid(refused)) is None:
            mine = _Led()
            flight = self._join(mine, call, refused, seconds)
            if flight is mine:
                return flight.result().number
            wait([flight], seconds)
            if (shared := self._shared(flight, refused, seconds)) is not None:
                return shared
        return number

    def _join(
        self, mine: _Led, call: Callable[..., Any], refused: str | None, seconds: float | None
    ) -> _Led:
        """The sign-in under way; where there is none, ``mine``, which has ended then."""
        whose = self._whose()
        try:
            flight = _by_thread.setdefault(whose, mine)
            if flight is mine:
                mine.set_result(self._fetch(call, refused, seconds))
            elif flight.leader == mine.leader and not flight.done():
                raise self._nested()
            return flight
        except BaseException as error:
            if not mine.done():
                mine.set_exception(error)
            raise
        finally:
            if _by_thread.get(whose) is mine:
                del _by_thread[whose]

    def _fetch(self, call: Callable[..., Any], refused: str | None, seconds: float | None) -> _Held:
        kept = self._kept(refused)
        if kept is not None:
            return kept
        day = self._today()
        options = CallOptions(signing_in=True, timeout=seconds)
        try:
            return self._take(call(*self._ask_in(seconds), options=options), day)
        except OutcomeUnknown as error:
            raise _failed(error) from error

    def leave(self, call: Callable[..., Any]) -> None:
        """Signs out if this client signed in today; otherwise nothing is sent."""
        held = self._leaving()
        if held is not None:
            self._keep(held.day, None)
            call(*self._ask_out(held.number), options=CallOptions(sign_no=held.number))


class TaskSignIn(_Signing):
    """The same for the tasks of an event loop; a cancelled caller does not cancel the others."""

    async def current(
        self,
        call: Callable[..., Awaitable[Any]],
        *,
        refused: str | None = None,
        seconds: float | None = None,
    ) -> str:
        """The valid number; ``refused`` names one the platform no longer takes.

        ``seconds``: the most one attempt to sign in, or waiting for another task's, may take.
        """
        while (number := self._valid(refused)) is None:
            whose = self._whose(asyncio.get_running_loop())
            flight = _by_task.get(whose)
            if flight is None or flight.done():
                flight = asyncio.ensure_future(self._fetch(call, refused, seconds))
                _by_task[whose] = flight
                flight.add_done_callback(partial(_forget, whose))
                await asyncio.wait([flight])
                return flight.result().number
            if flight is asyncio.current_task():
                raise self._nested()
            await asyncio.wait([flight], timeout=seconds)
            if (shared := self._shared(flight, refused, seconds)) is not None:
                return shared
        return number

    async def _fetch(
        self, call: Callable[..., Awaitable[Any]], refused: str | None, seconds: float | None
    ) -> _Held:
        kept = await asyncio.to_thread(self._kept, refused)
        if kept is not None:
            return kept
        day = self._today()
        asked = await asyncio.to_thread(self._ask_in, seconds)
        try:
            result = await call(*asked, options=CallOptions(signing_in=True, timeout=seconds))
        except OutcomeUnknown as error:
            raise _failed(error) from error
        return await asyncio.to_thread(self._take, result, day)

    async def leave(self, call: Callable[..., Awaitable[Any]]) -> None:
        """Signs out if this client signed in today; otherwise nothing is sent."""
        held = self._leaving()
        if held is not None:
            await asyncio.to_thread(self._keep, held.day, None)
            asked = self._ask_out(held.number)
            await call(*asked, options=CallOptions(sign_no=held.number))


def _forget(whose: Hashable, flight: asyncio.Task[_Held]) -> None:
    """Takes an ended sign-in off the list; its error is nobody's if all callers have gone."""
    if _by_task.get(whose) is flight:
        del _by_task[whose]
    if not flight.cancelled():
        flight.exception()


def _address(journal: SqlJournal) -> Hashable:
    """The same for journals over one file or database; the store itself where it tells neither."""
    store = journal.store
    place = getattr(store, "path", None) or getattr(store, "_url", None)
    return store if place is None else str(place)


def _failed(error: YibaoError) -> NotSent:
    """An unknown sign-in leaves the caller's own message certainly unsent."""
    return NotSent(
        f"the sign-in got no answer ({error.what}); nothing else was sent",
        infno=error.infno, name=error.name, msgid=error.msgid, advice="repeat",
    )  # fmt: skip


def _mac() -> str:
    node = uuid.getnode()
    return "-".join(f"{node >> shift & 0xFF:02X}" for shift in range(40, -8, -8))


def _ip(url: str, seconds: float) -> str:
    """This host's address on the way to the platform; 127.0.0.1 if not found within ``seconds``.

    The system's resolver knows no time-out, so it is waited for.
    """
    found: Future[str] = Future()

    def probe() -> None:
        found.set_result(_way_to(url))

    threading.Thread(target=probe, name="hubei-yibao-station", daemon=True).start()
    with suppress(TimeoutError):
        return found.result(seconds)
    return "127.0.0.1"


def _way_to(url: str) -> str:
    """The local address of a connected UDP socket, which sends nothing."""
    with suppress(OSError, ValueError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        where = urlsplit(url)
        probe.connect((where.hostname, where.port or 80))
        return str(probe.getsockname()[0])
    return "127.0.0.1"
