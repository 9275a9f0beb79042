"""Settings of the jobs: from arguments or ``YIBAO_JOBS_*``."""

from __future__ import annotations

import hashlib
import socket
from pathlib import Path
from typing import Annotated

from hubei_yibao_runtime.local import address
from hubei_yibao_runtime.settings import Settings
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]


class JobsSettings(BaseSettings):
    """Where the jobs keep their tables, how fast they send, and when they run."""

    model_config = SettingsConfigDict(
        env_prefix="YIBAO_JOBS_", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    url: str | None = Field(
        default=None, repr=False,
        description="SQLAlchemy URL of outbox and engine: sqlite:///file or postgresql://...; "
        "None: a file in state_dir. Several hosts need PostgreSQL, for the journal as well",
    )  # fmt: skip
    per_minute: Count = Field(
        default=600, description="messages started per minute and institution, over all hosts"
    )
    at_once: Count = Field(default=8, description="messages in flight per institution, all hosts")
    waits: tuple[Seconds, ...] = Field(
        default=(60, 300, 900, 3600, 3600),
        description="seconds before a message that did not leave is tried again; then it is set "
        "aside",
    )
    busy_wait: Seconds = Field(
        default=5, description="seconds before looking again at a call somebody else has open"
    )
    poll: Seconds = Field(default=2, description="seconds between looks into the outbox")
    run_hours: Seconds = Field(default=6, description="a run ends after this, finished or not")
    cron: str = Field(default="30 1 * * *", description="when the nightly run starts")
    timezone: str = Field(default="Asia/Shanghai", description="of `cron`")
    lost_after: Seconds = Field(
        default=120, description="a worker that gave no sign for so many seconds is taken over"
    )

    def database(self, settings: Settings) -> str:
        """The SQLAlchemy URL of the outbox; psycopg 3 where PostgreSQL is asked for."""
        return _driver(self.url) if self.url else _file(settings, "jobs.sqlite3")

    def engine(self, settings: Settings) -> str:
        """The URL of the engine's own tables; with SQLite a file of its own beside the outbox."""
        if self.url is None:
            return _file(settings, "engine.sqlite3")
        if self.url.startswith("sqlite"):
            return f"{self.url}-engine"
        return _driver(self.url)


def _driver(url: str) -> str:
    for plain in ("postgres://", "postgresql://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


def _file(settings: Settings, name: str) -> str:
    directory = settings.state_directory
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return f"sqlite:///{directory / name}"


def journal_mark(settings: Settings) -> str:
    """Which journal a message number stands in: the same for all who share it, 16 hex digits."""
    where = address(settings)
    if not where.startswith(("postgresql://", "postgres://")):
        path = where.partition("://")[2].removeprefix("/") if "://" in where else where
        where = f"{socket.gethostname()}:{Path(path).absolute()}"
    return hashlib.sha256(where.encode()).hexdigest()[:16]
