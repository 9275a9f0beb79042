"""The clients under the generated ones: settings and connections around the course of a call."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from functools import partial
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from .call import CallOptions
from .conversation import Command, Context, Course, Pause, Send, SignNo, Work, converse
from .drivers import async_driver, sync_driver
from .hooks import Hooks
from .local import open_local
from .msgid import DurableIds
from .protocol import Protocol
from .signin import TaskSignIn, ThreadSignIn

if TYPE_CHECKING:
    from pathlib import Path

    from .clock import Clock
    from .files import ReceivedFile
    from .files.receiving import Progress
    from .interface import Registry
    from .journal import Record, SqlJournal
    from .model import Result
    from .seams import MessageIds
    from .settings import Settings
    from .wire import AsyncDriver, SyncDriver

__all__ = ["AsyncBaseClient", "CallOptions", "SyncClient"]

log = logging.getLogger("hubei_yibao")

_PLAIN = CallOptions()


class _Base:
    """What both clients are made of. Generated clients set ``registry``."""

    registry: ClassVar[Registry]

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        registry: Registry | None = None,
        http_client: Any = None,
        journal: SqlJournal | None = None,
        hooks: Hooks | None = None,
        ids: MessageIds | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Nothing is opened or sent before the first call.

        ``settings``: from the environment where None. ``http_client``: the caller's own httpx2,
        httpx or (async) aiohttp client. ``journal``, ``ids``, ``clock``: instead of those the
        settings ask for. Raises SettingsError where settings or profile contradict themselves.
        """
        if settings is None:
            from .settings import Settings

            settings = Settings.from_env()
        self.settings = settings
        registry = self.registry if registry is None else registry
        self._own_journal = journal is None
        self._journal = open_local(settings) if journal is None else journal
        self._protocol = Protocol(registry, settings, ids or DurableIds(self._journal.store), clock)
        kept = None if settings.journal == "off" else self._journal
        self._context = Context(self._protocol, kept, hooks or Hooks(), self._aside)
        self._http_client = http_client
        self._check()

    def _aside(self, do: Callable[[], None]) -> None:
        do()

    def _check(self) -> None:
        """Faults of settings and profile show at once, not at the first settlement."""
        _ = self._protocol.frame, self._protocol.chain
        if not self.settings.verify_tls:
            log.warning("TLS certificates are not checked (verify_tls = false)")

    def unknown(self) -> Sequence[Record]:
        """Writes of this institution nobody knows the outcome of: look up with ``resolve``."""
        return self._journal.unknown(self.settings.fixmedins_code)

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {self.settings.fixmedins_code} {self._protocol.profile.name}>"
        )


def _options(
    options: CallOptions | None,
    allow_closed: bool,
    msgid: str | None,
    insuplc_admdvs: str | None,
    extra: Mapping[str, str] | None,
    timeout: float | None,
) -> CallOptions:
    base = options or _PLAIN
    if not (allow_closed or msgid or insuplc_admdvs or extra or timeout):
        return base
    return CallOptions(
        allow_closed=allow_closed or base.allow_closed,
        msgid=msgid or base.msgid,
        insuplc_admdvs=insuplc_admdvs or base.insuplc_admdvs,
        extra={**base.extra, **(extra or {})},
        timeout=timeout or base.timeout,
        sign_no=base.sign_no,
        signing_in=base.signing_in,
        note=base.note,
        sink=base.sink,
    )


@contextmanager
def _never_instead_of(outcome: BaseException | None) -> Iterator[None]:
    """An error of closing does not take the place of an ``outcome`` that leaves the block."""
    try:
        yield
    except Exception as failed:
        if outcome is None:
            raise
        log.error("closing the client: %s", getattr(failed, "what", type(failed).__name__))


class SyncClient(_Base):
    """Calls the platform; safe with threads, and usable after a fork."""

    def __init__(self, settings: Settings | None = None, **arguments: Any) -> None:
        super().__init__(settings, **arguments)
        self._driver: SyncDriver = sync_driver(self.settings, self._http_client)
        self._sign_in = ThreadSignIn(
            self._protocol.registry, self.settings, self._protocol.clock, self._journal
        )

    def call(
        self,
        number: str,
        input: Any = None,
        *,
        allow_closed: bool = False,
        msgid: str | None = None,
        insuplc_admdvs: str | None = None,
        extra: Mapping[str, str] | None = None,
        timeout: float | None = None,
        options: CallOptions | None = None,
    ) -> Result:
        """One call; returns its result or raises its outcome as a YibaoError.

        ``input``: a mapping or the interface's model. ``allow_closed``: send although the listing
        says the interface is not open or not for this institution. ``msgid``: an own number.
        ``insuplc_admdvs``: 参保地医保区划 of the person. ``extra``: further envelope keys.
        ``timeout``: seconds for one attempt. ``options``: the same and more, as one object.
        """
        chosen = _options(options, allow_closed, msgid, insuplc_admdvs, extra, timeout)
        course = converse(self._context, number, {} if input is None else input, chosen)
        return self._run(course)

    def _run(self, course: Course) -> Result:
        try:
            command = next(course)
            while True:
                try:
                    reply = self._obey(command)
                except Exception as error:
                    command = course.throw(error)
                else:
                    command = course.send(reply)
        except StopIteration as done:
            result: Result = done.value
            return result
        finally:
            course.close()

    def _obey(self, command: Command) -> Any:
        match command:
            case Send(request):
                return self._driver.send(request)
            case Work(do):
                return do()
            case Pause(seconds):
                return time.sleep(seconds)
            case SignNo(refused, seconds):
                return self._sign_in.current(self.call, refused=refused, seconds=seconds)

    def download(
        self, file_qury_no: str, filename: str, *, timeout: float | None = None, **how: Any
    ) -> ReceivedFile:
        """Fetch a file into a folder, checked and whole, or raise and leave nothing.

        ``how``: ``origin`` the number of the interface that made the file (directories lie under
        another institution code), ``to`` a folder (default: below the state directory),
        ``expires`` its dld_endtime, ``progress(bytes, total)``, ``limits`` (FileLimits),
        ``durable`` False where it need not survive a power cut, ``options``. Raises FileError for what is no sound zip of one text, and as ``call``.
        """
        from .files.download import Fetch

        with Fetch(self._protocol, file_qury_no, filename, **how) as fetch:
            self.call(fetch.number, fetch.input, timeout=timeout, options=fetch.options)
            return fetch.keep()

    def upload(
        self,
        path: str | Path,
        *,
        filename: str | None = None,
        progress: Progress | None = None,
        timeout: float | None = None,
        options: CallOptions | None = None,
    ) -> Result:
        """Send a file in the profile's encoding; the result has its ``file_qury_no``.

        ``filename``: as the platform shall know it, else the file's own. ``progress(bytes,
        total)``: at the start and when the platform has it. Raises FileError where it cannot be
        read or is larger than a request may be, and as ``call``.
        """
        from .files.download import upload_input

        number, given, size = upload_input(self._protocol, path, filename)
        if progress is not None:
            progress(0, size)
        result = self.call(number, given, timeout=timeout, options=options)
        if progress is not None:
            progress(size, size)
        return result

    def resolve(self, msgid: str, **choices: Any) -> Any:
        """Find out what became of a write; see :mod:`hubei_yibao_runtime.resolve`."""
        from .resolve import resolve

        return resolve(self, msgid, **choices)

    def close(self) -> None:
        """Sign out if the settings ask for it, and release connections and journal."""
        try:
            if self.settings.sign_out:
                self._sign_in.leave(self.call)
        finally:
            self._driver.close()
            if self._own_journal:
                self._journal.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with _never_instead_of(error):
            self.close()


class AsyncBaseClient(_Base):
    """The same for the tasks of one asyncio event loop; blocking disk work runs in threads."""

    def __init__(self, settings: Settings | None = None, **arguments: Any) -> None:
        self._late: set[Future[None]] = set()
        super().__init__(settings, **arguments)
        self._driver: AsyncDriver = async_driver(self.settings, self._http_client)
        self._sign_in = TaskSignIn(
            self._protocol.registry, self.settings, self._protocol.clock, self._journal
        )

    def _aside(self, do: Callable[[], None]) -> None:
        """In a thread of its own: a locked journal must not hold the event loop."""
        done: Future[None] = Future()

        def work() -> None:
            try:
                do()
            finally:
                done.set_result(None)

        self._late.add(done)
        done.add_done_callback(self._late.discard)
        Thread(target=work, name="hubei-yibao-late").start()

    def unknown(self) -> Sequence[Record]:
        """As :meth:`SyncClient.unknown`; calls just cancelled are among them."""
        wait(list(self._late))
        return super().unknown()

    async def call(
        self,
        number: str,
        input: Any = None,
        *,
        allow_closed: bool = False,
        msgid: str | None = None,
        insuplc_admdvs: str | None = None,
        extra: Mapping[str, str] | None = None,
        timeout: float | None = None,
        options: CallOptions | None = None,
    ) -> Result:
        """As :meth:`SyncClient.call`. A cancelled write is in the journal as unknown."""
        chosen = _options(options, allow_closed, msgid, insuplc_admdvs, extra, timeout)
        course = converse(self._context, number, {} if input is None else input, chosen)
        return await self._run(course)

    async def _run(self, course: Course) -> Result:
        try:
            command = next(course)
            while True:
                try:
                    reply = await self._obey(command)
                except Exception as error:
                    command = course.throw(error)
                else:
                    command = course.send(reply)
        except StopIteration as done:
            result: Result = done.value
            return result
        finally:
            course.close()

    async def _obey(self, command: Command) -> Any:
        match command:
            case Send(request):
                return await self._driver.send(request)
            case Work(do):
                return await asyncio.to_thread(do)
            case Pause(seconds):
                return await asyncio.sleep(seconds)
            case SignNo(refused, seconds):
                return await self._sign_in.current(self.call, refused=refused, seconds=seconds)

    async def download(
        self, file_qury_no: str, filename: str, *, timeout: float | None = None, **how: Any
    ) -> ReceivedFile:
        """As :meth:`SyncClient.download`."""
        from .files.download import Fetch

        with await asyncio.to_thread(
            partial(Fetch, self._protocol, file_qury_no, filename, **how)
        ) as fetch:
            await self.call(fetch.number, fetch.input, timeout=timeout, options=fetch.options)
            return await asyncio.to_thread(fetch.keep)

    async def upload(
        self,
        path: str | Path,
        *,
        filename: str | None = None,
        progress: Progress | None = None,
        timeout: float | None = None,
        options: CallOptions | None = None,
    ) -> Result:
        """As :meth:`SyncClient.upload`."""
        from .files.download import upload_input

        number, given, size = await asyncio.to_thread(upload_input, self._protocol, path, filename)
        if progress is not None:
            progress(0, size)
        result = await self.call(number, given, timeout=timeout, options=options)
        if progress is not None:
            progress(size, size)
        return result

    async def resolve(self, msgid: str, **choices: Any) -> Any:
        """Find out what became of a write; see :mod:`hubei_yibao_runtime.resolve`."""
        from .resolve import resolve_async

        return await resolve_async(self, msgid, **choices)

    async def aclose(self) -> None:
        """Sign out if the settings ask for it, and release connections and journal."""
        try:
            if self.settings.sign_out:
                await self._sign_in.leave(self.call)
        finally:
            await self._driver.close()
            await asyncio.to_thread(wait, list(self._late))
            if self._own_journal:
                await asyncio.to_thread(self._journal.shutdown)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with _never_instead_of(error):
            await self.aclose()
