"""What became of a call, told by HTTP status: begun or not is never mixed up."""

from __future__ import annotations

import json
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import venv
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from bridge.conftest import Start
from bridge.parts import calls, loads
from bridge.service import TOKEN, Service, environment, message


def recorder(folder: Path, name: str = "main", **more: object) -> str:
    lines = [f'[instances.{name}]\nkind = "python"\nfactory = "bridge.parts:Recorder"']
    lines.append(f"settings = {{ folder = {json.dumps(str(folder))} }}")
    return "\n".join([*lines, *(f"{key} = {json.dumps(value)}" for key, value in more.items())])


def factory(name: str, **more: object) -> str:
    lines = [f'[instances.main]\nkind = "python"\nfactory = "bridge.parts:{name}"']
    return "\n".join([*lines, *(f"{key} = {json.dumps(value)}" for key, value in more.items())])


def ended(pid: int) -> None:
    """Wait for a process to end; one that is only waited for by nobody has ended too."""
    stat = Path(f"/proc/{pid}/stat")
    for _ in range(1000):
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] in "ZX":
            return
        time.sleep(0.01)
    raise AssertionError(f"process {pid} goes on")


def test_a_component_that_hangs_is_killed_and_the_next_call_works(
    start: Start, tmp_path: Path
) -> None:
    service = start(recorder(tmp_path, deadline=0.5))
    assert service.call("HANG").status == 504
    assert service.call("2207", n=1).status == 200
    first, second = loads(tmp_path)
    assert first != second
    ended(first)
    assert calls(tmp_path) == [("HANG", None), ("2207", 1)]
    assert service.status() | {"state": "", "kind": ""} == {
        "state": "", "kind": "", "waiting": 0, "accepted": 2, "answered": 1, "not_sent": 0,
        "unknown": 1, "starts": 2,
    }  # fmt: skip


@pytest.mark.parametrize("number", ["CRASH", "LEAVE", "RAISE", "UNCLEAR"])
def test_a_component_that_breaks_in_a_call_leaves_it_unknown(
    start: Start, tmp_path: Path, number: str
) -> None:
    service = start(recorder(tmp_path))
    answer = service.call(number, psn_name="张三")
    assert answer.status == 502
    assert service.call("2207", n=1).status == 200
    assert calls(tmp_path) == [(number, None), ("2207", 1)]
    assert len(loads(tmp_path)) == 2
    assert "张三" not in answer.body.decode() + service.log.read_text("utf-8")


def test_a_component_that_dies_between_calls_is_replaced_unnoticed(
    start: Start, tmp_path: Path
) -> None:
    service = start(recorder(tmp_path))
    for n in range(5):
        assert service.call("LATER", n=n).status == 200
        ended(loads(tmp_path)[-1])
    assert [n for _, n in calls(tmp_path)] == [0, 1, 2, 3, 4]
    assert len(loads(tmp_path)) == 5


def test_a_component_that_declines_has_not_sent(start: Start, tmp_path: Path) -> None:
    service = start(recorder(tmp_path))
    answer = service.call("CANNOT")
    assert (answer.status, answer.json["message"]) == (400, "a reason to read")
    assert service.call("2207").status == 200
    assert len(loads(tmp_path)) == 1


def test_what_a_component_prints_does_not_get_into_the_answer(start: Start, tmp_path: Path) -> None:
    service = start(recorder(tmp_path))
    assert service.call("PRINT", n=7).json["output"]["data"] == {"n": 7}
    assert service.call("2207", n=8).json["output"]["data"] == {"n": 8}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing", "class not registered"),
        ("broken", "loading the component failed: ValueError"),
        ("dead", "its process ended while loading (exit code 7)"),
        ("slow", "the component was not loaded within 0.3 s"),
        ("nothing_of_this_name", "factory 'bridge.parts:nothing_of_this_name': AttributeError"),
    ],
)
def test_a_component_that_cannot_be_loaded_has_not_sent(
    start: Start, tmp_path: Path, name: str, reason: str
) -> None:
    service = start(factory(name, start=0.3 if name == "slow" else 30.0))
    answer = service.call("2207")
    assert (answer.status, answer.json["message"]) == (404, reason)
    assert service.status()["state"] == reason


def test_an_interpreter_that_is_not_there_is_not_sent_either(start: Start, tmp_path: Path) -> None:
    service = start(recorder(tmp_path, python=str(tmp_path / "python.exe")))
    assert service.call("2207").status == 404


def test_the_components_process_needs_no_package(start: Start, tmp_path: Path) -> None:
    """So that a bare 32-bit Python will do."""
    venv.create(tmp_path / "bare", with_pip=False)
    python = tmp_path / "bare" / "bin" / "python"
    service = start(recorder(tmp_path, python=str(python)))
    assert service.call("2207", n=1).status == 200


def test_the_service_needs_neither_the_client_nor_compiled_packages() -> None:
    """msgspec has no wheel for 32-bit Windows; what is loaded here must be pure Python."""
    probe = (
        "import sys; import hubei_yibao_bridge.server, hubei_yibao_bridge.doctor; "
        "top = {name.partition('.')[0] for name in sys.modules}; print(*sorted(top))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", probe], env=environment(), capture_output=True, text=True, check=True
    ).stdout.split()
    assert "uvicorn" in loaded
    assert not {"msgspec", "pydantic", "httpx2", "hubei_yibao", "hubei_yibao_runtime"} & {*loaded}


def test_a_full_queue_and_a_late_turn_are_not_sent(start: Start, tmp_path: Path) -> None:
    service = start(recorder(tmp_path, queue=2, wait=2.0))
    with ThreadPoolExecutor(4) as pool:
        held = pool.submit(service.call, "GATE", n=0)
        service.until(accepted=1, waiting=0)
        late = [pool.submit(service.call, "2207", n=n) for n in (1, 2)]
        service.until(waiting=2)
        full = service.call("2207", n=3)
        assert full.status == 429
        assert [one.result().status for one in late] == [429, 429]
        (tmp_path / "open").touch()
        assert held.result().status == 200
    assert calls(tmp_path) == [("GATE", 0)]
    assert service.call("2207", n=4).status == 200
    assert service.status()["not_sent"] == 2


def test_a_call_whose_client_has_gone_is_not_begun(start: Start, tmp_path: Path) -> None:
    service = start(recorder(tmp_path))
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(service.call, "GATE", n=0)
        service.until(accepted=1, waiting=0)
        body = message("2207", n=1)
        head = (
            f"POST /v1/main/2207 HTTP/1.1\r\nhost: 127.0.0.1:{service.port}\r\n"
            f"authorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", service.port)) as gone:
            gone.sendall(head.encode() + body)
            service.until(waiting=1)
        service.until(waiting=0)
        (tmp_path / "open").touch()
        assert held.result().status == 200
    assert service.call("2207", n=2).status == 200
    assert calls(tmp_path) == [("GATE", 0), ("2207", 2)]


def test_a_hanging_instance_does_not_hold_up_another(start: Start, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    service = start(recorder(tmp_path) + "\n" + recorder(other, "second"))
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(service.call, "GATE")
        service.until(accepted=1, waiting=0)
        assert service.call("2207", "second", n=1).status == 200
        (tmp_path / "open").touch()
        assert held.result().status == 200
    assert loads(tmp_path) != loads(other)


def test_stopping_ends_running_calls_well_and_refuses_waiting_ones(
    start: Start, tmp_path: Path
) -> None:
    service = start(recorder(tmp_path))
    with ThreadPoolExecutor(2) as pool:
        held = pool.submit(service.call, "GATE", n=0)
        service.until(accepted=1, waiting=0)
        waiting = pool.submit(service.call, "2207", n=1)
        service.until(waiting=1)
        service.process.send_signal(signal.SIGTERM)
        assert waiting.result().status == 429
        (tmp_path / "open").touch()
        assert held.result().status == 200
    assert service.process.wait(30) == 0
    assert calls(tmp_path) == [("GATE", 0)]


def test_ctrl_c_ends_it_well(start: Start, tmp_path: Path) -> None:
    service = start(recorder(tmp_path))
    service.until(state="ready")
    service.process.send_signal(signal.SIGINT)
    assert service.process.wait(30) == 0
    ended(*loads(tmp_path))
    assert "Traceback" not in service.log.read_text("utf-8")


@pytest.mark.parametrize("seed", [1, 2])
def test_under_fire_every_status_tells_the_truth(start: Start, tmp_path: Path, seed: int) -> None:
    """Begun exactly once where it is answered or unknown, never begun where it is not sent."""
    chance = random.Random(seed)
    kinds = ["Q1"] * 12 + ["LATER"] * 3 + ["CRASH", "LEAVE", "RAISE", "HANG"]
    numbers = [chance.choice(kinds) for _ in range(200)]
    service = start(recorder(tmp_path, deadline=0.2, queue=15, wait=1.5))
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: service.call(numbers[n], n=n), range(len(numbers))))
    seen = Counter(n for _, n in calls(tmp_path))
    fine = Counter(answer.status for answer in answers)
    for n, answer in enumerate(answers):
        assert answer.status in (200, 429, 502, 504)
        assert seen[n] == (0 if answer.status == 429 else 1), (n, numbers[n], answer)
        if numbers[n] == "Q1":
            assert answer.status != 504
            if answer.status == 200:
                assert answer.json["output"]["data"] == {"n": n}
    assert fine[200] > 0
    assert fine[502] + fine[504] > 0
    status = service.status()
    assert status["answered"] == fine[200]
    assert status["unknown"] == fine[502] + fine[504]


def test_killing_the_service_ends_the_components_process(start: Start, tmp_path: Path) -> None:
    service = start(recorder(tmp_path))
    hanging = threading.Thread(target=_ignoring, args=(service,), daemon=True)
    hanging.start()
    service.until(accepted=1, waiting=0)
    service.process.kill()
    service.process.wait()
    ended(*loads(tmp_path))


def _ignoring(service: Service) -> None:
    try:
        service.call("HANG")
    except OSError:
        return
