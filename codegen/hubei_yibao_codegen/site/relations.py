"""What is connected with what: interfaces among each other, code tables and fields with both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..emit.describe import kind, size
from ..ir.model import Field, Interface, Package

SIDES = {"input": "输入", "output": "输出", "file": "文件"}


@dataclass(frozen=True, slots=True)
class Use:
    """A field in its place."""

    name: str
    number: str
    side: str
    label: str
    kind: str
    size: str
    dictionary: str


@dataclass(slots=True)
class Form:
    """Uses of a field name that agree in label, type, size and code table."""

    label: str
    kind: str
    size: str
    dictionary: str
    places: dict[str, list[str]] = field(default_factory=dict)  #: number → sides


def related(package: Package) -> dict[str, list[tuple[str, str]]]:
    """By number: (relation, number of the other interface)."""
    found: dict[str, list[tuple[str, str]]] = {each.number: [] for each in package.interfaces}
    reversal = [each.number for each in package.interfaces if each.role == "reverse"]

    def connect(number: str, relation: str, other: str) -> None:
        if number in found and other in found and (relation, other) not in found[number]:
            found[number].append((relation, other))

    for each in package.interfaces:
        for undone in each.cancels:
            connect(each.number, "撤销", undone)
            connect(undone, "由其撤销", each.number)
        if each.replaced_by:
            connect(each.number, "改用", each.replaced_by)
            connect(each.replaced_by, "取代", each.number)
        if each.reversible:
            for number in reversal:
                connect(each.number, "结果不明时可由其冲正", number)
                connect(number, "可冲正", each.number)
        for other in _same_root(package, each):
            connect(each.number, "同号的其他版本", other)
    return found


def _same_root(package: Package, interface: Interface) -> Iterator[str]:
    for other in package.interfaces:
        if other.number[:4] == interface.number[:4] and other.number != interface.number:
            yield other.number


def uses(package: Package) -> Iterator[Use]:
    """Every named field and file column of every interface, in order."""
    for interface in package.interfaces:
        for name, side in (("input", interface.input), ("output", interface.output)):
            for node in side.nodes or ():
                yield from _fields(interface.number, name, node.fields)
        for layout in interface.files:
            for c in layout.columns:
                place = (c.name, interface.number, "file")
                yield Use(*place, c.label, kind(c), size(c), c.dictionary or "")


def _fields(number: str, side: str, fields: tuple[Field, ...]) -> Iterator[Use]:
    for each in fields:
        row = (each.label, kind(each), size(each), each.dictionary or "")
        yield Use(each.wire, number, side, *row)
        yield from _fields(number, side, each.fields)


def table_users(all_uses: Iterable[Use]) -> dict[str, dict[str, list[str]]]:
    """By code table: number → names of the fields that use it."""
    found: dict[str, dict[str, list[str]]] = {}
    for use in all_uses:
        if use.dictionary:
            names = found.setdefault(use.dictionary, {}).setdefault(use.number, [])
            shown = use.name or use.label
            if shown not in names:
                names.append(shown)
    return found


def field_forms(all_uses: Iterable[Use]) -> dict[str, list[Form]]:
    """By wire name, sorted: its forms, the most frequent first."""
    found: dict[str, dict[tuple[str, ...], Form]] = {}
    for use in all_uses:
        if not use.name:
            continue
        key = (use.label, use.kind, use.size, use.dictionary)
        form = found.setdefault(use.name, {}).setdefault(key, Form(*key))
        sides = form.places.setdefault(use.number, [])
        if SIDES[use.side] not in sides:
            sides.append(SIDES[use.side])
    return {
        name: sorted(found[name].values(), key=lambda form: -len(form.places))
        for name in sorted(found, key=lambda name: (name.casefold(), name))
    }
