"""What a client keeps on this host: its journal and the source of its message numbers."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from .errors import JournalError
from .journal import SqlJournal, open_journal
from .msgid import DurableIds

if TYPE_CHECKING:
    from .settings import Settings


def address(settings: Settings) -> str:
    """Where the journal is kept; with ``journal = "off"`` the message numbers still need it.

    Message numbers are unique among those who share this address, and only among them.
    """
    if settings.journal not in (None, "off"):
        return str(settings.journal)
    directory = settings.state_directory
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise JournalError(
            f"cannot create {directory}: {type(error).__name__}",
            advice="set state_dir (YIBAO_STATE_DIR) to a directory that can be written",
        ) from None
    return str(directory / "journal.sqlite3")


def open_local(settings: Settings) -> SqlJournal:
    """The journal of these settings; nothing is read or written before its first use."""
    secret = settings.secrets.get("journal")
    key = None if secret is None else secret.get_secret_value().encode()
    return open_journal(address(settings), secret=key)


@lru_cache(maxsize=16)
def _ids(url: str) -> DurableIds:
    return DurableIds(open_journal(url).store)


class SharedIds:
    """Message numbers for calls made without a client; opened on first use, once per process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def next(self, code12: str, now: datetime) -> str:
        return _ids(address(self._settings)).next(code12, now)
