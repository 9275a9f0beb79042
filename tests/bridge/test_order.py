"""1,000 concurrent calls through one apartment: in order, none lost, none twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import aiohttp
from bridge.conftest import Start
from bridge.parts import calls, loads
from bridge.service import TOKEN, Service, message
from bridge.test_outcomes import recorder

CALLS = 1000
HEADERS = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}


def client() -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(limit=CALLS + 10)
    return aiohttp.ClientSession(
        headers=HEADERS, connector=connector, timeout=aiohttp.ClientTimeout(300)
    )


async def ask(http: aiohttp.ClientSession, service: Service, number: str, n: int) -> int:
    async with http.post(f"{service.url()}/{number}", data=message(number, n=n)) as answer:
        assert answer.status == 200, await answer.text()
        own: int = (await answer.json())["output"]["data"]["n"]
        return own


async def accepted(http: aiohttp.ClientSession, service: Service, count: int) -> None:
    while True:
        async with http.get(f"{service.base}/v1/status") as answer:
            if (await answer.json())["main"]["accepted"] == count:
                return


def test_calls_are_carried_out_in_the_order_of_their_arrival(start: Start, tmp_path: Path) -> None:
    """The first call holds the apartment until all the others stand in the queue."""
    service = start(recorder(tmp_path, queue=CALLS, wait=120))

    async def run() -> list[int]:
        async with client() as http:
            tasks = []
            for n in range(CALLS):
                tasks.append(asyncio.create_task(ask(http, service, "GATE" if n == 0 else "Q1", n)))
                await accepted(http, service, n + 1)
            (tmp_path / "open").touch()
            return await asyncio.gather(*tasks)

    assert asyncio.run(run()) == list(range(CALLS))
    assert [n for _, n in calls(tmp_path)] == list(range(CALLS))
    assert len(loads(tmp_path)) == 1
    assert service.status()["answered"] == CALLS


def test_calls_arriving_all_at_once_are_all_answered_with_their_own_answer(
    start: Start, tmp_path: Path
) -> None:
    service = start(recorder(tmp_path, queue=CALLS, wait=120))

    async def run() -> list[int]:
        async with client() as http:
            return await asyncio.gather(*(ask(http, service, "Q1", n) for n in range(CALLS)))

    assert asyncio.run(run()) == list(range(CALLS))
    assert Counter(n for _, n in calls(tmp_path)) == Counter(range(CALLS))
    assert len(loads(tmp_path)) == 1
