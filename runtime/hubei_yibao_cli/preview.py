"""What a call would send, without sending it and without anything secret in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hubei_yibao_runtime.auth import Signing
from hubei_yibao_runtime.codec import jsontext
from hubei_yibao_runtime.masking import MASK, masked
from hubei_yibao_runtime.protocol import Protocol

if TYPE_CHECKING:
    from hubei_yibao_runtime.call import Plan, Prepared
    from hubei_yibao_runtime.interface import Registry
    from hubei_yibao_runtime.settings import Settings

#: Envelope keys that name a person or prove who somebody is.
_KEPT_BACK = ("opter_name", "sign_no", "cainfo")
#: Headers that alone let somebody else send messages, if only for minutes.
_PROOF = re.compile(r"signature|authorization|token|secret|cookie", re.IGNORECASE)


class _SampleIds:
    """Message numbers ending in 0000: a dry run takes none from the journal's database."""

    def next(self, code12: str, now: datetime) -> str:
        return f"{code12}{now:%Y%m%d%H%M%S}0000"


@dataclass(frozen=True, slots=True)
class Preview:
    url: str
    headers: Mapping[str, str]
    message: Mapping[str, Any]
    signed: Mapping[str, str]  #: scheme → what its signature covers
    size: int  #: bytes of the body
    preflights: tuple[str, ...]  #: URLs asked first, for a token


def offline(registry: Registry, settings: Settings) -> Protocol:
    """A protocol that touches neither network nor journal."""
    return Protocol(registry, settings, _SampleIds())


def preview(protocol: Protocol, plan: Plan, *, personal: bool) -> Preview:
    """Frames and signs a checked call; raises what the call itself would raise up to sending.

    ``personal``: leave names and numbers of persons readable; secrets never are.
    """
    flights = protocol.preflights()
    for scheme, _ in flights:
        scheme.learn(200, b'{"access_token": "-"}', protocol.clock.now())
    prepared = protocol.prepare(plan, msgid=protocol.next_msgid(plan.options))
    request = prepared.request
    return Preview(
        request.url,
        _headers(protocol, request.headers),
        _message(prepared, personal=personal),
        _signed(protocol, prepared, personal=personal),
        len(request.body),
        tuple(flight.url for _, flight in flights),
    )


def _headers(protocol: Protocol, headers: Mapping[str, str]) -> dict[str, str]:
    secrets = {name: value.get_secret_value() for name, value in protocol.settings.secrets.items()}
    return {name: _safe(name, value, secrets) for name, value in headers.items()}


def _safe(name: str, value: str, secrets: Mapping[str, str]) -> str:
    if _PROOF.search(name):
        return MASK
    for secret, text in secrets.items():
        if text:
            value = value.replace(text, f"{{{secret}}}")
    return value


def _envelope(prepared: Prepared) -> dict[str, Any]:
    message: dict[str, Any] = jsontext.parse(prepared.message).value
    return message


def _message(prepared: Prepared, *, personal: bool) -> dict[str, Any]:
    message = _envelope(prepared)
    given = jsontext.parse(prepared.plan.input).value
    message["input"] = given if personal else masked(prepared.plan.interface, "input", given)
    kept_back = _KEPT_BACK[1:] if personal else _KEPT_BACK
    return {name: MASK if name in kept_back and value else value for name, value in message.items()}


def _signed(protocol: Protocol, prepared: Prepared, *, personal: bool) -> dict[str, str]:
    envelope = {name: text for name, text in _envelope(prepared).items() if name != "input"}
    if not personal:
        hidden = {name: MASK for name in _KEPT_BACK if envelope.get(name)}
        envelope |= hidden
    call = Signing(prepared.plan.interface.number, prepared.at, envelope, prepared.plan.input)
    found: dict[str, str] = {}
    for config, scheme in zip(protocol.profile.auth, protocol.schemes, strict=True):
        base = scheme.base(call, prepared.request.headers)
        if base is not None:
            found[config.scheme] = base
    return found
