"""Which interfaces are directories, and what their rows are made of: read off the registry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hubei_yibao_runtime.files.paging import page_node

if TYPE_CHECKING:
    from hubei_yibao_runtime.interface import Field, Interface, Registry

ROLES = ("code", "record_no", "version", "version_name", "validity")
#: Files give Chinese labels only; columns labelled so hold moments.
_MOMENTS = ("时间", "日期")
#: What the paged queries call the same things (1312, 1316-1319).
_SINCE, _VALIDITY, _RECORD_LABEL = "updt_time", "vali_flag", "唯一记录号"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a directory's table."""

    name: str  #: the role's or wire name, else the label
    kind: str  #: text, moment, decimal or integer


@dataclass(frozen=True, slots=True)
class Source:
    """One directory: a file by version, or a paged query by time of change."""

    interface: Interface
    paged: bool
    columns: tuple[Column, ...]
    code: int  #: positions of columns
    record: int
    version: int
    validity: int | None
    message: dict[str, Any]  #: input without version, time and page
    node: str | None  #: where they go
    ask: str  #: field that takes the greatest local version or time of change

    @property
    def number(self) -> str:
        return self.interface.number

    @property
    def table(self) -> str:
        return f"catalogue_{self.number.lower()}"

    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    def input(self, since: str) -> dict[str, Any]:
        row = {**self.message, self.ask: since}
        return row if self.node is None else {self.node: row}


def sources(registry: Registry, *, closed: bool = False) -> list[Source]:
    """All directories in the listing's order; with ``closed`` those too that are not open.

    An interface joins as soon as its published table has what makes a directory: a download file
    with versions and an input that takes one, or a paged query by time of change whose rows have
    a unique record number.
    """
    found = []
    for interface in registry.values():
        if interface.input is None or not (closed or interface.open):
            continue
        source = _file(interface) or _query(interface)
        if source is not None:
            found.append(source)
    return found


def _file(interface: Interface) -> Source | None:
    for layout in interface.files:
        roles = {column.role: place for place, column in enumerate(layout.columns) if column.role}
        if layout.direction != "download" or not {"code", "record_no", "version"} <= set(roles):
            continue
        for node in interface.input or ():
            asked = next((field.name for field in node.fields if field.label == "版本号"), None)
            if asked is not None:
                return Source(
                    interface, False, tuple(_named(layout.columns)), roles["code"],
                    roles["record_no"], roles["version"], roles.get("validity"), {}, node.name,
                    asked,
                )  # fmt: skip
    return None


def _named(columns: Sequence[Field]) -> list[Column]:
    named: list[Column] = []
    taken: set[str] = set()
    for place, column in enumerate(columns, 1):
        name = column.role or column.name or column.label or f"列{place}"
        if name in taken:
            name = f"{name}_{place}"
        taken.add(name)
        named.append(Column(name, "moment" if column.label.endswith(_MOMENTS) else "text"))
    return named


def _query(interface: Interface) -> Source | None:
    node = page_node(interface)
    if node is None or _SINCE not in {field.name for field in node.fields}:
        return None
    for output in interface.output or ():
        names = [field.name for field in output.fields]
        record = [p for p, field in enumerate(output.fields) if field.label == _RECORD_LABEL]
        if record and _SINCE in names:
            validity = names.index(_VALIDITY) if _VALIDITY in names else None
            columns = tuple(Column(field.name, _kind(field)) for field in output.fields)
            return Source(
                interface, True, columns, 0, record[0], names.index(_SINCE), validity, {},
                node.name, _SINCE,
            )  # fmt: skip
    return None


def _kind(field: Field) -> str:
    if field.type in ("date", "datetime"):
        return "moment"
    return field.type if field.type in ("decimal", "integer") else "text"
