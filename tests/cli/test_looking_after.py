"""``journal``, ``doctor`` and ``simulate``."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from cli.conftest import Simulator, start, stop
from cli.program import in_terminal, run
from cli.test_calling import ASKED, buy, msgid_in
from hubei_yibao_simulator.config import PROFILES, SECRETS

Env = dict[str, str]


def age(journal: Path, days: int) -> None:
    """As if everything in the journal had happened ``days`` earlier."""
    with sqlite3.connect(journal) as database:
        shift = days * 86_400_000
        database.execute(
            "UPDATE yibao_call SET opened = opened - ?, closed = closed - ?", (shift, shift)
        )


def test_list_and_show_a_settled_write(hospital: Env) -> None:
    assert buy(hospital).code == 0
    (row,) = run("journal", "list", env=hospital).rows
    assert row[1:4] == ["2102", "药店结算", "成功"]
    shown = dict(line[:2] for line in run("journal", "show", row[0], env=hospital).rows)
    assert (shown["接口"], shown["状态"]) == ("2102 药店结算", "成功")
    assert shown["psn_no"].startswith("****")
    assert run("journal", "list", "--unknown", env=hospital).rows == []
    assert "药店结算" in in_terminal("journal", "list", env=hospital, columns=160).out
    assert run("journal", "show", "nonsense", env=hospital).code == 1


def test_the_newest_come_first_and_no_more_than_asked_for(hospital: Env) -> None:
    for _ in range(3):
        assert buy(hospital).code == 0
    numbers = [record["msgid"] for record in run("journal", "list", "--json", env=hospital).json]
    assert numbers == sorted(numbers, reverse=True)
    assert [row[0] for row in run("journal", "list", "-n", "2", env=hospital).rows] == numbers[:2]
    assert run("journal", "list", "-n", "many", env=hospital).code == 2


def test_another_institution_sees_only_its_own(hospital: Env) -> None:
    assert buy(hospital).code == 0
    other = hospital | {"YIBAO_FIXMEDINS_CODE": "H42999900002"}
    assert run("journal", "list", env=other).rows == []


def test_settled_by_hand(hospital: Env, simulator: Simulator) -> None:
    simulator.add_fault(kind="drop-before-commit", numbers=["2102"], times=1)
    msgid = msgid_in(buy(hospital).err)
    words = ["journal", "resolve", msgid, "--manual", "电话确认未执行"]
    assert run(*words, env=hospital).code == 4
    assert run("journal", "show", msgid, "--json", env=hospital).json["state"] == "unknown"
    assert run(*words, "--yes", env=hospital).code == 0
    shown = run("journal", "show", msgid, "--json", env=hospital).json
    assert (shown["state"], shown["note"]) == ("manual", "电话确认未执行")


def test_prune_deletes_old_closed_records_only(
    hospital: Env, simulator: Simulator, tmp_path: Path
) -> None:
    assert buy(hospital).code == 0
    simulator.add_fault(kind="drop-before-commit", numbers=["2102"], times=1)
    unknown = msgid_in(buy(hospital).err)
    age(tmp_path / "state" / "journal.sqlite3", days=40)
    assert run("journal", "prune", "--days", "30", env=hospital).code == 4
    assert len(run("journal", "list", env=hospital).rows) == 2
    assert run("journal", "prune", "--days", "30", "--yes", "--json", env=hospital).json == {
        "deleted": 1
    }
    assert [row[0] for row in run("journal", "list", env=hospital).rows] == [unknown]


def test_doctor_finds_nothing_wrong(hospital: Env, tmp_path: Path) -> None:
    done = run("doctor", env=hospital | {"YIBAO_INSTITUTION_TYPE": "medical"})
    results = {row[0]: row[1] for row in done.rows}
    assert done.code == 0
    assert {results[name] for name in ("机构", "样例报文", "连通", "时钟", "日志")} == {"正常"}
    assert not (tmp_path / "state").exists()
    assert run("doctor", "--json", env=hospital).json["exit_code"] == 0


def test_doctor_without_settings_says_what_to_set(env: Env) -> None:
    done = run("doctor", env=env)
    assert done.code == 1
    assert "YIBAO_FIXMEDINS_CODE" in done.out
    assert "YIBAO_URL" in done.out or "recer_sys_code" in done.out
    broken = run("doctor", "--config", "/nonexistent.toml", env=env)
    assert broken.code == 1


def test_doctor_without_a_platform(hospital: Env) -> None:
    done = run("doctor", env=hospital | {"YIBAO_URL": "http://127.0.0.1:1"})
    assert done.code == 4
    assert ["连通", "不可达"] in [row[:2] for row in done.rows]


def test_doctor_points_at_unknown_writes(hospital: Env, simulator: Simulator) -> None:
    simulator.add_fault(kind="drop-before-commit", numbers=["2102"], times=1)
    msgid = msgid_in(buy(hospital).err)
    done = run("doctor", env=hospital)
    assert done.code == 5
    assert f"hubei-yibao journal resolve {msgid}" in done.out


def test_doctor_sees_a_damaged_journal(hospital: Env, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "journal.sqlite3").write_bytes(b"no database" * 1000)
    done = run("doctor", env=hospital)
    assert done.code == 1
    assert ["日志", "有误"] in [row[:2] for row in done.rows]
    assert run("journal", "list", env=hospital).code == 4


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_doctor_tries_the_signature_and_misses_secrets(profile: str, hospital: Env) -> None:
    secrets = {f"YIBAO_SECRETS__{name.upper()}": SECRETS[name] for name in PROFILES[profile]}
    signing = hospital | {"YIBAO_PROFILE": profile}
    done = run("doctor", env=signing | secrets)
    assert done.code == 0
    assert not [text for text in secrets.values() if text in done.out]
    if secrets:
        assert ["签名自检", "正常"] in [row[:2] for row in done.rows]
        missing = run("doctor", env=signing)
        assert missing.code == 1
        assert "YIBAO_SECRETS__" in missing.out


def test_settings_come_from_a_file(
    hospital: Env, simulator: Simulator, env: Env, tmp_path: Path
) -> None:
    names = (
        "FIXMEDINS_NAME",
        "MDTRTAREA_ADMVS",
        "RECER_SYS_CODE",
        "INFVER",
        "OPTER",
        "OPTER_NAME",
        "URL",
    )
    lines = [f'{name.lower()} = "{simulator.settings[f"YIBAO_{name}"]}"' for name in names]
    file = tmp_path / "yibao.toml"
    file.write_text(
        "[platform]\n" + "\n".join(lines)
        + '\n[institutions.a]\nfixmedins_code = "H42999900001"\n'
        + '[institutions.b]\nfixmedins_code = "P42999900002"\n', "utf-8",
    )  # fmt: skip
    words = ["call", "1101", "-f", "-", "-n", "--json", "-c", str(file)]
    assert run(*words, env=env, given=ASKED).code == 1
    shown = run(*words, "-i", "b", env=env, given=ASKED).json
    assert shown["message"]["fixmedins_code"] == "P42999900002"


def test_simulate_serves_until_interrupted(tmp_path: Path) -> None:
    simulator = start(tmp_path, "--profile", "tif-sha256")
    try:
        assert simulator.settings["YIBAO_PROFILE"] == "tif-sha256"
        assert simulator.settings["YIBAO_SECRETS__TOKEN"] == SECRETS["token"]
        assert simulator.messages() == []
    finally:
        code = stop(simulator)
    assert code == 0
    assert "--profile" in run("simulate", "--help", env={"PATH": "/usr/bin:/bin"}).out
