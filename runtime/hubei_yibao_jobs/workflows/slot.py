"""An executor's name: unique among living processes of a host, and the same after a restart.

DBOS gives a restarted executor its own unfinished workflows back by name, so two living ones must
never share it. A locked file per name settles that; the system frees it when the process ends.
"""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path
from typing import IO

from hubei_yibao_runtime.errors import SettingsError

_MOST = 64


class Slot:
    """Takes the first free name of this host and ``directory``: ``host-1a2b3c-1``, ``…-2``, ..."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:6]
        for number in range(1, _MOST + 1):
            file = (directory / f"jobs-{number}.lock").open("a")
            if _locked(file):
                self._file = file
                self.name = f"{socket.gethostname()}-{place}-{number}"
                return
            file.close()
        raise SettingsError(f"{_MOST} workers are running on this host already")

    def free(self) -> None:
        self._file.close()


def _locked(file: IO[str]) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
