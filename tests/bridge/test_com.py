"""The COM shape, with a stand-in loaded in place of comtypes; nothing here is Windows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from bridge.conftest import Start
from bridge.service import Service
from hubei_yibao import Client, NotSent, OutcomeUnknown, Settings
from hubei_yibao_simulator import SimulatorServer, examples

STANDIN = str(Path(__file__).with_name("standin"))


def started(
    start: Start, more: str = "", port: int = 0, fails: Mapping[str, int] | None = None
) -> Service:
    env = {
        "PYTHONPATH": STANDIN,
        "STANDIN_FAILS": json.dumps(fails or {}),
        "STANDIN_PORT": str(port),
    }
    return start(f'[instances.main]\nkind = "com"\n{more}', env=env)


@pytest.mark.parametrize(("out", "kind"), [("", "BSTR"), ('out = "variant"', "VARIANT")])
def test_the_component_gets_number_message_and_a_place_for_the_answer(
    start: Start, out: str, kind: str
) -> None:
    output = started(start, out).call("ECHO", psn_name="张三䶮𠮷").json["output"]
    assert output["out"] == kind
    assert json.loads(output["request"])["input"]["data"] == {"psn_name": "张三䶮𠮷"}


@pytest.mark.parametrize(
    ("more", "fails", "reason"),
    [
        ("", {"create": 0x80040154 - 2**32}, "0x80040154 (class not registered; a 32-bit"),
        ('progid = "a.b"', {}, "a.b.yh_hb_call: OSError 0x800401F3 (unknown ProgID"),
        ('method = "other"', {}, "yinhai.yh_hb_sctr.other: COMError 0x80020006"),
    ],
)
def test_a_component_that_is_not_registered_has_not_sent(
    start: Start, more: str, fails: dict[str, int], reason: str
) -> None:
    answer = started(start, more, fails=fails).call("ECHO")
    assert answer.status == 404
    assert reason in answer.json["message"]


def test_without_comtypes_nothing_is_sent(start: Start) -> None:
    answer = start('[instances.main]\nkind = "com"').call("ECHO")
    assert answer.status == 404
    assert answer.json["message"].startswith("comtypes is not installed")


def test_an_exception_of_the_component_is_unknown_and_quotes_nothing(start: Start) -> None:
    service = started(start, fails={"Q1": 0x80020009 - 2**32})
    assert service.call("Q1", psn_name="张三").status == 502
    log = service.log.read_text("utf-8")
    assert "the component failed: COMError 0x80020009" in log
    assert "张三" not in log
    assert service.call("ECHO").status == 200


def test_no_text_is_unknown_and_half_a_character_is_replaced(start: Start) -> None:
    service = started(start)
    assert service.call("NULL").status == 502
    assert service.call("HALF").json["output"]["text"] == "\ufffd"


def test_the_four_outcomes_through_the_client(start: Start, tmp_path: Path) -> None:
    person = examples.people()[0]
    query: Any = examples.query_person(person)
    with SimulatorServer() as simulator:
        service = started(start, port=simulator.port, fails={"2201": 0x80020009 - 2**32})
        settings = service.settings(simulator.settings) | {"state_dir": tmp_path / "state"}
        with Client(Settings(**settings)) as client:
            assert client.call("1101", query).baseinfo.psn_name == "测试甲"
            register = examples.register(person, "2026-01-01 08:00:00", "O1")
            with pytest.raises(OutcomeUnknown) as unknown:
                client.call("2201", register)
            assert [record.msgid for record in client.unknown()] == [unknown.value.msgid]
        other = settings | {"secrets": {"token": "another"}}
        with Client(Settings(**other)) as client, pytest.raises(NotSent, match="token is missing"):
            client.call("2201", register)
        service.stop()
        with Client(Settings(**settings)) as client, pytest.raises(NotSent):
            client.call("2201", register)
        with Client(Settings(**settings)) as client:
            assert len(client.unknown()) == 1
