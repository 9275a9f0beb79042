"""What a simulator is started with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

UTC8 = timezone(timedelta(hours=8))

#: Credentials by name; obviously artificial, and the names are those the client's auth asks for.
SECRETS = {
    "access_key": "SIMULATOR-ACCESS-KEY",
    "secret_key": "SIMULATOR-SECRET-KEY",
    "paasid": "simulator-paasid",
    "token": "simulator-token",
    "key": "simulator-key",
    "secret": "simulator-secret",
    # SM2 of cainfo: not a literal key, and the same for everybody who runs the simulator
    "private_key": hashlib.sha256(b"hubei-yibao-simulator, not a secret").hexdigest(),
}

#: wire profile -> the secrets it needs
PROFILES: dict[str, tuple[str, ...]] = {
    "plain": (),
    "csb-hmac-sha1": ("access_key", "secret_key"),
    "tif-sha256": ("paasid", "token"),
    "ca-hmac-sm3": ("key", "secret"),
    "hubei-v1.2.02-cainfo": ("private_key",),
}


def now() -> datetime:
    return datetime.now(UTC8)


@dataclass
class SimulatorConfig:
    """Options of one simulator; the defaults need no file and no key."""

    profile: str = "plain"
    database: str | Path | None = None  #: None: in memory
    seed: int = 1
    institution: str = "H42999900001"  #: only for the printed settings; any code is served
    institution_name: str = "模拟医院"
    secrets: dict[str, str] = field(default_factory=lambda: dict(SECRETS))
    window: float = 1800.0  #: seconds a signature may be old; 30 minutes is published for CSB
    gateway_status: int = 401  #: HTTP status of the gateway's refusals; no source states it
    require_sign_in: bool = False  #: refuse calls without today's sign_no
    callback_url: str | None = None  #: where 6204, 6302, 7102 and 7103 are pushed to
    faults: list[dict[str, Any]] = field(default_factory=list)
    oddities: list[dict[str, Any]] = field(default_factory=list)
    largest_body: int = 64_000_000  #: bytes
    clock: Callable[[], datetime] = now

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            known = ", ".join(PROFILES)
            raise ValueError(f"unknown profile {self.profile!r}; known: {known}")

    def client_settings(self, url: str) -> dict[str, Any]:
        """Keyword arguments for the client's ``Settings`` that fit this simulator."""
        return {
            "url": url,
            "profile": self.profile,
            "fixmedins_code": self.institution,
            "fixmedins_name": self.institution_name,
            "mdtrtarea_admvs": "420199",
            "recer_sys_code": "SIM",
            "infver": "V1.0",
            "opter": "sim01",
            "opter_name": "模拟经办人",
            "secrets": {name: self.secrets[name] for name in PROFILES[self.profile]},
        }
