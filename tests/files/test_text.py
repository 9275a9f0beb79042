"""Rows in and out of zipped texts: exact cells, quarantined lines, moments in every form."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from files import archives
from hubei_yibao_runtime.errors import FileError
from hubei_yibao_runtime.files import BadLine, TextRows, as_date, as_datetime, write_rows
from hypothesis import given, settings
from hypothesis import strategies as st

CELL = st.none() | st.text(
    st.characters(exclude_characters="\t\r\n", exclude_categories=["Cs"]), min_size=1
).filter(lambda cell: cell != "null")
TABLES = st.integers(2, 6).flatmap(
    lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1)
)


def text(path: Path, content: bytes) -> Path:
    path.write_bytes(archives.good(content))
    return path


@settings(max_examples=100)
@given(table=TABLES)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str | None]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "round.zip"
    assert write_rows(path, table, name="t.txt") == len(table)
    mark = (table[0][0] or "").startswith("\ufeff")
    read = list(TextRows(path, len(table[0])))
    if mark:  # a byte order mark at the very beginning belongs to the file
        table = [[(table[0][0] or "").removeprefix("\ufeff"), *table[0][1:]], *table[1:]]
    assert read == table


def test_empty_cells_stay_where_they_are(tmp_path: Path) -> None:
    path = text(tmp_path / "a.zip", b"\t\tx\t\nnull\tNULL\t null\t")
    assert list(TextRows(path, 4)) == [["", "", "x", ""], [None, "NULL", " null", ""]]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends_and_other_separators(tmp_path: Path, end: str, last: bool) -> None:
    lines = ["a\x0bb\x85c\u2028d\tx", "e\tf"]
    content = end.join(lines) + (end if last else "")
    path = text(tmp_path / "a.zip", b"\xef\xbb\xbf" + content.encode())
    assert list(TextRows(path, 2)) == [["a\x0bb\x85c\u2028d", "x"], ["e", "f"]]


def test_rows_across_blocks(tmp_path: Path) -> None:
    rows = [[f"码{n}", "名" * (n % 700), str(n)] for n in range(3000)]
    path = text(tmp_path / "a.zip", "\r\n".join("\t".join(row) for row in rows).encode())
    assert list(TextRows(path, 3)) == rows


def test_lines_of_another_width_are_set_aside_with_their_number(tmp_path: Path) -> None:
    path = text(tmp_path / "a.zip", b"a\tb\nc\nd\te\tf\n\ng\th")
    bad: list[BadLine] = []
    rows = list(TextRows(path, 2, on_bad=bad.append).numbered())
    assert rows == [(1, ["a", "b"]), (5, ["g", "h"])]
    assert [(line.line, line.reason, line.text) for line in bad] == [
        (2, "1 cells instead of 2", "c"),
        (3, "3 cells instead of 2", "d\te\tf"),
    ]
    assert "d\te" not in repr(bad)
    with pytest.raises(FileError, match="line 2: 1 cells instead of 2"):
        list(TextRows(path, 2))


def test_a_line_without_end_is_not_collected_for_ever(tmp_path: Path) -> None:
    path = text(tmp_path / "a.zip", b"x" * 6 * 2**20)
    with pytest.raises(FileError, match="a line has more than"):
        list(TextRows(path, 1))


@pytest.mark.parametrize("cell", ["a\tb", "a\nb", "a\rb"])
def test_what_the_format_cannot_hold_is_not_written(tmp_path: Path, cell: str) -> None:
    with pytest.raises(FileError, match="row 2"):
        write_rows(tmp_path / "a.zip", [["x"], [cell]], name="t.txt")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2026-03-01", datetime(2026, 3, 1)),
        ("2026-03-01 08:30:15", datetime(2026, 3, 1, 8, 30, 15)),
        ("2026-03-01T08:30:15.500", datetime(2026, 3, 1, 8, 30, 15, 500_000)),
        ("20260301", datetime(2026, 3, 1)),
        ("20260301083015", datetime(2026, 3, 1, 8, 30, 15)),
        ("1772325015000", datetime(2026, 3, 1, 8, 30, 15)),
        ("Sun Mar 01 08:30:15 CST 2026", datetime(2026, 3, 1, 8, 30, 15)),
        ("null", None), ("", None), (None, None), ("2026-02-30", None), ("明年", None),
    ],
)  # fmt: skip
def test_moments_in_the_forms_seen(cell: str | None, moment: datetime | None) -> None:
    assert as_datetime(cell) == moment
    assert as_date(cell) == (None if moment is None else date(2026, 3, 1))
