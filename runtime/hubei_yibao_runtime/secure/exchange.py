"""Calls of the 6xxx and 7xxx families: the envelope instead of the ordinary message.

What stands where a failure is answered is not published. An answer that says success must be
sealed; one that says failure need not be, since nobody gains by forging it and no write is
repeated for it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal

from ..auth.base import Scheme, SchemeParams, Signing, register
from ..clock import Clock
from ..codec import jsontext
from ..errors import OutcomeUnknown
from ..interface import Interface
from . import lexical
from .envelope import EnvelopeRefused, SecureEnvelope
from .nodes import by_nodes, content
from .rules import SigningRules


class Sm2Sm4EnvelopeParams(SchemeParams):
    version: str = "1.0.0"
    user_id: str = "1234567812345678"
    sort: Literal["all", "lists", "top", "none"] = "all"
    drop_empty: Literal["all", "top", "none"] = "all"
    scalars: Literal["all", "top", "keep"] = "all"
    key_order: Literal["ascii", "case-insensitive"] = "ascii"
    stamp: Literal["milliseconds", "yyyyMMddHHmmss"] = "milliseconds"
    hex_case: Literal["upper", "lower"] = "upper"
    success_code: str = "0"
    window: float = 600  #: seconds an answer's time may lie from ours


@register("sm2-sm4-envelope")
class Sm2Sm4Envelope(Scheme):
    """Secrets: app_id, app_secret, private_key, platform_public_key."""

    Params = Sm2Sm4EnvelopeParams
    params: Sm2Sm4EnvelopeParams

    def __init__(self, params: Any, secret: Callable[[str], str]) -> None:
        super().__init__(params, secret)
        self._held: SecureEnvelope | None = None
        self._clock = Clock()

    def _envelope(self) -> SecureEnvelope:
        if self._held is None:
            given = self.params
            self._held = SecureEnvelope.with_keys(
                app_id=self.secret("app_id"),
                app_secret=self.secret("app_secret"),
                private_key=self.secret("private_key"),
                their_public_key=self.secret("platform_public_key"),
                version=given.version,
                user_id=given.user_id.encode(),
                rules=SigningRules(given.sort, given.drop_empty, given.scalars, given.key_order),
                stamp=given.stamp,
                hex_case=given.hex_case,
            )
        return self._held

    def message(self, call: Signing, message: bytes) -> bytes:
        return self._envelope().seal(content(lexical.read(call.input)), at=call.at)

    def answer(self, interface: Interface, body: bytes) -> bytes:
        """The ordinary answer: code as infcode, message as err_msg, data as output."""
        try:
            given = jsontext.parse(body).value
        except jsontext.Unreadable:
            return body
        if not isinstance(given, dict) or "code" not in given:
            return body
        if not given.get("encData"):
            return self._unsealed(given, body)
        try:
            opened = self._envelope().open(body)
        except EnvelopeRefused as refused:
            raise OutcomeUnknown(f"the answer is not sealed for us: {refused.reason}") from None
        if abs(self._clock.now() - opened.at) > timedelta(seconds=self.params.window):
            raise OutcomeUnknown("the answer is sealed with another time")
        code = _text(opened.fields.get("code"))
        if code == self.params.success_code and opened.fields.get("success") is not False:
            data = opened.data if isinstance(opened.data, dict) else {}
            return _ordinary("0", opened.fields, by_nodes(interface.output or (), data))
        return _ordinary(_failure(code), opened.fields, None)

    def _unsealed(self, given: dict[str, Any], body: bytes) -> bytes:
        code = _text(given["code"])
        if code == self.params.success_code or given.get("success") is True:
            raise OutcomeUnknown("the answer says success but is not sealed")
        gateway = len(code) == 3 and code[0] in "45"
        return body if gateway or not code else _ordinary(_failure(code), given, None)


def _failure(code: str) -> str:
    """Never what stands for success in the ordinary answer."""
    return "-1" if code in ("", "0") else code


def _text(value: Any) -> str:
    return str(value)[:64] if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _ordinary(infcode: str, fields: Any, output: Any) -> bytes:
    said = fields.get("message")
    answer = {
        "infcode": infcode,
        "err_msg": said if isinstance(said, str) else "",
        "output": output,
    }
    return lexical.write(answer).encode()
