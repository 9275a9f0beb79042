"""What the generated package knows about an interface, without pydantic.

These objects are built from generated tables; the command line, the codec, the masking of
personal data and the simulator all read them. Importing this module must stay cheap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .model import RequestModel, Result


class Field(NamedTuple):
    """One field of a message or one column of a file."""

    name: str  #: wire name
    label: str = ""  #: Chinese label, "" where no source gives one
    type: str | None = None  #: string, integer, decimal, date, ..., None where no source states it
    length: int | None = None  #: characters
    precision: tuple[int, int] | None = None  #: (digits, places)
    required: bool | None = False  #: None where unknown
    repeated: bool = False
    dictionary: str | None = None  #: key of the code table
    aliases: tuple[str, ...] = ()
    sensitive: bool = False
    format: str | None = None
    note: str = ""
    source: str = ""  #: provenance where it differs from the interface's own
    attribute: str = ""  #: Python attribute in the model where it is not the wire name
    fields: tuple[Field, ...] = ()  #: members of an object
    role: str | None = None  #: columns: code, record_no, version, version_name, validity

    @property
    def python_name(self) -> str:
        return self.attribute or self.name


class Node(NamedTuple):
    """A named part of ``input`` or ``output``; ``name`` is None where fields stand directly in it."""

    name: str | None
    label: str = ""
    repeated: bool | None = False  #: None where unknown
    fields: tuple[Field, ...] = ()
    aliases: tuple[str, ...] = ()
    note: str = ""
    attribute: str = ""

    @property
    def python_name(self) -> str | None:
        return self.attribute or self.name


class FileLayout(NamedTuple):
    """Columns of a text file that travels beside the messages."""

    name: str
    label: str
    direction: str  #: upload | download
    columns: tuple[Field, ...]
    note: str = ""


class FieldPlace(NamedTuple):
    """A field with where it stands: ``side`` is ``input`` or ``output``."""

    side: str
    path: str  #: dotted wire path below input/output, e.g. ``data.psn_no``
    field: Field


class Interface:
    """One interface of the platform; field tables and models load on first use."""

    __slots__ = (
        "_package",
        "_table",
        "call_mode",
        "cancels",
        "category",
        "description",
        "direction",
        "effect",
        "institution",
        "name",
        "number",
        "open",
        "operation",
        "provenance",
        "replaced_by",
        "reversible",
        "role",
        "specified",
    )  # fmt: skip

    number: str
    name: str
    operation: str  #: "group.method" of the client
    category: tuple[str, str]
    call_mode: str  #: realtime | daily
    description: str
    institution: str  #: all | medical | pharmacy | unspecified
    open: bool | None  #: None where the listing does not say
    direction: str  #: request | callback
    effect: str  #: query | write | session | transfer
    reversible: bool
    role: str | None  #: sign_in, sign_out, upload_file, download_file, reverse, query_dictionary
    cancels: tuple[str, ...]
    replaced_by: str | None
    specified: bool  #: False where no published field table is known
    provenance: str  #: of the fields: published | national-baseline | code-evidence | unspecified

    def __init__(self, package: str, row: tuple[Any, ...]) -> None:
        (self.number, self.name, self.operation, self.category, self.call_mode, self.description,
         self.institution, self.open, self.direction, self.effect, self.reversible, self.role,
         self.cancels, self.replaced_by, self.specified, self.provenance) = row  # fmt: skip
        self._package = package
        self._table: ModuleType | None = None

    def _load_table(self) -> ModuleType:
        if self._table is None:
            self._table = import_module(f".tables.i{self.number}", self._package)
        return self._table

    @property
    def input(self) -> tuple[Node, ...] | None:
        """Nodes of the request; None where no published table is known."""
        return self._load_table().INPUT  # type: ignore[no-any-return]

    @property
    def output(self) -> tuple[Node, ...] | None:
        """Nodes of the answer; None where no published table is known."""
        return self._load_table().OUTPUT  # type: ignore[no-any-return]

    @property
    def files(self) -> tuple[FileLayout, ...]:
        return self._load_table().FILES  # type: ignore[no-any-return]

    @property
    def rules(self) -> tuple[str, ...]:
        return self._load_table().RULES  # type: ignore[no-any-return]

    @property
    def input_model(self) -> type[RequestModel]:
        return getattr(self._models(), f"Input{self.number}")  # type: ignore[no-any-return]

    @property
    def output_model(self) -> type[Result]:
        return getattr(self._models(), f"Output{self.number}")  # type: ignore[no-any-return]

    def _models(self) -> ModuleType:
        return import_module(f".models.i{self.number}", self._package)

    def fields(self, side: str | None = None) -> list[FieldPlace]:
        """Every field of the interface in order, nested ones too.

        ``side`` is ``"input"``, ``"output"`` or None for both; empty where no table is known.
        """
        places: list[FieldPlace] = []
        for name, nodes in (("input", self.input), ("output", self.output)):
            if side in (None, name):
                for node in nodes or ():
                    _walk(name, node.name or "", node.fields, places)
        return places

    def __repr__(self) -> str:
        return f"<Interface {self.number} {self.name} {self.operation}>"


def _walk(side: str, prefix: str, fields: tuple[Field, ...], places: list[FieldPlace]) -> None:
    for field in fields:
        path = f"{prefix}.{field.name}" if prefix else field.name
        places.append(FieldPlace(side, path, field))
        _walk(side, path, field.fields, places)


class Registry(Mapping[str, Interface]):
    """All interfaces by number, in the order of the listing."""

    def __init__(self, package: str, rows: tuple[tuple[Any, ...], ...]) -> None:
        self.package = package
        self._interfaces = {row[0]: Interface(package, row) for row in rows}

    def __getitem__(self, number: str) -> Interface:
        return self._interfaces[number]

    def __iter__(self) -> Iterator[str]:
        return iter(self._interfaces)

    def __len__(self) -> int:
        return len(self._interfaces)

    def by_operation(self, operation: str) -> Interface:
        """The interface behind ``client.<group>.<method>``; KeyError if there is none."""
        for interface in self._interfaces.values():
            if interface.operation == operation:
                return interface
        raise KeyError(operation)

    def by_role(self, role: str) -> Interface:
        """The interface the runtime needs for its own work (``reverse``, ``sign_in``, ...)."""
        for interface in self._interfaces.values():
            if interface.role == role:
                return interface
        raise KeyError(role)

    def codes(self, key: str) -> dict[str, str]:
        """Code table ``key`` as code → Chinese label; KeyError if there is none."""
        load = import_module(".codes", self.package).load
        return load(key)  # type: ignore[no-any-return]

    def checked_codes(self, key: str) -> dict[str, str] | None:
        """Codes a request may use; None where the table is known to be incomplete."""
        incomplete = getattr(import_module(".codes", self.package), "INCOMPLETE", ())
        return None if key in incomplete else self.codes(key)
