"""``hubei-yibao call`` against a simulator process: every outcome, masked, asked for, interrupted."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cli.conftest import Simulator
from cli.program import Done, Terminal, in_terminal, run
from hubei_yibao_simulator import examples
from hubei_yibao_simulator.config import PROFILES, SECRETS
from simulator.hospital import moment

Env = dict[str, str]
PERSON = examples.people()[0]
PERSONAL = (PERSON["certno"], PERSON["psn_name"], PERSON["psn_no"])


def text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def purchase() -> str:
    given = examples.purchase(PERSON, [("SIM-X-0001", "1", "30")], moment())
    return json.dumps(given, ensure_ascii=False, default=float)


ASKED = text(examples.query_person(PERSON))


def buy(hospital: Env, *words: str) -> Done:
    return run("call", "2102", "-f", "-", "--yes", *words, env=hospital, given=purchase())


def msgid_in(words: str) -> str:
    found = re.search(r"H42999900001\d{18}", words)
    assert found is not None, words
    return found[0]


def test_an_answer_is_shown_with_labels_and_without_personal_data(hospital: Env) -> None:
    done = run("call", "1101", "-f", "-", env=hospital, given=ASKED)
    assert done.code == 0
    assert ["baseinfo.gend", "性别", "1", "男"] in done.rows
    assert ["baseinfo.certno", "证件号码", "***", ""] in done.rows
    assert ["insuinfo[0].insutype", "险种类型", "310", "职工基本医疗保险"] in done.rows
    assert not [value for value in PERSONAL if value in done.out + done.err]
    assert "msgid H42999900001" in done.err


def test_personal_data_is_shown_when_asked_for(hospital: Env) -> None:
    done = run("call", "1101", "-f", "-", "--show-personal", env=hospital, given=ASKED)
    assert ["baseinfo.certno", "证件号码", PERSON["certno"], ""] in done.rows


def test_json_holds_the_whole_answer_masked(hospital: Env) -> None:
    shown = run("call", "person.query_info", "-f", "-", "--json", env=hospital, given=ASKED).json
    assert (shown["outcome"], shown["infno"], shown["infcode"]) == ("ok", "1101", "0")
    assert shown["output"]["baseinfo"]["psn_name"] == "***"
    assert shown["output"]["insuinfo"][0]["balc"] == 1500
    assert shown["msgid"].startswith("H42999900001")


def test_money_keeps_its_digits(hospital: Env) -> None:
    done = run("call", "1101", "-f", "-", "--json", env=hospital, given=ASKED)
    assert '"balc": 1500.00' in done.out


def test_fields_may_be_set_on_the_command_line(hospital: Env) -> None:
    words = [
        f"--set=data.{name}={value}"
        for name, value in examples.query_person(PERSON)["data"].items()
    ]
    assert run("call", "1101", *words, env=hospital).code == 0


def test_set_gives_values_the_type_of_their_field(hospital: Env) -> None:
    words = ["-s", "feedetail.0.cnt=12.50", "-s", "input.feedetail.0.feedetl_sn=007",
             "-s", "feedetail.1:={\"cnt\": 3}"]  # fmt: skip
    sample = run("sample", "2204", env=hospital).out
    done = run("call", "2204", "-f", "-", *words, "-n", "--json", env=hospital, given=sample)
    assert done.code == 1  # the second row lacks what is required
    assert {fault["row"] for fault in done.json["faults"]} == {1}
    done = run("call", "2204", "-f", "-", *words[:4], "-n", env=hospital, given=sample)
    assert '"cnt": 12.50' in done.out
    assert '"feedetl_sn": "007"' in done.out
    for wrong in ("data", "=x", "feedetail.5.cnt=1", "feedetail.0.cnt.x=1", "feedetail:={"):
        assert (
            run("call", "2204", "-f", "-", "-s", wrong, "-n", env=hospital, given=sample).code == 1
        )


def test_a_rejection_has_its_own_exit_code_and_no_personal_data(hospital: Env) -> None:
    stranger = ["-s", "data.mdtrt_cert_type=02", "-s", "data.mdtrt_cert_no=000000190001019999"]
    done = run("call", "1101", *stranger, env=hospital)
    assert done.code == 3
    assert "未找到" in done.err
    assert "000000190001019999" not in done.err
    shown = run("call", "1101", *stranger, "--json", env=hospital)
    assert (shown.code, shown.json["outcome"], shown.json["infcode"]) == (3, "rejected", "-1")


def test_what_the_platform_quotes_of_a_person_is_taken_out(hospital: Env) -> None:
    class Quoting(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            said = {
                "infcode": "-1",
                "err_msg": f"{PERSON['psn_name']} 已停保\x1b[2J",
                "output": None,
            }
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text(said).encode())

        def log_message(self, *_: Any) -> None:
            """Silent."""

    with HTTPServer(("127.0.0.1", 0), Quoting) as platform:
        Thread(target=platform.serve_forever, daemon=True).start()
        quoting = hospital | {"YIBAO_URL": f"http://127.0.0.1:{platform.server_port}"}
        hidden = run("call", "1101", "-f", "-", env=quoting, given=ASKED)
        shown = run("call", "1101", "-f", "-", "--show-personal", env=quoting, given=ASKED)
        platform.shutdown()
    assert (hidden.code, "*** 已停保" in hidden.err) == (3, True)
    assert PERSON["psn_name"] in shown.err
    assert "\x1b" not in shown.err


def test_what_must_be_corrected_exits_with_1(hospital: Env, env: Env, simulator: Simulator) -> None:
    before = len(simulator.messages())
    invalid = run("call", "1101", env=hospital)
    assert (invalid.code, "input.data" in invalid.err) == (1, True)
    closed = run("call", "1301", env=hospital)
    assert (closed.code, "当前是否开放" in closed.err) == (1, True)
    assert "--allow-closed" in closed.err
    without_settings = run("call", "1101", "-f", "-", env=env, given=ASKED)
    assert (without_settings.code, "YIBAO_" in without_settings.err) == (1, True)
    assert run("call", "1101", "-c", "/nonexistent.toml", env=hospital).code == 1
    assert len(simulator.messages()) == before


def test_nobody_there_is_not_sent(hospital: Env) -> None:
    done = run(
        "call", "1101", "-f", "-", env=hospital | {"YIBAO_URL": "http://127.0.0.1:1"}, given=ASKED
    )
    assert done.code == 4
    assert done.err.startswith("未发送")


def test_a_write_without_a_terminal_needs_yes(hospital: Env, simulator: Simulator) -> None:
    before = len(simulator.messages())
    done = run("call", "2102", "-f", "-", env=hospital, given=purchase())
    assert done.code == 4
    assert "--yes" in done.err
    assert len(simulator.messages()) == before


@pytest.mark.parametrize(
    ("answer", "code", "sent"), [("y\r", 0, 1), ("n\r", 4, 0), ("\r", 4, 0), ("\x03", 4, 0)]
)
def test_a_write_asks_at_the_terminal(
    answer: str, code: int, sent: int, hospital: Env, simulator: Simulator, tmp_path: Path
) -> None:
    before = len(simulator.messages())
    file = tmp_path / "purchase.json"
    file.write_text(purchase(), "utf-8")
    terminal = Terminal("call", "2102", "-f", str(file), env=hospital)
    terminal.expect("是否发送？")
    terminal.send(answer)
    done = terminal.finish()
    assert (done.code, len(simulator.messages()) - before) == (code, sent)
    assert "药店结算" in done.out
    assert simulator.url in done.out


def test_an_unknown_outcome_is_resolved_with_the_journal(
    hospital: Env, simulator: Simulator
) -> None:
    simulator.add_fault(kind="drop-after-commit", numbers=["2401"], times=1)
    admission = text(examples.admission(PERSON, moment(), "SIM-CLI-0001"))
    done = run("call", "2401", "-f", "-", "--yes", env=hospital, given=admission)
    assert done.code == 5
    assert done.err.startswith("结果未知")
    msgid = msgid_in(done.err)
    assert f"hubei-yibao journal resolve {msgid}" in done.err
    assert [row[:4] for row in run("journal", "list", "--unknown", env=hospital).rows] == [
        [msgid, "2401", "入院办理", "结果未知"]
    ]
    blind = run("journal", "resolve", msgid, env=hospital)
    assert (blind.code, ["结论", "无从查询"] in blind.rows) == (5, True)
    found = run("journal", "resolve", msgid, "--psn-no", "-", env=hospital, given=PERSON["psn_no"])
    assert found.code == 0
    assert ["结论", "已执行"] in found.rows
    assert PERSON["psn_no"] not in found.out + found.err
    shown = run("journal", "show", msgid, "--json", env=hospital).json
    assert shown["state"] == "resolved_done"
    assert {step["kind"] for step in shown["steps"]} == {"looked", "settled"}
    assert PERSON["psn_no"] not in text(shown)


def test_a_write_can_be_taken_back(hospital: Env, simulator: Simulator) -> None:
    simulator.add_fault(kind="reset-after-commit", numbers=["2102"], times=1)
    msgid = msgid_in(buy(hospital).err)
    words = ["journal", "resolve", msgid, "--psn-no", PERSON["psn_no"], "--json"]
    refused = run(*words, "--reverse", env=hospital)
    assert (refused.code, refused.json["outcome"]) == (4, "not_sent")
    (settled,) = [s for s in simulator.settlements() if s["msgid"] == msgid]
    known = [f"--known={name}={settled[name]}" for name in ("setl_id", "mdtrt_id")]
    assert run(*words, *known, env=hospital).json["finding"] == "done"
    done = run(*words, *known, "--reverse", "--force", "--yes", env=hospital)
    assert done.code == 5  # the platform accepted it, but shows nothing of a reversed settlement
    assert "切勿再次冲正" in done.json["advice"]
    reversal, write = run("journal", "list", "--json", env=hospital).json
    assert (reversal["infno"], reversal["state"], reversal["reverses"]) == ("2601", "ok", msgid)
    assert done.json["reversal"] == reversal["msgid"]
    assert write["msgid"] == msgid


def test_an_interrupted_write_is_unknown_and_its_number_is_shown(
    hospital: Env, simulator: Simulator, tmp_path: Path
) -> None:
    simulator.add_fault(kind="delay", numbers=["2102"], seconds=60, times=1)
    file = tmp_path / "purchase.json"
    file.write_text(purchase(), "utf-8")
    terminal = Terminal("call", "2102", "-f", str(file), "--yes", env=hospital)
    terminal.expect("2102 药店结算")  # the progress shows after a second: the request has left
    terminal.send("\x03")
    done = terminal.finish()
    assert done.code == 5
    assert "Traceback" not in done.out
    msgid = msgid_in(done.out)
    assert f"journal resolve {msgid}" in done.out
    (row,) = run("journal", "list", "--unknown", env=hospital).rows
    assert row[0] == msgid


def test_an_interrupted_reversal_is_unknown_too(hospital: Env, simulator: Simulator) -> None:
    simulator.add_fault(kind="reset-after-commit", numbers=["2102"], times=1)
    msgid = msgid_in(buy(hospital).err)
    simulator.add_fault(kind="delay", numbers=["2601"], seconds=60, times=1)
    words = ["journal", "resolve", msgid, "--psn-no", PERSON["psn_no"], "--reverse", "--yes"]
    terminal = Terminal(*words, env=hospital)
    terminal.expect("查询中")
    terminal.send("\x03")
    done = terminal.finish()
    assert done.code == 5
    reversal, write = run("journal", "list", "--json", env=hospital).json
    assert (reversal["infno"], reversal["state"]) == ("2601", "unknown")
    assert (write["infno"], write["state"]) == ("2102", "unknown")
    assert reversal["msgid"] in done.out


def test_an_interrupted_query_leaves_nothing_behind(
    hospital: Env, simulator: Simulator, tmp_path: Path
) -> None:
    simulator.add_fault(kind="delay", numbers=["1101"], seconds=60, times=1)
    file = tmp_path / "asked.json"
    file.write_text(ASKED, "utf-8")
    terminal = Terminal("call", "1101", "-f", str(file), env=hospital)
    terminal.expect("1101 人员基本信息获取")
    terminal.send("\x03")
    done = terminal.finish()
    assert done.code == 130
    assert "Traceback" not in done.out
    assert run("journal", "list", env=hospital).rows == []


def test_a_dry_run_sends_nothing_takes_no_number_and_shows_no_personal_data(
    hospital: Env, simulator: Simulator, tmp_path: Path
) -> None:
    before = len(simulator.messages())
    done = run("call", "2102", "-f", "-", "--dry-run", env=hospital, given=purchase())
    assert done.code == 0
    assert ["地址", f"POST {simulator.url}"] in done.rows
    assert '"infno": "2102"' in done.out
    assert not [value for value in (*PERSONAL, hospital["YIBAO_OPTER_NAME"]) if value in done.out]
    open_ = run("call", "2102", "-f", "-", "-n", "--show-personal", env=hospital, given=purchase())
    assert PERSON["certno"] in open_.out
    assert len(simulator.messages()) == before
    assert not (tmp_path / "state").exists()


def test_a_dry_run_in_a_terminal(hospital: Env, tmp_path: Path) -> None:
    file = tmp_path / "asked.json"
    file.write_text(ASKED, "utf-8")
    done = in_terminal("call", "1101", "-f", str(file), "-n", env=hospital)
    assert "报文（未发送）" in done.out
    assert PERSON["certno"] not in done.out


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_the_signed_text_is_what_was_signed_and_no_secret_is_shown(
    profile: str, hospital: Env, env: Env
) -> None:
    """Signing the shown text with the secrets gives the signature the client makes."""
    secrets = {name: SECRETS[name] for name in PROFILES[profile]}
    signing = hospital | {f"YIBAO_SECRETS__{k.upper()}": v for k, v in secrets.items()}
    signing |= {"YIBAO_PROFILE": profile}
    done = run("call", "1101", "-f", "-", "-n", "--json", env=signing, given=ASKED)
    assert done.code == 0, done.err
    assert not [secret for secret in secrets.values() if secret in done.out]
    shown = done.json
    headers = {name.lower(): value for name, value in shown["headers"].items()}
    if profile == "plain":
        assert shown["signed"] == {}
        return
    (base,) = shown["signed"].values()
    if profile == "csb-hmac-sha1":
        assert headers["_api_signature"] == "***"
        assert base.startswith("_api_access_key={access_key}&_api_name=1101&_api_timestamp=")
        assert headers["_api_access_key"] == "{access_key}"
    if profile == "tif-sha256":
        assert (
            base
            == f"{headers['x-tif-timestamp']}{{token}}{headers['x-tif-nonce']}{headers['x-tif-timestamp']}"
        )
        assert headers["x-tif-signature"] == "***"
    if profile == "ca-hmac-sm3":
        assert re.fullmatch(r"\d{10}\n\{body\}", base)
        assert headers["x-ca-signature"] == "***"
    if profile == "hubei-v1.2.02-cainfo":
        assert "infno=1101&" in base
        assert "input=" not in base
        assert shown["message"]["cainfo"] == "***"


def test_the_base_of_each_scheme_is_the_text_it_signs() -> None:
    """Computed anew from the base with the standard library, where it can."""
    from datetime import UTC, datetime

    from hubei_yibao_runtime.auth import Signing, build
    from hubei_yibao_runtime.gm import hmac_sm3
    from hubei_yibao_runtime.profile import AuthConfig

    call = Signing("1101", datetime(2026, 1, 1, tzinfo=UTC), {"infno": "1101"}, b"{}")
    body = b'{"infno":"1101"}'

    def signed(scheme: str) -> tuple[dict[str, str], str]:
        one = build(AuthConfig(scheme=scheme), lambda name, _: SECRETS[name])
        headers = dict(one.headers(call, body))
        base = one.base(call, {**headers, "Content-Type": "application/json"})
        assert base is not None
        return headers, base.replace("{body}", body.decode())

    headers, base = signed("csb-hmac-sha1")
    base = base.replace("{access_key}", SECRETS["access_key"])
    mac = hmac.new(SECRETS["secret_key"].encode(), base.encode(), hashlib.sha1)
    assert headers["_api_signature"] == b64encode(mac.digest()).decode()

    headers, base = signed("tif-sha256")
    digest = hashlib.sha256(base.replace("{token}", SECRETS["token"]).encode())
    assert headers["x-tif-signature"] == digest.hexdigest()

    headers, base = signed("ca-hmac-sm3")
    mac3 = hmac_sm3(SECRETS["secret"].encode(), base.encode())
    assert headers["x-ca-signature"].partition(":")[2] == mac3.hex().upper()
