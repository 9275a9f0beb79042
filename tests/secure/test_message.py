"""The bearer + SM2/SM4 form over a real socket: what is sent, and what is read of the answer."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from fault_server import OK, FaultServer, answering, response
from hubei_yibao_runtime.client import SyncClient
from hubei_yibao_runtime.errors import GatewayRefused, OutcomeUnknown, SettingsError
from hubei_yibao_runtime.profile import load_profile
from second_gm import PRIVATE, PUBLIC, GmsslDevice
from wire_fixture import INPUT, REGISTRY, settings

CLIENT_ID = "clientid00000001"
SECRETS = {"token": "T", "client_id": CLIENT_ID, "private_key": PRIVATE}
PLATFORM = GmsslDevice(PRIVATE, PUBLIC, CLIENT_ID.encode())


def client(tmp_path: Path, url: str, **secrets: str) -> SyncClient:
    chosen = settings(tmp_path, url, profile="bearer-sm2-sm4", secrets=SECRETS | secrets)
    return SyncClient(chosen, registry=REGISTRY)


def encrypted(output: Any) -> str:
    return base64.b64encode(PLATFORM.encrypt(json.dumps(output).encode())).decode()


def test_the_preset_is_not_verified() -> None:
    assert load_profile("bearer-sm2-sm4").verified is False


def test_input_is_encrypted_and_its_plain_text_signed(tmp_path: Path) -> None:
    with (
        FaultServer(answering(response(OK))) as server,
        client(tmp_path, server.url) as yibao,
    ):
        yibao.call("Q101", INPUT)
        message = json.loads(server.bodies[0])
        assert server.headers[0]["authorization"] == "Bearer T"
    assert (message["enc_type"], message["signtype"]) == ("SM4", "SM2")
    plain = PLATFORM.decrypt(base64.b64decode(message["input"], validate=True))
    assert json.loads(plain)["data"]["psn_name"] == INPUT["data"]["psn_name"]
    assert INPUT["data"]["psn_no"].encode() not in server.bodies[0]
    signature = base64.b64decode(message["cainfo"], validate=True)
    assert PLATFORM.verify(plain, signature, CLIENT_ID.encode())
    assert not PLATFORM.verify(plain, signature)


OUTPUT = {"setlinfo": {"setl_id": "S1", "fund": 12.50}}


@pytest.mark.parametrize(
    "output",
    [encrypted(OUTPUT), encrypted(OUTPUT) + "\n", OUTPUT, json.dumps(OUTPUT)],
    ids=["encrypted", "with line end", "in clear", "in clear as text"],
)
def test_output_is_read_encrypted_or_not(tmp_path: Path, output: Any) -> None:
    answer = {"infcode": "0", "err_msg": "成功", "output": output}
    with (
        FaultServer(answering(response(json.dumps(answer).encode()))) as server,
        client(tmp_path, server.url) as yibao,
    ):
        result: Any = yibao.call("W207", INPUT)
        assert result.setlinfo.setl_id == "S1"
        assert str(result.setlinfo.fund) == "12.5"


@pytest.mark.parametrize("output", ["AAAA", "not base64!", base64.b64encode(bytes(32)).decode()])
def test_an_output_nobody_can_decrypt_leaves_a_write_unknown(tmp_path: Path, output: str) -> None:
    answer = {"infcode": "0", "output": output}
    with (
        FaultServer(answering(response(json.dumps(answer).encode()))) as server,
        client(tmp_path, server.url) as yibao,
    ):
        with pytest.raises(OutcomeUnknown, match="cannot be decrypted") as caught:
            yibao.call("W207", INPUT)
        assert caught.value.safe_to_repeat is False
        assert len(yibao.unknown()) == 1
        assert server.heads == 1


def test_a_gateway_may_still_refuse_in_clear(tmp_path: Path) -> None:
    body = json.dumps({"code": 401, "message": "no"}).encode()
    with (
        FaultServer(answering(response(body))) as server,
        client(tmp_path, server.url) as yibao,
        pytest.raises(GatewayRefused),
    ):
        yibao.call("W207", INPUT)


def test_a_client_id_that_is_no_key_is_refused_before_sending(tmp_path: Path) -> None:
    with (
        FaultServer(answering(response(OK))) as server,
        client(tmp_path, server.url, client_id="short") as yibao,
    ):
        with pytest.raises(SettingsError, match="SM4 key has 16 bytes"):
            yibao.call("W207", INPUT)
        assert yibao.unknown() == []
        assert server.heads == 0
