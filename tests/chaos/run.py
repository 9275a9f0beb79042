"""Settlements under fire: faulty server, killed clients, and then the books are compared.

    python tests/chaos/run.py [--settlements 10000] [--processes 4] [--seed N] [--journal URL]

Four client processes settle over a real server process that drops, resets, answers 5xx, junk or
half, or too late, before or after carrying a settlement out; clients are killed with SIGKILL at
random moments and started again. Afterwards every request the server read is held against the
journal, and every unknown one is resolved and held against the truth. ``--seed`` repeats the
faults of every settlement and the intervals and victims of the kills; where in a call a kill
strikes is up to the machine. Exit code 1 if anything was sent twice, missing or not listed.
"""

from __future__ import annotations

import argparse
import json
import logging
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS.parent / "runtime"), str(TESTS)]

from hubei_yibao_runtime.client import SyncClient  # noqa: E402
from hubei_yibao_runtime.errors import YibaoError  # noqa: E402
from hubei_yibao_runtime.journal import SqlJournal, open_journal  # noqa: E402
from hubei_yibao_runtime.settings import Settings  # noqa: E402
from settlement_registry import REGISTRY  # noqa: E402

THREADS = 2
TIMEOUT = 0.6
FORK = multiprocessing.get_context("fork")


class Task(NamedTuple):
    """What the clients work on together."""

    settlements: int
    processes: int
    seed: int
    url: str
    journal: str


class Outcome(NamedTuple):
    """The books after the run; the first four must be zero."""

    sent_twice: int
    missing: int
    unlisted: int
    contradicted: int
    figures: dict[str, Any]

    @property
    def clean(self) -> bool:
        return not any(self[:4])


def settings(task: Task) -> Settings:
    return Settings(
        fixmedins_code="H42000000001", fixmedins_name="试验医院", mdtrtarea_admvs="420100",
        insuplc_admdvs="420100", recer_sys_code="T", infver="V1.0", opter="op1", opter_name="试",
        url=task.url, journal=task.journal, timeout=TIMEOUT,
    )  # fmt: skip


def key(number: int) -> str:
    return f"B{number:06d}"


def person(business_key: str) -> str:
    return f"420000112000000{business_key[1:]:0>11}"


def journalled(journal: SqlJournal) -> dict[str, list[str]]:
    """States of the journal's records by business key."""
    found: dict[str, list[str]] = {}
    for keys, state in journal.store.run(("SELECT keys, state FROM yibao_call", ())).rows:
        found.setdefault(json.loads(keys).get("chrg_bchno", ""), []).append(state)
    return found


def settle_all(task: Task, place: int) -> None:
    """A client process: settles its share, apart from what the journal says has left before."""
    logging.getLogger("hubei_yibao").setLevel(logging.CRITICAL)
    client = SyncClient(settings(task), registry=REGISTRY)
    left = journalled(client._journal)
    open_keys = [
        key(number)
        for number in range(place, task.settlements, task.processes)
        if all(state == "not_sent" for state in left.get(key(number), []))
    ]

    def some(share: list[str]) -> None:
        for business_key in share:
            data = {"psn_no": person(business_key), "mdtrt_id": f"V{business_key}",
                    "chrg_bchno": business_key}  # fmt: skip
            try:
                client.call("X207", {"data": data})
            except YibaoError as error:
                if error.outcome not in ("unknown", "not_sent"):
                    raise

    threads = [threading.Thread(target=some, args=(open_keys[n::THREADS],)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client.close()


def start(task: Task, place: int) -> BaseProcess:
    process = FORK.Process(target=settle_all, args=(task, place))
    process.start()
    return process


def under_fire(task: Task) -> int:
    """Runs the clients to their end, killing one now and then; returns the number of kills."""
    chance = random.Random(task.seed)
    clients = [start(task, place) for place in range(task.processes)]
    kills = 0
    while any(client.is_alive() for client in clients):
        time.sleep(chance.uniform(0.01, 0.15))
        victim = chance.randrange(task.processes)
        client = clients[victim]
        if client.is_alive() and client.pid is not None:
            os.kill(client.pid, signal.SIGKILL)
            kills += 1
        for place, client in enumerate(clients):
            if client.is_alive() and place != victim:
                continue
            client.join()
            if client.exitcode == -signal.SIGKILL:
                clients[place] = start(task, place)
            elif client.exitcode != 0:
                raise RuntimeError(f"a client ended with {client.exitcode}")
    return kills


def compare(task: Task, report: dict[str, Any], book: SqlJournal) -> Outcome:
    """Holds what the server saw against the journal."""
    states = dict(book.store.run(("SELECT msgid, state FROM yibao_call", ())).rows)
    listed = {record.msgid for record in book.unknown()}
    seen, settled = report["seen"], set(report["settled"])
    twice = [k for counts in (report["keys"], seen) for k, count in counts.items() if count > 1]
    closed = Counter(states.values())
    left = journalled(book)
    never = sum(not left.get(key(number)) for number in range(task.settlements))
    contradicted = [
        msgid for msgid, state in states.items()
        if (state == "ok" and msgid not in settled) or (state == "not_sent" and msgid in seen)
    ]  # fmt: skip
    figures = {
        "settlements": task.settlements, "requests read by the server": len(seen),
        "carried out": len(settled), "faults": dict(sorted(report["faults"].items())),
        "journal records": len(states), "closed ok": closed["ok"], "not sent": closed["not_sent"],
        "listed as unknown": len(listed), "of these carried out": len(listed & settled),
        "of these never seen by the server": len(listed - set(seen)),
    }  # fmt: skip
    return Outcome(
        len(twice), len(set(seen) - set(states)) + never,
        sum(states.get(msgid) != "ok" and msgid not in listed for msgid in seen),
        len(contradicted), figures,
    )  # fmt: skip


def resolve_all(task: Task, settled: set[str]) -> tuple[int, int]:
    """Resolves what is listed; returns how many were found and how many findings were wrong."""
    found = wrong = 0
    with SyncClient(settings(task), registry=REGISTRY) as client:
        for record in client.unknown():
            known = {"psn_no": person(record.keys["chrg_bchno"])}
            finding = client.resolve(record.msgid, **known).finding
            found += finding == "done"
            wrong += (finding == "done") != (record.msgid in settled)
    return found, wrong


def run(settlements: int, processes: int, seed: int, directory: Path, journal: str = "") -> Outcome:
    """One whole run; the journal is a file in ``directory`` unless an address is given."""
    server = subprocess.Popen(
        [sys.executable, str(TESTS / "settlement_platform.py"), str(seed)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    try:
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        task = Task(settlements, processes, seed, url, journal or str(directory / "journal"))
        began = time.monotonic()
        kills = under_fire(task)
        seconds = time.monotonic() - began
        with urllib.request.urlopen(url) as answer:
            report = json.load(answer)
        book = open_journal(task.journal)
        outcome = compare(task, report, book)
        book.shutdown()
        found, wrong = resolve_all(task, set(report["settled"]))
    finally:
        server.communicate("")
    outcome.figures.update({
        "resolved as carried out": found, "clients killed": kills, "seconds": round(seconds, 1),
    })  # fmt: skip
    return outcome._replace(contradicted=outcome.contradicted + wrong)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--settlements", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--journal", default="", help="another journal than a file, postgresql://…")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        outcome = run(
            chosen.settlements, chosen.processes, chosen.seed, Path(directory), chosen.journal
        )
    for name, figure in outcome.figures.items():
        print(f"{name:36} {figure}")
    for name in ("sent_twice", "missing", "unlisted", "contradicted"):
        print(f"{name.replace('_', ' '):36} {getattr(outcome, name)}")
    print(f"repeat with --seed {chosen.seed}")
    return 0 if outcome.clean else 1


if __name__ == "__main__":
    raise SystemExit(main())
