"""SM2 keys in every spelling seen in the field → numbers. Errors name the fault, never the key."""

from __future__ import annotations

import base64
import binascii
import re
from typing import NamedTuple

from ..errors import SettingsError
from .curve import Point, fault_of_point, fault_of_scalar

_SM2_CURVE = bytes.fromhex("2a811ccf5501822d")  # 1.2.156.10197.1.301
_EC_KEY = bytes.fromhex("2a8648ce3d0201")  # 1.2.840.10045.2.1
_INTEGER, _BITS, _OCTETS, _OID, _SEQUENCE, _PARAMETERS = 0x02, 0x03, 0x04, 0x06, 0x30, 0xA0
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_HEX = re.compile(r"([0-9A-Fa-f]{2})+")


class _Bad(Exception):
    """Why a key is refused."""


def private_scalar(text: str) -> int:
    """A private key: 64 hex digits, Base64 or hex of 32 bytes (33 with a leading 00), SEC1 or
    PKCS#8 as PEM, Base64 or hex. SettingsError with the reason otherwise."""
    try:
        data, armour = _decoded(text)
        if armour is None and len(data) == 33:  # Java's BigInteger.toByteArray()
            if data[0] != 0:
                raise _Bad("33 bytes, but the first is not 00")
            data = data[1:]
        if len(data) != 32:
            data = _private_in_der(data)
        number = int.from_bytes(data, "big")
        fault = fault_of_scalar(number)
        if fault:
            raise _Bad(fault)
    except _Bad as error:
        raise _refused("private", error) from None
    return number


def public_point(text: str) -> Point:
    """A public key: 64 bytes, or 65 with a leading 04, as hex or Base64, or an X.509
    SubjectPublicKeyInfo as PEM, Base64 or hex. SettingsError with the reason otherwise."""
    try:
        data, _ = _decoded(text)
        if len(data) not in (64, 65) and data[:1] == b"\x30":
            data = _public_in_der(data)
        if len(data) == 65:
            if data[0] != 4:
                raise _Bad("65 bytes, but the first is not 04")
            data = data[1:]
        if len(data) == 33 and data[0] in (2, 3):
            raise _Bad("a compressed point; give all of it (64 bytes, or 65 with 04)")
        if len(data) != 64:
            raise _Bad(f"{len(data)} bytes instead of 64 or 65")
        point = int.from_bytes(data[:32], "big"), int.from_bytes(data[32:], "big")
        fault = fault_of_point(point)
        if fault:
            raise _Bad(fault)
    except _Bad as error:
        raise _refused("public", error) from None
    return point


def _refused(which: str, why: _Bad) -> SettingsError:
    return SettingsError(f"the SM2 {which} key cannot be used: {why}")


def _decoded(text: str) -> tuple[bytes, str | None]:
    """The bytes, and what the PEM block (if it is one) is called."""
    blocks = [(kind, inner) for kind, inner in _PEM.findall(text) if kind.endswith("KEY")]
    name, content = blocks[0] if blocks else (None, text)  # openssl puts EC PARAMETERS ahead
    if name and "ENCRYPTED" in content + name:
        raise _Bad("it is encrypted; store it decrypted in the secret store")
    compact = "".join(content.split())
    if not compact:
        raise _Bad("it is empty")
    if not compact.isascii():
        raise _Bad("neither hex nor Base64")
    if _HEX.fullmatch(compact) and len(compact) != 44:  # so long is Base64 of 33 bytes
        return bytes.fromhex(compact), name
    try:
        return base64.b64decode(compact, validate=True), name
    except (binascii.Error, ValueError):
        raise _Bad("neither hex nor Base64") from None


class _Part(NamedTuple):
    tag: int
    value: bytes


def _parts(data: bytes) -> list[_Part]:
    """The DER elements that make up ``data``, completely."""
    parts, at = [], 0
    while at < len(data):
        if at + 2 > len(data):
            raise _Bad("its DER structure is cut off")
        tag, length, at = data[at], data[at + 1], at + 2
        if length >= 0x80:
            count = length & 0x7F
            if not 1 <= count <= 2 or at + count > len(data):
                raise _Bad("its DER structure is damaged")
            length, at = int.from_bytes(data[at : at + count], "big"), at + count
        if at + length > len(data):
            raise _Bad("its DER structure is cut off")
        parts.append(_Part(tag, data[at : at + length]))
        at += length
    return parts


def _sequence(data: bytes) -> list[_Part]:
    if data[:1] != b"\x30":
        raise _Bad(f"{len(data)} bytes that are no key structure")
    outer = _parts(data)
    if len(outer) != 1:
        raise _Bad("something follows its DER structure")
    return _parts(outer[0].value)


def _private_in_der(data: bytes) -> bytes:
    """The 32 bytes of a SEC1 ECPrivateKey, alone or inside PKCS#8."""
    parts = _sequence(data)
    tags = [part.tag for part in parts[:3]]
    if tags == [_INTEGER, _SEQUENCE, _OCTETS]:
        _check_algorithm(parts[1].value)
        parts = _sequence(parts[2].value)
        tags = [part.tag for part in parts[:3]]
    if tags[:2] != [_INTEGER, _OCTETS] or parts[0].value != b"\x01":
        raise _Bad("neither SEC1 nor PKCS#8 of an elliptic curve")
    for part in parts[2:]:
        if part.tag == _PARAMETERS:
            _check_curve(_parts(part.value))
    key = parts[1].value
    if len(key) != 32:
        raise _Bad(f"{len(key)} bytes in its structure instead of 32")
    return key


def _public_in_der(data: bytes) -> bytes:
    parts = _sequence(data)
    if [part.tag for part in parts] != [_SEQUENCE, _BITS]:
        raise _Bad("no SubjectPublicKeyInfo of an elliptic curve")
    _check_algorithm(parts[0].value)
    return parts[1].value[1:]


def _check_algorithm(data: bytes) -> None:
    parts = _parts(data)
    if not parts or parts[0] != (_OID, _EC_KEY):
        raise _Bad("a key of another algorithm")
    _check_curve(parts[1:])


def _check_curve(parts: list[_Part]) -> None:
    if not parts or parts[0] != (_OID, _SM2_CURVE):
        raise _Bad("a key on another curve than SM2")
