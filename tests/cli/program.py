"""The installed program ``hubei-yibao`` in a pipe and in a pseudo-terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

import msgspec

PROGRAM = str(Path(sys.executable).with_name("hubei-yibao"))
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def environment(home: Path, **more: str) -> dict[str, str]:
    """Nothing of the surroundings but the path; state goes below ``home``."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "YIBAO_STATE_DIR": str(home / "state"),
        **more,
    }


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str = ""

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def rows(self) -> list[list[str]]:
        return [line.split("\t") for line in self.lines]

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.out)


def run(*words: str, env: Mapping[str, str], given: str = "") -> Done:
    """In pipes, to its end."""
    ended = subprocess.run(
        [PROGRAM, *words], env=dict(env), input=given.encode(), capture_output=True, timeout=60
    )
    return Done(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


class Terminal:
    """The program under a pseudo-terminal of its own."""

    def __init__(self, *words: str, env: Mapping[str, str], columns: int = 100) -> None:
        self.text = ""
        self.pid, self._end = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
            os.execve(PROGRAM, [PROGRAM, *words], dict(env))

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._end], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self._end, 65_536)
        except OSError:  # Linux: the program has closed its end
            return False
        self.text += data.decode("utf-8", "replace")
        return bool(data)

    def expect(self, text: str, seconds: float = 30) -> None:
        until = time.monotonic() + seconds
        while text not in self.text:
            assert time.monotonic() < until, self.text
            assert self._read(0.2), self.text

    def send(self, keys: str) -> None:
        os.write(self._end, keys.encode())

    def finish(self, seconds: float = 30) -> Done:
        """Waits for its end; the output without colours."""
        until = time.monotonic() + seconds
        while self._read(0.2):
            assert time.monotonic() < until, self.text
        _, status = os.waitpid(self.pid, 0)
        os.close(self._end)
        return Done(
            os.waitstatus_to_exitcode(status), _ESCAPES.sub("", self.text).replace("\r", "")
        )


def in_terminal(*words: str, env: Mapping[str, str], columns: int = 100) -> Done:
    return Terminal(*words, env=env, columns=columns).finish()


def width(text: str) -> int:
    """Columns a text takes in a terminal."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
