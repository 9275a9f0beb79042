"""All 192 interface files against an independent reading of the province's published listing.

The listing is read as one stream of cells, not line by line: page breaks moved and merged cells,
so a row is what stands between two interface numbers, and fixed vocabularies tell call mode,
institution and open flag apart. The YAML is read with PyYAML's BaseLoader, without our own loader.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
LISTING = Path(__file__).parent / "data" / "hubei_interface_listing.txt"
INTERFACES = ROOT / "spec" / "interfaces"

NUMBER = re.compile(r"(?:\d{4}|YH\d{2})[A-Za-z]?")
MODES = {"实时": "realtime", "定时/每天": "daily"}
INSTITUTIONS = {"通用": "all", "定点医疗机构": "medical", "定点零售药店": "pharmacy"}
OPEN = {"是": "true", "否": "false"}

# Cells cut off at the border, with what the row itself or a sibling row shows to be missing.
CUT_OFF = {
    ("2102", "description"): "传）。",
    ("2102A", "description"): "传）。",
    ("8402", "name"): "询",
    ("8405", "name"): "询",
    ("8408", "name"): "报",
    ("3204b", "name"): "细",
}
# Labels the extraction lost (national wording) or never had.
CATEGORIES_NOT_PRINTED = {"4-信息采集上传", "5-信息查询", "unspecified"}


@dataclass(frozen=True)
class Row:
    number: str
    name: str
    description: str
    mode: str
    institution: str | None
    open: str | None


def listing_rows(text: str) -> list[Row]:
    """The rows of the listing in print order; cells as printed."""
    cells = [cell.strip() for cell in re.split(r"[\t\n]", text) if cell.strip()]
    starts = [i for i, cell in enumerate(cells) if NUMBER.fullmatch(cell)]
    rows = []
    for start, end in zip(starts, [*starts[1:], len(cells)], strict=True):
        span = cells[start + 1 : end]
        at = next(i for i, cell in enumerate(span) if cell in MODES)
        tail = span[at + 2 :]
        rows.append(
            Row(
                number=cells[start],
                name=span[at - 1],
                description=span[at + 1],
                mode=span[at],
                institution=next((cell for cell in tail if cell in INSTITUTIONS), None),
                open=next((cell for cell in tail if cell in OPEN), None),
            )
        )
    return rows


def unwrapped(cell: str) -> str:
    """A cell without the blanks that wrapping left between Chinese characters."""
    return re.sub(r"\s+", "", cell)


TEXT = LISTING.read_text(encoding="utf-8")
ROWS = listing_rows(TEXT)
FILES = {path.stem: path for path in sorted(INTERFACES.glob("*/*.yaml"))}


@cache
def read(number: str) -> dict[str, Any]:
    with FILES[number].open(encoding="utf-8") as stream:
        loaded: dict[str, Any] = yaml.load(stream, Loader=yaml.BaseLoader)
    return loaded


def test_every_listed_number_has_exactly_one_file() -> None:
    numbers = [row.number for row in ROWS]
    assert len(numbers) == len(set(numbers)) == 192
    assert set(FILES) == set(numbers)
    assert len(list(INTERFACES.glob("*/*.yaml"))) == 192


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.number)
def test_row_is_as_listed(row: Row) -> None:
    interface = read(row.number)
    assert interface["number"] == row.number
    assert interface["call_mode"] == MODES[row.mode]
    assert interface["institution"] == INSTITUTIONS.get(row.institution or "", "unspecified")
    assert interface["open"] == OPEN.get(row.open or "", "unknown")
    printed = interface.get("printed", {})
    for key, cell in (("name", row.name), ("description", row.description)):
        assert interface[key] == unwrapped(cell) + CUT_OFF.get((row.number, key), "")
        assert printed.get(key) == (cell if interface[key] != cell else None)


def test_counts_by_institution_open_flag_and_mode() -> None:
    institutions = Counter(read(row.number)["institution"] for row in ROWS)
    open_flags = Counter(read(row.number)["open"] for row in ROWS)
    modes = Counter(read(row.number)["call_mode"] for row in ROWS)
    print(f"institution: {dict(institutions)}")
    print(f"open: {dict(open_flags)}")
    print(f"call mode: {dict(modes)}")
    assert institutions == {"all": 53, "medical": 62, "pharmacy": 3, "unspecified": 74}
    assert open_flags == {"true": 117, "false": 73, "unknown": 2}
    assert modes == {"realtime": 176, "daily": 16}
    assert {row.number for row in ROWS if row.open is None} == {"4201", "8101"}


def test_category_labels_are_the_printed_ones() -> None:
    printed = {unwrapped(cell) for cell in re.split(r"[\t\n]", TEXT)}
    for row in ROWS:
        interface = read(row.number)
        cut_off = interface.get("printed", {}).get("category")
        for label in interface["category"]:
            if cut_off and label.startswith(cut_off):
                assert cut_off in printed, row.number
            else:
                assert label in printed | CATEGORIES_NOT_PRINTED, row.number


def test_folder_is_the_level_one_category() -> None:
    folders: dict[str, set[str]] = {}
    for number, path in FILES.items():
        folders.setdefault(path.parent.name, set()).add(read(number)["category"][0])
    assert all(len(labels) == 1 for labels in folders.values())
    assert len(folders) == len({label for labels in folders.values() for label in labels}) == 10
