"""``{appId, encType, signType, timestamp, version, encData, signData}``: sealing and opening.

The plain data is signed, then encrypted; a receiver decrypts first and can only then verify.
Whatever is wrong behind the unencrypted keys is therefore refused with one reason, after the
same work, so that nobody learns from the answers which part of a forged message was right.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from ..clock import UTC8, Clock
from ..codec.jsontext import Unreadable
from ..errors import SettingsError
from ..gm import DEFAULT_USER_ID, CipherError, Device, Sm2Key, Sm4, SoftwareDevice
from . import lexical
from .rules import UNSIGNED, SigningRules, is_empty

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_DIGITS = re.compile(r"[0-9]{13,14}", re.ASCII)
_SIGNATURE = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Reason = Literal["unreadable", "app_id", "algorithm", "timestamp", "sealed"]


class EnvelopeRefused(Exception):
    """The message is not one the other side sealed for us. ``reason`` says how far it came:

    no envelope at all (``unreadable``), another ``app_id``, ``algorithm`` or form of
    ``timestamp``, or anything wrong with cipher text, content or signature (``sealed``).
    """

    def __init__(self, reason: Reason) -> None:
        self.reason: Reason = reason
        super().__init__(f"envelope refused: {reason}")


@dataclass(frozen=True, slots=True)
class Opened:
    """What was sealed; all of it is covered by the signature, but for empty values."""

    data: Any = field(repr=False)  #: numbers as ``Number``; ``lexical.plain`` makes them numbers
    at: datetime  #: of ``timestamp``, aware
    fields: Mapping[str, Any] = field(repr=False)  #: the other signed keys
    signed_data: str = field(repr=False)  #: ``data`` in the one form that was signed


def session_key(app_id: str, app_secret: str) -> bytes:
    """The SM4 key: the secret encrypted with the first 16 characters of the id, as upper-case
    hex, of that the first 16 characters. SettingsError for an id shorter than that."""
    if not app_id.isascii() or len(app_id) < 16:
        raise SettingsError("app_id needs at least 16 ASCII characters to derive the SM4 key")
    if not app_secret:
        raise SettingsError("app_secret is empty")
    return Sm4(app_id[:16].encode()).encrypt(app_secret.encode()).hex().upper()[:16].encode()


class SecureEnvelope:
    """Seals for and opens from one other side; safe with threads if the device is.

    ``user_id`` goes into the SM2 signature: the customary one, or the secret or client id, as
    the platform has it. ``stamp`` is how ``timestamp`` is written; both forms are read.
    """

    def __init__(
        self,
        *,
        app_id: str,
        app_secret: str,
        device: Device,
        user_id: bytes = DEFAULT_USER_ID,
        version: str = "1.0.0",
        rules: SigningRules | None = None,
        stamp: Literal["milliseconds", "yyyyMMddHHmmss"] = "milliseconds",
        hex_case: Literal["upper", "lower"] = "upper",
        clock: Clock | None = None,
    ) -> None:
        self.app_id = app_id
        self._secret = app_secret
        self._device = device
        self._user_id = user_id
        self._version = version
        self._rules = rules or SigningRules()
        self._stamp = stamp
        self._hex_case = hex_case
        self.clock = clock or Clock()

    @classmethod
    def with_keys(
        cls, *, app_id: str, app_secret: str, private_key: str, their_public_key: str, **more: Any
    ) -> SecureEnvelope:
        """With keys in memory, in any spelling; ``more`` is passed on to the constructor."""
        device = SoftwareDevice(
            Sm2Key.private(private_key),
            Sm2Key.public(their_public_key),
            Sm4(session_key(app_id, app_secret)),
        )
        return cls(app_id=app_id, app_secret=app_secret, device=device, **more)

    def __repr__(self) -> str:
        return "<SecureEnvelope>"

    def seal(
        self, data: Any, *, at: datetime | None = None, fields: Mapping[str, Any] | None = None
    ) -> bytes:
        """The complete message around ``data`` (object or list; int and Decimal, no float).

        ``at``: its time, now if None. ``fields``: further keys, signed but not encrypted, such
        as an answer's code and message.
        """
        if not isinstance(data, Mapping | list | tuple):
            raise TypeError(f"data must be an object or a list, not {type(data).__name__}")
        own = {
            **(fields or {}),
            "appId": self.app_id,
            "encType": "SM4",
            "signType": "SM2",
            "timestamp": self._written(at or self.clock.now()),
            "version": self._version,
        }
        text = self._rules.text({**own, "data": data}, self._secret)
        signature = self._device.sign(text.encode(), self._user_id)
        cipher_text = self._device.encrypt(lexical.write(data).encode()).hex()
        message = {
            **own,
            "encData": cipher_text.upper() if self._hex_case == "upper" else cipher_text,
            "signData": base64.b64encode(signature).decode(),
        }
        return lexical.write(message).encode()

    def open(self, body: bytes) -> Opened:
        """The content of a message; raises EnvelopeRefused. Its age is the caller's to judge."""
        try:
            message = lexical.read(body)
        except Unreadable:
            raise EnvelopeRefused("unreadable") from None
        if not isinstance(message, dict) or not all(map(_NAME.fullmatch, message)):
            raise EnvelopeRefused("unreadable")
        if message.get("appId") != self.app_id:
            raise EnvelopeRefused("app_id")
        if message.get("encType") != "SM4" or message.get("signType") != "SM2":
            raise EnvelopeRefused("algorithm")
        at = _instant(message.get("timestamp"))
        if at is None:
            raise EnvelopeRefused("timestamp")
        data = self._decrypted(message.get("encData"))
        fields = {
            key: value
            for key, value in message.items()
            if key not in UNSIGNED and key != "data" and not is_empty(value)
        }
        signature = _signature(message.get("signData"))
        text = self._rules.text({**fields, "data": data}, self._secret)
        genuine = self._device.verify(text.encode(), signature, self._user_id)
        if not genuine or data is None or "data" in message:
            raise EnvelopeRefused("sealed")
        return Opened(data, at, fields, self._rules.data(data))

    def _decrypted(self, given: Any) -> Any:
        """Object or list in ``encData``; None if it holds none. Only one spelling is taken, so
        that no byte of it can be changed without notice."""
        try:
            cipher_text = bytes.fromhex(given if isinstance(given, str) else "-")
            upper = self._hex_case == "upper"
            digits = cipher_text.hex().upper() if upper else cipher_text.hex()
            data = lexical.read(self._device.decrypt(cipher_text))
        except (ValueError, CipherError, Unreadable):
            return None
        return data if digits == given and isinstance(data, dict | list) else None

    def _written(self, at: datetime) -> str:
        if self._stamp == "milliseconds":
            return str((at - _EPOCH) // timedelta(milliseconds=1))
        return at.astimezone(UTC8).strftime("%Y%m%d%H%M%S")


def _signature(given: Any) -> bytes:
    """64 bytes; zeros, which fit nothing, where it is no signature in its one spelling."""
    try:
        signature = base64.b64decode(given if isinstance(given, str) else "", validate=True)
    except (binascii.Error, ValueError):
        signature = b""
    canonical = base64.b64encode(signature).decode() == given
    return signature if canonical and len(signature) == _SIGNATURE else bytes(_SIGNATURE)


def _instant(given: Any) -> datetime | None:
    """Milliseconds since 1970, or yyyyMMddHHmmss in UTC+8."""
    if not isinstance(given, str) or not _DIGITS.fullmatch(given):
        return None
    if len(given) == 13:
        return _EPOCH + timedelta(milliseconds=int(given))
    try:
        return datetime.strptime(given, "%Y%m%d%H%M%S").replace(tzinfo=UTC8)
    except ValueError:
        return None
