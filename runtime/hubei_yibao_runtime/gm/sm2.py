"""SM2 signatures (GB/T 32918.2), with SM3 from ``cryptography`` and the curve from ``gmalg``."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from . import curve
from .device import DEFAULT_USER_ID
from .digest import missing, sm3
from .keys import private_scalar, public_point


class Sm2Key:
    """An SM2 key pair, or only the public half of one; safe with threads."""

    def __init__(self, scalar: int | None, point: curve.Point) -> None:
        self._scalar = scalar
        self._point = point

    @classmethod
    def private(cls, text: str) -> Sm2Key:
        """From any spelling ``keys.private_scalar`` takes; SettingsError with the reason else."""
        scalar = private_scalar(text)
        return cls(scalar, _core().generate_pk(scalar))

    @classmethod
    def public(cls, text: str) -> Sm2Key:
        """From any spelling ``keys.public_point`` takes; it can only verify."""
        return cls(None, public_point(text))

    @property
    def public_bytes(self) -> bytes:
        """The public half: x and y, 32 bytes each."""
        return b"".join(number.to_bytes(32, "big") for number in self._point)

    def sign(self, message: bytes, user_id: bytes = DEFAULT_USER_ID) -> bytes:
        """r and s, 32 bytes each; TypeError if this is only a public key."""
        if self._scalar is None:
            raise TypeError("a public key cannot sign")
        r, s = _core().sign(message, self._scalar, user_id, self._point)
        return bytes(r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    def verify(self, message: bytes, signature: bytes, user_id: bytes = DEFAULT_USER_ID) -> bool:
        """True if ``signature`` (r and s, 64 bytes) fits."""
        if len(signature) != 64:
            return False
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        return bool(_core().verify(message, r, s, user_id, self._point))

    def __repr__(self) -> str:
        return "<Sm2Key>" if self._scalar is not None else "<Sm2Key public>"


def der(signature: bytes) -> bytes:
    """r and s as an ASN.1 DER sequence of two integers."""
    parts = b""
    for number in (signature[:32], signature[32:]):
        digits = number.lstrip(b"\0") or b"\0"
        if digits[0] & 0x80:
            digits = b"\0" + digits
        parts += bytes((2, len(digits))) + digits
    return bytes((0x30, len(parts))) + parts


def raw(signature: bytes) -> bytes | None:
    """r and s out of a DER sequence; None if it is none, or not its one canonical form."""
    numbers: list[bytes] = []
    place = 2
    while place + 2 <= len(signature) and len(numbers) < 2:
        end = place + 2 + signature[place + 1]
        numbers.append(signature[place + 2 : end].lstrip(b"\0"))
        place = end
    if len(numbers) != 2 or max(map(len, numbers)) > 32:
        return None
    plain = b"".join(number.rjust(32, b"\0") for number in numbers)
    return plain if der(plain) == signature else None


class _Sm3:
    """``gmalg``'s hash interface over the fast SM3 (its own takes 4 ms for a KiB)."""

    def __init__(self) -> None:
        self._data = b""

    def reset(self) -> None:
        self._data = b""

    def update(self, data: bytes) -> None:
        self._data += data

    def value(self) -> bytes:
        return sm3(self._data)

    @classmethod
    def hash_length(cls) -> int:
        return 32


@lru_cache(maxsize=1)
def _domain() -> tuple[Callable[..., Any], Any]:
    try:
        from gmalg.ellipticcurve import ECDLP  # type: ignore[import-untyped]
        from gmalg.sm2 import SM2Core  # type: ignore[import-untyped]
    except ImportError:
        raise missing("gmalg") from None
    return SM2Core, ECDLP(curve.P, curve.A, curve.B, curve.G, curve.N)


def _core() -> Any:
    """A fresh core: its hash object holds state, so threads must not share one."""
    make, domain = _domain()
    return make(domain, _Sm3())
