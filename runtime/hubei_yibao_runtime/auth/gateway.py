"""Header signatures of gateways seen in other provinces."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Literal

from ..gm import hmac_sm3
from .base import Scheme, SchemeParams, Signing, register


def _pairs(headers: Mapping[str, str]) -> str:
    return "&".join(f"{key}={value}" for key, value in headers.items())


def _unix(call: Signing) -> int:
    return int(call.at.timestamp())


class CsbHmacSha1Params(SchemeParams):
    name: str = "{infno}"
    version: str = "1.0.0"


@register("csb-hmac-sha1")
class CsbHmacSha1(Scheme):
    """``_api_*`` headers; the body is not signed. Secrets: access_key, secret_key."""

    Params = CsbHmacSha1Params
    params: CsbHmacSha1Params

    def headers(self, call: Signing, body: bytes) -> Mapping[str, str]:
        headers = {
            "_api_access_key": self.secret("access_key"),
            "_api_name": self.params.name.replace("{infno}", call.infno),
            "_api_timestamp": str(int(call.at.timestamp() * 1000)),
            "_api_version": self.params.version,
        }
        mac = hmac.new(self.secret("secret_key").encode(), _pairs(headers).encode(), hashlib.sha1)
        return headers | {"_api_signature": base64.b64encode(mac.digest()).decode()}

    def base(self, call: Signing, headers: Mapping[str, str]) -> str | None:
        names = ("_api_access_key", "_api_name", "_api_timestamp", "_api_version")
        signed = {name: headers[name] for name in names}
        return _pairs(signed | {"_api_access_key": "{access_key}"})


class TifSha256Params(SchemeParams):
    prefix: str = "x-tif-"
    case: Literal["lower", "upper"] = "lower"


@register("tif-sha256")
class TifSha256(Scheme):
    """``x-tif-*`` (or ``x-rio-*``) headers; the body is not signed. Secrets: paasid, token."""

    Params = TifSha256Params
    params: TifSha256Params

    def headers(self, call: Signing, body: bytes) -> Mapping[str, str]:
        return self._signed(str(_unix(call)), secrets.token_hex(16))

    def _signed(self, timestamp: str, nonce: str) -> Mapping[str, str]:
        text = timestamp + self.secret("token") + nonce + timestamp
        signature = hashlib.sha256(text.encode()).hexdigest()
        prefix = self.params.prefix
        return {
            f"{prefix}paasid": self.secret("paasid"),
            f"{prefix}timestamp": timestamp,
            f"{prefix}nonce": nonce,
            f"{prefix}signature": signature.upper() if self.params.case == "upper" else signature,
        }

    def base(self, call: Signing, headers: Mapping[str, str]) -> str | None:
        timestamp = headers[f"{self.params.prefix}timestamp"]
        return f"{timestamp}{{token}}{headers[f'{self.params.prefix}nonce']}{timestamp}"


@register("ca-hmac-sm3")
class CaHmacSm3(Scheme):
    """``x-ca-*`` headers over time and the exact body. Secrets: key, secret."""

    def headers(self, call: Signing, body: bytes) -> Mapping[str, str]:
        seconds = str(_unix(call))
        mac = hmac_sm3(self.secret("secret").encode(), f"{seconds}\n".encode() + body)
        return {
            "x-ca-key": self.secret("key"),
            "x-ca-signature": f"{seconds}:{mac.hex().upper()}",
        }

    def base(self, call: Signing, headers: Mapping[str, str]) -> str | None:
        return f"{_unix(call)}\n{{body}}"


class FixedHeaderParams(SchemeParams):
    header: str
    secret: str = "api_key"


@register("header")
class FixedHeader(Scheme):
    """One constant header, such as ``apikey``. Secret: the one ``secret`` names."""

    Params = FixedHeaderParams
    params: FixedHeaderParams

    def headers(self, call: Signing, body: bytes) -> Mapping[str, str]:
        return {self.params.header: self.secret(self.params.secret)}
