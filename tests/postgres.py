"""A PostgreSQL server of Debian's package for the tests: own directory, Unix socket, no network.

Where the package is missing the tests that need it are skipped with a message; with ``CI`` set in
the environment that is a failure.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


def _binaries() -> Path | None:
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[4])
    )
    on_path = shutil.which("postgres")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def _user() -> str | None:
    """PostgreSQL refuses to run as root; the package brings a user of its own."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    return None


class Server:
    def __init__(self, binaries: Path, home: Path, user: str | None) -> None:
        self._binaries = binaries
        self._home = home
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0

    def _call(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._binaries / program, *arguments], check=True, user=self._user, cwd=self._home,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip

    def create(self) -> None:
        self._call("initdb", "-D", f"{self._home}/data", "-A", "trust", "-U", "yibao", "-N")

    def start(self) -> None:
        self._process = subprocess.Popen(
            [self._binaries / "postgres", "-D", self._home / "data", "-k", self._home,
             "-c", "listen_addresses=", "-c", "fsync=off"],
            user=self._user, cwd=self._home,
            stdout=subprocess.DEVNULL, stderr=(self._home / "log").open("ab"),
        )  # fmt: skip
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with suppress(subprocess.CalledProcessError):
                self._call("pg_isready", "-h", str(self._home))
                return
            time.sleep(0.05)
        raise RuntimeError((self._home / "log").read_text())

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)
            self._process = None

    def new_database(self) -> str:
        self._databases += 1
        name = f"journal{self._databases}"
        self._call("createdb", "-h", str(self._home), "-U", "yibao", name)
        return f"postgresql:///{name}?host={self._home}&user=yibao"


@contextmanager
def running_server() -> Iterator[Server]:
    binaries = _binaries()
    if binaries is None:
        message = "PostgreSQL is not installed (apt-get install postgresql)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    home = Path(tempfile.mkdtemp(prefix="yibao-pg-", dir="/tmp"))
    user = _user()
    if user is not None:
        shutil.chown(home, user)
    server = Server(binaries, home, user)
    try:
        server.create()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)
