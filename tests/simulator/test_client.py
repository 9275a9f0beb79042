"""The generated client and the simulator together: signing in, unknown outcomes, async."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hubei_yibao import AsyncClient, Client, OutcomeUnknown, Rejected, Settings
from hubei_yibao_simulator import SimulatorConfig, SimulatorServer, examples
from simulator.hospital import PEOPLE, Hospital, moment

A = PEOPLE[0]


@pytest.fixture
def strict() -> Iterator[SimulatorServer]:
    """A simulator that wants everybody signed in."""
    with SimulatorServer(SimulatorConfig(require_sign_in=True)) as server:
        yield server


def settings(server: SimulatorServer, folder: Path, **changes: Any) -> Settings:
    return Settings(
        **{**server.settings, "insuplc_admdvs": "420199", "state_dir": folder, **changes}
    )


def test_the_client_signs_in_by_itself_and_out_at_the_end(
    strict: SimulatorServer, tmp_path: Path
) -> None:
    with Client(settings(strict, tmp_path, sign_in=True, sign_out=True)) as client:
        for _ in range(2):
            client.call("1101", examples.query_person(A))
    hospital = Hospital(strict.url)
    numbers = [m["number"] for m in reversed(hospital.admin("messages"))]
    assert numbers == ["9001", "1101", "1101", "9002"]
    hospital.close()


def test_without_signing_in_the_platform_refuses(strict: SimulatorServer, tmp_path: Path) -> None:
    with (
        Client(settings(strict, tmp_path)) as client,
        pytest.raises(Rejected, match="未签到"),
    ):
        client.call("1101", examples.query_person(A))


@pytest.mark.parametrize(
    ("fault", "settlements"),
    [
        ("drop-before-commit", 0),
        ("drop-after-commit", 1),
        ("reset-after-commit", 1),
        ("reset-mid-answer", 1),
        ("error-after-commit", 1),
        ("junk-after-commit", 1),
    ],
)
def test_a_write_is_never_sent_twice(tmp_path: Path, fault: str, settlements: int) -> None:
    """Counted by the simulator: one request, whatever happened to its answer."""
    with SimulatorServer() as server, Client(settings(server, tmp_path)) as client:
        hospital = Hospital(server.url)
        hospital.add_rule("faults", kind=fault, numbers=["2102"])
        given = examples.purchase(A, [("SIM-X-0001", "1", "30")], moment())
        with pytest.raises(OutcomeUnknown) as unknown:
            client.call("2102", given)
        seen = hospital.admin(f"messages?msgid={unknown.value.msgid}")
        assert len(seen) == 1
        assert hospital.admin("state")["rows"]["settlement"] == settlements
        assert [record.msgid for record in client.unknown()] == [unknown.value.msgid]
        hospital.close()


def test_a_query_is_repeated_until_it_answers(tmp_path: Path) -> None:
    with SimulatorServer() as server, Client(settings(server, tmp_path)) as client:
        hospital = Hospital(server.url)
        hospital.add_rule("faults", kind="reset-after-commit", numbers=["1101"], times=2)
        person = client.call("1101", examples.query_person(A))
        assert person.baseinfo.psn_no == A["psn_no"]
        assert len(hospital.admin("messages")) == 3
        hospital.close()


def test_fifty_async_visits_at_once(tmp_path: Path) -> None:
    async def visit(client: AsyncClient, number: int) -> str:
        given = examples.register(A, moment(), f"O{number:04d}")
        registered = await client.call("2201", given)
        mdtrt_id = str(registered.data.mdtrt_id)
        await client.call("2203", examples.visit(A, mdtrt_id, moment()))
        return mdtrt_id

    async def run(server: SimulatorServer) -> list[str]:
        async with AsyncClient(settings(server, tmp_path)) as client:
            return await asyncio.gather(*(visit(client, n) for n in range(50)))

    with SimulatorServer() as server:
        visits = asyncio.run(run(server))
        hospital = Hospital(server.url)
        assert len(set(visits)) == 50 == hospital.admin("state")["rows"]["visit"]
        hospital.close()
