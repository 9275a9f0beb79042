"""Messages without personal data: only what the spec knows and does not flag stays readable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .interface import Field, Interface, Node

MASK = "***"
#: Rows of a list, texts in all and characters of a text that ``sensitive_values`` takes.
_ROWS, _TEXTS, _LONGEST = 200, 2_000, 500


def masked(interface: Interface, side: str, value: Any) -> Any:
    """A copy of ``input`` or ``output`` fit for a log.

    Values of sensitive fields, bytes (a file), and values of fields or nodes the spec does not
    know, become ``***``; lists and objects keep their shape, empty values stay.
    """
    nodes = interface.input if side == "input" else interface.output
    return _members(value, _names(nodes or ()))


def sensitive_values(interface: Interface, input_value: Any) -> frozenset[str]:
    """The texts in a checked input that must not show: those of sensitive and unknown fields.

    ``input_value``: a mapping by wire names, a model, or mappings that hold models. Of each list
    the first 200 rows count; bytes and texts too long to be quoted do not.
    """
    nodes = interface.input or ()
    return frozenset(islice(_texts(input_value, _names(nodes)), _TEXTS))


def _texts(value: Any, known: Mapping[str, Node | Field] | None) -> Iterator[str]:
    """The texts in ``value`` that are not in a ``known`` open field; all of them for None."""
    value = _wire(value)
    if isinstance(value, Mapping):
        for name, item in value.items():
            place = known.get(name) if known is not None else None
            if place is None or getattr(place, "sensitive", False):
                yield from () if _is_bytes(place) else _texts(item, None)
            elif place.fields:
                yield from _texts(item, _fields(place.fields))
    elif isinstance(value, list | tuple):
        for item in islice(value, _ROWS):
            yield from _texts(item, known)
    elif known is None and isinstance(value, str) and 0 < len(value) <= _LONGEST:
        yield str(value)


def _wire(value: Any) -> Any:
    dump = getattr(value, "model_dump", None)
    return dump(by_alias=True, exclude_unset=True) if callable(dump) else value


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
    if _is_bytes(place):
        return MASK if value else value
    if getattr(place, "sensitive", False):
        return _hidden(value)
    if place.fields:
        return _members(value, _fields(place.fields))
    if isinstance(value, list | tuple):
        return [_one(item, place) for item in value]
    return _hidden(value) if isinstance(value, Mapping) else value


def _is_bytes(place: Node | Field | None) -> bool:
    return getattr(place, "type", None) == "bytes"


def _hidden(value: Any) -> Any:
    if value is None or value in ("", [], {}):
        return value
    if isinstance(value, Mapping):
        return {name: _hidden(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden(item) for item in value]
    return MASK
