"""A call without I/O: input in, signed request out; answer in, result or error out.

The four outcomes are decided here and nowhere else. Only ``infcode`` tells success.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from .auth.base import Preflight, Scheme, Signing, build
from .clock import Clock, http_date, platform_time
from .codec import decode, encode_input
from .envelope import fill, instant, serialise
from .errors import (
    GatewayRefused,
    NotAllowed,
    NotSent,
    OutcomeUnknown,
    Rejected,
    YibaoError,
)
from .guards import check_allowed
from .local import SharedIds
from .upload import FilePart, multipart, recode
from .wire import HttpAnswer, HttpRequest, Sink, WireFault

if TYPE_CHECKING:
    from .interface import Interface, Registry
    from .model import Result
    from .profile import Profile
    from .seams import MessageIds
    from .settings import Settings

#: A gateway or server that answers so has not handed the request to the business system. All
#: other 4xx (408, 409, 499 ...) and every 5xx leave the outcome open.
REFUSALS = frozenset({400, 401, 403, 404, 405, 406, 407, 410, 411, 413, 414, 415, 417, 421, 426,
                      428, 429, 431, 451})  # fmt: skip

_LOOK_UP = (
    "it may have been carried out: look it up with client.resolve(msgid), do not send it again"
)


@dataclass(frozen=True, slots=True)
class CallOptions:
    """What one call may change; None and empty leave it to the settings and the profile."""

    allow_closed: bool = False  #: send although not open or for another type of institution
    msgid: str | None = None  #: own message number; the caller answers for its being unique
    insuplc_admdvs: str | None = None  #: 参保地医保区划 of the person
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)  #: further envelope keys
    timeout: float | None = None  #: seconds for one attempt
    sign_no: str | None = field(default=None, repr=False)
    signing_in: bool = False  #: this call is the sign-in itself: no sign_no, no renewal
    note: str = ""  #: for the journal: why this call is made
    sink: Sink | None = field(default=None, repr=False)  #: takes the answer if it is a file


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked call, ready to be framed and signed once per attempt."""

    interface: Interface
    options: CallOptions
    input: bytes = field(repr=False)
    file: FilePart | None = field(repr=False)  #: of a multipart upload
    psn_no: str | None = field(repr=False)

    @property
    def repeatable(self) -> bool:
        """What changes nothing may be asked again whatever became of it; a write may not."""
        return self.interface.effect == "query" or self.interface.role == "download_file"


@dataclass(frozen=True, slots=True)
class Prepared:
    """One attempt: the request and what is needed to judge its answer."""

    plan: Plan
    msgid: str
    at: datetime  #: in msgid and inf_time
    asked: datetime  #: platform time when it was prepared
    request: HttpRequest
    message: bytes = field(repr=False)  #: the message; the request's body unless multipart
    insuplc_admdvs: str | None
    sign_no: str = field(repr=False)


class _Framed(NamedTuple):
    signing: Signing
    message: bytes


@contextmanager
def _framing(interface: Interface, msgid: str) -> Iterator[None]:
    """Whatever goes wrong before sending is NotSent or SettingsError, and names the call."""
    try:
        yield
    except YibaoError as error:
        raise _named(error, interface, msgid) from error.__cause__
    except Exception as error:  # a signing plug-in may raise anything
        raise NotSent(
            f"the request could not be signed: {type(error).__name__}",
            infno=interface.number,
            name=interface.name,
            msgid=msgid,
            advice="check the auth scheme and its secrets",
        ) from error


class Protocol:
    """Builds and reads the messages of one institution; holds no connection."""

    def __init__(
        self,
        registry: Registry,
        settings: Settings,
        ids: MessageIds,
        clock: Clock | None = None,
    ) -> None:
        self.registry = registry
        self.settings = settings
        self.ids = ids
        self.clock = clock or Clock()
        self._urls: dict[str, str] = {}

    @cached_property
    def profile(self) -> Profile:
        return self.settings.wire

    @cached_property
    def schemes(self) -> Sequence[Scheme]:
        """The profile's signing schemes, in order."""
        return [build(config, self.settings.secret) for config in self.profile.auth]

    def plan(self, number: str, input: Any, options: CallOptions) -> Plan:
        """Check and encode the input. Raises RequestInvalid, NotAllowed or SettingsError."""
        interface = self._interface(number)
        try:
            encoded = encode_input(self.registry, number, input)
            message, file = encoded.json, None
            if interface.role == "upload_file":
                message, file = recode(interface, message, self.profile.upload)
            return Plan(interface, options, message, file, encoded.psn_no)
        except YibaoError as error:
            raise _named(error, interface) from error.__cause__

    def _interface(self, number: str) -> Interface:
        interface = self.registry.get(number)
        if interface is None:
            raise NotAllowed(
                "there is no such interface", infno=number, advice="see the list of interfaces"
            )
        return interface

    def check_allowed(self, number: str, options: CallOptions) -> None:
        """Raises NotAllowed, in the listing's words, where the call must not be made."""
        check_allowed(self._interface(number), self.settings.institution_type, options.allow_closed)

    def preflights(self) -> list[tuple[Scheme, HttpRequest]]:
        """Requests the signing schemes need before the next call."""
        wanted = ((scheme, scheme.preflight(self.clock.now())) for scheme in self.schemes)
        return [(scheme, self._plain(flight)) for scheme, flight in wanted if flight is not None]

    def _plain(self, flight: Preflight) -> HttpRequest:
        times = self.profile.timeouts
        return HttpRequest(
            flight.method, flight.url, flight.headers, flight.body,
            times.session, times.connect, self.profile.limits.answer,
        )  # fmt: skip

    def ready_msgid(self, options: CallOptions) -> str | None:
        """The caller's message number or one at hand without touching the disk, else None."""
        if options.msgid is not None:
            return options.msgid
        ready = getattr(self.ids, "ready", None)
        found: str | None = ready and ready(self.settings.message_code(), self.clock.now())
        return found

    def next_msgid(self, options: CallOptions) -> str:
        """The caller's message number or a new one; may block (it is kept on disk)."""
        return options.msgid or self.ids.next(self.settings.message_code(), self.clock.now())

    def prepare(self, plan: Plan, *, msgid: str, sign_no: str = "") -> Prepared:
        """Frame, serialise and sign one attempt. Raises NotSent kinds and SettingsError."""
        with _framing(plan.interface, msgid):
            framed = self._frame(plan, msgid, sign_no)
            return Prepared(
                plan=plan,
                msgid=msgid,
                at=framed.signing.at,
                asked=self.clock.now(),
                request=self._request(plan, framed),
                message=framed.message,
                insuplc_admdvs=framed.signing.envelope.get("insuplc_admdvs"),
                sign_no=framed.signing.envelope.get("sign_no", ""),
            )

    def message(self, plan: Plan, msgid: str) -> bytes:
        """The message alone, complete, without the request around it."""
        with _framing(plan.interface, msgid):
            return self._frame(plan, msgid, "").message

    def _frame(self, plan: Plan, msgid: str, sign_no: str) -> _Framed:
        profile, options, infno = self.profile, plan.options, plan.interface.number
        at = instant(msgid, self.clock.now())
        envelope = fill(
            profile.envelope,
            self.settings,
            infno=infno,
            msgid=msgid,
            at=at,
            insuplc_admdvs=options.insuplc_admdvs,
            sign_no=options.sign_no or sign_no,
            extra=options.extra,
            needs_insuplc=plan.psn_no is not None,
        )
        if options.signing_in:
            envelope.pop("sign_no", None)
        signing = Signing(infno, at, envelope, plan.input)
        for scheme in self.schemes:
            envelope.update(scheme.envelope(signing))
        input = plan.input
        for scheme in self.schemes:
            input = scheme.input(replace(signing, input=input))
        message = serialise(profile.envelope, envelope, input)
        for scheme in self.schemes:
            message = scheme.message(signing, message)
        return _Framed(signing, message)

    def _request(self, plan: Plan, framed: _Framed) -> HttpRequest:
        profile, settings = self.profile, self.settings
        content_type, body = profile.content_type, framed.message
        if plan.file is not None:
            content_type, body = multipart(profile.upload, body, plan.file)
        if len(body) > profile.limits.request:
            raise NotSent(
                f"the request has more than {profile.limits.request} bytes",
                safe_to_repeat=False,
                advice="split it",
            )
        headers = {
            "Content-Type": content_type,
            "Accept-Encoding": profile.accept_encoding,
            "User-Agent": "hubei-yibao",
            **profile.headers,
        }
        for scheme in self.schemes:
            headers.update(scheme.headers(framed.signing, body))
        if plan.options.sink is not None:
            headers.update(plan.options.sink.headers())
        seconds = plan.options.timeout or settings.timeout or self._seconds(plan.interface.effect)
        return HttpRequest(
            method="POST",
            url=self._url(plan.interface.number),
            headers=headers,
            body=body,
            seconds=seconds,
            connect_seconds=min(profile.timeouts.connect, seconds),
            limit=profile.limits.answer,
            sink=plan.options.sink,
        )

    def _url(self, number: str) -> str:
        url = self._urls.get(number)
        if url is None:
            url = self._urls[number] = self.profile.routing.url(number)
        return url

    def _seconds(self, effect: str) -> float:
        times = self.profile.timeouts
        return {"query": times.query, "session": times.session, "transfer": times.transfer}.get(
            effect, times.write
        )

    def interpret(self, prepared: Prepared, answer: HttpAnswer) -> Result:
        """The result, or the outcome as an error: Rejected, NotSent kinds, OutcomeUnknown."""
        try:
            result = self._judge(prepared, answer)
        except YibaoError as error:
            self._learn_clock(prepared, answer, getattr(error, "raw", None))
            raise self.complete(error, prepared) from error.__cause__
        self._learn_clock(prepared, answer, result.raw)
        return result

    def _judge(self, prepared: Prepared, answer: HttpAnswer) -> Result:
        status = answer.status
        if answer.filed:
            received = prepared.plan.interface.output_model()
            received._msgid = prepared.msgid
            return received
        if 200 <= status < 300 or 400 <= status < 500:
            try:
                body = answer.body
                for scheme in self.schemes:
                    body = scheme.answer(prepared.plan.interface, body)
                result = decode(self.registry, prepared.plan.interface.number, body)
            except OutcomeUnknown as error:
                if status not in REFUSALS:
                    raise
                raise _refused(status, error.raw) from None
            except GatewayRefused as error:
                code = int(error.code) if error.code.isdecimal() else 0
                if status in REFUSALS or code in REFUSALS:
                    raise
                raise OutcomeUnknown(f"no clear refusal: {error.what}", raw=error.raw) from None
            if result.infcode is None:
                raise OutcomeUnknown("the answer has no infcode", raw=result.raw)
            result._msgid = prepared.msgid
            return result
        if 300 <= status < 400:
            raise GatewayRefused(
                f"redirected (HTTP {status}); redirects are never followed",
                code=str(status),
                advice="correct the URL",
                safe_to_repeat=False,
            )
        raise OutcomeUnknown(f"the server answered HTTP {status}")

    def judge_fault(self, prepared: Prepared, fault: WireFault) -> YibaoError:
        """The outcome of an attempt that got no complete answer."""
        if fault.status in REFUSALS:
            return self.complete(_refused(fault.status or 0, None), prepared)
        if fault.sent:
            return self.complete(OutcomeUnknown(fault.what), prepared)
        error = NotSent(fault.what, advice="nothing was sent; check network, URL and certificates")
        return self.complete(error, prepared)

    def complete(self, error: YibaoError, prepared: Prepared) -> YibaoError:
        """Name the call in the error and say what to do next."""
        _named(error, prepared.plan.interface, prepared.msgid)
        if isinstance(error, OutcomeUnknown):
            repeatable = prepared.plan.repeatable
            error.safe_to_repeat = repeatable
            error.advice = "a query may be asked again" if repeatable else _LOOK_UP
        return error

    def signed_out(self, error: YibaoError) -> bool:
        """True if the platform said that nobody is signed in, as far as the profile can tell."""
        return isinstance(error, Rejected) and self.profile.signed_out.matches(
            error.infcode, error.err_msg
        )

    def _learn_clock(self, prepared: Prepared, answer: HttpAnswer, raw: object) -> None:
        source = self.profile.clock
        if source == "date":
            stated = http_date(answer.headers.get("date"))
        elif source == "answer" and isinstance(raw, Mapping):
            stated = platform_time(raw.get("respond_time")) or platform_time(raw.get("refmsg_time"))
        else:
            return
        if stated is not None:
            self.clock.learn(stated, prepared.asked)


def encode(
    registry: Registry,
    number: str,
    input: Any,
    settings: Settings,
    *,
    options: CallOptions | None = None,
    ids: MessageIds | None = None,
) -> bytes:
    """The complete request message of one call, as UTF-8 JSON; nothing is sent.

    ``input``: a mapping or the interface's model. A new msgid is taken from the journal's
    database unless ``options.msgid`` gives one. Whether the interface is open is not checked.
    Raises RequestInvalid and SettingsError.
    """
    options = options or CallOptions()
    protocol = Protocol(registry, settings, ids or SharedIds(settings))
    plan = protocol.plan(number, input, options)
    return protocol.message(plan, protocol.next_msgid(options))


def _refused(status: int, raw: Any) -> GatewayRefused:
    return GatewayRefused(
        f"refused before the business system with HTTP {status}",
        code=str(status),
        raw=raw,
        advice="check URL, profile and secrets",
    )


def _named(error: YibaoError, interface: Interface, msgid: str | None = None) -> YibaoError:
    error.infno = error.infno or interface.number
    error.name = error.name or interface.name
    error.msgid = error.msgid or msgid
    return error
