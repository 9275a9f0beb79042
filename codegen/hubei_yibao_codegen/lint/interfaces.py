"""Rules over an interface as a whole: tables, provenance, corrections, roles, files."""

from __future__ import annotations

from collections.abc import Iterator

from ..spec.convert import Path
from ..spec.load import Document
from ..spec.model import Field, Interface, Node
from .context import Context
from .registry import Found, rule

_ROLE_EFFECTS = {
    "sign_in": "session",
    "sign_out": "session",
    "upload_file": "transfer",
    "download_file": "transfer",
    "reverse": "write",
    "query_dictionary": "query",
}

_PRINTED_TABLE = {"columns", "caption", "node"}


@rule("C410", "error")
def unspecified_with_tables(context: Context) -> Iterator[Found]:
    """`fields: unspecified` means that no table is known, so there is no `input` or `output`."""
    for document, interface in context.interfaces:
        if interface.fields is not None:
            for side in ("input", "output"):
                if getattr(interface, side) is not None:
                    message = f"`{side}` beside `fields: unspecified`"
                    yield Found(document.locate((side,), key=True), message, "remove one of them")


@rule("C411", "error")
def tables_missing(context: Context) -> Iterator[Found]:
    """Without `fields: unspecified` an interface has `input` and `output`.

    A side that no source describes is `unspecified`, one that is known to be empty is `[]`.
    """
    for document, interface in context.interfaces:
        if interface.fields is None:
            missing = [side for side in ("input", "output") if getattr(interface, side) is None]
            if missing:
                said = " and ".join(f"`{side}`" for side in missing)
                hint = "write `fields: unspecified` where no table is known"
                yield Found(document.locate(("number",)), f"{said} missing", hint)


@rule("C412", "error")
def provenance_contradicts(context: Context) -> Iterator[Found]:
    """`provenance.fields` is `unspecified` exactly where no table is given."""
    for document, interface in context.interfaces:
        sides = (interface.input, interface.output)
        tables = any(isinstance(side, tuple) and side for side in sides)
        gap = interface.provenance.fields == "unspecified"
        path: Path = ("provenance", "fields")
        if gap and tables:
            message = "fields are given, but their provenance is `unspecified`"
            yield Found(document.locate(path), message)
        elif not gap and not any(isinstance(side, tuple) for side in sides):
            message = (
                f"no fields are given, but their provenance is `{interface.provenance.fields}`"
            )
            yield Found(document.locate(path), message, "write `unspecified`")


@rule("C413", "error")
def correction_without_reason(context: Context) -> Iterator[Found]:
    """A correction holds both what the source printed (`printed`) and why it changed (`reason`)."""
    items: list[tuple[Document, Path, Field | Node]] = [
        (place.document, place.path, place.field) for place in context.places
    ]
    for document, path, item in (*items, *context.nodes):
        if item.printed is not None and item.reason is None:
            message = "`printed` without `reason`"
            yield Found(document.locate((*path, "printed"), key=True), message, "say why")
        elif item.reason is not None and item.printed is None:
            message = "`reason` without `printed`"
            hint = "say what the source prints"
            yield Found(document.locate((*path, "reason"), key=True), message, hint)


@rule("C414", "error")
def printed_unknown_key(context: Context) -> Iterator[Found]:
    """`printed` repeats keys of the item it stands in, with the text of the source.

    `columns`, `caption` and `node` stand for the headings, the title and the node name of the
    printed table.
    """
    items: list[tuple[Document, Path, Field | Node | Interface]] = [
        (place.document, place.path, place.field) for place in context.places
    ]
    whole: list[tuple[Document, Path, Interface]] = [
        (document, (), interface) for document, interface in context.interfaces
    ]
    for document, path, item in (*items, *context.nodes, *whole):
        for key, text in (item.printed or {}).items():
            if key not in type(item).model_fields.keys() | _PRINTED_TABLE:
                message, hint = f"`printed` names `{key}`, which is no key here", ""
            elif getattr(item, key, None) == text:
                message, hint = f"`printed.{key}` equals `{key}`", "remove it"
            else:
                continue
            yield Found(document.locate((*path, "printed", key), key=True), message, hint)


@rule("C415", "error")
def role_effect(context: Context) -> Iterator[Found]:
    """A role has its effect: signing in is a session, moving files a transfer, reversing a write."""
    for document, interface in context.interfaces:
        wanted = _ROLE_EFFECTS.get(interface.role or "", interface.effect)
        if interface.effect != wanted:
            message = f"role `{interface.role}` with effect `{interface.effect}`"
            yield Found(document.locate(("effect",)), message, f"expected `{wanted}`")


@rule("C416", "error")
def query_undone(context: Context) -> Iterator[Found]:
    """Only a write can be reversible or cancel something."""
    for document, interface in context.interfaces:
        if interface.effect == "write":
            continue
        for key in ("reversible", "cancels"):
            if getattr(interface, key):
                message = f"`{key}` on an interface whose effect is `{interface.effect}`"
                yield Found(document.locate((key,), key=True), message)


@rule("C417", "error")
def callback_called(context: Context) -> Iterator[Found]:
    """The platform calls a callback: it has no role and cannot be reversed with 2601."""
    for document, interface in context.interfaces:
        if interface.direction == "callback":
            for key in ("role", "reversible", "cancels"):
                if getattr(interface, key):
                    yield Found(document.locate((key,), key=True), f"`{key}` on a callback")


@rule("C418", "error")
def column_positions(context: Context) -> Iterator[Found]:
    """Columns of a file are numbered 1, 2, 3 … in order."""
    for document, interface in context.interfaces:
        for number, layout in enumerate(interface.files):
            for index, column in enumerate(layout.columns):
                if column.position != index + 1:
                    path = ("files", number, "columns", index, "position")
                    message = (
                        f"column {index + 1} of `{layout.name}` has position {column.position}"
                    )
                    yield Found(document.locate(path), message)
                    break


@rule("C419", "error")
def file_layouts(context: Context) -> Iterator[Found]:
    """File layouts of an interface have different names, and columns; names of columns differ."""
    for document, interface in context.interfaces:
        layouts: set[str] = set()
        for number, layout in enumerate(interface.files):
            path: Path = ("files", number)
            if layout.name in layouts:
                message = f"file layout `{layout.name}` appears twice"
                yield Found(document.locate((*path, "name")), message)
            layouts.add(layout.name)
            if not layout.columns:
                message = f"file layout `{layout.name}` has no columns"
                yield Found(document.locate((*path, "columns")), message)
            names: set[str] = set()
            for index, column in enumerate(layout.columns):
                if column.name is not None and column.name in names:
                    place = document.locate((*path, "columns", index, "name"))
                    yield Found(place, f"column `{column.name}` of `{layout.name}` appears twice")
                names.add(column.name or "")
