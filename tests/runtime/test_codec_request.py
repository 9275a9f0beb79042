"""Requests: what goes onto the wire, and what is refused, all of it at once."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
from codec_fixture import REGISTRY, InputX204, InputX204Row, Kind
from hubei_yibao_runtime.codec import EncodedInput, encode_input
from hubei_yibao_runtime.errors import RequestInvalid, YibaoError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROW: dict[str, Any] = {
    "sn": "1",
    "psn_no": "P1",
    "kind": "11",
    "cnt": Decimal("1.20"),
    "occurred": "2020-01-01 00:00:00",
}
WIRE = {
    "sn": '"1"', "psn_no": '"P1"', "kind": '"11"', "cnt": "1.20", "occurred": '"2020-01-01 00:00:00"'
}  # fmt: skip
EMPTY = '""'
ORDER = (
    "sn", "psn_no", "psn_name", "kind", "cnt", "amt", "days", "occurred", "born", "hcv-ab", "flag",
    "local", "other", "memo",
)  # fmt: skip


def wire(**changed: str) -> str:
    """The JSON of a row: keys in the table's order, no blanks."""
    held = WIRE | changed
    return "{" + ",".join(f'"{name}":{held[name]}' for name in ORDER if name in held) + "}"


def encode(*rows: Any) -> EncodedInput:
    return encode_input(REGISTRY, "X204", {"row": list(rows)})


def faults(number: str, given: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(RequestInvalid) as caught:
        encode_input(REGISTRY, number, given)
    assert caught.value.safe_to_repeat is False
    assert caught.value.infno == number
    return [(fault.path, fault.rule, fault.message) for fault in caught.value.faults]


def with_field(**changed: Any) -> dict[str, Any]:
    return {name: value for name, value in {**ROW, **changed}.items() if value is not ...}


@pytest.mark.parametrize(
    ("changed", "added"),
    [
        ({}, {}),
        ({"amt": Decimal("10.00")}, {"amt": "10.00"}),
        ({"amt": Decimal("-0.10")}, {"amt": "-0.10"}),
        ({"amt": "10.50"}, {"amt": "10.50"}),
        ({"amt": 7}, {"amt": "7"}),
        ({"amt": Decimal("1E+3")}, {"amt": "1000"}),
        ({"amt": Decimal("2.5000000")}, {"amt": "2.50"}),
        ({"amt": Decimal("0E-9")}, {"amt": "0.00"}),
        ({"amt": Decimal("99999999999999.99")}, {"amt": "99999999999999.99"}),
        ({"other": Decimal("0.0000001")}, {"other": "0.0000001"}),
        ({"other": True}, {"other": "true"}),
        ({"days": 12}, {"days": "12"}),
        ({"days": Decimal("12")}, {"days": "12"}),
        ({"born": date(2020, 2, 29)}, {"born": '"2020-02-29"'}),
        ({"born": "2020-02-29"}, {"born": '"2020-02-29"'}),
        ({"flag": ""}, {"flag": '""'}),
        ({"memo": None, "amt": None, "days": None}, {"amt": "0", "days": "0", "memo": '""'}),
        ({"memo": "医保\n\"'\\"}, {"memo": '"医保\\n\\"\'\\\\"'}),
        ({"local": "ZZZ"}, {"local": '"ZZZ"'}),
        ({"hcv_ab": "阳"}, {"hcv-ab": '"阳"'}),
        ({"hcv-ab": "阳"}, {"hcv-ab": '"阳"'}),
        ({"hcvAb": "阳"}, {"hcv-ab": '"阳"'}),
    ],
)
def test_wire_form(changed: dict[str, Any], added: dict[str, str]) -> None:
    row = with_field(**changed)
    assert encode(row).json.decode() == f'{{"row":[{wire(**added)}]}}'
    assert encode(ROW, row).json.decode() == f'{{"row":[{wire()},{wire(**added)}]}}'


@pytest.mark.parametrize(
    "row",
    [
        {**ROW, "kind": Kind.ORDINARY},
        {**ROW, "occurred": datetime(2020, 1, 1, 0, 0, 0, 999)},
        {**ROW, "cnt": "1.20"},
        dict(reversed(ROW.items())),
        MappingProxyType(ROW),
        InputX204Row(**ROW),
        InputX204Row(**{**ROW, "occurred": datetime(2020, 1, 1), "kind": Kind.ORDINARY}),
    ],
)
def test_same_wire_for_every_way_to_say_it(row: Any) -> None:
    expected = f'{{"row":[{wire()}]}}'
    assert encode(row).json.decode() == expected
    assert encode(row).values == json.loads(expected, parse_float=Decimal)
    assert encode(ROW, row).json.decode() == f'{{"row":[{wire()},{wire()}]}}'


def test_models_all_the_way() -> None:
    model = InputX204(row=[InputX204Row(**ROW), InputX204Row(**ROW, memo=None)])
    expected = f'{{"row":[{wire()},{wire(memo=EMPTY)}]}}'
    assert encode_input(REGISTRY, "X204", model).json.decode() == expected


def test_a_model_changed_behind_its_back_is_checked_again() -> None:
    model = InputX204(row=[InputX204Row(**ROW)])
    model.row.append({"sn": "1"})  # type: ignore[arg-type]
    assert ("input.row[1].kind", "missing", "is required and not given") in faults("X204", model)


def test_a_str_subclass_is_text() -> None:
    class Code(str):
        pass

    assert encode({**ROW, "sn": Code("1")}).json == encode(ROW).json


@pytest.mark.parametrize(
    ("changed", "rule", "message"),
    [
        ({"sn": 1}, "type", "must be text (str), not int"),
        ({"sn": ""}, "missing", "is required and must not be empty"),
        ({"sn": None}, "missing", "is required and must not be empty"),
        ({"sn": ...}, "missing", "is required and not given"),
        ({"sn": "x" * 31}, "length", "has 31 characters, at most 30 are allowed"),
        ({"sn": "\ud800"}, "value", "holds half of a surrogate pair, UTF-8 cannot carry it"),
        ({"kind": "13"}, "code", "'13' is not a code of kind; closest: 11 普通, 12 挂号, 21 住院, 51 生育, 52 计生, …"),
        ({"kind": "住院"}, "code", "'住院' is not a code of kind; closest: 21 住院, 11 普通, 12 挂号, 51 生育, 52 计生, …"),
        ({"flag": "2"}, "code", "'2' is not a code of flag; allowed: 0 否, 1 是"),
        ({"local": "ZZZZZ"}, "length", "has 5 characters, at most 4 are allowed"),
        ({"cnt": 1.2}, "type", "is a float, which cannot hold money exactly; use Decimal or str"),
        ({"cnt": True}, "type", "must be a number (Decimal, int or numeric str), not bool"),
        ({"cnt": "1e3"}, "type", 'must be a number; as text in the form "12.30"'),
        ({"cnt": "１"}, "type", 'must be a number; as text in the form "12.30"'),
        ({"cnt": "1,2"}, "type", 'must be a number; as text in the form "12.30"'),
        ({"cnt": Decimal("NaN")}, "value", "must be a finite number, not NaN or Infinity"),
        ({"cnt": Decimal("-Infinity")}, "value", "must be a finite number, not NaN or Infinity"),
        ({"amt": Decimal("1.234")}, "precision", "does not fit 16,2: at most 14 digits before and 2 behind the point"),
        ({"amt": 10**14}, "precision", "does not fit 16,2: at most 14 digits before and 2 behind the point"),
        ({"amt": Decimal("1E+999999")}, "precision", "does not fit 16,2: at most 14 digits before and 2 behind the point"),
        ({"days": True}, "type", "must be a whole number (int), not bool"),
        ({"days": "3"}, "type", "must be a whole number (int), not str"),
        ({"days": 12345}, "length", "is too long, at most 4 digits are allowed"),
        ({"occurred": "2020-01-01"}, "format", "must have the form yyyy-MM-dd HH:mm:ss"),
        ({"occurred": "2020-01-01T00:00:00"}, "format", "must have the form yyyy-MM-dd HH:mm:ss"),
        ({"occurred": "2021-02-29 00:00:00"}, "value", "is no date and time of the calendar"),
        ({"occurred": date(2020, 1, 1)}, "type", "must be a date and time (datetime or str yyyy-MM-dd HH:mm:ss), not date"),
        ({"occurred": datetime(2020, 1, 1, tzinfo=UTC)}, "value", "must be a datetime without time zone, in China's time (UTC+8)"),
        ({"born": datetime(2020, 1, 1)}, "type", "must be a date (date or str yyyy-MM-dd), not datetime"),
        ({"born": "20200101"}, "format", "must have the form yyyy-MM-dd"),
        ({"other": 1.5}, "type", "is a float, which cannot hold money exactly; use Decimal or str"),
        ({"other": object()}, "type", "must be text or a number, not object"),
    ],
)  # fmt: skip
def test_refused(changed: dict[str, Any], rule: str, message: str) -> None:
    path = f"input.row[0].{next(iter(changed))}"
    row = with_field(**changed)
    assert faults("X204", {"row": [row]}) == [(path, rule, message)]
    later = path.replace("[0]", "[2]")
    assert faults("X204", {"row": [ROW, ROW, row]}) == [(later, rule, message)]


def test_all_faults_in_order() -> None:
    given = {
        "row": [
            with_field(
                kind="x", psn_name="六个字的名字", occurd="1", **{"hcv-ab": "1", "hcvAb": "2"}
            ),
            5,
            {"流水号": "1", **with_field(sn=...)},
            with_field(cnt=0.5, amt=Decimal("0.001")),
        ],
        "rwo": [],
        "sn": "1",
    }
    found = faults("X204", given)
    assert [(path, rule) for path, rule, _ in found] == [
        ("input.row[0].psn_name", "length"),
        ("input.row[0].kind", "code"),
        ("input.row[0].hcv-ab", "value"),
        ("input.row[0].occurd", "unknown_field"),
        ("input.row[1]", "type"),
        ("input.row[2].sn", "missing"),
        ("input.row[2].流水号", "unknown_field"),
        ("input.row[3].cnt", "type"),
        ("input.row[3].amt", "precision"),
        ("input.rwo", "unknown_field"),
        ("input.sn", "unknown_field"),
    ]
    messages = {path: message for path, _, message in found}
    assert messages["input.row[0].occurd"] == "is no field here; did you mean occurred 发生时间?"
    assert messages["input.row[2].流水号"] == "is no field here; did you mean sn 流水号?"
    assert messages["input.rwo"] == "is no field here; did you mean row 明细?"
    assert messages["input.sn"].endswith("; sn stands in node row")


def test_a_fault_names_its_place() -> None:
    with pytest.raises(RequestInvalid) as caught:
        encode(ROW, with_field(kind="x"))
    (fault,) = caught.value.faults
    assert fault[1:3] == ("类别", "code")
    assert (fault.node, fault.row, fault.field) == ("row", 1, "kind")
    assert str(caught.value).startswith(
        "X204 试验X204: request not sent, 1 fault:\n  - input.row[1].kind 类别: 'x' is not a code"
    )


@pytest.mark.parametrize(
    ("number", "given", "expected"),
    [
        ("X204", None, ("input.row", "missing")),
        ("X204", {}, ("input.row", "missing")),
        ("X204", {"row": []}, ("input.row", "rows")),
        ("X204", {"row": ROW}, ("input.row", "rows")),
        ("X204", {"row": "x"}, ("input.row", "rows")),
        ("X204", [], ("input", "type")),
        ("X101", {"psn_no": "P1", "sub": [{"a": "1"}]}, ("input.sub", "rows")),
        ("X101", {"psn_no": "P1", "sub": {"list": [{}]}}, ("input.sub.list[0].n", "missing")),
        ("X101", {"psn_no": "P1", "sub": {"list_": [{"n": "10000"}]}}, ("input.sub.list[0].n", "precision")),
        ("X000", {"a": 1}, ("input.a", "unknown_field")),
        ("X999", {"a": [{"b": 0.5}]}, ("input.a[0].b", "type")),
        ("X999", {"a": Decimal("NaN")}, ("input.a", "value")),
        ("X999", {"a": {1: 2}}, ("input.a", "type")),
        ("X999", {"\ud800": 2}, ("input", "type")),
    ],
)  # fmt: skip
def test_shapes_refused(number: str, given: Any, expected: tuple[str, str]) -> None:
    assert [(path, rule) for path, rule, _ in faults(number, given)] == [expected]


def test_a_cycle_is_a_fault_not_a_crash() -> None:
    loop: dict[str, Any] = {}
    loop["a"] = loop
    (fault,) = faults("X999", loop)
    assert fault[1:] == ("value", "is nested deeper than 64 levels")


@pytest.mark.parametrize(
    ("number", "given", "expected", "psn_no"),
    [
        ("X101", {"psn_no": "P9"}, '{"psn_no":"P9"}', "P9"),
        ("X101", {"psn_no": "P9", "sub": {"list": [{"n": 5}], "a": "x"}}, '{"psn_no":"P9","sub":{"a":"x","list":[{"n":5}]}}', "P9"),
        ("X000", None, "{}", None),
        ("X000", {}, "{}", None),
        ("X999", {"b": {"psn_no": "P7"}, "a": Decimal("1.50")}, '{"b":{"psn_no":"P7"},"a":1.50}', "P7"),
        ("X999", {"b": "psn_no", "n": None, "t": datetime(2020, 1, 1)}, '{"b":"psn_no","n":"","t":"2020-01-01 00:00:00"}', None),
    ],
)  # fmt: skip
def test_other_shapes(number: str, given: Any, expected: str, psn_no: str | None) -> None:
    encoded = encode_input(REGISTRY, number, given)
    assert encoded.json.decode() == expected
    assert encoded.psn_no == psn_no


def test_unknown_interface() -> None:
    with pytest.raises(YibaoError, match="there is no interface 'x204'") as caught:
        encode_input(REGISTRY, "x204", {})
    assert caught.value.advice == "did you mean X204?"


def test_sensitive_values_never_show() -> None:
    secret = "秘密的名字很长"
    row = with_field(psn_name=secret, psn_no=secret * 5)
    with pytest.raises(RequestInvalid) as caught:
        encode(row)
    assert len(caught.value.faults) == 2
    assert secret not in str(caught.value) + repr(caught.value) + repr(caught.value.faults)
    fine = encode(with_field(psn_name="秘密"))
    assert "秘密" not in repr(fine)


_money = st.decimals(min_value=-(10**12), max_value=10**12, places=2)
_rows = st.lists(
    st.fixed_dictionaries(
        {
            "sn": st.text(st.characters(codec="utf-8"), min_size=1, max_size=30),
            "psn_no": st.just("P1"),
            "kind": st.sampled_from(["11", "12", Kind.REGISTRATION]),
            "cnt": st.decimals(min_value=-(10**11), max_value=10**11, places=4)
            | st.integers(0, 99),
            "occurred": st.datetimes(min_value=datetime(1900, 1, 1))
            | st.just("2020-01-01 00:00:00"),
        },
        optional={
            "amt": _money | _money.map(str) | st.none(),
            "days": st.integers(-9999, 9999) | st.none(),
            "memo": st.text(st.characters(codec="utf-8"), max_size=20) | st.none(),
            "other": st.booleans() | _money | st.text(st.characters(codec="utf-8"), max_size=9),
        },
    ),
    min_size=1,
    max_size=5,
)


def _expected(name: str, value: Any) -> Any:
    if value is None:
        return 0 if name in ("amt", "days") else ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S") if value.year >= 1000 else ...
    return Decimal(value) if name == "amt" else value


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_rows)
def test_round_trip(rows: list[dict[str, Any]]) -> None:
    """A JSON parser that keeps decimals reads exactly what was given, whatever way it went."""
    encoded = encode(*rows)
    read = json.loads(encoded.json, parse_float=Decimal)["row"]
    for row, got in zip(rows, read, strict=True):
        assert got == {name: _expected(name, value) for name, value in row.items()}
    assert b"E+" not in encoded.json
    assert encode(*[InputX204Row(**row) for row in rows]).json == encoded.json


_anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text()
    | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from([*ROW, "amt", "days", "born", "flag", "x"]), _anything))
def test_anything_is_written_or_refused(row: dict[str, Any]) -> None:
    for number, given_input in (("X204", {"row": [{**ROW, **row}]}), ("X999", row)):
        with suppress(RequestInvalid):
            encoded = encode_input(REGISTRY, number, given_input)
            json.loads(encoded.json, parse_constant=pytest.fail)
