"""Uploads in every encoding, paged queries and time windows, over real HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fault_server import FaultServer, answering, response
from files.test_download import settings
from hubei_yibao import INTERFACES, AsyncClient, Client, Settings
from hubei_yibao_runtime.errors import FileError, YibaoError
from hubei_yibao_runtime.files import Page, pages, pages_async, windows, write_rows
from hubei_yibao_runtime.profile import load_profile
from hubei_yibao_simulator import SimulatorServer
from hypothesis import given
from hypothesis import strategies as st

ENCODINGS = ("multipart", "int8-array", "base64")
ROWS = [["S1", None, "100.00"], ["S2", "退费", "-100.00"]]


def profile(encoding: str, **more: Any) -> dict[str, Any]:
    made = load_profile("plain").model_dump(mode="json")
    return {**made, **more, "upload": {**made["upload"], "encoding": encoding}}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_goes_up_comes_down(tmp_path: Path, encoding: str) -> None:
    source, seen = tmp_path / "detail.zip", []
    write_rows(source, ROWS, name="detail.txt")
    with SimulatorServer() as server:
        made = Settings(**{
            **server.settings, "profile": profile(encoding), "state_dir": tmp_path / "state"
        })  # fmt: skip
        with Client(made) as yibao:
            stored = yibao.upload(source, progress=lambda *step: seen.append(step))
            back = yibao.download(stored.file_qury_no, stored.filename)

        async def again() -> Path:
            async with AsyncClient(made) as yibao:
                stored = await yibao.upload(source, filename="other.zip")
                return (await yibao.download(stored.file_qury_no, stored.filename)).path

        other = asyncio.run(again())
    size = source.stat().st_size
    assert seen == [(0, size), (size, size)]
    assert back.path.read_bytes() == other.read_bytes() == source.read_bytes()
    assert (back.path.name, other.name) == ("detail.zip", "other.zip")
    assert list(back.rows(3)) == ROWS


def test_a_file_that_no_request_can_hold_is_not_read(tmp_path: Path) -> None:
    source = tmp_path / "large.zip"
    source.write_bytes(b"x" * 2000)
    with FaultServer(answering(response({"infcode": 0}))) as server:
        made = settings(server.url, tmp_path, profile=profile("base64", limits={"request": 1000}))
        with Client(made) as yibao:
            with pytest.raises(FileError, match="2000 bytes; a request takes 1000"):
                yibao.upload(source)
            with pytest.raises(FileError, match="cannot be read: No such file"):
                yibao.upload(tmp_path / "none.zip")
        assert server.heads == 0


LIMITS = next(n for n, i in INTERFACES.items() if i.operation == "catalogue.query_price_limits")
COUNTED = next(n for n, i in INTERFACES.items() if i.input and i.output and i.output[0].fields
               and i.output[0].fields[0].name == "recordCounts")  # fmt: skip
Answer = Callable[[int, int], Any]


def serving(output: Answer) -> FaultServer:
    """A platform whose answer depends on page number and size."""

    def answer(body: bytes) -> bytes:
        given = json.loads(body)["input"]
        fields = given.get("data", given)
        number, size = fields["page_num"], fields["page_size"]
        return response({"infcode": 0, "err_msg": "", "output": output(number, size)})

    return FaultServer(answering(answer))


def collected(tmp_path: Path, server: FaultServer, number: str, size: int = 2) -> list[Page]:
    given: dict[str, Any] = {"data": {"updt_time": "2026-01-01"}}
    if number == COUNTED:
        given = {"fixmedins_mdtrt_id": "1", "fixmedins_code": "H1"}
    with Client(settings(server.url, tmp_path)) as yibao:
        return list(pages(yibao, number, given, size=size))


def some(count: int) -> list[dict[str, Any]]:
    return [{"hilist_code": f"C{n}", "rid": f"R{n}"} for n in range(count)]


def cut(rows: list[Any], number: int, size: int) -> list[Any]:
    return rows[(number - 1) * size : number * size]


@pytest.mark.parametrize("count", [0, 1, 2, 4, 5])
@pytest.mark.parametrize("shape", ["list", "node", "object"])
def test_pages_until_one_is_empty(tmp_path: Path, count: int, shape: str) -> None:
    rows = some(count)

    def output(number: int, size: int) -> Any:
        page = cut(rows, number, size)
        if shape == "object" and len(page) == 1:
            return page[0]
        return {"data": page} if shape == "node" else page

    with serving(output) as server:
        got = collected(tmp_path, server, LIMITS)
    assert [row for page in got for row in page.rows] == rows
    assert [page.number for page in got] == list(range(1, len(got) + 1))


def test_a_total_saves_the_last_question(tmp_path: Path) -> None:
    rows = [{"bkkpSn": str(n)} for n in range(4)]

    def output(number: int, size: int) -> Any:
        return {"recordCounts": 4, "pages": 2, "data": cut(rows, number, size)}

    with serving(output) as server:
        got = collected(tmp_path, server, COUNTED)
        assert server.full == 2
    assert [page.total for page in got] == [4, 4]
    assert [row for page in got for row in page.rows] == rows


def test_a_platform_that_gives_smaller_pages_is_read_to_its_end(tmp_path: Path) -> None:
    rows = some(5)
    with serving(lambda number, _: cut(rows, number, 2)) as server:
        got = collected(tmp_path, server, LIMITS, size=100)
    assert [row for page in got for row in page.rows] == rows


def test_a_platform_that_repeats_its_last_page(tmp_path: Path) -> None:
    rows = some(3)
    with serving(lambda number, size: cut(rows, min(number, 2), size)) as server:
        got = collected(tmp_path, server, LIMITS)
    assert [row for page in got for row in page.rows] == rows


def test_a_platform_that_ignores_the_page_is_noticed(tmp_path: Path) -> None:
    with (
        serving(lambda number, size: some(2)) as server,
        pytest.raises(YibaoError, match="page 2 is page 1 again"),
    ):
        collected(tmp_path, server, LIMITS)


def test_what_is_not_paged_says_so(tmp_path: Path) -> None:
    with (
        serving(lambda number, size: []) as server,
        Client(settings(server.url, tmp_path)) as yibao,
        pytest.raises(YibaoError, match="no page fields"),
    ):
        next(pages(yibao, "9101", {}))


def test_pages_of_an_async_client(tmp_path: Path) -> None:
    rows = some(3)

    async def run(url: str) -> list[Any]:
        async with AsyncClient(settings(url, tmp_path)) as yibao:
            given = {"data": {"updt_time": "2026-01-01"}}
            return [
                row async for page in pages_async(yibao, LIMITS, given, size=2) for row in page.rows
            ]

    with serving(lambda number, size: cut(rows, number, size)) as server:
        assert asyncio.run(run(server.url)) == rows


@given(
    begin=st.dates(date(2020, 1, 1), date(2026, 1, 1)), days=st.integers(0, 900),
    longest=st.integers(1, 400),
)  # fmt: skip
def test_windows_cover_every_day_once(begin: date, days: int, longest: int) -> None:
    found = list(windows(begin, begin + timedelta(days=days), timedelta(days=longest)))
    covered = [
        first + timedelta(n) for first, last in found for n in range((last - first).days + 1)
    ]
    assert covered == [begin + timedelta(n) for n in range(days + 1)]
    assert all((last - first).days < longest for first, last in found)


def test_windows_of_moments_leave_no_second_out() -> None:
    begin, end = datetime(2026, 1, 1), datetime(2026, 1, 2, 12, 0, 0)
    found = list(windows(begin, end, timedelta(days=1)))
    assert found == [
        (begin, datetime(2026, 1, 1, 23, 59, 59)),
        (datetime(2026, 1, 2), end),
    ]
    assert list(windows(end, begin, timedelta(days=1))) == []
    with pytest.raises(ValueError, match="at least"):
        list(windows(begin, end, timedelta(0)))
