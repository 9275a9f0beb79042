"""SM2 and SM4 inside the ordinary message: ``input`` and ``output`` are encrypted strings.

Read in one public client (Jilin): ``cainfo`` is Base64 of the signature over the plain input
JSON with the client id as user id, ``input`` Base64 of SM4-ECB with the client id as key. An
answer's ``output`` is encrypted the same way or not at all, and nothing signs it: its integrity
rests on the connection alone.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any

from ..auth.base import Scheme, SchemeParams, Signing, register
from ..codec import jsontext
from ..errors import OutcomeUnknown
from ..gm import CipherError, Sm2Key, Sm4, SoftwareDevice
from ..interface import Interface


class Sm2Sm4MessageParams(SchemeParams):
    user_id: str | None = None  #: None: the client id


@register("sm2-sm4-message")
class Sm2Sm4Message(Scheme):
    """Secrets: client_id (16 characters, also the SM4 key), private_key."""

    Params = Sm2Sm4MessageParams
    params: Sm2Sm4MessageParams

    def __init__(self, params: Any, secret: Callable[[str], str]) -> None:
        super().__init__(params, secret)
        self._held: SoftwareDevice | None = None

    def _device(self) -> SoftwareDevice:
        if self._held is None:
            key = Sm2Key.private(self.secret("private_key"))
            self._held = SoftwareDevice(key, key, Sm4(self.secret("client_id").encode()))
        return self._held

    def envelope(self, call: Signing) -> Mapping[str, str]:
        user_id = self.params.user_id or self.secret("client_id")
        signature = self._device().sign(call.input, user_id.encode())
        return {
            "signtype": "SM2",
            "enc_type": "SM4",
            "cainfo": base64.b64encode(signature).decode(),
        }

    def input(self, call: Signing) -> bytes:
        text = base64.b64encode(self._device().encrypt(call.input)).decode()
        return json.dumps(text).encode()

    def answer(self, interface: Interface, body: bytes) -> bytes:
        """``body`` with its output decrypted; unchanged where that is no encrypted string."""
        try:
            message = jsontext.parse(body).value
        except jsontext.Unreadable:
            return body
        given = message.get("output") if isinstance(message, dict) else None
        if not isinstance(given, str) or not given.strip() or _is_json(given):
            return body
        try:
            cipher_text = base64.b64decode("".join(given.split()), validate=True)
            message["output"] = jsontext.parse(self._device().decrypt(cipher_text)).value
        except (binascii.Error, ValueError, CipherError, jsontext.Unreadable):
            raise OutcomeUnknown(
                "the answer's output cannot be decrypted", advice="check the secret client_id"
            ) from None
        return jsontext.encode(message)


def _is_json(text: str) -> bool:
    try:
        return isinstance(jsontext.parse(text.encode(errors="replace")).value, dict | list)
    except jsontext.Unreadable:
        return False
