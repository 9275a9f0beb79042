"""Answers: every tolerance with its exact repairs, every refusal with its outcome."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from codec_fixture import REGISTRY
from hubei_yibao_runtime.codec import decode, read_answer
from hubei_yibao_runtime.errors import GatewayRefused, OutcomeUnknown, Rejected, YibaoError
from hubei_yibao_runtime.model import Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CLEAN = {"setl": {"setl_id": "S1", "fund": 1.5}, "result": []}


def body(output: Any, **envelope: Any) -> bytes:
    message = {"infcode": "0", "err_msg": "", **envelope}
    if output is not ...:
        message["output"] = output
    return json.dumps(message, ensure_ascii=False).encode()


def read(output: Any, number: str = "X204", **envelope: Any) -> Any:
    return decode(REGISTRY, number, body(output, **envelope))


def kinds(result: Result) -> list[tuple[str, str]]:
    return [(repair.path, repair.kind) for repair in result.repairs]


def test_a_clean_answer_needs_no_repair() -> None:
    text = (
        b'{"infcode":"0","inf_refmsgid":"42","err_msg":"success","warn_msg":null,"output":{"setl":'
        b'{"setl_id":"S1","fund":-10.00,"count":3,"born":"2020-02-29","at":"2020-02-29 01:02:03",'
        b'"done":true,"file":"QQ==","exp_content":null,"hcv-ab":"1","part":[{"code":"a",'
        b'"share":12345678901234.56}],"one":{"share":0},"words":["x"]},'
        b'"result":[{"sn":"1","amt":1.0000},{"sn":"2","at":null}]}}'
    )
    result: Any = decode(REGISTRY, "X204", text)
    assert result.repairs == ()
    assert (result.infcode, result.msgid) == ("0", None)
    setl = result.setl
    assert (setl.setl_id, setl.count, setl.done, setl.file) == ("S1", 3, True, "QQ==")
    assert str(setl.fund) == "-10.00"
    assert (setl.born, setl.at) == (date(2020, 2, 29), datetime(2020, 2, 29, 1, 2, 3))
    assert (setl.hcv_ab, setl.exp_content, setl.psn_name) == ("1", None, None)
    assert (setl.part[0].share, setl.one.share) == (Decimal("12345678901234.56"), Decimal(0))
    assert [str(row.amt) for row in result.result] == ["1.0000", "None"]
    assert result.envelope == {
        "infcode": "0", "inf_refmsgid": "42", "err_msg": "success", "warn_msg": None,
    }  # fmt: skip
    assert result.raw == json.loads(text, parse_float=Decimal)


@pytest.mark.parametrize(
    ("field", "value", "typed", "kind"),
    [
        ("fund", 5, Decimal(5), None),
        ("fund", "5.10", Decimal("5.10"), "number_as_text"),
        ("fund", " -5.10 ", Decimal("-5.10"), "number_as_text"),
        ("fund", "", None, "empty"),
        ("fund", "null", None, "empty"),
        ("fund", None, None, "null"),
        ("fund", True, None, "unreadable"),
        ("fund", "five", None, "unreadable"),
        ("fund", "1" * 100, None, "unreadable"),
        ("fund", {}, None, "unreadable"),
        ("count", "7", 7, "number_as_text"),
        ("count", 7.0, 7, "number_form"),
        ("count", 7.5, None, "unreadable"),
        ("count", "", None, "empty"),
        ("count", None, None, None),
        ("setl_id", 42, "42", "text_as_number"),
        ("setl_id", 4.5, "4.5", "text_as_number"),
        ("setl_id", True, "true", "text_as_boolean"),
        ("setl_id", ["x"], None, "unreadable"),
        ("setl_id", "", "", None),
        ("done", "1", True, "boolean_form"),
        ("done", 0, False, "boolean_form"),
        ("done", "FALSE", False, "boolean_form"),
        ("done", "maybe", None, "unreadable"),
        ("done", [], None, "unreadable"),
        ("anything", [1, {"a": "b"}], [1, {"a": "b"}], None),
        ("words", ["a", 1], ["a", "1"], "text_as_number"),
        ("words", "a", ["a"], "object_for_list"),
        ("words", None, [], None),
        ("born", "2020-01-02 00:00:00", date(2020, 1, 2), "date_form"),
        ("born", "20200102", date(2020, 1, 2), "date_form"),
        ("born", 1577894400000, date(2020, 1, 2), "date_form"),
        ("born", "", None, "empty"),
        ("born", "2020-02-30", None, "unreadable"),
        ("at", "2020-01-02", datetime(2020, 1, 2), "date_form"),
        ("at", "2020-01-02T03:04:05", datetime(2020, 1, 2, 3, 4, 5), "date_form"),
        ("at", "2020-01-02T03:04:05+08:00", datetime(2020, 1, 2, 3, 4, 5), "date_form"),
        ("at", "2020-01-01T19:04:05Z", datetime(2020, 1, 2, 3, 4, 5), "date_form"),
        ("at", "2020-01-02 03:04:05.678", datetime(2020, 1, 2, 3, 4, 5, 678000), "date_form"),
        ("at", "2020-01-02 03:04", datetime(2020, 1, 2, 3, 4), "date_form"),
        ("at", "20200102030405678", datetime(2020, 1, 2, 3, 4, 5, 678000), "date_form"),
        ("at", 20200102030405678, datetime(2020, 1, 2, 3, 4, 5, 678000), "date_form"),
        ("at", "20200102030405", datetime(2020, 1, 2, 3, 4, 5), "date_form"),
        ("at", "20200102", datetime(2020, 1, 2), "date_form"),
        ("at", 1609135444000, datetime(2020, 12, 28, 14, 4, 4), "date_form"),
        ("at", "1609135444000", datetime(2020, 12, 28, 14, 4, 4), "date_form"),
        ("at", "Mon Dec 28 14:04:04 CST 2020", datetime(2020, 12, 28, 14, 4, 4), "date_form"),
        ("at", "Mon Dec 28 06:04:04 UTC 2020", datetime(2020, 12, 28, 14, 4, 4), "date_form"),
        ("at", "Mon Foo 28 14:04:04 CST 2020", None, "unreadable"),
        ("at", "2020-13-01 00:00:00", None, "unreadable"),
        ("at", "2020-01-02 25:00:00", None, "unreadable"),
        ("at", "9" * 17, None, "unreadable"),
        ("at", 10**30, None, "unreadable"),
        ("at", "", None, "empty"),
        ("part", {"code": "x"}, None, "object_for_list"),
        ("part", "", None, "empty"),
        ("one", [{"code": "x"}], None, "list_for_object"),
        ("one", 5, None, "unreadable"),
        ("expContent", "x", None, "alias"),
    ],
)
def test_fields(field: str, value: Any, typed: Any, kind: str | None) -> None:
    result = read({"setl": {"fund": 0, field: value}, "result": []})
    place = f"output.setl.{field}" + ("[1]" if isinstance(typed, list) and "1" in typed else "")
    assert kinds(result) == ([(place, kind)] if kind else [])
    if field in ("part", "one", "expContent"):
        part = result.setl.part[0] if field == "part" and value else result.setl.one
        assert part.code == ("x" if field != "expContent" and value and value != 5 else None)
        assert result.setl.exp_content == ("x" if field == "expContent" else None)
    else:
        got = getattr(result.setl, field)
        assert got == typed
        assert type(got) is type(typed)
    assert result.raw["output"]["setl"][field] == value


@pytest.mark.parametrize(
    ("output", "repairs", "setl_id", "rows"),
    [
        (None, [("output", "output_null")], None, 0),
        (..., [("output", "output_missing")], None, 0),
        ({}, [("output", "output_empty")], None, 0),
        ("", [("output", "output_empty")], None, 0),
        (json.dumps(CLEAN), [("output", "output_text")], "S1", 0),
        ("QUJDRA==", [("output", "output_unreadable")], None, 0),
        (5, [("output", "output_unreadable")], None, 0),
        ([CLEAN], [("output", "output_list")], "S1", 0),
        ([CLEAN, CLEAN], [("output", "output_rows")], "S1", 0),
        ([{"sn": "1"}, {"sn": "2"}], [("output", "output_list")], None, 2),
        ({"setl": [{"setl_id": "S1"}]}, [("output.setl", "list_for_object")], "S1", 0),
        ({"setl": []}, [("output.setl", "list_for_object")], None, 0),
        ({"setl": None}, [], None, 0),
        ({"setl": ""}, [("output.setl", "empty")], None, 0),
        ({"setl": "x"}, [("output.setl", "unreadable")], None, 0),
        ({"result": {"sn": "1"}}, [("output.result", "object_for_list")], None, 1),
        ({"result": [{"sn": "1"}, None]}, [("output.result[1]", "row_unreadable")], None, 1),
        ({"result": None}, [], None, 0),
        ({"results": [{"sn": "1"}]}, [("output.results", "alias")], None, 1),
        ({"result": [{"sn": "1"}], "results": 1}, [], None, 1),
        (
            {"result": [{"sn": "1", "amt": "1"}, {"sn": 2}, {"amt": "3"}]},
            [("output.result[0].amt", "number_as_text"), ("output.result[1].sn", "text_as_number"),
             ("output.result[2].amt", "number_as_text")], None, 3,
        ),
    ],
)  # fmt: skip
def test_shapes(output: Any, repairs: list[Any], setl_id: str | None, rows: int) -> None:
    result = read(output)
    assert kinds(result) == repairs
    assert result.setl.setl_id == setl_id
    assert len(result.result) == rows
    assert result.raw == json.loads(body(output))


def test_rows_keep_their_order_when_their_keys_differ() -> None:
    rows = [{"sn": "a"}, {"amt": 1, "sn": "b"}, {"sn": "c"}, {"sn": "d", "new": 1}]
    result = read({"result": rows})
    assert [row.sn for row in result.result] == ["a", "b", "c", "d"]
    assert result.result[3].new == 1
    assert not hasattr(result.result[0], "new")
    assert [list(row.model_dump()) for row in result.result[1:3]] == [["sn", "amt", "at"]] * 2


def test_an_interface_without_output_needs_no_repair_for_none() -> None:
    outputs: tuple[Any, ...] = (None, ..., {}, "")
    for output in outputs:
        assert read(output, "X000").repairs == ()


def test_fields_directly_in_output() -> None:
    result = read({"file_no": "F", "dld_end_time": "2020-01-02 03:04:05", "n": 1}, "X101")
    assert (result.file_no, result.dld_endtime, result.n) == ("F", datetime(2020, 1, 2, 3, 4, 5), 1)
    assert kinds(result) == [("output.dld_end_time", "alias")]


def test_an_interface_without_table_reads_by_name() -> None:
    result = decode(REGISTRY, "X999", b'{"infcode":"0","output":{"a":{"b":1.50},"c":[1]}}')
    assert (result.a, result.c, result.repairs) == ({"b": Decimal("1.50")}, [1], ())  # type: ignore[attr-defined]
    assert str(result.a["b"]) == "1.50"  # type: ignore[attr-defined]


def test_both_spellings_in_one_object() -> None:
    result = read({"setl": {"fund": 0, "exp_content": "main", "expContent": "other"}})
    assert (result.setl.exp_content, result.setl.expContent, result.repairs) == (
        "main",
        "other",
        (),
    )


@pytest.mark.parametrize("infcode", [0, "0", " 0 "])
def test_success(infcode: Any) -> None:
    result = read(CLEAN, infcode=infcode, err_msg="成功")
    assert result.infcode == "0"
    assert kinds(result) == ([("infcode", "infcode_number")] if infcode == 0 else [])


@pytest.mark.parametrize("infcode", [-1, 1, "-1", "1", "40101", -1.5])
def test_rejected(infcode: Any) -> None:
    message = "号码 420000190001010000 手机13900000000 不符"
    with pytest.raises(Rejected) as caught:
        read(CLEAN, infcode=infcode, err_msg=message, inf_refmsgid="R1")
    error = caught.value
    assert error.infcode == str(infcode)
    assert (error.err_msg, error.inf_refmsgid, error.infno) == (message, "R1", "X204")
    assert error.name == "试验X204"
    assert error.raw is not None
    assert "420000190001010000" not in str(error)
    assert "13900000000" not in str(error)
    assert "不符" in str(error)


@pytest.mark.parametrize("absent", [{"infcode": None}, {"infcode": ""}])
def test_output_without_infcode(absent: dict[str, Any]) -> None:
    result = read(CLEAN, **absent)
    assert result.infcode is None
    assert kinds(result) == [("infcode", "infcode_missing")]
    assert result.setl.setl_id == "S1"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"code": 401, "message": "no"}, "401"),
        ({"code": "403", "msg": "no"}, "403"),
        ({"success": False, "code": 500159, "message": "no"}, "500159"),
        ({"success": False}, ""),
        ({"status": 404, "error": "Not Found", "path": "/"}, "404"),
        ({"code": 401, "message": "no", "output": None}, "401"),
    ],
)
def test_gateway(message: dict[str, Any], code: str) -> None:
    with pytest.raises(GatewayRefused) as caught:
        decode(REGISTRY, "X204", json.dumps(message).encode())
    assert (caught.value.code, caught.value.raw) == (code, message)
    assert caught.value.safe_to_repeat is True


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"", "the answer is empty"),
        (b" \r\n", "the answer is empty"),
        (b"<html>secret</html>", "the answer is HTML of 19 bytes, not JSON"),
        (b"ok", "the answer is text of 2 bytes, not JSON"),
        (b'{"infcode":"0","output":{"a"', "the answer is text of 28 bytes, not JSON"),
        (b'{"a":"\xff\xff\xff"}', "the answer is text of 11 bytes, neither UTF-8 nor GB18030"),
        (b"[1]", "the answer is a JSON list, not an object"),
        (b"{}", "the answer has neither infcode nor output (no code)"),
        (b'{"code":0,"message":"ok"}', "the answer has neither infcode nor output (code 0: ok)"),
        (b'{"code":504,"success":false}', "the answer has neither infcode nor output (code 504)"),
        (b'{"code":408}', "the answer has neither infcode nor output (code 408)"),
        (b'{"infcode":"0.0","output":{"a":1}}', "infcode is neither a code nor absent"),
        (b'{"infcode":0.0}', "infcode is neither a code nor absent"),
        (b'{"infcode":true,"output":{"a":1}}', "infcode is neither a code nor absent"),
        (b'{"infcode":["0"]}', "infcode is neither a code nor absent"),
        (b'{"output":' + b"[" * 100_000, "the answer is text of 100010 bytes, nested deeper than 100 levels"),
        (b'{"infcode":"0","output":{"a":' + b"[" * 200 + b"]" * 200 + b"}}", "the answer is text of 431 bytes, nested deeper than 100 levels"),
        (b'{"a":' * 150 + b"1" + b"}" * 150, "the answer is text of 901 bytes, nested deeper than 100 levels"),
    ],
)  # fmt: skip
def test_unknown(text: bytes, what: str) -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        decode(REGISTRY, "X204", text)
    assert caught.value.what == what
    assert (caught.value.infno, caught.value.safe_to_repeat) == ("X204", None)


@pytest.mark.parametrize(
    ("text", "repairs", "field", "typed"),
    [
        (b'\xef\xbb\xbf{"infcode":"0","output":{"file_no":"F"}}', [("", "byte_order_mark")], "file_no", "F"),
        ('{"infcode":"0","output":{"file_no":"医保"}}'.encode("gb18030"), [("", "charset")], "file_no", "医保"),
        (b'{"infcode":"0","output":{"file_no":"a\tb"}}', [("", "lenient_json")], "file_no", "a\tb"),
        (b'{"infcode":"0","output":{"x":NaN}}', [("", "lenient_json")], "x", None),
        (b'{"infcode":"0","output":{"x":1E999999999999999999999}}', [("", "lenient_json")], "x", "1E999999999999999999999"),
        (b'{"infcode":"0","output":{"x":' + b"9" * 1_000_000 + b"}}", [("", "lenient_json")], "x", "9" * 1_000_000),
        (b'{"infcode":"0","output":{"file_no":' + b"9" * 900 + b"}}", [("output.file_no", "text_as_number")], "file_no", "9" * 900),
        (b'{"infcode":"0","output":{"file_no":"\\ud800x"}}', [("", "lenient_json")], "file_no", "\ufffdx"),
        (b'{"infcode":"0","output":{"file_no":"1","file_no":"2"}}', [("file_no", "duplicate_key")], "file_no", "2"),
        (b'{"infcode":"-1","infcode" : "0","output":{"x":{"y":1,"y":1}}}', [("y", "duplicate_key"), ("infcode", "duplicate_key")], "x", {"y": 1}),
        (b'{"infcode" : "0", "output" : {"file_no" : "a:b\\":c"}}', [], "file_no", 'a:b":c'),
    ],
)  # fmt: skip
def test_texts(text: bytes, repairs: list[Any], field: str, typed: Any) -> None:
    result = decode(REGISTRY, "X101", text)
    assert kinds(result) == repairs
    assert getattr(result, field) == typed


def test_unknown_interface() -> None:
    with pytest.raises(YibaoError, match="there is no interface"):
        decode(REGISTRY, "0000", b"{}")


def test_results_travel_and_hide_persons() -> None:
    output = {
        "setl": {"setl_id": "S1", "psn_name": "秘密", "neu": "秘密", "fund": "1.50"},
        "x": "秘密",
    }
    result = read(output)
    assert "秘密" not in repr(result) + str(result) + repr(result.repairs) + repr(result.setl)
    assert "S1" in repr(result)
    assert (result.setl.psn_name, result.setl.neu, result.x) == ("秘密", "秘密", "秘密")
    for other in (pickle.loads(pickle.dumps(result)), copy.copy(result), copy.deepcopy(result)):
        assert other == result
        assert (other.raw, other.repairs, other.envelope, other.infcode) == (
            result.raw, result.repairs, result.envelope, "0",
        )  # fmt: skip
    dumped = result.model_dump()
    assert dumped["setl"]["fund"] == Decimal("1.50")
    assert type(result).model_validate(dumped).setl == result.setl
    assert json.loads(result.model_dump_json())["setl"]["fund"] == "1.50"


def test_answers_hide_their_content() -> None:
    answer = read_answer(body({"setl": {"psn_name": "秘密"}}))
    assert "秘密" not in repr(answer)
    assert (answer.kind, answer.infcode, answer.text("err_msg")) == ("platform", "0", None)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
_output = st.fixed_dictionaries(
    {},
    optional={
        "setl": st.dictionaries(
            st.sampled_from(
                ["setl_id", "fund", "count", "born", "at", "done", "part", "one", "zz"]
            ),
            _json,
        )
        | _json,
        "result": st.lists(st.dictionaries(st.sampled_from(["sn", "amt", "at"]), _json)) | _json,
    },
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_output | _json, st.sampled_from(["0", 0, None, "-1"]) | _json)
def test_any_json_is_read_or_a_named_error(output: Any, infcode: Any) -> None:
    text = json.dumps({"infcode": infcode, "output": output}).encode()
    for number in ("X204", "X101", "X999"):
        try:
            result = decode(REGISTRY, number, text)
        except YibaoError:
            continue
        assert result.infcode in ("0", None)
        result.model_dump()
        repr(result)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200))
def test_any_bytes_are_a_named_error(text: bytes) -> None:
    with pytest.raises(YibaoError):
        decode(REGISTRY, "X204", text)


def test_changing_one_row_leaves_the_others_alone() -> None:
    assert read({}).model_fields_set == set()
    result = read({"result": [{"sn": "1"}, {"sn": "2"}]})
    assert result.model_fields_set == {"result"}
    assert read({}).model_fields_set == set()
    first, second = result.result
    first.amt = Decimal(1)
    first.new = "x"
    assert first.model_dump(exclude_unset=True) == {"sn": "1", "amt": Decimal(1), "new": "x"}
    assert second.model_dump(exclude_unset=True) == {"sn": "2"}
    assert second.model_fields_set == {"sn"}
