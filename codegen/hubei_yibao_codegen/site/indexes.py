"""Pages that lead to the interfaces: start, code tables, field names, envelope, changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from ..emit.describe import KINDS, PROVENANCE, required
from ..ir.model import EnvelopeField, Package
from .pages import ORIGINS
from .relations import Form, field_forms, table_users, uses
from .rendering import render


def index_pages(package: Package, changes: Path) -> dict[str, str]:
    """Everything but interfaces and guides; ``changes`` is a folder of change logs."""
    all_uses = list(uses(package))
    forms = field_forms(all_uses)
    return {
        "index.md": _start(package, len(forms)),
        "envelope.md": _envelope(package),
        "changes.md": render("changes.md.jinja", parts=_change_logs(changes)),
        **_dictionary_pages(package, table_users(all_uses)),
        **_field_pages(forms),
    }


def _start(package: Package, fields: int) -> str:
    counted = Counter(each.provenance for each in package.interfaces)
    return render(
        "index.md.jinja",
        title=package.title,
        edition=package.edition,
        interfaces=len(package.interfaces),
        dictionaries=len(package.dictionaries),
        fields=fields,
        origins=[
            (PROVENANCE[key], counted[key], text) for key, text in ORIGINS.items() if counted[key]
        ],
    )


def _envelope(package: Package) -> str:
    sides = [("请求", package.envelope_request), ("应答", package.envelope_response)]
    return render(
        "envelope.md.jinja",
        sides=[(heading, [_envelope_row(field) for field in fields]) for heading, fields in sides],
    )


def _envelope_row(field: EnvelopeField) -> dict[str, str]:
    return {
        "name": field.wire,
        "label": field.label,
        "kind": KINDS[field.kind],
        "size": str(field.length or ""),
        "required": required(field.required),
        "note": field.note,
    }


def _change_logs(folder: Path) -> list[str]:
    """The change logs, newest name first; their own first headings one level down are fine."""
    return [file.read_text("utf-8") for file in sorted(folder.glob("*.md"), reverse=True)]


def _dictionary_pages(
    package: Package, users: Mapping[str, Mapping[str, list[str]]]
) -> dict[str, str]:
    names = {each.number: each.name for each in package.interfaces}
    pages = {}
    for each in package.dictionaries:
        rows = [
            (number, names[number], "、".join(fields))
            for number, fields in users.get(each.key, {}).items()
        ]
        pages[f"dictionaries/{each.key}.md"] = render("dictionary.md.jinja", d=each, users=rows)
    counted = [(each, len(users.get(each.key, {}))) for each in package.dictionaries]
    pages["dictionaries.md"] = render("dictionaries.site.md.jinja", dictionaries=counted)
    return pages


def _field_pages(forms: Mapping[str, list[Form]]) -> dict[str, str]:
    by_letter: dict[str, list[tuple[str, list[Form]]]] = {}
    for name, found in forms.items():
        by_letter.setdefault(_letter(name), []).append((name, found))
    pages = {
        f"fields/{letter}.md": render(
            "fields.md.jinja", letter=letter, fields=found, anchor=_anchor
        )
        for letter, found in by_letter.items()
    }
    letters = [(letter, f"fields/{letter}.md", len(by_letter[letter])) for letter in by_letter]
    pages["fields.md"] = render("fields.index.md.jinja", count=len(forms), letters=letters)
    return pages


def _letter(name: str) -> str:
    first = name[:1].lower()
    return first if first.isascii() and first.isalpha() else "other"


def _anchor(name: str) -> str:
    """The heading's anchor is the name itself where Markdown can say so."""
    plain = name.isascii() and name.isidentifier()
    return f" {{ #{name} }}" if plain else ""
