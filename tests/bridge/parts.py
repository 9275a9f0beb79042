"""Components for the tests, loaded by import path into the component's process."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path

from hubei_yibao_bridge import CannotLoad, CannotSend, Unclear


class Recorder:
    """Writes down every call it gets, in order; numbers starting with a word do as it says."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        with (self.folder / "loads").open("a") as file:
            file.write(f"{os.getpid()}\n")

    def call(self, number: str, request: str) -> str:
        received = json.loads(request)["input"]["data"]
        with (self.folder / "calls").open("a") as file:
            print(json.dumps([number, received.get("n")]), file=file)
        if number.startswith("GATE"):
            while not (self.folder / "open").exists():
                time.sleep(0.005)
        if number.startswith("HANG"):
            threading.Event().wait()
        if number.startswith("CRASH"):
            os.abort()
        if number.startswith("LEAVE"):
            sys.exit(3)
        if number.startswith("RAISE"):
            raise RuntimeError(request)
        if number.startswith("UNCLEAR"):
            raise Unclear("the component said nothing")
        if number.startswith("CANNOT"):
            raise CannotSend("a reason to read")
        if number.startswith("PRINT"):
            print("x" * 100_000, flush=True)
            os.write(1, b"noise for the pipe")
        if number.startswith("LATER"):
            threading.Timer(0.05, os.abort).start()
        return json.dumps({"infcode": 0, "output": {"data": received}}, ensure_ascii=False)


def calls(folder: Path) -> list[tuple[str, int | None]]:
    """What a Recorder has seen so far."""
    file = folder / "calls"
    lines = file.read_text().splitlines() if file.exists() else []
    return [tuple(json.loads(line)) for line in lines]


def loads(folder: Path) -> list[int]:
    """Process ids in which it was loaded."""
    return [int(line) for line in (folder / "loads").read_text().split()]


def missing() -> Recorder:
    raise CannotLoad("class not registered")


def broken() -> Recorder:
    raise ValueError("a text that must not be shown")


def slow() -> Recorder:
    threading.Event().wait()
    raise AssertionError


def dead() -> Recorder:
    os._exit(7)
