"""A call without I/O: input in, signed request out; answer in, result or error out.

The four outcomes are decided here and nowhere else. Only ``infcode`` tells success.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from .auth.base import Preflight, Scheme, Signing, build
from .auth.chain import Chain
from .call import CallOptions, Plan, Prepared
from .clock import Clock, http_date, platform_time
from .codec import Answer, build_result, encode_input, failure, jsontext, read_answer
from .codec.answer import SUCCESS
from .envelope import Frame, instant
from .errors import (
    GatewayRefused,
    NotAllowed,
    NotSent,
    OutcomeUnknown,
    Rejected,
    YibaoError,
)
from .framing import Framing, bad_msgid, headers_fit, msgid_fits, named, unfit_headers
from .guards import check_allowed
from .local import SharedIds
from .masking import sensitive_values
from .upload import multipart, recode
from .wire import HttpAnswer, HttpRequest, WireFault

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

#: Redirects that ask for the same request elsewhere, so it was not carried out here. After a POST
#: the others are also the usual way to say "done, see there".
_NOT_DONE = frozenset({307, 308})
#: A refusal told in the body of an HTTP 200; the reference shows this code only.
_TOLD = "401"

_LOOK_UP = (
    "it may have been carried out: look it up with client.resolve(msgid), do not send it again"
)


class _Framed(NamedTuple):
    signing: Signing
    message: bytes


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
    def _code(self) -> str:
        return self.settings.message_code()

    @cached_property
    def _seconds(self) -> Mapping[str, float]:
        return self.profile.timeouts.model_dump()

    @cached_property
    def frame(self) -> Frame:
        return Frame(self.profile.envelope, self.settings)

    @cached_property
    def chain(self) -> Chain:
        """The profile's signing schemes at work."""
        return Chain([build(config, self.settings.secret) for config in self.profile.auth])

    @property
    def schemes(self) -> Sequence[Scheme]:
        """The profile's signing schemes, in order."""
        return self.chain.schemes

    def plan(self, number: str, input: Any, options: CallOptions) -> Plan:
        """Check and encode the input. Raises RequestInvalid, NotAllowed or SettingsError."""
        interface = self._interface(number)
        if options.msgid is not None and not msgid_fits(options.msgid):
            raise bad_msgid(interface)
        try:
            encoded = encode_input(self.registry, number, input)
            message, file = encoded.json, None
            if interface.role == "upload_file":
                message, file = recode(interface, message, self.profile.upload)
            return Plan(interface, options, message, file, encoded.psn_no)
        except YibaoError as error:
            raise named(error, interface) from error.__cause__

    def _interface(self, number: str) -> Interface:
        try:
            return self.registry[number]
        except KeyError:
            raise NotAllowed(
                "there is no such interface", infno=number, advice="see the list of interfaces"
            ) from None

    def check_allowed(self, number: str, options: CallOptions) -> None:
        """Raises NotAllowed, in the listing's words, where the call must not be made."""
        check_allowed(self._interface(number), self.settings.institution_type, options.allow_closed)

    def preflights(self) -> list[tuple[Scheme, HttpRequest]]:
        """Requests the signing schemes need before the next call."""
        due = self.chain.preflights(self.clock.now)
        return [(scheme, self._plain(flight)) for scheme, flight in due]

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
        found: str | None = ready and ready(self._code, self.clock.now())
        return found

    def next_msgid(self, options: CallOptions) -> str:
        """The caller's message number or a new one; may block (it is kept on disk)."""
        return options.msgid or self.ids.next(self._code, self.clock.now())

    def prepare(self, plan: Plan, *, msgid: str, sign_no: str = "") -> Prepared:
        """Frame, serialise and sign one attempt. Raises NotSent kinds and SettingsError."""
        with Framing(plan.interface, msgid):
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
        with Framing(plan.interface, msgid):
            return self._frame(plan, msgid, "").message

    def _frame(self, plan: Plan, msgid: str, sign_no: str) -> _Framed:
        options, infno = plan.options, plan.interface.number
        at = instant(msgid) or self.clock.now()
        envelope = self.frame.fill(
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
        signing, chain = Signing(infno, at, envelope, plan.input), self.chain
        chain.envelope(signing, envelope)
        message = self.frame.serialise(envelope, chain.input(signing))
        return _Framed(signing, chain.message(signing, message))

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
        self.chain.headers(framed.signing, body, headers)
        if plan.options.sink is not None:
            headers.update(plan.options.sink.headers())
        if not headers_fit(headers):
            raise unfit_headers(headers)
        seconds = plan.options.timeout or settings.timeout or self._seconds[plan.interface.effect]
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

    def interpret(self, prepared: Prepared, answer: HttpAnswer) -> Result:
        """The result, or the outcome as an error: Rejected, NotSent kinds, OutcomeUnknown."""
        try:
            result = self._judge(prepared, answer)
        except YibaoError as error:
            self._learn_clock(prepared, answer, error)
            raise self.complete(error, prepared) from error.__cause__
        self._learn_clock(prepared, answer, result)
        return result

    def _judge(self, prepared: Prepared, answer: HttpAnswer) -> Result:
        status = answer.status
        if answer.filed:
            received = prepared.plan.interface.output_model()
            received._msgid = prepared.msgid
            return received
        if 200 <= status < 300 or 400 <= status < 500:
            said = self._said(prepared.plan, status, answer.body)
            if said.infcode is None:
                raise OutcomeUnknown("the answer has no infcode", raw=said.raw)
            return build_result(prepared.plan.interface, said, prepared.msgid)
        if 300 <= status < 400:
            redirected = f"redirected (HTTP {status}); redirects are never followed"
            if status not in _NOT_DONE:
                raise OutcomeUnknown(f"{redirected}, and this one may mean that it was done")
            raise GatewayRefused(
                redirected, code=str(status), advice="correct the URL", safe_to_repeat=False
            )
        raise OutcomeUnknown(f"the server answered HTTP {status}")

    def _said(self, plan: Plan, status: int, body: bytes) -> Answer:
        """What the platform answered, if it did not fail; raises what the failure means."""
        interface = plan.interface
        try:
            said = read_answer(self.chain.answer(interface, body))
            hidden = () if said.infcode == SUCCESS else _personal(plan)
            error = failure(said, interface.number, interface.name, hidden)
            if error is not None:
                raise error
        except OutcomeUnknown as error:
            if status not in REFUSALS:
                raise
            raise _refused(status, error.raw) from None
        except GatewayRefused as error:
            if status in REFUSALS or error.code == _TOLD:
                raise
            raise OutcomeUnknown(f"no clear refusal: {error.what}", raw=error.raw) from None
        return said

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
        named(error, prepared.plan.interface, prepared.msgid)
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

    def _learn_clock(
        self, prepared: Prepared, answer: HttpAnswer, outcome: Result | YibaoError
    ) -> None:
        stated = None
        if self.profile.clock == "date":
            stated = http_date(answer.headers.get("date"))
        elif self.profile.clock == "answer":
            raw = getattr(outcome, "raw", None)
            said = raw if isinstance(raw, Mapping) else {}
            stated = platform_time(said.get("respond_time")) or platform_time(
                said.get("refmsg_time")
            )
        if stated is not None:
            with suppress(OverflowError):  # a time at the end of the calendar
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


def _personal(plan: Plan) -> Collection[str]:
    """What the far side may say back of the person the request is about."""
    return sensitive_values(plan.interface, jsontext.parse(plan.input).value)


def _refused(status: int, raw: Any) -> GatewayRefused:
    return GatewayRefused(
        f"refused before the business system with HTTP {status}",
        code=str(status),
        raw=raw,
        advice="check URL, profile and secrets",
    )
