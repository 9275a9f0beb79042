"""The signed text in each family of public clients: golden texts, character by character."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hubei_yibao_runtime.codec.jsontext import Unreadable
from hubei_yibao_runtime.secure import JAVA_CLIENTS, WEB_CLIENT, Number, SigningRules, lexical

DATA = lexical.read(
    '{"name":"张三","amt":1.0,"n":12,"e":1e2,"ok":true,"no":false,"none":null,"blank":"","list":[],'
    '"obj":{},"inner":{"z":1.50,"a":"","m":{"y":null,"x":-0}},'
    '"rows":[{"b":2.10,"a":null,"c":{"d":1,"a":2}},"",3,[]],"Zed":"\\"/\\n"}'.encode()
)
FIELDS = {
    "appId": "APP", "version": "1.0.0", "timestamp": "1700000000000", "signType": "SM2",
    "encType": "SM4", "signData": "x", "encData": "y", "extra": "z", "blank": "", "none": None,
    "success": True, "code": Number("0"), "data": DATA,
}  # fmt: skip
HEAD, TAIL = "appId=APP&code=0&data=", (
    "&encType=SM4&signType=SM2&success=true&timestamp=1700000000000&version=1.0.0&key=SECRET"
)  # fmt: skip
GOLDEN = {
    "java": (
        JAVA_CLIENTS,
        r'{"Zed":"\"/\n","amt":"1.0","e":"1e2","inner":{"m":{"x":"-0"},"z":"1.50"},"n":"12",'
        r'"name":"张三","no":"false","obj":{},"ok":"true","rows":[{"b":"2.10","c":{"a":"2","d":"1"}},'
        r'"3"]}',
    ),
    "web": (
        WEB_CLIENT,
        r'{"Zed":"\"/\n","amt":"1.0","e":"1e2","inner":{"z":1.50,"a":"","m":{"y":null,"x":-0}},'
        r'"n":"12","name":"张三","no":"false","obj":{},"ok":"true",'
        r'"rows":[{"a":null,"b":2.10,"c":{"d":1,"a":2}},"",3,[]]}',
    ),
    "numbers kept": (
        SigningRules(scalars="keep"),
        r'{"Zed":"\"/\n","amt":1.0,"e":1e2,"inner":{"m":{"x":-0},"z":1.50},"n":12,"name":"张三",'
        r'"no":false,"obj":{},"ok":true,"rows":[{"b":2.10,"c":{"a":2,"d":1}},3]}',
    ),
    "own keys only": (
        SigningRules(sort="top", drop_empty="none", scalars="keep"),
        r'{"Zed":"\"/\n","amt":1.0,"blank":"","e":1e2,"inner":{"z":1.50,"a":"","m":{"y":null,"x":-0}},'
        r'"list":[],"n":12,"name":"张三","no":false,"none":null,"obj":{},"ok":true,'
        r'"rows":[{"b":2.10,"a":null,"c":{"d":1,"a":2}},"",3,[]]}',
    ),
    "as it came": (
        SigningRules(sort="none", drop_empty="none", scalars="keep"),
        r'{"name":"张三","amt":1.0,"n":12,"e":1e2,"ok":true,"no":false,"none":null,"blank":"",'
        r'"list":[],"obj":{},"inner":{"z":1.50,"a":"","m":{"y":null,"x":-0}},'
        r'"rows":[{"b":2.10,"a":null,"c":{"d":1,"a":2}},"",3,[]],"Zed":"\"/\n"}',
    ),
}


@pytest.mark.parametrize("family", GOLDEN)
def test_golden_texts(family: str) -> None:
    rules, data = GOLDEN[family]
    assert rules.text(FIELDS, "SECRET") == HEAD + data + TAIL


def test_the_default_is_the_java_clients() -> None:
    assert SigningRules() == JAVA_CLIENTS


def test_keys_may_be_sorted_as_if_all_were_small() -> None:
    data = {"medicalCode": "1", "medOrgOrd": "2", "B": "3", "a": "4"}
    assert SigningRules().data(data) == '{"B":"3","a":"4","medOrgOrd":"2","medicalCode":"1"}'
    small = SigningRules(key_order="case-insensitive")
    assert small.data(data) == '{"a":"4","B":"3","medicalCode":"1","medOrgOrd":"2"}'


def test_data_that_is_a_text_is_signed_as_it_stands() -> None:
    assert SigningRules().text({"data": '{"b":1, "a":""}'}, "S") == 'data={"b":1, "a":""}&key=S'


@pytest.mark.parametrize(
    "digits", ["1.0", "1", "1.00", "0.10", "100", "1e2", "-0", "12345678901234567890.10"]
)
def test_numbers_keep_their_text(digits: str) -> None:
    read = lexical.read(f'{{"a":{digits}}}'.encode())
    assert lexical.write(read) == f'{{"a":{digits}}}'
    assert SigningRules(scalars="keep").data(read) == f'{{"a":{digits}}}'
    assert SigningRules().data(read) == f'{{"a":"{digits}"}}'
    assert lexical.plain(read) == {"a": Decimal(digits)}


@pytest.mark.parametrize(
    ("value", "text"),
    [(Decimal("1.0"), "1.0"), (Decimal("1E+2"), "100"), (7, "7"), (True, "true"), ("张", '"张"')],
)
def test_python_values_have_one_text(value: Any, text: str) -> None:
    assert lexical.write(value) == text


@pytest.mark.parametrize("value", [1.0, Decimal("NaN"), {1: "a"}, b"x", object()])
def test_what_has_no_exact_text_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        lexical.write(value)


@pytest.mark.parametrize(
    "text",
    [
        b"", b"{", b'{"a":1,"a":1}', b'{"a":NaN}', b'{"a":Infinity}', b'{"a":"\xff"}',
        b'{"a":"\\ud800"}', b'{"\\udfff":1}', b'\xef\xbb\xbf{}', b"[" * 100 + b"]" * 100,
        b"[" * 100_000, b'{"a":"\n"}', b'{"a":01}', b"{}x", b'{"a":' + b"1" * 5000 + b"}",
    ],
)  # fmt: skip
def test_texts_with_more_than_one_reading_are_unreadable(text: bytes) -> None:
    with pytest.raises(Unreadable):
        lexical.read(text)
