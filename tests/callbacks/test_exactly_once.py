"""What a kill leaves behind, at every place it can strike, and the run with all of them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from callbacks.run import run
from callbacks.support import NOTICE, envelope, handler
from hubei_yibao_runtime.callbacks import (
    Busy,
    Call,
    CallbackHandler,
    CallbackStore,
    Conflict,
    Reply,
)
from hubei_yibao_runtime.callbacks.postgres import PostgresCallbackStore
from hubei_yibao_runtime.callbacks.store import Key, SqlStore
from journal_support import server
from postgres import Server

__all__ = ["server"]

OUTPUT = {"data": {"success": True, "message": "m"}}
BODY = envelope().seal(NOTICE)
KEY = Key("6302", "M1", b"digest")


def nothing() -> None: ...


class Place:
    """Where the marks are kept, and where the hospital books: there too, or in a file beside."""

    def __init__(self, folder: Path, url: str | None) -> None:
        self.folder, self._url = folder, url

    def store(self, **options: Any) -> SqlStore:
        if self._url:
            return PostgresCallbackStore(self._url, **options)
        return CallbackStore(self.folder / "callbacks.db", **options)

    def handler(
        self,
        shared: bool,
        before: Callable[[], None] = nothing,
        after: Callable[[], None] = nothing,
        **options: Any,
    ) -> CallbackHandler:
        """Its function writes one row a call, with something done before and after."""
        if not shared:
            with sqlite3.connect(self.folder / "own.db") as books:
                books.execute("CREATE TABLE IF NOT EXISTS booking (id TEXT, attempt INTEGER)")

        def function(call: Call) -> Any:
            before()
            insert = f"INSERT INTO booking VALUES ('{call.message_id}', {call.attempt})"
            if shared:
                create = "CREATE TABLE IF NOT EXISTS booking (id TEXT, attempt INTEGER)"
                call.connection.execute(create)
                call.connection.execute(insert)
            else:
                assert call.connection is None
                with sqlite3.connect(self.folder / "own.db") as books:
                    books.execute(insert)
            after()
            return OUTPUT

        mine = handler(self.folder, store=self.store(**options))
        mine.on("6302", function, shared_transaction=shared)
        return mine

    def booked(self, shared: bool) -> list[tuple[str, int]]:
        query = "SELECT id, attempt FROM booking ORDER BY attempt"
        if shared and self._url:
            with psycopg.connect(self._url) as database:
                return database.execute(query).fetchall()
        with sqlite3.connect(self.folder / ("callbacks.db" if shared else "own.db")) as books:
            return books.execute(query).fetchall()


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    url = None
    if request.param == "postgres":
        url = request.getfixturevalue("server").new_database()
    return Place(tmp_path, url)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def in_another_process(work: Callable[[], Any]) -> int | None:
    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    child.join(30)
    return child.exitcode


@pytest.mark.parametrize("at", ["before", "after", "answer"])
def test_a_kill_with_the_shared_transaction_loses_and_repeats_nothing(
    place: Place, at: str
) -> None:
    doomed = place.handler(
        True, die if at == "before" else nothing, die if at == "after" else nothing
    )

    def work() -> None:
        assert doomed.handle("6302", BODY).status == 200
        die()

    assert in_another_process(work) == -signal.SIGKILL
    sound = place.handler(True)
    assert [sound.handle("6302", BODY).status for _ in range(3)] == [200] * 3
    assert [attempt for _, attempt in place.booked(True)] == [1]


def test_without_it_a_kill_before_the_mark_calls_the_function_again_with_the_same_id(
    place: Place,
) -> None:
    doomed = place.handler(False, after=die)
    assert in_another_process(lambda: doomed.handle("6302", BODY)) == -signal.SIGKILL
    assert len(place.store().unfinished()) == 1
    sound = place.handler(False)
    assert [sound.handle("6302", BODY).status for _ in range(3)] == [200] * 3
    (first, one), (second, two) = place.booked(False)
    assert (first, one, two) == (second, 1, 2)
    assert place.store().unfinished() == []


@pytest.mark.parametrize("shared", [True, False])
def test_deliveries_at_the_same_time_call_it_once(place: Place, shared: bool) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        inside.set()
        assert go_on.wait(20)

    mine = place.handler(shared, after=wait)
    statuses: list[int] = []

    def deliver() -> None:
        statuses.append(mine.handle("6302", BODY).status)

    first = threading.Thread(target=deliver)
    first.start()
    assert inside.wait(20)
    others = [threading.Thread(target=deliver) for _ in range(4)]
    for thread in others:
        thread.start()
    if not shared:  # a claim is refused at once; a transaction is waited for
        for thread in others:
            thread.join(20)
        assert statuses == [503] * 4
    go_on.set()
    for thread in [first, *others]:
        thread.join(20)
    assert sorted(statuses) == ([200] * 5 if shared else [200, *[503] * 4])
    assert len(place.booked(shared)) == 1
    assert mine.handle("6302", BODY).status == 200
    assert len(place.booked(shared)) == 1


def test_a_database_that_is_locked_too_long_is_answered_with_later(place: Place) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        inside.set()
        assert go_on.wait(20)

    slow = threading.Thread(target=place.handler(True, after=wait).handle, args=("6302", BODY))
    slow.start()
    assert inside.wait(20)
    hasty = place.handler(True, busy_seconds=0.05)
    assert hasty.handle("6302", BODY).status == 503
    go_on.set()
    slow.join(20)
    assert hasty.handle("6302", BODY).status == 200
    assert len(place.booked(True)) == 1


def test_a_claim_is_respected_until_its_lease_ends(place: Place) -> None:
    store = place.store(lease=timedelta(minutes=5))
    assert store.claim(KEY) == 1
    with pytest.raises(Busy):
        store.claim(KEY)
    with pytest.raises(Conflict):
        store.claim(KEY._replace(digest=b"other"))
    hasty = place.store(lease=timedelta(0))
    store.release(KEY, 1)
    assert hasty.claim(KEY) == 2
    assert hasty.claim(KEY) == 3
    with pytest.raises(Busy):
        hasty.done(KEY, 2, Reply(True))
    hasty.done(KEY, 3, Reply(True, "m", '{"a":1}'))
    assert store.claim(KEY) == Reply(True, "m", '{"a":1}')


def test_a_failed_claim_can_be_tried_again_at_once(place: Place) -> None:
    failing = [True]

    def fail() -> None:
        if failing:
            raise KeyError(failing.pop())

    mine = place.handler(False, fail)
    assert [mine.handle("6302", BODY).status for _ in range(2)] == [500, 200]
    assert [attempt for _, attempt in place.booked(False)] == [2]


@pytest.mark.parametrize("how", ["commit", "rollback"])
def test_the_function_cannot_end_the_transaction(place: Place, how: str) -> None:
    store = place.store()

    def work(connection: Any, attempt: int) -> Reply:
        connection.execute("CREATE TABLE booking (id TEXT, attempt INTEGER)")
        getattr(connection, how)()
        return Reply(True)

    with pytest.raises(Exception, match=r"not authorized|forbidden"):
        store.once(KEY, work)
    with pytest.raises(Exception, match="booking"):
        place.booked(True)
    assert store.once(KEY, lambda *_: Reply(True)) == (Reply(True), True)


def test_pruning_forgets_what_is_done_only(place: Place) -> None:
    store = place.store()
    store.once(KEY, lambda connection, attempt: Reply(True))
    store.claim(KEY._replace(message_id="M2"))
    assert store.prune(datetime.now(UTC) - timedelta(days=1)) == 0
    assert store.prune(datetime.now(UTC) + timedelta(seconds=1)) == 1
    assert store.unfinished() == [("6302", "M2", 1)]


def test_what_is_kept_survives_closing(place: Place) -> None:
    store = place.store()
    store.once(KEY, lambda connection, attempt: Reply(True, "kept"))
    store.close()
    reply, fresh = store.once(KEY, lambda connection, attempt: Reply(False))
    assert (reply.message, fresh) == ("kept", False)


def test_the_file_is_its_owners(tmp_path: Path) -> None:
    CallbackStore(tmp_path / "c.db").unfinished()
    assert stat.S_IMODE((tmp_path / "c.db").stat().st_mode) == 0o600


def test_a_server_that_went_away_is_found_again(tmp_path: Path, server: Server) -> None:
    store = PostgresCallbackStore(server.new_database())
    assert store.once(KEY, lambda *_: Reply(True, "kept"))[1]
    server.stop()
    with pytest.raises(psycopg.Error):
        store.once(KEY, lambda *_: Reply(False))
    server.start()
    reply, fresh = store.once(KEY, lambda *_: Reply(False))
    assert (reply.message, fresh) == ("kept", False)


def test_a_run_under_fire_books_every_event_once() -> None:
    found = run(400, 5, chance=0.03, pause=0.2)
    assert found["kills"] > 5
    assert found["events booked once"] == found["events"] == 160
    assert found["booked more than once"] == found["not booked"] == found["unexpected answers"] == 0
