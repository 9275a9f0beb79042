"""Fetching a file: what to ask, where it lies while it arrives, and when it counts as received."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ..call import CallOptions
from ..clock import UTC8
from ..errors import FileError, YibaoError
from ..protocol import Protocol
from ..roles import by_role, filled
from .archive import FileLimits, Member, check, plain_name
from .receiving import Progress, Spool
from .text import BadLine, TextRows, as_datetime

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..interface import Field, Interface, Registry

__all__ = ["Fetch", "Progress", "ReceivedFile", "is_directory"]

#: fixmedins_code under which files of the directories lie (9102, 医药机构编号).
DIRECTORY_OWNER = "plc"


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A checked zip file at its final place; usable wherever a path is."""

    path: Path
    member: Member  #: the text inside
    size: int = field(default=0)  #: bytes of the zip

    def __fspath__(self) -> str:
        return str(self.path)

    def rows(
        self,
        columns: int | Sequence[Field],
        *,
        on_bad: Callable[[BadLine], object] | None = None,
        encoding: str = "utf-8",
    ) -> TextRows:
        """The text's rows, read as a stream; see :class:`TextRows`."""
        return TextRows(self.path, columns, on_bad=on_bad, encoding=encoding)


def is_directory(interface: Interface) -> bool:
    """Whether its file is a directory of the policy centre: rows with versions."""
    return any(
        column.role == "version"
        for layout in interface.files
        if layout.direction == "download"
        for column in layout.columns
    )


def owner_of(registry: Registry, origin: str | None, institution: str) -> str:
    """The fixmedins_code to fetch a file with, by the interface that made it."""
    if origin is None:
        return institution
    interface = registry.get(origin)
    if interface is None:
        raise FileError(f"there is no interface {origin} a file could come from")
    return DIRECTORY_OWNER if is_directory(interface) else institution


class Fetch:
    """One download; as a context manager it leaves no temporary file behind."""

    def __init__(
        self,
        protocol: Protocol,
        file_qury_no: str,
        filename: str,
        *,
        origin: str | None = None,
        to: Path | str | None = None,
        expires: str | date | None = None,
        progress: Progress | None = None,
        limits: FileLimits | None = None,
        durable: bool = True,
        options: CallOptions | None = None,
    ) -> None:
        settings = protocol.settings
        interface = by_role(protocol.registry, "download_file")
        if not file_qury_no or not plain_name(filename):
            raise FileError("file_qury_no is empty, or filename is no plain file name")
        _check_time(expires, protocol.clock.now().astimezone(UTC8).replace(tzinfo=None))
        self.number = interface.number
        self.input = filled(interface, {
            "file_qury_no": file_qury_no,
            "filename": filename,
            "fixmedins_code": owner_of(protocol.registry, origin, settings.fixmedins_code),
        })  # fmt: skip
        self._interface = interface
        self._limits = limits or FileLimits()
        folder = settings.state_directory / "files" if to is None else Path(to)
        self._target = folder / filename
        self._durable = durable
        self._spool = Spool(folder, self._limits.packed, progress)
        self.options = replace(options or CallOptions(), sink=self._spool)

    def keep(self) -> ReceivedFile:
        """Check what came and give it its name. Raises FileError; blocks."""
        if not self._spool.attempts:
            raise self._named(FileError("the platform reported success but sent no file"))
        try:
            self._spool.flush(durable=self._durable)
            member = check(self._spool.path, self._limits)
            size = self._spool.size
            self._spool.move_to(self._target)
        except FileError as error:
            raise self._named(error) from error.__cause__
        except OSError as error:
            raise self._named(
                FileError(f"the file cannot be kept: {error.strerror}", advice="look at the disk")
            ) from error
        return ReceivedFile(self._target, member, size)

    def _named(self, error: FileError) -> FileError:
        error.infno, error.name = self._interface.number, self._interface.name
        return error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._spool.discard()
        if self._spool.problem and isinstance(error, YibaoError):
            raise self._named(FileError(self._spool.problem)) from error


def _check_time(expires: str | date | None, now: datetime) -> None:
    """``dld_endtime`` has passed; a date alone means the end of that day, and what nobody can
    read is left to the platform."""
    if isinstance(expires, str):
        until = as_datetime(expires)
        dated = len(expires.strip()) <= len("yyyy-MM-dd")
    else:
        until = as_datetime(expires)
        dated = expires is not None and not isinstance(expires, datetime)
    if until is None:
        return
    if dated:
        until = datetime.combine(until.date(), time.max)
    if until < now:
        raise FileError(
            f"the file could be fetched until {until:%Y-%m-%d %H:%M:%S} only",
            advice="ask the interface that made it again",
            safe_to_repeat=False,
        )


def upload_input(
    protocol: Protocol, path: Path | str, filename: str | None
) -> tuple[str, dict[str, Any], int]:
    """Number and input of an upload (the file in the field that takes bytes), and its size."""
    path = Path(path)
    interface = by_role(protocol.registry, "upload_file")
    name = filename or path.name
    most = protocol.profile.limits.request
    try:
        if path.stat().st_size > most:
            raise FileError(
                f"{path.name} has {path.stat().st_size} bytes; a request takes {most}",
                infno=interface.number, name=interface.name, advice="split it",
            )  # fmt: skip
        content = path.read_bytes()
    except OSError as error:
        raise FileError(
            f"{path.name} cannot be read: {error.strerror}",
            infno=interface.number, name=interface.name,
        ) from error  # fmt: skip
    known: dict[str, Any] = {
        column.name: content
        for node in interface.input or ()
        for column in node.fields
        if column.type == "bytes"
    }
    known |= {"filename": name, "fixmedins_code": protocol.settings.fixmedins_code}
    return interface.number, filled(interface, known), len(content)
