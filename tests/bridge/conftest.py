from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bridge.service import Service

Start = Callable[..., Service]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """``start(instances, env=..., **bridge)``: a running bridge, stopped after the test."""
    running: list[Service] = []

    def begin(instances: str, **options: Any) -> Service:
        service = Service(tmp_path, instances, **options)
        running.append(service)
        return service

    yield begin
    for service in running:
        service.stop()
