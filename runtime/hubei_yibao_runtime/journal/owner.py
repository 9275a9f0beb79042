"""Which process a journal record belongs to, and whether it still lives.

A record left open by a process that is gone will never be closed; one whose process lives may
still be waiting for its answer. Linux tells both; elsewhere, in another container or on another
host, only the call's deadline counts.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

_PROC = Path("/proc")


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("ascii", "replace").strip()
    except OSError:
        return ""


@lru_cache(maxsize=1)
def _machine() -> str:
    boot = _read(_PROC / "sys/kernel/random/boot_id")
    try:
        namespace = os.readlink(_PROC / "self/ns/pid")
    except OSError:
        namespace = ""
    return f"{boot}/{namespace}" if boot and namespace else ""


def _started(pid: int) -> str:
    """Start time of a living process in clock ticks; "" if it is gone or only waits to be reaped."""
    fields = _read(_PROC / str(pid) / "stat").rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 and fields[0] not in "ZX" else ""


@lru_cache(maxsize=2)
def _token(pid: int) -> str:
    machine = _machine()
    return f"{machine}/{pid}/{_started(pid)}" if machine else f"?/{pid}"


def me() -> str:
    """Names this process for the journal; another start of the same pid has another name."""
    return _token(os.getpid())


def may_live(token: str) -> bool:
    """False only if the process behind ``token`` is known to be gone."""
    machine = _machine()
    where, _, started = token.rpartition("/")
    host, _, pid = where.rpartition("/")
    if not machine or not pid.isdecimal():
        return True
    return host != machine or _started(int(pid)) == started
