"""The envelope of the 6xxx and 7xxx families: vectors, both implementations, and tampering."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hubei_yibao_runtime.errors import SettingsError
from hubei_yibao_runtime.gm import Device, Sm2Key, Sm4, SoftwareDevice
from hubei_yibao_runtime.secure import (
    WEB_CLIENT,
    EnvelopeRefused,
    SecureEnvelope,
    SigningRules,
    lexical,
    session_key,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from second_gm import PRIVATE, PUBLIC, GmsslDevice, QuickDevice

#: Invented, with the two values worked out by hand from the rules (transport.md, section 6).
APP_ID, APP_SECRET = "0123456789ABCDEF0123456789ABCDEF", "SECRETSECRETSECRETSECRET01234567"
AT = datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
DATA = {"payOrdId": "P1", "feeSumamt": Decimal("1.0"), "name": "张三", "rows": [{"b": 1, "a": "2"}]}


def ours() -> Device:
    key = Sm4(session_key(APP_ID, APP_SECRET))
    return SoftwareDevice(Sm2Key.private(PRIVATE), Sm2Key.public(PUBLIC), key)


def second() -> Device:
    return GmsslDevice(PRIVATE, PUBLIC, session_key(APP_ID, APP_SECRET))


def envelope(device: Device | None = None, **more: Any) -> SecureEnvelope:
    return SecureEnvelope(
        app_id=APP_ID,
        app_secret=APP_SECRET,
        device=device or QuickDevice(session_key(APP_ID, APP_SECRET)),
        **more,
    )


@pytest.mark.parametrize("make", [ours, second], ids=["cryptography+gmalg", "gmssl"])
def test_the_derived_key_and_the_cipher_text_are_the_vectors(make: Callable[[], Device]) -> None:
    assert session_key(APP_ID, APP_SECRET) == b"F3705C71D203AD70"
    device = make()
    expected = "34C383D4B22838E816040B7326A13DC1"
    assert device.encrypt(b'{"a":"1"}').hex().upper() == expected
    assert json.loads(envelope(device).seal({"a": "1"}))["encData"] == expected


def test_the_derived_key_is_the_second_implementations() -> None:
    cipher = GmsslDevice(PRIVATE, PUBLIC, APP_ID[:16].encode())
    assert cipher.encrypt(APP_SECRET.encode()).hex().upper()[:16].encode() == b"F3705C71D203AD70"


#: A whole message, its signature made with gmssl over the text printed in the test below.
GOLDEN = {
    "appId": APP_ID, "encType": "SM4", "signType": "SM2", "timestamp": "1767323045678",
    "version": "1.0.0",
}  # fmt: skip


@pytest.mark.parametrize("opens", [ours, second], ids=["opened by ours", "opened by gmssl"])
@pytest.mark.parametrize("seals", [ours, second], ids=["sealed by ours", "sealed by gmssl"])
def test_what_one_implementation_seals_the_other_opens(
    seals: Callable[[], Device], opens: Callable[[], Device]
) -> None:
    body = envelope(seals()).seal(DATA, at=AT)
    message = json.loads(body)
    assert {key: message[key] for key in GOLDEN} == GOLDEN
    text = (
        f'appId={APP_ID}&data={{"feeSumamt":"1.0","name":"张三","payOrdId":"P1",'
        f'"rows":[{{"a":"2","b":"1"}}]}}&encType=SM4&signType=SM2&timestamp=1767323045678'
        f"&version=1.0.0&key={APP_SECRET}"
    )
    assert second().verify(text.encode(), base64.b64decode(message["signData"]))
    opened = envelope(opens()).open(body)
    assert lexical.plain(opened.data) == DATA
    assert opened.data["feeSumamt"] == "1.0"
    assert opened.at == AT
    assert opened.fields == GOLDEN


@pytest.mark.parametrize("rules", [SigningRules(), WEB_CLIENT, SigningRules(scalars="keep")])
@pytest.mark.parametrize("user_id", [b"1234567812345678", APP_SECRET.encode()])
def test_rules_and_user_id_are_settings(rules: SigningRules, user_id: bytes) -> None:
    mine = envelope(ours(), rules=rules, user_id=user_id)
    body = mine.seal(DATA)
    assert lexical.plain(mine.open(body).data) == DATA
    with pytest.raises(EnvelopeRefused):
        envelope(ours(), rules=rules, user_id=b"another").open(body)


def test_other_rules_do_not_verify() -> None:
    body = envelope(ours(), rules=WEB_CLIENT).seal(DATA)
    with pytest.raises(EnvelopeRefused, match="sealed"):
        envelope(ours()).open(body)


def test_keys_in_any_spelling_make_an_envelope() -> None:
    mine = SecureEnvelope.with_keys(
        app_id=APP_ID, app_secret=APP_SECRET, private_key=PRIVATE, their_public_key="04" + PUBLIC,
        version="2.0.1", stamp="yyyyMMddHHmmss", hex_case="lower",
    )  # fmt: skip
    message = json.loads(mine.seal([{"a": 1}], at=AT))
    assert message["version"] == "2.0.1"
    assert message["timestamp"] == "20260102110405"
    assert message["encData"] == message["encData"].lower()
    opened = mine.open(json.dumps(message).encode())
    assert opened.at == datetime(2026, 1, 2, 11, 4, 5, tzinfo=timezone(timedelta(hours=8)))
    assert lexical.plain(opened.data) == [{"a": 1}]
    assert APP_SECRET not in repr(mine)


def test_further_fields_are_signed() -> None:
    fields = {"code": 0, "success": True, "message": "成功", "type": "success", "empty": ""}
    body = envelope().seal({}, fields=fields)
    assert envelope().open(body).fields["message"] == "成功"
    with pytest.raises(EnvelopeRefused, match="sealed"):
        envelope().open(body.replace(b"true", b"false"))


def test_every_byte_of_an_envelope_matters() -> None:
    """Every byte replaced by every other value, through the same rules with a quick signature."""
    body, mine = envelope().seal({"a": "张", "n": Decimal("1.0")}, at=AT), envelope()
    taken = []
    for place in range(len(body)):
        for value in range(256):
            if value != body[place]:
                forged = body[:place] + bytes((value,)) + body[place + 1 :]
                try:
                    mine.open(forged)
                except EnvelopeRefused:
                    continue
                taken.append((place, value))
    assert taken == []


def test_every_byte_matters_with_sm2() -> None:
    body, mine, chance = (
        envelope(ours()).seal({"a": "1"}, at=AT),
        envelope(ours()),
        random.Random(3),
    )
    for place in range(len(body)):
        forged = bytearray(body)
        forged[place] ^= 1 << chance.randrange(8)
        with pytest.raises(EnvelopeRefused):
            mine.open(bytes(forged))


@given(
    data=st.dictionaries(st.text("abc_Z", min_size=1), st.text() | st.integers() | st.booleans()),
    place=st.integers(0, 10**6), insert=st.binary(max_size=3), cut=st.integers(0, 3),
)  # fmt: skip
@settings(max_examples=1500, deadline=None)
def test_any_edit_is_refused_or_says_the_same(
    data: dict[str, Any], place: int, insert: bytes, cut: int
) -> None:
    """White space between the tokens may be put in; nothing else may change."""
    mine = envelope()
    body = mine.seal(data, at=AT)
    at = place % (len(body) + 1)
    forged = body[:at] + insert + body[at + cut :]
    genuine = mine.open(body)
    try:
        assert mine.open(forged) == genuine
    except EnvelopeRefused:
        assert forged != body


@given(first=st.integers(0, 9), second_=st.integers(0, 9))
@settings(max_examples=100, deadline=None)
def test_moving_blocks_of_the_cipher_text_changes_nothing(first: int, second_: int) -> None:
    """ECB lets blocks be moved; a move that gets through only changes the order of keys."""
    mine = envelope()
    message = json.loads(mine.seal({f"key{n}": f"value{n:05}" for n in range(8)}))
    blocks = [message["encData"][n : n + 32] for n in range(0, len(message["encData"]), 32)]
    first, second_ = first % len(blocks), second_ % len(blocks)
    blocks[first], blocks[second_] = blocks[second_], blocks[first]
    moved = json.dumps(message | {"encData": "".join(blocks)}).encode()
    try:
        opened = mine.open(moved)
    except EnvelopeRefused:
        assert first != second_
    else:
        assert opened.data == {f"key{n}": f"value{n:05}" for n in range(8)}


def _with(**changes: Any) -> bytes:
    return json.dumps(json.loads(envelope().seal({"a": "1"}, at=AT)) | changes).encode()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "unreadable"), (b"[]", "unreadable"), (b"null", "unreadable"),
        (b'{"appId":1,"appId":2}', "unreadable"), (_with(**{"a=b&c": "1"}), "unreadable"),
        (_with(appId="OTHER"), "app_id"), (_with(appId=None), "app_id"), (b"{}", "app_id"),
        (_with(encType="AES"), "algorithm"), (_with(signType="SM3"), "algorithm"),
        (_with(timestamp="now"), "timestamp"), (_with(timestamp="20261301000000"), "timestamp"),
        (_with(timestamp=None), "timestamp"), (_with(timestamp="１７００００００００００００"), "timestamp"),
        (_with(timestamp="1767323045679"), "sealed"), (_with(version="1.0.1"), "sealed"),
        (_with(encData=""), "sealed"), (_with(encData="zz"), "sealed"), (_with(encData=5), "sealed"),
        (_with(encData="00" * 16), "sealed"), (_with(encData=None), "sealed"),
        (_with(signData=""), "sealed"), (_with(signData="AAAA"), "sealed"), (_with(signData=[]), "sealed"),
        (_with(signData=base64.b64encode(bytes(64)).decode()), "sealed"),
        (_with(data={"a": "2"}), "sealed"), (_with(more="x"), "sealed"),
    ],
)  # fmt: skip
def test_refusals_and_their_reasons(body: bytes, reason: str) -> None:
    with pytest.raises(EnvelopeRefused) as caught:
        envelope().open(body)
    assert caught.value.reason == reason
    assert caught.value.__cause__ is None


def test_a_number_or_text_timestamp_is_the_same() -> None:
    message = json.loads(envelope().seal({"a": "1"}, at=AT))
    message["timestamp"] = int(message["timestamp"])
    assert envelope().open(json.dumps(message).encode()).at == AT


def test_what_is_dropped_from_the_signature_is_not_handed_on() -> None:
    opened = envelope().open(_with(extra="unsigned", note="", more=None))
    assert set(opened.fields) == set(GOLDEN)


@pytest.mark.parametrize(("app_id", "secret"), [("short", "s"), ("é" * 16, "s"), ("A" * 16, "")])
def test_ids_and_secrets_that_give_no_key(app_id: str, secret: str) -> None:
    with pytest.raises(SettingsError):
        session_key(app_id, secret)


@pytest.mark.parametrize("data", ["text", 1, None, {"a": 1.5}])
def test_what_cannot_be_sealed(data: Any) -> None:
    with pytest.raises(TypeError):
        envelope().seal(data)
