"""The generated clients of the fake province against a real server."""

from __future__ import annotations

import asyncio
import inspect
import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from generator_support import GOLDEN, imported

OUTPUTS: dict[str, Any] = {
    "FK01": {
        "result": {"psn_name": "张三", "amount": "12.30", "color": "99", "day": "2026-01-02"},
        "rows": {"item_no": "a"},
        "either": {"item_no": "b"},
    },
    "FK02": {"raw": "r", "msgid": "m", "expContent": "x", "output": [{"list": [1]}]},
    "FK02a": {"anything": {"goes": 1}},
    "FK10": {"result": {"order_id": "O1"}},
}


@pytest.fixture
def server() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Base URL of a server that answers every interface, and what it was sent."""
    seen: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append(message)
            output = OUTPUTS.get(message["infno"], {})
            body = json.dumps({"infcode": 0, "output": output}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    listener = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listener.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{listener.server_port}/", seen
    listener.shutdown()
    thread.join()
    listener.server_close()


@pytest.fixture
def package() -> Iterator[ModuleType]:
    with imported(GOLDEN) as root:
        yield root


def settings(package: ModuleType, url: str, folder: Path) -> Any:
    return package.Settings(
        fixmedins_code="H00000000001",
        fixmedins_name="测试机构",
        mdtrtarea_admvs="000000",
        insuplc_admdvs="000000",
        recer_sys_code="T",
        infver="V0",
        opter="0",
        opter_name="测",
        institution_type="medical",
        url=url,
        state_dir=folder,
    )


def test_a_method_sends_wire_names_and_returns_its_own_model(
    package: ModuleType, server: tuple[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    url, seen = server
    with package.Client(settings(package, url, tmp_path)) as client:
        assert client.widget is client.widget
        answer = client.widget.query_all(
            psn_no="1", color="2.1", cnt=3, amount=Decimal("1.50"), day="2026-01-02",
            rows=[{"item_no": "x"}],
        )  # fmt: skip
    assert seen[0]["input"] == {
        "data": {
            "psn_no": "1",
            "color": "2.1",
            "cnt": 3,
            "amount": 1.5,
            "day": "2026-01-02",
            "rows": [{"item_no": "x"}],
        }
    }
    assert type(answer).__name__ == "OutputFK01"
    assert answer.result.amount == Decimal("12.30")
    assert answer.result.color == "99"
    assert [row.item_no for row in (*answer.rows, *answer.either)] == ["a", "b"]
    assert answer.result.window.begntime is None


def test_odd_wire_names_travel_unchanged(
    package: ModuleType, server: tuple[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    url, seen = server
    with package.Client(settings(package, url, tmp_path)) as client:
        options = package.CallOptions(allow_closed=True)
        given = {"hcv_ab_2": "a", "hcv_ab": "b", "list_": ["l"], "class_": "c", "field": "f"}
        answer = client.widget.query_odd(**given, options_="o", self_="s", options=options)
    assert seen[0]["input"]["data"] == {
        "hcv-ab": "a", "hcv_ab": "b", "list": ["l"], "class": "c", "姓名": "f", "options": "o",
        "self": "s",
    }  # fmt: skip
    assert (answer.raw_, answer.msgid_, answer.exp_content) == ("r", "m", "x")
    assert answer.output_[0].list_ == [1]
    assert answer.raw["output"]["raw"] == "r"


def test_calls_by_number_take_mappings_and_models(
    package: ModuleType, server: tuple[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    url, seen = server
    models = package.INTERFACES["FK10"].input_model
    one = {"order_no": "1", "head": {"ordr_date": "2026-01-02"}, "extra": {"k": "v"}}
    with package.Client(settings(package, url, tmp_path)) as client:
        by_mapping = client.call("FK10", one)
        client.call("FK10", models(**one))
        plain = client.call("FK02a", {"x": 1}, allow_closed=True)
    assert by_mapping.result.order_id == "O1"
    assert seen[0]["input"] == seen[1]["input"] == one
    assert plain.anything == {"goes": 1}


def test_the_asynchronous_client_does_the_same(
    package: ModuleType, server: tuple[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    url, seen = server

    async def run() -> Any:
        async with package.AsyncClient(settings(package, url, tmp_path)) as client:
            nodes = {"head": {"ordr_date": "2026-01-02"}, "extra": [{"k": "v"}]}
            first = await client.order.create(order_no="1", lines=[], **nodes)
            return first, await client.call("FK10", {"order_no": "2", **nodes})

    first, second = asyncio.run(run())
    assert first.result.order_id == second.result.order_id == "O1"
    assert seen[0]["input"]["lines"] == []
    assert seen[0]["input"]["extra"] == [{"k": "v"}]


def test_signatures_and_docstrings_tell_all(package: ModuleType) -> None:
    query_all = inspect.unwrap(_group(package, "widget").Widget.query_all)
    parameters = inspect.signature(query_all).parameters
    assert parameters["psn_no"].default is inspect.Parameter.empty
    assert parameters["level"].default is None
    assert list(parameters)[-1] == "options"
    text = inspect.getdoc(query_all) or ""
    assert text.startswith("FK01 全类型查询\n\n每种类型各有一个字段。")
    for part in (
        "调用方：通用",
        "是否开放：是",
        "字符型 30，必填",
        "代码表 fk_color 虚构颜色",
        "规则",
    ):
        assert part in text


def test_enums_are_open_and_lazy(package: ModuleType) -> None:
    enums = __import__(f"{package.__name__}.enums", fromlist=["x"])
    assert "FkColor" not in vars(enums)
    color = enums.FkColor
    assert color.C1.label == "红"
    assert color("99").label == ""
    assert color("99") == "99"
    assert color("1") is color.C1
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = enums.Nothing


def _group(package: ModuleType, name: str) -> Any:
    return __import__(f"{package.__name__}.groups.{name}", fromlist=["x"])
