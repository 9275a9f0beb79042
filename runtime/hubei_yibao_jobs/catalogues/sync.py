"""Bringing the local directories up to date; killed at any point, the next run ends the same."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubei_yibao_runtime.call import CallOptions
from hubei_yibao_runtime.errors import FileError, YibaoError
from hubei_yibao_runtime.files import as_date, pages

from .sources import Source, sources
from .store import Cells, Loaded, Store

if TYPE_CHECKING:
    from hubei_yibao_runtime.client import SyncClient
    from hubei_yibao_runtime.files.paging import Page

#: The first version to ask with: Hubei's client sends "0", the national baseline prints "v0000".
#: "0" is not greater than any version, however versions are written.
FIRST_VERSION = "0"
FIRST_DAY = "1970-01-01"
PAGE_SIZE = 500
_FOLDER, _OLD = "catalogue-files", 86400  #: seconds after which a killed run's folder goes


@dataclass(slots=True)
class Change:
    """What a run did to one directory."""

    number: str
    name: str
    before: str = ""  #: version before and after
    after: str = ""
    files: int = 0  #: files or pages
    rows: int = 0  #: rows read
    new: int = 0
    changed: int = 0
    withdrawn: int = 0  #: rows that are invalid now (有效标志 0) and were not before
    quarantined: int = 0  #: lines left out, see catalogue_quarantine
    seconds: float = 0.0
    error: str = ""  #: why it stopped early; what was stored until then stays

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """Progress: a file or page of a directory is stored."""

    number: str
    version: str
    rows: int  #: of this run so far
    seconds: float


def sync(
    client: SyncClient,
    store: Store,
    *,
    numbers: Collection[str] | None = None,
    closed: bool = False,
    full: bool = False,
    first_version: str = FIRST_VERSION,
    page_size: int = PAGE_SIZE,
    report: Callable[[Step], object] | None = None,
) -> list[Change]:
    """Fetch what is newer than the local versions, directory by directory.

    ``numbers``: only these (None: all that are open). ``closed``: those too that the listing says
    are not open. ``full``: begin at the first version again; rows that did not change stay.
    One directory's failure is in its ``Change.error`` and does not keep back the others. Raises
    YibaoError for a number that is no directory.
    """
    known = {source.number: source for source in sources(client._protocol.registry, closed=True)}
    unknown = sorted(set(numbers or ()) - set(known))
    if unknown:
        raise YibaoError(f"no directory with a published layout: {', '.join(unknown)}")
    wanted = [known[n] for n in numbers] if numbers else [
        source for source in known.values() if closed or source.interface.open
    ]  # fmt: skip
    run = _Run(client, store, CallOptions(allow_closed=closed), first_version, page_size, report)
    return [run.directory(source, full=full) for source in wanted]


class _Run:
    def __init__(
        self, client: SyncClient, store: Store, options: CallOptions, first_version: str,
        page_size: int, report: Callable[[Step], object] | None,
    ) -> None:  # fmt: skip
        self._client = client
        self._store = store
        self._options = options
        self._first_version = first_version
        self._page_size = page_size
        self._report = report

    def directory(self, source: Source, *, full: bool) -> Change:
        change = Change(source.number, source.interface.name)
        started = time.perf_counter()
        store = self._store
        store.prepare(source)
        with store.engine.connect() as connection:
            rows, withdrawn = store.counts(source, connection)
            change.before = change.after = store.version(source, connection) or ""
        touched = 0
        try:
            since = "" if full else change.before
            steps = self._pages(source, since) if source.paged else self._files(source, since)
            for loaded in steps:
                change.files += 1
                change.rows += loaded.rows
                change.quarantined += loaded.bad_lines
                touched += loaded.touched
                if self._report is not None:
                    seconds = time.perf_counter() - started
                    self._report(Step(source.number, loaded.version, change.rows, seconds))
        except YibaoError as error:
            change.error = str(error)
        with store.engine.connect() as connection:
            rows_now, withdrawn_now = store.counts(source, connection)
            change.after = store.version(source, connection) or ""
        change.new = rows_now - rows
        change.changed = max(0, touched - change.new)
        change.withdrawn = max(0, withdrawn_now - withdrawn)
        change.seconds = time.perf_counter() - started
        return change

    def _files(self, source: Source, version: str) -> Iterator[Loaded]:
        """File after file until nothing is newer."""
        while True:
            answer = self._client.call(
                source.number, source.input(version or self._first_version), options=self._options
            )
            told = _flat(answer.raw)
            query, name = str(told.get("file_qury_no") or ""), str(told.get("filename") or "")
            if not query:
                return
            with _folder(self._client.settings.state_directory) as folder:
                file = self._client.download(
                    query, name, origin=source.number, to=folder, durable=False, options=self._options,
                    expires=told.get("dld_endtime") or told.get("dld_end_time"),
                )  # fmt: skip
                loaded = Loaded()
                rows = file.rows(len(source.columns), on_bad=loaded.reject).numbered()
                with self._store.writing() as connection:
                    stored = self._store.version(source, connection, lock=True) or ""
                    self._store.write(connection, source, rows, loaded)
                    if loaded.bad_lines and not loaded.rows:
                        raise FileError(
                            f"{name}: no line fits the layout ({loaded.bad[0].reason})",
                            infno=source.number, name=source.interface.name,
                            advice="the platform may have changed the layout: compare the spec",
                        )  # fmt: skip
                    self._store.set_aside(connection, source, name, loaded.bad)
                    self._store.finish(connection, source, max(stored, loaded.version), 1)
            yield loaded
            if loaded.version <= version:  # asking again would bring the same file
                return
            version = loaded.version

    def _pages(self, source: Source, since: str) -> Iterator[Loaded]:
        """All pages; the time of the latest change is noted when the last one is stored."""
        latest = since
        given = source.input(_day(since) or FIRST_DAY)
        for page in pages(
            self._client, source.number, given, size=self._page_size, options=self._options
        ):
            loaded = Loaded()
            with self._store.writing() as connection:
                self._store.write(connection, source, _cells(source, page), loaded)
            latest = max(latest, loaded.version)
            yield loaded
        with self._store.writing() as connection:
            stored = self._store.version(source, connection, lock=True) or ""
            self._store.finish(connection, source, max(stored, latest), 1)


def _flat(raw: Any) -> dict[str, Any]:
    """The output's fields, whether they stand in it directly or in a node."""
    output = raw.get("output") if isinstance(raw, dict) else None
    if isinstance(output, list):
        output = output[0] if output else None
    if not isinstance(output, dict):
        return {}
    inner = [value for value in output.values() if isinstance(value, dict)]
    return output if "file_qury_no" in output or not inner else inner[0]


def _cells(source: Source, page: Page) -> Iterator[tuple[int, Cells]]:
    names = source.names()
    for line, row in enumerate(page.rows, 1):
        cells: Cells = [None if row.get(name) is None else str(row[name]) for name in names]
        yield line, cells


@contextmanager
def _folder(state: Path) -> Iterator[Path]:
    """A folder of this run's own, gone afterwards; those of killed runs go after a day."""
    base = state / _FOLDER
    base.mkdir(parents=True, exist_ok=True)
    for left in base.iterdir():
        if left.stat().st_mtime < time.time() - _OLD:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=base, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _day(version: str) -> str:
    """The day of a time of change, ISO; "" where nobody can read it."""
    day = as_date(version)
    return day.isoformat() if day else ""
