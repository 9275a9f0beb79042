"""Real messages against the spec, and the edits they suggest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from generator_support import FAKE, SPEC, codegen
from hubei_yibao_codegen.lint import check
from hubei_yibao_codegen.spec.load import load

SECRETS = ("张三丰", "420101199001011234", "13800138000", "内有隐私", "A-99-secret")


def answer(**output: Any) -> dict[str, Any]:
    return {"infcode": 0, "inf_refmsgid": "1", "err_msg": "", "output": output}


def request(number: str, **body: Any) -> dict[str, Any]:
    return {"infno": number, "msgid": "1", "input": body}


ODD = answer(
    result={
        "psn_name": SECRETS[0],
        "color": "9",
        "cnt": "3",
        "amount": 123456789012345.678,
        "day": "20260101",
        "flag": 1,
        "certno": SECRETS[1],
        "colour": "x",
        "window": {"begntime": "2026-01-01 00:00:00", "zone": SECRETS[3]},
        SECRETS[1]: "key that is data",
    },
    rows={"item_no": "12345678901"},
    more=[{"a": 1.5, "note": SECRETS[3]}, {"a": 2, "tel": SECRETS[2]}],
)


def run(tmp_path: Path, text: str, *words: str, number: str | None = "FK01") -> Any:
    path = tmp_path / "messages.log"
    path.write_text(text, encoding="utf-8")
    first = [number] if number else []
    return codegen("check-message", *first, str(path), "--spec", str(FAKE), *words)


def oddities(outcome: Any) -> dict[tuple[str, str], dict[str, Any]]:
    rows = json.loads(outcome.stdout)["oddities"]
    return {(row["what"], row["at"]): row for row in rows}


def test_a_message_that_fits(tmp_path: Path) -> None:
    good = answer(result={"psn_name": "x", "color": "1", "cnt": 3, "amount": 1.5}, rows=[])
    outcome = run(tmp_path, json.dumps(good))
    assert (outcome.returncode, outcome.stdout) == (0, "1 messages; 0 oddities\n")


def test_everything_odd_is_told_and_nothing_personal(tmp_path: Path) -> None:
    text = json.dumps(ODD, ensure_ascii=False)
    outcome = run(tmp_path, text, "--format", "json")
    assert outcome.returncode == 1
    assert oddities(outcome).keys() == {
        ("unknown-code", "result.color"),
        ("other-type", "result.cnt"),
        ("too-precise", "result.amount"),
        ("other-type", "result.day"),
        ("other-type", "result.flag"),
        ("unknown-field", "result.certno"),
        ("unknown-field", "result.colour"),
        ("unknown-field", "result.window.zone"),
        ("unknown-field", "result.(key: text, 18 digits)"),
        ("other-repetition", "rows"),
        ("too-long", "rows.item_no"),
        ("unknown-node", "more"),
        ("unknown-field", "more.a"),
        ("unknown-field", "more.note"),
        ("unknown-field", "more.tel"),
    }
    for words in (["--format", "json"], [], ["--suggest"]):
        said = run(tmp_path, text, *words)
        shown = said.stdout + said.stderr
        assert not [secret for secret in SECRETS if secret in shown]


def test_shapes_and_codes_are_shown(tmp_path: Path) -> None:
    found = oddities(run(tmp_path, json.dumps(ODD), "--format", "json"))
    assert found["unknown-code", "result.color"]["codes"] == {"9": 1}
    assert found["other-type", "result.day"]["shapes"] == {"text, 8 digits": 1}
    assert found["unknown-field", "result.certno"]["shapes"] == {"text, 18 digits": 1}
    assert found["unknown-field", "more.a"]["count"] == 2


def test_a_code_that_may_be_data_is_not_shown(tmp_path: Path) -> None:
    text = json.dumps(answer(result={"color": SECRETS[1]}))
    found = oddities(run(tmp_path, text, "--format", "json"))
    assert found["unknown-code", "result.color"]["codes"] == {}
    assert found["unknown-code", "result.color"]["shapes"] == {"text, 18 digits": 1}


def test_requests_miss_what_is_required(tmp_path: Path) -> None:
    body = request("FK11", data=[{"order_id": ""}, {}, {"order_id": "1"}])
    outcome = run(tmp_path, json.dumps(body), "--format", "json", number=None)
    found = oddities(outcome)
    assert found["empty-field", "data.order_id"]["count"] == 1
    assert found["missing-field", "data.order_id"]["count"] == 1
    assert found["missing-field", "data.order_id"]["of"] == 3


LOG = """\
2026-01-01 INFO [main] starting {{not json}}
2026-01-01 INFO send {request}
2026-01-01 INFO infno=FK03 {wrapped}
2026-01-01 WARN {rejected}
{pretty}
2026-01-01 INFO {quoted}
2026-01-01 INFO {{"some": "thing"}}
2026-01-01 INFO truncated {{"infno": "FK03", "input": {{"a"
"""


def test_a_log_is_summed_up(tmp_path: Path) -> None:
    fine, odd = answer(total=1), answer(total="many", extra=5)
    text = LOG.format(
        request=json.dumps(request("FK03", x=1)),
        wrapped=json.dumps({"infno": "FK03", "request": "…", "response": odd}),
        rejected=json.dumps({"infno": "FK03", **answer(), "infcode": -1}),
        pretty=json.dumps({"infno": "FK03", **odd}, indent=2),
        quoted=json.dumps({"number": "FK03", "body": json.dumps(fine)}),
    )
    outcome = run(tmp_path, text, "--format", "json", number=None)
    data = json.loads(outcome.stdout)
    assert data["messages"] == [
        {"number": "FK03", "side": "request", "count": 1},
        {"number": "FK03", "side": "response", "count": 3},
    ]
    assert data["rejected"] == {"FK03": 1}
    found = oddities(outcome)
    assert found["unknown-field", "x"]["side"] == "request"
    assert (found["other-type", "total"]["count"], found["other-type", "total"]["of"]) == (2, 3)
    assert (found["unknown-field", "extra"]["count"], found["unknown-field", "extra"]["of"]) == (
        2,
        3,
    )
    assert found["unknown-field", "extra"]["first"]["line"] == 3
    assert data["unreadable"] != {}


def test_a_bare_body_needs_number_and_side(tmp_path: Path) -> None:
    text = json.dumps({"total": 1, "more_total": 2})
    assert run(tmp_path, text, number="FK03").returncode == 2
    outcome = run(tmp_path, text, "--side", "response", "--format", "json", number="FK03")
    assert oddities(outcome).keys() == {("unknown-field", "more_total")}


def test_numbers_the_spec_does_not_have(tmp_path: Path) -> None:
    outcome = run(tmp_path, json.dumps(request("9999", a=1)), number=None)
    assert outcome.returncode == 1
    assert "1 of 9999, which the spec does not have" in outcome.stdout


def test_an_answer_without_number(tmp_path: Path) -> None:
    outcome = run(tmp_path, json.dumps(answer(total=1)), number=None)
    assert outcome.returncode == 1
    assert "1 without a number" in outcome.stdout


@pytest.mark.parametrize("data", [b"", b"nothing here", b"\xff\xfe\x00{", b"[1, 2]"])
def test_files_without_messages(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(data)
    outcome = codegen("check-message", "FK01", str(path), "--spec", str(FAKE))
    assert outcome.returncode == 2
    assert "no messages found" in outcome.stderr


def test_a_file_that_is_not_there() -> None:
    outcome = codegen("check-message", "FK01", "/nowhere/x.json", "--spec", str(FAKE))
    assert (outcome.returncode, outcome.stderr) == (
        2,
        "/nowhere/x.json: No such file or directory\n",
    )


def test_gb18030_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(
        json.dumps(answer(result={"psn_name": "甲", "颜": 1}), ensure_ascii=False).encode("gb18030")
    )
    outcome = codegen("check-message", "FK01", str(path), "--spec", str(FAKE), "--format", "json")
    assert oddities(outcome).keys() == {("unknown-field", "result.(key: text, 1 characters)")}


def test_suggestions_are_an_overlay_that_settles_them(tmp_path: Path) -> None:
    overlay = tmp_path / "overlay"
    messages = [
        answer(
            result={
                "color": "9",
                "cnt": 3,
                "day": "2026-01-01 10:00:00",
                "PsnName": "x",
                "tel": "1",
            },
            rows=[{"item_no": "12345678901234"}],
            more=[{"a": 1.5, "b": {"c": "2026-01-01"}}],
        )
    ]
    text = "\n".join(json.dumps(message) for message in messages)
    first = run(tmp_path, text, "--suggest", str(overlay))
    assert first.returncode == 1
    assert check(load(FAKE, overlay=overlay), "error") == []
    again = run(tmp_path, text, "--overlay", str(overlay))
    assert (again.returncode, again.stdout) == (0, "1 messages; 0 oddities\n")
    output = load(FAKE, overlay=overlay).spec.interfaces["FK01"].output
    assert isinstance(output, tuple)
    fields = {field.name: field for field in output[0].fields}
    assert fields["psn_name"].aliases == ("PsnName",)
    assert fields["day"].type == "datetime"
    assert fields["tel"].sensitive
    more = {node.node: node for node in output}["more"]
    assert (more.repeated, more.fields[0].type, more.fields[1].type) == (True, "decimal", "object")


def test_an_unpublished_interface_gets_a_table(tmp_path: Path) -> None:
    overlay = tmp_path / "overlay"
    text = json.dumps(answer(info={"a": "1"}))
    run(tmp_path, text, "--suggest", str(overlay), number="FK02a")
    spec = load(FAKE, overlay=overlay).spec
    output = spec.interfaces["FK02a"].output
    assert isinstance(output, tuple)
    assert (output[0].node, output[0].fields[0].name) == ("info", "a")
    assert spec.interfaces["FK02a"].input == "unspecified"


def test_the_real_spec_and_a_minimal_settlement(tmp_path: Path) -> None:
    path = tmp_path / "reply.json"
    path.write_text(json.dumps(answer(setlinfo={"setl_id": 1}, setldetail={})))
    outcome = codegen("check-message", "2207", str(path), "--spec", str(SPEC))
    assert outcome.returncode == 1
    assert "other-type setlinfo.setl_id: 1 of 1: number 1,0" in outcome.stdout
    assert "missing-field setlinfo.psn_no: 1 of 1" in outcome.stdout
