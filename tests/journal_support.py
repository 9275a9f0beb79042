"""Journals, records and processes for the journal's tests."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hubei_yibao_runtime.interface import Interface
from hubei_yibao_runtime.journal import SqlJournal, open_journal
from hubei_yibao_runtime.seams import Outgoing
from postgres import Server, running_server

ROOT = Path(__file__).parents[1]
CODE = "H42000000001"
PSN_NO = "42000011200000001234567890"
CERTNO = "420106199001011234"
WORKER = Path(__file__).with_name("journal_worker.py")


def interface(
    number: str = "X207", operation: str = "visit.settle", role: str | None = None
) -> Interface:
    return Interface(
        "tests.none",
        (number, "结算", operation, ("", ""), "realtime", "", "all", True, "request", "write",
         True, role, (), None, False, "unspecified"),
    )  # fmt: skip


SETTLE = interface()
REVERSE = interface("X601", "revision.reverse", "reverse")


def outgoing(msgid: str, **changes: Any) -> Outgoing:
    content = (
        f'{{"data":{{"psn_no":"{PSN_NO}","certno":"{CERTNO}","psn_name":"张三丰",'
        f'"mdtrt_id":"420000G1","chrg_bchno":"B-1"}}}}'
    ).encode()
    values: dict[str, Any] = {
        "msgid": msgid, "interface": SETTLE, "institution": CODE, "at": datetime.now(UTC),
        "input": content, "body": b'{"input":' + content + b"}", "psn_no": PSN_NO,
        "insuplc_admdvs": "420100",
    }  # fmt: skip
    return Outgoing(**(values | changes))


def reversal(msgid: str, original: str) -> Outgoing:
    content = f'{{"data":{{"psn_no":"{PSN_NO}","omsgid":"{original}","oinfno":"X207"}}}}'
    return outgoing(msgid, interface=REVERSE, input=content.encode(), body=content.encode())


def worker(*arguments: object, **options: Any) -> subprocess.Popen[str]:
    """A real process that works on a journal, see journal_worker.py."""
    return subprocess.Popen(
        [sys.executable, str(WORKER), *map(str, arguments)], text=True,
        stdout=subprocess.PIPE, stdin=subprocess.PIPE, stderr=subprocess.PIPE, **options,
    )  # fmt: skip


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'journal.sqlite3'}"
    running: Server = request.getfixturevalue("server")
    return running.new_database()


@pytest.fixture
def journal(url: str) -> Iterator[SqlJournal]:
    opened = open_journal(url)
    yield opened
    opened.shutdown()
