"""Directories in a database: one table each, written in one transaction per file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from hubei_yibao_runtime.files import BadLine, as_datetime
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from .upsert import Writer

if TYPE_CHECKING:
    from .sources import Source

BATCH = 500
#: Lines of one file kept word for word; all are counted.
KEPT_LINES = 1000
#: Bytes of a page of a new SQLite file, and pages that gather in its log before they are copied.
PAGE, CHECKPOINT = 16384, 2000
_ISO_LENGTH = 19
Cells = list[str | None]


@dataclass(slots=True)
class Loaded:
    """What one file or page brought."""

    rows: int = 0
    touched: int = 0  #: rows that are new or differ from what stood there
    version: str = ""  #: the greatest among the rows
    bad: list[BadLine] = field(default_factory=list, repr=False)
    bad_lines: int = 0

    def reject(self, line: BadLine) -> None:
        self.bad_lines += 1
        if len(self.bad) < KEPT_LINES:
            self.bad.append(line)


class Store:
    """The tables of all directories; ``url`` is any SQLAlchemy URL."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self.metadata = MetaData()
        self.state = Table(
            "catalogue_state", self.metadata,
            Column("number", String(10), primary_key=True),
            Column("version", String(100), nullable=False),  # "" before the first file
            Column("files", Integer, nullable=False),
        )  # fmt: skip
        self.quarantine = Table(
            "catalogue_quarantine", self.metadata,
            Column("number", String(10), primary_key=True),
            Column("file", String(200), primary_key=True),
            Column("line", Integer, primary_key=True, autoincrement=False),
            Column("reason", String(200), nullable=False),
            Column("text", Text, nullable=False),
        )  # fmt: skip
        self._writers: dict[str, Writer] = {}

    def table(self, source: Source) -> Table:
        """The directory's table; all cells are text, moments in ISO form, decimals exact."""
        known = self.metadata.tables.get(source.table)
        if known is not None:
            return known
        keys = (source.code, source.record)
        return Table(source.table, self.metadata, *(
            Column(column.name, String(200) if place in keys else Text, primary_key=place in keys,
                   nullable=place not in keys)
            for place, column in enumerate(source.columns)
        ))  # fmt: skip

    def prepare(self, source: Source) -> None:
        """Make what is missing."""
        table = self.table(source)
        with self.writing() as connection:
            self.metadata.create_all(connection, [self.state, self.quarantine, table])
        try:
            with self.writing() as connection:
                if self.version(source, connection) is None:
                    row = {"number": source.number, "version": "", "files": 0}
                    connection.execute(insert(self.state).values(row))
        except IntegrityError:  # another process has just done it
            return

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that nobody else's can run beside (SQLite)."""
        with self.engine.execution_options(yibao_writes=True).begin() as connection:
            yield connection

    def version(self, source: Source, connection: Connection, *, lock: bool = False) -> str | None:
        """The greatest version stored, "" for none yet, None before ``prepare``."""
        asked = select(self.state.c.version).where(self.state.c.number == source.number)
        found: str | None = connection.execute(asked.with_for_update() if lock else asked).scalar()
        return found

    def counts(self, source: Source, connection: Connection) -> tuple[int, int]:
        """Rows in all, and those withdrawn (有效标志 0)."""
        table = self.table(source)
        rows = connection.execute(select(func.count()).select_from(table)).scalar_one()
        if source.validity is None:
            return rows, 0
        flag = table.columns[source.columns[source.validity].name]
        withdrawn = select(func.count()).select_from(table).where(flag == "0")
        return rows, connection.execute(withdrawn).scalar_one()

    def write(
        self, connection: Connection, source: Source, rows: Iterator[tuple[int, Cells]], to: Loaded
    ) -> None:
        """Insert or update rows; those without a code are rejected with their line."""
        writer = self._writers.get(source.number)
        if writer is None:
            writer = self._writers[source.number] = Writer(
                self.table(source), self.engine, None if source.paged else source.version
            )
        moments = [p for p, column in enumerate(source.columns) if column.kind == "moment"]
        while numbered := list(islice(rows, BATCH)):
            batch = [cells for _, cells in numbered if cells[source.code]]
            if len(batch) < len(numbered):
                for line, cells in numbered:
                    if not cells[source.code]:
                        text = "\t".join(cell or "" for cell in cells)
                        to.reject(BadLine(line, "no code", text))
            if batch:
                self._flush(connection, writer, source, batch, moments, to)

    def _flush(
        self, connection: Connection, writer: Writer, source: Source, batch: Sequence[Cells],
        moments: Sequence[int], to: Loaded,
    ) -> None:  # fmt: skip
        for place in moments:
            for cells in batch:
                cell = cells[place]
                if cell and (cell[4:5] != "-" or len(cell) > _ISO_LENGTH):
                    cells[place] = _iso(cell)
        for cells in batch:
            if cells[source.record] is None:
                cells[source.record] = ""
        greatest = max((cells[source.version] or "" for cells in batch), default="")
        to.version = max(to.version, greatest)
        to.rows += len(batch)
        to.touched += writer.write(connection, batch)

    def finish(self, connection: Connection, source: Source, version: str, files: int) -> None:
        """Note the version in the same transaction as its rows."""
        state = self.state
        connection.execute(
            update(state).where(state.c.number == source.number)
            .values(version=version, files=state.c.files + files)
        )  # fmt: skip

    def set_aside(
        self, connection: Connection, source: Source, file: str, bad: Sequence[BadLine]
    ) -> None:
        table = self.quarantine
        here = (table.c.number == source.number) & (table.c.file == file)
        connection.execute(table.delete().where(here))
        if bad:
            connection.execute(insert(table), [
                {"number": source.number, "file": file, "line": line.line, "reason": line.reason,
                 "text": line.text}
                for line in bad
            ])  # fmt: skip

    def close(self) -> None:
        self.engine.dispose()


def _iso(cell: str) -> str:
    """A moment in another form (a stamp, milliseconds, what Java prints); else as it came."""
    moment = as_datetime(cell)
    return cell if moment is None else moment.replace(microsecond=0).isoformat(" ")


def _engine(url: str) -> Engine:
    engine = create_engine(url, hide_parameters=True)
    if engine.dialect.name != "sqlite":
        return engine

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # sqlite3 would begin late, and not at all before DDL
        connection.execute("PRAGMA busy_timeout = 60000")
        connection.execute(f"PRAGMA page_size = {PAGE}")  # of a new file; rows are long
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("yibao_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
