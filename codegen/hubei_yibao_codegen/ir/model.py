"""What the emitters read: plain frozen objects, names settled, nothing left to decide.

``dataclasses.asdict`` of any of them is its dump.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    wire: str
    attribute: str
    label: str
    kind: str | None  #: the spec's ``type``
    length: int | None
    precision: tuple[int, int] | None
    required: bool | None  #: None where unknown
    repeated: bool
    dictionary: str | None
    coded: bool
    aliases: tuple[str, ...]
    sensitive: bool
    format: str | None
    note: str
    correction: str  #: what the source prints where the spec corrects it, and why
    source: str
    class_name: str  #: of an object
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Node:
    wire: str | None  #: None where the fields stand directly in input/output
    attribute: str
    label: str
    repeated: bool | None  #: None where unknown
    aliases: tuple[str, ...]
    note: str
    correction: str
    source: str
    class_name: str
    fields: tuple[Field, ...]

    @property
    def required(self) -> bool:
        return any(field.required is True for field in self.fields)


@dataclass(frozen=True, slots=True)
class Side:
    """Input or output of an interface; ``nodes`` is None where no table is known."""

    class_name: str
    nodes: tuple[Node, ...] | None

    def node_needed(self, node: Node) -> bool:
        """Whether a request without this node is refused.

        No source marks nodes as required. A single object is needed when one of its fields is;
        a list only when it is all the interface takes, since an empty list (no operations, no
        diagnoses) is an ordinary case beside other nodes. The runtime's codec has the same rule.
        """
        return node.required and (not node.repeated or len(self.nodes or ()) == 1)


@dataclass(frozen=True, slots=True)
class Column:
    position: int
    label: str
    name: str
    kind: str | None
    length: int | None
    precision: tuple[int, int] | None
    dictionary: str | None
    sensitive: bool
    role: str | None
    note: str
    source: str


@dataclass(frozen=True, slots=True)
class FileLayout:
    name: str
    label: str
    direction: str
    columns: tuple[Column, ...]
    note: str
    source: str


@dataclass(frozen=True, slots=True)
class Interface:
    number: str
    name: str
    operation: str
    group: str  #: attribute of the client
    method: str
    category: tuple[str, str]
    call_mode: str
    description: str
    institution: str
    open: bool | None
    direction: str
    effect: str
    reversible: bool
    role: str | None
    cancels: tuple[str, ...]
    replaced_by: str | None
    deprecated_reason: str
    rules: tuple[str, ...]
    specified: bool
    provenance: str
    document: str
    amendments: tuple[str, ...]
    printed: Mapping[str, str]
    input: Side
    output: Side
    files: tuple[FileLayout, ...]
    dictionaries: tuple[str, ...]  #: keys of the code tables its fields use, sorted

    @property
    def module(self) -> str:
        return f"i{self.number}"


@dataclass(frozen=True, slots=True)
class Code:
    code: str
    label: str
    member: str
    note: str


@dataclass(frozen=True, slots=True)
class Dictionary:
    key: str
    label: str
    class_name: str
    codes: tuple[Code, ...]
    complete: bool  #: False: codes that are not listed must be let through
    note: str
    source: str


@dataclass(frozen=True, slots=True)
class EnvelopeField:
    wire: str
    label: str
    kind: str
    length: int | None
    required: bool | None
    note: str


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    class_name: str
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Package:
    title: str
    edition: str
    interfaces: tuple[Interface, ...]
    dictionaries: tuple[Dictionary, ...]
    groups: tuple[Group, ...]
    envelope_request: tuple[EnvelopeField, ...]
    envelope_response: tuple[EnvelopeField, ...]
