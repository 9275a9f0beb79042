"""Input without a published table: any JSON-able value, numbers exact."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from . import rules
from .columns import wire_number
from .faults import Faults, Order, Place

MAX_DEPTH = 64


def members(value: Any) -> dict[Any, Any] | None:
    """A mapping or model as dict, of a model the fields that were set; None for anything else."""
    if type(value) is dict:
        return value
    if isinstance(value, BaseModel):
        given = value.__pydantic_fields_set__
        held = {name: item for name, item in value.__dict__.items() if name in given}
        return {**held, **(value.__pydantic_extra__ or {})}
    return dict(value) if isinstance(value, Mapping) else None


def plain(value: Any, place: Place, order: Order, faults: Faults, depth: int = 0) -> Any:
    """The wire form of ``value``; what JSON cannot carry exactly becomes a fault."""
    if depth > MAX_DEPTH:
        faults.add(order, place, "value", f"is nested deeper than {MAX_DEPTH} levels")
        return None
    if value is None:
        return ""
    inner = members(value)
    if inner is not None:
        made: dict[str, Any] = {}
        for position, (key, item) in enumerate(inner.items()):
            here = place.inside(str(key))
            try:
                rules.text(key)
            except rules.Refused:
                faults.add((*order, position), place, "type", "every name in it must be text")
                continue
            made[str(key)] = plain(item, here, (*order, position), faults, depth + 1)
        return made
    if isinstance(value, list | tuple):
        return [
            plain(item, place.at_row(row), (*order, row), faults, depth + 1)
            for row, item in enumerate(value)
        ]
    try:
        ready = rules.octets(value) if isinstance(value, bytes | bytearray) else rules.scalar(value)
    except rules.Refused as refused:
        faults.add(order, place, refused.rule, refused.message)
        return None
    return wire_number(ready) if isinstance(ready, Decimal) else ready


def find(value: Any, name: str) -> Any:
    """The first non-empty value of a key ``name`` at any depth; None if there is none."""
    if isinstance(value, dict):
        if value.get(name):
            return value[name]
        value = value.values()
    elif not isinstance(value, list):
        return None
    return next((found for item in value if (found := find(item, name)) is not None), None)
