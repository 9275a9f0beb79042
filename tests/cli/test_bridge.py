"""``hubei-yibao bridge`` is the bridge's own program."""

from __future__ import annotations

from pathlib import Path

from cli.program import run


def test_it_passes_everything_on_and_gives_back_the_exit_code(tmp_path: Path) -> None:
    token = tmp_path / "token"
    made = run("bridge", "token", "--file", str(token), env={})
    assert made.code == 0, made.err
    assert token.stat().st_mode & 0o077 == 0
    missing = run("bridge", "doctor", "--config", str(tmp_path / "absent.toml"), env={})
    assert missing.code == 1
    assert "absent.toml" in missing.out
