"""What the journal costs a call: open + close against two append + fsync, alternated in one run.

    python benchmarks/journal.py [--rounds 40] [--calls 25] [--dir DIR]

Prints medians and their ratio (the goal is at most 1.3), and the share of the fork-safe message
number. DIR should lie on the disk the journal will use.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "runtime"))

from hubei_yibao_runtime.interface import Interface
from hubei_yibao_runtime.journal import SqlJournal, open_journal
from hubei_yibao_runtime.msgid import DurableIds
from hubei_yibao_runtime.seams import Outgoing

GOAL = 1.3
SETTLE = Interface(
    "bench",
    ("0001", "结算", "bench.settle", ("", ""), "realtime", "", "all", True, "request", "write",
     True, None, (), None, False, "unspecified"),
)  # fmt: skip
INPUT = b'{"data":{"mdtrt_id":"420000G0000000000001","chrg_bchno":"B1","med_type":"11"}}'


def journal_call(journal: SqlJournal, ids: DurableIds) -> None:
    now = datetime.now(UTC)
    msgid = ids.next("H42000000001", now)
    journal.open(Outgoing(msgid, SETTLE, "H42000000001", now, INPUT, INPUT * 4, "42" * 13))
    journal.close(msgid, "ok", infcode="0", output={"setlinfo": {"setl_id": "420000G1"}})


def two_appends(file: int) -> None:
    for _ in range(2):
        os.write(file, INPUT * 4)
        os.fsync(file)


def per_call(action: Callable[[], None], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        action()
    return (time.perf_counter() - start) / calls


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--calls", type=int, default=25)
    parser.add_argument("--dir", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.dir) as name:
        journal = open_journal(Path(name) / "journal.sqlite3")
        ids = DurableIds(journal.store)
        file = os.open(Path(name) / "append", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        cases: dict[str, Callable[[], None]] = {
            "two append+fsync": lambda: two_appends(file),
            "journal open+close": lambda: journal_call(journal, ids),
        }
        times: dict[str, list[float]] = {case: [] for case in cases}
        for action in cases.values():
            per_call(action, 3)
        for _ in range(arguments.rounds):
            for case, action in cases.items():
                times[case].append(per_call(action, arguments.calls))
        journal.shutdown()
        os.close(file)
    base, ours = (statistics.median(times[case]) for case in cases)
    for case, measured in times.items():
        print(f"{case:20} {statistics.median(measured) * 1e6:8.0f} µs a call (median)")
    print(f"ratio {ours / base:.2f} (goal <= {GOAL})")
    return 0 if ours / base <= GOAL else 1


if __name__ == "__main__":
    raise SystemExit(main())
