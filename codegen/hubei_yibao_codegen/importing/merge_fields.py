"""A field row of the document against a field of the spec."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import cells
from .cells import same_text
from .changes import FIELD_KEYS, RANKING, Change, Context, shown
from .reading import FieldRow
from .yaml_edit import Map

_TEXTS = ("string", "text", "bytes")


def stands(existing: Map, key: str, printed: str) -> bool:
    """Whether the spec corrects exactly what the document prints (again)."""
    corrected = existing.get("printed") or {}
    return key in corrected and same_text(str(corrected[key]), printed)


def typed(row: FieldRow) -> dict[str, Any]:
    """``type`` with ``length`` or ``precision`` as the row states them; {} where it does not."""
    kind = row.type if row.says("type") else None
    if kind is None:
        return {}
    size = row.length if row.says("length") else cells.NO_LENGTH
    made: dict[str, Any] = {}
    made["type"] = kind.kind
    if kind.kind == "date" and "HH" in row.note:
        made["type"] = "datetime"  # 日期型 whose 说明 gives a format with hours
    if size.digits is None:
        return made
    whole = kind.number or kind.kind == "integer"
    if kind.kind in ("decimal", "integer") and (whole or size.places is not None):
        made["precision"] = [size.digits, size.places or 0]
    elif kind.kind in _TEXTS and size.places is None:
        made["length"] = size.digits
    return made


def _type_changes(existing: Map, row: FieldRow) -> dict[str, Any]:
    """Keys to set (None: to remove) so that the field has the document's type and size.

    Objects are told apart by their members' tables, not here.
    """
    wanted = typed(row)
    if not wanted or wanted["type"] == "object" or "fields" in existing:
        return {}
    kind, size = row.printed.get("type", ""), row.printed.get("length", "")
    if stands(existing, "type", kind) or stands(existing, "type", f"{kind}{size}"):
        return {}
    old_type, old_length = existing.get("type"), existing.get("length")
    old_precision = existing.get("precision")
    if stands(existing, "length", size) or "length" in row.unread:
        wanted.pop("length", None)
        wanted.pop("precision", None)
        return {} if old_type == wanted["type"] else {"type": wanted["type"]}
    open_number = row.type is not None and row.type.number and not row.length.places
    if open_number and old_type == "integer":
        # 数值型 without places: whether it is counted or measured the document leaves open
        wanted["type"] = "integer"
    if wanted["type"] == old_type == "integer" and old_length == row.length.digits is not None:
        return {}
    made: dict[str, Any] = {}
    if wanted["type"] != old_type:
        made["type"] = wanted["type"]
    for key, old in (("length", old_length), ("precision", old_precision)):
        new = wanted.get(key)
        if new is None and row.length.digits is None and wanted["type"] == old_type:
            continue  # an empty length cell says nothing
        if new != old:
            made[key] = new
    return made


def merge_field(existing: Map, row: FieldRow, where: str, context: Context) -> Iterator[Change]:
    """Bring a field to what the row says; hand-written keys are left alone."""
    wanted: dict[str, Any] = {}
    label = row.label if row.says("label") else ""
    old_label = existing.get("label")
    if (
        label
        and not same_text(str(old_label or ""), label)
        and not stands(existing, "label", label)
    ):
        wanted["label"] = label
    wanted.update(_type_changes(existing, row))
    wanted.update(_required(existing, row))
    wanted.update(_coding(existing, row, context))
    if row.type is not None and row.type.repeated and not existing.get("repeated"):
        wanted["repeated"] = True
    note = row.note if context.options.notes and row.says("note") else ""
    if note and not existing.get("note") and not stands(existing, "note", note):
        wanted["note"] = cells.tidy(note)
    if "fields" in existing and row.type is not None and row.type.kind != "object":
        why = "no object in the document, to be changed by hand"
        yield Change("kept", f"{where} type", existing.get("type"), why=why)
    better = _better_source(existing, context)
    for key, value in wanted.items():
        old = existing.get(key)
        if better and key != "note":
            why = f"the document has {shown(value)}, but {better} is the better source"
            yield Change("kept", f"{where} {key}", old, why=why)
            continue
        if value is None:
            if key in existing:
                existing.remove(key)
                yield Change("removed", f"{where} {key}", old)
            continue
        existing.set(key, value, FIELD_KEYS)
        yield Change("changed" if key in existing else "added", f"{where} {key}", old, value)


def _better_source(existing: Map, context: Context) -> str | None:
    """The field's own source, where it ranks above the document's."""
    source = (existing.get("provenance") or {}).get("source")
    ranks = {name: rank for rank, name in enumerate(RANKING)}
    return source if source and ranks[source] < ranks[context.options.source] else None


def _required(existing: Map, row: FieldRow) -> dict[str, Any]:
    if not row.says("required"):
        return {}
    old = existing.get("required", False)
    if old == row.required:
        return {}
    corrected = (existing.get("printed") or {}).get("required")
    if corrected is not None:
        try:
            if cells.flag(str(corrected)) == row.required:
                return {}
        except cells.Unread:
            pass
    return {"required": True if row.required else None}


def _coding(existing: Map, row: FieldRow, context: Context) -> dict[str, Any]:
    """A binding made by hand stays; ``coded`` follows the document."""
    if not row.says("coded") or "dictionary" in existing:
        return {}
    corrected = "coded" in (existing.get("printed") or {})
    if row.coded and not existing.get("coded") and not corrected:
        return _code_table(row, context)
    if not row.coded and existing.get("coded"):
        return {"coded": None}
    return {}


def _code_table(row: FieldRow, context: Context) -> dict[str, Any]:
    key = context.dictionaries.get(row.name)
    return {"dictionary": key} if key else {"coded": True}


def new_field(row: FieldRow, context: Context) -> dict[str, Any]:
    """A field that only the document knows, in the order of the spec files."""
    made: dict[str, Any] = {"name": row.name}
    if row.says("label") and row.label:
        made["label"] = row.label
    made.update(typed(row))
    if not row.says("required"):
        made["required"] = "unknown"
    elif row.required:
        made["required"] = True
    if row.type is not None and row.type.repeated:
        made["repeated"] = True
    if row.says("coded") and row.coded and made.get("type") != "object":
        made.update(_code_table(row, context))
    if context.options.notes and row.says("note") and row.note:
        made["note"] = cells.tidy(row.note)
    return {key: made[key] for key in FIELD_KEYS if key in made}
