"""The settings file: where its paths lead, who may read it, and what is wrong with it in words."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hubei_yibao_runtime.errors import SettingsError
from hubei_yibao_runtime.journal import open_journal
from hubei_yibao_runtime.local import address
from hubei_yibao_runtime.settings import Settings

SECRET = "TOP/GEHEIM"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("YIBAO_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A settings file in a folder of its own; tests write it."""
    (tmp_path / "etc").mkdir()
    return tmp_path / "etc" / "yibao.toml"


def write(file: Path, text: str, mode: int = 0o600) -> Path:
    file.write_text(text, "utf-8")
    file.chmod(mode)
    return file


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ('journal = "j.sqlite3"', "etc/j.sqlite3"),
        ('journal = "../j.sqlite3"', "etc/../j.sqlite3"),
        ('state_dir = "state"', "etc/state/journal.sqlite3"),
    ],
)
def test_a_file_has_one_journal_from_wherever_it_is_read(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, place: str
) -> None:
    write(file, line)
    (tmp_path / "elsewhere").mkdir()
    for folder, path in ((tmp_path, "etc/yibao.toml"), (tmp_path / "elsewhere", str(file))):
        monkeypatch.chdir(folder)
        monkeypatch.setenv("YIBAO_CONFIG", path)
        for settings in (Settings.from_toml(path), Settings.from_env()):
            assert address(settings) == str(tmp_path / place)


@pytest.mark.parametrize(
    ("journal", "address_"),
    [
        ("sqlite:///j.sqlite3", "sqlite:///{}/j.sqlite3"),
        ("sqlite:////var/j.sqlite3", "sqlite:////var/j.sqlite3"),
        ("/var/j.sqlite3", "/var/j.sqlite3"),
        ("postgresql://db/yibao", "postgresql://db/yibao"),
        ("off", "off"),
    ],
)
def test_addresses_of_a_journal(file: Path, journal: str, address_: str) -> None:
    settings = Settings.from_toml(write(file, f'journal = "{journal}"'))
    assert settings.journal == address_.format(file.parent)


def test_relative_places_from_code_and_environment_are_fixed_when_the_settings_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("YIBAO_STATE_DIR", "state")
    settings, other = Settings(journal="j.sqlite3"), Settings(journal="off")
    monkeypatch.chdir("/")
    assert settings.journal == str(tmp_path / "j.sqlite3")
    assert address(other) == str(tmp_path / "state" / "journal.sqlite3")


def test_a_relative_xdg_state_home_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "here")
    monkeypatch.setenv("HOME", "/home/u")
    assert Settings().state_directory == Path("/home/u/.local/state/hubei-yibao")


@pytest.mark.parametrize("name", ["journal", "state_dir"])
def test_an_empty_place_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(f"YIBAO_{name.upper()}", "")
    with pytest.raises(SettingsError, match=f"{name}: .*empty"):
        Settings()


TWO = '[institutions.a]\nfixmedins_code = "H42000000001"\n[institutions.b]\n'


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f'{TWO}secrets = {{ token = "{SECRET}" }}', "institutions.b.secrets"),
        (f'{TWO}journal = "postgresql://u:{SECRET}@db/j"', "institutions.b.journal"),
        (f'{TWO}journal = "postgresql://db/j?user=u&password={SECRET}"', "institutions.b.journal"),
        (f'{TWO}[platform]\nproxy = "http://u:{SECRET}@p:3128"', "platform.proxy"),
        (f'{TWO}profile = {{ headers = {{ apikey = "{SECRET}" }} }}', "b.profile.headers"),
        (f'secrets = "{SECRET}"', "secrets"),
    ],
)
def test_the_whole_file_is_looked_through_for_secrets(file: Path, text: str, place: str) -> None:
    write(file, text, 0o644)
    with pytest.raises(SettingsError, match=f"{place}.*open to group or others") as caught:
        Settings.from_toml(file, "a" if TWO in text else None)
    assert "GEHEIM" not in str(caught.value)


def test_a_file_without_secrets_may_be_open(file: Path) -> None:
    text = f'{TWO}journal = "postgresql://u@db:5432/j"\nproxy = "http://p:3128"\nsecrets = {{}}'
    assert Settings.from_toml(write(file, text, 0o644), "a").fixmedins_code == "H42000000001"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("institutions = 3", "institutions"),
        ("[institutions]\na = 5", "institutions.a"),
        ("[[institutions]]\na = 5", "institutions"),
        ("platform = 5\n[institutions.a]\nopter = '1'", "platform"),
        ("journal = 5", "journal"),
        ("state_dir = 5", "state_dir"),
        ("x = " + "[" * 5000, "yibao.toml"),
    ],
)
def test_what_is_no_table_is_named(file: Path, text: str, place: str) -> None:
    with pytest.raises(SettingsError, match=place):
        Settings.from_toml(write(file, text))


@pytest.mark.parametrize(
    "proxy",
    [
        "", "socks5://h", "https://h", "h:3128", "http:h", "http://", "http://:3128", "http://h:0",
        "http://h:99999", "http://h:port", "http://[::1", "http://h/path", "http://h?x=1",
        "http://h #", "http://医保:1", f"http://user:{SECRET}@h:3128", "http://:GEHEIM@h:1",
        "http://u:GEHEIM@x@h:1", "http://u:GEHEIM%E5@h:1", 5,
    ],
)  # fmt: skip
def test_an_odd_proxy_is_named_without_its_password(proxy: Any) -> None:
    with pytest.raises(SettingsError, match="proxy") as caught:
        Settings(proxy=proxy)
    assert "GEHEIM" not in str(caught.value)
    assert "TOP" not in str(caught.value)


@pytest.mark.parametrize(
    "proxy", ["http://h", "http://h:3128/", "http://u:p%2Fw%40@h.example:1", "http://[::1]:3128"]
)
def test_a_proxy(proxy: str) -> None:
    assert Settings(proxy=proxy).proxy == proxy


@pytest.mark.skipif(os.name != "posix", reason="file modes of POSIX")
def test_a_journal_made_beforehand_for_a_group_stays_open_to_it(tmp_path: Path) -> None:
    """As docs/guides/configuration.md lays it out for several users of one institution."""
    file = tmp_path / "journal.sqlite3"
    file.touch()
    file.chmod(0o660)
    journal = open_journal(address(Settings(state_dir=tmp_path)))
    assert journal.unknown() == []
    with closing(sqlite3.connect(file)) as other:
        other.execute("SELECT count(*) FROM sqlite_master").fetchall()
        for each in tmp_path.iterdir():
            assert stat.S_IMODE(each.stat().st_mode) == 0o660, each
    assert len(list(tmp_path.iterdir())) == 3
    journal.shutdown()
