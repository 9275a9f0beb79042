"""Calls the runtime makes for itself: interfaces found by role, filled and read by field names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .errors import SettingsError

if TYPE_CHECKING:
    from .interface import Interface, Registry


def by_role(registry: Registry, role: str) -> Interface:
    """As ``Registry.by_role``; SettingsError where the package has none."""
    try:
        return registry.by_role(role)
    except KeyError:
        raise SettingsError(f"no interface has the role {role}") from None


def filled(interface: Interface, known: Mapping[str, Any]) -> dict[str, Any]:
    """An input that carries those of the ``known`` values whose names the interface has.

    Raises SettingsError where no published table says what it has.
    """
    if interface.input is None:
        raise SettingsError(
            "its fields are not published", infno=interface.number, name=interface.name
        )
    message: dict[str, Any] = {}
    for node in interface.input:
        row = {field.name: known[field.name] for field in node.fields if field.name in known}
        if row:
            message |= {node.name: row} if node.name else row
    return message


def lacking(interface: Interface, known: Mapping[str, Any]) -> list[str]:
    """Names of required fields for which ``known`` has no value."""
    return [
        field.name
        for node in interface.input or ()
        for field in node.fields
        if field.required and not known.get(field.name)
    ]


def rows(output: Any) -> Iterator[Mapping[str, Any]]:
    """Every object in an output, outermost first, whatever its nodes are called."""
    if isinstance(output, Mapping):
        yield output
        for value in output.values():
            yield from rows(value)
    elif isinstance(output, list):
        for value in output:
            yield from rows(value)
