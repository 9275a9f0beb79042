from __future__ import annotations

import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cli.program import PROGRAM, environment
from hubei_yibao_simulator.config import PROFILES


@dataclass
class Simulator:
    """``hubei-yibao simulate`` as a process, and the settings it printed."""

    process: subprocess.Popen[str]
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.settings["YIBAO_URL"]

    def add_fault(self, **rule: Any) -> None:
        httpx2.post(f"{self.url}/_sim/faults", json=rule, trust_env=False).raise_for_status()

    def clear(self) -> None:
        httpx2.delete(f"{self.url}/_sim/faults", trust_env=False).raise_for_status()

    def messages(self) -> list[Any]:
        return self._rows("messages")

    def settlements(self) -> list[Any]:
        return self._rows("settlements")

    def _rows(self, path: str) -> list[Any]:
        return list(httpx2.get(f"{self.url}/_sim/{path}?limit=100000", trust_env=False).json())


def start(home: Path, *options: str) -> Simulator:
    running = subprocess.Popen(
        [PROGRAM, "simulate", "--port", "0", *options], env=environment(home),
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert running.stdout is not None
    simulator = Simulator(running)
    profile = options[options.index("--profile") + 1] if "--profile" in options else "plain"
    last = ["OPTER_NAME", *(f"SECRETS__{name.upper()}" for name in PROFILES[profile])][-1]
    for line in running.stdout:
        if found := re.fullmatch(r"export (\w+)=(.*)\n", line):
            simulator.settings[found[1]] = shlex.split(found[2])[0]
        if f"YIBAO_{last}" in simulator.settings:
            break
    return simulator


def stop(simulator: Simulator) -> int:
    simulator.process.send_signal(signal.SIGINT)
    code = simulator.process.wait(20)
    assert simulator.process.stdout is not None
    simulator.process.stdout.close()
    return code


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    simulator = start(tmp_path_factory.mktemp("simulator"))
    yield simulator
    assert stop(simulator) == 0


@pytest.fixture
def simulator(running: Simulator) -> Iterator[Simulator]:
    """Shared, without faults of other tests."""
    yield running
    running.clear()


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """No settings."""
    return environment(tmp_path)


@pytest.fixture
def hospital(simulator: Simulator, tmp_path: Path) -> dict[str, str]:
    """Settings of an institution at the simulator, with a journal of its own."""
    return environment(tmp_path, **simulator.settings) | {"YIBAO_INSUPLC_ADMDVS": "420199"}
