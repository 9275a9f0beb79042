"""Absolute imports of what a copy holds → relative ones, at the positions the parser gives."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import PurePosixPath


class CannotVendor(Exception):
    """A file imports in a way that has no relative form; the message names it."""


def relative(text: str, path: str, homes: Mapping[str, str]) -> str:
    """``text`` of the file at ``path`` below the copy, importing from inside the copy.

    ``homes``: top-level package → its folder in the copy ("" for the copy itself). Everything
    but the names of modules stays byte for byte. Raises CannotVendor.
    """
    if not any(name in text for name in homes):
        return text
    lines = text.encode().splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    data = b"".join(lines)
    edits: list[tuple[int, int, str]] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            moved = _moved(node.module, path, homes)
            if moved:
                start = starts[node.lineno - 1] + node.col_offset
                edits.append((*_module(data, start, node.module, path), moved))
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if _moved(alias.name, path, homes):
                    raise CannotVendor(
                        f"{path}:{node.lineno}: import {alias.name}: use from … import"
                    )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            moved = _named(node.value, path, homes)
            if moved:
                start = starts[node.lineno - 1] + node.col_offset
                edits.append((start + 1, start + 1 + len(node.value.encode()), moved))
    for start, end, new in sorted(edits, reverse=True):
        data = data[:start] + new.encode() + data[end:]
    return data.decode()


def _moved(module: str, path: str, homes: Mapping[str, str]) -> str:
    """The relative name of a module the copy holds, seen from ``path``; "" for any other."""
    top, _, rest = module.partition(".")
    if top not in homes:
        return ""
    parts = [*homes[top].split("/"), *rest.split(".")]
    return "." * len(PurePosixPath(path).parts) + ".".join(part for part in parts if part)


def _module(data: bytes, start: int, module: str, path: str) -> tuple[int, int]:
    """Where a module's name stands in a ``from`` statement."""
    at = start + len(b"from ")
    end = at + len(module.encode())
    if data[start:at] != b"from " or data[at:end] != module.encode():
        raise CannotVendor(f"{path}: from {module} is written in an unusual way")
    return at, end


def _named(text: str, path: str, homes: Mapping[str, str]) -> str:
    """A string that is the name of a module of the copy: lazy imports of ``__init__.py``.

    They are resolved with the package's own name, so that they may be relative.
    """
    top = text.partition(".")[0]
    if path != "__init__.py" or not homes.get(top):
        return ""
    return _moved(text, path, homes) if all(part.isidentifier() for part in text.split(".")) else ""
