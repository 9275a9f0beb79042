"""Downloads over real sockets: whole and checked, or an error and nothing left behind."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fault_server import REJECTED, Behaviour, FaultServer, answering, in_turn, response
from files import archives
from hubei_yibao import INTERFACES, AsyncClient, Client, Settings
from hubei_yibao_runtime.errors import FileError, GatewayRefused, OutcomeUnknown, Rejected
from hubei_yibao_runtime.files import FileLimits, ReceivedFile, TextRows

NAME = "rows.txt.zip"
KINDS = ("sync", "async", "injected", "aiohttp")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def settings(url: str, tmp_path: Path, **more: Any) -> Settings:
    values = {
        "url": url, "fixmedins_code": "H42999900001", "fixmedins_name": "模拟医院",
        "mdtrtarea_admvs": "420199", "recer_sys_code": "SIM", "infver": "V1.0", "opter": "sim01",
        "opter_name": "模拟经办人", "state_dir": tmp_path / "state", "journal": "off",
        "retry": {"first_wait": 0.01},
    }  # fmt: skip
    return Settings(**{**values, **more})


def fetch(
    kind: str, url: str, tmp_path: Path, *, filename: str = NAME, settings_: Any = None, **how: Any
) -> ReceivedFile:
    made = settings(url, tmp_path, **(settings_ or {}))
    how = {"to": tmp_path / "in", **how}
    if kind in ("async", "aiohttp"):
        driver = {"driver": "aiohttp"} if kind == "aiohttp" else {}

        async def run() -> ReceivedFile:
            async with AsyncClient(made.model_copy(update=driver)) as yibao:
                return await yibao.download("fsi/plc/0123", filename, **how)

        return asyncio.run(run())
    with (
        httpx2.Client(trust_env=False) as http,
        Client(made, http_client=http if kind == "injected" else None) as yibao,
    ):
        return yibao.download("fsi/plc/0123", filename, **how)


def left(tmp_path: Path) -> list[Path]:
    """Every file but the client's own state."""
    state = tmp_path / "state"
    return [p for p in tmp_path.rglob("*") if p.is_file() and state not in p.parents]


def test_a_file_arrives_whole_and_beside_nothing(kind: str, tmp_path: Path) -> None:
    content, seen = archives.good(), []
    with FaultServer(answering(response(content))) as server:
        got = fetch(kind, server.url, tmp_path, progress=lambda *step: seen.append(step))
        asked = json.loads(server.bodies[0])
    assert got.path == tmp_path / "in" / NAME
    assert left(tmp_path) == [got.path]
    assert got.path.read_bytes() == content
    assert got.size == len(content)
    assert list(got.rows(4)) == [["A1", "名称一", None, "1"], ["A2", "", "2026-01-01", "0"]]
    assert seen[-1] == (len(content), len(content))
    assert asked["input"]["fsDownloadIn"] == {
        "file_qury_no": "fsi/plc/0123", "filename": NAME, "fixmedins_code": "H42999900001",
    }  # fmt: skip


def test_the_owner_goes_by_the_origin(tmp_path: Path) -> None:
    directory = next(i for i in INTERFACES.values() if i.name == "疾病与诊断目录下载")
    with FaultServer(answering(response(archives.good()))) as server:
        fetch("sync", server.url, tmp_path, origin=directory.number)
        fetch("sync", server.url, tmp_path, origin="3202")
        owners = [json.loads(b)["input"]["fsDownloadIn"]["fixmedins_code"] for b in server.bodies]
    assert owners == ["plc", "H42999900001"]


def test_files_larger_than_any_message_are_streamed(kind: str, tmp_path: Path) -> None:
    content = archives.packed(("rows.txt", bytes(range(256)) * 12_000), method=0)
    profile = {
        "name": "small", "source": "test", "limits": {"answer": 10_000},
    }  # fmt: skip
    with FaultServer(answering(response(content))) as server:
        got = fetch(kind, server.url, tmp_path, settings_={"profile": profile})
    assert got.size == len(content) > 3_000_000


def test_a_compressed_answer_is_unpacked_on_its_way(kind: str, tmp_path: Path) -> None:
    content = archives.good()
    data = response(gzip.compress(content), headers="Content-Encoding: gzip\r\n")
    with FaultServer(answering(data)) as server:
        assert fetch(kind, server.url, tmp_path).path.read_bytes() == content


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "zip slip": (lambda: archives.good(name="../outside.txt"), "outside"),
    "zip slip, absolute": (lambda: archives.good(name="/outside.txt"), "outside"),
    "zip slip, windows": (lambda: archives.good(name="..\\outside.txt"), "outside"),
    "a folder": (lambda: archives.packed(("rows/", b"")), "folder"),
    "zip bomb": (lambda: archives.bomb(40), "to 1"),
    "zip bomb that understates": (archives.understating, "no sound zip"),
    "wrong CRC": (archives.wrong_crc, "CRC"),
    "two members": (lambda: archives.packed(("a.txt", b"1"), ("b.txt", b"2")), "2 members"),
    "no member": (lambda: archives.packed(), "0 members"),
    "a 5 GB text": (lambda: archives.claiming(2**32 - 2), "bytes; at most"),
    "encrypted": (archives.encrypted, "encrypted"),
    "cut off": (lambda: archives.good()[:-30], "no sound zip"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_sound_zip_is_refused(tmp_path: Path, case: str) -> None:
    made, words = BAD[case]
    limits = FileLimits(unpacked=2**31)
    with (
        FaultServer(answering(response(made()))) as server,
        pytest.raises(FileError, match=words) as caught,
    ):
        fetch("sync", server.url, tmp_path, limits=limits)
    assert caught.value.infno == "9102"
    assert left(tmp_path) == []
    assert not (tmp_path / "outside.txt").exists()


def test_html_instead_of_a_zip(kind: str, tmp_path: Path) -> None:
    page = response(b"<html><body>login</body></html>", headers="Content-Type: text/html\r\n")
    with (
        FaultServer(answering(page)) as server,
        pytest.raises(OutcomeUnknown, match="the answer is HTML") as caught,
    ):
        fetch(kind, server.url, tmp_path)
    assert caught.value.safe_to_repeat
    assert left(tmp_path) == []


def test_a_message_instead_of_a_zip(kind: str, tmp_path: Path) -> None:
    with FaultServer(answering(response(REJECTED))) as server, pytest.raises(Rejected):
        fetch(kind, server.url, tmp_path)
    assert left(tmp_path) == []


def test_success_without_a_file(tmp_path: Path) -> None:
    empty = {"infcode": 0, "err_msg": "", "output": {}}
    with (
        FaultServer(answering(response(empty))) as server,
        pytest.raises(FileError, match="sent no file"),
    ):
        fetch("sync", server.url, tmp_path)
    assert left(tmp_path) == []


def test_a_refusal_by_the_gateway(tmp_path: Path) -> None:
    content = response(archives.good(), status=403)
    with FaultServer(answering(content)) as server, pytest.raises(GatewayRefused):
        fetch("sync", server.url, tmp_path)
    assert left(tmp_path) == []


def test_a_5_gb_claim_is_refused_before_it_comes(kind: str, tmp_path: Path) -> None:
    claim = response(archives.good(), length=5 * 2**30)
    with (
        FaultServer(answering(claim)) as server,
        pytest.raises(FileError, match=r"5368709120 bytes or more; at most"),
    ):
        fetch(kind, server.url, tmp_path)
    assert server.full == 1  # asking again would bring the same
    assert left(tmp_path) == []


def test_more_bytes_than_the_limit_without_a_claim(kind: str, tmp_path: Path) -> None:
    content = archives.packed(("rows.txt", b"x" * 500_000), method=0)

    def behave(server: FaultServer, connection: socket.socket) -> None:
        server.request(connection)
        connection.sendall(b"HTTP/1.1 200 X\r\nConnection: close\r\n\r\n" + content)

    with FaultServer(behave) as server, pytest.raises(FileError, match="at most 100000"):
        fetch(kind, server.url, tmp_path, limits=FileLimits(packed=100_000))
    assert left(tmp_path) == []


@pytest.mark.parametrize("claimed", [True, False], ids=["length", "until close"])
def test_a_stream_cut_off_every_time(kind: str, tmp_path: Path, claimed: bool) -> None:
    content = archives.packed(("rows.txt", b"x" * 100_000), method=0)

    def behave(server: FaultServer, connection: socket.socket) -> None:
        server.request(connection)
        head = f"Content-Length: {len(content)}\r\n" if claimed else "Connection: close\r\n"
        connection.sendall(f"HTTP/1.1 200 X\r\n{head}\r\n".encode() + content[:60_000])

    with FaultServer(behave) as server, pytest.raises((OutcomeUnknown, FileError)) as caught:
        fetch(kind, server.url, tmp_path)
    assert caught.value.safe_to_repeat
    assert server.full == (3 if claimed else 1)
    assert left(tmp_path) == []


CONTENT = archives.packed(("rows.txt", bytes(range(256)) * 1000), method=0)
RANGES = 'Accept-Ranges: bytes\r\nETag: "one"\r\n'


def cut(headers: str, at: int = 150_000) -> bytes:
    return response(CONTENT[:at], headers=headers, length=len(CONTENT))


def partial(tag: str = '"one"', at: int = 150_000, total: int = len(CONTENT)) -> bytes:
    head = f"ETag: {tag}\r\nContent-Range: bytes {at}-{total - 1}/{total}\r\n"
    return response(CONTENT[at:], status=206, headers=head)


def once_each(*answers: bytes) -> Behaviour:
    """One answer a connection, which is then closed; the last one stays."""
    rest = list(answers)

    def behave(server: FaultServer, connection: socket.socket) -> None:
        server.request(connection)
        connection.sendall(rest.pop(0) if len(rest) > 1 else rest[0])

    return behave


def test_a_broken_download_goes_on_where_the_platform_offers_it(kind: str, tmp_path: Path) -> None:
    with FaultServer(once_each(cut(RANGES), partial())) as server:
        got = fetch(kind, server.url, tmp_path)
        second = server.headers[1]
    assert second["range"] == "bytes=150000-"
    assert second["if-range"] == '"one"'
    assert got.path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("first", "later"),
    [
        (cut(""), response(CONTENT)),
        (cut('ETag: "one"\r\n'), response(CONTENT)),
        (cut('Accept-Ranges: bytes\r\nETag: W/"one"\r\n'), response(CONTENT)),
        (cut(RANGES), response(CONTENT)),
        (cut(RANGES), response(CONTENT, headers='ETag: "two"\r\n')),
    ],
    ids=["no offer", "no ranges", "weak tag", "whole again", "another file"],
)
def test_otherwise_it_begins_again(tmp_path: Path, first: bytes, later: bytes) -> None:
    with FaultServer(once_each(first, later)) as server:
        got = fetch("sync", server.url, tmp_path)
        assert ("range" in server.headers[1]) == (first == cut(RANGES))
    assert got.path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    "wrong",
    [partial(tag='"two"'), partial(at=149_999), partial(total=len(CONTENT) + 1)],
    ids=["tag", "place", "size"],
)
def test_a_part_of_another_file_is_never_joined(tmp_path: Path, wrong: bytes) -> None:
    with FaultServer(once_each(cut(RANGES), wrong, response(CONTENT))) as server:
        got = fetch("sync", server.url, tmp_path)
        assert "range" not in server.headers[2]
    assert got.path.read_bytes() == CONTENT


def test_a_file_that_was_there_stays_until_a_better_one_came(tmp_path: Path) -> None:
    target = tmp_path / "in" / NAME
    target.parent.mkdir()
    target.write_bytes(b"old")
    with FaultServer(in_turn(response(archives.wrong_crc()), response(archives.good()))) as server:
        with pytest.raises(FileError):
            fetch("sync", server.url, tmp_path)
        assert target.read_bytes() == b"old"
        fetch("sync", server.url, tmp_path)
    assert target.read_bytes() == archives.good()


@pytest.mark.parametrize("filename", ["../x.zip", "/tmp/x.zip", "a\\b.zip", "C:x.zip", "..", ""])
def test_a_name_that_is_a_path_is_not_asked_for(tmp_path: Path, filename: str) -> None:
    with FaultServer(answering(response(archives.good()))) as server:
        with pytest.raises(FileError, match="no plain file name"):
            fetch("sync", server.url, tmp_path, filename=filename)
        assert server.heads == 0
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    ("expires", "allowed"),
    [("2020-01-01", False), ("2020-01-01 10:00:00", False), ("20200101", False),
     ("2099-01-01", True), ("2099-01-01 00:00:00", True), ("soon", True), (None, True)],
)  # fmt: skip
def test_an_expired_file_is_not_asked_for(
    tmp_path: Path, expires: str | None, allowed: bool
) -> None:
    with FaultServer(answering(response(archives.good()))) as server:
        if allowed:
            fetch("sync", server.url, tmp_path, expires=expires)
        else:
            with pytest.raises(FileError, match="could be fetched until 2020-01-01"):
                fetch("sync", server.url, tmp_path, expires=expires)
        assert server.full == int(allowed)


def test_what_a_killed_process_left_goes_after_a_day(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    old, young = folder / ".yibao-old.part", folder / ".yibao-young.part"
    for left_over in (old, young):
        left_over.write_bytes(b"x")
    os.utime(old, (1, 1))
    with FaultServer(answering(response(archives.good()))) as server:
        fetch("sync", server.url, tmp_path)
    assert not old.exists()
    assert young.exists()


@pytest.fixture
def gbk(tmp_path: Path) -> Path:
    path = tmp_path / "gbk.zip"
    path.write_bytes(archives.good("A1\tx\nA2\t中文名称".encode("gbk")))
    return path


def test_gbk_text_is_named_with_its_line(gbk: Path) -> None:
    rows = iter(TextRows(gbk, 2))
    with pytest.raises(FileError, match="line 2: not utf-8, it looks like GBK"):
        list(rows)
    assert list(TextRows(gbk, 2, encoding="gb18030")) == [["A1", "x"], ["A2", "中文名称"]]
