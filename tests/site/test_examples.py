"""Every example on every interface's page does what the page says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hubei_yibao import INTERFACES, Settings, decode, encode
from site_support import blocks, pages, recording

PAGES = pages()
EMPTY_ANSWER = '{"infcode": "0", "err_msg": "", "output": {}}'


def examples(number: str) -> tuple[str | None, str | None]:
    """JSON text of request and answer as printed on the page."""
    texts = [body for _, body in blocks(PAGES[number], "json")]
    asked = [text for text in texts if '"infcode"' not in text]
    answered = [text for text in texts if '"infcode"' in text]
    return (asked[0] if asked else None), (answered[0] if answered else None)


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        fixmedins_code="H42010000001", fixmedins_name="示例医院", mdtrtarea_admvs="420100",
        insuplc_admdvs="420100", recer_sys_code="01", infver="V1.0", opter="0001",
        opter_name="示例操作员", state_dir=tmp_path_factory.mktemp("state"),
    )  # fmt: skip


def test_there_is_a_page_for_every_interface() -> None:
    assert PAGES.keys() == INTERFACES.keys()


def test_specified_interfaces_show_an_answer_and_what_they_must_be_asked() -> None:
    for number, interface in INTERFACES.items():
        asked, answered = examples(number)
        assert (answered is not None) == interface.specified, number
        takes = any(node.fields for node in interface.input or ())
        assert (asked is not None) == takes, number


@pytest.mark.parametrize("number", [n for n in PAGES if examples(n)[0]])
def test_the_request_passes_the_strict_check(number: str, caller: Settings) -> None:
    asked, _ = examples(number)
    assert asked is not None
    message = json.loads(encode(number, json.loads(asked, parse_float=str), caller))
    assert message["infno"] == number
    assert message["input"] == json.loads(asked)


@pytest.mark.parametrize("number", [n for n in PAGES if examples(n)[1]])
def test_the_answer_is_read_without_a_repair(number: str) -> None:
    _, answered = examples(number)
    assert answered is not None
    result = decode(number, answered.encode())
    assert not result.repairs
    assert json.loads(answered) == _plain(result.raw)


def test_the_typed_call_sends_the_request_and_returns_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {number: examples(number)[1] or EMPTY_ANSWER for number in PAGES}
    values = {
        "FIXMEDINS_CODE": "H42010000001", "FIXMEDINS_NAME": "示例医院", "OPTER": "0001",
        "MDTRTAREA_ADMVS": "420100", "INSUPLC_ADMDVS": "420100", "RECER_SYS_CODE": "01",
        "INFVER": "V1.0",
        "OPTER_NAME": "示例操作员", "STATE_DIR": str(tmp_path),
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(f"YIBAO_{name}", value)
    with recording(answers) as platform:
        monkeypatch.setenv("YIBAO_URL", platform.url)
        for number in PAGES:
            calls = [body for _, body in blocks(PAGES[number], "python")]
            assert len(calls) == (INTERFACES[number].direction == "request"), number
            for call in calls:
                _check_call(number, call, platform.requests)
    assert len(platform.requests) == sum(i.direction == "request" for i in INTERFACES.values())


def _check_call(number: str, call: str, requests: list[dict[str, Any]]) -> None:
    scope: dict[str, Any] = {}
    exec(compile(call, number, "exec"), scope)  # what the page tells its reader to run
    asked, answered = examples(number)
    assert requests[-1]["infno"] == number
    assert requests[-1]["input"] == json.loads(asked or "{}")
    assert _plain(scope["result"].raw) == json.loads(answered or EMPTY_ANSWER)


def _plain(raw: Any) -> Any:
    """A message as received, its exact numbers as ``json`` reads them."""
    return json.loads(json.dumps(raw, default=float))
