"""The component's process: loads it and calls it on the main thread, one call after another."""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from typing import BinaryIO

from . import frames
from .components import CannotLoad, CannotSend, Component, Unclear, load

_IDLE_SECONDS = 0.05


def main() -> None:
    """Serve the frames on standard input until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the service's to handle
    inward, outward = _pipes()
    setup = frames.read(inward)
    if setup is None:
        return
    try:
        component = load(**json.loads(setup[1]))
    except CannotLoad as error:
        return frames.write(outward, frames.FAILED, str(error).encode())
    except Exception as error:
        what = f"loading the component failed: {type(error).__name__}"
        return frames.write(outward, frames.FAILED, what.encode())
    frames.write(outward, frames.READY)
    calls: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(inward, calls), daemon=True).start()
    idle = getattr(component, "idle", None)
    while True:
        try:
            payload = calls.get(timeout=_IDLE_SECONDS if idle else None)
        except queue.Empty:
            assert idle is not None
            idle()
            continue
        if not _carry_out(component, payload, outward):
            return None


def _pipes() -> tuple[BinaryIO, BinaryIO]:
    """The two pipes, moved away from where a component's own prints would damage them."""
    inward, outward = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(inward, os.O_BINARY)
        msvcrt.setmode(outward, os.O_BINARY)
    return os.fdopen(inward, "rb"), os.fdopen(outward, "wb")


def _receive(inward: BinaryIO, calls: queue.SimpleQueue[bytes]) -> None:
    while (frame := frames.read(inward)) is not None:
        calls.put(frame[1])
    os._exit(0)  # the service is gone; a component that hangs must not outlive it


def _carry_out(component: Component, payload: bytes, outward: BinaryIO) -> bool:
    """One call; False if this process should not be used any more."""
    number, request = frames.unpack_call(payload)
    frames.write(outward, frames.BEGUN)
    try:
        answer = component.call(number, request)
        frames.write(outward, frames.ANSWER, answer.encode())
        return True
    except CannotSend as error:
        frames.write(outward, frames.NOT_SENT, str(error).encode())
        return True
    except Unclear as error:
        frames.write(outward, frames.UNCLEAR, str(error).encode())
    except Exception as error:
        what = f"the component raised {type(error).__name__}"
        frames.write(outward, frames.UNCLEAR, what.encode())
    return False
