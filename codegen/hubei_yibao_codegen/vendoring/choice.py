"""Which interfaces a copy holds: those asked for, and those the runtime needs beside them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from importlib import resources

from ..diffing.snapshot import subset
from ..ir.build import build_interface, natural
from ..spec.load import Spec
from ..spec.model import Interface


class UnknownChoice(Exception):
    """``--only`` names what the spec does not have."""


def choose(spec: Spec, only: Sequence[str]) -> tuple[Spec, dict[str, str]]:
    """The part of the spec a copy holds, and why each interface not asked for is in it.

    ``only``: numbers and operation groups; empty for everything. Raises UnknownChoice.
    """
    if not only:
        return spec, {}
    wanted = _wanted(spec, only)
    added = {
        number: why
        for number, why in sorted(_needed(spec, wanted).items(), key=lambda row: natural(row[0]))
        if number not in wanted
    }
    numbers = wanted | set(added)
    return subset(spec, numbers, _tables(spec, numbers)), added


def _wanted(spec: Spec, only: Sequence[str]) -> set[str]:
    groups: dict[str, set[str]] = {}
    for number, interface in spec.interfaces.items():
        groups.setdefault(interface.operation.partition(".")[0], set()).add(number)
    wanted: set[str] = set()
    for word in only:
        if word in spec.interfaces:
            wanted.add(word)
        elif word in groups:
            wanted |= groups[word]
        else:
            known = ", ".join(sorted(groups))
            raise UnknownChoice(f"{word} is neither a number nor a group; groups: {known}")
    return wanted


def _needed(spec: Spec, wanted: Iterable[str]) -> dict[str, str]:
    """Interfaces that calls of the wanted ones rely on, found by role and operation."""
    by_role: dict[str, str] = {
        each.role: number for number, each in spec.interfaces.items() if each.role
    }
    by_operation = {each.operation: number for number, each in spec.interfaces.items()}
    found: dict[str, str] = {}

    def need(number: str | None, why: str) -> None:
        if number is not None:
            found.setdefault(number, why)

    for role in ("sign_in", "sign_out"):
        need(by_role.get(role), role)
    for number in sorted(wanted, key=natural):
        interface = spec.interfaces[number]
        if interface.reversible:
            need(by_role.get("reverse"), f"takes back {number}")
        for layout in interface.files:
            need(by_role.get(f"{layout.direction}_file"), f"carries the files of {number}")
        for operation in _lookups(interface):
            need(by_operation.get(operation), f"looks up {number}")
    return found


def _lookups(interface: Interface) -> list[str]:
    """Queries that show what became of a write, as the runtime's own table has them."""
    table = resources.files("hubei_yibao_runtime") / "resolve.toml"
    rules = tomllib.loads(table.read_text(encoding="utf-8"))["lookup"]
    return [rule["ask"] for rule in rules if interface.operation in rule["after"]]


def _tables(spec: Spec, numbers: Iterable[str]) -> set[str]:
    """Code tables of the interfaces' fields and of the frame."""
    keys = {
        key for number in numbers for key in build_interface(spec.interfaces[number]).dictionaries
    }
    if spec.platform is not None:
        frame = spec.platform.envelope
        keys |= {
            field.dictionary for field in (*frame.request, *frame.response) if field.dictionary
        }
    return keys & set(spec.dictionaries)
