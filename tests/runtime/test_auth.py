"""Signing schemes against known answers, and a scheme of somebody else's."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fault_server import OK, FaultServer, answering, response
from gmssl import sm2  # type: ignore[import-untyped]
from hubei_yibao_runtime import gm
from hubei_yibao_runtime.auth import Scheme, Signing, build, register, scheme_names
from hubei_yibao_runtime.auth.cainfo import signed_text
from hubei_yibao_runtime.auth.gateway import TifSha256
from hubei_yibao_runtime.client import SyncClient
from hubei_yibao_runtime.errors import NotSent, SettingsError
from hubei_yibao_runtime.profile import AuthConfig
from wire_fixture import INPUT, REGISTRY, settings

AT = datetime.fromtimestamp(1_700_000_000, UTC)
#: Example key of GB/T 32918.5 (recommended curve).
PRIVATE = "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8"
PUBLIC = (
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)


def scheme(name: str, params: dict[str, Any] | None = None, **secrets: str) -> Scheme:
    return build(AuthConfig(scheme=name, params=params or {}), lambda key, _: secrets[key])


def call(infno: str = "1101", envelope: Mapping[str, str] | None = None) -> Signing:
    return Signing(infno, AT, envelope or {}, b"{}")


def test_csb_known_answer() -> None:
    csb = scheme("csb-hmac-sha1", access_key="TESTAK", secret_key="TESTSK")
    assert csb.headers(call(), b"anything") == {
        "_api_access_key": "TESTAK",
        "_api_name": "1101",
        "_api_timestamp": "1700000000000",
        "_api_version": "1.0.0",
        "_api_signature": "Ud3SrIPatgAJ4xBUMyUlj83JUDA=",
    }


@pytest.mark.parametrize(
    ("template", "name"), [("{infno}", "2207A"), ("hsa-fsi-{infno}", "hsa-fsi-2207A"), ("x", "x")]
)
def test_csb_name_is_a_template(template: str, name: str) -> None:
    csb = scheme("csb-hmac-sha1", {"name": template}, access_key="a", secret_key="b")
    assert csb.headers(call("2207A"), b"")["_api_name"] == name


def test_tif_known_answer() -> None:
    expected = "5d26b25d52e76b7ce922010ebe3779b36ed0154016f416eb5ba62695c0354354"
    tif = scheme("tif-sha256", token="TESTTOKEN", paasid="P")
    assert isinstance(tif, TifSha256)
    assert tif._signed("1700000000", "abc123") == {
        "x-tif-paasid": "P",
        "x-tif-timestamp": "1700000000",
        "x-tif-nonce": "abc123",
        "x-tif-signature": expected,
    }
    rio = scheme("tif-sha256", {"prefix": "x-rio-", "case": "upper"}, token="TESTTOKEN", paasid="P")
    assert isinstance(rio, TifSha256)
    assert rio._signed("1700000000", "abc123")["x-rio-signature"] == expected.upper()


def test_tif_nonces_differ() -> None:
    tif = scheme("tif-sha256", token="t", paasid="p")
    nonces = {tif.headers(call(), b"")["x-tif-nonce"] for _ in range(50)}
    assert len(nonces) == 50


def test_ca_known_answer_over_the_exact_body() -> None:
    ca = scheme("ca-hmac-sm3", key="K", secret="TESTTOKEN")
    assert ca.headers(call(), b'{"infno":"9001"}') == {
        "x-ca-key": "K",
        "x-ca-signature": "1700000000:"
        "724BF2292B4936E35C3E9AFC9228AFA89FF3E09C21EDF78FF5BC5DCA1D8411D5",
    }


def test_sm3_known_answer() -> None:
    assert gm.sm3(b"abc").hex() == (
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    )


def _verified_elsewhere(message: bytes, signature: bytes) -> bool:
    other = sm2.CryptSM2(private_key="", public_key=PUBLIC)
    return bool(other.verify(signature.hex(), bytes.fromhex(other._sm3_z(message))))


@pytest.mark.parametrize("encoding", ["hex", "HEX", "base64"])
@pytest.mark.parametrize("form", ["raw", "der"])
def test_cainfo_signs_the_sorted_envelope(encoding: str, form: str) -> None:
    cainfo = scheme("sm2-cainfo", {"encoding": encoding, "form": form}, private_key=PRIVATE)
    envelope = {"infno": "1101", "Zone": "z", "cainfo": "old", "opter_name": "张", "empty": ""}
    text = cainfo.envelope(call(envelope=envelope))["cainfo"]
    data = base64.b64decode(text) if encoding == "base64" else bytes.fromhex(text)
    if encoding != "base64":
        assert text == (text.upper() if encoding == "HEX" else text.lower())
    raw = data
    if form == "der":
        numbers = _der_integers(data)
        raw = b"".join(number.to_bytes(32, "big") for number in numbers)
        assert gm.der(raw) == data
    message = "Zone=z&empty=&infno=1101&opter_name=张".encode()
    assert gm.Sm2Key.public(PUBLIC).verify(message, raw)
    assert _verified_elsewhere(message, raw)
    assert not gm.Sm2Key.public("04" + PUBLIC).verify(message + b"x", raw)


def _der_integers(data: bytes) -> list[int]:
    assert data[0] == 0x30
    assert data[1] == len(data) - 2
    numbers, place = [], 2
    while place < len(data):
        assert data[place] == 2
        length = data[place + 1]
        numbers.append(int.from_bytes(data[place + 2 : place + 2 + length], "big", signed=True))
        place += 2 + length
    assert len(numbers) == 2
    assert all(number > 0 for number in numbers)
    return numbers


def test_another_user_id_gives_another_signature() -> None:
    key = gm.Sm2Key.private(PRIVATE)
    signature = key.sign(b"m", b"ALICE123@YAHOO.COM")
    assert key.verify(b"m", signature, b"ALICE123@YAHOO.COM")
    assert not key.verify(b"m", signature)


def _pkcs8() -> bytes:
    inner = b"\x30\x25\x02\x01\x01\x04\x20" + bytes.fromhex(PRIVATE)
    head = bytes.fromhex("020100301306072a8648ce3d020106082a811ccf5501822d")
    content = head + b"\x04" + bytes([len(inner)]) + inner
    return b"\x30" + bytes([len(content)]) + content


@pytest.mark.parametrize(
    "text",
    [
        PRIVATE,
        PRIVATE.lower(),
        "00" + PRIVATE,
        base64.b64encode(bytes.fromhex(PRIVATE)).decode(),
        base64.b64encode(b"\0" + bytes.fromhex(PRIVATE)).decode(),
        base64.b64encode(_pkcs8()).decode(),
        "-----BEGIN PRIVATE KEY-----\n"
        + base64.encodebytes(_pkcs8()).decode()
        + "-----END PRIVATE KEY-----",
    ],
)
def test_private_keys_in_every_spelling_seen(text: str) -> None:
    signature = gm.Sm2Key.private(text).sign(b"message")
    assert gm.Sm2Key.public(PUBLIC).verify(b"message", signature)


@pytest.mark.parametrize("text", ["", "xyz", "00", base64.b64encode(b"short").decode(), "ü" * 64])
def test_a_useless_key_is_a_settings_error_without_the_key(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        gm.Sm2Key.private(text)
    assert not text or text not in str(caught.value)


def test_signed_text_sorts_by_ascii() -> None:
    envelope = {"b": "2", "B": "1", "a_": "4", "a": "3", "cainfo": "x", "input": "y"}
    assert signed_text(envelope) == "B=1&a=3&a_=4&b=2"


def test_the_message_is_signed_as_it_is_sent(tmp_path: Path) -> None:
    secrets = {"key": "K", "secret": "TESTTOKEN"}
    profile = {"name": "t", "source": "t", "auth": {"scheme": "ca-hmac-sm3"}}
    with (
        FaultServer(answering(response(OK))) as server,
        SyncClient(
            settings(tmp_path, server.url, profile=profile, secrets=secrets), registry=REGISTRY
        ) as yibao,
    ):
        yibao.call("Q101", INPUT)
        seconds, _, mac = server.headers[0]["x-ca-signature"].partition(":")
        expected = gm.hmac_sm3(b"TESTTOKEN", f"{seconds}\n".encode() + server.bodies[0])
        assert mac == expected.hex().upper()


def test_cainfo_is_in_the_message_and_covers_what_was_sent(tmp_path: Path) -> None:
    with (
        FaultServer(answering(response(OK))) as server,
        SyncClient(
            settings(tmp_path, server.url, profile="hubei-v1.2.02-cainfo",
                     secrets={"private_key": PRIVATE}),
            registry=REGISTRY,
        ) as yibao,
    ):  # fmt: skip
        yibao.call("Q101", INPUT)
        message = json.loads(server.bodies[0])
    text = "&".join(f"{k}={message[k]}" for k in sorted(set(message) - {"cainfo", "input"}))
    signature = bytes.fromhex(message["cainfo"])
    assert gm.Sm2Key.public(PUBLIC).verify(text.encode(), signature)


def test_a_missing_secret_is_named_and_nothing_is_sent(tmp_path: Path) -> None:
    with FaultServer(answering(response(OK))) as server:
        chosen = settings(tmp_path, server.url, profile="tif-sha256", secrets={"token": "t"})
        with SyncClient(chosen, registry=REGISTRY) as yibao:
            with pytest.raises(SettingsError, match="paasid"):
                yibao.call("W207", INPUT)
            assert yibao.unknown() == []
        assert server.heads == 0


@register("test-reversed-body")
class _Reversed(Scheme):
    def headers(self, call: Signing, body: bytes) -> Mapping[str, str]:
        return {"X-Signed": body[::-1][:8].hex()}


def _own_profile(scheme: str) -> dict[str, Any]:
    return {"name": "own", "source": "test", "auth": [{"scheme": scheme}]}


def test_a_new_scheme_plugs_in_by_registration(tmp_path: Path) -> None:
    with FaultServer(answering(response(OK))) as server:
        chosen = settings(tmp_path, server.url, profile=_own_profile("test-reversed-body"))
        with SyncClient(chosen, registry=REGISTRY) as yibao:
            yibao.call("Q101", INPUT)
        assert server.headers[0]["x-signed"] == server.bodies[0][::-1][:8].hex()


def test_a_new_scheme_plugs_in_by_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "other_gateway"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from hubei_yibao_runtime.auth import Scheme\n"
        "class Mine(Scheme):\n"
        "    def headers(self, call, body):\n"
        "        return {'X-Mine': str(len(body))}\n"
    )
    info = tmp_path / "other_gateway-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other_gateway\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[hubei_yibao.auth]\nmine = other_gateway:Mine\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "mine" in scheme_names()
    mine = build(AuthConfig(scheme="mine"), lambda key, _: key)
    assert mine.headers(call(), b"12345") == {"X-Mine": "5"}


def test_an_unknown_scheme_and_wrong_params_are_settings_errors(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no auth scheme 'nobody'"):
        SyncClient(settings(tmp_path, profile=_own_profile("nobody")), registry=REGISTRY)
    with pytest.raises(SettingsError, match="case"):
        scheme("tif-sha256", {"case": "middle"})


def test_a_scheme_that_breaks_is_not_sent(tmp_path: Path) -> None:
    @register("test-broken")
    class Broken(Scheme):
        def headers(self, call: Signing, body: bytes) -> Mapping[str, str]:
            raise KeyError("secret-value")

    with FaultServer(answering(response(OK))) as server:
        chosen = settings(tmp_path, server.url, profile=_own_profile("test-broken"))
        with SyncClient(chosen, registry=REGISTRY) as yibao:
            with pytest.raises(NotSent, match="could not be signed: KeyError") as caught:
                yibao.call("W207", INPUT)
            assert "secret-value" not in str(caught.value)
        assert server.heads == 0


def _bearer(url: str) -> dict[str, Any]:
    auth = {"scheme": "bearer", "params": {"token_url": url + "/token", "scope": "all"}}
    return {"name": "b", "source": "t", "auth": auth, "routing": {"template": "/call"}}


BEARER_SECRETS = {"client_id": "id", "client_secret": "cs", "username": "u", "password": "p w"}


def test_bearer_fetches_a_token_once_and_again_when_refused(tmp_path: Path) -> None:
    tokens = iter(["first", "second"])

    def behave(server: FaultServer, connection: Any) -> None:
        while True:
            server.request(connection)
            if server.paths[-1].endswith("/token"):
                answer = {"access_token": next(tokens), "expires_in": 3600}
            elif server.headers[-1]["authorization"] == "Bearer first" and server.full > 4:
                answer = {"code": 401, "message": "expired"}
            else:
                answer = OK
            connection.sendall(response(answer))

    with FaultServer(behave) as server:
        chosen = settings(tmp_path, server.url, profile=_bearer(server.url), secrets=BEARER_SECRETS)
        with SyncClient(chosen, registry=REGISTRY) as yibao:
            for _ in range(5):
                yibao.call("W207", INPUT)
        asked = [path for path in server.paths if path.endswith("/token")]
        assert len(asked) == 2
        assert server.bodies[0] == b"grant_type=password&username=u&password=p+w&scope=all"
        pair = base64.b64encode(b"id:cs").decode()
        assert server.headers[0]["authorization"] == f"Basic {pair}"
        assert server.headers[-1]["authorization"] == "Bearer second"


@pytest.mark.parametrize("answer", [{}, {"access_token": 7}, [1], {"error": "no"}])
def test_no_token_is_not_sent(tmp_path: Path, answer: Any) -> None:
    with FaultServer(answering(response(json.dumps(answer).encode()))) as server:
        chosen = settings(tmp_path, server.url, profile=_bearer(server.url), secrets=BEARER_SECRETS)
        with SyncClient(chosen, registry=REGISTRY) as yibao:
            with pytest.raises(NotSent, match="without an access token"):
                yibao.call("W207", INPUT)
            assert yibao.unknown() == []
        assert all(path.endswith("/token") for path in server.paths)


@pytest.mark.parametrize(
    "body",
    [
        b'{"access_token":"x","expires_in":10000000000000}',
        b'{"access_token":"x","expires_in":-10000000000000}',
        b'{"access_token":"x","expires_in":1e300}',
        b'{"access_token":"x","expires_in":NaN}',
        b'{"access_token":"x","expires_in":' + b"9" * 5000 + b"}",
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"\xff\xfe",
    ],
    ids=["late", "early", "float", "nan", "long", "lists", "objects", "bytes"],
)
def test_an_odd_token_answer_is_not_sent(tmp_path: Path, body: bytes) -> None:
    with FaultServer(answering(response(body))) as server:
        chosen = settings(tmp_path, server.url, profile=_bearer(server.url), secrets=BEARER_SECRETS)
        with (
            SyncClient(chosen, registry=REGISTRY) as yibao,
            pytest.raises(NotSent, match="without an access token"),
        ):
            yibao.call("W207", INPUT)
        assert all(path.endswith("/token") for path in server.paths)


def test_a_fixed_bearer_token_and_a_fixed_header() -> None:
    assert scheme("bearer", token="T").headers(call(), b"") == {"Authorization": "Bearer T"}
    header = scheme("header", {"header": "apikey"}, api_key="V")
    assert header.headers(call(), b"") == {"apikey": "V"}


def test_no_two_signatures_are_alike() -> None:
    key = gm.Sm2Key.private(PRIVATE)
    assert key.sign(b"m") != key.sign(b"m")
