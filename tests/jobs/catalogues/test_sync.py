"""``hubei-yibao sync catalogues`` against the simulator: killed, repeated, restated, withdrawn."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars
import pytest
from cli.program import PROGRAM, environment
from hubei_yibao import INTERFACES, Client, Settings
from hubei_yibao_jobs.catalogues import Catalogues, Change, Store, sources, sync
from hubei_yibao_simulator import SimulatorServer
from hubei_yibao_simulator.business import files, textfile
from hubei_yibao_simulator.business.core import HANDLERS, Call, Output
from jobs.catalogues.large_directory import COLUMNS, NUMBER, large, rows, version_name
from postgres import running_server

ROWS, VERSIONS, KILLS = 200_000, 40, 20
PLACE = {column.role: place for place, column in enumerate(COLUMNS) if column.role}
SOURCE = next(source for source in sources(INTERFACES) if source.number == NUMBER)


@pytest.fixture(scope="module")
def platform() -> Iterator[SimulatorServer]:
    with SimulatorServer() as server:
        yield server


def settings(platform: SimulatorServer, tmp_path: Path) -> Settings:
    return Settings(**{**platform.settings, "state_dir": tmp_path / "state"})


def run(platform: SimulatorServer, tmp_path: Path, store: Store, **how: Any) -> list[Change]:
    with Client(settings(platform, tmp_path)) as yibao:
        return sync(yibao, store, **how)


def stored(store: Store, source: Any = SOURCE) -> list[tuple[Any, ...]]:
    table = store.table(source)
    with store.engine.connect() as connection:
        return sorted((tuple(row) for row in connection.execute(table.select())), key=repr)


def sqlite(path: Path) -> Store:
    return Store(f"sqlite:///{path}")


def serve(monkeypatch: pytest.MonkeyPatch, versions: dict[str, list[Any]]) -> None:
    """The directory's interface gives these files, one a version; a row is a list of cells."""

    def answer(call: Call) -> Output:
        asked = str(call.node("data").get("ver"))
        newer = sorted(version for version in versions if version > asked)
        if not newer:
            return {None: {"file_qury_no": "", "filename": "", "data_cnt": 0}}
        lines = versions[newer[0]]
        content = textfile.write(f"{newer[0]}.txt", lines)
        name = f"{newer[0]}.txt.zip"
        told = files.store(call, name, content, files.DIRECTORY_OWNER)
        return {None: {**told, "data_cnt": len(lines)}}

    monkeypatch.setitem(HANDLERS, NUMBER, answer)


def line(code: str, version: str, **cells: str | None) -> list[str | None]:
    given = {"code": code, "record_no": f"R{code}", "version": version, "validity": "1", **cells}
    return [given.get(column.role or column.label, "x") for column in COLUMNS]


def test_killed_twenty_times_the_result_is_that_of_an_undisturbed_run(
    platform: SimulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(HANDLERS, NUMBER, large(ROWS, VERSIONS))
    calm = sqlite(tmp_path / "calm.db")
    change = run(platform, tmp_path, calm, numbers=[NUMBER])[0]
    assert (change.files, change.rows, change.error) == (VERSIONS, ROWS, "")
    assert change.after == version_name(VERSIONS)

    database, chance = tmp_path / "killed.db", random.Random(7)
    env = environment(tmp_path, **{
        f"YIBAO_{name.upper()}": str(value)
        for name, value in platform.settings.items() if name != "secrets"
    })  # fmt: skip
    words = [PROGRAM, "sync", "catalogues", NUMBER, "--to", f"sqlite:///{database}", "--json"]
    loaded: list[int] = []
    for _ in range(KILLS):
        running = subprocess.Popen(
            words, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        assert running.stderr is not None
        assert running.stderr.readline().startswith(f"{NUMBER} v")  # a version is stored
        # within the next file; a run that was slow while undisturbed must not let later ones finish
        time.sleep(chance.uniform(0, 0.9) * min(change.seconds / VERSIONS, 0.05))
        os.kill(running.pid, signal.SIGKILL)
        assert running.wait(30) == -signal.SIGKILL
        running.stderr.close()
        with sqlite3.connect(database) as reader:
            loaded.append(reader.execute(f"SELECT count(*) FROM catalogue_{NUMBER}").fetchone()[0])
    assert loaded == sorted(loaded)
    assert 0 < loaded[0] < loaded[-1] < len(stored(calm))  # every one of them struck a load
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=300, check=True)
    assert json.loads(done.stdout)[0]["after"] == version_name(VERSIONS)
    killed = sqlite(database)
    assert stored(killed) == stored(calm)
    with killed.engine.connect() as connection:
        assert killed.version(SOURCE, connection) == version_name(VERSIONS)
    assert expected() == {(row[PLACE["code"]], row[PLACE["version"]]) for row in stored(calm)}


def expected() -> set[tuple[Any, Any]]:
    """Code and version of every row that must be there: the latest statement of each."""
    latest: dict[Any, Any] = {}
    for version in range(1, VERSIONS + 1):
        for row in rows(version, ROWS // VERSIONS):
            latest[row[PLACE["code"]]] = row[PLACE["version"]]
    return set(latest.items())


def test_what_changed_is_counted(
    platform: SimulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = sqlite(tmp_path / "c.db")
    first = {"v0001": [line("A", "v0001"), line("B", "v0001"), line("C", "v0001")]}
    serve(monkeypatch, first)
    change = run(platform, tmp_path, store, numbers=[NUMBER])[0]
    assert (change.before, change.after) == ("", "v0001")
    assert (change.new, change.changed, change.withdrawn) == (3, 0, 0)
    serve(monkeypatch, {
        **first,
        "v0002": [line("A", "v0002", 诊断名称="新名"), line("B", "v0002", validity="0")],
        "v0003": [line("D", "v0003"), line("A", "v0003")],
    })  # fmt: skip
    change = run(platform, tmp_path, store, numbers=[NUMBER])[0]
    assert (change.before, change.after, change.files) == ("v0001", "v0003", 2)
    assert (change.new, change.changed, change.withdrawn) == (1, 3, 1)
    again = run(platform, tmp_path, store, numbers=[NUMBER], full=True)[0]
    assert (again.rows, again.new, again.changed, again.error) == (7, 0, 0, "")
    found = Catalogues(store, INTERFACES)
    assert [row["version"] for row in found.find(NUMBER, "A")] == ["v0003"]
    assert found.find(NUMBER, "B") == []  # withdrawn, though its row stays
    assert len(stored(store)) == 4


def test_an_older_row_in_a_later_file_replaces_nothing(
    platform: SimulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = sqlite(tmp_path / "c.db")
    serve(monkeypatch, {
        "v0005": [line("A", "v0005"), line("A", "v0003", validity="0"), line("B", "v0004")]
    })  # fmt: skip
    change = run(platform, tmp_path, store, numbers=[NUMBER])[0]
    assert (change.after, change.new) == ("v0005", 2)
    kept = {row[PLACE["code"]]: row[PLACE["version"]] for row in stored(store)}
    assert kept == {"A": "v0005", "B": "v0004"}


def test_lines_that_do_not_fit_are_set_aside_and_the_rest_is_stored(
    platform: SimulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = sqlite(tmp_path / "c.db")
    short, nameless = line("X", "v0001")[:-1], line("", "v0001")
    stamped = line("B", "v0001", 数据创建时间="Thu Jan 01 08:30:00 CST 2026")
    serve(monkeypatch, {"v0001": [line("A", "v0001"), short, nameless, stamped]})
    change = run(platform, tmp_path, store, numbers=[NUMBER])[0]
    assert (change.rows, change.quarantined, change.error) == (2, 2, "")
    with store.engine.connect() as connection:
        aside = connection.execute(store.quarantine.select()).all()
    assert [(row.line, row.reason) for row in aside] == [
        (2, "23 cells instead of 24"), (3, "no code"),
    ]  # fmt: skip
    assert aside[0].text == "\t".join(cell or "null" for cell in short)
    found = Catalogues(store, INTERFACES).find(NUMBER, "B")
    assert [row["数据创建时间"] for row in found] == ["2026-01-01 08:30:00"]


def test_a_file_in_another_layout_stores_nothing_and_the_others_go_on(
    platform: SimulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = sqlite(tmp_path / "c.db")
    serve(monkeypatch, {"v0001": [line("A", "v0001")[:-1], line("B", "v0001")[:-1]]})
    other = next(s.number for s in sources(INTERFACES) if not s.paged and s.number != NUMBER)
    broken, fine = run(platform, tmp_path, store, numbers=[NUMBER, other])
    assert "no line fits the layout" in broken.error
    assert (broken.after, stored(store)) == ("", [])
    assert fine.error == ""
    assert fine.new > 0


def test_a_file_that_brings_no_newer_version_is_asked_for_once(
    platform: SimulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = sqlite(tmp_path / "c.db")
    serve(monkeypatch, {"v0009": [line("A", "v0002")]})
    changes = [run(platform, tmp_path, store, numbers=[NUMBER])[0] for _ in range(2)]
    assert [(c.files, c.after, c.error) for c in changes] == [(2, "v0002", ""), (1, "v0002", "")]


def test_every_open_directory_and_what_a_sale_needs(
    platform: SimulatorServer, tmp_path: Path
) -> None:
    store = sqlite(tmp_path / "c.db")
    changes = run(platform, tmp_path, store)
    assert {c.error for c in changes} == {""}
    wanted = {i.number for i in INTERFACES.values()
              if i.open and i.specified and i.category[1] == "3-目录下载"}  # fmt: skip
    assert {c.number for c in changes} == wanted
    again = run(platform, tmp_path, store)
    assert {(c.new, c.changed, c.withdrawn) for c in again} == {(0, 0, 0)}
    found = Catalogues(store, INTERFACES)
    item = found.for_sale("SIM-X-0002", date(2026, 6, 1))
    assert item is not None
    assert (item.name, item.price_limit, item.selfpay_share) == (
        "模拟西药二（乙类）", Decimal(50), Decimal("0.1"),
    )  # fmt: skip
    assert found.for_sale("SIM-X-0002", date(2025, 12, 31)) is None
    elsewhere = found.for_sale("SIM-X-0002", date(2026, 6, 1), "110000")
    assert elsewhere is not None
    assert (elsewhere.limits, elsewhere.price_limit, elsewhere.selfpay_share) == ((), None, None)
    assert found.for_sale("NONE", date(2026, 6, 1)) is None


def test_closed_directories_come_only_when_asked_for(
    platform: SimulatorServer, tmp_path: Path
) -> None:
    store = sqlite(tmp_path / "c.db")
    closed = next(s.number for s in sources(INTERFACES, closed=True) if not s.interface.open)
    assert "allow_closed" in run(platform, tmp_path, store, numbers=[closed])[0].error
    assert run(platform, tmp_path, store, numbers=[closed], closed=True)[0].new > 0


def test_the_command_exports_parquet(platform: SimulatorServer, tmp_path: Path) -> None:
    env = environment(tmp_path, **{
        f"YIBAO_{name.upper()}": str(value)
        for name, value in platform.settings.items() if name != "secrets"
    })  # fmt: skip
    limits = next(s for s in sources(INTERFACES) if "hilist_pric_uplmt_amt" in s.names())
    words = [PROGRAM, "sync", "catalogues", limits.number, "--parquet", str(tmp_path / "out")]
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split("\t")[0] == limits.number
    frame = polars.read_parquet(tmp_path / "out" / f"{limits.table}.parquet")
    row = frame.filter(polars.col("hilist_code") == "SIM-X-0002").to_dicts()[0]
    assert row["hilist_pric_uplmt_amt"] == Decimal(50)
    assert row["begndate"].date() == date(2026, 1, 1)
    assert (tmp_path / "state" / "catalogues.sqlite3").exists()
    words[3] = "9102"
    wrong = subprocess.run(words, env=env, capture_output=True, text=True, timeout=120)
    assert wrong.returncode == 1
    assert "9102" in wrong.stderr
    for url in ("nonsense", "sqlite:////proc/none/c.db", "nodialect://x"):
        unusable = [*words[:3], limits.number, "--to", url]
        wrong = subprocess.run(unusable, env=env, capture_output=True, text=True, timeout=120)
        assert wrong.returncode == 1
        assert "the database cannot be used" in wrong.stderr
        assert "Traceback" not in wrong.stderr


def test_the_same_on_postgresql(
    platform: SimulatorServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(HANDLERS, NUMBER, large(2000, 4))
    here = sqlite(tmp_path / "c.db")
    run(platform, tmp_path, here, numbers=[NUMBER])
    with running_server() as server:
        url = server.new_database().replace("postgresql:", "postgresql+psycopg:")
        there = Store(url)
        change = run(platform, tmp_path, there, numbers=[NUMBER])[0]
        assert (change.files, change.error) == (4, "")
        assert stored(there) == stored(here)
        again = run(platform, tmp_path, there, numbers=[NUMBER], full=True)[0]
        assert (again.rows, again.new, again.changed) == (2000, 0, 0)
        there.close()
