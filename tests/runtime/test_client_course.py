"""Sign-in, the learned clock, hooks and uploads in the course of calls over real sockets."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from fault_server import (
    GATEWAY,
    OK,
    REJECTED,
    Behaviour,
    FaultServer,
    answering,
    in_turn,
    response,
)
from hubei_yibao_runtime.errors import (
    NotSent,
    Rejected,
    RequestInvalid,
)
from hubei_yibao_runtime.hooks import AfterAnswer, BeforeSend, Hooks
from wire_fixture import INPUT, client


def _signing_in(refuse: set[str]) -> Behaviour:
    """Gives out numbers S-1, S-2, ...; calls under a number in ``refuse`` are rejected."""
    given: list[str] = []

    def behave(server: FaultServer, connection: socket.socket) -> None:
        while True:
            message = json.loads(server.request(connection))
            if message["infno"] == "S901":
                given.append(f"S-{len(given) + 1}")
                answer = OK | {"output": {"signinoutb": {"sign_no": given[-1]}}}
            elif message.get("sign_no") in refuse:
                answer = REJECTED | {"infcode": -1, "err_msg": "未签到"}
            else:
                answer = OK
            connection.sendall(response(answer))

    return behave


SIGNED_OUT = {"name": "t", "source": "t", "signed_out": {"message": "未签到"}}


def _calls(server: FaultServer) -> list[tuple[str, str | None]]:
    messages = [json.loads(body) for body in server.bodies]
    return [(message["infno"], message.get("sign_no")) for message in messages]


def test_signing_in_once_and_out_at_the_end(tmp_path: Path) -> None:
    with FaultServer(_signing_in(set())) as server:
        with client(tmp_path, server.url, sign_in=True, sign_out=True) as yibao:
            yibao.call("Q101", INPUT)
            yibao.call("W207", INPUT)
        assert _calls(server) == [
            ("S901", None), ("Q101", "S-1"), ("W207", "S-1"), ("S902", "S-1"),
        ]  # fmt: skip


@pytest.mark.parametrize(("number", "repeated"), [("Q101", True), ("W207", False)])
def test_a_refused_sign_in_is_renewed_once_and_only_queries_repeat(
    tmp_path: Path, number: str, repeated: bool
) -> None:
    with (
        FaultServer(_signing_in({"S-1"})) as server,
        client(tmp_path, server.url, sign_in=True, profile=SIGNED_OUT) as yibao,
    ):
        first = [("S901", None), (number, "S-1"), ("S901", None)]
        if repeated:
            yibao.call(number, INPUT)
            assert _calls(server) == [*first, (number, "S-2")]
        else:
            with pytest.raises(Rejected):
                yibao.call(number, INPUT)
            assert _calls(server) == first
            yibao.call(number, INPUT)
            assert _calls(server)[-1] == (number, "S-2")


def test_a_second_refusal_is_the_callers(tmp_path: Path) -> None:
    with (
        FaultServer(_signing_in({"S-1", "S-2"})) as server,
        client(tmp_path, server.url, sign_in=True, profile=SIGNED_OUT) as yibao,
    ):
        with pytest.raises(Rejected):
            yibao.call("Q101", INPUT)
        assert [number for number, _ in _calls(server)] == ["S901", "Q101", "S901", "Q101"]


def test_the_clock_is_learned_and_a_late_signature_repeated(tmp_path: Path) -> None:
    ahead = datetime.now(UTC) + timedelta(hours=2)
    date = f"Date: {format_datetime(ahead, usegmt=True)}\r\n"
    refused = response(GATEWAY, headers=date)
    with (
        FaultServer(in_turn(refused, response(OK, headers=date))) as server,
        client(tmp_path, server.url) as yibao,
    ):
        yibao.call("W207", INPUT)
        times = [json.loads(body)["inf_time"] for body in server.bodies]
        first, second = (datetime.strptime(time, "%Y-%m-%d %H:%M:%S") for time in times)
        assert timedelta(minutes=119) < second - first < timedelta(minutes=121)


@pytest.mark.parametrize("clock", ["answer", "off"])
def test_where_the_clock_learns_is_the_profiles_choice(tmp_path: Path, clock: str) -> None:
    ahead = (datetime.now(UTC) + timedelta(hours=10)).strftime("%Y%m%d%H%M%S000")
    answer = OK | {"respond_time": ahead}
    profile = {"name": "t", "source": "t", "clock": clock}
    with (
        FaultServer(answering(response(answer))) as server,
        client(tmp_path, server.url, profile=profile) as yibao,
    ):
        yibao.call("Q101", INPUT)
        yibao.call("Q101", INPUT)
        hours = [json.loads(body)["inf_time"][:13] for body in server.bodies]
        assert (hours[0] != hours[1]) == (clock == "answer")


def test_hooks_see_every_attempt(tmp_path: Path) -> None:
    events: list[Any] = []
    hooks = Hooks([events.append], [events.append])
    with (
        FaultServer(in_turn(response(b"", 502), response(OK))) as server,
        client(tmp_path, server.url, hooks=hooks) as yibao,
    ):
        yibao.call("Q101", INPUT)
    assert [type(event) for event in events] == [BeforeSend, AfterAnswer] * 2
    assert [event.outcome for event in events[1::2]] == ["unknown", "ok"]
    assert [event.status for event in events[1::2]] == [502, 200]
    assert [event.attempt for event in events] == [1, 1, 2, 2]
    assert all(event.body is None for event in events)
    assert events[0].url == server.url


@pytest.mark.raw_bodies
def test_bodies_reach_hooks_only_on_request(tmp_path: Path) -> None:
    events: list[Any] = []
    with (
        FaultServer(answering(response(OK))) as server,
        client(
            tmp_path, server.url, hooks=Hooks([events.append], [events.append]), log_bodies=True
        ) as yibao,
    ):
        yibao.call("Q101", INPUT)
        assert events[0].body == server.bodies[0]
        assert b"setl_id" in events[1].body


def test_a_hook_can_stop_a_call_but_not_hide_an_outcome(tmp_path: Path) -> None:
    def stop(event: object) -> None:
        raise ValueError("no")

    with FaultServer(answering(response(OK))) as server:
        with client(tmp_path, server.url, hooks=Hooks(after_answer=[stop])) as yibao:
            assert yibao.call("W207", INPUT).infcode == "0"
        with client(tmp_path, server.url, hooks=Hooks(before_send=[stop])) as yibao:
            with pytest.raises(NotSent, match="hook"):
                yibao.call("W207", INPUT)
            assert yibao.unknown() == []
        assert server.full == 1


UPLOAD = {"fsUploadIn": {"in": b"\x00\x7f\x80\xff", "filename": 'a"b.txt'}}


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [("base64", "AH+A/w=="), ("int8-array", [0, 127, -128, -1])],
)
def test_upload_inside_the_message(tmp_path: Path, encoding: str, expected: Any) -> None:
    profile = {"name": "t", "source": "t", "upload": {"encoding": encoding}}
    with (
        FaultServer(answering(response(OK))) as server,
        client(tmp_path, server.url, profile=profile) as yibao,
    ):
        yibao.call("F101", UPLOAD)
        sent = json.loads(server.bodies[0])["input"]["fsUploadIn"]
        assert sent == {"in": expected, "filename": 'a"b.txt'}


def test_upload_as_a_form(tmp_path: Path) -> None:
    profile = {"name": "t", "source": "t", "upload": {"encoding": "multipart"}}
    with (
        FaultServer(answering(response(OK))) as server,
        client(tmp_path, server.url, profile=profile) as yibao,
    ):
        yibao.call("F101", UPLOAD)
        body, kind = server.bodies[0], server.headers[0]["content-type"]
    boundary = kind.removeprefix("multipart/form-data; boundary=").encode()
    _, message, file, end = body.split(b"--" + boundary)
    assert b'name="jsonStr"' in message
    inside = json.loads(message.partition(b"\r\n\r\n")[2])
    assert inside["input"] == {"fsUploadIn": {"filename": 'a"b.txt'}}
    assert b'name="file"; filename="a%22b.txt"' in file
    assert file.partition(b"\r\n\r\n")[2] == b"\x00\x7f\x80\xff\r\n"
    assert end == b"--\r\n"


def test_upload_of_text_where_bytes_are_needed(tmp_path: Path) -> None:
    profile = {"name": "t", "source": "t", "upload": {"encoding": "multipart"}}
    with (
        FaultServer(answering(response(OK))) as server,
        client(tmp_path, server.url, profile=profile) as yibao,
        pytest.raises(RequestInvalid, match="give bytes"),
    ):
        yibao.call("F101", {"fsUploadIn": {"in": "no base64 !", "filename": "a"}})
