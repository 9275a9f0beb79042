"""Files beside the messages: fetched and sent, checked, and read row by row."""

from __future__ import annotations

from ..errors import FileError
from .archive import FileLimits, Member, check
from .download import Progress, ReceivedFile
from .paging import Page, pages, pages_async
from .text import BadLine, TextRows, as_date, as_datetime, write_rows
from .windows import windows

__all__ = [
    "BadLine",
    "FileError",
    "FileLimits",
    "Member",
    "Page",
    "Progress",
    "ReceivedFile",
    "TextRows",
    "as_date",
    "as_datetime",
    "check",
    "pages",
    "pages_async",
    "windows",
    "write_rows",
]
