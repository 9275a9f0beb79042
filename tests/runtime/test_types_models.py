"""The generated models' types and base classes, as a caller meets them."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import hubei_yibao
import pytest
from codec_fixture import REGISTRY, InputX204Row, InputX999, Kind, OutputX204, OutputX204Setl
from hubei_yibao_runtime.codec import encode_input
from hubei_yibao_runtime.errors import RequestInvalid
from hubei_yibao_runtime.model import RequestModel, label
from hubei_yibao_runtime.types import RequestBytes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

ROW: dict[str, Any] = {
    "sn": "1",
    "psn_no": "P1",
    "kind": "11",
    "cnt": Decimal("1.20"),
    "occurred": "2020-01-01 00:00:00",
}


def test_request_values() -> None:
    row = InputX204Row(**{**ROW, "cnt": "1.20", "kind": Kind.ORDINARY, "days": Decimal(3)})
    assert (row.cnt, row.days, row.kind) == (Decimal("1.20"), 3, "11")
    assert row.occurred == "2020-01-01 00:00:00"
    row.memo = "x"
    with pytest.raises(ValidationError):
        row.memo = "x" * 21
    names: list[dict[str, Any]] = [{"hcv_ab": "x"}, {"hcv-ab": "x"}]
    by_attribute, by_wire_name = (InputX204Row(**ROW | name) for name in names)
    assert by_attribute == by_wire_name


def test_all_errors_of_a_model_without_values() -> None:
    secret = "秘密的名字很长"
    given_row = {**ROW, "psn_name": secret, "cnt": 1.5, "kind": "77", "nope": secret}
    with pytest.raises(ValidationError) as caught:
        InputX204Row(**given_row)
    text = str(caught.value)
    assert secret not in text
    assert caught.value.error_count() == 4
    assert "is a float, which cannot hold money exactly; use Decimal or str" in text
    assert "'77' is not a code of kind" in text


_candidates: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([
        None, "", "1", "11", "1.5", "x" * 40, 0, 1, -1, True, 1.5, Decimal("1.5"), Decimal("1.55555"),
        Decimal("NaN"), Decimal("1E+20"), Decimal("1E+3"), 10**15, 12345, "2020-01-01", date(2020, 1, 1),
        "2020-01-01 00:00:00", "2020-02-30 00:00:00", datetime(2020, 1, 1),
        datetime(2020, 1, 1, tzinfo=UTC), Kind.ORDINARY, b"x", [], {},
    ]),
    st.text(st.characters(codec="utf-8"), max_size=40),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.integers(),
)  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["sn", "kind", "flag", "cnt", "amt", "days", "occurred", "born", "memo"]),
    _candidates,
)
def test_models_and_codec_agree(field: str, value: Any) -> None:
    """What the codec sends the model takes; what the model takes the codec sends.

    The codec is stricter in two ways: empty texts where the spec demands a value, and the length
    of whole numbers.
    """
    row = {**ROW, field: value}
    try:
        InputX204Row(**row)
        taken = True
    except ValidationError:
        taken = False
    try:
        encode_input(REGISTRY, "X204", {"row": [row]})
        encoded = True
    except RequestInvalid:
        encoded = False
    assert taken or not encoded, (field, value)
    if field != "days" and not (type(value) is str and value == ""):
        assert encoded is taken, (field, value)


def test_open_request_takes_any_mapping_and_hides_it() -> None:
    model = InputX999(anything={"a": [Decimal("1.50")]}, name="秘密")  # type: ignore[call-arg]
    assert (
        encode_input(REGISTRY, "X999", model).json
        == '{"anything":{"a":[1.50]},"name":"秘密"}'.encode()
    )
    assert "秘密" not in repr(model) + str(model)


def test_repr_masks_what_the_spec_flags() -> None:
    row = InputX204Row(**ROW, psn_name="秘密")
    assert "秘密" not in repr(row) + str(row)
    assert "psn_no='***'" in repr(row)
    assert "sn='1'" in repr(row)
    assert "秘密" not in repr(OutputX204Setl(psn_name="秘密", neu="秘密"))  # type: ignore[call-arg]
    assert row.psn_name == "秘密"
    assert pickle.loads(pickle.dumps(row)) == copy.deepcopy(row) == row


def test_answer_models_can_be_built_by_hand() -> None:
    result = OutputX204.model_validate(
        {"setl": {"fund": "1.50", "born": "20200102", "count": "x"}, "result": [{"amt": 1}]}
    )
    assert (result.setl.fund, result.setl.born) == (Decimal("1.50"), date(2020, 1, 2))
    assert result.setl.count is None
    assert result.result[0].amt == Decimal(1)
    assert (result.raw, result.repairs, result.infcode, result.msgid) == (None, (), None, None)
    assert dict(result.envelope) == {}


def test_labels() -> None:
    assert label(InputX204Row, "kind") == "类别"
    assert label(InputX204Row(**ROW), "hcv_ab") == "标记"
    assert label(InputX204Row, "flag") == ""


def test_json_schema() -> None:
    schema = TypeAdapter(InputX204Row).json_schema()
    assert schema["properties"]["cnt"]["type"] == "number"
    assert schema["properties"]["kind"]["type"] == "string"
    assert "hcv-ab" in schema["properties"]


def test_bytes_never_show_in_a_repr() -> None:
    class Upload(RequestModel):
        content: RequestBytes
        other: RequestBytes | None = None
        parts: list[RequestBytes]
        name: str

    secret = "张三丰".encode()
    upload = Upload(content=secret, other="QUJD", parts=[secret], name="a.zip")
    assert repr(upload) == "Upload(content='***', other='***', parts='***', name='a.zip')"
    upload = Upload(content=secret, parts=[], name="a.zip")
    assert repr(upload) == "Upload(content='***', other=None, parts=[], name='a.zip')"


def test_an_upload_does_not_show_its_file() -> None:
    model = hubei_yibao.INTERFACES["9101"].input_model
    given = {"filename": "a.zip", "fixmedins_code": "H42000000001"}
    for content in (b"secret", "c2VjcmV0"):
        shown = repr(model.model_validate({"fsUploadIn": given | {"in": content}}))
        assert "a.zip" in shown
        assert "secret" not in shown
        assert "c2VjcmV0" not in shown
