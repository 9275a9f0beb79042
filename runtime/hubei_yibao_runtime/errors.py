"""Every error the library raises.

The four outcomes of a call: it returns (``OK``), or raises :class:`Rejected` (the platform said
no), :class:`NotSent` (nothing reached the platform's business logic; safe to repeat) or
:class:`OutcomeUnknown` (it may or may not have been carried out; look it up, never repeat a
write blindly). Texts are English with the Chinese name and label of what is meant; they never
hold field values marked sensitive in the spec.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class YibaoError(Exception):
    """Base of all errors: which call, what happened, may it be repeated, what to do next.

    ``infno`` and ``msgid`` are None where the error belongs to no call. ``safe_to_repeat`` is
    None where nobody can tell.
    """

    outcome: str = "error"
    safe_to_repeat: bool | None = None

    def __init__(
        self,
        what: str,
        *,
        infno: str | None = None,
        name: str = "",
        msgid: str | None = None,
        advice: str = "",
        safe_to_repeat: bool | None = None,
    ) -> None:
        self.what = what
        self.infno = infno
        self.name = name
        self.msgid = msgid
        self.advice = advice
        if safe_to_repeat is not None:
            self.safe_to_repeat = safe_to_repeat
        super().__init__(what)

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors travel between processes whole, whatever their class takes to be made."""
        return _made_again, (type(self), self.args, self.__dict__)

    def __str__(self) -> str:
        call = " ".join(part for part in (self.infno, self.name) if part)
        head = f"{call}: {self.what}" if call else self.what
        lines = [head]
        if self.msgid:
            lines.append(f"  msgid: {self.msgid}")
        if self.advice:
            lines.append(f"  next: {self.advice}")
        return "\n".join(lines)


def _made_again(cls: type[YibaoError], args: tuple[Any, ...], state: dict[str, Any]) -> YibaoError:
    error = cls.__new__(cls, *args)
    error.__dict__.update(state)
    return error


class Fault(NamedTuple):
    """One thing wrong in a request."""

    path: str  #: wire path, e.g. ``input.feedetail[2].med_type``
    label: str  #: Chinese label of the field, "" where unknown
    rule: str  #: missing, unknown_field, type, length, precision, code, format, rows, value
    message: str  #: what is wrong and what is allowed; never the value of a sensitive field
    node: str = ""
    row: int | None = None  #: 0-based row in a repeated node
    field: str = ""

    def __str__(self) -> str:
        label = f" {self.label}" if self.label else ""
        return f"{self.path}{label}: {self.message}"


class NotSent(YibaoError):
    """Nothing was carried out by the platform; repeating is safe."""

    outcome = "not_sent"
    safe_to_repeat = True


class RequestInvalid(NotSent):
    """The input does not fit the interface; ``faults`` lists everything that is wrong."""

    safe_to_repeat = False

    def __init__(self, faults: Sequence[Fault], **call: Any) -> None:
        self.faults = tuple(faults)
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        lines = [f"request not sent, {count}:", *(f"  - {fault}" for fault in self.faults)]
        super().__init__("\n".join(lines), **call)


class NotAllowed(NotSent):
    """Refused locally: the interface is not open, or not for this type of institution."""

    safe_to_repeat = False


class GatewayRefused(NotSent):
    """A gateway in front of the platform refused the call (its body has no infcode)."""

    def __init__(self, what: str, *, code: str = "", raw: Any = None, **call: Any) -> None:
        self.code = code
        self.raw = raw
        super().__init__(what, **call)


class JournalError(NotSent):
    """The journal cannot be written or read, so no write is sent."""


class FileError(YibaoError):
    """A file is not what it should be, or its time is over; nothing of it was kept."""


class SettingsError(YibaoError):
    """Settings or a profile are incomplete or contradict themselves."""

    outcome = "not_sent"


class Rejected(YibaoError):
    """The platform answered with an infcode other than success."""

    outcome = "rejected"
    safe_to_repeat = False

    def __init__(
        self,
        what: str,
        *,
        infcode: str,
        err_msg: str = "",
        inf_refmsgid: str | None = None,
        raw: Mapping[str, Any] | None = None,
        **call: Any,
    ) -> None:
        self.infcode = infcode
        self.err_msg = err_msg
        self.inf_refmsgid = inf_refmsgid
        self.raw = raw
        super().__init__(what, **call)


class OutcomeUnknown(YibaoError):
    """The call may have been carried out: time-out, reset, 5xx or an unreadable answer."""

    outcome = "unknown"

    def __init__(self, what: str, *, raw: Any = None, **call: Any) -> None:
        self.raw = raw
        super().__init__(what, **call)
