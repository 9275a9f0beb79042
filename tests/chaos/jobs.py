"""Uploads under fire: faulty platform, killed workers, and then the books are compared.

    python tests/chaos/jobs.py [--records 2000] [--seed N] [--database sqlite|postgresql]

Workers (two on PostgreSQL, one on SQLite) empty an outbox over a simulator that drops, resets,
answers 5xx or junk before or after carrying an upload out, or refuses it; workers are killed with
SIGKILL at random moments and started again. Afterwards every record must have been accepted
exactly once, or be listed. ``--seed`` repeats records, faults and intervals of the kills. Exit
code 1 if one was accepted twice, is missing, unlisted, or out of its visit's order.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS.parent / "generated"), str(TESTS.parent / "runtime"), str(TESTS)]

from hubei_yibao.registry import INTERFACES  # noqa: E402
from hubei_yibao_jobs.config import JobsSettings  # noqa: E402
from hubei_yibao_jobs.outbox import Outbox  # noqa: E402
from hubei_yibao_runtime.settings import Settings  # noqa: E402
from hubei_yibao_simulator import SimulatorConfig, SimulatorServer  # noqa: E402
from hubei_yibao_simulator.state import Books  # noqa: E402
from postgres import running_server  # noqa: E402
from simulator.hospital import PEOPLE, sampled_input  # noqa: E402

FAULTS = (
    "drop-before-commit", "drop-after-commit", "reset-before-commit", "reset-after-commit",
    "error-before-commit", "error-after-commit", "junk-after-commit", "refuse",
)  # fmt: skip
SHARE = 0.012  #: of the calls for each kind
#: interface -> where in its input the record's business key travels
RECORDS = {"4101a": "biz_sn", "4301": "mdtrt_id", "4402": "drord_no", "4501": "rpotc_no",
           "4602": "nurs_name"}  # fmt: skip
PER_VISIT = 5


class Outcome(NamedTuple):
    """The books after the run; the first five must be zero."""

    accepted_twice: int
    missing: int
    unlisted: int
    left: int
    out_of_order: int
    figures: dict[str, Any]

    @property
    def clean(self) -> bool:
        return not any(self[:5])


def rules(seed: int) -> list[dict[str, Any]]:
    return [{"kind": kind, "probability": SHARE, "seed": seed + n} for n, kind in enumerate(FAULTS)]


def fill(outbox: Outbox, books: Path, institution: str, records: int, seed: int) -> None:
    """Visits of five messages each, in a random order; lists need their settlement in the books."""
    chance = random.Random(seed)
    bases = {number: sampled_input(number) for number in RECORDS}
    platform = Books(books)
    rows = [(visit, number) for visit in range(-(-records // PER_VISIT)) for number in RECORDS]
    chance.shuffle(rows)
    platform.begin()
    for n, (visit, number) in enumerate(rows[:records]):
        text = json.dumps(bases[number], default=str)
        payload = json.loads(text)
        node = payload[next(iter(payload))]
        head = node[0] if isinstance(node, list) else node
        head |= {RECORDS[number]: f"K{n:05d}", "psn_no": PEOPLE[0]["psn_no"]}
        if number == "4101a":
            head["setl_id"] = f"S{n:05d}"
            settlement(platform, institution, head["setl_id"])
        outbox.add(institution, number, f"K{n:05d}", payload, visit=f"V{visit:05d}")
    platform.commit()
    platform.close()


def settlement(books: Books, institution: str, setl_id: str, **changes: Any) -> None:
    """A settlement in the platform's books, of one yuan paid in cash."""
    row = {
        "setl_id": setl_id, "mdtrt_id": f"M{setl_id}", "institution": institution,
        "number": "2207", "msgid": f"m{setl_id}", "psn_no": PEOPLE[0]["psn_no"], "insutype": "310",
        "kind": "outpatient", "clr_type": "11", "setl_optins": "420199",
        "setl_time": "2026-11-20 08:00:00", "total": 100, "fund": 0, "account": 0, "cash": 100,
        "deductible": 0, "pool": 0, "data": {}, "details": [],
    }  # fmt: skip
    books.insert("settlement", row | changes)


def spawn(task: dict[str, Any]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(TESTS / "jobs_worker.py"), json.dumps(task)])


def under_fire(task: dict[str, Any], workers: int, chance: random.Random, kills: int) -> int:
    """Runs the workers to their end, killing up to ``kills`` of them; returns how many were."""
    processes = [spawn(task) for _ in range(workers)]
    killed = 0
    try:
        while any(process.poll() is None for process in processes):
            time.sleep(chance.uniform(1.0, 5.0) if killed < kills else 0.2)
            victim = chance.randrange(workers)
            killing = killed < kills and processes[victim].poll() is None
            if killing:
                processes[victim].kill()
                killed += 1
            for place, process in enumerate(processes):
                code = process.wait() if killing and place == victim else process.poll()
                if code == -signal.SIGKILL:
                    processes[place] = spawn(task)
                elif code:
                    raise RuntimeError(f"a worker ended with {code}")
    finally:
        for process in processes:
            process.kill()
            process.wait()
    return killed


def accepted(books: Path) -> list[str]:
    """Business keys in the order the platform took them."""
    link = sqlite3.connect(books)
    found = []
    for number, text in link.execute("SELECT number, data FROM upload ORDER BY id"):
        node = next(iter(json.loads(text).values()))
        found.append(str((node[0] if isinstance(node, list) else node)[RECORDS[number]]))
    link.close()
    return found


def compare(outbox: Outbox, books: Path, institution: str) -> Outcome:
    taken = accepted(books)
    times = Counter(taken)
    with outbox.engine.connect() as link:
        rows = link.exec_driver_sql(
            "SELECT business_key, state, visit, id, words FROM yibao_outbox"
            f" WHERE institution = '{institution}' ORDER BY id"
        ).all()
    states = Counter(row.state for row in rows)
    listed = {message.business_key for message in outbox.aside(institution, 10**6)}
    place = {key: n for n, key in enumerate(taken)}
    last: dict[str, int] = {}
    disorder = 0
    for row in rows:
        if row.business_key in place:
            disorder += place[row.business_key] < last.get(row.visit, -1)
            last[row.visit] = place[row.business_key]
    held = outbox.counts(institution).held
    unfinished = sum(states[s] for s in ("new", "queued", "sending", "later"))
    figures = {
        "records": len(rows), "accepted": len(times), "done": states["done"],
        "set aside, refused": states["refused"], "set aside, unproven": states["unproven"],
        "of these accepted": sum(
            row.state == "unproven" and row.business_key in times for row in rows
        ),
        "found by looking up": sum(row.words.startswith("looked up") for row in rows),
        "held behind one set aside": held,
    }  # fmt: skip
    return Outcome(
        sum(count > 1 for count in times.values()),
        sum(row.state == "done" and row.business_key not in times for row in rows),
        sum(row.business_key in times and row.state != "done" and row.business_key not in listed
            for row in rows),
        unfinished - held, disorder, figures,
    )  # fmt: skip


def run(records: int, seed: int, directory: Path, url: str, workers: int, kills: int) -> Outcome:
    """One whole run; ``url`` of the jobs' tables, for PostgreSQL also of the journal."""
    books = directory / "platform.sqlite3"
    with SimulatorServer(SimulatorConfig(database=books, faults=rules(seed))) as platform:
        code = platform.config.institution
        values = {
            **platform.settings, "insuplc_admdvs": "420199", "timeout": 5,
            "state_dir": str(directory / "state"), "retry": {"first_wait": 0.05},
        }  # fmt: skip
        if url.startswith("postgresql"):
            values["journal"] = url
        jobs = {"url": url, "poll": 0.5, "waits": [1] * 9, "busy_wait": 0.5, "at_once": 12,
                "per_minute": 100_000, "lost_after": 5}  # fmt: skip
        settings = JobsSettings(**jobs)
        outbox = Outbox(settings.database(Settings(**values)), INTERFACES)
        outbox.create()
        fill(outbox, books, code, records, seed)
        began = time.monotonic()
        task = {"settings": values, "jobs": jobs, "run": "chaos"}
        killed = under_fire(task, workers, random.Random(seed), kills)
        seconds = time.monotonic() - began
        outcome = compare(outbox, books, code)
        outbox.close()
    outcome.figures.update({
        "workers": workers, "workers killed": killed, "seconds": round(seconds, 1),
        "records per second": round(records / seconds, 1),
    })  # fmt: skip
    return outcome


def show(title: str, outcome: Outcome) -> bool:
    print(f"== {title}")
    for name, figure in outcome.figures.items():
        print(f"{name:28} {figure}")
    for name in Outcome._fields[:5]:
        print(f"{name.replace('_', ' '):28} {getattr(outcome, name)}")
    return outcome.clean


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="")
    chosen = parser.parse_args()
    clean = True
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for kind in (chosen.database,) if chosen.database else ("sqlite", "postgresql"):
            home = directory / kind
            home.mkdir()
            url, workers = f"sqlite:///{home / 'jobs.sqlite3'}", 1
            if kind == "postgresql":
                url, workers = stack.enter_context(running_server()).new_database(), 2
            outcome = run(chosen.records, chosen.seed, home, url, workers, chosen.kills)
            clean &= show(kind, outcome)
    print(f"repeat with --seed {chosen.seed}")
    return 0 if clean else 1


if __name__ == "__main__":
    raise SystemExit(main())
