"""What an import changes, in words a reviewer can check against the document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from ..spec.model import (
    Code,
    Dictionary,
    Field,
    Interface,
    InterfaceProvenance,
    Node,
    Platform,
    Provenance,
)
from .document import visible

#: Keys in the order spec files have them.
INTERFACE_KEYS = list(Interface.model_fields)
NODE_KEYS = list(Node.model_fields)
FIELD_KEYS = list(Field.model_fields)
PROVENANCE_KEYS = list(InterfaceProvenance.model_fields)
SOURCE_KEYS = list(Provenance.model_fields)
DICTIONARY_KEYS = list(Dictionary.model_fields)
CODE_KEYS = list(Code.model_fields)
PLATFORM_KEYS = list(Platform.model_fields)

#: Sources, the most reliable first.
RANKING = ("published", "hubei-client", "national-baseline", "code-evidence", "field-practice")

FieldSource = Literal["published", "national-baseline", "code-evidence"]


class Change(NamedTuple):
    """One difference; ``kept`` ones are told but not written.

    ``where`` names the value: ``name``, ``input data.psn_no length``, ``code 12``.
    """

    kind: Literal["added", "changed", "removed", "kept"]
    where: str
    old: Any = None
    new: Any = None
    why: str = ""

    def __str__(self) -> str:
        sign = {"added": "+", "changed": "~", "removed": "-", "kept": "="}[self.kind]
        text = f"{sign} {self.where}"
        if self.kind == "changed":
            text += f": {shown(self.old)} → {shown(self.new)}"
        elif self.kind == "added" and self.new is not None:
            text += f": {shown(self.new)}"
        elif self.old is not None:
            text += f": {shown(self.old)}"
        return f"{text} ({self.why})" if self.why else text


def shown(value: Any) -> str:
    """A value on one line, as the spec files have it."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {shown(each)}" for key, each in value.items() if key != "name")
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(shown(each) for each in value) + "]"
    return visible(str(value))


@dataclass(frozen=True)
class Options:
    """What the maintainer decides.

    ``prune`` removes what the document no longer has; ``notes`` takes 说明 over as ``note`` where
    the spec has none; ``same`` holds numbers whose tables are taken although the document calls
    the interface otherwise.
    """

    source: FieldSource = "published"
    prune: bool = False
    notes: bool = False
    same: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Context:
    """What a merge needs to know beside the file: where the facts come from, known tables."""

    options: Options
    document: str
    edition: str | None
    dictionaries: Mapping[str, str] = field(default_factory=dict)  #: field name → key

    def provenance(self, labels: Sequence[str]) -> dict[str, Any]:
        """Of an interface whose fields all come from the document."""
        made: dict[str, Any] = {"fields": self.options.source, "document": self.document}
        if self.edition:
            made["edition"] = self.edition
        if labels:
            made["tables"] = list(labels)
        return made

    def source(self, label: str) -> dict[str, Any]:
        """Of a single node or dictionary."""
        made: dict[str, Any] = {"source": self.options.source, "document": self.document}
        if self.edition:
            made["edition"] = self.edition
        if label:
            made["table"] = label
        return made
