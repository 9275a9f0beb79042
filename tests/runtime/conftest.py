"""Every test of the runtime is watched: no log line and no journal of it may name anybody."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from wire_fixture import PERSONAL

JOURNALS = ("*.sqlite*", "*.db", "*.db-wal")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "raw_bodies: asks for raw bodies in the log")


class _Watch(logging.Handler):
    """Keeps all that a record says, its extra fields too."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        facts = {k: v for k, v in vars(record).items() if k != "exc_info"}
        trace = logging.Formatter().formatException(record.exc_info) if record.exc_info else ""
        self.lines.append(f"{record.getMessage()} {facts} {trace}")


@pytest.fixture(autouse=True)
def nobody_is_named(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    logger, watch = logging.getLogger("hubei_yibao"), _Watch()
    level = logger.level
    logger.addHandler(watch)
    logger.setLevel(logging.DEBUG)
    yield
    logger.removeHandler(watch)
    logger.setLevel(level)
    if request.node.get_closest_marker("raw_bodies") is None:
        named = [line for line in watch.lines if any(item in line for item in PERSONAL)]
        assert not named
    for kind in JOURNALS:
        for journal in tmp_path.rglob(kind):
            held = journal.read_bytes()
            assert not [item for item in PERSONAL if item.encode() in held], journal.name
