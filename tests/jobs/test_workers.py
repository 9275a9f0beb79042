"""Worker processes under SIGKILL, on SQLite and PostgreSQL; ``make jobs-chaos`` is the long form."""

from __future__ import annotations

import importlib.util
import json
import sqlite3
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hubei_yibao import Settings
from hubei_yibao.registry import INTERFACES
from hubei_yibao_jobs.config import JobsSettings
from hubei_yibao_jobs.outbox import Outbox
from hubei_yibao_jobs.workflows.slot import Slot
from hubei_yibao_simulator import SimulatorConfig, SimulatorServer
from postgres import Server
from simulator.hospital import PEOPLE, sampled_input


def _script(name: str) -> ModuleType:
    path = Path(__file__).parents[1] / "chaos" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"chaos_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_one_worker_on_sqlite_uploads_once_or_lists(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'jobs.sqlite3'}"
    outcome = _script("jobs").run(40, 11, tmp_path, url, 1, 2)
    assert outcome.clean, outcome
    assert outcome.figures["workers killed"] == 2
    assert outcome.figures["done"] > 20


def test_two_workers_on_postgresql_upload_once_or_list(tmp_path: Path, postgres: Server) -> None:
    outcome = _script("jobs").run(80, 12, tmp_path, postgres.new_database(), 2, 2)
    assert outcome.clean, outcome
    assert outcome.figures["workers killed"] == 2
    assert outcome.figures["done"] > 40


def test_a_lost_host_is_taken_over(tmp_path: Path, postgres: Server) -> None:
    """Its unfinished workflows go on at another host, which has a name of its own."""
    jobs, url, books = _script("jobs"), postgres.new_database(), tmp_path / "platform.sqlite3"
    with SimulatorServer(SimulatorConfig(database=books)) as platform:
        values = {**platform.settings, "insuplc_admdvs": "420199", "journal": url}
        code = platform.config.institution
        outbox = Outbox(JobsSettings(url=url).database(Settings(**values)), INTERFACES)
        outbox.create()
        jobs.fill(outbox, books, code, 10, 5)
        options = {"url": url, "poll": 0.2, "lost_after": 1, "busy_wait": 0.2}
        task = {"jobs": options, "run": "one"}
        lost = {**task, "settings": {**values, "state_dir": str(tmp_path / "a")}, "kill": 60}
        assert jobs.spawn(lost).wait() == -9
        before = jobs.compare(outbox, books, code)
        assert before.left > 0
        other = {**task, "settings": {**values, "state_dir": str(tmp_path / "b")}}
        assert jobs.spawn(other).wait() == 0
        outcome = jobs.compare(outbox, books, code)
        outbox.close()
    assert outcome.clean, outcome
    assert outcome.figures["done"] + outcome.figures["set aside, unproven"] == 10


@pytest.mark.parametrize(("refuse", "ends"), [("", {"done"}), ("2207", {"cancelled"})])
def test_a_killed_settlement_is_finished_or_taken_back(
    tmp_path: Path, refuse: str, ends: set[str]
) -> None:
    faults = [{"kind": "refuse", "numbers": [refuse]}] if refuse else []
    found, wrong = _script("settlement_kills").run(tmp_path, faults, 15)
    assert wrong == []
    assert found["killed"] > 1
    assert set(found) - {"places", "killed"} <= ends | {"attention"}
    assert sum(found[end] for end in ends) > 0


@pytest.mark.parametrize(
    ("fault", "number", "state", "standing"),
    [
        ("drop-after-commit", "2204", "done", 1),
        ("drop-before-commit", "2204", "attention", 0),
        ("drop-after-commit", "2207", "attention", 0),
        ("refuse", "2206", "cancelled", 0),
    ],
)
def test_a_settlement_with_a_lost_answer(
    tmp_path: Path, fault: str, number: str, state: str, standing: int
) -> None:
    script = _script("settlement_kills")
    bench = script.Bench(tmp_path, [{"kind": fault, "numbers": [number], "times": 1}])
    try:
        id = bench.submit("one")
        assert bench.work(id, -1)[0] == 0
        found, words, _ = script.outcome(bench.outbox, id)
        assert (found, bench.held()[0]) == (state, standing), words
    finally:
        bench.close()


def test_the_engine_stores_no_payload(tmp_path: Path) -> None:
    """Persons stand in the outbox only: not in what DBOS keeps, not in what a worker prints."""
    jobs = _script("jobs")
    with SimulatorServer(SimulatorConfig(database=tmp_path / "platform.sqlite3")) as platform:
        values = {**platform.settings, "insuplc_admdvs": "420199", "state_dir": str(tmp_path)}
        settings = Settings(**values)
        outbox = Outbox(JobsSettings().database(settings), INTERFACES)
        outbox.create()
        person = PEOPLE[0]
        for n, psn_no in enumerate((person["psn_no"], "x" * 99)):
            payload = json.loads(json.dumps(sampled_input("4602"), default=str))
            payload["data"] = (
                [payload["data"]] if isinstance(payload["data"], dict) else payload["data"]
            )
            payload["data"][0] |= {"psn_no": psn_no, "nurs_name": "SECRETNAME"}
            outbox.add(settings.fixmedins_code, "4602", f"K{n}", payload)
        task = {"settings": values, "jobs": {"poll": 0.1}, "run": "one"}
        assert jobs.spawn(task).wait() == 0
        assert sum(outbox.counts(settings.fixmedins_code).states.values()) == 2
        outbox.close()
    link = sqlite3.connect(tmp_path / "engine.sqlite3")
    kept = "\n".join(link.iterdump())
    link.close()
    assert "yibao.deliver" in kept
    for personal in (person["psn_no"], "SECRETNAME", person["psn_name"]):
        assert personal not in kept


def test_living_workers_never_share_a_name(tmp_path: Path) -> None:
    first, second = Slot(tmp_path), Slot(tmp_path)
    assert first.name != second.name
    again = first.name
    first.free()
    third = Slot(tmp_path)
    assert third.name == again
    second.free()
    third.free()
