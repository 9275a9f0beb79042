"""Calls side by side with bare httpx, against one local server process: ``python benchmarks/calls.py``.

Bare httpx posts ready bytes and parses the answer with ``.json()``. Ours checks the input, builds
the envelope, signs it, takes a durable message number and decodes the answer into a model. The
cases alternate in one run; printed are medians of the ratios of neighbouring rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "runtime"), str(ROOT / "tests")]

from hubei_yibao_runtime.client import AsyncBaseClient, SyncClient  # noqa: E402
from hubei_yibao_runtime.settings import Settings  # noqa: E402
from wire_fixture import INPUT, REGISTRY, settings  # noqa: E402

ANSWER = {"infcode": 0, "inf_refmsgid": "R", "err_msg": "",
          "output": {"setlinfo": {"setl_id": "S1", "fund": 10.50}}}  # fmt: skip
IN_FLIGHT = 50


class Server(asyncio.Protocol):
    """Answers every POST with the same message as fast as asyncio goes."""

    def __init__(self) -> None:
        content = json.dumps(ANSWER).encode()
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}"
        )
        self._answer = f"{head}\r\n\r\n".encode() + content
        self._data = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while b"\r\n\r\n" in self._data:
            head, _, rest = self._data.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            if len(rest) < length:
                return
            self._data = rest[length:]
            self._transport.write(self._answer)


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def signed(directory: Path, url: str, driver: str) -> Settings:
    secrets = {"paasid": "p", "token": "t"}
    return settings(directory, url, profile="tif-sha256", secrets=secrets, driver=driver)


def compare(cases: dict[str, Callable[[int], float]], rounds: int, calls: int) -> None:
    """Seconds per call of each case, and the median ratio to the first."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for case in cases.values():
        case(max(calls // 10, IN_FLIGHT))
    for _ in range(rounds):
        for name, case in cases.items():
            times[name].append(case(calls) / calls)
    first, *others = cases
    print(f"  {first:24} {statistics.median(times[first]) * 1e6:7.0f} us/call")
    for name in others:
        ratios = [a / b for a, b in zip(times[name], times[first], strict=True)]
        ratio = statistics.median(ratios)
        print(f"  {name:24} {statistics.median(times[name]) * 1e6:7.0f} us/call   "
              f"time x {ratio:.2f}   throughput x {1 / ratio:.2f}")  # fmt: skip


def timed(work: Callable[[], Any]) -> Callable[[int], float]:
    def run(calls: int) -> float:
        start = time.perf_counter()
        for _ in range(calls):
            work()
        return time.perf_counter() - start

    return run


async def in_flight(work: Callable[[], Awaitable[Any]], calls: int) -> float:
    left = iter(range(calls))

    async def worker() -> None:
        for _ in left:
            await work()

    start = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
    return time.perf_counter() - start


def sync_cases(directory: Path, url: str, rounds: int, calls: int) -> None:
    content = json.dumps({"infno": "Q101", "input": INPUT}, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json"}
    ours = SyncClient(signed(directory, url, "default"), registry=REGISTRY)
    with httpx.Client(trust_env=False) as bare, ours as yibao:
        cases = {
            "bare httpx": timed(lambda: bare.post(url, content=content, headers=headers).json()),
            "signed call": timed(lambda: yibao.call("Q101", INPUT)),
        }
        compare(cases, rounds, calls)


def async_cases(directory: Path, url: str, rounds: int, calls: int) -> None:
    content = json.dumps({"infno": "Q101", "input": INPUT}, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json"}
    with asyncio.Runner() as runner:

        async def build() -> tuple[httpx.AsyncClient, AsyncBaseClient, AsyncBaseClient]:
            limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
            return (
                httpx.AsyncClient(trust_env=False, limits=limits),
                AsyncBaseClient(signed(directory, url, "default"), registry=REGISTRY),
                AsyncBaseClient(signed(directory, url, "aiohttp"), registry=REGISTRY),
            )

        bare, ours, fast = runner.run(build())

        async def post() -> None:
            answer = await bare.post(url, content=content, headers=headers)
            answer.json()

        cases: dict[str, Callable[[int], float]] = {
            "bare httpx": lambda n: runner.run(in_flight(post, n)),
            "signed call": lambda n: runner.run(in_flight(lambda: ours.call("Q101", INPUT), n)),
            "signed call, aiohttp": lambda n: runner.run(
                in_flight(lambda: fast.call("Q101", INPUT), n)
            ),
        }
        compare(cases, rounds, calls)

        async def close() -> None:
            await bare.aclose()
            await ours.aclose()
            await fast.aclose()

        runner.run(close())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve())
        return
    command = [sys.executable, __file__, "--serve"]
    with (
        tempfile.TemporaryDirectory() as directory,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server,
    ):
        assert server.stdout is not None
        url = f"http://127.0.0.1:{int(server.stdout.readline())}/fsi"
        try:
            print("one after the other (aim: time <= 1.15)")
            sync_cases(Path(directory), url, options.rounds * 10, max(options.calls // 20, 1))
            print(f"{IN_FLIGHT} in flight (aim: throughput >= 1.5, with aiohttp >= 4)")
            async_cases(Path(directory), url, options.rounds, options.calls)
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
