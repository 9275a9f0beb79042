"""Faults as a raw socket sees them, and what the books hold afterwards."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest
from hubei_yibao_simulator import SimulatorConfig, SimulatorServer, examples
from hubei_yibao_simulator.app import create_app
from simulator.hospital import PEOPLE, Hospital, NoAnswer, Refused, _encode, moment
from starlette.testclient import TestClient

A = PEOPLE[0]


def purchase() -> dict[str, Any]:
    return examples.purchase(A, [("SIM-X-0001", "1", "30")], moment())


def raw(hospital: Hospital, *headers: str) -> tuple[bytes, str]:
    """Send a purchase over a bare socket: all bytes that came, and how the connection ended."""
    body = _encode(hospital.message("2102", purchase()))
    host, port = hospital.url.removeprefix("http://").split(":")
    head = ["POST / HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}", "Connection: close"]
    got = b""
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall("\r\n".join([*head, *headers, "", ""]).encode() + body)
        try:
            while part := connection.recv(65536):
                got += part
        except ConnectionResetError:
            return got, "reset"
    return got, "closed"


def committed(hospital: Hospital) -> int:
    return int(hospital.admin("state")["rows"]["settlement"])


@pytest.mark.parametrize(
    ("fault", "bytes_expected", "end", "settlements"),
    [
        ("drop-before-commit", b"", "closed", 0),
        ("drop-after-commit", b"", "closed", 1),
        ("reset-before-commit", b"", "reset", 0),
        ("reset-after-commit", b"", "reset", 1),
        ("reset-mid-answer", b"HTTP/1.1 200 OK", "reset", 1),
        ("error-before-commit", b"HTTP/1.1 502", "closed", 0),
        ("error-after-commit", b"HTTP/1.1 502", "closed", 1),
        ("error-after-commit;status=504", b"HTTP/1.1 504", "closed", 1),
        ("junk-before-commit", b"HTTP/1.1 200", "closed", 0),
        ("junk-after-commit", b"HTTP/1.1 200", "closed", 1),
        ("refuse", b"HTTP/1.1 200", "closed", 0),
    ],
)
def test_a_fault_on_the_wire_and_in_the_books(
    fresh: Hospital, fault: str, bytes_expected: bytes, end: str, settlements: int
) -> None:
    got, ended = raw(fresh, f"x-sim-fault: {fault}")
    assert got.startswith(bytes_expected)
    assert bool(got) == bool(bytes_expected)
    assert ended == end
    assert committed(fresh) == settlements
    if fault == "reset-mid-answer":
        head, _, body = got.partition(b"\r\n\r\n")
        promised = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        assert 0 < len(body) < promised
    if fault == "refuse":
        assert b'"infcode":"-1"' in got


def test_delay_and_slow_drip_answer_completely_but_late(fresh: Hospital) -> None:
    for fault in ("delay;seconds=0.3", "slow-drip;seconds=0.3"):
        started = time.monotonic()
        got, _ = raw(fresh, f"x-sim-fault: {fault}")
        assert time.monotonic() - started > 0.25
        assert b'"infcode":"0"' in got
    assert committed(fresh) == 2


def test_rules_strike_by_number_count_and_skip(fresh: Hospital) -> None:
    fresh.add_rule("faults", kind="refuse", numbers=["2102"], skip=1, times=2)
    outcomes = []
    for _ in range(4):
        fresh.call("1101", examples.query_person(A))
        try:
            fresh.call("2102", purchase())
            outcomes.append("ok")
        except Refused:
            outcomes.append("refused")
    assert outcomes == ["ok", "refused", "refused", "ok"]


def test_probability_repeats_with_its_seed(fresh: Hospital) -> None:
    def run(seed: int) -> list[bool]:
        fresh.clear_rules("faults")
        fresh.add_rule("faults", kind="refuse", probability=0.5, seed=seed)
        answers = [fresh.answer("1101", examples.query_person(A)) for _ in range(40)]
        return [answer["infcode"] == "0" for answer in answers]

    first = run(7)
    assert first == run(7) != run(8)
    assert 5 < sum(first) < 35


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "no-such"},
        {},
        {"kind": "delay", "unknown": 1},
        [],
        "x",
        {"kind": "delay", "numbers": 5},
        {"kind": "delay", "seconds": "x"},
        {"kind": "delay", "seconds": -1},
        {"kind": "refuse", "probability": 2},
        {"kind": "error-after-commit", "status": 200},
    ],
)
def test_a_rule_nobody_knows_is_refused(fresh: Hospital, rule: Any) -> None:
    response = fresh.http.post(f"{fresh.url}/_sim/faults", content=_encode(rule))
    assert response.status_code == 400
    assert fresh.admin("faults") == []


@pytest.mark.parametrize("header", ["no-such", "delay;minutes=1", "delay;seconds=x"])
def test_a_header_nobody_knows_is_refused(fresh: Hospital, header: str) -> None:
    got, _ = raw(fresh, f"x-sim-fault: {header}")
    assert got.startswith(b"HTTP/1.1 400")
    assert committed(fresh) == 0


def test_after_a_stop_nobody_listens_and_a_restart_goes_on(tmp_path: Any) -> None:
    server = SimulatorServer(SimulatorConfig(database=tmp_path / "books.sqlite")).start()
    hospital = Hospital(server.url)
    settled = hospital.call("2102", purchase())["setlinfo"]
    server.stop()
    with pytest.raises(NoAnswer):
        hospital.call("2102", purchase())
    server.start()
    assert hospital.url == server.url
    hospital.call("2103", examples.refund(A, settled["mdtrt_id"], settled["setl_id"]))
    assert hospital.admin("state")["settlements"]["count"] == 2
    server.stop()
    hospital.close()


def test_connection_faults_under_another_server_say_what_they_need() -> None:
    with TestClient(create_app(SimulatorConfig())) as client:
        body = _encode(Hospital("http://unused").message("2102", purchase()))
        response = client.post("/", content=body, headers={"x-sim-fault": "drop-after-commit"})
    assert response.status_code == 500
    assert "SimulatorServer" in response.text
