"""Whole calls over real sockets: guards, retries, the journal, sign-in, hooks, threads, forks."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fault_server import (
    GATEWAY,
    OK,
    REJECTED,
    FaultServer,
    answering,
    closing_idle,
    in_turn,
    response,
    sending,
)
from hubei_yibao_runtime import guards
from hubei_yibao_runtime.client import AsyncBaseClient, CallOptions, SyncClient
from hubei_yibao_runtime.conversation import outgoing
from hubei_yibao_runtime.errors import (
    GatewayRefused,
    JournalError,
    NotAllowed,
    NotSent,
    OutcomeUnknown,
    Rejected,
    RequestInvalid,
    SettingsError,
)
from hubei_yibao_runtime.journal import open_journal
from wire_fixture import CODE, INPUT, REGISTRY, client, settings


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        ("C301", None, "当前是否开放: 否"),
        ("P101", "medical", "机构类型: 定点零售药店"),
        ("M101", "pharmacy", "机构类型: 定点医疗机构"),
    ],
)
def test_guards_refuse_in_the_listings_words(
    tmp_path: Path, number: str, kind: str | None, words: str
) -> None:
    with (
        FaultServer(answering(response(OK))) as server,
        client(tmp_path, server.url, institution_type=kind) as yibao,
    ):
        with pytest.raises(NotAllowed, match=words) as caught:
            yibao.call(number, INPUT)
        assert "allow_closed=True" in caught.value.advice
        assert caught.value.infno == number
        assert server.heads == 0
        assert yibao.call(number, INPUT, allow_closed=True).infcode == "0"
        assert server.full == 1


@pytest.mark.parametrize(
    ("number", "kind"),
    [("P101", "pharmacy"), ("M101", "medical"), ("P101", None), ("Q101", "medical"),
     ("U301", "medical"), ("N999", None)],
)  # fmt: skip
def test_guards_let_pass(tmp_path: Path, number: str, kind: str | None) -> None:
    with (
        FaultServer(answering(response(OK))) as server,
        client(tmp_path, server.url, institution_type=kind) as yibao,
    ):
        assert yibao.call(number, INPUT).infcode == "0"


def test_an_interface_of_unknown_state_is_called_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    guards._warn_once.cache_clear()
    with (
        FaultServer(answering(response(OK))) as server,
        client(tmp_path, server.url) as yibao,
    ):
        for _ in range(2):
            assert yibao.call("U301", INPUT).infcode == "0"
    assert caplog.text.count("does not say whether it is open") == 1


def test_a_callback_is_never_sent_and_a_strange_number_is_named(tmp_path: Path) -> None:
    with FaultServer(answering(response(OK))) as server, client(tmp_path, server.url) as yibao:
        with pytest.raises(NotAllowed, match="the platform calls us"):
            yibao.call("B204", INPUT, allow_closed=True)
        with pytest.raises(NotAllowed, match="no such interface"):
            yibao.call("0000", INPUT)
        assert server.heads == 0


def test_a_result_carries_its_msgid(tmp_path: Path) -> None:
    with FaultServer(answering(response(OK))) as server, client(tmp_path, server.url) as yibao:
        result: Any = yibao.call("Q101", INPUT)
        assert [result.msgid] == server.msgids()
        assert str(result.setlinfo.fund) == "10.5"


def test_input_may_be_left_out(tmp_path: Path) -> None:
    with FaultServer(answering(response(OK))) as server, client(tmp_path, server.url) as yibao:
        yibao.call("N999")
        assert json.loads(server.bodies[0])["input"] == {}


def test_each_attempt_of_a_query_has_its_own_msgid(tmp_path: Path) -> None:
    retry = {"attempts": 3, "first_wait": 0.01}
    broken = response(b"", 502)
    with (
        FaultServer(in_turn(broken, broken, response(OK))) as server,
        client(tmp_path, server.url, retry=retry) as yibao,
    ):
        assert yibao.call("Q101", INPUT).msgid == server.msgids()[2]
        assert len(set(server.msgids())) == 3


def test_a_query_with_its_own_msgid_is_not_repeated_unless_unsent(tmp_path: Path) -> None:
    own = CODE + "202611240130590001"
    with (
        FaultServer(answering(response(b"", 502))) as server,
        client(tmp_path, server.url) as yibao,
    ):
        with pytest.raises(OutcomeUnknown):
            yibao.call("Q101", INPUT, msgid=own)
        assert server.msgids() == [own]
        assert json.loads(server.bodies[0])["inf_time"] == "2026-11-24 01:30:59"


def test_nothing_is_repeated_after_the_deadline(tmp_path: Path) -> None:
    retry = {"attempts": 9, "first_wait": 0.01, "deadline": 0.001}
    with (
        FaultServer(answering(response(b"", 502))) as server,
        client(tmp_path, server.url, retry=retry) as yibao,
    ):
        with pytest.raises(OutcomeUnknown):
            yibao.call("Q101", INPUT)
        assert server.full == 1


def test_a_write_that_was_not_sent_is_repeated_under_a_new_number(tmp_path: Path) -> None:
    busy = response(b"", 429)
    with FaultServer(in_turn(busy, response(OK))) as server, client(tmp_path, server.url) as yibao:
        result = yibao.call("W207", INPUT)
        assert result.msgid == server.msgids()[1] != server.msgids()[0]
        assert yibao.unknown() == []


def test_an_unknown_write_is_journalled_and_listed(tmp_path: Path) -> None:
    with (
        FaultServer(sending(b"", "close")) as server,
        client(tmp_path, server.url) as yibao,
    ):
        with pytest.raises(OutcomeUnknown) as caught:
            yibao.call("W207", INPUT)
        assert caught.value.msgid == server.msgids()[0]
        assert "resolve" in caught.value.advice
        assert caught.value.safe_to_repeat is False
        assert [record.msgid for record in yibao.unknown()] == server.msgids()
    with client(tmp_path, server.url) as again:
        assert [record.msgid for record in again.unknown()] == server.msgids()


def test_closed_records_are_not_listed(tmp_path: Path) -> None:
    with (
        FaultServer(in_turn(response(OK), response(REJECTED), response(GATEWAY))) as server,
        client(tmp_path, server.url) as yibao,
    ):
        yibao.call("W207", INPUT)
        with pytest.raises(Rejected):
            yibao.call("W207", INPUT)
        with pytest.raises(GatewayRefused):
            yibao.call("W207", INPUT)
        assert yibao.unknown() == []
        assert server.full == 3


class _Journal:
    """Stands where a journal stands and fails as told."""

    def __init__(self, directory: Path, opens: Exception | None, closes: Exception | None) -> None:
        self._real = open_journal(directory / "j.sqlite3")
        self._opens = opens
        self._closes = closes
        self.store = self._real.store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def open(self, call: Any) -> None:
        if self._opens:
            raise self._opens
        self._real.open(call)

    def close(self, msgid: str, state: Any, **facts: Any) -> None:
        if self._closes:
            raise self._closes
        self._real.close(msgid, state, **facts)


@pytest.mark.parametrize("error", [JournalError("full"), OSError("disk")])
def test_without_a_journal_no_write_is_sent(tmp_path: Path, error: Exception) -> None:
    journal: Any = _Journal(tmp_path, error, None)
    with (
        FaultServer(answering(response(OK))) as server,
        client(tmp_path, server.url, journal=journal) as yibao,
    ):
        with pytest.raises(JournalError) as caught:
            yibao.call("W207", INPUT)
        assert (caught.value.infno, caught.value.outcome) == ("W207", "not_sent")
        assert server.heads == 0
        assert yibao.call("Q101", INPUT).infcode == "0"


def test_a_lost_close_does_not_hide_the_outcome(tmp_path: Path) -> None:
    journal: Any = _Journal(tmp_path, None, JournalError("full"))
    with (
        FaultServer(answering(response(OK))) as server,
        client(tmp_path, server.url, journal=journal) as yibao,
    ):
        assert yibao.call("W207", INPUT).infcode == "0"
        assert [record.msgid for record in journal.in_flight()] == server.msgids()


def test_the_journal_can_be_switched_off_only_by_name(tmp_path: Path) -> None:
    with (
        FaultServer(sending(b"", "close")) as server,
        client(tmp_path, server.url, journal="off") as yibao,
    ):
        with pytest.raises(OutcomeUnknown):
            yibao.call("W207", INPUT)
        assert yibao.unknown() == []


def test_a_connection_closed_while_idle_loses_no_call(tmp_path: Path) -> None:
    with FaultServer(closing_idle) as server, client(tmp_path, server.url) as yibao:
        for number in range(1, 21):
            yibao.call("W207", INPUT)
            while server.closed < number:
                time.sleep(0.001)
        assert server.full == 20
        assert len(set(server.msgids())) == 20


@pytest.mark.parametrize("driver", ["default", "aiohttp"])
def test_a_connection_closed_while_idle_loses_no_async_call(tmp_path: Path, driver: str) -> None:
    async def go(server: FaultServer) -> None:
        chosen = settings(tmp_path, server.url, driver=driver)
        async with AsyncBaseClient(chosen, registry=REGISTRY) as yibao:
            for _ in range(20):
                try:
                    await yibao.call("W207", INPUT)
                except OutcomeUnknown:
                    continue  # the close may cross the request on the wire; never twice, though
                await asyncio.sleep(0.005)

    with FaultServer(closing_idle) as server:
        asyncio.run(go(server))
        assert len(set(server.msgids())) == server.full <= 20


def test_threads_share_a_client(tmp_path: Path) -> None:
    with (
        FaultServer(answering(response(OK))) as server,
        client(tmp_path, server.url) as yibao,
        ThreadPoolExecutor(8) as pool,
    ):
        results = list(pool.map(lambda _: yibao.call("W207", INPUT).msgid, range(80)))
        assert len(set(results)) == 80
        assert sorted(filter(None, results)) == sorted(server.msgids())


def test_tasks_share_a_client(tmp_path: Path) -> None:
    async def go(server: FaultServer) -> list[str | None]:
        async with AsyncBaseClient(settings(tmp_path, server.url), registry=REGISTRY) as yibao:
            calls = (yibao.call("W207", INPUT) for _ in range(60))
            return [result.msgid for result in await asyncio.gather(*calls)]

    with FaultServer(answering(response(OK))) as server:
        assert sorted(filter(None, asyncio.run(go(server)))) == sorted(server.msgids())
        assert len(set(server.msgids())) == 60


def test_a_cancelled_write_is_listed(tmp_path: Path) -> None:
    async def go(server: FaultServer) -> list[str]:
        async with AsyncBaseClient(settings(tmp_path, server.url), registry=REGISTRY) as yibao:
            task = asyncio.create_task(yibao.call("W207", INPUT))
            while not server.full:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return [record.msgid for record in yibao.unknown()]

    with FaultServer(sending(b"", "hang")) as server:
        assert asyncio.run(go(server)) == server.msgids()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_uses_its_own_connections_and_numbers(tmp_path: Path) -> None:
    with FaultServer(answering(response(OK))) as server, client(tmp_path, server.url) as yibao:
        yibao.call("W207", INPUT)
        children = []
        for _ in range(3):
            pid = os.fork()
            if pid == 0:
                done = 1
                try:
                    for _ in range(5):
                        yibao.call("W207", INPUT)
                    done = 0
                finally:
                    os._exit(done)
            children.append(pid)
        for _ in range(5):
            yibao.call("W207", INPUT)
        assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] == [0, 0, 0]
        assert server.full == len(set(server.msgids())) == 21


def test_per_call_options(tmp_path: Path) -> None:
    with FaultServer(answering(response(OK))) as server, client(tmp_path, server.url) as yibao:
        options = CallOptions(extra={"a": "1"}, sign_no="S", insuplc_admdvs="420199")
        yibao.call("Q101", INPUT, extra={"b": "2"}, options=options)
        sent = json.loads(server.bodies[0])
        assert (sent["a"], sent["b"], sent["sign_no"], sent["insuplc_admdvs"]) == (
            "1", "2", "S", "420199",
        )  # fmt: skip


def test_the_time_out_of_one_call(tmp_path: Path) -> None:
    with (
        FaultServer(sending(b"", "hang")) as server,
        client(tmp_path, server.url) as yibao,
        pytest.raises(OutcomeUnknown, match=r"within 0\.2 s"),
    ):
        yibao.call("W207", INPUT, timeout=0.2)


def test_settings_that_contradict_themselves_show_at_once(tmp_path: Path) -> None:
    for changes in (
        {"profile": "none"},
        {"ca_file": tmp_path / "none.pem"},
        {"proxy": "socks5://x"},
    ):
        with pytest.raises(SettingsError):
            SyncClient(settings(tmp_path, **changes), registry=REGISTRY)


def test_too_large_a_request_is_not_sent(tmp_path: Path) -> None:
    profile = {"name": "t", "source": "t", "limits": {"request": 200}}
    with (
        FaultServer(answering(response(OK))) as server,
        client(tmp_path, server.url, profile=profile) as yibao,
    ):
        with pytest.raises(NotSent, match="more than 200 bytes"):
            yibao.call("Q101", INPUT)
        assert server.heads == 0


def test_wrong_input_lists_every_fault(tmp_path: Path) -> None:
    with FaultServer(answering(response(OK))) as server, client(tmp_path, server.url) as yibao:
        with pytest.raises(RequestInvalid) as caught:
            yibao.call("W207", {"data": {"amt": "x", "strange": 1}, "other": {}})
        assert len(caught.value.faults) == 3
        assert server.heads == 0


def test_repr_shows_no_settings(tmp_path: Path) -> None:
    with FaultServer(answering(response(OK))) as server, client(tmp_path, server.url) as yibao:
        assert repr(yibao) == f"<SyncClient {CODE} plain>"


def test_what_the_journal_gets_is_what_is_sent(tmp_path: Path) -> None:
    with FaultServer(answering(response(OK))) as server, client(tmp_path, server.url) as yibao:
        protocol = yibao._protocol
        plan = protocol.plan("W207", INPUT, CallOptions())
        prepared = protocol.prepare(plan, msgid=CODE + "202611240130590001")
        entry = outgoing(prepared, CODE, 1)
        assert entry.body == prepared.request.body
        assert json.loads(entry.body)["input"] == json.loads(entry.input)
        assert INPUT["data"]["psn_no"] not in repr(entry) + repr(prepared)


def test_no_thread_is_left_behind(tmp_path: Path) -> None:
    before = threading.active_count()
    with FaultServer(answering(response(OK))) as server:
        with client(tmp_path, server.url) as yibao:
            yibao.call("Q101", INPUT)
        server.close()
    assert threading.active_count() <= before + 2
