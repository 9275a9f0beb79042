"""A small platform on a real socket: settles, shows, reverses, signs in, and fails as it is told.

It counts every request it reads completely, by msgid and by business key, before any fault.
``python settlement_platform.py SEED`` serves until its input ends, with random faults; ``GET /``
tells what it saw.
"""

from __future__ import annotations

import json
import os
import random
import socket
import struct
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: Faults, with what they leave behind: the write carried out or not.
FAULTS = (
    "drop_before", "drop_after", "reset_before", "reset_after", "error_before", "error_after",
    "junk_after", "half_after", "slow_after",
)  # fmt: skip
SLOW_SECONDS = 1.0

Choose = Callable[[dict[str, Any]], str | None]


class Refusal(Exception):
    def __init__(self, infcode: str, err_msg: str) -> None:
        self.infcode, self.err_msg = infcode, err_msg


class Platform(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, choose: Choose) -> None:
        self.choose = choose
        self.lock = threading.Lock()
        self.seen: Counter[str] = Counter()  # by msgid
        self.numbers: Counter[str] = Counter()  # by infno
        self.keys: Counter[str] = Counter()  # settlements by business key
        self.reversals: Counter[str] = Counter()  # by omsgid
        self.faults: Counter[str] = Counter()
        self.settled: dict[str, dict[str, str]] = {}  # by msgid
        self.envelopes: list[dict[str, Any]] = []
        self.valid_sign_no: str | None = None
        self.hide_settlements = False
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def read(self, message: dict[str, Any]) -> None:
        with self.lock:
            self.seen[message["msgid"]] += 1
            self.numbers[message["infno"]] += 1
            self.envelopes.append({k: v for k, v in message.items() if k != "input"})
            if message["infno"] == "X207":
                self.keys[message["input"]["data"]["chrg_bchno"]] += 1
            if message["infno"] == "X601":
                self.reversals[message["input"]["data"]["omsgid"]] += 1

    def carry_out(self, message: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            number = message["infno"]
            node: dict[str, str] = next(iter(message["input"].values()))
            if number not in ("X901", "X902"):
                wanted = self.valid_sign_no
                if wanted is not None and message.get("sign_no") != wanted:
                    raise Refusal("-1", "未签到")
            return getattr(self, f"_{number}")(message, node)  # type: ignore[no-any-return]

    def _X207(self, message: dict[str, Any], data: dict[str, str]) -> dict[str, Any]:
        msgid = message["msgid"]
        row = {
            "setl_id": f"S{len(self.settled) + 1:08d}", "medins_setl_id": msgid,
            "mdtrt_id": data["mdtrt_id"], "psn_no": data["psn_no"], "refd_setl_flag": "0",
        }  # fmt: skip
        self.settled[msgid] = row
        return {"setlinfo": dict(row)}

    def _X201(self, message: dict[str, Any], data: dict[str, str]) -> dict[str, Any]:
        self.settled[message["msgid"]] = dict(data)
        return {"data": {"mdtrt_id": "V1"}}

    def _X301(self, message: dict[str, Any], data: dict[str, str]) -> dict[str, Any]:
        visits = [r for r in self.settled.values() if r["psn_no"] == data["psn_no"]]
        return {"mdtrtinfo": visits}

    def _X303(self, message: dict[str, Any], data: dict[str, str]) -> dict[str, Any]:
        rows = [r for r in self.settled.values() if r.get("mdtrt_id") == data["mdtrt_id"]]
        return {"setlinfo": [] if self.hide_settlements else rows}

    def _X601(self, message: dict[str, Any], data: dict[str, str]) -> dict[str, Any] | None:
        row = self.settled.get(data["omsgid"])
        if row is None or row["refd_setl_flag"] == "1":
            raise Refusal("-1", "原交易不存在")
        row["refd_setl_flag"] = "1"
        return None

    def _X901(self, message: dict[str, Any], data: dict[str, str]) -> dict[str, Any]:
        self.valid_sign_no = f"N{self.numbers['X901']}"
        return {"signinoutb": {"sign_no": self.valid_sign_no, "sign_time": "2026-11-23 08:00:00"}}

    def _X902(self, message: dict[str, Any], data: dict[str, str]) -> dict[str, Any]:
        if data["sign_no"] != self.valid_sign_no:
            raise Refusal("-1", "未签到")
        self.valid_sign_no = "nobody"
        return {"sign_time": {"sign_time": "2026-11-23 18:00:00"}}

    def report(self) -> dict[str, Any]:
        with self.lock:
            return {
                "seen": self.seen, "keys": self.keys, "faults": self.faults,
                "settled": list(self.settled),
            }  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Platform

    def log_message(self, format: str, *arguments: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._answer(200, json.dumps(self.server.report()).encode())

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:
            return
        message = json.loads(body)
        platform = self.server
        platform.read(message)
        fault = platform.choose(message)
        if fault is not None:
            with platform.lock:
                platform.faults[fault] += 1
        answer = {"infcode": "0", "inf_refmsgid": "R" + message["msgid"][1:], "err_msg": ""}
        if fault is None or fault.endswith("_after"):
            try:
                answer["output"] = platform.carry_out(message)
            except Refusal as refusal:
                answer |= {"infcode": refusal.infcode, "err_msg": refusal.err_msg}
        self._end(fault, json.dumps(answer, ensure_ascii=False).encode())

    def _end(self, fault: str | None, answer: bytes) -> None:
        match (fault or "none").partition("_")[0]:
            case "none":
                return self._answer(200, answer)
            case "error":
                return self._answer(502, b"<html>Bad Gateway</html>")
            case "junk":
                return self._answer(200, b"<html>\xff proxy says hello</html>")
            case "half":
                self._answer(200, answer, cut=len(answer) // 2)
            case "slow":
                time.sleep(SLOW_SECONDS)
                self._answer(200, answer)
            case "reset":
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                os.close(self.connection.detach())
        self.close_connection = True

    def _answer(self, status: int, body: bytes, cut: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:cut])


@contextmanager
def serving(choose: Choose = lambda message: None) -> Iterator[Platform]:
    """The platform in threads of this process."""
    platform = Platform(choose)
    thread = threading.Thread(target=platform.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield platform
    finally:
        platform.shutdown()
        platform.server_close()


def random_faults(seed: int, share: float = 0.12) -> Choose:
    """A fault for every eighth settlement or so, decided by seed and business key alone."""

    def choose(message: dict[str, Any]) -> str | None:
        if message["infno"] != "X207":
            return None
        chance = random.Random(f"{seed}:{message['input']['data']['chrg_bchno']}")
        return chance.choice(FAULTS) if chance.random() < share else None

    return choose


def main() -> None:
    platform = Platform(random_faults(int(sys.argv[1])))
    threading.Thread(target=platform.serve_forever, daemon=True).start()
    print(platform.server_port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
