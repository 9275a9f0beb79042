"""From what a rule returns to the answer's ``output``: only fields of the spec, all the
required ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hubei_yibao_runtime.interface import Field, Interface, Node

from .sample import Sampler, listed


class UnknownNode(LookupError):
    """A rule returned a node that the interface does not have."""


def shape(interface: Interface, result: Mapping[str | None, Any] | None, sampler: Sampler) -> Any:
    """The value for ``output``; without a result every node is a sample.

    A rule may offer more fields than the interface has; what the spec does not name is left out,
    and a required field the rule knows nothing of is sampled.
    """
    if interface.output is None:
        return {}
    if result is None:
        return _assemble({n.name: sampler.node(interface.number, n) for n in interface.output})
    known = {name for node in interface.output for name in (node.name, *node.aliases)}
    strange = [name for name in result if name not in known and result[name]]
    if len(strange) == len(result) and strange:
        raise UnknownNode(f"{interface.number}: {strange}")
    values: dict[str | None, Any] = {}
    for node in interface.output:
        given = next((result[n] for n in (node.name, *node.aliases) if n in result), None)
        if given is not None:
            values[node.name] = _node(interface.number, node, given, sampler)
        elif node.repeated:
            values[node.name] = []
    return _assemble(values)


def shape_nodes(
    number: str, nodes: tuple[Node, ...] | None, given: Mapping[str, Any], sampler: Sampler
) -> Any:
    """Samples of all nodes with the given fields laid over them; ``given`` as it is without a
    table."""
    if nodes is None:
        return dict(given)
    values: dict[str | None, Any] = {}
    for node in nodes:
        value = sampler.node(number, node)
        laid = given if node.name is None else given.get(node.name, {})
        if isinstance(laid, Mapping) and isinstance(value, dict):
            names = {field.name for field in node.fields}
            value = {**value, **{name: laid[name] for name in laid if name in names}}
        elif laid:
            value = laid
        values[node.name] = value
    return _assemble(values)


def sample_input(
    interface: Interface, codes: Callable[[str], dict[str, str]], seed: int = 1
) -> Any:
    """A well-formed ``input`` straight from the spec, obviously artificial; {} without a table.

    ``codes``: the registry's code tables. The same seed gives the same values.
    """
    return shape_nodes(interface.number, interface.input, {}, Sampler(seed, codes))


def _assemble(values: dict[str | None, Any]) -> Any:
    """Fields without a node stand directly in ``output``, which may be a list."""
    direct = values.pop(None, {})
    if isinstance(direct, list):
        return direct if not values else {**values}
    return {**direct, **values}


def _node(number: str, node: Node, given: Any, sampler: Sampler) -> Any:
    path = f"{number}.{node.name or ''}"
    if isinstance(given, list):
        rows = [_fields(path, node.fields, row, sampler) for row in given]
        if node.repeated is False:
            return rows[0] if rows else {}
        return rows
    row = _fields(path, node.fields, given, sampler)
    return [row] if listed(node) else row


def _fields(
    path: str, fields: tuple[Field, ...], row: Mapping[str, Any], sampler: Sampler
) -> dict[str, Any]:
    shaped: dict[str, Any] = {}
    for field in fields:
        value = next((row[n] for n in (field.name, *field.aliases) if n in row), None)
        if value is None:
            if field.required:
                shaped[field.name] = sampler.value(f"{path}.{field.name}", field)
        elif field.fields:
            nested = value if isinstance(value, list) else [value]
            parts = [_fields(f"{path}.{field.name}", field.fields, v, sampler) for v in nested]
            shaped[field.name] = parts if field.repeated else parts[0] if parts else {}
        else:
            shaped[field.name] = _dated(field, value)
    return shaped


def _dated(field: Field, value: Any) -> Any:
    """Dates and times as long as the field's type says."""
    if isinstance(value, str) and field.type == "date" and not field.format:
        return value[:10]
    if isinstance(value, str) and field.type == "datetime" and len(value) == 10:
        return f"{value} 00:00:00"
    return value
