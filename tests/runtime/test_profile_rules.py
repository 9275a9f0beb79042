"""Profiles: faults that show when a profile is loaded or a client is made, not at the first call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hubei_yibao_runtime.client import SyncClient
from hubei_yibao_runtime.errors import SettingsError
from hubei_yibao_runtime.profile import Profile, load_profile
from hubei_yibao_runtime.settings import Settings
from wire_fixture import REGISTRY, settings

HEAD = 'name = "n"\nsource = "s"\n'


def profile(**parts: Any) -> Profile:
    return load_profile({"name": "n", "source": "s", **parts})


@pytest.mark.parametrize("target", ["{infno}", ".example/{infno}", "@h/{infno}", "/a b", "/医保"])
@pytest.mark.parametrize("kind", ["template", "paths", "prefixes"])
def test_a_target_is_a_path_or_a_url(kind: str, target: str) -> None:
    value = target if kind == "template" else {"2207": target}
    with pytest.raises(SettingsError, match=rf"routing\.{kind}.*'/\.\.\.'"):
        profile(routing={"base": "http://10.0.0.1", kind: value})


@pytest.mark.parametrize("end", ["?key=SECRET", "#part"])
@pytest.mark.parametrize(
    "rest", [{"template": "/{infno}"}, {"paths": {"2207": "/x"}}, {"prefixes": {"4": "/x"}}]
)
def test_nothing_is_appended_to_a_query(rest: dict[str, Any], end: str) -> None:
    base = f"http://h/fsi{end}"
    with pytest.raises(SettingsError, match="query or fragment") as caught:
        profile(routing={"base": base, **rest})
    assert "SECRET" not in str(caught.value)
    with pytest.raises(SettingsError, match=r"url: .*query or fragment") as caught:
        _ = Settings(url=base, profile={"name": "n", "source": "s", "routing": rest}).wire
    assert "SECRET" not in str(caught.value)
    assert profile(routing={"base": base}).routing.url("2207") == base


@pytest.mark.parametrize(
    "url", ["http://", "http:///x", "http://h:0", "http://u:SECRET@h", "ftp://h", "http://医保", ""]
)
def test_an_unusable_url_shows_when_the_client_is_made(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match="url") as caught:
        SyncClient(settings(tmp_path, url=url), registry=REGISTRY)
    assert "SECRET" not in str(caught.value)


def test_a_key_nobody_can_set_shows_when_the_client_is_made(tmp_path: Path) -> None:
    for envelope in ({"required": ["nonsense"]}, {"required": ["input"]}):
        wire = {"name": "n", "source": "s", "envelope": envelope}
        with pytest.raises(SettingsError, match=r"required.*(nonsense|input)"):
            SyncClient(settings(tmp_path, profile=wire), registry=REGISTRY)


@pytest.mark.parametrize(
    ("shape", "own"),
    [
        ({"defaults": {"app_id": "x"}}, {}),
        ({}, {"app_id": "x"}),
        ({"keys": ["app_id", "infno", "msgid", "inf_time", "input"]}, {}),
    ],
)
def test_a_required_key_somebody_can_set(shape: dict[str, Any], own: dict[str, str]) -> None:
    envelope = {**shape, "required": ["app_id", "opter", "sign_no"]}
    wire = Settings(profile={"name": "n", "source": "s", "envelope": envelope}, envelope=own).wire
    assert "app_id" in wire.envelope.required


@pytest.mark.parametrize("message", ["", ".*", "未签到|"])
def test_a_message_every_refusal_has_is_no_sign_of_being_signed_out(message: str) -> None:
    with pytest.raises(SettingsError, match=r"signed_out\.message.*every refusal"):
        profile(signed_out={"message": message})


@pytest.mark.parametrize("number", ["9x9", "22O7", "2207 ", "2207AA", "", "２２０７"])
def test_a_reversible_number_has_the_form_of_one(number: str) -> None:
    with pytest.raises(SettingsError, match="reversible"):
        profile(reversible=["2207", number])


def test_numbers_and_paths_of_a_path_file_keep_no_spaces(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("infno , path\n2207 ,/a\n 2208, /b \n")
    (tmp_path / "x.toml").write_text(f'{HEAD}[routing]\npath_file = "x.csv"')
    assert load_profile(tmp_path / "x.toml").routing.paths == {"2207": "/a", "2208": "/b"}


@pytest.mark.parametrize(
    "content",
    [
        b"infno,path\n2207,/\xff\n", b"infno,path\n2207\n", b"infno,path\n2207, \n",
        b"infno,path\n2207,/a\n2207 ,/b\n", b'infno,path\n2207,"/' + b"x" * 200_000 + b'"\n',
    ],
)  # fmt: skip
def test_a_path_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.csv").write_bytes(content)
    (tmp_path / "x.toml").write_text(f'{HEAD}[routing]\npath_file = "x.csv"')
    with pytest.raises(SettingsError, match=r"path_file.*x\.csv"):
        load_profile(tmp_path / "x.toml")


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ('extends = "x.toml"', r"x\.toml.*extends itself"),
        ('extends = "y.toml"', "extends itself"),
        ("extends = 5", "extends"),
        ('extends = { name = "plain" }', "extends"),
        ('extends = "\\u0000"', "no profile"),
        ('[routing]\npath_file = "x.csv"\npaths = 5', r"routing\.paths"),
        ("routing = 5", "routing"),
        ("[routing]\npath_file = 5", r"routing\.path_file"),
    ],
)
def test_what_is_of_the_wrong_kind_is_named(tmp_path: Path, content: str, place: str) -> None:
    (tmp_path / "x.csv").write_text("infno,path\n2207,/a\n")
    (tmp_path / "y.toml").write_text('extends = "x.toml"\n')
    (tmp_path / "x.toml").write_text(f"{HEAD}{content}\n")
    with pytest.raises(SettingsError, match=place):
        load_profile(tmp_path / "x.toml")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.yaml", "headers:\n  apikey: 'TOP SECRET\n  more: ]\n"),
        ("x.json", '{"headers": {"apikey": "TOP SECRET}'),
        ("x.toml", "[headers]\napikey = 'TOP SECRET\n"),
    ],
)
def test_a_file_that_cannot_be_parsed_is_not_quoted(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SettingsError, match=name) as caught:
        load_profile(tmp_path / name)
    assert "SECRET" not in str(caught.value)


UPLOADS = {
    "csb-hmac-sha1": ("multipart", "file"),
    "tif-sha256": ("int8-array", "file"),
    "bearer": ("multipart", "in"),
    "bearer-sm2-sm4": ("multipart", "in"),
}
REVERSIBLE = {
    "csb-hmac-sha1": {"2102", "2207", "2304", "2401"},
    "tif-sha256": {"2102", "2103", "2207", "2208", "2304", "2305", "2401"},
}


@pytest.mark.parametrize("name", UPLOADS)
def test_presets_upload_as_their_province_was_seen_to(name: str) -> None:
    upload = load_profile(name).upload
    assert (upload.encoding, upload.envelope_part, upload.file_part) == (
        UPLOADS[name][0], "jsonStr", UPLOADS[name][1],
    )  # fmt: skip


@pytest.mark.parametrize("name", REVERSIBLE)
def test_presets_take_back_what_their_province_does(name: str) -> None:
    assert set(load_profile(name).reversible or ()) == REVERSIBLE[name]


@pytest.mark.parametrize(
    "name", ["plain", "ca-hmac-sm3", "hubei-v1.2.02-cainfo", "hubei-component"]
)
def test_presets_say_where_the_upload_encoding_is_not_known(name: str) -> None:
    found = load_profile(name)
    assert found.upload.encoding == "base64"
    assert "9101" in found.source
    assert "not known" in found.source
