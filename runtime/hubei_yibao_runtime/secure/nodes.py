"""Between an envelope's ``data`` and an interface's nodes.

Whether ``data`` holds the nodes or is the node ``data`` itself is not published; both are read,
and a lone node ``data`` is written without its name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..interface import Node

BODY = "data"  #: the envelope's key for the content, and the name of most nodes


def by_nodes(nodes: Sequence[Node], data: dict[str, Any]) -> dict[str, Any]:
    """``data`` of an envelope as an input or output by nodes."""
    names = {name for node in nodes if node.name for name in (node.name, *node.aliases)}
    return {BODY: data} if BODY in names and not names & set(data) else data


def content(given: Mapping[str, Any]) -> Any:
    """An input or output by nodes as ``data`` of an envelope."""
    lone = set(given) == {BODY} and isinstance(given[BODY], Mapping | list)
    return given[BODY] if lone else given
