"""``jobs`` and ``reconcile`` as an operator uses them, guide in hand."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
from pathlib import Path

from cli.conftest import Simulator
from cli.program import PROGRAM, in_terminal, run
from simulator.hospital import PEOPLE, Hospital, sampled_input, today

Env = dict[str, str]
INSERT = "INSERT INTO yibao_outbox (institution, number, business_key, payload) VALUES (?, ?, ?, ?)"


def fill(env: Env, home: Path, *keys: str) -> None:
    """As the hospital's own system does."""
    assert run("jobs", "init", env=env).code == 0
    text = json.dumps(sampled_input("4602"), default=str)
    with sqlite3.connect(home / "state" / "jobs.sqlite3") as link:
        link.executemany(INSERT, [(env["YIBAO_FIXMEDINS_CODE"], "4602", key, text) for key in keys])


def uploads(simulator: Simulator) -> int:
    return sum(row["number"] == "4602" and row["outcome"] == "ok" for row in simulator.messages())


def test_run_lists_what_was_refused_and_sends_it_again_when_told(
    hospital: Env, simulator: Simulator, tmp_path: Path
) -> None:
    fill(hospital, tmp_path, "K1", "K2", "K3")
    before = uploads(simulator)
    simulator.add_fault(kind="refuse", numbers=["4602"], times=1)
    env = hospital | {"YIBAO_JOBS_POLL": "0.1"}
    done = run("jobs", "run", "--json", env=env)
    assert (done.code, done.json["states"]) == (0, {"done": 2, "refused": 1})
    assert uploads(simulator) == before + 2
    ((id, number, _, state, _, words),) = run("jobs", "list", env=hospital).rows
    assert (number, state, words) == ("4602", "被拒，待人工", "模拟的拒绝（未执行）")
    assert run("jobs", "retry", id, env=hospital).code == 4
    assert run("jobs", "retry", id, "--yes", env=hospital).code == 0
    assert run("jobs", "run", "--json", env=env).json["states"] == {"done": 3}
    text = run("jobs", "status", "--prometheus", env=hospital).out
    assert f'yibao_outbox_depth{{institution="{hospital["YIBAO_FIXMEDINS_CODE"]}"}} 0' in text
    assert "已上传" in in_terminal("jobs", "status", env=hospital, columns=100).out


def test_an_unproven_upload_ends_in_exit_code_5_and_may_be_skipped(
    hospital: Env, simulator: Simulator, tmp_path: Path
) -> None:
    fill(hospital, tmp_path, "K1")
    simulator.add_fault(kind="drop-before-commit", numbers=["4602"], times=1)
    assert run("jobs", "run", env=hospital | {"YIBAO_JOBS_POLL": "0.1"}).code == 5
    (row,) = run("jobs", "list", "--json", env=hospital).json
    assert row["state"] == "unproven"
    assert run("jobs", "skip", str(row["id"]), "--yes", env=hospital).code == 0
    assert run("jobs", "list", "--json", env=hospital).json == []


def test_the_worker_runs_on_schedule_and_ends_with_sigterm(
    hospital: Env, simulator: Simulator, tmp_path: Path
) -> None:
    fill(hospital, tmp_path, "K1")
    env = hospital | {"YIBAO_JOBS_POLL": "0.2", "YIBAO_JOBS_CRON": "* * * * * *"}
    worker = subprocess.Popen([PROGRAM, "jobs", "worker"], env=env, stderr=subprocess.PIPE)
    try:
        while "done" not in run("jobs", "status", "--json", env=hospital).json["states"]:
            assert worker.poll() is None
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
    finally:
        worker.kill()
        worker.communicate()


def test_wrong_settings_of_the_jobs_are_named(hospital: Env) -> None:
    done = run("jobs", "status", env=hospital | {"YIBAO_JOBS_PER_MINUTE": "0"})
    assert done.code == 1
    assert "per_minute" in done.err


def test_reconcile_a_day(hospital: Env, simulator: Simulator, tmp_path: Path) -> None:
    his = Hospital(simulator.url, code=hospital["YIBAO_FIXMEDINS_CODE"])
    person = PEOPLE[2]
    mdtrt_id = his.see(person)
    total = his.charge(person, mdtrt_id, "B1", [("SIM-S-0001", "1", "250")])
    info = his.settle(person, mdtrt_id, "B1", total)
    names = ("setl_id", "mdtrt_id", "psn_no", "insutype", "clr_type", "clr_optins",
             "medfee_sumamt", "fund_pay_sumamt", "acct_pay")  # fmt: skip
    his.close()
    ledger, page = tmp_path / "ledger.csv", tmp_path / "report.html"
    head = ",".join(names).replace("clr_optins", "setl_optins")
    cells = [str(info[name]) for name in names]
    cells[0] = "420199G9999999999999"
    ledger.write_text(f"{head}\n{','.join(cells)}\n", "utf-8")
    words = ["reconcile", today(), "--csv", str(ledger), "--html-out", str(page)]
    assert run(*words, env=hospital).code == 0  # the sums happen to agree
    done = run(*words, "--details", "--json", env=hospital)
    assert done.code == 3
    kinds = {row["类型"] for row in done.json["differences"]}
    assert {"本院多", "平台多"} <= kinds
    assert person["psn_no"] not in done.out + page.read_text("utf-8")
    assert run("reconcile", "yesterday", env=hospital).code == 2
    empty = run("reconcile", "2000-01-01", env=hospital)
    assert (empty.code, empty.out) == (0, "")
