"""13xx, 9101, 9102: files in the published layout, by version, in all three upload forms."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from typing import Any

import pytest
from hubei_yibao.registry import INTERFACES
from hubei_yibao_simulator.business.directories import FILES
from simulator.hospital import Hospital, Refused, _encode

CONTENT = b"PK fake \x00\xff\x80 bytes"


@pytest.mark.parametrize("number", [n for n in FILES if INTERFACES[n].files])
def test_a_directory_comes_in_the_published_layout(hospital: Hospital, number: str) -> None:
    columns = INTERFACES[number].files[0].columns
    roles = {column.role: index for index, column in enumerate(columns) if column.role}
    version, seen = "v0000", 0
    while True:
        answer = hospital.call(number, {"data": {"ver": version}})
        if not answer["file_qury_no"]:
            break
        assert len(answer["file_qury_no"]) == 40
        rows = hospital.download(answer["file_qury_no"], answer["filename"], "plc")
        assert len(rows) == answer["data_cnt"]
        assert {len(row) for row in rows} == {len(columns)}
        codes = [row[roles.get("code", 0)] for row in rows]
        assert len(set(codes)) == len(codes)
        assert "null" not in codes
        # as published: the new local version is the greatest of the file
        version = max(row[roles["version"]] for row in rows)
        assert version == rows[-1][roles["version"]] > "v0000"
        seen += 1
    assert seen == 1


def test_only_newer_versions_come(hospital: Hospital) -> None:
    everything = hospital.call("1301", {"data": {"ver": "0"}})
    newer = hospital.call("1301", {"data": {"ver": "v0001"}})
    assert 0 < newer["data_cnt"] < everything["data_cnt"]


def upload_input(hospital: Hospital, content: Any) -> dict[str, Any]:
    fields = {"filename": "f.zip", "fixmedins_code": hospital.code}
    return {"fsUploadIn": fields if content is None else {**fields, "in": content}}


def fetch(hospital: Hospital, stored: dict[str, Any]) -> bytes:
    given = {"fsDownloadIn": {
        "file_qury_no": stored["file_qury_no"], "filename": stored["filename"],
        "fixmedins_code": stored["fixmedins_code"],
    }}  # fmt: skip
    return hospital.post(_encode(hospital.message("9102", given))).content


@pytest.mark.parametrize(
    "form",
    [
        [byte - 256 if byte > 127 else byte for byte in CONTENT],
        list(CONTENT),
        base64.b64encode(CONTENT).decode(),
    ],
    ids=["int8-array", "uint8-array", "base64"],
)
def test_a_file_travels_inside_the_message(hospital: Hospital, form: Any) -> None:
    stored = hospital.call("9101", upload_input(hospital, form))
    assert fetch(hospital, stored) == CONTENT


@pytest.mark.parametrize("part", ["file", "in"])
def test_a_file_travels_as_multipart(hospital: Hospital, part: str) -> None:
    message = hospital.message("9101", upload_input(hospital, None))
    response = hospital.http.post(
        hospital.url, data={"jsonStr": json.dumps(message)}, files={part: ("f.zip", CONTENT)}
    )
    stored = response.json()
    assert stored["infcode"] == "0", stored
    assert fetch(hospital, stored["output"]) == CONTENT


@pytest.mark.parametrize(
    ("data", "files"),
    [
        ({}, {"file": b"x"}),
        ({"jsonStr": "{}"}, {"other": b"x"}),
        ({"jsonStr": "{"}, {"file": b"x"}),
    ],
)
def test_a_multipart_that_is_not_complete_is_refused(
    hospital: Hospital, data: dict[str, str], files: dict[str, bytes]
) -> None:
    answer = hospital.http.post(hospital.url, data=data, files=files).json()
    assert answer["infcode"] == "-1"
    assert answer["err_msg"]


@pytest.mark.parametrize("form", [["x"], [300], "not base64!", {"a": 1}, 7])
def test_a_file_in_no_known_form_is_refused(hospital: Hospital, form: Any) -> None:
    with pytest.raises(Refused):
        hospital.call("9101", upload_input(hospital, form))


def test_a_file_of_another_institution_stays_hidden(hospital: Hospital) -> None:
    stored = hospital.call("9101", upload_input(hospital, list(CONTENT)))
    other = Hospital(hospital.url, code="H42999900002")
    answer = json.loads(fetch(other, {**stored, "fixmedins_code": other.code}))
    assert answer["infcode"] == "-1"
    answer = json.loads(fetch(other, stored))
    assert answer["infcode"] == "-1"
    other.close()


def test_a_reconciliation_file_must_be_a_zip_of_eight_columns(hospital: Hospital) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "one\ttwo")
    for content, message in ((b"no zip", "ZIP"), (packed.getvalue(), "8列")):
        stored = hospital.call("9101", upload_input(hospital, list(content)))
        data = {
            "setl_optins": "420199", "file_qury_no": stored["file_qury_no"],
            "stmt_begndate": "2026-01-01", "stmt_enddate": "2026-12-31", "medfee_sumamt": 0,
            "fund_pay_sumamt": 0, "cash_payamt": 0, "fixmedins_setl_cnt": 1, "clr_type": "11",
            "refd_setl_flag": "0",
        }  # fmt: skip
        with pytest.raises(Refused, match=message):
            hospital.call("3202", {"data": data})


def test_the_catalogue_queries_page(hospital: Hospital) -> None:
    asked = {"updt_time": "2026-01-01", "page_num": 1, "page_size": 4}
    first = hospital.call("1312", {"data": asked})
    second = hospital.call("1312", {"data": {**asked, "page_num": 2}})
    assert len(first) == 4
    assert not {r["hilist_code"] for r in first} & {r["hilist_code"] for r in second}
    limits = hospital.call("1318", {"data": {**asked, "page_size": 100}})
    assert {row["hilist_code"]: row["hilist_pric_uplmt_amt"] for row in limits}["SIM-X-0002"] == 50
    prepay = hospital.call("1319", {"data": {**asked, "hilist_code": "SIM-M-0001"}})
    assert [float(row["selfpay_prop"]) for row in prepay] == [0.3]
