"""Foreign words in errors: short, readable, without numbers or names of persons."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from codec_fixture import REGISTRY
from hubei_yibao_runtime.codec import decode, failure, read_answer, safe_text
from hubei_yibao_runtime.errors import GatewayRefused, OutcomeUnknown, Rejected, YibaoError
from hypothesis import given
from hypothesis import strategies as st

RUNTIME = Path(__file__).parents[2] / "runtime"
HIDDEN = frozenset({"张三丰", "湖北省武汉市洪山区1号", "12", "07", "7", "Li"})


@pytest.mark.parametrize("text", ["a", "1", "1 ", "1-", "a1", " ", "张", "１", "ﷺ", "2026-11-24 "])
def test_a_text_of_any_length_is_read_in_linear_time(text: str) -> None:
    """Two million characters: what grew with their square took hours."""
    code = (
        f"import sys; sys.path.insert(0, {str(RUNTIME)!r})\n"
        "from hubei_yibao_runtime.codec import safe_text\n"
        f"text = {text!r} * 2_000_000\n"
        "assert len(safe_text(text, {'张三丰', '12'})) <= 201"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(
    "number",
    [
        "420106199001011234",
        "42010619900101123X",
        "4201 0619 9001 0112 34",
        "4201 0619 9001 0112 3X",
        "4201-0619-9001-0112-3 x",
        "420106 19900101 1234",
        "420106 1990-01-01 1234",
        "138-0013-8000",
        "138 0013 8000",
        "138–0013–8000",
        "138 - 0013 - 8000",
        "+86 138 0013 8000",
        "４２０１０６１９９００１０１１２３４",
        "１３８－００１３－８０００",
        "1380013\u200b8000",
        "4201\u00a00619\u30009001\t0112\n34",
        "٤٢٠١٠٦١٩٩٠٠١٠١١٢٣٤",
        "6217 0000 1000 2000 300",
        "4 2 0 1 0 6 1 9 9 0 0 1 0 1 1 2 3 4",
    ],
)
def test_numbers_of_persons_are_masked(number: str) -> None:
    for around in ("{}", "证件{}重复", "证件 {} 重复", "证件号:{},请核对", "({})"):
        shown = safe_text(around.format(number))
        assert shown.replace("+", "").replace(" ", "") == around.format("***").replace(" ", "")


@pytest.mark.parametrize(
    "text",
    [
        "infcode -1",
        "40101",
        "交易2207未开通",
        "金额12.50与明细12.60不符",
        "金额 1200.00 2400.00 3600.00",
        "日期2026-11-24无效",
        "2026-11-24 01:30:59 至 2026-11-25 01:30:59",
        "2026-11-24 01:30:59 - 2026-11-25 01:30:59",
        "起止日期 2026-11-01 2026-11-24",
        "起止日期 2026-11-01 - 2026-11-24",
        "V1.2.02",
        "参保人（本地）未参保，请核对：",
        "中心未签到！是否重试？是；否",
    ],
)
def test_what_an_operator_needs_stays(text: str) -> None:
    assert safe_text(text, {"张三丰"}) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (None, ""),
        (" a \r\n b ", "a b"),
        ("\x1b[31mred\x00\u202e", "[31mred"),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 200 + "…"),
        ("参保人张三丰不存在", "参保人***不存在"),
        ("住址湖北省武汉市洪山区１号有误", "住址***有误"),
        ("Limit of Li: 2207, 12 of 2012", "Limit of ***: 2207, *** of 2012"),
        ("第7行", "第7行"),
        ("日期2026-11-12无效，金额12.50", "日期2026-11-12无效，金额12.50"),
        ("from Li.", "from ***."),
    ],
)
def test_lines(text: str | None, shown: str) -> None:
    assert safe_text(text, HIDDEN) == shown


@pytest.mark.parametrize("before", [*range(190, 202), *range(990, 1002), *range(3990, 4002)])
def test_a_cut_never_leaves_half_a_name(before: int) -> None:
    for filling in ("x", " ", "1"):
        shown = safe_text(filling * before + "欧阳张三丰" + "y" * 5000, {"欧阳张三丰"})
        assert "欧" not in shown


_words = st.text(st.sampled_from("张三丰欧阳 　12０１-－—ab（．\u200b*"), max_size=60)


@given(_words, st.frozensets(_words, max_size=4))
def test_nothing_hidden_is_ever_shown(text: str, hidden: frozenset[str]) -> None:
    shown = safe_text(text, hidden)
    for value in hidden:
        wanted = safe_text(value)
        if len(wanted) > 1 and "*" not in wanted and not wanted.isascii():
            assert wanted not in shown


def _failed(message: dict[str, Any]) -> YibaoError:
    answer = read_answer(json.dumps(message).encode())
    error = failure(answer, "X204", "试验", {"张三丰"})
    assert error is not None
    return error


@pytest.mark.parametrize(
    ("message", "kind", "shown"),
    [
        (
            {"infcode": "-1", "err_msg": "参保人张三丰无效"},
            Rejected,
            "rejected by the platform, infcode -1: 参保人***无效",
        ),
        (
            {"code": 401, "message": "用户张三丰无效"},
            GatewayRefused,
            "refused by a gateway, code 401: 用户***无效",
        ),
        (
            {"code": 401, "message": "x" * 198 + "张三丰"},
            GatewayRefused,
            "refused by a gateway, code 401: " + "x" * 198 + "**…",
        ),
        (
            {"code": 0, "message": "用户张三丰成功"},
            OutcomeUnknown,
            "the answer has neither infcode nor output (code 0: 用户***成功)",
        ),
    ],
)
def test_errors_hide_the_values_of_the_request(
    message: dict[str, Any], kind: type[YibaoError], shown: str
) -> None:
    error = _failed(message)
    assert type(error) is kind
    assert error.what == shown
    assert "张三丰" not in str(error) + repr(error)


@pytest.mark.parametrize("infcode", ["０", "０.0", " ٠ ", "+０"])
def test_a_zero_in_other_digits_decides_nothing(infcode: str) -> None:
    message = {"infcode": infcode, "output": {"setl": {"setl_id": "S1"}}}
    with pytest.raises(OutcomeUnknown, match="infcode is neither a code nor absent"):
        decode(REGISTRY, "X204", json.dumps(message).encode())


@pytest.mark.parametrize("infcode", ["1", "success", "-1", 200])
@pytest.mark.parametrize("output", [{"setl": {"setl_id": "S1"}}, '{"setl": {"setl_id": "S1"}}'])
def test_a_refusal_that_holds_output_does_not_claim_that_nothing_was_done(
    infcode: Any, output: Any
) -> None:
    error = _failed({"infcode": infcode, "output": output})
    assert isinstance(error, Rejected)
    assert error.safe_to_repeat is False
    assert "not carried out" not in str(error)
    assert "the answer holds output all the same" in error.advice


@pytest.mark.parametrize("output", [None, "", {}, [], "QUJD"])
def test_a_refusal_without_output_says_that_nothing_was_done(output: Any) -> None:
    assert "the call was not carried out" in _failed({"infcode": "-1", "output": output}).advice
