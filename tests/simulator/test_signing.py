"""Signed profiles end to end with the generated client, and what the gateway says to others."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hubei_yibao import Client, GatewayRefused, Rejected, Settings
from hubei_yibao_runtime.gm import hmac_sm3
from hubei_yibao_simulator import SimulatorConfig, SimulatorServer, examples
from hubei_yibao_simulator.config import PROFILES
from simulator.hospital import PEOPLE, Hospital, _encode, sampled_input

A = PEOPLE[0]
MISSING, OLD, UNKNOWN, WRONG = (
    "缺少服务网关的请求头!", "签名时间戳超时!", "非法用户!", "签名不一致!",
)  # fmt: skip
GATEWAYS = ["csb-hmac-sha1", "tif-sha256", "ca-hmac-sm3"]
#: profile -> (secret that names the user, secret that signs)
SECRETS = {
    "csb-hmac-sha1": ("access_key", "secret_key"),
    "tif-sha256": ("paasid", "token"),
    "ca-hmac-sm3": ("key", "secret"),
}


@pytest.fixture
def signed(request: pytest.FixtureRequest) -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorConfig(profile=request.param)) as server:
        yield server


def client_of(server: SimulatorServer, tmp_path: Path, **changes: Any) -> Client:
    values = {**server.settings, "insuplc_admdvs": "420199", "state_dir": tmp_path, **changes}
    return Client(Settings(**values))


@pytest.mark.parametrize("signed", list(PROFILES), indirect=True)
def test_a_signed_client_is_let_in(signed: SimulatorServer, tmp_path: Path) -> None:
    with client_of(signed, tmp_path) as client:
        person = client.call("1101", examples.query_person(A))
        assert person.baseinfo.psn_no == A["psn_no"]
        registered = client.call("2201", examples.register(A, "2026-01-01 08:00:00"))
        assert registered.data.mdtrt_id


@pytest.mark.parametrize("signed", GATEWAYS, indirect=True)
@pytest.mark.parametrize(("which", "message"), [(0, UNKNOWN), (1, WRONG)])
def test_a_wrong_key_gets_the_gateways_body(
    signed: SimulatorServer, tmp_path: Path, which: int, message: str
) -> None:
    name = SECRETS[signed.config.profile][which]
    secrets = {**signed.settings["secrets"], name: "another"}
    with client_of(signed, tmp_path, secrets=secrets, retry={"attempts": 1}) as client:
        with pytest.raises(GatewayRefused) as refused:
            client.call("1101", examples.query_person(A))
        assert refused.value.raw == {"code": 401, "message": message}


@pytest.mark.parametrize("signed", GATEWAYS, indirect=True)
def test_a_call_without_headers_gets_the_gateways_body(signed: SimulatorServer) -> None:
    hospital = Hospital(signed.url)
    response = hospital.post(b"{}")
    assert response.status_code == 401
    assert response.json() == {"code": 401, "message": MISSING}
    hospital.close()


@pytest.mark.parametrize("profile", GATEWAYS)
@pytest.mark.parametrize("minutes", [-31, 31])
def test_an_old_timestamp_gets_the_gateways_body(
    profile: str, minutes: int, tmp_path: Path
) -> None:
    def clock() -> datetime:
        return datetime.now().astimezone() + timedelta(minutes=minutes)

    config = SimulatorConfig(profile=profile, clock=clock)
    with (
        SimulatorServer(config) as server,
        client_of(server, tmp_path, retry={"attempts": 1}) as client,
        pytest.raises(GatewayRefused) as refused,
    ):
        client.call("1101", examples.query_person(A))
    assert refused.value.raw == {"code": 401, "message": OLD}


@pytest.mark.parametrize("signed", ["ca-hmac-sm3"], indirect=True)
def test_a_body_changed_on_the_way_is_noticed(signed: SimulatorServer) -> None:
    hospital = Hospital(signed.url)
    body = _encode(hospital.message("1101", examples.query_person(A)))
    stamp = str(int(time.time()))
    mac = hmac_sm3(signed.config.secrets["secret"].encode(), f"{stamp}\n".encode() + body)
    headers = {
        "x-ca-key": signed.config.secrets["key"],
        "x-ca-signature": f"{stamp}:{mac.hex().upper()}",
    }
    assert hospital.post(body, headers).json()["infcode"] == "0"
    changed = body.replace(b"420199", b"420299")
    assert hospital.post(changed, headers).json() == {"code": 401, "message": WRONG}
    hospital.close()


def test_a_wrong_sm2_key_is_refused_by_the_platform(tmp_path: Path) -> None:
    config = SimulatorConfig(profile="hubei-v1.2.02-cainfo")
    with SimulatorServer(config) as server:
        other = {"private_key": "11" * 32}
        with (
            client_of(server, tmp_path, secrets=other) as client,
            pytest.raises(Rejected, match="验签不通过"),
        ):
            client.call("1101", examples.query_person(A))


@pytest.mark.parametrize("given", ["", "zz", "00" * 64, "AAAA", "中文"])
def test_a_cainfo_that_is_no_signature_is_refused(given: str) -> None:
    with SimulatorServer(SimulatorConfig(profile="hubei-v1.2.02-cainfo")) as server:
        hospital = Hospital(server.url)
        answer = hospital.answer("1901", sampled_input("1901"), cainfo=given)
        assert answer["infcode"] == "-1"
        assert "cainfo" in answer["err_msg"]
        hospital.close()


def test_refused_calls_are_not_carried_out(tmp_path: Path) -> None:
    with SimulatorServer(SimulatorConfig(profile="csb-hmac-sha1")) as server:
        hospital = Hospital(server.url)
        hospital.http.post(server.url, content=b'{"infno":"2201","msgid":"m"}')
        assert hospital.admin("state")["rows"]["visit"] == 0
        assert [m["outcome"] for m in hospital.admin("messages?msgid=m")] == ["gateway"]
        hospital.close()
