"""Personal fields out of what the simulator shows: by the spec's flags, by number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from hubei_yibao_runtime.interface import Field, Registry

HIDDEN = "***"
ENVELOPE = frozenset({"opter_name", "cainfo"})


class Masker:
    """Hides personal values of messages, interface by interface."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.names = cache(self._names)

    def _names(self, number: str) -> frozenset[str] | None:
        """Names of the personal fields; None where the interface has no table."""
        interface = self.registry.get(number)
        if interface is None or not interface.specified:
            return None
        sides = (interface.input or (), interface.output or ())
        return frozenset(_sensitive(f for nodes in sides for node in nodes for f in node.fields))

    def request(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """A request as it may be shown; the envelope stays readable but for people's names."""
        names = self.names(str(message.get("infno")))
        return {
            key: mask(part, names) if key == "input" else HIDDEN if key in ENVELOPE else part
            for key, part in message.items()
        }

    def answer(self, number: str, message: Mapping[str, Any]) -> dict[str, Any]:
        names = self.names(number)
        return {k: mask(v, names) if k == "output" else v for k, v in message.items()}


def _sensitive(fields: Iterable[Field]) -> Iterable[str]:
    for field in fields:
        if field.sensitive:
            yield field.name
            yield from field.aliases
        yield from _sensitive(field.fields)


def mask(value: Any, names: frozenset[str] | None) -> Any:
    """A copy with personal values hidden; without a table every text is hidden."""
    if isinstance(value, dict):
        return {
            key: HIDDEN if names is not None and key in names and part else mask(part, names)
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [mask(part, names) for part in value]
    return HIDDEN if names is None and isinstance(value, str) and value else value
