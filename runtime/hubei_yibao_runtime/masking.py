"""Messages without personal data: only what the spec knows and does not flag stays readable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .interface import Field, Interface, Node

MASK = "***"


def masked(interface: Interface, side: str, value: Any) -> Any:
    """A copy of ``input`` or ``output`` fit for a log.

    Values of sensitive fields, and of fields or nodes the spec does not know, become ``***``;
    lists and objects keep their shape, empty values stay.
    """
    nodes = interface.input if side == "input" else interface.output
    return _members(value, _names(nodes or ()))


def _names(nodes: tuple[Node, ...]) -> dict[str, Node | Field]:
    known: dict[str, Node | Field] = {}
    for node in nodes:
        if node.name is None:
            known |= _fields(node.fields)
        else:
            known |= dict.fromkeys((node.name, *node.aliases), node)
    return known


def _fields(fields: tuple[Field, ...]) -> dict[str, Node | Field]:
    return {name: field for field in fields for name in (field.name, *field.aliases)}


def _members(value: Any, known: Mapping[str, Node | Field]) -> Any:
    if isinstance(value, list | tuple):
        return [_members(item, known) for item in value]
    if not isinstance(value, Mapping):
        return _hidden(value)
    return {
        name: _one(item, known[name]) if name in known else _hidden(item)
        for name, item in value.items()
    }


def _one(value: Any, place: Node | Field) -> Any:
    if getattr(place, "sensitive", False):
        return _hidden(value)
    if place.fields:
        return _members(value, _fields(place.fields))
    if isinstance(value, list | tuple):
        return [_one(item, place) for item in value]
    return _hidden(value) if isinstance(value, Mapping) else value


def _hidden(value: Any) -> Any:
    if value is None or value in ("", [], {}):
        return value
    if isinstance(value, Mapping):
        return {name: _hidden(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden(item) for item in value]
    return MASK
