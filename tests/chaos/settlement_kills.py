"""A settlement killed at every step: before and after every commit it makes, and started again.

    python tests/chaos/settlement_kills.py [--every N] [--refuse 2207]

For each place a new settlement runs over a real simulator in a worker that kills itself there; a
second worker finishes it. Afterwards the platform must hold exactly one settlement and no fees
beside it (or, refused, neither), whatever the place. Exit code 1 otherwise.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS.parent / "generated"), str(TESTS.parent / "runtime"), str(TESTS)]

import jobs_worker  # noqa: E402
from hubei_yibao.registry import INTERFACES  # noqa: E402
from hubei_yibao_jobs.config import JobsSettings  # noqa: E402
from hubei_yibao_jobs.outbox import Outbox  # noqa: E402
from hubei_yibao_jobs.workflows.settlements import outcome, submit  # noqa: E402
from hubei_yibao_runtime.settings import Settings  # noqa: E402
from hubei_yibao_simulator import SimulatorConfig, SimulatorServer, examples  # noqa: E402
from simulator.hospital import PEOPLE, Hospital, moment  # noqa: E402

FORK = multiprocessing.get_context("fork")
ITEM = ("SIM-S-0001", "1", "250")


class Bench:
    """A simulator, an outbox, and workers that are forked from here."""

    def __init__(self, directory: Path, faults: list[dict[str, Any]]) -> None:
        self.books = directory / "platform.sqlite3"
        config = SimulatorConfig(database=self.books, faults=faults)
        self.server = SimulatorServer(config).start()
        self.values = {
            **self.server.settings, "insuplc_admdvs": "420199", "timeout": 5,
            "state_dir": str(directory / "state"),
        }  # fmt: skip
        self.jobs = {"poll": 0.1, "busy_wait": 0.1}
        self.settings = Settings(**self.values)
        self.hospital = Hospital(self.server.url)
        self.outbox = Outbox(JobsSettings(**self.jobs).database(self.settings), INTERFACES)
        self.outbox.create()
        self.outbox.close()

    def submit(self, name: str) -> int:
        person = PEOPLE[0]
        mdtrt_id = self.hospital.see(person)
        fee = examples.outpatient_fee(person, mdtrt_id, name, name, *ITEM, moment())
        given = examples.settlement(person, mdtrt_id, name, fee["det_item_fee_sumamt"])
        self.mdtrt_id = mdtrt_id
        return submit(self.outbox, self.settings.fixmedins_code, name, {"feedetail": [fee]}, given)

    def work(self, id: int, kill: int) -> tuple[int, int]:
        """Exit code of a worker, and how many places it passed."""
        self.outbox.close()
        receiver, sender = os.pipe()
        given = {"settings": self.values, "jobs": self.jobs, "settle": id, "kill": kill}
        child = FORK.Process(target=_child, args=(given, sender))
        child.start()
        os.close(sender)
        with os.fdopen(receiver) as pipe:
            text = pipe.read().split()
        child.join()
        return child.exitcode or 0, int(text[-1]) if text else 0

    def held(self) -> tuple[int, int]:
        """Standing settlements and unsettled fee rows of the latest visit."""
        link = sqlite3.connect(self.books)
        try:
            standing = "SELECT count(*) FROM settlement WHERE mdtrt_id = ? AND voided_by IS NULL"
            loose = "SELECT count(*) FROM fee WHERE mdtrt_id = ? AND setl_id IS NULL"
            return tuple(link.execute(q, [self.mdtrt_id]).fetchone()[0] for q in (standing, loose))  # type: ignore[return-value]
        finally:
            link.close()

    def close(self) -> None:
        self.hospital.close()
        self.outbox.close()
        self.server.stop()


def _child(given: dict[str, Any], sender: int) -> None:
    with os.fdopen(sender, "w") as pipe:
        sys.stdout = pipe
        jobs_worker.work(given)


def run(
    directory: Path, faults: list[dict[str, Any]], every: int
) -> tuple[Counter[str], list[str]]:
    """Ends by state, and what was wrong at which place."""
    bench = Bench(directory, faults)
    ends: Counter[str] = Counter()
    wrong: list[str] = []
    try:
        code, places = bench.work(bench.submit("whole"), -1)
        expected = {"done": (1, 0), "cancelled": (0, 0)}
        ends["places"] = places
        if code or not places:
            return ends, [f"undisturbed: exit code {code}"]
        for place in range(0, places, every):
            id = bench.submit(f"place{place}")
            killed, _ = bench.work(id, place)
            bench.work(id, -1)
            state, words, answer = outcome(bench.outbox, id)
            ends[state] += 1
            ends["killed"] += killed == -9
            held = bench.held()
            if state == "attention":
                # an answer lost in the kill: nothing proves it, so a person is asked
                if held[0] > 1 or not words:
                    wrong.append(f"place {place}: {state} {held} {words}")
            elif held != expected.get(state) or (state == "done" and not answer):
                wrong.append(f"place {place}: {state} {held} {words}")
    finally:
        bench.close()
    return ends, wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--refuse", default="", help="an interface the platform refuses")
    chosen = parser.parse_args()
    faults = [{"kind": "refuse", "numbers": [chosen.refuse]}] if chosen.refuse else []
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        ends, wrong = run(Path(directory), faults, chosen.every)
    for name, count in sorted(ends.items()):
        print(f"{name:12} {count}")
    print(f"{'seconds':12} {time.monotonic() - began:.1f}")
    print("\n".join(wrong) or "nothing wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
