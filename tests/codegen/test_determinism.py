"""The same spec gives the same bytes, whatever the machine does differently."""

from __future__ import annotations

from pathlib import Path

import pytest
from generator_support import FAKE, GOLDEN, codegen, copy_spec, files_of
from hubei_yibao_codegen.emit.units import Source
from hubei_yibao_codegen.pipeline import render, render_source
from hubei_yibao_codegen.spec.load import Spec, load


@pytest.mark.parametrize(
    ("seed", "environment"),
    [
        (1, {"PYTHONHASHSEED": "1", "LC_ALL": "C", "PYTHONUTF8": "0"}),
        (2, {"PYTHONHASHSEED": "4242", "TZ": "Asia/Shanghai", "LC_ALL": "C.UTF-8"}),
    ],
)
def test_hash_seed_file_order_locale_and_place_do_not_show(
    seed: int, environment: dict[str, str], tmp_path: Path
) -> None:
    place = tmp_path / f"somewhere else {seed}"
    spec = copy_spec(place / "spec", seed=seed)
    (place / "ruff.toml").write_text("line-length = 60\nindent-width = 2\n", encoding="utf-8")
    words = ["generate", "--spec", str(spec), "--out", "made", "--no-cache"]
    outcome = codegen(*words, cwd=place, **environment)
    assert outcome.returncode == 0, outcome.stderr
    assert files_of(place / "made") == files_of(GOLDEN)


def test_line_ends_of_a_windows_checkout_do_not_show(tmp_path: Path) -> None:
    spec = copy_spec(tmp_path / "spec")
    for path in spec.rglob("*.yaml"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    made = {path: text.encode() for path, text in render(load(spec)).items()}
    assert made == files_of(GOLDEN)


def test_the_order_of_the_loaded_spec_does_not_show() -> None:
    loaded = load(FAKE)
    spec = loaded.spec
    turned = Spec(
        spec.platform,
        dict(reversed(spec.interfaces.items())),
        dict(reversed(spec.dictionaries.items())),
    )
    hashes = {(str(k), n): doc.hash for (k, n), doc in reversed(loaded.by_key.items())}
    assert render_source(Source(turned, hashes, "")) == render(loaded)


def test_no_place_time_or_user_is_written() -> None:
    for path, data in files_of(GOLDEN).items():
        for trace in (b"/work", b"/home", b"/tmp", b"/root", b"\r", b"202"):
            assert trace not in data.replace(b"2020-12/schema", b""), path
