"""Files → :class:`~..document.Document`, by what they contain, not by how they are called."""

from __future__ import annotations

from pathlib import Path

from ..document import BadDocument, Document
from .guard import checked, kind_of

SUFFIXES = {
    "docx": {".docx", ".docm"},
    "xlsx": {".xlsx", ".xlsm"},
    "pdf": {".pdf"},
    "text": {".txt", ".tsv"},
}


def read(path: Path) -> Document:
    """Read a listing, field tables or code tables from .txt, .xlsx, .docx or .pdf.

    Raises BadDocument for a file that is empty, truncated, password-protected, too large, of
    another kind than its name says, or of a kind that is not read.
    """
    data = checked(path)
    try:
        kind = kind_of(data)
    except BadDocument as refused:
        raise BadDocument(f"{path.name}: {refused}") from refused
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES[kind]:
        known = ", ".join(sorted(set().union(*SUFFIXES.values())))
        if any(suffix in names for names in SUFFIXES.values()):
            message = f"named {suffix}, but its content is {kind}: wrong or damaged file"
            raise BadDocument(f"{path.name}: {message}")
        raise BadDocument(f"{path.name}: {suffix or 'no suffix'} is not read, only {known}")
    if kind == "docx":
        from .docx import read_docx

        return read_docx(data, path.name)
    if kind == "xlsx":
        from .xlsx import read_xlsx

        return read_xlsx(data, path.name)
    if kind == "pdf":
        from .pdf import read_pdf

        return read_pdf(data, path.name)
    from .listing_text import read_text

    return read_text(data, path.name)
