"""A province or city that differs: spec files with only the differences, laid over the whole.

Files lie as in the spec (``interfaces/**``, ``dictionaries/**``, ``platform.yaml``) and name what
they change by ``number`` or ``key``. Mappings are merged key by key. Lists of nodes, fields, codes,
files and columns are merged item by item (by ``node``, ``name``, ``code``, ``position``): an item
with a name that is there changes it, any other is added at the end. Other lists and values are
replaced. To take something away:

- ``remove: true`` in an item or at the top of a file takes away the item or the whole file,
- ``remove: [note, deprecated]`` takes keys out of the mapping it stands in.

Values keep their place: findings about them point into the overlay's file.
"""

from __future__ import annotations

from typing import NamedTuple

from .findings import Finding, finding
from .spec.yaml_nodes import Mapping, Node, Scalar, Sequence, at

REMOVE = "remove"
#: List → the key its items are told apart by.
_IDENTITY = {
    "input": "node",
    "output": "node",
    "fields": "name",
    "codes": "code",
    "files": "name",
    "columns": "position",
    "request": "name",
    "response": "name",
}


class Mark(NamedTuple):
    """Where a value of an overlay stands; ``line`` and ``column`` from 0, as the parser has them."""

    line: int
    column: int
    file: str


def mark(root: Mapping, file: str) -> None:
    """Make every node remember that it comes from ``file``."""
    pending: list[Node] = [root]
    while pending:
        node = pending.pop()
        node.mark = Mark(node.line - 1, node.column - 1, file)
        if isinstance(node, Mapping):
            pending += [*node.keys.values(), *node.values.values()]
        elif isinstance(node, Sequence):
            pending += node.items


def removes(node: Node) -> bool:
    """Whether an item or file of an overlay only says that it is taken away."""
    if not isinstance(node, Mapping):
        return False
    wanted = node.values.get(REMOVE)
    return isinstance(wanted, Scalar) and wanted.value == "true" and not wanted.quoted


def merge(base: Mapping, over: Mapping, file: str) -> tuple[Mapping, list[Finding]]:
    """``over`` (marked, of ``file``) laid over ``base``; neither is changed."""
    found: list[Finding] = []
    return _merged(base, over, file, found), found


def _merged(base: Mapping, over: Mapping, file: str, found: list[Finding]) -> Mapping:
    made = Mapping(base.mark)
    made.keys, made.values = dict(base.keys), dict(base.values)
    if REMOVE in over.values:
        _take_out(made, over.values[REMOVE], file, found)
    for key, value in over.values.items():
        if key == REMOVE:
            continue
        below = base.values.get(key)
        made.keys[key] = over.keys[key]
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            made.values[key] = _merged(below, value, file, found)
        elif (
            isinstance(value, Sequence)
            and key in _IDENTITY
            and (isinstance(below, Sequence) or below is None)
        ):
            items = below.items if isinstance(below, Sequence) else []
            made.values[key] = _list(items, value, _IDENTITY[key], file, found)
        else:
            made.values[key] = value
    return made


def _take_out(made: Mapping, names: Node, file: str, found: list[Finding]) -> None:
    items = names.items if isinstance(names, Sequence) else [names]
    for item in items:
        if isinstance(item, Scalar) and item.value in made.values:
            del made.values[item.value], made.keys[item.value]
        else:
            shown = f"`{item.value}`" if isinstance(item, Scalar) else item.kind
            message = f"nothing to remove: {shown} is no key of what lies below"
            found.append(finding("O501", "error", at(file, item), message))


def _list(
    items: list[Node], over: Sequence, identity: str, file: str, found: list[Finding]
) -> Sequence:
    made = Sequence(over.mark)
    made.items = list(items)
    places = {_identity(item, identity): index for index, item in enumerate(items)}
    gone: set[int] = set()
    for item in over.items:
        name = _identity(item, identity)
        index = places.get(name)
        below = made.items[index] if index is not None else None
        if removes(item):
            if index is None:
                message = f"nothing to remove: no {identity} `{name}` in what lies below"
                found.append(finding("O501", "error", at(file, item), message))
            else:
                gone.add(index)
        elif index is not None and isinstance(below, Mapping) and isinstance(item, Mapping):
            made.items[index] = _merged(below, item, file, found)
        else:
            made.items.append(item)
    made.items = [item for index, item in enumerate(made.items) if index not in gone]
    return made


def _identity(item: Node, key: str) -> str | None:
    """The name of an item; None for the node whose fields stand directly in the message."""
    if not isinstance(item, Mapping):
        return None
    value = item.values.get(key)
    return value.value if isinstance(value, Scalar) else None
