"""What the bridge costs, against calling directly: ``python benchmarks/bridge.py``.

1. A component that answers at once: called in this process, and over the bridge (HTTP, queue,
   component's process) with one kept connection.
2. A whole call of the generated client to a local simulator: straight, and over the bridge with
   the rehearsal component in between. The cases alternate; printed are medians.
3. 1,000 calls at once through one apartment: time, lost, out of order of acceptance.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
from hubei_yibao import Client, Settings
from hubei_yibao_bridge.components import load
from hubei_yibao_simulator import SimulatorServer, examples

HERE = Path(__file__).resolve().parent
OPTIONS = {"factory": "bridge:Echo", "settings": {}}
CONFIG = """
[bridge]
port = 0
token_file = "token"
[instances.echo]
kind = "python"
factory = "bridge:Echo"
queue = 1000
wait = 120
[instances.simulator]
kind = "rehearsal"
url = "{url}"
"""
MESSAGE = json.dumps(
    {"infno": "1101", "msgid": "B1", "input": {"data": {"filler": "x" * 1500}}}
).encode()


class Echo:
    """Answers at once and counts its calls."""

    def __init__(self) -> None:
        self.count = 0

    def call(self, number: str, request: str) -> str:
        self.count += 1
        return json.dumps({"infcode": 0, "output": {"turn": self.count, "bytes": len(request)}})


@contextmanager
def bridge(folder: Path, simulator: str) -> Iterator[tuple[str, str]]:
    """URL and token of a bridge in a process of its own."""
    token = secrets.token_hex(32)
    (folder / "token").write_text(token)
    (folder / "token").chmod(0o600)
    (folder / "bridge.toml").write_text(CONFIG.format(url=simulator))
    command = [sys.executable, "-m", "hubei_yibao_bridge", "serve", "--config"]
    path = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, folder / "bridge.toml"], stdout=subprocess.PIPE, stderr=log, text=True,
            env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), token
    finally:
        process.terminate()
        process.communicate()


def compare(names: tuple[str, str], works: tuple[Callable[[], object], ...], rounds: int) -> None:
    """Median times of two pieces of work done in turns, and their difference."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for work, found in zip(works, times, strict=True):
            start = time.perf_counter()
            work()
            found.append(time.perf_counter() - start)
    direct, bridged = (statistics.median(found) * 1000 for found in times)
    print(f"  {names[0]:34} {direct:8.3f} ms")
    print(f"  {names[1]:34} {bridged:8.3f} ms   overhead {bridged - direct:.3f} ms")


def bare(url: str, token: str, rounds: int) -> None:
    component = load("python", OPTIONS)
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}

    def over_the_bridge() -> bytes:
        connection.request("POST", "/v1/echo/1101", MESSAGE, headers)
        return connection.getresponse().read()

    text = MESSAGE.decode()
    compare(
        ("component called here", "the same over the bridge"),
        (lambda: component.call("1101", text), over_the_bridge), rounds,
    )  # fmt: skip
    connection.close()


def whole(url: str, token: str, simulator: SimulatorServer, folder: Path, rounds: int) -> None:
    base = {**simulator.settings, "insuplc_admdvs": "420199", "state_dir": folder / "state"}
    own = {"profile": "hubei-component", "url": f"{url}/v1/simulator", "secrets": {"token": token}}
    query = examples.query_person(examples.people()[0])
    with Client(Settings(**base)) as direct, Client(Settings(**base | own)) as bridged:
        compare(
            ("client to simulator", "client to bridge to simulator"),
            (lambda: direct.call("1101", query), lambda: bridged.call("1101", query)), rounds,
        )  # fmt: skip


async def crowd(url: str, token: str, calls: int) -> None:
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    connector = aiohttp.TCPConnector(limit=calls)
    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:

        async def ask() -> int:
            async with session.post(f"{url}/v1/echo/1101", data=MESSAGE) as answer:
                turn: int = (await answer.json())["output"]["turn"]
                return turn

        start = time.perf_counter()
        turns = await asyncio.gather(*(ask() for _ in range(calls)))
        seconds = time.perf_counter() - start
    first = min(turns)
    lost = len(set(range(first, first + calls)) - set(turns))
    print(
        f"  {calls} at once in {seconds:.2f} s, {calls / seconds:.0f} calls/s, lost or twice {lost}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--calls", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, SimulatorServer() as simulator:
        folder = Path(name)
        with bridge(folder, simulator.url) as (url, token):
            bare(url, token, options.rounds)
            whole(url, token, simulator, folder, options.rounds)
            asyncio.run(crowd(url, token, options.calls))


if __name__ == "__main__":
    main()
