"""A worker process for the tests: serves one institution until its outbox is empty.

    python tests/jobs_worker.py '{"settings": {...}, "jobs": {...}, "run": "name", "kill": n}'

``kill``: SIGKILL itself beside the n-th commit a workflow makes in outbox, engine or journal, before
it (even) or after it (odd). ``settle``: id of a settlement to run instead of the outbox; prints how
many such places there were.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "generated"), str(ROOT / "runtime")]

from hubei_yibao.registry import INTERFACES  # noqa: E402
from hubei_yibao_jobs.config import JobsSettings  # noqa: E402
from hubei_yibao_jobs.workflows import Worker  # noqa: E402
from hubei_yibao_runtime.journal import sqlite  # noqa: E402
from hubei_yibao_runtime.settings import Settings  # noqa: E402
from sqlalchemy.engine import Connection  # noqa: E402

_DEAD = ("ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED", "SUCCESS")
_counter = itertools.count()


def die_at(place: int) -> None:
    """Counts the commits of workflows, and dies beside one of them; -1: beside none."""

    def around(cls: Any, name: str) -> None:
        original = getattr(cls, name)

        def counted(self: Any, *arguments: Any, **options: Any) -> Any:
            if not threading.current_thread().name.startswith("dbos-executor"):
                return original(self, *arguments, **options)
            if next(_counter) == place:
                os.kill(os.getpid(), signal.SIGKILL)
            found = original(self, *arguments, **options)
            if next(_counter) == place:
                os.kill(os.getpid(), signal.SIGKILL)
            return found

        setattr(cls, name, counted)

    around(Connection, "_commit_impl")
    around(sqlite.SqliteStore, "run")


def serve(worker: Worker, institution: str, run: str) -> None:
    """Until nothing is left; a run that ended early is followed by another."""
    handle = worker.run_now(institution, run)
    turn = 0
    while worker.outbox.left(institution):
        if handle.get_status().status in _DEAD:
            turn += 1
            handle = worker.run_now(institution, f"{run}-{turn}")
        time.sleep(0.2)


def work(given: dict[str, Any]) -> None:
    """One worker's life."""
    for name in ("hubei_yibao", "dbos"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    settings = Settings(**given["settings"])
    code = settings.fixmedins_code
    worker = Worker(JobsSettings(**given["jobs"]), [settings], INTERFACES).start()
    die_at(given.get("kill", -1))
    if "settle" in given:
        worker.settle(code, given["settle"]).get_result(polling_interval_sec=0.05)
        print(next(_counter), flush=True)
        os._exit(0)  # what is written is written; an orderly end only takes longer
    else:
        serve(worker, code, given["run"])
    worker.stop(5)


if __name__ == "__main__":
    work(json.loads(sys.argv[1]))
