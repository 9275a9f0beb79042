"""``cainfo``: SM2 over the sorted envelope, as quoted from chapter 4 of Hubei V1.2.02.

How the signature is written and which user id goes into it are not quoted from the
specification; both are parameters. The business body is not covered.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any, Literal

from ..gm import Signer, Sm2Key, der
from .base import Scheme, SchemeParams, Signing, register


class Sm2CainfoParams(SchemeParams):
    encoding: Literal["hex", "HEX", "base64"]
    form: Literal["raw", "der"]
    user_id: str = "1234567812345678"


@register("sm2-cainfo")
class Sm2Cainfo(Scheme):
    """Secret: private_key (64 hex digits, Base64, PKCS#8 or SEC1)."""

    Params = Sm2CainfoParams
    params: Sm2CainfoParams

    def __init__(self, params: Any, secret: Callable[[str], str]) -> None:
        super().__init__(params, secret)
        self._signer: Signer | None = None

    def envelope(self, call: Signing) -> Mapping[str, str]:
        if self._signer is None:
            self._signer = Sm2Key.private(self.secret("private_key"))
        text = signed_text(call.envelope)
        signature = self._signer.sign(text.encode(), self.params.user_id.encode())
        if self.params.form == "der":
            signature = der(signature)
        if self.params.encoding == "base64":
            return {"cainfo": base64.b64encode(signature).decode()}
        digits = signature.hex()
        return {"cainfo": digits.upper() if self.params.encoding == "HEX" else digits}

    def base(self, call: Signing, headers: Mapping[str, str]) -> str | None:
        return signed_text(call.envelope)


def signed_text(envelope: Mapping[str, str]) -> str:
    """Every key but cainfo and input, ascending, ``key=value`` joined by ``&``."""
    return "&".join(
        f"{key}={envelope[key]}" for key in sorted(envelope) if key not in ("cainfo", "input")
    )
