"""What has been seen in the field, on demand; the client reads every one of them."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hubei_yibao import Client, GatewayRefused, Settings, YibaoError, decode
from hubei_yibao_simulator import SimulatorServer, examples
from hubei_yibao_simulator.rules import ODDITIES
from simulator.hospital import PEOPLE, Hospital, _encode

A = PEOPLE[0]


def body(hospital: Hospital, oddity: str) -> bytes:
    request = _encode(hospital.message("1101", examples.query_person(A)))
    return hospital.post(request, {"x-sim-oddity": oddity}).content


@pytest.mark.parametrize(
    ("oddity", "check"),
    [
        ("infcode-number", lambda m: m["infcode"] == 0 and m["infcode"] != "0"),
        ("infcode-absent", lambda m: "infcode" not in m and m["output"]),
        ("output-null", lambda m: m["output"] is None),
        ("output-absent", lambda m: "output" not in m),
        ("output-string", lambda m: json.loads(m["output"])["baseinfo"]),
        ("err-msg-success", lambda m: m["err_msg"] == "success" and m["infcode"] == "0"),
        ("numbers-as-strings", lambda m: m["output"]["insuinfo"][0]["balc"] == "1500.00"),
        ("object-for-list", lambda m: m["output"]["insuinfo"]["balc"] == 1500),
        ("list-for-object", lambda m: m["output"]["baseinfo"][0]["psn_no"] == A["psn_no"]),
        ("extra-fields", lambda m: m["sim_extra"] and m["output"]["baseinfo"]["sim_extra"]),
        ("gateway-401", lambda m: m == {"code": 401, "message": "非法用户!"}),
    ],
)
def test_the_oddity_is_in_the_answer(hospital: Hospital, oddity: str, check: Any) -> None:
    assert check(json.loads(body(hospital, oddity)))


def test_gbk_is_gbk(hospital: Hospital) -> None:
    content = body(hospital, "gbk")
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    assert json.loads(content.decode("gbk"))["output"]["baseinfo"]["psn_name"] == A["psn_name"]


def test_several_at_once(hospital: Hospital) -> None:
    message = json.loads(body(hospital, "numbers-as-strings,infcode-number,output-string"))
    assert message["infcode"] == 0
    assert json.loads(message["output"])["insuinfo"][0]["balc"] == "1500.00"


def test_a_rule_works_like_the_header(hospital: Hospital) -> None:
    hospital.add_rule("oddities", kind="infcode-number", numbers=["1101"], times=1)
    answers = [hospital.answer("1101", examples.query_person(A)) for _ in range(2)]
    assert [answer["infcode"] for answer in answers] == [0, "0"]


UNREADABLE = {"infcode-absent", "gateway-401"}
EMPTY = {"output-null", "output-absent"}


@pytest.mark.parametrize("oddity", ODDITIES)
def test_the_client_reads_it(server: SimulatorServer, tmp_path: Path, oddity: str) -> None:
    settings = {**server.settings, "state_dir": tmp_path, "retry": {"attempts": 1}}
    hospital = Hospital(server.url)
    hospital.add_rule("oddities", kind=oddity)
    try:
        with Client(Settings(**settings)) as client:
            if oddity == "gateway-401":
                with pytest.raises(GatewayRefused):
                    client.call("1101", examples.query_person(A))
                return
            if oddity == "infcode-absent":
                with pytest.raises(YibaoError):
                    client.call("1101", examples.query_person(A))
                return
            person = client.call("1101", examples.query_person(A))
    finally:
        hospital.clear_rules("oddities")
        hospital.close()
    if oddity not in EMPTY:
        assert person.baseinfo.psn_name == A["psn_name"]
        assert person.insuinfo[0].balc == Decimal("1500.00")


def test_without_oddities_the_client_mends_nothing(hospital: Hospital) -> None:
    request = _encode(hospital.message("1101", examples.query_person(A)))
    assert list(decode("1101", hospital.post(request).content).repairs) == []
