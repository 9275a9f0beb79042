"""The frame of a message, made without network."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from hubei_yibao_runtime.call import CallOptions
from hubei_yibao_runtime.clock import UTC8, Clock, http_date, platform_time
from hubei_yibao_runtime.errors import RequestInvalid, SettingsError
from hubei_yibao_runtime.protocol import encode
from hypothesis import example, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st
from wire_fixture import CODE, INPUT, NAME, REGISTRY, settings

MSGID = CODE + "202611240130590001"


def message(directory: Path, number: str = "Q101", **changes: Any) -> dict[str, Any]:
    options = changes.pop("options", CallOptions(msgid=MSGID))
    text = encode(REGISTRY, number, INPUT, settings(directory, **changes), options=options)
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def profile(**envelope: Any) -> dict[str, Any]:
    return {"name": "t", "source": "t", "envelope": envelope}


def test_keys_values_and_order(tmp_path: Path) -> None:
    assert list(message(tmp_path).items()) == [
        ("infno", "Q101"),
        ("msgid", MSGID),
        ("mdtrtarea_admvs", "420100"),
        ("insuplc_admdvs", "420100"),
        ("recer_sys_code", "T"),
        ("infver", "V1"),
        ("opter_type", "1"),
        ("opter", "001"),
        ("opter_name", NAME),
        ("inf_time", "2026-11-24 01:30:59"),
        ("fixmedins_code", CODE),
        ("fixmedins_name", "试验医院"),
        ("cainfo", ""),
        ("input", {"data": INPUT["data"] | {"amt": 12.30}}),
    ]


def test_msgid_and_inf_time_are_one_instant(tmp_path: Path) -> None:
    seen = set()
    for _ in range(30):
        made = message(tmp_path, options=CallOptions())
        seen.add(made["msgid"])
        stamp = datetime.strptime(made["inf_time"], "%Y-%m-%d %H:%M:%S")
        assert made["msgid"][:26] == CODE + stamp.strftime("%Y%m%d%H%M%S")
        assert len(made["msgid"]) == 30
    assert len(seen) == 30
    now = datetime.now(UTC8).replace(tzinfo=None)
    assert abs(stamp - now) < timedelta(minutes=1)


def test_input_as_text(tmp_path: Path) -> None:
    text = message(tmp_path, profile=profile(input_as="string"))["input"]
    assert isinstance(text, str)
    assert json.loads(text)["data"]["psn_name"] == NAME


def test_own_order_defaults_and_further_keys(tmp_path: Path) -> None:
    keys = ["input", "inf_time", "infno", "msgid", "recer_sys_code"]
    chosen = profile(keys=keys, required=[], defaults={"recer_sys_code": "D", "z": "1"})
    made = message(
        tmp_path, profile=chosen, recer_sys_code=None, envelope={"app_id": "A", "quote": '"\\\n'},
        options=CallOptions(msgid=MSGID, extra={"serv_code": "B"}),
    )  # fmt: skip
    assert list(made)[:5] == keys
    assert (made["recer_sys_code"], made["z"], made["app_id"], made["serv_code"]) == (
        "D", "1", "A", "B",
    )  # fmt: skip
    assert made["quote"] == '"\\\n'


def test_sign_no_is_sent_only_where_there_is_one(tmp_path: Path) -> None:
    assert "sign_no" not in message(tmp_path)
    assert message(tmp_path, sign_no="S-1")["sign_no"] == "S-1"


def test_insuplc_is_demanded_with_psn_no(tmp_path: Path) -> None:
    with pytest.raises(RequestInvalid, match="参保地医保区划") as caught:
        message(tmp_path, insuplc_admdvs="")
    assert caught.value.faults[0].path == "insuplc_admdvs"
    assert caught.value.infno == "Q101"
    given = CallOptions(msgid=MSGID, insuplc_admdvs="420299")
    assert message(tmp_path, insuplc_admdvs="", options=given)["insuplc_admdvs"] == "420299"
    assert message(tmp_path, options=given)["insuplc_admdvs"] == "420299"
    nobody = encode(
        REGISTRY, "Q101", {"data": {"mdtrt_id": "1"}}, settings(tmp_path, insuplc_admdvs=""),
        options=CallOptions(msgid=MSGID),
    )  # fmt: skip
    assert json.loads(nobody)["insuplc_admdvs"] == ""


def test_all_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="the envelope lacks recer_sys_code, opter"):
        message(tmp_path, opter="", recer_sys_code="")


@pytest.mark.parametrize("key", ["infno", "msgid", "inf_time", "input"])
def test_extra_cannot_replace_what_the_call_sets(tmp_path: Path, key: str) -> None:
    with pytest.raises(RequestInvalid, match=key):
        message(tmp_path, options=CallOptions(msgid=MSGID, extra={key: "x"}))


@pytest.mark.parametrize("key", ["infno", "msgid", "inf_time", "input"])
def test_neither_settings_nor_profile_can_replace_what_the_call_sets(
    tmp_path: Path, key: str
) -> None:
    with pytest.raises(SettingsError, match=key):
        message(tmp_path, envelope={key: "x"})
    with pytest.raises(SettingsError, match=key):
        message(tmp_path, profile=profile(defaults={key: "x"}))


def test_members_of_text_enums_are_written_as_their_value(tmp_path: Path) -> None:
    class Kind(StrEnum):
        ONE = "1"

    class Text(str):
        pass

    made = message(
        tmp_path, options=CallOptions(msgid=MSGID, extra={"k": Kind.ONE, "t": Text("é")})
    )
    assert (made["k"], made["t"]) == ("1", "é")


def test_extra_values_are_text(tmp_path: Path) -> None:
    extra: Any = {"app_id": 7}
    with pytest.raises(RequestInvalid, match="app_id"):
        message(tmp_path, options=CallOptions(msgid=MSGID, extra=extra))


def test_half_characters_in_the_settings(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        message(tmp_path, envelope={"app_id": "\ud800"})


def test_a_long_code_needs_a_rule(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="msgid_code"):
        message(tmp_path, fixmedins_code=CODE + "99", options=CallOptions())
    made = message(
        tmp_path, fixmedins_code=CODE + "99", msgid_code="first12", options=CallOptions()
    )
    assert made["msgid"][:12] == CODE
    assert made["fixmedins_code"] == CODE + "99"


def test_the_clock_tells_utc8_and_learns() -> None:
    local = datetime(2026, 11, 23, 23, 59, 58, tzinfo=UTC)
    clock = Clock(lambda: local)
    assert clock.now().strftime("%Y-%m-%d %H:%M:%S %z") == "2026-11-24 07:59:58 +0800"
    assert not clock.learn(clock.now() + timedelta(seconds=1), clock.now())
    assert clock.learn(clock.now() + timedelta(minutes=5), clock.now())
    assert clock.now() == local + timedelta(minutes=5)
    assert not clock.learn(clock.now() + timedelta(days=400), clock.now())
    assert clock.offset == timedelta(minutes=5)


def test_a_slow_answer_tells_little_about_the_time() -> None:
    clock = Clock()
    asked = clock.now() - timedelta(seconds=100)
    assert not clock.learn(clock.now(), asked)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-24 07:59:58", "2026-11-24T07:59:58+08:00"),
        ("20261124075958", "2026-11-24T07:59:58+08:00"),
        ("20261124075958123", "2026-11-24T07:59:58.123000+08:00"),
        ("2026-11-24T07:59:58.5", "2026-11-24T07:59:58.500000+08:00"),
    ],
)
def test_times_of_answers(text: str, expected: str) -> None:
    found = platform_time(text)
    assert found is not None
    assert found.isoformat() == expected


@pytest.mark.parametrize("text", ["", "yesterday", "20261399000000", None, 5, "9999-99-99 1:1:1"])
def test_what_is_no_time(text: Any) -> None:
    assert platform_time(text) is None


def test_http_dates() -> None:
    expected = datetime(2026, 11, 23, 23, 59, 58, tzinfo=UTC)
    assert http_date("Mon, 23 Nov 2026 23:59:58 GMT") == expected
    assert http_date("Mon, 23 Nov 2026 23:59:58 -0000") == expected
    assert http_date("no date") is None
    assert http_date(None) is None


_date_pieces = st.sampled_from(
    ["Thu,", "Nov", "26", "2026", "12:00:00", "GMT", "+0800", "-9999", "+" + "9" * 14, "9" * 20,
     ":", ",", "(", "-", "0", "12.00.00", "am", "\0", "张", '"', "\\"]
)  # fmt: skip


@settings_of_hypothesis(deadline=None, max_examples=500)
@example("Thu, 26 Nov 20269999900 12:00:00 GMT")
@example("+99999999999999 Nov 12:00 Nov 99999999999999999999 12.00.00 am 0 0")
@example("Thu, 01 Jan 0001 00:00:00 +2300")
@example("Fri, 31 Dec 9999 23:59:59 -2300")
@given(st.text(max_size=40) | st.lists(_date_pieces, max_size=9).map(" ".join))
def test_any_http_date_is_a_time_or_none(text: str) -> None:
    stated, clock = http_date(text), Clock()
    if stated is not None:
        assert stated.tzinfo is not None
        clock.learn(stated, clock.now())
