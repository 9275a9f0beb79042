"""Callbacks under fire: python tests/callbacks/run.py [--deliveries 10000] [--seed 1] [--sm2]

Events of every interface the platform calls are delivered over real sockets, shuffled: some
once, some again byte for byte, some sealed anew, some with an old time, some with a changed
byte. A supervisor forks the receivers and kills them with SIGKILL at random moments; they also
kill themselves inside the hospital's function and between its commit and the answer. Who gets no
answer, or "later", delivers again. In the end the hospital's books must hold every event once.
"""

from __future__ import annotations

import argparse
import http.client
import json
import logging
import os
import queue
import random
import signal
import socket
import socketserver
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "generated"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "runtime"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from hubei_yibao.registry import INTERFACES
from hubei_yibao_runtime.callbacks import (
    Call,
    CallbackHandler,
    CallbackStore,
    CallbackWsgi,
    SecureForm,
)
from hubei_yibao_runtime.gm import Device, Sm2Key, Sm4, SoftwareDevice
from hubei_yibao_runtime.interface import Field, Interface
from hubei_yibao_runtime.secure import SecureEnvelope, session_key
from second_gm import PRIVATE, PUBLIC, QuickDevice

APP_ID, APP_SECRET = "0123456789ABCDEF0123456789ABCDEF", "SECRETSECRETSECRETSECRET01234567"
CALLBACKS = [each for each in INTERFACES.values() if each.direction == "callback"]
#: The first half writes in the shared transaction, the second into books of its own.
SHARED = {each.number for each in CALLBACKS[: len(CALLBACKS) // 2]}
RECEIVERS, SENDERS = 3, 8
WINDOW = timedelta(minutes=30)  #: longer than a run takes


def envelope(sm2: bool) -> SecureEnvelope:
    key = session_key(APP_ID, APP_SECRET)
    device: Device = QuickDevice(key)
    if sm2:
        device = SoftwareDevice(Sm2Key.private(PRIVATE), Sm2Key.public(PUBLIC), Sm4(key))
    return SecureEnvelope(app_id=APP_ID, app_secret=APP_SECRET, device=device)


def die_sometimes(chance: float) -> None:
    if random.random() < chance:
        os.kill(os.getpid(), signal.SIGKILL)


class Hospital:
    """The hospital's books; ``call`` counts how often an event reached its function."""

    def __init__(self, folder: Path, chance: float) -> None:
        self.shared, self.own = folder / "callbacks.db", folder / "own.db"
        self._chance = chance

    def create(self) -> None:
        for path in (self.shared, self.own):
            with sqlite3.connect(path) as books:
                books.execute("PRAGMA journal_mode=WAL")
                books.execute("CREATE TABLE booking (message_id TEXT, attempt INTEGER, event TEXT)")
        with sqlite3.connect(self.own) as books:
            books.execute("CREATE TABLE called (message_id TEXT)")

    def book_shared(self, call: Call) -> dict[str, Any]:
        """Without any look whether the event is known: the shared transaction sees to that."""
        die_sometimes(self._chance)
        row = (call.message_id, call.attempt, event_of(call.interface, call.raw))
        call.connection.execute("INSERT INTO booking VALUES (?, ?, ?)", row)
        die_sometimes(self._chance)
        return output(call.interface)

    def book_by_id(self, call: Call) -> dict[str, Any]:
        """In a database of its own; called at least once, so the id decides."""
        with sqlite3.connect(self.own, 30) as books:
            books.execute("INSERT INTO called VALUES (?)", (call.message_id,))
            books.execute(
                "INSERT INTO booking SELECT ?, ?, ? WHERE NOT EXISTS "
                "(SELECT 1 FROM booking WHERE message_id = ?)",
                (
                    call.message_id,
                    call.attempt,
                    event_of(call.interface, call.raw),
                    call.message_id,
                ),
            )
        die_sometimes(self._chance)
        return output(call.interface)


def first_field(interface: Interface) -> tuple[str | None, Field]:
    nodes = interface.input or ()
    return nodes[0].name, nodes[0].fields[0]


def event_of(interface: Interface, raw: Any) -> str:
    node, field = first_field(interface)
    return str((raw if node is None else raw[node])[field.name])


def content(interface: Interface, event: str) -> dict[str, Any]:
    """An input with every field of the table; its first one names the event."""

    def value(field: Field) -> Any:
        return {"decimal": Decimal("12.50"), "boolean": True}.get(field.type or "", "文本")

    made: dict[str, Any] = {}
    for node in interface.input or ():
        row = {field.name: value(field) for field in node.fields}
        made |= row if node.name is None else {node.name: row}
    node_name, field = first_field(interface)
    (made if node_name is None else made[node_name])[field.name] = event
    return made


def output(interface: Interface) -> dict[str, Any]:
    kinds: dict[str | None, Any] = {"boolean": True}
    return {
        str(node.name): {field.name: kinds.get(field.type, "ok") for field in node.fields}
        for node in interface.output or ()
    }


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]
        self.setup_environ()


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None: ...

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True


def receive(listener: socket.socket, folder: Path, sm2: bool, chance: float) -> None:
    """One receiver process: the product's WSGI application on the shared socket."""
    random.seed()
    logging.disable()
    hospital = Hospital(folder, chance)
    handler = CallbackHandler(
        INTERFACES,
        SecureForm(envelope(sm2)),
        CallbackStore(hospital.shared, busy_seconds=30),
        window=WINDOW,
    )
    for each in CALLBACKS:
        shared = each.number in SHARED
        handler.on(
            each.number,
            hospital.book_shared if shared else hospital.book_by_id,
            shared_transaction=shared,
        )
    app = CallbackWsgi(handler)

    def killing(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        answer = app(environ, start)
        die_sometimes(chance)
        return answer

    server = _Server(listener.getsockname(), _Quiet, bind_and_activate=False)
    server.socket = listener
    server.server_bind()
    server.set_app(killing)
    server.serve_forever(0.05)


def supervise(descriptor: int, folder: Path, sm2: bool, chance: float, pause: float) -> None:
    """Fork receivers for ever, kill one now and then; kills are counted in a file."""
    listener = socket.socket(fileno=descriptor)
    living: set[int] = set()
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    kills = 0
    due = time.monotonic() + pause
    while not stopping.is_set():
        while len(living) < RECEIVERS:
            pid = os.fork()
            if pid == 0:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                receive(listener, folder, sm2, chance)
                os._exit(1)
            living.add(pid)
        if time.monotonic() > due:
            os.kill(random.choice(sorted(living)), signal.SIGKILL)
            due = time.monotonic() + random.expovariate(1 / pause)
        pid, _ = os.waitpid(-1, os.WNOHANG)
        while pid:
            living.discard(pid)
            kills += 1
            pid, _ = os.waitpid(-1, os.WNOHANG) if living else (0, 0)
        (folder / "kills").write_text(str(kills))
        time.sleep(0.01)
    for pid in living:
        os.kill(pid, signal.SIGKILL)


@dataclass(frozen=True)
class Delivery:
    number: str
    body: bytes
    kind: str
    expected: int


def deliveries(count: int, chance: random.Random, sealer: SecureEnvelope) -> list[Delivery]:
    events = [(CALLBACKS[n % len(CALLBACKS)], f"E{n:06}") for n in range(count * 2 // 5)]
    made = []
    for interface, event in events:
        body = sealer.seal(content(interface, event))
        made.append(Delivery(interface.number, body, "first", 200))
    while len(made) < count:
        pick = chance.randrange(len(events))
        interface, event = events[pick]
        kind = chance.choice(["again", "again", "sealed anew", "old", "changed"])
        body, expected = made[pick].body, 200
        if kind == "sealed anew":
            body = sealer.seal(content(interface, event))
        elif kind == "old":
            past = datetime.now(UTC) - 2 * WINDOW
            body, expected = sealer.seal(content(interface, event), at=past), 400
        elif kind == "changed":
            place = chance.randrange(len(body))
            body = body[:place] + bytes((body[place] ^ 1,)) + body[place + 1 :]
            expected = 400
        made.append(Delivery(interface.number, body, kind, expected))
    chance.shuffle(made)
    return made


class Senders:
    """Threads that deliver until each delivery has a final answer."""

    def __init__(self, port: int, todo: list[Delivery]) -> None:
        self.answers: Counter[tuple[str, int]] = Counter()
        self.wrong: list[tuple[str, int]] = []
        self.again = 0
        self._port, self._lock = port, threading.Lock()
        self._todo: queue.SimpleQueue[Delivery] = queue.SimpleQueue()
        self._open = len(todo)
        for delivery in todo:
            self._todo.put(delivery)

    def run(self) -> None:
        threads = [threading.Thread(target=self._work) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self) -> None:
        while self._open > 0:
            try:
                delivery = self._todo.get(timeout=0.2)
            except queue.Empty:
                continue
            status = self._post(delivery)
            with self._lock:
                if status in (0, 500, 503):
                    self.again += 1
                    self._todo.put(delivery)
                    continue
                self._open -= 1
                self.answers[delivery.kind, status] += 1
                if status != delivery.expected:
                    self.wrong.append((delivery.kind, status))

    def _post(self, delivery: Delivery) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            connection.request("POST", f"/callbacks/{delivery.number}", delivery.body)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()


def run(
    count: int, seed: int, *, sm2: bool = False, chance: float = 0.01, pause: float = 0.3
) -> dict[str, Any]:
    """One whole run; what was delivered, answered and booked."""
    sealer = envelope(sm2)
    todo = deliveries(count, random.Random(seed), sealer)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as name, socket.socket() as listener:
        folder = Path(name)
        Hospital(folder, 0).create()
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        os.set_inheritable(listener.fileno(), True)
        command = [sys.executable, __file__, "--supervise", str(listener.fileno()), name,
                   str(int(sm2)), str(chance), str(pause)]  # fmt: skip
        with subprocess.Popen(command, pass_fds=[listener.fileno()]) as supervisor:
            senders = Senders(listener.getsockname()[1], todo)
            senders.run()
            supervisor.terminate()
        found = _books(folder)
        kills = int((folder / "kills").read_text())
    events = sum(delivery.kind == "first" for delivery in todo)
    per_event = Counter(found["booked"].values())
    return {
        "deliveries": count, "events": events, "kills": kills, "delivered again": senders.again,
        "answers": {f"{kind}: {status}": n for (kind, status), n in sorted(senders.answers.items())},
        "unexpected answers": len(senders.wrong),
        "events booked once": per_event[1], "booked more than once": len(found["booked"]) - per_event[1],
        "not booked": events - len(found["booked"]),
        "function called again by id": found["again"],
        "seconds": round(time.monotonic() - started, 1),
    }  # fmt: skip


def _books(folder: Path) -> dict[str, Any]:
    booked: Counter[str] = Counter()
    hospital = Hospital(folder, 0)
    for path in (hospital.shared, hospital.own):
        with sqlite3.connect(path) as books:
            booked.update(event for (event,) in books.execute("SELECT event FROM booking"))
    with sqlite3.connect(hospital.own) as books:
        query = "SELECT count(*) - count(DISTINCT message_id) FROM called"
        again = books.execute(query).fetchone()[0]
    return {"booked": booked, "again": again}


def main() -> int:
    if sys.argv[1:2] == ["--supervise"]:
        descriptor, name, sm2, chance, pause = sys.argv[2:]
        supervise(int(descriptor), Path(name), sm2 == "1", float(chance), float(pause))
        return 0
    options = argparse.ArgumentParser(description="callbacks under fire")
    options.add_argument("--deliveries", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--sm2", action="store_true", help="real SM2 instead of a quick signature")
    given = options.parse_args()
    found = run(given.deliveries, given.seed, sm2=given.sm2)
    print(json.dumps(found, indent=2, ensure_ascii=False))
    return int(found["events booked once"] != found["events"] or found["unexpected answers"] > 0)


if __name__ == "__main__":
    sys.exit(main())
