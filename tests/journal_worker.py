"""A process of its own for the journal's tests: ``journal_worker.py TASK URL ...``."""

from __future__ import annotations

import resource
import sys
import threading
from datetime import datetime
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1] / "runtime"), str(HERE.parent)]

from hubei_yibao_runtime.errors import JournalError  # noqa: E402
from hubei_yibao_runtime.journal import open_journal  # noqa: E402
from hubei_yibao_runtime.msgid import DurableIds  # noqa: E402
from journal_support import CODE, outgoing  # noqa: E402


def say(text: str) -> None:
    print(text, flush=True)


def hold(url: str, msgid: str) -> None:
    """Opens a record and waits to be told to end or be killed."""
    open_journal(url).open(outgoing(msgid))
    say("open")
    sys.stdin.readline()


def write(url: str, name: str, count: str) -> None:
    """Writes ``count`` records from each of four threads and closes every second one."""
    journal = open_journal(url)

    def some(thread: int) -> None:
        for number in range(int(count)):
            msgid = f"{name}-{thread}-{number}"
            journal.open(outgoing(msgid))
            if number % 2:
                journal.close(msgid, "ok", infcode="0")

    threads = [threading.Thread(target=some, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.shutdown()


def number(url: str, count: str, second: str) -> None:
    """Prints message numbers of one second, given as ISO text."""
    ids = DurableIds(open_journal(url).store)
    for _ in range(int(count)):
        say(ids.next(CODE, datetime.fromisoformat(second)))


def fill(url: str, limit: str) -> None:
    """Opens records until no byte may be written any more; prints those that were taken."""
    journal = open_journal(url)
    journal.open(outgoing("first"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), resource.RLIM_INFINITY))
    for count in range(10_000):
        try:
            journal.open(outgoing(f"r{count}"))
        except JournalError as error:
            say(f"refused {error.what}")
            journal.close("first", "ok")
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
            journal.open(outgoing("after"))
            return
        say(f"r{count}")


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
