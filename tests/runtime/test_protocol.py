"""The protocol without I/O: requests made and answers judged by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from fault_server import GATEWAY, OK, REJECTED
from hubei_yibao_runtime.call import CallOptions, Prepared
from hubei_yibao_runtime.errors import (
    GatewayRefused,
    NotAllowed,
    NotSent,
    OutcomeUnknown,
    Rejected,
    RequestInvalid,
    YibaoError,
)
from hubei_yibao_runtime.protocol import REFUSALS, Protocol, encode
from hubei_yibao_runtime.wire import HttpAnswer, WireFault
from wire_fixture import CODE, INPUT, PERSONAL, REGISTRY, settings

ROOT = Path(__file__).parents[2]
MSGID = CODE + "202611240130590001"


class Counting:
    """Message numbers without a disk."""

    def __init__(self) -> None:
        self.given = 0

    def next(self, code12: str, now: datetime) -> str:
        self.given += 1
        return f"{code12}{now:%Y%m%d%H%M%S}{self.given:04d}"


def protocol(directory: Path, **changes: Any) -> Protocol:
    changes = {"url": "https://platform.example/fsi"} | changes
    return Protocol(REGISTRY, settings(directory, **changes), Counting())


def prepared(made: Protocol, number: str = "W207", **options: Any) -> Prepared:
    return made.prepare(made.plan(number, INPUT, CallOptions(**options)), msgid=MSGID)


def judged(directory: Path, status: int, body: Any, number: str = "W207") -> Any:
    made = protocol(directory)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return made.interpret(prepared(made, number), HttpAnswer(status, {}, content))


@pytest.mark.parametrize(
    ("number", "seconds"), [("Q101", 30), ("W207", 120), ("F101", 600), ("S901", 30)]
)
def test_time_outs_go_by_effect(tmp_path: Path, number: str, seconds: float) -> None:
    made = protocol(tmp_path)
    given: Any = INPUT if number[0] in "QW" else {}
    request = made.prepare(made.plan(number, given, CallOptions()), msgid=MSGID).request
    assert (request.seconds, request.connect_seconds) == (seconds, 10)
    assert prepared(made, "Q101", timeout=3).request.seconds == 3
    assert prepared(made, "Q101", timeout=3).request.connect_seconds == 3


def test_one_body_is_serialised_signed_and_sent(tmp_path: Path) -> None:
    made = prepared(protocol(tmp_path))
    assert made.request.body is made.message
    assert made.request.url == "https://platform.example/fsi"
    assert json.loads(made.message)["msgid"] == MSGID


def test_encode_is_the_message_of_a_call(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    text = encode(REGISTRY, "W207", INPUT, chosen, options=CallOptions(msgid=MSGID))
    assert text == prepared(protocol(tmp_path)).message


def test_encode_needs_neither_url_nor_open_interface(tmp_path: Path) -> None:
    chosen = settings(tmp_path, url=None)
    for number in ("C301", "P101", "B204"):
        assert json.loads(encode(REGISTRY, number, INPUT, chosen))["infno"] == number
    with pytest.raises(NotAllowed):
        encode(REGISTRY, "0000", {}, chosen)
    with pytest.raises(RequestInvalid):
        encode(REGISTRY, "W207", {"data": {"strange": 1}}, chosen)


def test_only_infcode_decides(tmp_path: Path) -> None:
    assert judged(tmp_path, 200, OK | {"err_msg": "失败"}).infcode == "0"
    assert judged(tmp_path, 200, OK | {"infcode": "0"}).msgid == MSGID
    with pytest.raises(Rejected) as caught:
        judged(tmp_path, 200, REJECTED | {"err_msg": "成功"})
    assert (caught.value.infcode, caught.value.err_msg) == ("-1", "成功")
    assert caught.value.inf_refmsgid == "R1"
    assert (caught.value.infno, caught.value.msgid) == ("W207", MSGID)


@pytest.mark.parametrize("status", range(400, 500))
def test_which_refusals_are_certain(tmp_path: Path, status: int) -> None:
    for body in (b"", b"<html>", GATEWAY if status in REFUSALS else b"{}"):
        with pytest.raises(YibaoError) as caught:
            judged(tmp_path, status, body)
        assert caught.value.outcome == ("not_sent" if status in REFUSALS else "unknown")


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 409])
def test_output_without_infcode_is_unknown_whatever_the_status(tmp_path: Path, status: int) -> None:
    """The business system has spoken, so a status that else proves a refusal proves nothing."""
    said = {"output": {"setlinfo": {"setl_id": "S1"}}}
    with pytest.raises(OutcomeUnknown, match="no infcode") as caught:
        judged(tmp_path, status, said)
    assert caught.value.raw == said


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 520, 599])
@pytest.mark.parametrize("body", [b"", OK, REJECTED, GATEWAY])
def test_5xx_is_always_unknown(tmp_path: Path, status: int, body: Any) -> None:
    with pytest.raises(OutcomeUnknown, match=str(status)):
        judged(tmp_path, status, body)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 305])
def test_a_redirect_that_may_mean_done_is_unknown(tmp_path: Path, status: int) -> None:
    with pytest.raises(OutcomeUnknown, match=f"redirected .HTTP {status}"):
        judged(tmp_path, status, b"")


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_that_asks_for_the_same_elsewhere_is_refused(
    tmp_path: Path, status: int
) -> None:
    with pytest.raises(GatewayRefused, match="redirected") as caught:
        judged(tmp_path, status, b"")
    assert (caught.value.code, caught.value.safe_to_repeat) == (str(status), False)


@pytest.mark.parametrize(
    ("number", "repeat"), [("Q101", True), ("W207", False), ("S901", False), ("F101", False)]
)
def test_only_a_query_may_be_repeated_after_an_unknown_outcome(
    tmp_path: Path, number: str, repeat: bool
) -> None:
    made = protocol(tmp_path)
    given: Any = INPUT if number[0] in "QW" else {}
    attempt = made.prepare(made.plan(number, given, CallOptions()), msgid=MSGID)
    assert attempt.plan.repeatable is repeat
    error = made.judge_fault(attempt, WireFault("lost", sent=True))
    assert isinstance(error, OutcomeUnknown)
    assert error.safe_to_repeat is repeat
    unsent = made.judge_fault(attempt, WireFault("refused", sent=False))
    assert isinstance(unsent, NotSent)
    assert unsent.safe_to_repeat is True


def test_errors_say_number_name_msgid_and_what_next(tmp_path: Path) -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        judged(tmp_path, 200, b"<html>")
    text = str(caught.value)
    assert text.startswith("W207 试验W207: ")
    assert MSGID in text
    assert "next: " in text


def test_nothing_personal_in_reprs(tmp_path: Path) -> None:
    made = prepared(protocol(tmp_path))
    shown = repr(made) + repr(made.plan) + repr(made.request)
    assert not [item for item in PERSONAL if item in shown]


def test_the_runtime_names_no_interface() -> None:
    """Interfaces are found by role; their numbers are data."""
    import re

    runtime = ROOT / "runtime" / "hubei_yibao_runtime"
    mine = ["client", "conversation", "envelope", "protocol", "wire", "upload", "logs", "hooks"]
    files = [runtime / f"{name}.py" for name in mine]
    files += [*(runtime / "drivers").glob("*.py"), *(runtime / "auth").glob("*.py")]
    for file in files:
        assert not re.search(
            r"[\"'](1101|2\d{3}A?|3\d{3}|5\d{3}|90\d\d|91\d\d)[\"']", file.read_text()
        )


def test_importing_the_client_is_cheap() -> None:
    program = (
        "import sys, hubei_yibao_runtime.interface, hubei_yibao_runtime.errors\n"
        "heavy = {'pydantic', 'httpx', 'httpx2', 'httpcore2', 'aiohttp', 'cryptography', 'gmalg'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(ROOT / "runtime")},
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
