"""YAML's traps: what is read as written, what is refused, and where the finding points."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hubei_yibao_codegen.spec import yaml_nodes
from hubei_yibao_codegen.spec.yaml_nodes import Mapping, Scalar, Sequence, parse


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def _loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both parsers: libyaml's, and the pure one where libyaml is not built in."""
    monkeypatch.setattr(yaml_nodes, "_Loader", getattr(yaml, request.param))


def faults(data: bytes) -> list[tuple[str, int, int, str]]:
    _, found = parse(data, "f.yaml")
    assert all(item.level == "error" and item.file == "f.yaml" for item in found)
    return [(item.id, item.line, item.column, item.message) for item in found]


@pytest.mark.usefixtures("_loader")
@pytest.mark.parametrize(
    "written",
    [
        "0301",
        "no",
        "yes",
        "on",
        "Off",
        "y",
        "1.10",
        "1e3",
        "0x1F",
        "0o17",
        "1_000",
        "12:30:45",
        "2024-01-01",
        "2024-01-01 10:00:00",
        ".inf",
        ".NaN",
        "~",
        "null",
        "=",
        "true",
        "+1",
        "007",
    ],
)
def test_scalars_are_read_as_written(written: str) -> None:
    root, found = parse(f"key: {written}\n".encode(), "f.yaml")
    assert not found
    assert root is not None
    value = root.values["key"]
    assert isinstance(value, Scalar)
    assert value.value == written
    assert not value.quoted


@pytest.mark.usefixtures("_loader")
def test_every_value_knows_its_place() -> None:
    root, found = parse("一: 甲\nb:\n  - {c: 1, 二: [x, 'y']}\n".encode(), "f.yaml")
    assert not found
    assert root is not None
    rows = root.values["b"]
    assert isinstance(rows, Sequence)
    row = rows.items[0]
    assert isinstance(row, Mapping)
    pair = row.values["二"]
    assert isinstance(pair, Sequence)
    quoted = pair.items[1]
    assert isinstance(quoted, Scalar)
    places = [root.values["一"], row, row.keys["二"], pair, quoted]
    assert [(node.line, node.column) for node in places] == [
        (1, 4),
        (3, 5),
        (3, 12),
        (3, 15),
        (3, 19),
    ]
    assert quoted.quoted


@pytest.mark.usefixtures("_loader")
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", [("Y107", 1, 1, "the file is empty")]),
        (b"# only a comment\n", [("Y107", 1, 1, "the file is empty")]),
        (b"- a\n", [("Y107", 1, 1, "expected a mapping at the top of the file, found a list")]),
        (b"\nword\n", [("Y107", 2, 1, "expected a mapping at the top of the file, found text")]),
        (b"a: 1\nb: 2\na: 3\n", [("Y110", 3, 1, "key `a` appears twice, first on line 1")]),
        (
            b"x:\n  a: 1\n  'a': 2\n  \"a\": 3\n",
            [
                ("Y110", 3, 3, "key `a` appears twice, first on line 2"),
                ("Y110", 4, 3, "key `a` appears twice, first on line 2"),
            ],
        ),
        (b"a: {b: 1, b: 2}\n", [("Y110", 1, 11, "key `b` appears twice, first on line 1")]),
        (
            b"a: &x [1]\nb: *x\n",
            [
                ("Y105", 1, 4, "anchor &x is not supported"),
                ("Y105", 2, 4, "alias *x is not supported"),
            ],
        ),
        (
            b"base: &b {a: 1}\nc:\n  <<: *b\n",
            [
                ("Y105", 1, 7, "anchor &b is not supported"),
                ("Y105", 3, 7, "alias *b is not supported"),
            ],
        ),
        (b"a: !!str 1\n", [("Y105", 1, 4, "tag tag:yaml.org,2002:str is not supported")]),
        (
            b"a: !!python/object/apply:os.system [x]\n",
            [
                (
                    "Y105",
                    1,
                    4,
                    "tag tag:yaml.org,2002:python/object/apply:os.system is not supported",
                )
            ],
        ),
        (b"a: 1\n---\nb: 2\n", [("Y106", 2, 1, "a second document in the file")]),
        (b"? [a]\n: 1\n", [("Y108", 1, 3, "a key must be text, found a list")]),
        (b"\xef\xbb\xbfa: 1\n", [("Y103", 1, 1, "the file starts with a byte order mark")]),
        (b"\xff\xfea\x00", [("Y102", 1, 1, "the file is UTF-16")]),
        ("a: 1\n名: 甲\n".encode("gb18030"), [("Y102", 2, 1, "byte 0xc3 is not UTF-8")]),
        ("a: 1\n名: x".encode() + b"\xff\n", [("Y102", 2, 5, "byte 0xff is not UTF-8")]),
        (b"a: x\x07\n", [("Y104", 1, 5, "invisible or control character U+0007")]),
        (
            "a: 1 # \u202e\nb: \u200bx\n".encode(),
            [
                ("Y104", 1, 8, "invisible or control character U+202E"),
                ("Y104", 2, 4, "invisible or control character U+200B"),
            ],
        ),
        (
            b'a: "x\\u202ey\\a"\n',
            [
                ("Y104", 1, 4, "escaped invisible or control character U+202E"),
                ("Y104", 1, 4, "escaped invisible or control character U+0007"),
            ],
        ),
        (b"[" * 60, [("Y109", 1, 51, "nested deeper than 50 levels")]),
        (b"a: " + b"[" * 100_000, [("Y109", 1, 53, "nested deeper than 50 levels")]),
        (b"-" * 2_000_001, [("Y109", 1, 1, "the file has 2000001 bytes, more than 2000000")]),
    ],
)
def test_refused_text(data: bytes, expected: list[tuple[str, int, int, str]]) -> None:
    assert faults(data) == expected


@pytest.mark.usefixtures("_loader")
@pytest.mark.parametrize(
    ("text", "line", "hint"),
    [
        ("a:\n\t- b\n", 2, "indent with spaces: YAML allows no tabs there"),
        ("a: b: c\n", 1, "quote a text that holds `: `"),
        ("a: @b\n", 1, "quote a text that starts with one of @ ` % & * ! | >"),
        ("a: [1, 2\nb: 1\n", 2, ""),
        ("a: 'open\n", 2, ""),
        ("a: 1\n  b: 2\n", 2, "quote a text that holds `: `"),
    ],
)
def test_broken_syntax(text: str, line: int, hint: str) -> None:
    root, found = parse(text.encode(), "f.yaml")
    assert root is None
    assert [(item.id, item.line, item.hint) for item in found] == [("Y101", line, hint)]
    assert found[0].message.startswith("not YAML: ")


@pytest.mark.usefixtures("_loader")
def test_windows_line_ends_read_alike() -> None:
    text = "a: 1\nb: |\n  x\n  y\nc: 3\n"
    plain, _ = parse(text.encode(), "f.yaml")
    windows, found = parse(text.replace("\n", "\r\n").encode(), "f.yaml")
    assert not found
    assert plain is not None
    assert windows is not None
    for key in "abc":
        one, two = plain.values[key], windows.values[key]
        assert isinstance(one, Scalar)
        assert isinstance(two, Scalar)
        assert (one.value, one.line, one.column) == (two.value, two.line, two.column)


def test_billion_laughs_cost_nothing(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    root, found = parse("\n".join(lines).encode(), "f.yaml")
    assert root is None
    assert len(found) == 30 + 29 * 10
