"""The course of a call, without I/O: what to do next, as commands for a sync or async client.

A call is a generator. It yields commands, gets their results sent in (or their errors thrown in)
and returns the result or raises the outcome. So journal, retry and sign-in exist once.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from dataclasses import dataclass
from time import monotonic
from typing import Any, NamedTuple

from . import hooks as watching
from . import logs
from .call import CallOptions, Plan, Prepared
from .errors import (
    GatewayRefused,
    JournalError,
    NotAllowed,
    NotSent,
    OutcomeUnknown,
    RequestInvalid,
    SettingsError,
    YibaoError,
)
from .framing import Framing
from .hooks import AfterAnswer, BeforeSend, Hooks
from .model import Result
from .protocol import Protocol
from .seams import Journal, Outgoing
from .wire import HttpAnswer, HttpRequest, WireFault


class Send(NamedTuple):
    """Send a request, give back an HttpAnswer or throw WireFault."""

    request: HttpRequest


class Pause(NamedTuple):
    """Wait."""

    seconds: float


class Work(NamedTuple):
    """Run something that may block on this host's disk or database."""

    do: Callable[[], Any]


class SignNo(NamedTuple):
    """Give back the sign-in number; ``refused`` is one the platform no longer takes."""

    refused: str | None
    seconds: float | None  #: for one attempt at signing in; None: the profile's


Command = Send | Pause | Work | SignNo
Course = Generator[Command, Any, Result]


@dataclass(frozen=True, slots=True)
class Context:
    """What every call of a client shares."""

    protocol: Protocol
    journal: Journal | None
    hooks: Hooks
    #: runs something that may block when the course has ended and cannot ask for :class:`Work`
    aside: Callable[[Callable[[], None]], None]


def converse(context: Context, number: str, input: Any, options: CallOptions) -> Course:
    """One call with its permitted repetitions; a write leaves this host at most once."""
    protocol = context.protocol
    protocol.check_allowed(number, options)
    plan = protocol.plan(number, input, options)
    retry = protocol.settings.retry
    until = monotonic() + retry.deadline
    attempt, wait, refused, renewed = 0, retry.first_wait, None, False
    while True:
        attempt += 1
        offset = protocol.clock.offset
        used: list[str] = []
        try:
            return (yield from _attempt(context, plan, attempt, refused, used))
        except YibaoError as error:
            if not renewed and _renewable(context, plan, used, error):
                renewed, refused = True, used[0]
                try:
                    yield SignNo(refused, options.timeout)
                except YibaoError as failed:
                    logs.log.error("%s: signing in anew failed: %s", number, failed.what)
                    raise error from None
                if plan.repeatable:
                    continue
                raise
            pause = random.uniform(wait / 2, wait)
            if attempt >= retry.attempts or monotonic() + pause >= until:
                raise
            if not _repeat(protocol, plan, error, clock_moved=protocol.clock.offset != offset):
                raise
        yield Pause(pause)
        wait = min(wait * 2, retry.longest_wait)


def _renewable(context: Context, plan: Plan, used: list[str], error: YibaoError) -> bool:
    """The platform takes nobody as signed in any more, and signing in is ours to do."""
    ours = context.protocol.settings.sign_in and not plan.options.signing_in
    return bool(ours and used and used[0] and context.protocol.signed_out(error))


def _repeat(protocol: Protocol, plan: Plan, error: YibaoError, *, clock_moved: bool) -> bool:
    """Whether repeating is safe and may help."""
    if isinstance(error, RequestInvalid | NotAllowed | SettingsError | JournalError):
        return False
    if plan.options.sink is not None and plan.options.sink.problem:
        return False
    if isinstance(error, GatewayRefused):
        return error.safe_to_repeat is True and (
            (error.code == "401" and _refreshed(protocol)) or clock_moved or error.code == "429"
        )
    if isinstance(error, NotSent):
        return error.safe_to_repeat is True
    if plan.options.msgid is not None:  # the platform might refuse the same number twice
        return False
    return isinstance(error, OutcomeUnknown) and plan.repeatable


def _refreshed(protocol: Protocol) -> bool:
    try:
        return protocol.chain.refused()
    except Exception as error:  # a signing plug-in may raise anything; the outcome stays
        logs.log.error("an auth scheme failed: %s", type(error).__name__)
        return False


def _attempt(
    context: Context, plan: Plan, attempt: int, refused: str | None, used: list[str]
) -> Course:
    protocol, options = context.protocol, plan.options
    sign_no = ""
    if protocol.settings.sign_in and not options.signing_in and not options.sign_no:
        sign_no = yield SignNo(refused, options.timeout)
        used.append(sign_no)
    with Framing(plan.interface):
        for scheme, request in protocol.preflights():
            try:
                token = yield Send(request)
            except WireFault as fault:
                what = f"the request before the call (a token) failed: {fault.what}"
                raise NotSent(what) from None
            scheme.learn(token.status, token.body, protocol.clock.now())
        msgid = protocol.ready_msgid(options)
        if msgid is None:
            msgid = yield Work(lambda: protocol.next_msgid(options))
    prepared = protocol.prepare(plan, msgid=msgid, sign_no=sign_no)
    _announce(context, prepared, attempt)
    journal = context.journal if plan.interface.effect == "write" else None
    if journal is not None:
        entry = outgoing(prepared, protocol.settings.fixmedins_code, attempt)
        yield Work(lambda: _open(journal, entry, prepared, protocol))
    return (yield from _exchange(context, prepared, attempt, journal))


def _span(prepared: Prepared, attempt: int) -> Any:
    try:
        url = prepared.request.url
        return watching.start_span(prepared.plan.interface, url, prepared.msgid, attempt)
    except Exception as error:  # a tracer must not stop a call
        logs.log.error("%s: no span: %s", prepared.msgid, type(error).__name__)
        return None


def _announce(context: Context, prepared: Prepared, attempt: int) -> None:
    raw = context.protocol.settings.log_bodies
    logs.request(prepared, raw=raw)
    if not context.hooks.before_send:
        return
    request = prepared.request
    event = BeforeSend(
        prepared.plan.interface, prepared.msgid, attempt, request.url, len(request.body),
        request.body if raw else None,
    )  # fmt: skip
    for hook in context.hooks.before_send:
        try:
            hook(event)
        except Exception as error:
            stopped = NotSent(
                f"a before_send hook stopped it ({type(error).__name__})", safe_to_repeat=False
            )
            raise context.protocol.complete(stopped, prepared) from error


def outgoing(prepared: Prepared, institution: str, attempt: int) -> Outgoing:
    """What the journal gets to see of a write."""
    return Outgoing(
        msgid=prepared.msgid,
        interface=prepared.plan.interface,
        institution=institution,
        at=prepared.at,
        input=prepared.plan.input,
        body=prepared.request.body,
        psn_no=prepared.plan.psn_no,
        insuplc_admdvs=prepared.insuplc_admdvs,
        attempt=attempt,
        note=prepared.plan.options.note,
        seconds=prepared.request.seconds,
    )


def _open(journal: Journal, entry: Outgoing, prepared: Prepared, protocol: Protocol) -> None:
    try:
        journal.open(entry)
    except JournalError as error:
        raise protocol.complete(error, prepared) from error.__cause__
    except Exception as error:
        unusable = JournalError(
            f"the journal cannot be written ({type(error).__name__}), so nothing was sent"
        )
        raise protocol.complete(unusable, prepared) from error


def _exchange(
    context: Context, prepared: Prepared, attempt: int, journal: Journal | None
) -> Course:
    protocol = context.protocol
    span = _span(prepared, attempt)
    started = monotonic()
    answer: HttpAnswer | None = None
    result: Result | None = None
    error: YibaoError | None = None
    try:
        answer = received = yield Send(prepared.request)
        result = protocol.interpret(prepared, received)
    except WireFault as fault:
        error = protocol.judge_fault(prepared, fault)
    except YibaoError as outcome:
        error = outcome
    except Exception as unexpected:  # whatever happened, the request may have left
        logs.broke_off(prepared.msgid, unexpected)
        lost = OutcomeUnknown(f"the call broke off ({type(unexpected).__name__})")
        error = protocol.complete(lost, prepared)
    except BaseException:  # cancelled or interrupted: nobody waits for the answer any more
        broken = protocol.complete(OutcomeUnknown("the call was broken off"), prepared)
        event = _event(prepared, attempt, started, None, None, broken, protocol)
        if journal is not None:
            context.aside(lambda: _close(journal, event))
        _report(context, prepared, event, None, span)
        raise
    event = _event(prepared, attempt, started, answer, result, error, protocol)
    if journal is not None:
        yield Work(lambda: _close(journal, event))
    _report(context, prepared, event, answer, span)
    if error is not None:
        raise error from None  # what lies beneath may quote the message
    assert result is not None
    return result


def _event(
    prepared: Prepared, attempt: int, started: float, answer: HttpAnswer | None,
    result: Result | None, error: YibaoError | None, protocol: Protocol,
) -> AfterAnswer:  # fmt: skip
    return AfterAnswer(
        prepared.plan.interface, prepared.msgid, attempt, "ok" if error is None else error.outcome,
        monotonic() - started, answer.status if answer else None, result, error,
        answer.body if answer and protocol.settings.log_bodies else None,
    )  # fmt: skip


def _close(journal: Journal, event: AfterAnswer) -> None:
    """A lost close only leaves a record to look up, so it never hides the outcome."""
    source: Any = event.result if event.error is None else event.error
    raw = getattr(source, "raw", None)
    message: dict[str, Any] = raw if isinstance(raw, dict) else {}
    output = message.get("output")
    try:
        journal.close(
            event.msgid,
            event.outcome,  # type: ignore[arg-type]
            infcode=getattr(source, "infcode", None),
            inf_refmsgid=message.get("inf_refmsgid") or None,
            output=output if isinstance(output, dict) else None,
        )
    except Exception as error:
        logs.log.error(
            "%s %s: its outcome (%s) could not be written to the journal: %s",
            event.interface.number, event.msgid, event.outcome, type(error).__name__,
        )  # fmt: skip


def _report(
    context: Context, prepared: Prepared, event: AfterAnswer, answer: HttpAnswer | None, span: Any
) -> None:
    """Tell logs, hooks and spans; nothing that goes wrong here may hide the outcome."""
    try:
        if answer is not None:
            logs.answer(prepared, event, answer.body, raw=context.protocol.settings.log_bodies)
        logs.attempt_ended(event)
        context.hooks.after(event)
        watching.end_span(span, event)
    except Exception as error:
        logs.log.error("%s: its end could not be reported: %s", event.msgid, type(error).__name__)
