"""Every interface answers, checks its request by the spec, and says only what the spec names."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hubei_yibao.registry import INTERFACES
from hubei_yibao_runtime.interface import Field, Node
from hubei_yibao_simulator import SimulatorConfig, SimulatorServer, envelope
from hubei_yibao_simulator.business import HANDLERS
from hubei_yibao_simulator.business.reversal import REVERSIBLE
from simulator.hospital import Hospital, _encode, sampled_input

ROOT = Path(__file__).parents[2]
NUMBERS = list(INTERFACES)


@pytest.mark.parametrize("number", NUMBERS)
def test_it_answers_a_well_formed_request(hospital: Hospital, number: str) -> None:
    answer = hospital.answer(number, sampled_input(number))
    if answer["infcode"] == "0":
        assert set(answer) == {
            "infcode", "inf_refmsgid", "refmsg_time", "respond_time", "err_msg", "output",
        }  # fmt: skip
        assert list(strange(number, answer["output"])) == []
    else:
        # the sample's people and visits do not exist: only the rules may refuse it
        assert number in HANDLERS
        assert "入参校验" not in answer["err_msg"]


def required(number: str) -> Field | None:
    nodes = INTERFACES[number].input or ()
    return next((f for f in (nodes[0].fields if nodes else ()) if f.required), None)


@pytest.mark.parametrize("number", [n for n in NUMBERS if required(n)])
def test_it_names_the_field_that_is_missing(hospital: Hospital, number: str) -> None:
    field = required(number)
    assert field is not None
    given = sampled_input(number)
    node = (INTERFACES[number].input or ())[0]
    row = given if node.name is None else given[node.name]
    del (row[0] if isinstance(row, list) else row)[field.name]
    answer = hospital.answer(number, given)
    assert answer["infcode"] == "-1"
    assert field.name in answer["err_msg"]
    assert field.label in answer["err_msg"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"med_type": "zz"}, "med_type 医疗类别：不在字典 med_type 中"),
        ({"psn_no": "9" * 31}, "psn_no 人员编号：长度31超过30"),
        ({"begntime": "2026/01/01"}, "begntime 开始时间：日期格式不正确"),
        ({"psn_no": 5}, "psn_no 人员编号：应为字符型"),
        ({"invented": "x"}, "data.invented：本交易没有此字段"),
    ],
)
def test_a_wrong_value_is_named(hospital: Hospital, change: dict[str, Any], named: str) -> None:
    given = sampled_input("2001")
    given["data"] |= change
    answer = hospital.answer("2001", given)
    assert answer["infcode"] == "-1"
    assert named in answer["err_msg"]
    assert "9999" not in answer["err_msg"]


@pytest.mark.parametrize(
    ("amount", "named"),
    [
        ("1.005", "最多2位小数"),
        ("x", "应为数值型"),
        (10**15, "整数部分最多14位"),
        (True, "应为数值型"),
    ],
)
def test_a_wrong_amount_is_named(hospital: Hospital, amount: Any, named: str) -> None:
    given = sampled_input("2206")
    given["data"]["medfee_sumamt"] = amount
    answer = hospital.answer("2206", given)
    assert f"data.medfee_sumamt 医疗费总额：{named}" in answer["err_msg"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"opter_name": ""}, "opter_name 经办人姓名：不能为空"),
        ({"msgid": "short"}, "msgid 发送方报文ID"),
        ({"inf_time": "20260101"}, "inf_time 交易时间"),
        ({"opter_type": "9"}, "opter_type 经办人类别"),
        ({"insuplc_admdvs": ""}, "insuplc_admdvs 参保地医保区划：交易输入含人员编号"),
        ({"infno": "9999"}, "交易编号 9999 不存在"),
        ({"input": 7}, "input 交易输入：应为对象"),
        ({"fixmedins_code": 7}, "fixmedins_code 定点医药机构编号：应为字符型"),
    ],
)
def test_a_wrong_envelope_is_named(hospital: Hospital, change: dict[str, Any], named: str) -> None:
    given = sampled_input("2001")
    answer = hospital.answer("2001", given, **{k: v for k, v in change.items() if k != "msgid"},
                             msgid=change.get("msgid"))  # fmt: skip
    assert answer["infcode"] == "-1"
    assert named in answer["err_msg"]


def test_the_frame_is_that_of_the_spec() -> None:
    platform = yaml.load((ROOT / "spec" / "platform.yaml").read_text("utf-8"), yaml.BaseLoader)
    listed = {field["name"]: field for field in platform["envelope"]["request"]}
    for name, label, length, needed in envelope.FIELDS:
        assert (label, str(length)) == (listed[name]["label"], listed[name]["length"])
        assert needed == (listed[name]["required"] == "true")
    reversible = platform["constants"]["reversible"]["value"]
    assert set(REVERSIBLE) == set(reversible)


def test_input_may_come_as_json_text(hospital: Hospital) -> None:
    answer = hospital.answer("1901", sampled_input("1901"))
    text = '{"data":{"type":"gend","parentValue":"0","admdvs":"420000","date":"2026-01-01","valiFlag":"1"}}'
    as_text = hospital.answer("1901", text)
    assert answer["infcode"] == as_text["infcode"] == "0"
    assert len(as_text["output"]["list"]) == len(INTERFACES.codes("gend"))


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"{}", b"[" * 100_000])
def test_what_is_no_message_gets_an_answer(hospital: Hospital, body: bytes) -> None:
    answer = hospital.post(body).json()
    assert answer["infcode"] == "-1"
    assert answer["err_msg"]


WEIRD: list[Any] = [
    None, "", 5, -1, "5.0", "-0", 10**25, 0.1, True, [], {}, [[]], [None], {"a": {"b": 1}},
    "长" * 5000, "\x00", "'; --", "9999-99-99", "0000",
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of everything inside an input."""
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in parts:
        yield (*path, key)
        if isinstance(part, dict | list):
            yield from places(part, (*path, key))


def put(value: Any, path: tuple[Any, ...], new: Any) -> None:
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = new


@pytest.mark.parametrize("number", sorted(HANDLERS))
def test_no_value_anywhere_breaks_a_rule(hospital: Hospital, number: str) -> None:
    chance = random.Random(number)
    where = list(places(sampled_input(number)))
    for _ in range(60 if where else 0):
        given = sampled_input(number)
        path = chance.choice(where)
        put(given, path, chance.choice(WEIRD))
        response = hospital.post(_encode(hospital.message(number, given)))
        assert response.status_code == 200, (path, given)


def test_a_body_without_end_is_cut_off(server: SimulatorServer) -> None:
    with SimulatorServer(SimulatorConfig(largest_body=1000)) as small:
        hospital = Hospital(small.url)
        assert hospital.post(b" " * 1001).status_code == 413
        hospital.close()


def test_samples_depend_on_the_seed_alone() -> None:
    outputs = []
    for seed in (1, 1, 2):
        with SimulatorServer(SimulatorConfig(seed=seed)) as server:
            hospital = Hospital(server.url)
            numbers = [n for n in NUMBERS if n not in HANDLERS and INTERFACES[n].output]
            outputs.append([hospital.call(n, sampled_input(n)) for n in numbers])
            hospital.close()
    assert outputs[0] == outputs[1] != outputs[2]


def strange(number: str, output: Any) -> Iterator[str]:
    """Paths of fields that the interface's output does not have."""
    nodes = INTERFACES[number].output
    if nodes is None:
        assert output == {}
        return
    direct = next((node for node in nodes if node.name is None), None)
    if isinstance(output, list):
        assert direct is not None
        yield from _strange_rows("", direct, output)
        return
    by_name = {node.name: node for node in nodes}
    own = {field.name: field for field in direct.fields} if direct else {}
    for key, value in output.items():
        if key in by_name:
            yield from _strange_rows(key, by_name[key], value)
        elif key not in own:
            yield key


def _strange_rows(path: str, node: Node, value: Any) -> Iterator[str]:
    for row in value if isinstance(value, list) else [value]:
        yield from _strange_fields(path, node.fields, row)


def _strange_fields(path: str, fields: tuple[Field, ...], row: Mapping[str, Any]) -> Iterator[str]:
    known = {field.name: field for field in fields}
    for key, value in row.items():
        if key not in known:
            yield f"{path}.{key}"
        elif known[key].fields:
            for part in value if isinstance(value, list) else [value]:
                yield from _strange_fields(f"{path}.{key}", known[key].fields, part)
