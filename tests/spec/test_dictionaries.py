"""The code tables and platform.yaml, read a second way: PyYAML's BaseLoader, not our loader."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from hubei_yibao_codegen.spec.load import load
from hubei_yibao_codegen.spec.model import Dictionary, Platform

ROOT = Path(__file__).resolve().parents[2]
SPEC = ROOT / "spec"
FOLDER = SPEC / "dictionaries"
FILES = sorted(FOLDER.glob("*.yaml"))

#: Key and number of codes of every table as the baseline document prints it.
BASELINE = {
    key: int(count)
    for key, count in (
        line.split()
        for line in (Path(__file__).parent / "baseline_dictionaries.txt").read_text().splitlines()
    )
}
#: Where our number of codes differs: printed twice, or added with its own provenance.
DIFFERENCES = {
    "mat_idet_code": -1,
    "rule_biz_type": -1,
    "sp_dcla_rea": -1,
    "med_type": 2,
    "naty": 9,
    "opter_type": 2,
    "stmt_rslt": 3,
}

#: Keys of the request envelope in the order a client cites from Hubei's chapter 4.
HUBEI_ORDER = [
    "infno",
    "msgid",
    "mdtrtarea_admvs",
    "insuplc_admdvs",
    "recer_sys_code",
    "infver",
    "opter_type",
    "opter",
    "opter_name",
    "inf_time",
    "fixmedins_code",
    "fixmedins_name",
    "sign_no",
    "cainfo",
    "input",
]
#: Tables that stand in no baseline, with their number of codes.
ADDED_TABLES = {
    "imgExamType": 5,
    "infcode": 2,
    "inv_data_type": 4,
    "mdtrt_setl_type": 2,
    "min_prcunt_type": 1,
    "stas_type": 4,
}


def read(path: Path) -> dict[str, Any]:
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    assert isinstance(content, dict)
    return content


@pytest.fixture(scope="module")
def tables() -> dict[str, dict[str, Any]]:
    return {path.stem: read(path) for path in FILES}


def test_all_tables_with_all_their_codes(tables: dict[str, dict[str, Any]]) -> None:
    counts = {key: len(table["codes"]) for key, table in tables.items()}
    expected = {key: count + DIFFERENCES.get(key, 0) for key, count in BASELINE.items()}
    print(f"{len(BASELINE)} baseline tables, {len(counts)} in all, {sum(counts.values())} codes")
    assert (len(BASELINE), sum(BASELINE.values())) == (297, 3397)
    assert counts == expected | ADDED_TABLES


def test_file_name_is_key_and_no_two_differ_in_case_only(
    tables: dict[str, dict[str, Any]],
) -> None:
    assert {name: table["key"] for name, table in tables.items() if table["key"] != name} == {}
    folded = Counter(name.casefold() for name in tables)
    assert [name for name, count in folded.items() if count > 1] == []


def test_codes_are_unique_and_clean(tables: dict[str, dict[str, Any]]) -> None:
    for name, table in tables.items():
        codes = [row["code"] for row in table["codes"]]
        assert len(set(codes)) == len(codes) > 0, name
        for row in table["codes"]:
            assert re.fullmatch(r"-?[A-Z0-9]+(\.[0-9]+)*", row["code"]), (name, row)
            assert row["label"].strip() == row["label"] != "", (name, row)
            assert not re.fullmatch(r"[0-9.]+", row["label"]), (name, row)


def test_every_code_is_quoted() -> None:
    for path in FILES:
        for line in path.read_text(encoding="utf-8").splitlines():
            if "code:" in line:
                assert re.match(r'  - \{code: "[^"]+", label: ', line), (path.name, line)


def test_no_alias_is_claimed_twice_or_is_a_table(tables: dict[str, dict[str, Any]]) -> None:
    aliases = [alias for table in tables.values() for alias in table.get("aliases", ())]
    assert [alias for alias, count in Counter(aliases).items() if count > 1] == []
    assert set(aliases) & set(tables) == set()


@pytest.mark.parametrize(
    ("key", "code", "label"),
    [
        ("insutype", "310", "职工基本医疗保险"),
        ("gend", "1", "男"),
        ("transaction_type", "-1", "反交易"),
        ("phar_pro_tech_duty", "2.4", "药师"),
        ("dept", "A32.01", "X线诊断专业"),
        ("exam_test_type", "401", "12导同步心电检查"),
        ("blotype_abo", "4", "AB型"),
        ("opter_type", "2", "自助终端"),
        ("stmt_rslt", "000103", "数据不一致"),
        ("naty", "01", "汉族"),
        ("nat_regn_code", "CHN", "中国"),
        ("bank_type_code", "001", "中国人民银行会计营业部门"),
    ],
)
def test_single_codes(tables: dict[str, dict[str, Any]], key: str, code: str, label: str) -> None:
    assert {row["code"]: row["label"] for row in tables[key]["codes"]}[code] == label


def test_codes_printed_twice_keep_a_note(tables: dict[str, dict[str, Any]]) -> None:
    dropped = {
        ("mat_idet_code", "236021"): "重点优抚对象(2021)",
        ("rule_biz_type", "N160802"): "长护经办人员维护",
        ("sp_dcla_rea", "4"): "其他原因",
    }
    for (key, code), other in dropped.items():
        note = {row["code"]: row.get("note", "") for row in tables[key]["codes"]}[code]
        assert other in note


def test_tables_of_which_little_is_known_say_so(tables: dict[str, dict[str, Any]]) -> None:
    incomplete = {name for name, table in tables.items() if table.get("complete") == "false"}
    assert incomplete == {"min_prcunt_type", "stmt_rslt"}
    assert all(tables[name]["note"] for name in incomplete)


def test_the_models_take_every_file(tables: dict[str, dict[str, Any]]) -> None:
    for name, table in tables.items():
        assert Dictionary.model_validate(table).key == name
    platform = Platform.model_validate(read(SPEC / "platform.yaml"))
    assert [field.name for field in platform.envelope.request][:3] == [
        "infno",
        "msgid",
        "mdtrtarea_admvs",
    ]


def test_our_loader_reads_the_same(tables: dict[str, dict[str, Any]]) -> None:
    loaded = load(SPEC)
    for name, table in tables.items():
        read_by_us = loaded.spec.dictionaries[name]
        assert [(row.code, row.label) for row in read_by_us.codes] == [
            (row["code"], row["label"]) for row in table["codes"]
        ]


def test_platform() -> None:
    platform = load(SPEC).spec.platform
    assert platform is not None
    request = {field.name: field for field in platform.envelope.request}
    assert [name for name in request if name in HUBEI_ORDER] == HUBEI_ORDER
    assert {name for name in request if name not in HUBEI_ORDER} == {
        "dev_no",
        "dev_safe_info",
        "signtype",
        "enc_type",
    }
    assert request["insuplc_admdvs"].required == "conditional"
    assert [name for name, field in request.items() if field.sensitive] == ["opter_name"]
    constants = {name: rule.value for name, rule in platform.constants.items()}
    assert (constants["status_success"], constants["status_failure"]) == ("0", "-1")
    assert constants["msgid"] == {
        "institution": 12,
        "time": "yyyyMMddHHmmss",
        "sequence": 4,
        "length": 30,
    }
    assert constants["file_separator"] == "\t"
    assert (constants["empty_number"], constants["empty_other"], constants["file_null"]) == (
        "0",
        "",
        "null",
    )
    tables_named = {
        field.dictionary
        for field in (*platform.envelope.request, *platform.envelope.response)
        if field.dictionary
    }
    assert all((FOLDER / f"{key}.yaml").is_file() for key in tables_named)
