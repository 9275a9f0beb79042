"""A bridge in a real process, and plain HTTP to it."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

TESTS = Path(__file__).resolve().parents[1]
TOKEN = "test-token-" + "0" * 32
PATHS = os.pathsep.join(str(TESTS.parent / name) for name in ("generated", "runtime", "tests"))


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def message(number: str, **data: Any) -> bytes:
    """A complete message of no particular province."""
    envelope = {"infno": number, "msgid": f"T{number}", "input": {"data": data}}
    return json.dumps(envelope, ensure_ascii=False).encode()


def write_config(folder: Path, instances: str, **bridge: Any) -> Path:
    """bridge.toml and a token beside it."""
    token = folder / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    settings = {"port": 0, "token_file": "token", **bridge}
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    file = folder / "bridge.toml"
    file.write_text("\n".join(["[bridge]", *lines, instances]), encoding="utf-8")
    return file


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "hubei_yibao_bridge", *map(str, words)]


def environment(env: Mapping[str, str] | None = None) -> dict[str, str]:
    own = dict(env or {})
    paths = os.pathsep.join(filter(None, (own.pop("PYTHONPATH", ""), PATHS)))
    return {**os.environ, "PYTHONPATH": paths, **own}


class Service:
    """Started with ``python -m hubei_yibao_bridge serve``; stop it in the end."""

    def __init__(
        self, folder: Path, instances: str, env: Mapping[str, str] | None = None, **bridge: Any
    ) -> None:
        self.log = folder / "bridge.log"
        file = write_config(folder, instances, **bridge)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command("serve", "--config", file), stdout=subprocess.PIPE, stderr=log,
                env=environment(env), text=True,
            )  # fmt: skip
        assert self.process.stdout is not None
        self.base = self.process.stdout.readline().strip()
        assert self.base, self.log.read_text()
        self.port = urlsplit(self.base).port or 0

    def url(self, instance: str = "main") -> str:
        return f"{self.base}/v1/{instance}"

    def settings(self, given: Mapping[str, Any], instance: str = "main") -> dict[str, Any]:
        """A client's settings for this bridge, from those for the simulator."""
        own = {"profile": "hubei-component", "url": self.url(instance)}
        return {**given, **own, "secrets": {"token": TOKEN}, "insuplc_admdvs": "420199"}

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(
        self, method: str, path: str, body: bytes | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Answer:  # fmt: skip
        """One request; a header given as None is left out."""
        wanted: dict[str, str | None] = {
            "authorization": f"Bearer {TOKEN}", "content-type": "application/json",
        }  # fmt: skip
        wanted |= headers or {}
        connection = self.connect()
        try:
            connection.putrequest(method, path, skip_host="host" in wanted)
            for name, value in wanted.items():
                if value is not None:
                    connection.putheader(name, value)
            if body is not None:
                connection.putheader("content-length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def call(self, number: str, instance: str = "main", **data: Any) -> Answer:
        return self.ask("POST", f"/v1/{instance}/{number}", message(number, **data))

    def status(self, instance: str = "main") -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", "/v1/status").json[instance]
        return found

    def until(self, instance: str = "main", **wanted: Any) -> dict[str, Any]:
        """Wait until the status shows this."""
        for _ in range(3000):
            status = self.status(instance)
            if all(status[name] == value for name, value in wanted.items()):
                return status
            time.sleep(0.01)
        raise AssertionError(f"wanted {wanted}, but {self.status(instance)}")

    def stop(self) -> int:
        self.process.terminate()
        assert self.process.stdout is not None
        code = self.process.wait(60)
        self.process.stdout.close()
        return code
