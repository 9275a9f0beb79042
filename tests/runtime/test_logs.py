"""Log lines, hooks and spans: what they say, and that they name nobody."""

from __future__ import annotations

import asyncio
import base64
import logging
from pathlib import Path
from typing import Any

import hubei_yibao
import pytest
from fault_server import OK, REJECTED, FaultServer, answering, response, sending
from hubei_yibao_runtime.client import AsyncBaseClient, SyncClient
from hubei_yibao_runtime.errors import YibaoError
from hubei_yibao_runtime.hooks import Hooks
from hubei_yibao_runtime.masking import MASK, masked, sensitive_values
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from wire_fixture import CERTNO, INPUT, NAME, PERSONAL, PSN_NO, REGISTRY, settings

PERSON = {"psn_no": PSN_NO, "certno": CERTNO, "psn_name": NAME}
TOLD = OK | {"output": {"setlinfo": PERSON | {"setl_id": "S1", "other": CERTNO}, "who": [NAME]}}
SECRET = "very-secret-token"
ANSWERS = {
    "ok": answering(response(TOLD)),
    "rejected": answering(response(REJECTED | {"err_msg": f"参保人{NAME}证件{CERTNO}重复"})),
    "unknown": sending(b"", "close"),
    "html": answering(response(f"<html>{PERSONAL}</html>".encode())),
    "500": answering(response(TOLD, 500)),
    "gateway": answering(response({"code": 401, "message": f"{PSN_NO}"})),
}


def everything(caplog: pytest.LogCaptureFixture) -> str:
    formatter = logging.Formatter("%(name)s %(levelname)s %(message)s")
    lines = []
    for record in caplog.records:
        facts = {k: v for k, v in vars(record).items() if k not in ("args", "exc_info")}
        lines.append(f"{formatter.format(record)} {facts} {record.args}")
    return "\n".join(lines)


def quiet(text: str) -> None:
    assert not [item for item in (*PERSONAL, SECRET) if item in text]


@pytest.mark.parametrize("name", list(ANSWERS))
@pytest.mark.parametrize("number", ["Q101", "W207", "N999"])
def test_no_log_line_names_anybody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, number: str
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = {"paasid": "p", "token": SECRET}
    with FaultServer(ANSWERS[name]) as server:
        chosen = settings(tmp_path, server.url, profile="tif-sha256", secrets=secrets)
        with SyncClient(chosen, registry=REGISTRY) as yibao:
            try:
                quiet(repr(yibao.call(number, INPUT)))
            except YibaoError as error:
                if name != "rejected":  # err_msg is the platform's word, kept for the caller
                    quiet(str(error) + repr(error))
            quiet(repr(yibao) + repr(chosen) + repr(yibao.unknown()))
    assert f"{number} " in everything(caplog)
    quiet(everything(caplog))


def test_no_async_log_line_names_anybody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def go(server: FaultServer, driver: str) -> None:
        chosen = settings(tmp_path, server.url, driver=driver)
        async with AsyncBaseClient(chosen, registry=REGISTRY) as yibao:
            await yibao.call("W207", INPUT)

    for driver in ("default", "aiohttp"):
        with FaultServer(ANSWERS["ok"]) as server:
            asyncio.run(go(server, driver))
    quiet(everything(caplog))


def test_a_line_carries_its_facts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "hubei_yibao")
    with (
        FaultServer(ANSWERS["rejected"]) as server,
        SyncClient(settings(tmp_path, server.url), registry=REGISTRY) as yibao,
        pytest.raises(YibaoError),
    ):
        yibao.call("W207", INPUT)
    record = next(record for record in caplog.records if hasattr(record, "yibao_outcome"))
    facts = {name: getattr(record, f"yibao_{name}") for name in (
        "infno", "operation", "msgid", "attempt", "outcome", "http_status", "infcode", "error")}  # fmt: skip
    assert facts == {
        "infno": "W207", "operation": "trial.call_w207", "msgid": server.msgids()[0],
        "attempt": 1, "outcome": "rejected", "http_status": 200, "infcode": "-1",
        "error": "Rejected",
    }  # fmt: skip
    assert record.getMessage().startswith(
        f"W207 试验W207 {server.msgids()[0]}: rejected (Rejected)"
    )


def test_an_unknown_outcome_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "hubei_yibao")
    with (
        FaultServer(ANSWERS["unknown"]) as server,
        SyncClient(settings(tmp_path, server.url), registry=REGISTRY) as yibao,
        pytest.raises(YibaoError),
    ):
        yibao.call("W207", INPUT)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


@pytest.mark.raw_bodies
def test_raw_bodies_only_on_request(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "hubei_yibao")
    with (
        FaultServer(ANSWERS["ok"]) as server,
        SyncClient(settings(tmp_path, server.url, log_bodies=True), registry=REGISTRY) as yibao,
    ):
        yibao.call("W207", INPUT)
    assert caplog.text.count(CERTNO) >= 2


def test_masking_goes_by_the_spec() -> None:
    interface = REGISTRY["W207"]
    given = {
        "data": PERSON | {"mdtrt_id": "M1", "amt": 1, "strange": "x", "empty": "", "none": None},
        "unknown": [{"a": NAME, "b": [1, {}]}],
    }
    assert masked(interface, "input", given) == {
        "data": {
            "psn_no": MASK, "certno": MASK, "psn_name": MASK, "mdtrt_id": "M1", "amt": 1,
            "strange": MASK, "empty": "", "none": None,
        },
        "unknown": [{"a": MASK, "b": [MASK, {}]}],
    }  # fmt: skip
    several = masked(interface, "output", {"setlinfo": [{"setl_id": "S"}, PERSON, NAME]})
    assert several == {"setlinfo": [{"setl_id": "S"}, dict.fromkeys(PERSON, MASK), MASK]}
    assert masked(interface, "input", {"data": {"mdtrt_id": {"hidden": NAME}}}) == {
        "data": {"mdtrt_id": {"hidden": MASK}}
    }
    assert masked(REGISTRY["N999"], "input", {"a": {"b": NAME}}) == {"a": {"b": MASK}}
    for odd in (NAME, [NAME], None, 5):
        quiet(repr(masked(interface, "output", odd)))


@pytest.mark.raw_bodies
def test_events_show_no_body_in_their_repr(tmp_path: Path) -> None:
    events: list[Any] = []
    with (
        FaultServer(ANSWERS["ok"]) as server,
        SyncClient(
            settings(tmp_path, server.url, log_bodies=True), registry=REGISTRY,
            hooks=Hooks([events.append], [events.append]),
        ) as yibao,
    ):  # fmt: skip
        yibao.call("W207", INPUT)
    quiet(repr(events))


@pytest.fixture(scope="module")
def spans() -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@pytest.mark.parametrize(
    ("name", "outcome", "status", "error"),
    [("ok", "ok", 200, None), ("500", "unknown", 500, "OutcomeUnknown"),
     ("unknown", "unknown", None, "OutcomeUnknown")],
)  # fmt: skip
def test_spans(
    tmp_path: Path, spans: InMemorySpanExporter, name: str, outcome: str, status: int | None,
    error: str | None,
) -> None:  # fmt: skip
    spans.clear()
    with (
        FaultServer(ANSWERS[name]) as server,
        SyncClient(settings(tmp_path, server.url), registry=REGISTRY) as yibao,
    ):
        try:
            yibao.call("W207", INPUT)
        except YibaoError:
            assert error
    (span,) = spans.get_finished_spans()
    found = dict(span.attributes or {})
    assert span.name == "yibao W207"
    assert span.kind is trace.SpanKind.CLIENT
    assert found["hubei_yibao.msgid"] == server.msgids()[0]
    assert found["hubei_yibao.outcome"] == outcome
    assert found.get("http.response.status_code") == status
    assert found.get("error.type") == error
    assert (found["server.address"], found["server.port"]) == ("127.0.0.1", server.port)
    quiet(span.to_json())


def test_bytes_are_never_shown() -> None:
    interface = REGISTRY["F101"]
    for content in ("QQ==", b"A", [65, -1], {"a": "QQ=="}):
        given = {"fsUploadIn": {"in": content, "filename": "a.zip"}}
        assert masked(interface, "input", given) == {
            "fsUploadIn": {"in": MASK, "filename": "a.zip"}
        }
    assert masked(interface, "input", {"fsUploadIn": {"in": None}}) == {"fsUploadIn": {"in": None}}


@pytest.mark.parametrize("encoding", ["base64", "int8-array", "multipart"])
def test_no_log_line_holds_an_uploaded_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, encoding: str
) -> None:
    caplog.set_level(logging.DEBUG)
    row = f"S1\t{PSN_NO}\t{NAME}\t{CERTNO}\n".encode()
    profile = {"name": "t", "source": "t", "upload": {"encoding": encoding}}
    with (
        FaultServer(ANSWERS["ok"]) as server,
        SyncClient(
            settings(tmp_path, server.url, profile=profile), registry=hubei_yibao.INTERFACES
        ) as yibao,
    ):
        upload = {"in": row, "filename": "a.zip", "fixmedins_code": "H42000000001"}
        yibao.call("9101", {"fsUploadIn": upload})
    lines = everything(caplog)
    assert "a.zip" in lines
    assert base64.b64encode(row).decode() not in lines
    assert ", ".join(map(str, row[:6])) not in lines
    quiet(lines)


def test_sensitive_values_of_an_input() -> None:
    interface = REGISTRY["W207"]
    row = PERSON | {"mdtrt_id": "M1", "amt": 1, "empty": "", "none": None}
    assert sensitive_values(interface, {"data": row}) == set(PERSONAL)
    assert sensitive_values(interface, {"data": [row, {"psn_name": ["甲乙", 5]}]}) == {
        *PERSONAL,
        "甲乙",
    }
    assert sensitive_values(interface, {"data": {"psn_name": "x" * 10_000}}) == set()
    assert sensitive_values(REGISTRY["F101"], {"fsUploadIn": {"in": "QQ==", "filename": "a"}}) == (
        set()
    )
    # where the spec knows no field, every text may be somebody's
    assert sensitive_values(REGISTRY["N999"], {"a": [{"b": NAME}, 5]}) == {NAME}
    for odd in (None, 5, [], {}, "", b"x"):
        assert sensitive_values(interface, odd) == set()


def test_sensitive_values_of_a_model() -> None:
    interface = hubei_yibao.INTERFACES["1101"]
    given = {"mdtrt_cert_type": "02", "mdtrt_cert_no": CERTNO, "psn_name": NAME}
    node = interface.input_model.model_fields["data"].annotation
    assert node is not None
    expected = sensitive_values(interface, {"data": given})
    assert expected == {CERTNO, NAME}
    for model in (node(**given), given):
        assert sensitive_values(interface, {"data": model}) == expected
    assert sensitive_values(interface, interface.input_model(data=given)) == expected


def test_sensitive_values_of_many_rows_are_bounded() -> None:
    rows = [{"psn_name": f"某人{number}"} for number in range(1000)]
    found = sensitive_values(REGISTRY["W207"], {"data": rows})
    assert found == {row["psn_name"] for row in rows[:200]}
    nested = {"data": [{"psn_name": [f"{a}人{b}" for b in range(300)]} for a in range(300)]}
    assert len(sensitive_values(REGISTRY["W207"], nested)) == 2000
