"""The platform's own calls: 6204, 6302, 7102 and 7103, pushed to a URL."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from hubei_yibao.registry import INTERFACES
from hubei_yibao_simulator import SimulatorConfig, SimulatorServer
from hubei_yibao_simulator.callbacks import NUMBERS
from simulator.hospital import Hospital, _encode


class Receiver(HTTPServer):
    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/push"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append(json.loads(body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"infcode":"0"}')

    def log_message(self, *args: Any) -> None: ...


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def push(hospital: Hospital, **wanted: Any) -> Any:
    return hospital.http.post(f"{hospital.url}/_sim/push", content=_encode(wanted))


@pytest.mark.parametrize("number", NUMBERS)
def test_a_push_arrives_with_the_fields_of_the_spec(
    hospital: Hospital, receiver: Receiver, number: str
) -> None:
    pushed = push(hospital, number=number, url=receiver.url).json()
    assert pushed["status"] == 200
    assert json.loads(pushed["answer"]) == {"infcode": "0"}
    (message,) = receiver.got
    assert message["infno"] == number
    assert len(message["msgid"]) == 30
    nodes = INTERFACES[number].input
    assert nodes is not None
    for node in nodes:
        row = message["input"] if node.name is None else message["input"][node.name]
        row = row[0] if isinstance(row, list) else row
        assert {field.name for field in node.fields} <= set(row)


def test_given_fields_lie_over_the_sample(receiver: Receiver) -> None:
    with SimulatorServer(SimulatorConfig(callback_url=receiver.url)) as server:
        hospital = Hospital(server.url)
        push(hospital, number="7103", input={"data": {"hi_rxno": "RX-7"}}).raise_for_status()
        assert receiver.got[0]["input"]["data"]["hi_rxno"] == "RX-7"
        hospital.close()


@pytest.mark.parametrize(
    "wanted", [{"number": "2207", "url": "http://127.0.0.1:9"}, {"number": "6204"}, {}]
)
def test_nothing_else_is_pushed(hospital: Hospital, wanted: dict[str, str]) -> None:
    assert push(hospital, **wanted).status_code == 400


def test_a_receiver_that_is_not_there_is_told(hospital: Hospital) -> None:
    pushed = push(hospital, number="6302", url="http://127.0.0.1:9/").json()
    assert (pushed["status"], pushed["answer"]) == (None, "ConnectError")
