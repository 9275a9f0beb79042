"""What must be right before a call leaves, and how it is told when it is not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from . import logs
from .errors import Fault, NotSent, RequestInvalid, SettingsError, YibaoError

if TYPE_CHECKING:
    from .interface import Interface

_fits = re.compile("(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?").fullmatch
_MSGID = re.compile("[0-9A-Za-z]{12}[0-9]{18}").fullmatch


class Framing:
    """Whatever goes wrong before sending is NotSent or SettingsError, and names the call."""

    __slots__ = ("_interface", "_msgid")

    def __init__(self, interface: Interface, msgid: str | None = None) -> None:
        self._interface = interface
        self._msgid = msgid

    def __enter__(self) -> None: ...

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, YibaoError):
            named(error, self._interface, self._msgid)
        elif isinstance(error, Exception):  # a signing plug-in may raise anything
            logs.broke_off(self._msgid, error)
            raise NotSent(
                f"the request could not be signed: {type(error).__name__}",
                infno=self._interface.number,
                name=self._interface.name,
                msgid=self._msgid,
                advice="check the auth scheme and its secrets",
            ) from None


def named(error: YibaoError, interface: Interface, msgid: str | None = None) -> YibaoError:
    error.infno = error.infno or interface.number
    error.name = error.name or interface.name
    error.msgid = error.msgid or msgid
    return error


def msgid_fits(msgid: object) -> bool:
    return isinstance(msgid, str) and _MSGID(msgid) is not None


def bad_msgid(interface: Interface) -> RequestInvalid:
    rule = "must be 12 characters of the institution code, yyyyMMddHHmmss and 4 digits"
    return RequestInvalid(
        [Fault("msgid", "发送方报文ID", "format", rule, field="msgid")],
        infno=interface.number,
        name=interface.name,
        advice="leave msgid out, or correct it",
    )


def headers_fit(headers: Mapping[str, str]) -> bool:
    """Whether every value is one HTTP can carry."""
    return all(map(_fits, headers.values()))


def unfit_headers(headers: Mapping[str, str]) -> SettingsError:
    """HTTP libraries would quote the value, which may be a secret, in their errors."""
    names = [name for name, value in headers.items() if not _fits(value)]
    return SettingsError(
        f"the value of header {', '.join(names)} holds characters HTTP does not carry",
        advice="correct the secret or the profile (often a line break at its end)",
    )
