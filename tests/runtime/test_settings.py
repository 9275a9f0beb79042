"""Settings from code, environment and TOML, and how secrets are kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from hubei_yibao_runtime.errors import SettingsError
from hubei_yibao_runtime.settings import Settings

TWO = """
[platform]
mdtrtarea_admvs = "420100"
profile = "tif-sha256"
url = "http://platform.example"
[platform.retry]
attempts = 5
[institutions.first]
fixmedins_code = "H42000000001"
[institutions.second]
fixmedins_code = "H42000000002"
mdtrtarea_admvs = "421000"
[institutions.second.retry]
first_wait = 1.5
"""


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("YIBAO_CONFIG", "YIBAO_INSTITUTION", "YIBAO_URL"):
        monkeypatch.delenv(name, raising=False)


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return path


def test_institution_lies_above_platform(tmp_path: Path) -> None:
    file = write(tmp_path / "yibao.toml", TWO)
    first, second = Settings.from_toml(file, "first"), Settings.from_toml(file, "second")
    assert (first.fixmedins_code, first.mdtrtarea_admvs) == ("H42000000001", "420100")
    assert (second.fixmedins_code, second.mdtrtarea_admvs) == ("H42000000002", "421000")
    assert (second.retry.attempts, second.retry.first_wait) == (5, 1.5)
    assert second.wire.routing.url("1101") == "http://platform.example/1101"


def test_the_institution_must_be_named_where_there_are_several(tmp_path: Path) -> None:
    file = write(tmp_path / "yibao.toml", TWO)
    for name in (None, "third"):
        with pytest.raises(SettingsError, match="name one of: first, second"):
            Settings.from_toml(file, name)
    one = write(tmp_path / "one.toml", '[institutions.only]\nfixmedins_code = "X"\n')
    assert Settings.from_toml(one).fixmedins_code == "X"
    flat = write(tmp_path / "flat.toml", 'fixmedins_code = "Y"\n')
    assert Settings.from_toml(flat).fixmedins_code == "Y"


def test_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YIBAO_FIXMEDINS_CODE", "H42000000009")
    monkeypatch.setenv("YIBAO_SECRETS__TOKEN", "very-secret")
    monkeypatch.setenv("YIBAO_RETRY__ATTEMPTS", "1")
    monkeypatch.setenv("YIBAO_PROFILE", "tif-sha256")
    settings = Settings.from_env()
    assert settings.fixmedins_code == "H42000000009"
    assert settings.secret("token", "t") == "very-secret"
    assert settings.retry.attempts == 1
    assert settings.wire.name == "tif-sha256"
    assert "very-secret" not in repr(settings) + str(settings)


def test_environment_lies_above_the_file_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "yibao.toml", TWO)
    monkeypatch.setenv("YIBAO_CONFIG", str(file))
    monkeypatch.setenv("YIBAO_INSTITUTION", "second")
    monkeypatch.setenv("YIBAO_MDTRTAREA_ADMVS", "429000")
    settings = Settings.from_env()
    assert (settings.fixmedins_code, settings.mdtrtarea_admvs) == ("H42000000002", "429000")
    assert Settings.from_toml(file, "second").mdtrtarea_admvs == "421000"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_with_secrets_must_be_private(tmp_path: Path, mode: int) -> None:
    content = '[secrets]\ntoken = "very-secret"\n'
    file = write(tmp_path / "yibao.toml", content, mode)
    with pytest.raises(SettingsError, match="open to group or others") as caught:
        Settings.from_toml(file)
    assert "very-secret" not in str(caught.value)
    file.chmod(0o600)
    assert Settings.from_toml(file).secret("token", "t") == "very-secret"
    assert Settings.from_toml(write(tmp_path / "open.toml", 'infver = "V1"', mode)).infver == "V1"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x = ", "yibao.toml"),
        ("fixmedins_kode = 'x'", "fixmedins_kode"),
        ("[platform]\n[other]\n", "other"),
        ("[retry]\nattempts = 0", "retry.attempts"),
        ("keepalive_expiry = 'soon'", "keepalive_expiry"),
    ],
)
def test_faults_in_a_file_are_named(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Settings.from_toml(write(tmp_path / "yibao.toml", content))


def test_no_value_shows_in_a_fault() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings(secrets={"token": ["very-secret"]})
    assert "very-secret" not in str(caught.value)


def test_files_are_looked_for_beside_the_settings(tmp_path: Path) -> None:
    write(tmp_path / "mine.toml", 'name = "mine"\nsource = "s"\n')
    file = write(tmp_path / "yibao.toml", 'profile = "mine.toml"\n')
    assert Settings.from_toml(file).wire.name == "mine"


def test_an_unreadable_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="FileNotFoundError"):
        Settings.from_toml(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("code", "rule", "expected"),
    [
        ("H42000000001", None, "H42000000001"),
        ("H4200000000199", "first12", "H42000000001"),
        ("H4200000000199", "H42000000077", "H42000000077"),
    ],
)
def test_the_code_of_a_msgid(code: str, rule: str | None, expected: str) -> None:
    assert Settings(fixmedins_code=code, msgid_code=rule).message_code() == expected


@pytest.mark.parametrize(
    ("code", "rule"),
    [("H4200000000199", None), ("H42", "first12"), ("H42000000001", "short")],
)
def test_no_code_is_cut_silently(code: str, rule: str | None) -> None:
    with pytest.raises(SettingsError, match="msgid_code"):
        Settings(fixmedins_code=code, msgid_code=rule).message_code()


def test_a_missing_institution_code_is_named() -> None:
    with pytest.raises(SettingsError, match=r"fixmedins_code .* is not set"):
        Settings(msgid_code="H42000000001").message_code()


def test_state_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert Settings().state_directory == tmp_path / "hubei-yibao"
    assert Settings(state_dir=tmp_path / "x").state_directory == tmp_path / "x"
