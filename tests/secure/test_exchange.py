"""6xxx and 7xxx through the client: the envelope on the wire, and what each answer means."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fault_server import FaultServer, answering, response
from hubei_yibao.registry import INTERFACES
from hubei_yibao_runtime.client import SyncClient
from hubei_yibao_runtime.errors import GatewayRefused, OutcomeUnknown, Rejected, YibaoError
from hubei_yibao_runtime.interface import Field
from hubei_yibao_runtime.profile import load_profile
from hubei_yibao_runtime.secure import SecureEnvelope, lexical, session_key
from second_gm import PRIVATE, PUBLIC, GmsslDevice
from wire_fixture import settings

APP_ID, APP_SECRET = "0123456789ABCDEF0123456789ABCDEF", "SECRETSECRETSECRETSECRET01234567"
SECRETS = {
    "app_id": APP_ID, "app_secret": APP_SECRET, "private_key": PRIVATE, "platform_public_key": PUBLIC,
}  # fmt: skip
PLATFORM = SecureEnvelope(
    app_id=APP_ID,
    app_secret=APP_SECRET,
    device=GmsslDevice(PRIVATE, PUBLIC, session_key(APP_ID, APP_SECRET)),
)
SUCCESS = {"code": 0, "message": "成功", "success": True, "type": "success"}
REFUSED = {"code": 6001, "message": "订单不存在", "success": False, "type": "error"}


def order() -> dict[str, Any]:
    """An input of 6401 with every field its table demands."""
    (node,) = INTERFACES["6401"].input or ()

    def value(field: Field) -> str:
        codes = INTERFACES.checked_codes(field.dictionary) if field.dictionary else None
        return next(iter(codes)) if codes else "1.00" if field.type == "decimal" else "x"

    return {"data": {field.name: value(field) for field in node.fields if field.required}}


def call(tmp_path: Path, body: bytes) -> tuple[Any, bytes, int]:
    """The result or error of one call of 6401, what was sent, and how many writes are unknown."""
    with FaultServer(answering(response(body))) as server:
        chosen = settings(tmp_path, server.url, profile="envelope-sm2-sm4", secrets=SECRETS)
        with SyncClient(chosen, registry=INTERFACES) as yibao:
            found: Any
            try:
                found = yibao.call("6401", order(), allow_closed=True)
            except YibaoError as error:
                found = error
            assert server.heads == 1, "a write is sent once"
            return found, server.bodies[0], len(yibao.unknown())


def test_the_preset_is_not_verified() -> None:
    assert load_profile("envelope-sm2-sm4").verified is False


def test_the_envelope_stands_for_the_message_and_its_answer_is_typed(tmp_path: Path) -> None:
    result, sent, unknown = call(tmp_path, PLATFORM.seal({"success": True}, fields=SUCCESS))
    assert unknown == 0
    assert set(json.loads(sent)) == {
        "appId", "encType", "signType", "timestamp", "version", "encData", "signData",
    }  # fmt: skip
    opened = PLATFORM.open(sent)
    assert lexical.plain(opened.data) == order()["data"]
    assert abs(datetime.now(UTC) - opened.at) < timedelta(minutes=1)
    assert result.data.success is True


def test_nodes_in_the_answer_are_taken_as_they_are(tmp_path: Path) -> None:
    result, _, _ = call(tmp_path, PLATFORM.seal({"data": {"success": True}}, fields=SUCCESS))
    assert result.data.success is True


@pytest.mark.parametrize(
    "body",
    [PLATFORM.seal({}, fields=REFUSED), json.dumps(REFUSED).encode(),
     PLATFORM.seal({}, fields=REFUSED | {"code": 0})],
    ids=["sealed", "in clear", "code 0 without success"],
)  # fmt: skip
def test_a_failure_is_a_rejection(tmp_path: Path, body: bytes) -> None:
    error, _, unknown = call(tmp_path, body)
    assert isinstance(error, Rejected)
    assert error.err_msg == "订单不存在"
    assert error.safe_to_repeat is False
    assert unknown == 0


def test_a_gateways_refusal_stays_one(tmp_path: Path) -> None:
    error, _, unknown = call(tmp_path, b'{"code":401,"message":"no","success":false}')
    assert isinstance(error, GatewayRefused)
    assert unknown == 0


def _forged() -> bytes:
    body = PLATFORM.seal({"a": Decimal("1.0")}, fields=SUCCESS)
    return body.replace("成功".encode(), "失败".encode())


def _old() -> bytes:
    return PLATFORM.seal({}, fields=SUCCESS, at=datetime.now(UTC) - timedelta(hours=1))


@pytest.mark.parametrize(
    "body",
    [_forged(), _old(), json.dumps(SUCCESS).encode(), b"<html>", b'{"code":502,"message":"bad"}',
     b'{"code":"","success":true}', b"[]"],
    ids=["forged", "old", "success in clear", "no JSON", "502", "no code", "no object"],
)  # fmt: skip
def test_whatever_does_not_prove_itself_leaves_the_write_unknown(
    tmp_path: Path, body: bytes
) -> None:
    error, _, unknown = call(tmp_path, body)
    assert isinstance(error, OutcomeUnknown)
    assert unknown == 1
