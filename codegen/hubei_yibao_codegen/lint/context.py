"""What rules look at: the loaded spec and a walk over it that is made once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import Literal, NamedTuple

from ..findings import Location
from ..spec.convert import Path
from ..spec.load import Document, Kind, Loaded
from ..spec.model import Dictionary, Field, Interface, Node, Platform

SIDES: tuple[Literal["input", "output"], ...] = ("input", "output")


class Place(NamedTuple):
    """A field of a message and where it stands."""

    document: Document
    interface: Interface
    path: Path
    field: Field

    def at(self, key: str = "name") -> Location:
        return self.document.locate((*self.path, key))

    def key_at(self, key: str) -> Location:
        return self.document.locate((*self.path, key), key=True)

    def __str__(self) -> str:
        return f"{self.interface.number} {self.path[0]}"


class Group(NamedTuple):
    """Fields that stand side by side: of a node, of an object, or directly in a message."""

    document: Document
    interface: Interface
    path: Path  #: of the list of fields
    fields: tuple[Field, ...]


class Context:
    """A loaded spec, prepared for rules; files that could not be loaded are left out."""

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self.spec = loaded.spec

    def documents(self, kind: Kind) -> Iterator[Document]:
        """Documents of a kind, broken ones too, in path order."""
        return (document for document in self.loaded.documents if document.kind == kind)

    @cached_property
    def interfaces(self) -> list[tuple[Document, Interface]]:
        """Every interface that could be loaded, a number declared twice twice."""
        return [
            (document, document.model)
            for document in self.loaded.documents
            if isinstance(document.model, Interface)
        ]

    @cached_property
    def dictionaries(self) -> list[tuple[Document, Dictionary]]:
        return [
            (document, document.model)
            for document in self.loaded.documents
            if isinstance(document.model, Dictionary)
        ]

    @cached_property
    def platforms(self) -> list[tuple[Document, Platform]]:
        return [
            (document, document.model)
            for document in self.loaded.documents
            if isinstance(document.model, Platform)
        ]

    def known(self, kind: Kind) -> set[str]:
        """Numbers or keys that exist; a broken file counts by its name, to spare follow-ups."""
        return {document.key for document in self.documents(kind)}

    def broken(self, kind: Kind) -> bool:
        return any(document.model is None for document in self.documents(kind))

    @cached_property
    def nodes(self) -> list[tuple[Document, Path, Node]]:
        return [
            (document, (side, index), node)
            for document, interface in self.interfaces
            for side in SIDES
            for index, node in enumerate(nodes_of(interface, side))
        ]

    @cached_property
    def groups(self) -> list[Group]:
        found: list[Group] = []
        for document, interface in self.interfaces:
            for side in SIDES:
                for index, node in enumerate(nodes_of(interface, side)):
                    path: Path = (side, index, "fields")
                    _walk(Group(document, interface, path, node.fields), found)
        return found

    @cached_property
    def places(self) -> list[Place]:
        """Every field of every message, nested ones too."""
        return [
            Place(group.document, group.interface, (*group.path, index), field)
            for group in self.groups
            for index, field in enumerate(group.fields)
        ]

    @cached_property
    def by_name(self) -> dict[str, list[Place]]:
        found: dict[str, list[Place]] = defaultdict(list)
        for place in self.places:
            found[place.field.name].append(place)
        return found


def nodes_of(interface: Interface, side: Literal["input", "output"]) -> tuple[Node, ...]:
    """Nodes of one side, none where it is not specified."""
    nodes = interface.input if side == "input" else interface.output
    return nodes if isinstance(nodes, tuple) else ()


def _walk(group: Group, found: list[Group]) -> None:
    found.append(group)
    for index, field in enumerate(group.fields):
        if field.fields:
            path = (*group.path, index, "fields")
            _walk(Group(group.document, group.interface, path, field.fields), found)
