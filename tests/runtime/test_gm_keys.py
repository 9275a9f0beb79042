"""Keys in every spelling seen, and every fault refused with its reason and without the key."""

from __future__ import annotations

import base64

import pytest
from hubei_yibao_runtime.errors import SettingsError
from hubei_yibao_runtime.gm import Sm2Key
from second_gm import PRIVATE, PUBLIC

SCALAR, POINT = bytes.fromhex(PRIVATE), bytes.fromhex(PUBLIC)
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
SM2_CURVE = "06082a811ccf5501822d"
P256_CURVE = "06082a8648ce3d030107"
EC_KEY = "06072a8648ce3d0201"
RSA_KEY = "06092a864886f70d010101"


def tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    length = bytes((size,)) if size < 128 else bytes((0x81, size))
    return bytes((tag,)) + length + content


def algorithm(name: str = EC_KEY, curve: str = SM2_CURVE) -> bytes:
    return tlv(0x30, bytes.fromhex(name), bytes.fromhex(curve))


def sec1(*, scalar: bytes = SCALAR, curve: str | None = SM2_CURVE, public: bool = True) -> bytes:
    parts = [tlv(2, b"\x01"), tlv(4, scalar)]
    if curve:
        parts.append(tlv(0xA0, bytes.fromhex(curve)))
    if public:
        parts.append(tlv(0xA1, tlv(3, b"\0\x04", POINT)))
    return tlv(0x30, *parts)


def pkcs8(inner: bytes = b"", head: bytes = b"") -> bytes:
    key = inner or sec1(curve=None)
    return tlv(0x30, tlv(2, b"\0"), head or algorithm(), tlv(4, key))


def spki(point: bytes = b"\x04" + POINT, curve: str = SM2_CURVE) -> bytes:
    return tlv(0x30, algorithm(curve=curve), tlv(3, b"\0", point))


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def pem(name: str, data: bytes) -> str:
    text = base64.encodebytes(data).decode()
    return f"-----BEGIN {name}-----\n{text}-----END {name}-----\n"


@pytest.mark.parametrize(
    "text",
    [
        PRIVATE, PRIVATE.lower(), "00" + PRIVATE, f" {PRIVATE[:32]}\n{PRIVATE[32:]} ",
        b64(SCALAR), b64(b"\0" + SCALAR),
        b64(sec1()), sec1().hex(), pem("EC PRIVATE KEY", sec1()), b64(sec1(curve=None, public=False)),
        b64(pkcs8()), pkcs8().hex(), pem("PRIVATE KEY", pkcs8()), pem("PRIVATE KEY", pkcs8(sec1())),
        pem("EC PARAMETERS", bytes.fromhex(SM2_CURVE)) + pem("EC PRIVATE KEY", sec1()),
        pem("PRIVATE KEY", pkcs8(sec1(curve=None, public=False))),
    ],
)  # fmt: skip
def test_private_keys(text: str) -> None:
    assert Sm2Key.private(text).public_bytes == POINT


@pytest.mark.parametrize(
    "text",
    [
        PUBLIC, "04" + PUBLIC, PUBLIC.lower(), b64(POINT), b64(b"\x04" + POINT),
        b64(spki()), spki().hex(), pem("PUBLIC KEY", spki()),
    ],
)  # fmt: skip
def test_public_keys(text: str) -> None:
    assert Sm2Key.public(text).public_bytes == POINT


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty"),
        ("not a key at all!", "neither hex nor Base64"),
        ("ü" * 64, "neither hex nor Base64"),
        (PRIVATE[:-1], "neither hex nor Base64"),
        (PRIVATE[:-2], "31 bytes"),
        ("01" + PRIVATE, "first is not 00"),
        ("0" * 64, "it is zero"),
        (f"{N:064x}", "not smaller than the order"),
        (f"{N - 1:064x}", "not smaller than the order"),
        (f"{N + 5:064x}", "not smaller than the order"),
        ("f" * 64, "not smaller than the order"),
        (PUBLIC, "64 bytes"),
        (b64(sec1(curve=P256_CURVE)), "another curve"),
        (b64(pkcs8(head=algorithm(curve=P256_CURVE))), "another curve"),
        (b64(pkcs8(head=algorithm(RSA_KEY, "0500"))), "another algorithm"),
        (b64(sec1(scalar=SCALAR[:31])), "31 bytes in its structure"),
        (b64(sec1(scalar=bytes(32))), "it is zero"),
        (b64(pkcs8()[:-3]), "cut off"),
        (b64(pkcs8() + b"\0\0"), "something follows"),
        (b64(spki()), "neither SEC1 nor PKCS#8"),
        (pem("ENCRYPTED PRIVATE KEY", pkcs8()), "it is encrypted"),
    ],
)
def test_a_wrong_private_key_is_refused_with_the_reason(text: str, reason: str) -> None:
    _refused("private", text, reason)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty"),
        (PUBLIC[:-2], "63 bytes"),
        (PRIVATE, "32 bytes"),
        ("05" + PUBLIC, "first is not 04"),
        ("02" + PUBLIC[:64], "compressed"),
        (PUBLIC[:-1] + "4", "not on the SM2 curve"),
        ("0" * 128, "not on the SM2 curve"),
        (f"{P:064x}" + PUBLIC[64:], "not smaller than the prime"),
        (b64(spki(curve=P256_CURVE)), "another curve"),
        (b64(spki(b"\x04" + POINT[:-1] + b"\0")), "not on the SM2 curve"),
        (b64(sec1()), "no SubjectPublicKeyInfo"),
    ],
)
def test_a_wrong_public_key_is_refused_with_the_reason(text: str, reason: str) -> None:
    _refused("public", text, reason)


def _refused(which: str, text: str, reason: str) -> None:
    make = Sm2Key.private if which == "private" else Sm2Key.public
    with pytest.raises(
        SettingsError, match=f"SM2 {which} key cannot be used: .*{reason}"
    ) as caught:
        make(text)
    shown = str(caught.value) + repr(caught.value.__context__)
    for start in range(0, max(len(text) - 11, 0), 4):
        part = text[start : start + 12]
        assert part.isspace() or part in ("0" * 12, "-" * 12) or part not in shown


@pytest.mark.parametrize("length", sorted({*range(2, 140)} - {32}))
def test_cut_off_structures_never_crash(length: int) -> None:
    """(Any 32 bytes are a private key.)"""
    for data in (pkcs8(), sec1(), spki()):
        if length < len(data):
            for make in (Sm2Key.private, Sm2Key.public):
                with pytest.raises(SettingsError):
                    make(data[:length].hex())
