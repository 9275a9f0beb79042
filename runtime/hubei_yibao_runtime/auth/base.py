"""What a signing scheme is, and how a profile's ``scheme`` finds its class.

A new scheme is a subclass of :class:`Scheme`, named with :func:`register` or published under the
entry point group ``hubei_yibao.auth``; nothing else has to change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ..errors import SettingsError

if TYPE_CHECKING:
    from ..interface import Interface
    from ..profile import AuthConfig

GROUP = "hubei_yibao.auth"

_BUILT_IN = {
    "csb-hmac-sha1": ".gateway",
    "tif-sha256": ".gateway",
    "ca-hmac-sm3": ".gateway",
    "header": ".gateway",
    "bearer": ".bearer",
    "sm2-cainfo": ".cainfo",
    "sm2-sm4-message": "..secure.message",
    "sm2-sm4-envelope": "..secure.exchange",
}
_classes: dict[str, type[Scheme]] = {}


class SchemeParams(BaseModel):
    """Base of a scheme's parameters; unknown ones are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Signing:
    """One attempt of a call, as a scheme sees it."""

    infno: str
    at: datetime  #: corrected platform time, UTC+8, as in msgid and inf_time
    envelope: Mapping[str, str] = field(repr=False)  #: every key of the message but ``input``
    input: bytes = field(repr=False)  #: JSON of ``input``


@dataclass(frozen=True, slots=True)
class Preflight:
    """A request a scheme needs before the call, such as fetching a token."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    method: str = "POST"


class Scheme:
    """Base of the schemes: does nothing. One object serves a client; it must stand threads."""

    Params: ClassVar[type[SchemeParams]] = SchemeParams

    def __init__(self, params: Any, secret: Callable[[str], str]) -> None:
        self.params = params
        self.secret = secret

    def envelope(self, call: Signing) -> Mapping[str, str]:
        """Keys to put into the envelope before it is serialised."""
        return {}

    def input(self, call: Signing) -> bytes:
        """JSON of ``input`` as it is sent; what :meth:`envelope` signs is ``call.input``."""
        return call.input

    def message(self, call: Signing, message: bytes) -> bytes:
        """The whole message as it is sent; ``message`` is the ordinary one."""
        return message

    def answer(self, interface: Interface, body: bytes) -> bytes:
        """The body of an answer in the ordinary form; raises OutcomeUnknown if it cannot be."""
        return body

    def headers(self, call: Signing, body: bytes) -> Mapping[str, str]:
        """Headers for the message; ``body`` is exactly what will be sent."""
        return {}

    def base(self, call: Signing, headers: Mapping[str, str]) -> str | None:
        """What the signature covers, to be compared with another implementation; None: nothing.

        ``headers`` are those of the request. Secrets stand as their names in braces, the
        message itself as ``{body}``.
        """
        return None

    def preflight(self, at: datetime) -> Preflight | None:
        """A request to be made first, None if nothing is needed."""
        return None

    def learn(self, status: int, body: bytes, at: datetime) -> None:
        """The answer to :meth:`preflight`; raises NotSent or SettingsError if it is of no use."""

    def refused(self) -> bool:
        """The gateway refused the call; True if something stale was dropped and once more helps."""
        return False


def register(name: str) -> Callable[[type[Scheme]], type[Scheme]]:
    """Class decorator: makes a scheme known under ``name``."""

    def keep(cls: type[Scheme]) -> type[Scheme]:
        _classes[name] = cls
        return cls

    return keep


def scheme_names() -> list[str]:
    """Every scheme a profile can name."""
    return sorted({*_BUILT_IN, *_classes, *(point.name for point in entry_points(group=GROUP))})


def _find(name: str) -> type[Scheme]:
    if name not in _classes and name in _BUILT_IN:
        import_module(_BUILT_IN[name], __package__)
    if name not in _classes:
        for point in entry_points(group=GROUP, name=name):
            _classes[name] = point.load()
    try:
        return _classes[name]
    except KeyError:
        raise SettingsError(
            f"no auth scheme {name!r}", advice=f"known: {', '.join(scheme_names())}"
        ) from None


def build(config: AuthConfig, secret: Callable[[str, str], str]) -> Scheme:
    """The scheme a profile asks for; ``secret(name, scheme)`` fetches what it must not hold."""
    cls = _find(config.scheme)
    try:
        params = cls.Params.model_validate(config.params)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False)
        )
        raise SettingsError(f"auth {config.scheme!r} params: {faults}") from None
    return cls(params, lambda name: secret(name, config.scheme))
