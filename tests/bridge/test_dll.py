"""The DLL shape with a real shared library, compiled here: GBK, buffers, return codes."""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from pathlib import Path

import pytest
from bridge.conftest import Start
from bridge.service import message
from hubei_yibao import Client, NotSent, OutcomeUnknown, Rejected, Settings
from hubei_yibao_bridge import CannotSend, Component
from hubei_yibao_bridge.components import load
from hubei_yibao_simulator import SimulatorServer, examples
from hypothesis import given
from hypothesis import strategies as st

SOURCE = Path(__file__).with_name("component.c")


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("library") / "component.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", target, SOURCE], check=True)
    return target


def config(library: Path, **more: object) -> str:
    values = {"kind": "dll", "path": str(library), **more}
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    return "\n".join(["[instances.main]", *lines])


def test_the_component_gets_gbk_and_its_gbk_is_read(start: Start, library: Path) -> None:
    service = start(config(library))
    answer = service.call("ECHO", psn_name="张三丰€"[:3])
    output = answer.json["output"]
    assert output["text"] == "张"
    assert bytes.fromhex(output["hex"]) == message("ECHO", psn_name="张三丰").decode().encode("gbk")


def test_what_gbk_cannot_hold_is_not_sent_and_named_by_its_place(
    start: Start, library: Path
) -> None:
    service = start(config(library))
    answer = service.call("ECHO", feedetail=[{"name": "药"}, {"name": "䶮"}])
    assert answer.status == 400
    assert answer.json["message"].startswith("input.data.feedetail[1].name: character ")
    assert "䶮" not in answer.json["message"]
    wider = start(config(library, encoding="gb18030"))
    assert wider.call("ECHO", name="䶮").status == 200


@pytest.mark.parametrize(
    ("number", "status"), [("RC0", 200), ("RC1", 502), ("RC2", 200), ("RC9", 502)]
)
def test_return_codes(start: Start, library: Path, number: str, status: int) -> None:
    """-1 is a system error, after which nobody knows; -2 with a refusal in the answer is one."""
    service = start(config(library))
    answer = service.call(number)
    assert answer.status == status
    if status == 200:
        assert answer.json["err_msg"] == "不行"


@pytest.mark.parametrize("filled", [4999, 5000])
def test_an_answer_that_fills_the_buffer_is_unknown(
    start: Start, library: Path, filled: int
) -> None:
    service = start(config(library, out_bytes=5000), env={"COMPONENT_FILL": str(filled)})
    assert service.call("FILL").status == 502
    assert "raise out_bytes" in service.log.read_text("utf-8")
    assert service.call("ECHO", n=1).status == 200
    assert service.status()["starts"] == 2


@given(text=st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")))
def test_every_text_arrives_exactly_or_is_refused(library: Path, text: str) -> None:
    component = _component(library)
    request = json.dumps({"infno": "ECHO", "t": text}, ensure_ascii=False)
    try:
        output = json.loads(component.call("ECHO", request))["output"]
    except CannotSend:
        assert any(not _fits(letter) for letter in text)
    else:
        assert bytes.fromhex(output["hex"]).decode("gbk") == request


@cache
def _component(library: Path) -> Component:
    options = {"path": str(library), "convention": "cdecl", "encoding": "gbk", "init": "INIT",
               "handle": "BUSINESS_HANDLE", "folder": os.getcwd(), "out_bytes": 1_000_000}  # fmt: skip
    return load("dll", options)


def _fits(letter: str) -> bool:
    try:
        letter.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True


def test_a_large_answer_comes_whole(start: Start, library: Path) -> None:
    service = start(config(library))
    output = service.call("ECHO", text="长" * 500_000).json["output"]
    assert len(output["hex"]) > 2_000_000


def test_hanging_and_crashing_native_code(start: Start, library: Path) -> None:
    service = start(config(library, deadline=0.5))
    assert service.call("HANG").status == 504
    assert service.call("CRASH").status == 502
    assert service.call("ECHO").status == 200


@pytest.mark.parametrize(
    ("more", "env", "reason"),
    [
        ({"path": "/nowhere/nothing.dll"}, {}, "nothing.dll: cannot be loaded"),
        ({"handle": "OTHER"}, {}, "component.so: it does not export the function"),
        ({}, {"COMPONENT_INIT": "-1"}, "INIT gave -1: 不行"),
    ],
)
def test_a_library_that_cannot_be_used_has_not_sent(
    start: Start, library: Path, more: dict[str, str], env: dict[str, str], reason: str
) -> None:
    service = start(config(library, **more), env=env)
    answer = service.call("ECHO")
    assert answer.status == 404
    assert answer.json["message"].startswith(reason)


def test_client_bridge_library_simulator(start: Start, library: Path, tmp_path: Path) -> None:
    person = examples.people()[0]
    with SimulatorServer() as simulator:
        service = start(config(library), env={"COMPONENT_PORT": str(simulator.port)})
        settings = service.settings(simulator.settings) | {"state_dir": tmp_path / "state"}
        with Client(Settings(**settings)) as client:
            query = examples.query_person(person)
            assert client.call("1101", query).baseinfo.psn_name == "测试甲"
            with pytest.raises(Rejected) as refused:
                client.call("1101", examples.query_person({**person, "certno": "0" * 18}))
            assert any("\u4e00" <= letter <= "\u9fff" for letter in refused.value.err_msg)
            with pytest.raises(NotSent, match=r"psn_name: character \d+ of the message"):
                client.call("1101", {"data": {**query["data"], "psn_name": "䶮"}})
            simulator.stop()
            # the component says -1 when it cannot reach the platform, and so nobody knows
            with pytest.raises(OutcomeUnknown):
                client.call("1101", query)
