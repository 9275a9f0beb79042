"""``hubei-yibao sync catalogues`` without its screen."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

from hubei_yibao_runtime.client import SyncClient
from hubei_yibao_runtime.errors import SettingsError
from sqlalchemy.exc import SQLAlchemyError

from .parquet import export
from .store import Store
from .sync import Change, Step, sync

if TYPE_CHECKING:
    from hubei_yibao_runtime.interface import Registry
    from hubei_yibao_runtime.settings import Settings


def default_url(settings: Settings) -> str:
    """A SQLite file in the state directory."""
    return f"sqlite:///{settings.state_directory / 'catalogues.sqlite3'}"


def main(
    settings: Settings,
    registry: Registry,
    *,
    url: str = "",
    numbers: Collection[str] = (),
    closed: bool = False,
    full: bool = False,
    parquet: Path | None = None,
    report: Callable[[Step], object] | None = None,
) -> list[Change]:
    """Bring the directories in ``url`` up to date, then export them if ``parquet`` names a folder.

    Raises YibaoError as :func:`sync`, SettingsError where the database cannot be used; a single
    directory's failure is in its Change.
    """
    settings.state_directory.mkdir(parents=True, exist_ok=True)
    try:
        store = Store(url or default_url(settings))
    except (SQLAlchemyError, ImportError) as error:
        raise _unusable(error) from None
    try:
        with SyncClient(settings, registry=registry) as client:
            changes = sync(
                client, store, numbers=numbers or None, closed=closed, full=full, report=report
            )
        if parquet is not None:
            export(store, registry, parquet)
    except SQLAlchemyError as error:
        raise _unusable(error) from error
    finally:
        store.close()
    return changes


def _unusable(error: Exception) -> SettingsError:
    cause = getattr(error, "orig", None) or error
    return SettingsError(
        f"the database cannot be used ({type(cause).__name__})",
        advice="check the database URL, its driver, rights and room; what was stored before stays",
    )
