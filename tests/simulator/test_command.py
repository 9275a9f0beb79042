"""``python -m hubei_yibao_simulator`` as a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hubei_yibao_simulator import examples
from simulator.hospital import PEOPLE, Hospital, NoAnswer, Refused, moment

ROOT = Path(__file__).parents[2]
A = PEOPLE[0]


@contextmanager
def process(*options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """A running simulator and the settings it printed."""
    paths = os.pathsep.join(str(ROOT / part) for part in ("generated", "runtime"))
    running = subprocess.Popen(
        [sys.executable, "-m", "hubei_yibao_simulator", "--port", "0", *options],
        env={**os.environ, "PYTHONPATH": paths}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert running.stdout is not None
    printed: dict[str, str] = {}
    try:
        for line in running.stdout:
            if found := re.fullmatch(r"export YIBAO_(\w+)='?(.*?)'?\n", line):
                printed[found[1]] = found[2]
            if "OPTER_NAME" in printed:
                break
        yield running, printed
    finally:
        running.kill()
        running.wait()
        running.stdout.close()


def test_it_prints_what_a_client_needs_and_serves() -> None:
    with process() as (running, printed):
        assert printed["URL"].startswith("http://127.0.0.1:")
        assert printed["PROFILE"] == "plain"
        hospital = Hospital(printed["URL"], code=printed["FIXMEDINS_CODE"])
        hospital.see(A)
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) in (0, -signal.SIGTERM)
        hospital.close()


def test_books_in_a_file_outlive_a_kill(tmp_path: Path) -> None:
    """Whatever was answered is in the books after SIGKILL; what was refused is not."""
    database = str(tmp_path / "books.sqlite")
    with process("--database", database) as (running, printed):
        hospital = Hospital(printed["URL"])
        info = hospital.call("2102", examples.purchase(A, [("SIM-X-0001", "1", "30")], moment()))
        with pytest.raises(Refused):
            hospital.call("2102", examples.purchase(A, [], moment()))
        running.kill()
        running.wait()
        with pytest.raises(NoAnswer):
            hospital.call("1101", examples.query_person(A))
        hospital.close()
    with process("--database", database) as (_, printed):
        hospital = Hospital(printed["URL"])
        state = hospital.admin("state")
        assert state["settlements"]["count"] == 1
        setlinfo = info["setlinfo"]
        hospital.call("2103", examples.refund(A, setlinfo["mdtrt_id"], setlinfo["setl_id"]))
        hospital.close()


def test_rules_come_from_a_file(tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(
        '[[fault]]\nkind = "refuse"\nnumbers = ["1101"]\n[[oddity]]\nkind = "infcode-number"\n'
    )
    with process("--rules", str(rules), "--require-sign-in") as (_, printed):
        hospital = Hospital(printed["URL"])
        assert hospital.answer("1101", examples.query_person(A))["infcode"] == -1
        assert hospital.answer("1901", {"data": {}})["infcode"] == -1
        hospital.close()
