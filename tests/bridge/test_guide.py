"""The guide 在湖北接入, followed to the letter with the rehearsal component."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from bridge.service import TOKEN, Service, environment
from hubei_yibao_bridge.config import load
from hubei_yibao_simulator import SimulatorServer

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "hubei.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(kind: str) -> list[str]:
    return [body for found, body in BLOCK.findall(GUIDE.read_text("utf-8")) if found == kind]


def test_the_first_section_works_as_it_stands(tmp_path: Path) -> None:
    rehearsal, client, *_ = blocks("toml")
    (script,) = blocks("python")
    with SimulatorServer() as simulator:
        assert rehearsal.count(":8042") == 1
        instance = rehearsal.partition("[instances.main]")[2].replace(":8042", f":{simulator.port}")
        service = Service(tmp_path, f"[instances.main]{instance}")
        try:
            assert client.count(":18042") == 1
            (tmp_path / "yibao.toml").write_text(
                client.replace(":18042", f":{service.port}"), "utf-8"
            )
            env = environment({"YIBAO_CONFIG": "yibao.toml", "YIBAO_SECRETS__TOKEN": TOKEN})
            env["YIBAO_STATE_DIR"] = str(tmp_path / "state")
            done = subprocess.run(
                [sys.executable, "-c", script], cwd=tmp_path, env=env, capture_output=True,
                text=True, timeout=60,
            )  # fmt: skip
        finally:
            service.stop()
    assert done.stderr == ""
    assert done.stdout == "测试甲 310\n"


def test_every_configuration_of_the_bridge_in_it_is_one(tmp_path: Path) -> None:
    found = [body for body in blocks("toml") if "[bridge]" in body]
    assert len(found) == 3
    kinds = []
    for body in found:
        file = tmp_path / "bridge.toml"
        file.write_text(body, "utf-8")
        kinds.append(load(file).instances["main"].kind)
    assert kinds == ["rehearsal", "com", "dll"]


def test_its_commands_exist(tmp_path: Path) -> None:
    named = set(re.findall(r"hubei_yibao_bridge (\w+)", "\n".join(blocks("sh") + blocks("bat"))))
    assert named == {"token", "doctor", "serve"}
    for name in named:
        done = subprocess.run(
            [sys.executable, "-m", "hubei_yibao_bridge", name, "--help"],
            env=environment(), capture_output=True, cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, os.fsdecode(done.stderr)
