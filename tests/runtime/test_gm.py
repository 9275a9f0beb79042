"""SM2, SM3 and SM4: the standards' examples on two implementations, and each against the other."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import pytest
from gmalg import base  # type: ignore[import-untyped]
from hubei_yibao_runtime.errors import SettingsError
from hubei_yibao_runtime.gm import (
    CipherError,
    Device,
    Sm2Key,
    Sm4,
    SoftwareDevice,
    der,
    hmac_sm3,
    raw,
    sm3,
)
from second_gm import PRIVATE, PUBLIC, SIGNED, GmsslDevice, K, digest, hmac

KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123


def ours() -> Device:
    return SoftwareDevice(Sm2Key.private(PRIVATE), Sm2Key.public(PUBLIC), Sm4(KEY))


def second() -> Device:
    return GmsslDevice(PRIVATE, PUBLIC, KEY)


@pytest.fixture(params=[ours, second], ids=["cryptography+gmalg", "gmssl"])
def device(request: pytest.FixtureRequest) -> Device:
    made: Device = request.param()
    return made


@pytest.mark.parametrize("function", [sm3, digest], ids=["cryptography", "gmssl"])
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
    ids=["GB/T 32905 A.1", "GB/T 32905 A.2"],
)
def test_sm3_standard_examples(function: object, data: bytes, expected: str) -> None:
    assert callable(function)
    assert function(data).hex() == expected


def test_sm4_standard_example(device: Device) -> None:
    """GB/T 32907 A.1, with PKCS#7's block behind it."""
    assert device.encrypt(KEY)[:16].hex() == "681edf34d206965e86b3e94f536e4246"
    assert device.decrypt(device.encrypt(KEY)) == KEY


def test_sm2_standard_signature_verifies(device: Device) -> None:
    signature = bytes.fromhex(SIGNED)
    assert device.verify(b"message digest", signature)
    assert not device.verify(b"message digesu", signature)
    assert not device.verify(b"message digest", signature, b"8765432187654321")
    assert not device.verify(b"message digest", bytes(64))


def test_sm2_standard_signature_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the example's k instead of a random one, both make the example's r and s."""
    monkeypatch.setattr(base.SMCoreBase, "_randint", lambda *_: int(K, 16))
    assert ours().sign(b"message digest").hex().upper() == SIGNED
    assert GmsslDevice(PRIVATE, PUBLIC, KEY).sign(b"message digest", k=K).hex().upper() == SIGNED


def test_the_public_half_is_the_standards() -> None:
    assert Sm2Key.private(PRIVATE).public_bytes.hex().upper() == PUBLIC


def test_each_verifies_what_the_other_signed() -> None:
    one, other, chance = ours(), second(), random.Random(8)
    for length in (0, 1, 55, 64, 1000):
        message = chance.randbytes(length)
        user_id = chance.randbytes(16)
        assert other.verify(message, one.sign(message, user_id), user_id)
        assert one.verify(message, other.sign(message, user_id), user_id)
        assert not one.verify(message + b"!", other.sign(message, user_id), user_id)


def test_digests_and_ciphers_agree_on_random_data() -> None:
    chance = random.Random(9)
    for length in range(0, 130, 3):
        data, key = chance.randbytes(length), chance.randbytes(16)
        assert sm3(data) == digest(data)
        assert hmac_sm3(data, key) == hmac(data, key)
        assert Sm4(key).encrypt(data) == GmsslDevice(PRIVATE, PUBLIC, key).encrypt(data)


def test_100_000_random_round_trips() -> None:
    chance = random.Random(10)
    for _ in range(100_000):
        cipher, data = Sm4(chance.randbytes(16)), chance.randbytes(chance.randrange(64))
        sealed = cipher.encrypt(data)
        assert len(sealed) == len(data) // 16 * 16 + 16
        assert cipher.decrypt(sealed) == data


@pytest.mark.parametrize("data", [b"", b"x", bytes(15), bytes(17), bytes(16)])
def test_what_is_no_cipher_text_is_told_in_one_sentence(data: bytes) -> None:
    with pytest.raises(CipherError) as caught:
        Sm4(KEY).decrypt(data)
    assert str(caught.value) == "not a cipher text of this key"


@pytest.mark.parametrize("length", [0, 15, 17, 32])
def test_an_sm4_key_has_16_bytes(length: int) -> None:
    with pytest.raises(SettingsError, match=f"has {length}$"):
        Sm4(b"\xaa" * length)


@pytest.mark.parametrize("r", ["00" * 31 + "01", "00" + "80" * 31, "7f" * 32, "ff" * 32])
def test_der_and_raw_are_inverse(r: str) -> None:
    signature = bytes.fromhex(r) + bytes.fromhex(SIGNED)[32:]
    assert raw(der(signature)) == signature


@pytest.mark.parametrize(
    "damage",
    [
        lambda good: good[:-1],
        lambda good: good + b"\0",
        lambda good: b"",
        lambda good: b"\x31" + good[1:],
        lambda good: good[:3] + bytes((good[3] + 1,)) + good[4:],
    ],
)
def test_raw_takes_canonical_der_only(damage: object) -> None:
    assert callable(damage)
    assert raw(damage(der(bytes.fromhex(SIGNED)))) is None


def test_a_public_key_cannot_sign_and_no_repr_shows_a_key() -> None:
    with pytest.raises(TypeError, match="cannot sign"):
        Sm2Key.public(PUBLIC).sign(b"m")
    shown = repr(Sm2Key.private(PRIVATE)) + repr(Sm2Key.public(PUBLIC)) + repr(ours())
    assert PRIVATE.lower() not in shown.lower()
    assert str(int(PRIVATE, 16)) not in shown
    assert repr(KEY) not in shown


def test_signatures_outside_the_range_are_refused() -> None:
    s = bytes.fromhex(SIGNED)[32:]
    key = Sm2Key.public(PUBLIC)
    for r in (0, N, N + 1, 2**256 - 1):
        assert not key.verify(b"message digest", r.to_bytes(32, "big") + s)
    assert not key.verify(b"message digest", bytes.fromhex(SIGNED)[:63])
    assert not key.verify(b"message digest", bytes.fromhex(SIGNED) + b"\0")


@pytest.mark.parametrize(
    ("package", "use"),
    [
        ("gmalg", f"Sm2Key.private('{PRIVATE}')"),
        ("cryptography", "Sm4(bytes(16))"),
        ("cryptography", "sm3(b'')"),
        ("cryptography", "hmac_sm3(b'', b'')"),
    ],
)
def test_without_the_extra_it_is_named(package: str, use: str) -> None:
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from hubei_yibao_runtime.errors import SettingsError\n"
        "from hubei_yibao_runtime.gm import Sm2Key, Sm4, hmac_sm3, sm3\n"
        f"try: {use}\n"
        "except SettingsError as error: print(error)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env={"PYTHONPATH": os.pathsep.join(sys.path)}, timeout=60,
    )  # fmt: skip
    assert run.stderr == ""
    assert repr(package) in run.stdout
    assert "hubei-yibao[gm]" in run.stdout
    assert PRIVATE not in run.stdout
