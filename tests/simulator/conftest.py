from __future__ import annotations

from collections.abc import Iterator

import pytest
from hubei_yibao_simulator import SimulatorConfig, SimulatorServer
from simulator.hospital import Hospital


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(SimulatorConfig()) as running:
        yield running


@pytest.fixture
def hospital(server: SimulatorServer) -> Iterator[Hospital]:
    """A hospital at a simulator that other tests of the module use too; clear rules at the end."""
    one = Hospital(server.url)
    yield one
    one.clear_rules("faults")
    one.clear_rules("oddities")
    one.close()


@pytest.fixture
def fresh() -> Iterator[Hospital]:
    """A hospital at a simulator with empty books."""
    with SimulatorServer(SimulatorConfig()) as running:
        one = Hospital(running.url)
        yield one
        one.close()
