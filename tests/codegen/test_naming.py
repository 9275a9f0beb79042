"""Wire names → Python names."""

from __future__ import annotations

import keyword

import pytest
from hubei_yibao_codegen.naming import (
    CLIENT_NAMES,
    MODEL_NAMES,
    RESULT_NAMES,
    ClassName,
    Identifier,
    MemberName,
    attributes,
    group_classes,
    members,
    unique,
)
from hubei_yibao_runtime.client import AsyncBaseClient, SyncClient
from hubei_yibao_runtime.model import OpenRequest, RequestModel, ResponseModel, Result
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("wire", "python"),
    [
        ("psn_no", "psn_no"),
        ("expContent", "expContent"),
        ("Vali_Flag", "Vali_Flag"),
        ("hcv-ab", "hcv_ab"),
        ("1st", "n1st"),
        ("_id", "id"),
        ("class", "class_"),
        ("in", "in_"),
        ("None", "None_"),
        ("date", "date_"),
        ("list", "list_"),
        ("model_config", "model_config_"),
        ("copy", "copy_"),
        ("self", "self_"),
        ("options", "options_"),
        ("type", "type"),
        ("姓名", "field"),
        ("Decimal", "Decimal_"),
        ("Decimal16_2", "Decimal16_2_"),
        ("Output2207Setlinfo", "Output2207Setlinfo_"),
        ("MedTypeCode", "MedTypeCode_"),
    ],
)
def test_an_attribute_is_the_wire_name_or_close_to_it(wire: str, python: str) -> None:
    assert attributes([wire]) == {wire: python}


def test_a_legal_name_keeps_itself_beside_one_that_collapses_to_it() -> None:
    assert attributes(["a-b", "a_b", "a.b"]) == {"a-b": "a_b_2", "a_b": "a_b", "a.b": "a_b_3"}
    assert attributes(["a_b_2", "a-b", "a_b"])["a-b"] == "a_b_3"


def test_results_keep_their_own_attributes() -> None:
    assert attributes(["raw", "msgid"], RESULT_NAMES) == {"raw": "raw_", "msgid": "msgid_"}


@given(st.lists(st.text(min_size=1, max_size=12), unique=True, max_size=12))
def test_any_names_become_distinct_usable_attributes(wire: list[str]) -> None:
    found = attributes(wire, RESULT_NAMES)
    assert sorted(found) == sorted(wire)
    assert len(set(found.values())) == len(wire)
    for name in found.values():
        assert name.isidentifier()
        assert name.isascii()
        assert not keyword.iskeyword(name)
        assert not name.startswith("_")
        assert name not in MODEL_NAMES | RESULT_NAMES


def test_the_reserved_names_cover_the_runtime() -> None:
    for model in (RequestModel, OpenRequest, ResponseModel):
        assert {name for name in dir(model) if not name.startswith("_")} <= MODEL_NAMES
    assert {name for name in dir(Result) if not name.startswith("_")} <= MODEL_NAMES | RESULT_NAMES
    for client in (SyncClient, AsyncBaseClient):
        assert {name for name in dir(client) if not name.startswith("_")} <= CLIENT_NAMES


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("setlinfo", "Setlinfo"),
        ("patient_dtos", "PatientDtos"),
        ("fsDownloadIn", "FsDownloadIn"),
        ("IPT_TYPE", "IptType"),
        ("hcv-ab", "HcvAb"),
        ("姓名", "Part"),
    ],
)
def test_class_names(text: str, name: str) -> None:
    assert ClassName(text) == name


@pytest.mark.parametrize(
    ("code", "member"),
    [("11", "C11"), ("2.1", "C2_1"), ("A-1", "CA_1"), ("0301", "C0301"), ("甲", "C_u7532")],
)
def test_member_names_come_from_the_code_alone(code: str, member: str) -> None:
    assert MemberName(code) == member


@given(st.lists(st.text(min_size=1, max_size=6), unique=True))
def test_members_are_distinct_identifiers(codes: list[str]) -> None:
    found = members(codes)
    assert len(set(found.values())) == len(codes)
    assert all(name.isidentifier() and name.isascii() for name in found.values())


def test_group_classes_do_not_take_names_their_modules_use() -> None:
    assert group_classes(["mapping", "order", "client", "async_order"]) == {
        "async_order": "AsyncOrderGroup",
        "client": "ClientGroup",
        "mapping": "MappingGroup",
        "order": "Order",
    }


def test_identifiers_and_uniqueness_do_not_depend_on_order() -> None:
    assert Identifier("a b") == "a_b"
    assert unique([("x", "n"), ("n", "n")]) == unique([("n", "n"), ("x", "n")])
