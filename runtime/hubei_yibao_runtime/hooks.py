"""What others may watch: hooks before sending and after the answer, and OpenTelemetry spans."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from .errors import YibaoError
    from .interface import Interface
    from .model import Result

log = logging.getLogger("hubei_yibao")


@dataclass(frozen=True, slots=True)
class BeforeSend:
    """An attempt that is about to leave. Raising from the hook keeps it from being sent."""

    interface: Interface
    msgid: str
    attempt: int
    url: str
    size: int  #: bytes of the body
    body: bytes | None = field(repr=False)  #: only with ``settings.log_bodies``


@dataclass(frozen=True, slots=True)
class AfterAnswer:
    """An attempt that has ended; exactly one of ``result`` and ``error`` is set."""

    interface: Interface
    msgid: str
    attempt: int
    outcome: str  #: ok, rejected, not_sent, unknown
    seconds: float
    status: int | None  #: of HTTP; None without an answer
    result: Result | None
    error: YibaoError | None
    body: bytes | None = field(repr=False)  #: only with ``settings.log_bodies``


@dataclass(frozen=True, slots=True)
class Hooks:
    """Functions called for every attempt, in order, in the calling thread or task.

    They must not block. What an ``after_answer`` hook raises is logged and dropped, so that it
    cannot hide an outcome.
    """

    before_send: Sequence[Callable[[BeforeSend], object]] = ()
    after_answer: Sequence[Callable[[AfterAnswer], object]] = ()

    def after(self, event: AfterAnswer) -> None:
        for hook in self.after_answer:
            try:
                hook(event)
            except Exception as error:
                log.error("an after_answer hook failed: %s", type(error).__name__)


def start_span(interface: Interface, url: str, msgid: str, attempt: int) -> Any:
    """A client span for one attempt, None unless the program uses OpenTelemetry.

    Attributes hold no personal data: numbers, outcome, server and status only.
    """
    api = sys.modules.get("opentelemetry.trace")
    if api is None:
        return None
    target = urlsplit(url)
    attributes = {
        "http.request.method": "POST",
        "server.address": target.hostname or "",
        "server.port": target.port or (443 if target.scheme == "https" else 80),
        "hubei_yibao.infno": interface.number,
        "hubei_yibao.msgid": msgid,
        "hubei_yibao.effect": interface.effect,
        "hubei_yibao.attempt": attempt,
    }
    return api.get_tracer("hubei_yibao").start_span(
        f"yibao {interface.number}", kind=api.SpanKind.CLIENT, attributes=attributes
    )


def end_span(span: Any, event: AfterAnswer) -> None:
    """Close the span of an attempt with its outcome."""
    if span is None:
        return
    span.set_attribute("hubei_yibao.outcome", event.outcome)
    if event.status is not None:
        span.set_attribute("http.response.status_code", event.status)
    if event.error is not None:
        api = sys.modules["opentelemetry.trace"]
        span.set_attribute("error.type", type(event.error).__name__)
        span.set_status(api.StatusCode.ERROR)
    span.end()
