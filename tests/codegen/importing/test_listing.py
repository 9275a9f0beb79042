"""The published listing: every row read, against an empty spec and against the current one."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from hubei_yibao_codegen.importing.readers import read
from hubei_yibao_codegen.importing.reading import ListingRow
from hubei_yibao_codegen.importing.tables import interpret
from hubei_yibao_codegen.lint import check
from hubei_yibao_codegen.spec.load import load
from import_documents import Rows, Run, changed, tree, write_docx, write_pdf, write_xlsx

LISTING = Path(__file__).parents[2] / "spec" / "data" / "hubei_interface_listing.txt"
HEADER = [
    "类型",
    "接口编号",
    "一级分类",
    "二级分类",
    "接口名称",
    "调用方式",
    "描述",
    "机构类型",
    "当前是否开放",
]
Cli = Callable[..., Run]


def rows_of(path: Path) -> dict[str, ListingRow]:
    return {row.number: row for row in interpret(read(path)).listing}


def test_every_row_of_the_listing_is_read() -> None:
    reading = interpret(read(LISTING))
    assert len(reading.listing) == 192
    assert reading.unread == ()
    rows = reading.listing
    assert Counter(row.institution for row in rows) == {
        "all": 53,
        "medical": 62,
        "pharmacy": 3,
        None: 74,
    }
    assert Counter(row.open for row in rows) == {True: 117, False: 73, None: 2}
    assert Counter(row.call_mode for row in rows) == {"realtime": 176, "daily": 16}


def test_rows_that_had_to_be_mended_are_told() -> None:
    repaired = [str(each) for each in interpret(read(LISTING)).remarks if each.kind == "repaired"]
    assert any("158 of 192 rows have displaced cells" in text for text in repaired)
    assert any(
        "`3-住院结算` printed beside 2208 belongs to the group from 2301" in t for t in repaired
    )
    assert any("4201: the row ends before institution type" in text for text in repaired)
    assert any("8101: the row ends before institution type" in text for text in repaired)
    assert len(repaired) == 4


def test_the_current_spec_agrees_with_every_row(real_spec: Path, cli: Cli) -> None:
    before = tree(real_spec)
    done = cli("import", LISTING, "--spec", real_spec, "--apply")
    assert done.code == 0
    assert "0 new, 0 changed, 192 same, 0 held, 0 gone; 0 files written" in done.out
    assert tree(real_spec) == before


def test_an_empty_spec_is_filled_and_agrees_with_the_hand_written_one(
    real_spec: Path, tmp_path: Path, cli: Cli
) -> None:
    known = load(real_spec).spec.interfaces
    empty = tmp_path / "empty"
    (empty / "dictionaries").mkdir(parents=True)
    (empty / "platform.yaml").write_text(
        "title: t\nedition: e\nenvelope: {request: [], response: []}\nconstants: {}\n"
    )
    done = cli("import", LISTING, "--spec", empty, "--apply")
    assert done.code == 0
    assert "192 new, 0 changed, 0 same, 0 held, 0 gone; 192 files written" in done.out

    loaded = load(empty)
    assert [each for each in check(loaded) if each.level == "error"] == []
    made = loaded.spec.interfaces
    assert made.keys() == known.keys()
    wrong: list[tuple[Any, ...]] = []
    for number, hand in known.items():
        for key in ("name", "call_mode", "description", "institution", "open"):
            printed = (hand.printed or {}).get(key, "")
            texts = {str(getattr(hand, key)), re.sub(r"(?<=[^ -~]) | (?=[^ -~])", "", printed)}
            if str(getattr(made[number], key)) not in texts:
                wrong.append((number, key, getattr(made[number], key), texts))
        for level, (mine, theirs) in enumerate(
            zip(made[number].category, hand.category, strict=True)
        ):
            lost = mine == "unspecified" and (level, number[0]) in {(0, "4"), (0, "5"), (1, "8")}
            cut = (hand.printed or {}).get("category") == mine
            if mine != theirs and not lost and not cut:
                wrong.append((number, "category", mine, theirs))
    assert wrong == []

    assert "0 files written" in cli("import", LISTING, "--spec", empty, "--apply").out


def test_a_new_edition_changes_only_the_lines_it_concerns(
    real_spec: Path, tmp_path: Path, cli: Cli
) -> None:
    text = LISTING.read_text(encoding="utf-8")
    lines = text.splitlines()
    flip = next(
        i for i, line in enumerate(lines) if "\t7104\t" in line or line.startswith("7104\t")
    )
    lines[flip] = lines[flip].replace("\t否", "\t是")
    renamed = next(i for i, line in enumerate(lines) if line.startswith("\t1901\t"))
    lines[renamed] = lines[renamed].replace("字典表查询\t", "字典表信息查询\t", 1)
    gone = next(
        i for i, line in enumerate(lines) if line.startswith("2103\t") or "\t2103\t" in line
    )
    del lines[gone]
    after_2207 = next(i for i, line in enumerate(lines) if "\t2207\t" in line)
    lines.insert(
        after_2207 + 1, "\t2209\t\t门诊结算查询\t实时\t通过此交易查询结算。\t定点医疗机构\t否\t"
    )
    edition = tmp_path / "new-edition.txt"
    edition.write_text("\n".join(lines), encoding="utf-8")

    before = tree(real_spec)
    shown = cli("import", edition, "--spec", real_spec)
    assert tree(real_spec) == before
    assert shown.code == 0
    assert "~ open: false → true" in shown.out
    assert "~ name: 字典表查询 → 字典表信息查询" in shown.out
    assert re.search(r"^2103 .*: gone", shown.out, re.M)
    assert re.search(r"^2209 门诊结算查询: new", shown.out, re.M)
    assert "1 new, 2 changed, 189 same, 0 held, 1 gone; dry run: 3 files" in shown.out

    assert cli("import", edition, "--spec", real_spec, "--apply").code == 0
    after = tree(real_spec)
    names = changed(before, after)
    assert {Path(name).name for name in names} == {"7104.yaml", "1901.yaml", "2209.yaml"}
    for name in names & before.keys():
        diff = difflib.ndiff(before[name].decode().split("\n"), after[name].decode().split("\n"))
        assert sorted(line[0] for line in diff if line[0] in "+-") == ["+", "-"]
    made = load(real_spec).spec.interfaces["2209"]
    assert made.category == ("2-医保服务", "2-门急诊结算")
    assert made.effect == "write"
    assert (made.open, made.institution) == (False, "medical")


def grid() -> Rows:
    """The listing as a proper table, with category cells merged over their group."""
    numbers = ("2206", "2207", "2208", "2301", "2302", "2401")
    found = rows_of(LISTING)
    words = {"all": "通用", "medical": "定点医疗机构", None: ""}
    table: list[list[str]] = [HEADER]
    for number in numbers:
        row = found[number]
        category = [each or "" for each in row.category]
        facts = [row.name, "实时", row.description or "", words[row.institution], "是"]
        table.append(["", number, *category, *facts])
    merges = [((1, 2), (6, 2)), ((1, 3), (3, 3)), ((4, 3), (5, 3))]
    for (top, column), (bottom, _) in merges:
        for row_number in range(top + 1, bottom + 1):
            table[row_number][column] = ""
    return Rows(table, merges)


def test_the_same_rows_from_word_excel_and_pdf(tmp_path: Path) -> None:
    expected = rows_of(LISTING)
    for path in (
        write_docx(tmp_path / "list.docx", ["湖北省接口说明", grid()]),
        write_xlsx(tmp_path / "list.xlsx", ["湖北省接口说明", grid()]),
        write_pdf(tmp_path / "list.pdf", ["湖北省接口说明", grid()]),
    ):
        reading = interpret(read(path))
        assert [row.number for row in reading.listing] == grid_numbers()
        assert reading.unread == ()
        for row in reading.listing:
            assert replace(row, place=expected[row.number].place) == expected[row.number]


def grid_numbers() -> list[str]:
    return ["2206", "2207", "2208", "2301", "2302", "2401"]


def test_a_table_over_several_pdf_pages(tmp_path: Path) -> None:
    rows = [
        [
            "",
            f"{2200 + i}",
            "2-医保服务",
            "2-门急诊结算",
            f"接口{i}",
            "实时",
            f"说明{i}。",
            "通用",
            "是",
        ]
        for i in range(90)
    ]
    path = write_pdf(tmp_path / "long.pdf", ["接口说明", Rows([HEADER, *rows])])
    reading = interpret(read(path))
    assert [row.number for row in reading.listing] == [f"{2200 + i}" for i in range(90)]
    assert reading.unread == ()


def test_rows_that_make_no_sense_are_listed_with_their_place(tmp_path: Path) -> None:
    path = tmp_path / "odd.txt"
    path.write_text(
        "\n".join(
            [
                "接口说明",
                "\t".join(HEADER),
                "\t2201\t2-医保服务\t2-门急诊结算\t门诊挂号\t实时\t挂号。\t通用\t是",
                "\t2202\t\t\t挂号撤销\t每周\t撤销。\t通用\t是",
                "\t2203\t\t\t就诊上传\t实时\t上传。\t另一说明。\t通用\t是",
                "\t2204\t\t\t明细上传\t实时\t上传。\t通用\t是",
                "\t2204\t\t\t明细上传\t实时\t上传。\t通用\t否",
                "\t２２０５\t\t\t明细撤销\t实时\t撤销。\t通用\t否",
            ]
        ),
        encoding="utf-8",
    )
    reading = interpret(read(path))
    assert [row.number for row in reading.listing] == ["2201", "2205"]
    told = [str(remark) for remark in reading.unread]
    assert any("line 4: no call mode" in text for text in told)
    assert any("line 5: more cells after the call mode" in text for text in told)
    assert any("line 6: 2204 stands in the listing 2 times" in text for text in told)
    assert any("line 7: 2204 stands in the listing 2 times" in text for text in told)


def test_the_edition_of_the_listing_is_kept_in_the_platform_file(real_spec: Path, cli: Cli) -> None:
    words = ("import", LISTING, "--spec", real_spec, "--edition", "2026年11月", "--apply")
    before = tree(real_spec)
    done = cli(*words)
    assert "湖北省医疗保障信息平台接口说明 2026年11月" in done.out
    assert changed(before, tree(real_spec)) == {"platform.yaml"}
    platform = load(real_spec).spec.platform
    assert platform is not None
    assert platform.edition == "湖北省医疗保障信息平台接口说明 2026年11月"
    assert "0 files written" in cli(*words).out
