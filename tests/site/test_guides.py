"""The guides: what they tell to run runs, numbers and settings they name exist."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hubei_yibao import INTERFACES, Settings
from hubei_yibao_runtime.profile import Profile, load_profile, preset_names
from hubei_yibao_simulator import SimulatorConfig, SimulatorServer
from hubei_yibao_simulator.config import PROFILES
from hubei_yibao_simulator.rules import FAULTS, ODDITIES
from site_support import DOCS, ROOT, blocks

GUIDES = sorted((DOCS / "guides").glob("*.md"))
TEXTS = {guide.name: guide.read_text("utf-8") for guide in GUIDES}
RUN = [
    pytest.param(where, body, id=f"{name}-{count}")
    for name, text in TEXTS.items()
    for count, (where, body) in enumerate(blocks(text, "python"))
    if where
]


@pytest.mark.parametrize(("where", "body"), RUN)
def test_a_block_marked_to_run_runs(where: str, body: str, tmp_path: Path) -> None:
    assert where in ("offline", "simulator")
    paths = os.pathsep.join(str(ROOT / name) for name in ("generated", "runtime"))
    env = {"PATH": "", "PYTHONPATH": paths, "PYTHONUTF8": "1", "YIBAO_STATE_DIR": str(tmp_path)}
    with SimulatorServer(SimulatorConfig()) as simulator:
        if where == "simulator":
            given = {"insuplc_admdvs": "420199", **simulator.settings}
            env |= {f"YIBAO_{k.upper()}": str(v) for k, v in given.items() if k != "secrets"}
        run = subprocess.run(
            [sys.executable, "-c", body],
            env=env, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert run.stderr == ""
    assert run.stdout
    assert "False" not in run.stdout


@pytest.mark.parametrize("name", TEXTS)
def test_every_other_python_block_compiles(name: str) -> None:
    for _, body in blocks(TEXTS[name], "python"):
        compile(body, name, "exec")


@pytest.mark.parametrize("name", TEXTS)
def test_numbers_stand_beside_the_names_of_their_interfaces(name: str) -> None:
    for number, words in re.findall(r'\["(\d{4}[A-Za-z]?) ([^"，]+)"\]', TEXTS[name]):
        if not words.startswith(("对", "上传", "下载")):
            assert INTERFACES[number].name == words


def test_the_pictures_name_interfaces() -> None:
    named = re.findall(r'\["(\d{4}) ', TEXTS["flows.md"])
    assert len(named) > 20
    assert set(named) <= INTERFACES.keys()


def test_every_setting_is_explained() -> None:
    text = TEXTS["configuration.md"]
    assert [name for name in Settings.model_fields if f"`{name}`" not in text] == []


@pytest.mark.parametrize("name", ["profiles.md", "profiles.en.md"])
def test_every_preset_and_part_of_a_profile_is_explained(name: str) -> None:
    text = TEXTS[name]
    assert [preset for preset in preset_names() if f"| `{preset}` |" not in text] == []
    own = {"name", "source", "verified", "content_type", "accept_encoding", "headers"}
    assert [part for part in Profile.model_fields.keys() - own if f"`{part}`" not in text] == []


def test_no_preset_is_verified_as_the_guide_says() -> None:
    assert not any(load_profile(name).verified for name in preset_names())


def test_faults_and_oddities_are_those_of_the_simulator() -> None:
    text = TEXTS["simulator.md"]
    for word in (*FAULTS, *ODDITIES, *PROFILES):
        assert f"`{word}`" in text


def test_the_own_profile_of_the_guide_is_one(tmp_path: Path) -> None:
    body = next(body for _, body in blocks(TEXTS["profiles.md"], "toml"))
    file = tmp_path / "our.toml"
    file.write_text(body.replace("<医保局给的地址>", "bureau.invalid"), "utf-8")
    profile = load_profile(file)
    assert profile.routing.url("2207") == "https://bureau.invalid/2207"
    assert profile.upload.encoding == "multipart"


@pytest.mark.parametrize("name", TEXTS)
def test_relative_links_lead_somewhere_in_the_repository(name: str) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", TEXTS[name]):
        assert (DOCS / "guides" / target).exists(), target


@pytest.mark.parametrize("name", [name for name in TEXTS if name.endswith(".en.md")])
def test_english_and_chinese_guides_name_each_other(name: str) -> None:
    chinese = name.replace(".en.md", ".md")
    assert f"({chinese})" in TEXTS[name]
    assert f"({name})" in TEXTS[chinese]
