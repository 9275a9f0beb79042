"""What the jobs know of interfaces, read from ``rules.toml``."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources
from typing import Any

from hubei_yibao_runtime.interface import Interface, Registry


@lru_cache(maxsize=1)
def rules() -> dict[str, Any]:
    """The whole file as plain data."""
    return tomllib.loads(
        resources.files(__package__ or "").joinpath("rules.toml").read_text("utf-8")
    )


def group(interface: Interface) -> str:
    """The first part of the operation's name, e.g. ``settlement_list``."""
    return interface.operation.partition(".")[0]


def step(registry: Registry, name: str) -> Interface:
    """The interface of a step of the settlement workflow."""
    return registry.by_operation(rules()["settlement"][name])
