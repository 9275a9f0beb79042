"""Checks before any library opens a file: documents come from outside."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Literal

from ..document import BadDocument

Kind = Literal["docx", "xlsx", "pdf", "text"]

MAX_BYTES = 64_000_000
MAX_UNPACKED = 400_000_000
MAX_MEMBERS = 10_000
#: A page of repeated table markup packs about 40:1; bombs start in the hundreds.
MAX_RATIO = 200
_RATIO_FROM = 10_000_000

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
#: Office Open XML forbids document type declarations, so nothing honest is refused.
_DECLARATION = re.compile(
    rb"<!(?:DOCTYPE|ENTITY)|<\x00!\x00(?:D\x00O\x00C|E\x00N\x00T)|\x00<\x00!\x00(?:D\x00O|E\x00N)"
)
_MAIN_PARTS: dict[str, Kind] = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx"}


def checked(path: Path) -> bytes:
    """The file's bytes; BadDocument if it is missing, empty or larger than MAX_BYTES."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise BadDocument(f"{path.name}: {size} bytes, more than {MAX_BYTES} are not read")
        data = path.read_bytes()
    except OSError as error:
        raise BadDocument(f"{path}: cannot be read: {error.strerror}") from error
    if not data.strip():
        raise BadDocument(f"{path.name}: the file is empty")
    return data


def kind_of(data: bytes) -> Kind:
    """What the content is; an archive is checked to be harmless on the way."""
    if data.startswith(_OLE):
        if _ENCRYPTED in data:
            raise BadDocument("password-protected: open it and save it without a password")
        raise BadDocument("the old binary .doc/.xls format: save it as .docx or .xlsx")
    if data.startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(b"PK"):
        return _archive(data)
    if b"\x00" in data[:65536] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadDocument("neither text, .docx, .xlsx nor .pdf: wrong or damaged file")
    return "text"


def _archive(data: bytes) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _document_in(archive, len(data))
    except BadDocument:
        raise
    except Exception as error:  # zipfile lets errors of any kind through for damaged archives
        raise BadDocument(f"truncated or damaged: {type(error).__name__}") from error


def _document_in(archive: zipfile.ZipFile, packed: int) -> Kind:
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise BadDocument(f"{len(members)} parts in the archive, not a document")
    if any(member.flag_bits & 1 for member in members):
        raise BadDocument("password-protected archive: save it without a password")
    names = {member.filename for member in members}
    for part, kind in _MAIN_PARTS.items():
        if part in names:
            _check_members(archive, members, packed)
            return kind
    raise BadDocument("an archive, but neither a .docx nor an .xlsx")


def _check_members(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], packed: int) -> None:
    """Unpack every part once, counting: the sizes an archive declares may lie."""
    total = 0
    for member in members:
        tail = b""
        with archive.open(member) as stream:
            while chunk := stream.read(1 << 20):
                total += len(chunk)
                if total > MAX_UNPACKED or (total > _RATIO_FROM and total > MAX_RATIO * packed):
                    raise BadDocument(f"unpacks to more than {total} bytes: not opened")
                if member.filename.endswith((".xml", ".rels")):
                    if _DECLARATION.search(tail + chunk):
                        message = f"{member.filename} declares a document type: not opened"
                        raise BadDocument(message)
                    tail = chunk[-16:]
