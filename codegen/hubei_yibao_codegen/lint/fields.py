"""Rules over single fields, columns and nodes."""

from __future__ import annotations

from collections.abc import Iterator

from ..spec.convert import Path
from ..spec.load import Document
from ..spec.model import Column, Field
from .context import SIDES, Context, nodes_of
from .registry import Found, rule

_WITH_LENGTH = {"string", "text", "bytes", "integer", None}
_WITH_FORMAT = {"date", "datetime", "string"}


def _scalars(context: Context) -> Iterator[tuple[Document, Path, Field | Column]]:
    for place in context.places:
        yield place.document, place.path, place.field
    for document, interface in context.interfaces:
        for number, layout in enumerate(interface.files):
            for index, column in enumerate(layout.columns):
                yield document, ("files", number, "columns", index), column


@rule("S210", "error")
def object_without_fields(context: Context) -> Iterator[Found]:
    """An `object` lists its members under `fields`."""
    for place in context.places:
        if place.field.type == "object" and not place.field.fields:
            message = f"object `{place.field.name}` has no fields"
            yield Found(place.at("type"), message, "list its members under `fields`")


@rule("S211", "error")
def fields_without_object(context: Context) -> Iterator[Found]:
    """Only an `object` has `fields`."""
    for place in context.places:
        if place.field.type != "object" and place.field.fields is not None:
            said = f"is {place.field.type}" if place.field.type else "has no type"
            message = f"`{place.field.name}` has fields but {said}"
            yield Found(place.key_at("fields"), message, "write `type: object`")


@rule("S212", "error")
def length_of_no_text(context: Context) -> Iterator[Found]:
    """`length` counts characters, so it belongs to `string`, `text` and `bytes`.

    Of an `integer` it is the number of digits, as the tables print it. A `decimal` has
    `precision`, dates have their format.
    """
    for document, path, field in _scalars(context):
        if field.length is not None and field.type not in _WITH_LENGTH:
            name = field.name or field.label
            message = f"`{name}` is {field.type} and has a length"
            hint = "write `precision: [digits, places]`" if field.type == "decimal" else ""
            yield Found(document.locate((*path, "length"), key=True), message, hint)


@rule("S213", "error")
def precision_invalid(context: Context) -> Iterator[Found]:
    """`precision: [digits, places]` belongs to `decimal` and `integer`, digits ≥ places ≥ 0.

    An integer has no places.
    """
    for document, path, field in _scalars(context):
        if field.precision is None:
            continue
        digits, places = field.precision
        name = field.name or field.label
        if field.type not in ("decimal", "integer"):
            said = f"is {field.type}" if field.type else "has no type"
            message = f"`{name}` {said} and has a precision"
        elif digits < 1 or not 0 <= places <= digits:
            message = f"`{name}`: [{digits}, {places}] is no precision"
        elif field.type == "integer" and places:
            message = f"`{name}` is integer and has {places} places"
        else:
            continue
        yield Found(document.locate((*path, "precision")), message)


@rule("S214", "info")
def precision_missing(context: Context) -> Iterator[Found]:
    """A `decimal` whose source states no precision: nothing can be checked before sending."""
    for document, path, field in _scalars(context):
        if field.type == "decimal" and field.precision is None:
            name = field.name or field.label
            yield Found(document.locate((*path, "type")), f"`{name}` is decimal without precision")


@rule("S215", "error")
def format_of_no_date(context: Context) -> Iterator[Found]:
    """`format` is a date format, of a date or of a text that holds one."""
    for place in context.places:
        if place.field.format is not None and place.field.type not in _WITH_FORMAT:
            said = f"is {place.field.type}" if place.field.type else "has no type"
            yield Found(place.key_at("format"), f"`{place.field.name}` {said} and has a format")


@rule("S216", "error")
def node_without_fields(context: Context) -> Iterator[Found]:
    """A node holds at least one field; what is not known is `unspecified`, never empty."""
    for document, path, node in context.nodes:
        if not node.fields:
            name = f"node `{node.node}`" if node.node else "the node"
            yield Found(document.locate((*path, "fields")), f"{name} has no fields")


@rule("S217", "error")
def coded_and_bound(context: Context) -> Iterator[Found]:
    """`coded` says that no table is known, `dictionary` names one: only one of them can be true."""
    for place in context.places:
        if place.field.coded and place.field.dictionary:
            message = (
                f"`{place.field.name}` is bound to `{place.field.dictionary}` and marked coded"
            )
            yield Found(place.key_at("coded"), message, "remove `coded`")


@rule("S218", "error")
def object_with_scalar_traits(context: Context) -> Iterator[Found]:
    """An `object` has no code table."""
    for place in context.places:
        field = place.field
        if field.type == "object" and (field.dictionary or field.coded):
            key = "dictionary" if field.dictionary else "coded"
            yield Found(place.key_at(key), f"object `{field.name}` cannot be coded")


@rule("S219", "error")
def direct_list(context: Context) -> Iterator[Found]:
    """A repeated node without a name makes the whole message a list: nothing stands beside it."""
    for document, interface in context.interfaces:
        for side in SIDES:
            nodes = nodes_of(interface, side)
            for index, node in enumerate(nodes):
                if node.node is None and node.repeated is True and len(nodes) > 1:
                    message = f"`{side}` is a list here, and has other nodes"
                    place = document.locate((side, index, "repeated"), key=True)
                    yield Found(place, message, "name the node")
