"""Fixtures for downstream projects: a running simulator and a client that talks to it.

Loaded by pytest through the entry point ``hubei_yibao``. Configure by overriding
``yibao_simulator_config`` in a conftest::

    @pytest.fixture
    def yibao_simulator_config():
        return SimulatorConfig(profile="csb-hmac-sha1", require_sign_in=True)
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from hubei_yibao import Client

    from .config import SimulatorConfig
    from .server import SimulatorServer


@pytest.fixture
def yibao_simulator_config() -> SimulatorConfig:
    """How the simulator is started; override it to change something."""
    from .config import SimulatorConfig

    return SimulatorConfig()


@pytest.fixture
def yibao_simulator(yibao_simulator_config: SimulatorConfig) -> Iterator[SimulatorServer]:
    """A simulator with empty books on a free port of this host."""
    from .server import SimulatorServer

    with SimulatorServer(yibao_simulator_config) as server:
        yield server


@pytest.fixture
def yibao_client(yibao_simulator: SimulatorServer, tmp_path: Path) -> Iterator[Client]:
    """The generated client with settings for ``yibao_simulator``; journal below ``tmp_path``."""
    from hubei_yibao import Client, Settings

    settings = {
        **yibao_simulator.settings,
        "insuplc_admdvs": "420199",
        "state_dir": tmp_path / "yibao",
    }
    with Client(Settings(**settings)) as client:
        yield client
