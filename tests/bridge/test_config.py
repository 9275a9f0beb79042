"""What is wrong in a configuration is said before anything starts; doctor and token."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bridge.conftest import Start
from bridge.service import TOKEN, command, environment, message, write_config
from bridge.test_outcomes import factory, recorder

MAIN = '[instances.main]\nkind = "com"\n'


def run(*words: object, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words), capture_output=True, text=True, env=environment(env), timeout=60
    )


@pytest.mark.parametrize(
    ("instances", "bridge", "said"),
    [
        (MAIN, {"host": "0.0.0.0"}, "bridge.host: '0.0.0.0' is refused"),
        (MAIN, {"host": "::"}, "bridge.host"),
        (MAIN, {"host": "localhost"}, "bridge.host"),
        (MAIN, {"port": 70000}, "bridge.port"),
        (MAIN, {"port": "80"}, "bridge.port: not a int"),
        (MAIN, {"largest_request": 0}, "bridge.largest_request: must be greater"),
        (MAIN, {"address": "x"}, "bridge.address: unknown"),
        ("", {}, "there is no [instances.<name>]"),
        ("[other]\n", {}, "unknown: other"),
        ("[instances.main]\n", {}, "instances.main.kind: one of"),
        ('[instances."a/b"]\nkind = "com"', {}, "instances.a/b"),
        (MAIN + "deadline = 0\n", {}, "instances.main.deadline"),
        (MAIN + "deadline = true\n", {}, "instances.main.deadline: not a float"),
        (MAIN + "path = 'x'\n", {}, "instances.main.path: unknown"),
        (MAIN + 'out = "both"\n', {}, "instances.main.out: one of bstr, variant"),
        ('[instances.main]\nkind = "dll"', {}, "instances.main.path: missing"),
        (
            '[instances.main]\nkind = "rehearsal"\nurl = "http://127.0.0.1:1"\nhang = [1]',
            {},
            "hang",
        ),
        ("[instances.main\n", {}, "TOMLDecodeError"),
        (
            '[instances.main]\nkind = "python"\nfactory = "a:b"\nsettings = {d = 2026-01-01}',
            {},
            "date",
        ),
    ],
)
def test_a_wrong_configuration_is_refused(
    tmp_path: Path, instances: str, bridge: dict[str, object], said: str
) -> None:
    file = write_config(tmp_path, instances, **bridge)
    result = run("serve", "--config", file)
    assert result.returncode == 1
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_a_token_that_is_short_missing_or_open_is_refused(tmp_path: Path) -> None:
    file = write_config(tmp_path, MAIN)
    token = tmp_path / "token"
    token.chmod(0o644)
    assert "open to group or others" in run("serve", "--config", file).stderr
    token.chmod(0o600)
    token.write_text("short")
    assert "fewer than 32" in run("serve", "--config", file).stderr
    token.unlink()
    assert "FileNotFoundError" in run("serve", "--config", file).stderr


def test_a_token_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "token"
    assert run("token", "--file", file).returncode == 0
    first = file.read_text()
    assert len(first) >= 43
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = run("token", "--file", file)
    assert again.returncode == 1
    assert file.read_text() == first
    assert first not in again.stderr


def test_a_rehearsal_talks_to_this_host_only(start: Start) -> None:
    service = start('[instances.main]\nkind = "rehearsal"\nurl = "http://192.0.2.1:80"\n')
    assert service.call("1101").json["message"].startswith("a rehearsal's url must be")


def test_a_taken_port_is_said(start: Start, tmp_path: Path) -> None:
    service = start(recorder(tmp_path))
    other = tmp_path / "other"
    other.mkdir()
    file = write_config(other, recorder(other), port=service.port)
    result = run("serve", "--config", file)
    assert result.returncode == 1
    assert f"port {service.port}" in result.stderr


def test_it_serves_without_a_terminal_as_under_pythonw(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    file = write_config(tmp_path, recorder(tmp_path), port=port, log_file="bridge.log")
    code = (
        "import sys; from hubei_yibao_bridge.__main__ import main; "
        f"sys.stdin = sys.stdout = sys.stderr = None; sys.exit(main(['serve', '--config', {str(file)!r}]))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], env=environment())
    try:
        log = tmp_path / "bridge.log"
        while not (log.exists() and "component loaded" in log.read_text()):
            assert process.poll() is None
            time.sleep(0.02)
        result = run("doctor", "--config", file)
        assert "桥正在运行" in result.stdout
    finally:
        process.terminate()
        assert process.wait(30) == 0


def test_doctor_finds_everything_well(tmp_path: Path) -> None:
    file = write_config(tmp_path, recorder(tmp_path))
    sample = tmp_path / "sample.json"
    sample.write_bytes(message("Q1", psn_name="张三"))
    result = run("doctor", "--config", file, "--call", sample)
    assert result.returncode == 0, result.stdout
    for said in ("位，", "令牌文件可读", "空闲", "组件已加载", "试调 Q1 有应答，infcode 0"):
        assert said in result.stdout
    assert "张三" not in result.stdout
    assert TOKEN not in result.stdout


@pytest.mark.parametrize(
    ("number", "said"),
    [("UNCLEAR", "结果未知：the component said"), ("CANNOT", "没有送出：a reason"),
     ("CRASH", "结果未知：the component's process ended")],
)  # fmt: skip
def test_doctor_tells_what_became_of_the_dry_call(tmp_path: Path, number: str, said: str) -> None:
    file = write_config(tmp_path, recorder(tmp_path))
    sample = tmp_path / "sample.json"
    sample.write_bytes(message(number))
    result = run("doctor", "--config", file, "--call", sample)
    assert result.returncode == 1
    assert said in result.stdout


def test_doctor_names_every_fault(tmp_path: Path) -> None:
    instances = factory("missing") + "\n" + recorder(tmp_path, "second", python="/nowhere/python")
    file = write_config(tmp_path, instances)
    (tmp_path / "token").chmod(0o644)
    result = run("doctor", "--config", file)
    assert result.returncode == 1
    for said in ("open to group", "class not registered", "python /nowhere/python 不能运行"):
        assert said in result.stdout
    assert "[错误] 配置" in run("doctor", "--config", tmp_path / "none.toml").stdout


def test_doctor_asks_a_running_bridge_instead_of_loading_a_second_component(
    start: Start, tmp_path: Path
) -> None:
    service = start(recorder(tmp_path))
    service.until(state="ready")
    before = (tmp_path / "loads").read_text()
    file = tmp_path / "bridge.toml"
    file.write_text(file.read_text().replace("port = 0", f"port = {service.port}"))
    sample = tmp_path / "sample.json"
    sample.write_text(json.dumps({"infno": "Q1"}))
    result = run("doctor", "--config", file, "--call", sample)
    assert result.returncode == 0, result.stdout
    assert "桥正在运行" in result.stdout
    assert "请先停止服务" in result.stdout
    assert (tmp_path / "loads").read_text() == before
    os.truncate(tmp_path / "token", 0)
    (tmp_path / "token").write_text("x" * 40)
    assert "令牌不同" in run("doctor", "--config", file).stdout
