"""Directory sync against a plain csv → SQLite load of the same rows, in one run.

    python benchmarks/catalogues.py [--rows 200000] [--versions 40] [--rounds 3]

A simulator in a process of its own serves ``--versions`` files; ``hubei-yibao sync catalogues``
runs as a process: HTTP, zip and CRC check, text, upsert, one transaction a file. The plain load
reads the unpacked texts with csv.reader and inserts them in one transaction into a table without
key. Goals: ratio at most 2, peak memory at most 200 MB.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "generated"), str(ROOT / "runtime")]
SERVER = ROOT / "tests" / "jobs" / "catalogues" / "large_directory.py"
NUMBER = "1307"
RATIO, MEGABYTES = 2.0, 200
#: What must be given to the client for any call of a person; nothing is asked about one here.
EXTRA = {"YIBAO_INSUPLC_ADMDVS": "420199"}


def environment(settings: dict[str, object], state: Path) -> dict[str, str]:
    path = os.pathsep.join(str(ROOT / name) for name in ("generated", "runtime"))
    given = {f"YIBAO_{name.upper()}": str(value) for name, value in settings.items() if value}
    given.pop("YIBAO_SECRETS", None)
    return {**os.environ, **given, **EXTRA, "YIBAO_STATE_DIR": str(state), "PYTHONPATH": path}


def sync(env: dict[str, str], database: Path) -> tuple[float, float, int]:
    """Seconds of the whole process and of the sync in it, and its peak memory in bytes."""
    words = [sys.executable, "-m", "hubei_yibao_cli.main", "sync", "catalogues", NUMBER,
             "--to", f"sqlite:///{database}", "--json"]  # fmt: skip
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out:
        running = subprocess.Popen(words, env=env, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        out.seek(0)
        change = json.load(out)[0]
    if running.returncode:
        raise SystemExit(f"sync failed: {change['error']}")
    return seconds, change["rows"] / change["rows_per_second"], usage.ru_maxrss * 1024


def plain(folder: Path, database: Path) -> float:
    started = time.perf_counter()
    connection = sqlite3.connect(database)
    width = 0
    with connection:
        for path in sorted(folder.glob("*.txt")):
            with path.open(encoding="utf-8", newline="") as text:
                rows = csv.reader(text, delimiter="\t", quoting=csv.QUOTE_NONE)
                for row in rows:
                    width = width or _create(connection, len(row))
                    marks = ",".join("?" * width)
                    connection.execute(f"INSERT INTO t VALUES ({marks})", row)
                    connection.executemany(f"INSERT INTO t VALUES ({marks})", rows)
    connection.close()
    return time.perf_counter() - started


def _create(connection: sqlite3.Connection, width: int) -> int:
    connection.execute(f"CREATE TABLE t ({','.join(f'c{n} TEXT' for n in range(width))})")
    return width


def look_up(database: Path, codes: int) -> float:
    """Median milliseconds of one sale's look-up among ``codes`` codes in each of three tables."""
    from hubei_yibao import INTERFACES
    from hubei_yibao_jobs.catalogues import Catalogues, Store, sources
    from hubei_yibao_jobs.catalogues.store import Loaded

    store = Store(f"sqlite:///{database}")
    names = {"hilist_name", "hilist_pric_uplmt_amt", "selfpay_prop"}
    for source in sources(INTERFACES):
        if source.paged and names & set(source.names()):
            store.prepare(source)
            with store.writing() as connection:
                rows = ((n, _row(source.names(), n)) for n in range(codes))
                store.write(connection, source, rows, Loaded())
    found, times, chance = Catalogues(store, INTERFACES), [], random.Random(1)
    for _ in range(2000):
        code = f"C{chance.randrange(codes):06d}"
        started = time.perf_counter()
        item = found.for_sale(code, date(2026, 6, 1))
        times.append(time.perf_counter() - started)
        assert item is not None
        assert (item.price_limit, item.selfpay_share) == (Decimal(10), Decimal("0.1"))
    store.close()
    return statistics.median(times) * 1000


def _row(names: list[str], n: int) -> list[str | None]:
    known = {"hilist_code": f"C{n:06d}", "rid": f"R{n}", "hilist_name": f"项目{n}",
             "begndate": "2026-01-01", "updt_time": "2026-01-01", "vali_flag": "1",
             "hilist_pric_uplmt_amt": "10.00", "selfpay_prop": "0.1"}  # fmt: skip
    return [known.get(name) for name in names]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--versions", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texts = folder / "texts"
        texts.mkdir()
        words = [sys.executable, str(SERVER), str(options.rows), str(options.versions), str(texts)]
        path = {"PYTHONPATH": environment({}, folder)["PYTHONPATH"]}
        server = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, **path},
        )  # fmt: skip
        assert server.stdout is not None
        env = environment(json.loads(server.stdout.readline()), folder / "state")
        whole, inside, loads, peaks = [], [], [], []
        sync(env, folder / "warm.db")  # the simulator packs its files once
        for turn in range(options.rounds):
            loads.append(plain(texts, folder / f"plain{turn}.db"))
            seconds, own, peak = sync(env, folder / f"sync{turn}.db")
            whole.append(seconds)
            inside.append(own)
            peaks.append(peak)
        server.communicate("")
        sale = look_up(folder / "sale.db", 100_000)
    load, own, process = map(statistics.median, (loads, inside, whole))
    ratio, megabytes = own / load, max(peaks) / 1e6
    print(f"rows                  {options.rows} in {options.versions} files")
    print(f"plain csv → SQLite    {load:.2f} s  {options.rows / load:,.0f} rows/s")
    print(f"sync catalogues       {own:.2f} s  {options.rows / own:,.0f} rows/s")
    print(f"ratio                 {ratio:.2f}  (goal: at most {RATIO})")
    print(f"whole process         {process:.2f} s, with start")
    print(f"peak memory           {megabytes:.0f} MB  (goal: at most {MEGABYTES})")
    print(f"look-up for a sale    {sale:.2f} ms median, 3 x 100,000 rows  (goal: under 1)")
    return int(ratio > RATIO or megabytes > MEGABYTES or sale >= 1)


if __name__ == "__main__":
    raise SystemExit(main())
