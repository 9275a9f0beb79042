"""``codes/``: one module per code table, and the enums over them."""

from __future__ import annotations

from ..ir.model import Dictionary
from .escape import docstring, literal
from .output import HEADER
from .templates import render


def emit_codes(dictionaries: tuple[Dictionary, ...]) -> dict[str, str]:
    """All files that hold nothing but code tables."""
    files = {f"codes/{each.key}.py": _table(each) for each in dictionaries}
    files["codes/__init__.py"] = render(
        "codes.py.jinja",
        keys=[d.key for d in dictionaries],
        incomplete=[d.key for d in dictionaries if not d.complete],
    )
    files["enums.py"] = render("enums.py.jinja", dictionaries=dictionaries)
    files["enums.pyi"] = render("enums.pyi.jinja", dictionaries=dictionaries)
    files["docs/dictionaries.md"] = render("dictionaries.md.jinja", dictionaries=dictionaries)
    return files


def _table(dictionary: Dictionary) -> str:
    odd = {c.code: c.member for c in dictionary.codes if c.member != f"C{c.code}"}
    parts = [
        HEADER,
        f'"""{docstring(f"{dictionary.key} {dictionary.label}")}"""\n\n',
        f"CODES: dict[str, str] = {_mapping({c.code: c.label for c in dictionary.codes})}\n",
    ]
    if odd:
        parts += ["\n#: Enum members whose name is not C + code.\n"]
        parts += [f"MEMBERS: dict[str, str] = {_mapping(odd)}\n"]
    return "".join(parts)


def _mapping(values: dict[str, str]) -> str:
    """A dict literal laid out as the formatter would, so that it need not see these files."""
    rows = [f"    {literal(key)}: {literal(value)},\n" for key, value in values.items()]
    return f"{{\n{''.join(rows)}}}" if rows else "{}"
