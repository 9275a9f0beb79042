"""One process that holds a component: started, called, and killed when it does not answer."""

from __future__ import annotations

import queue
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

from . import frames
from .config import Instance
from .verdict import ANSWERED, BAD_REQUEST, DEADLINE, FAILED, NOT_NOW, Verdict

# Appended, so that what another interpreter has of its own comes first; the code run there needs
# nothing but the standard library and comtypes.
_BOOT = (
    "import sys; sys.path.append(sys.argv[1]); from hubei_yibao_bridge.child import main; main()"
)
_PACKAGES = str(Path(__file__).parents[1])
_PIPE_SECONDS = 2.0
_NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)


class CannotStart(Exception):
    """The process or its component does not start; its text is shown."""


class Process:
    """A loaded component. Not for several threads, apart from ``kill``."""

    def __init__(self, instance: Instance) -> None:
        command = [instance.python, "-P", "-X", "utf8", "-c", _BOOT, _PACKAGES]
        try:
            self._popen = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, creationflags=_NO_WINDOW,
            )  # fmt: skip
        except OSError as error:
            raise CannotStart(f"python {instance.python!r}: {type(error).__name__}") from error
        self._frames: queue.SimpleQueue[tuple[bytes, bytes] | None] = queue.SimpleQueue()
        self._ended = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._load(instance)

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def alive(self) -> bool:
        return not self._ended.is_set()

    def _read(self) -> None:
        assert self._popen.stdout is not None
        with suppress(OSError, ValueError):
            while (frame := frames.read(self._popen.stdout)) is not None:
                self._frames.put(frame)
        self._ended.set()
        self._frames.put(None)

    def _load(self, instance: Instance) -> None:
        watch = _Watch(self, instance.start)
        with watch:
            self._write(frames.SETUP, instance.setup())
            frame = self._frames.get()
        if frame is not None and frame[0] == frames.READY:
            return
        self.kill()
        if frame is not None:
            raise CannotStart(frame[1].decode("utf-8", "replace"))
        if watch.fired:
            raise CannotStart(f"the component was not loaded within {instance.start:g} s")
        raise CannotStart(f"its process ended while loading ({self._ending()})")

    def _write(self, kind: bytes, payload: bytes) -> None:
        assert self._popen.stdin is not None
        # What was not written completely is not read there; the reader sees the process end.
        with suppress(OSError):
            frames.write(self._popen.stdin, kind, payload)

    def call(self, number: str, message: bytes, seconds: float) -> Verdict:
        """Hand a call over and wait for its end, ``seconds`` at most."""
        begun = False
        watch = _Watch(self, seconds)
        with watch:
            self._write(frames.CALL, frames.pack_call(number, message))
            while (frame := self._frames.get()) is not None:
                kind, payload = frame
                if kind != frames.BEGUN:
                    return _judged(kind, payload)
                begun = True
        self.kill()
        if not begun:
            return Verdict(NOT_NOW, "the component's process ended before the call began")
        if watch.fired:
            return Verdict(DEADLINE, f"no answer within {seconds:g} s; the process was killed")
        return Verdict(FAILED, f"the component's process ended in the call ({self._ending()})")

    def expire(self) -> None:
        """Kill it and wake whoever waits, even if something it started still holds the pipe."""
        self._popen.kill()
        self._reader.join(_PIPE_SECONDS)
        self._frames.put(None)

    def _ending(self) -> str:
        return f"exit code {self._popen.wait()}"

    def kill(self) -> None:
        """End the process at once and wait until it is gone."""
        self._popen.kill()
        self._popen.wait()
        self._reader.join(_PIPE_SECONDS)
        self._ended.set()
        for pipe in (self._popen.stdin, self._popen.stdout):
            with suppress(OSError):  # an unfinished frame cannot be flushed any more
                if pipe is not None:
                    pipe.close()


class _Watch:
    """Kills the process if the block it guards takes too long; ``fired`` tells so."""

    def __init__(self, process: Process, seconds: float) -> None:
        self.fired = False
        self._process = process
        self._timer = threading.Timer(seconds, self._expire)
        self._lock = threading.Lock()
        self._over = False

    def _expire(self) -> None:
        with self._lock:  # a late timer must not strike the next call
            if not self._over:
                self.fired = True
                self._process.expire()

    def __enter__(self) -> None:
        self._timer.daemon = True
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            self._over = True


def _judged(kind: bytes, payload: bytes) -> Verdict:
    status = {frames.ANSWER: ANSWERED, frames.NOT_SENT: BAD_REQUEST}.get(kind, FAILED)
    return Verdict(status, payload.decode("utf-8", "replace"))
