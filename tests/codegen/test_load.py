"""Files → models: conversions, places, broken files beside good ones, the cache."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from hubei_yibao_codegen.findings import Location, to_text
from hubei_yibao_codegen.spec.load import Key, Kind, load, load_bytes, load_file
from hubei_yibao_codegen.spec.model import Interface
from hypothesis import given, settings
from hypothesis import strategies as st
from spec_files import DICTIONARY, INTERFACE, PATH, TABLE, other, with_fields, write


def test_scalars_become_what_the_model_expects(tmp_path: Path) -> None:
    text = with_fields(
        "{name: a, label: 0301, type: string, length: 30, required: true}",
        "{name: no, label: no, type: decimal, precision: [16, 2], required: unknown}",
        "{name: c, label: 2024-01-01, type: date, required: false, aliases: [1.10, on]}",
    )
    loaded = load(write(tmp_path, {PATH: text}))
    assert loaded.findings == []
    interface = loaded.spec.interfaces["2207"]
    assert isinstance(interface.input, tuple)
    a, b, c = interface.input[0].fields
    assert (a.label, a.length, a.required) == ("0301", 30, True)
    assert (b.name, b.label, b.precision, b.required) == ("no", "no", (16, 2), "unknown")
    assert (c.label, c.required, c.aliases) == ("2024-01-01", False, ("1.10", "on"))


def test_platform_constants_keep_what_is_written(tmp_path: Path) -> None:
    text = """\
title: 假省平台
edition: 1.10
envelope: {request: [], response: []}
constants:
  plain: {value: 0, provenance: {source: hubei-client}}
  quoted: {value: "0", provenance: {source: hubei-client}}
  zeros: {value: 0301, provenance: {source: hubei-client}}
  empty: {value: "", provenance: {source: hubei-client}}
  table: {value: {a: 1, b: "1"}, provenance: {source: hubei-client}}
  several: {value: [no, 1.0], provenance: {source: hubei-client}}
"""
    loaded = load(write(tmp_path, {"platform.yaml": text}))
    assert loaded.findings == []
    assert loaded.spec.platform is not None
    assert loaded.spec.platform.edition == "1.10"
    assert {name: rule.value for name, rule in loaded.spec.platform.constants.items()} == {
        "plain": 0,
        "quoted": "0",
        "zeros": "0301",
        "empty": "",
        "table": {"a": 1, "b": "1"},
        "several": ("no", "1.0"),
    }


def test_locate(tmp_path: Path) -> None:
    root = write(tmp_path, {PATH: INTERFACE})
    loaded = load(root)
    file = (root / PATH).as_posix()
    key: Key = ("interface", "2207")
    assert loaded.locate(key) == Location(file, 1, 1)
    assert loaded.locate(key, ("category", 1)) == Location(file, 4, 20)
    assert loaded.locate(key, ("input", 0, "fields", 0, "length")) == Location(file, 16, 59)
    assert loaded.locate(key, ("input", 0, "fields", 7, "x")) == Location(file, 16, 7)
    assert loaded.files[key] == root / PATH
    assert str(loaded.locate(key)) == f"{file}:1:1"


def test_a_broken_file_does_not_stop_the_others(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        PATH: INTERFACE,
        "interfaces/2-services/2208.yaml": "a: [\n",
        "interfaces/2-services/2209.yaml": b"\xff",
        TABLE: DICTIONARY,
        "dictionaries/x.yaml": "key: x\n",
        "platform.yaml": "- 1\n",
    }
    loaded = load(write(tmp_path, files))
    assert list(loaded.spec.interfaces) == ["2207"]
    assert list(loaded.spec.dictionaries) == ["med_type"]
    assert loaded.spec.platform is None
    assert {Path(item.file).name for item in loaded.findings} == {
        "2208.yaml",
        "2209.yaml",
        "x.yaml",
        "platform.yaml",
    }
    lacking = [item.message for item in loaded.findings if item.file.endswith("x.yaml")]
    assert lacking == [
        "a dictionary lacks `codes`",
        "a dictionary lacks `label`",
        "a dictionary lacks `provenance`",
    ]


def test_interfaces_come_in_order_of_numbers(tmp_path: Path) -> None:
    numbers = ["YH03", "1312a", "2207", "1312", "4101a", "2101A", "2101", "1313"]
    files: dict[str, str | bytes] = {
        f"interfaces/2-services/{number}.yaml": other(number, f"g.m{number.lower()}")
        for number in numbers
    }
    loaded = load(write(tmp_path, files))
    assert list(loaded.spec.interfaces) == [
        "1312", "1312a", "1313", "2101", "2101A", "2207", "4101a", "YH03",
    ]  # fmt: skip


def test_file_system_order_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files: dict[str, str | bytes] = {
        f"interfaces/{n % 3}-x/{2000 + n}.yaml": other(str(2000 + n // 2), f"g.m{n}", f"x: {n}\n")
        for n in range(12)
    }
    root = write(tmp_path, files)
    expected = load(root)
    walk = os.walk

    def shuffled(top: Path):  # type: ignore[no-untyped-def]
        for parent, names, found in walk(top):
            random.Random(7).shuffle(names)
            random.Random(5).shuffle(found)
            yield parent, names, found

    monkeypatch.setattr(os, "walk", shuffled)
    again = load(root)
    assert again.findings == expected.findings
    assert again.spec == expected.spec
    assert again.hashes == expected.hashes


def test_number_declared_twice_names_both_files(tmp_path: Path) -> None:
    root = write(tmp_path, {PATH: INTERFACE, "interfaces/2-services/2208.yaml": INTERFACE})
    found = load(root).findings
    assert [(item.id, item.line, item.column) for item in found] == [("R301", 1, 9)]
    assert found[0].file.endswith("2208.yaml")
    first = (root / PATH).as_posix()
    assert found[0].message == f"number `2207` is declared twice, first in {first}:1:9"


def test_missing_folders_and_wrong_suffix(tmp_path: Path) -> None:
    found = load(tmp_path / "nowhere").findings
    assert [item.message for item in found] == [
        "no such folder",
        "no such folder",
        "file not found",
    ]
    root = write(
        tmp_path / "spec", {"interfaces/2-x/2207.yml": INTERFACE, "dictionaries/.a.yaml": ""}
    )
    found = load(root).findings
    assert [(item.id, item.message, item.hint) for item in found] == [
        ("Y112", "not read: ends in .yml", "rename it to .yaml")
    ]


def test_hash_is_the_same_with_windows_line_ends(tmp_path: Path) -> None:
    one = load(write(tmp_path / "a", {PATH: INTERFACE}))
    two = load(write(tmp_path / "b", {PATH: INTERFACE.replace("\n", "\r\n")}))
    assert one.hashes == two.hashes
    assert one.spec == two.spec
    assert set(one.hashes) == {PATH, "platform.yaml"}


def test_cache_changes_nothing_but_the_work(tmp_path: Path) -> None:
    root = write(tmp_path / "spec", {PATH: INTERFACE, TABLE: DICTIONARY})
    cache = tmp_path / "cache" / "spec.json"
    cold, warm = load(root, cache), load(root, cache)
    assert warm.spec == cold.spec
    assert warm.locate(("interface", "2207"), ("effect",)).line == 10
    (root / PATH).write_text(INTERFACE.replace("门诊结算", "改名"), encoding="utf-8")
    assert load(root, cache).spec.interfaces["2207"].name == "改名"
    (root / PATH).write_text("number: 1\n", encoding="utf-8")
    assert load(root, cache).findings == load(root).findings != []


def test_damaged_cache_is_ignored(tmp_path: Path) -> None:
    root = write(tmp_path / "spec", {PATH: INTERFACE})
    cache = tmp_path / "spec.json"
    expected = load(root, cache).spec
    good = cache.read_bytes()
    changed = good.replace("门诊结算".encode(), "门诊改算".encode())
    assert changed != good
    for damaged in (b"", b"{", b"\xff", b"0\n{}", good[:-1], changed):
        cache.write_bytes(damaged)
        assert load(root, cache).spec == expected
        assert cache.read_bytes() == good


def test_dangling_link_is_a_finding(tmp_path: Path) -> None:
    root = write(tmp_path, {PATH: INTERFACE})
    (root / "interfaces/2-services/2208.yaml").symlink_to(tmp_path / "nowhere")
    found = load(root).findings
    assert [(item.id, item.line, item.message) for item in found] == [
        ("Y100", 0, "cannot be read: No such file or directory")
    ]


def test_file_name_that_is_no_text(tmp_path: Path) -> None:
    root = write(tmp_path, {PATH: INTERFACE})
    Path(os.fsdecode(os.fsencode(root / "interfaces") + b"/\xff.yaml")).write_text("a: 1\n")
    found = load(root).findings
    assert {item.file for item in found} == {f"{root.as_posix()}/interfaces/\\udcff.yaml"}
    assert "udcff" in to_text(found).encode().decode()


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode()))
def test_any_content_is_a_model_or_a_finding(data: bytes) -> None:
    kinds: tuple[Kind, ...] = ("platform", "interface", "dictionary")
    for kind in kinds:
        document = load_bytes(kind, Path("x.yaml"), data, "x.yaml")
        assert document.model is None
        assert document.findings
        assert document.locate(("a", 0, "b")).file == "x.yaml"


@settings(max_examples=300, deadline=None)
@given(
    start=st.integers(0, len(INTERFACE)),
    length=st.integers(0, 12),
    new=st.text("{}[]:,-#&*!|>'\"% \n\tab0~?@`\\门\u202e", max_size=6),
)
def test_damaged_files_are_a_model_or_a_finding(start: int, length: int, new: str) -> None:
    text = INTERFACE[:start] + new + INTERFACE[start + length :]
    document = load_bytes("interface", Path("2207.yaml"), text.encode(), "2207.yaml")
    assert (document.model is None) == bool(document.findings)
    lines = text.encode().decode().split("\n")
    for item in document.findings:
        assert 1 <= item.line <= len(lines) + 1
        assert item.column >= 1


def test_one_file_by_itself(tmp_path: Path) -> None:
    root = write(tmp_path, {PATH: INTERFACE})
    document = load_file("interface", root / PATH)
    assert isinstance(document.model, Interface)
    assert document.model == load(root).spec.interfaces["2207"]
    assert document.findings == []
