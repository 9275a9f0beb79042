"""Text files as the platform exchanges them: UTF-8, TAB, one record a line, ``null`` for empty,
inside a zip."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any

EMPTY = "null"
LARGEST = 50_000_000


class BadFile(ValueError):
    """The upload is no zip with one text file of the expected columns."""


def write(name: str, rows: Sequence[Sequence[Any]]) -> bytes:
    """A zip with one member ``name``; the same rows give the same bytes."""
    lines = ["\t".join(EMPTY if v in (None, "") else str(v) for v in row) for row in rows]
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), "\n".join(lines))
    return target.getvalue()


def read(content: bytes, columns: int) -> list[list[str]]:
    """The rows of the only member; ``null`` becomes the empty string."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) != 1 or members[0].file_size > LARGEST:
                raise BadFile("压缩包应只含一个文本文件")
            text = archive.read(members[0]).decode("utf-8")
    except (zipfile.BadZipFile, UnicodeDecodeError):
        raise BadFile("文件应为 ZIP 压缩的 UTF-8 文本") from None
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        cells = line.split("\t")
        if len(cells) != columns:
            raise BadFile(f"第{number}行应有{columns}列，实际{len(cells)}列")
        rows.append(["" if cell == EMPTY else cell for cell in cells])
    return rows
