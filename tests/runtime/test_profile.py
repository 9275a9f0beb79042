"""Profiles: presets, files, mappings, routing, and what is refused."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
import yaml
from hubei_yibao_runtime.errors import SettingsError
from hubei_yibao_runtime.profile import Profile, Routing, load_profile, preset_names
from hubei_yibao_runtime.profile.load import PRESETS
from hubei_yibao_runtime.profile.model import HUBEI_KEYS, OMIT_EMPTY, REQUIRED_KEYS

ROOT = Path(__file__).parents[2]
BASE = "http://platform.example/fsi"


def test_every_preset_loads_is_unverified_and_names_its_source() -> None:
    assert preset_names() == [
        "bearer", "bearer-sm2-sm4", "ca-hmac-sm3", "csb-hmac-sha1", "envelope-sm2-sm4",
        "hubei-component", "hubei-v1.2.02-cainfo", "plain", "tif-sha256",
    ]  # fmt: skip
    for name in preset_names():
        profile = load_profile(name)
        assert profile.name == name
        assert profile.verified is False
        assert len(profile.source) > 40
        assert profile.routing.base is None


def test_default_limits() -> None:
    times = load_profile("plain").timeouts
    assert (times.connect, times.query, times.write, times.transfer) == (10, 30, 120, 600)


def test_envelope_follows_the_spec() -> None:
    spec = yaml.safe_load((ROOT / "spec" / "platform.yaml").read_text("utf-8"))
    fields = spec["envelope"]["request"]
    assert tuple(field["name"] for field in fields) == HUBEI_KEYS
    always = {"infno", "msgid", "inf_time", "input"}
    needed = {field["name"] for field in fields if field["required"] is True}
    assert needed == set(REQUIRED_KEYS) | always
    assert not set(OMIT_EMPTY) & needed


def test_reversible_list_follows_the_spec() -> None:
    spec = yaml.safe_load((ROOT / "spec" / "platform.yaml").read_text("utf-8"))
    profile = load_profile("hubei-v1.2.02-cainfo")
    assert list(profile.reversible or ()) == spec["constants"]["reversible"]["value"]


def test_path_file_has_each_number_once_with_its_source_and_no_suspect() -> None:
    with (PRESETS / "paths-fsi.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    numbers = [row["infno"] for row in rows]
    assert len(numbers) == len(set(numbers)) == 79
    assert "3302" not in numbers
    assert all(row["source"] and row["path"].startswith("/") for row in rows)
    assert load_profile("ca-hmac-sm3").routing.paths["2207A"].endswith("saveSettletmentA")


@pytest.mark.parametrize(
    ("routing", "number", "url"),
    [
        ({"base": BASE}, "2207", BASE),
        ({"base": BASE + "/", "template": "/{infno}"}, "2207A", BASE + "/2207A"),
        ({"base": BASE, "template": "/callService/{infno}"}, "1101", BASE + "/callService/1101"),
        ({"base": BASE, "template": "/1.0.0/hsa-fsi-{infno}"}, "1", BASE + "/1.0.0/hsa-fsi-1"),
        ({"base": BASE, "paths": {"2207": "/settle"}}, "2207", BASE + "/settle"),
        ({"base": BASE, "paths": {"2207": "/settle"}}, "2208", BASE),
        ({"base": BASE, "prefixes": {"42": "http://other/{infno}"}}, "4201", "http://other/4201"),
        ({"base": BASE, "prefixes": {"4": "/a", "42": "/b"}}, "4201", BASE + "/b"),
        ({"base": BASE, "prefixes": {"42": "/b"}, "paths": {"4201": "/c"}}, "4201", BASE + "/c"),
        ({"template": "https://h/{infno}"}, "a/b c", "https://h/a%2Fb%20c"),
    ],
)
def test_routing(routing: dict[str, Any], number: str, url: str) -> None:
    assert Routing(**routing).url(number) == url


@pytest.mark.parametrize(
    ("routing", "message"),
    [
        ({}, "the profile has no URL"),
        ({"base": BASE, "only_paths": True}, "no path for this interface"),
        ({"base": "http://"}, "pattern"),
        ({"template": "http:///x"}, "not a usable URL"),
        ({"base": "http://user:pass@h/x"}, "not a usable URL"),
        ({"base": "ftp://x"}, "pattern"),
        ({"bsae": BASE}, "bsae"),
    ],
)
def test_routing_that_leads_nowhere(routing: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load_profile({"name": "t", "source": "t", "routing": routing}).routing.url("1101")


def test_files_extend_presets_and_each_other(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'extends = "csb-hmac-sha1"\nname = "mine"\n[timeouts]\nwrite = 60\n'
        '[routing]\nbase = "http://a"\n'
    )
    (tmp_path / "theirs.yaml").write_text(
        "extends: mine.toml\nname: theirs\nrouting: {base: http://b}\n"
    )
    (tmp_path / "plain.json").write_text('{"extends": "plain", "name": "j"}')
    theirs = load_profile(tmp_path / "theirs.yaml")
    assert theirs.auth[0].scheme == "csb-hmac-sha1"
    assert theirs.routing.url("1101") == "http://b/1101"
    assert (theirs.timeouts.write, theirs.timeouts.query) == (60, 30)
    assert theirs.verified is False
    assert load_profile(str(tmp_path / "plain.json")).name == "j"


def test_a_path_file_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "my.csv").write_text("infno,path\n2207,/one\n2208,/two\n", "utf-8-sig")
    (tmp_path / "p.toml").write_text(
        'name = "p"\nsource = "s"\n[routing]\nbase = "http://a"\npath_file = "my.csv"\n'
        '[routing.paths]\n2208 = "/mine"\n'
    )
    routing = load_profile(tmp_path / "p.toml").routing
    assert (routing.url("2207"), routing.url("2208")) == ("http://a/one", "http://a/mine")


def test_from_code() -> None:
    profile = Profile(name="c", source="code", auth={"scheme": "bearer"})  # type: ignore[arg-type]
    assert load_profile(profile) is profile
    assert profile.auth[0].scheme == "bearer"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name = ", "x.toml"),
        ('name = "n"', "source"),
        ('name = "n"\nsource = "s"\n[timeouts]\nquery = -1', "timeouts.query"),
        ('name = "n"\nsource = "s"\n[envelope]\nkeys = ["infno"]', "envelope.keys"),
        ('name = "n"\nsource = "s"\n[signed_out]\nmessage = "("', "signed_out.message"),
        ('name = "n"\nsource = "s"\n[routing]\npath_file = "none.csv"', "none.csv"),
        ('extends = "nothing"\nname = "n"', "nothing"),
    ],
)
def test_a_bad_file_says_what_is_wrong(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "x.toml").write_text(content)
    with pytest.raises(SettingsError, match=message):
        load_profile(tmp_path / "x.toml")


@pytest.mark.parametrize("content", ["infno,path\n1,/a\n1,/b\n", "number,url\n1,/a\n"])
def test_a_bad_path_file(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.csv").write_text(content)
    (tmp_path / "x.toml").write_text('name = "n"\nsource = "s"\n[routing]\npath_file = "x.csv"')
    with pytest.raises(SettingsError, match=r"x\.csv"):
        load_profile(tmp_path / "x.toml")


def test_a_missing_profile_lists_the_presets() -> None:
    with pytest.raises(SettingsError) as caught:
        load_profile("no-such-profile")
    assert "tif-sha256" in str(caught.value)
