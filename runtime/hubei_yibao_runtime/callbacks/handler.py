"""Body in, answer out: check, hand to the hospital's function exactly once, answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..codec import encode_output
from ..errors import RequestInvalid, SettingsError
from ..interface import Interface, Registry
from ..model import Repair, RequestModel
from .forms import Form, Message, Refused, usable_id
from .reading import Reading
from .store import Busy, Conflict, Declined, Key, Reply, Store

log = logging.getLogger("hubei_yibao.callbacks")

_TYPE = "application/json;charset=utf-8"
#: The only texts a stranger ever sees: no reason, so no oracle.
_REFUSED, _NO_SUCH, _TOO_LARGE, _LATER, _FAILED, _SEEN = (
    "refused", "no such interface", "too large", "try again later", "failed", "seen before",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call:
    """What the hospital's function is given."""

    interface: Interface
    message_id: str  #: the same for every delivery of the same message
    #: 1, or more if an earlier attempt was cut off or failed; always 1 in a shared transaction,
    #: where such an attempt leaves no trace
    attempt: int
    at: datetime  #: when the platform wrote the message
    input: Any  #: the interface's model (``Input6302`` ...), tolerantly read
    raw: Mapping[str, Any] = field(repr=False)  #: the content as received, by nodes
    repairs: tuple[Repair, ...] = ()  #: what had to be mended while reading
    connection: Any = field(default=None, repr=False)  #: of the shared transaction, or None


class Decline(Exception):
    """Raised by the hospital's function: refused for good, the platform is told ``message``.

    The refusal is kept; another delivery gets the same answer without calling the function.
    Any other exception means "not handled": nothing is kept, the next delivery tries again.
    """

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, for any framework."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": _TYPE})


Function = Callable[[Call], RequestModel | Mapping[str, Any] | Any]


@dataclass(frozen=True, slots=True)
class _Registration:
    interface: Interface
    function: Function
    message_id: tuple[str, ...]
    shared_transaction: bool
    demand: bool


class CallbackHandler:
    """Receives the callbacks of one institution; safe with threads.

    ``window``: how far a message's time may lie from ours, either way (no source states one).
    ``limit``: bytes of a body. ``seen``: a message handled before is answered as it was then
    (``answer``), which a platform whose first answer got lost needs, or refused (``refuse``);
    the function is called for it in neither case.
    """

    def __init__(
        self,
        registry: Registry,
        form: Form,
        store: Store,
        *,
        window: timedelta = timedelta(minutes=10),
        limit: int = 1 << 20,
        seen: str = "answer",
    ) -> None:
        if seen not in ("answer", "refuse"):
            raise SettingsError("seen must be 'answer' or 'refuse'")
        self.registry = registry
        self.limit = limit
        self._form = form
        self._store = store
        self._window = window
        self._seen = seen
        self._registered: dict[str, _Registration] = {}

    def on(
        self,
        number: str,
        function: Function,
        *,
        message_id: str | None = None,
        shared_transaction: bool = True,
        demand: bool = True,
    ) -> None:
        """Let ``function`` handle interface ``number``. It returns the output (mapping or None).

        ``message_id``: dotted path of the field that names a message, such as
        ``data.payOrdId``; without one the ordinary message's msgid counts, and an envelope
        counts as the same if its content is. ``shared_transaction``: the function writes
        through ``call.connection``, and its writes and the mark are committed together: exactly
        once. Without, it is called at least once with the same id. ``demand``: refuse a message
        that lacks a field the table demands. SettingsError if there is no such callback.
        """
        interface = self.registry.get(number)
        if interface is None or interface.direction != "callback":
            known = [n for n, each in self.registry.items() if each.direction == "callback"]
            raise SettingsError(
                f"{number} is no interface the platform calls", advice=f"those: {', '.join(known)}"
            )
        path = tuple(message_id.split(".")) if message_id else ()
        self._registered[number] = _Registration(
            interface, function, path, shared_transaction, demand
        )

    def handle(self, number: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        """Never raises: whatever the hospital's function does, the answer says no more than
        "failed". ``headers``: only a Content-Encoding is looked at (and refused)."""
        registered = self._registered.get(number)
        if registered is None:
            return self._no(404, _NO_SUCH, number, "not registered")
        if len(body) > self.limit:
            return self.too_large(number)
        if any(k.lower() == "content-encoding" and v.lower() != "identity"
               for k, v in (headers or {}).items()):  # fmt: skip
            return self._no(415, _REFUSED, number, "content-encoding")
        try:
            message = self._form.open(registered.interface, body)
            call = self._call(registered, message)
        except Refused as refused:
            return self._no(400, _REFUSED, number, refused.reason)
        except Exception as error:  # a cryptographic device may raise anything
            return self._no(500, _FAILED, number, type(error).__name__)
        return self._hand_over(registered, call, message.digest)

    def too_large(self, number: str) -> Answer:
        """The answer to a body over the limit, for servers that stop reading there."""
        return self._no(413, _TOO_LARGE, number, "size")

    def refused(self, status: int, number: str, reason: str) -> Answer:
        """The answer of a server that did not even read the body."""
        return self._no(status, _REFUSED, number, reason)

    def _no(
        self, status: int, message: str, number: str, reason: str, genuine: bool = False
    ) -> Answer:
        shown = number if number in self._registered else "?"
        log.warning("callback %s: HTTP %d, %s", shown, status, reason)
        try:
            return Answer(status, self._form.failure(message, genuine=genuine))
        except Exception as error:  # sealing failed; an answer there must be
            log.error("callback %s: no sealed answer, %s", shown, type(error).__name__)
            return Answer(status, self._form.failure(message, genuine=False))

    def _call(self, registered: _Registration, message: Message) -> Call:
        if abs(self._form.clock.now() - message.at) > self._window:
            raise Refused("age")
        reading = Reading()
        model = reading.input(registered.interface, message.input)
        if reading.missing and registered.demand:
            raise Refused(f"missing {', '.join(sorted(reading.missing)[:20])}")
        return Call(
            interface=registered.interface,
            message_id=_id(registered, message),
            attempt=0,
            at=message.at,
            input=model,
            raw=message.input,
            repairs=tuple(reading.repairs),
        )

    def _hand_over(self, registered: _Registration, call: Call, digest: bytes) -> Answer:
        number, key = call.interface.number, Key(call.interface.number, call.message_id, digest)
        try:
            if registered.shared_transaction:
                reply, fresh = self._store.once(
                    key,
                    lambda connection, attempt: self._run(registered, call, attempt, connection),
                )
            else:
                reply, fresh = self._claimed(registered, call, key)
            if not fresh and self._seen == "refuse":
                return self._no(409, _SEEN, number, "replay", genuine=True)
            if not reply.ok:
                return Answer(200, self._form.failure(reply.message, genuine=True))
            return Answer(200, self._form.answer(call.interface, reply.output, reply.message))
        except Conflict:
            return self._no(409, _REFUSED, number, "same id, other content", genuine=True)
        except Busy:
            return self._no(503, _LATER, number, "busy", genuine=True)
        except RequestInvalid as error:
            log.error("callback %s: the function's output does not fit: %s", number, error)
        except Exception as error:  # the hospital's function or the disk; the text may name people
            log.error("callback %s: not handled, %s", number, type(error).__name__)
        return self._no(500, _FAILED, number, "not handled", genuine=True)

    def _claimed(self, registered: _Registration, call: Call, key: Key) -> tuple[Reply, bool]:
        attempt = self._store.claim(key)
        if isinstance(attempt, Reply):
            return attempt, False
        try:
            reply = self._run(registered, call, attempt, None)
        except Declined as declined:
            reply = declined.reply
        except BaseException:
            self._store.release(key, attempt)
            raise
        self._store.done(key, attempt, reply)
        return reply, True

    def _run(self, registered: _Registration, call: Call, attempt: int, connection: Any) -> Reply:
        given = {slot: getattr(call, slot) for slot in call.__slots__}
        try:
            output = registered.function(
                Call(**given | {"attempt": attempt, "connection": connection})
            )
        except Decline as decline:
            raise Declined(Reply(False, decline.message)) from None
        written = encode_output(self.registry, call.interface.number, output)
        return Reply(True, "success", written.decode())


def _id(registered: _Registration, message: Message) -> str:
    if registered.message_id:
        value: Any = message.input
        for name in registered.message_id:
            value = value.get(name) if isinstance(value, Mapping) else None
        return usable_id(value)
    return message.digest.hex() if message.id is None else message.id
