"""The gateway's side of each signature, written apart from the client's.

The four messages are published for the CSB gateway (transport.md 1a). What other gateways say
is not known; they give the same bodies here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any

from .config import SimulatorConfig

NO_HEADER = "缺少服务网关的请求头!"
TOO_OLD = "签名时间戳超时!"
UNKNOWN_USER = "非法用户!"
WRONG_SIGNATURE = "签名不一致!"
USER_ID = b"1234567812345678"

Check = Callable[[SimulatorConfig, Mapping[str, str], bytes], str | None]


def check_gateway(config: SimulatorConfig, headers: Mapping[str, str], body: bytes) -> str | None:
    """The gateway's message if it refuses the call, None if it lets it pass."""
    check = GATEWAYS.get(config.profile)
    return check(config, headers, body) if check else None


def _csb(config: SimulatorConfig, headers: Mapping[str, str], body: bytes) -> str | None:
    names = ("_api_access_key", "_api_name", "_api_timestamp", "_api_version")
    given = {name: headers.get(name, "") for name in (*names, "_api_signature")}
    if not all(given.values()):
        return NO_HEADER
    if not _recent(config, given["_api_timestamp"], 1000):
        return TOO_OLD
    if given["_api_access_key"] != config.secrets["access_key"]:
        return UNKNOWN_USER
    text = "&".join(f"{name}={given[name]}" for name in names)
    mac = hmac.new(config.secrets["secret_key"].encode(), text.encode(), hashlib.sha1).digest()
    return _same(base64.b64encode(mac).decode(), given["_api_signature"])


def _tif(config: SimulatorConfig, headers: Mapping[str, str], body: bytes) -> str | None:
    paasid, stamp, nonce, signature = (
        headers.get(f"x-tif-{name}", "") for name in ("paasid", "timestamp", "nonce", "signature")
    )
    if not (paasid and stamp and nonce and signature):
        return NO_HEADER
    if not _recent(config, stamp, 1):
        return TOO_OLD
    if paasid != config.secrets["paasid"]:
        return UNKNOWN_USER
    text = f"{stamp}{config.secrets['token']}{nonce}{stamp}"
    return _same(hashlib.sha256(text.encode()).hexdigest(), signature.lower())


def _ca(config: SimulatorConfig, headers: Mapping[str, str], body: bytes) -> str | None:
    key, signature = headers.get("x-ca-key", ""), headers.get("x-ca-signature", "")
    stamp, colon, mac = signature.partition(":")
    if not (key and colon and mac):
        return NO_HEADER
    if not _recent(config, stamp, 1):
        return TOO_OLD
    if key != config.secrets["key"]:
        return UNKNOWN_USER
    return _same(_hmac_sm3(config.secrets["secret"], stamp, body), mac.upper())


def _hmac_sm3(secret: str, stamp: str, body: bytes) -> str:
    from cryptography.hazmat.primitives.hashes import SM3
    from cryptography.hazmat.primitives.hmac import HMAC

    mac = HMAC(secret.encode(), SM3())
    mac.update(stamp.encode() + b"\n" + body)
    return mac.finalize().hex().upper()


GATEWAYS: dict[str, Check] = {"csb-hmac-sha1": _csb, "tif-sha256": _tif, "ca-hmac-sm3": _ca}


def _recent(config: SimulatorConfig, stamp: str, per_second: int) -> bool:
    if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 16:
        return False
    return abs(config.clock().timestamp() - int(stamp) / per_second) <= config.window


def _same(expected: str, given: str) -> str | None:
    same = hmac.compare_digest(expected.encode(), given.encode())
    return None if same else WRONG_SIGNATURE


def check_cainfo(config: SimulatorConfig, message: Mapping[str, Any]) -> str | None:
    """Hubei's signature in the message: SM2 over the sorted envelope; our text if it is wrong."""
    if config.profile != "hubei-v1.2.02-cainfo":
        return None
    given = message.get("cainfo")
    if not isinstance(given, str) or not given:
        return "cainfo 数字签名信息：不能为空"
    try:
        raw = bytes.fromhex(given) if len(given) == 128 else base64.b64decode(given, validate=True)
    except (ValueError, binascii.Error):
        return "cainfo 数字签名信息：格式不正确"
    names = sorted(key for key in message if key not in ("cainfo", "input"))
    text = "&".join(f"{key}={message[key]}" for key in names)
    if len(raw) != 64 or not _verify(config.secrets["private_key"], text.encode(), raw):
        return "cainfo 数字签名信息：验签不通过"
    return None


def _verify(private_key: str, text: bytes, signature: bytes) -> bool:
    import gmalg  # type: ignore[import-untyped]

    secret = bytes.fromhex(private_key)
    verifier = gmalg.SM2(secret, USER_ID, gmalg.SM2().generate_pk(secret))
    return bool(verifier.verify(text, signature[:32], signature[32:]))
