"""The fixtures as a project outside this repository would use them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONFTEST = """
import pytest
from hubei_yibao_simulator import SimulatorConfig

@pytest.fixture
def yibao_simulator_config():
    return SimulatorConfig(profile="csb-hmac-sha1")
"""
TEST = """
from hubei_yibao_simulator import examples

def test_registers(yibao_client, yibao_simulator):
    person = examples.people()[0]
    answer = yibao_client.call("2201", examples.register(person, "2026-01-01 08:00:00"))
    assert answer.data.mdtrt_id
    assert yibao_simulator.config.profile == "csb-hmac-sha1"

def test_books_are_empty_again(yibao_client):
    person = examples.people()[0]
    answer = yibao_client.call("2201", examples.register(person, "2026-01-01 08:00:00"))
    assert answer.data.mdtrt_id.endswith("G0000000000001")
"""


def test_a_downstream_project_gets_simulator_and_client(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_downstream.py").write_text(TEST)
    paths = os.pathsep.join(str(ROOT / part) for part in ("generated", "runtime"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p",
         "hubei_yibao_simulator.pytest_plugin", "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": paths, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
