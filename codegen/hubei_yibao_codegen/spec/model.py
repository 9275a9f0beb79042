"""What a spec file may say: the models behind ``spec/**/*.yaml``.

The editors' JSON Schemas (``spec/schema/``) are generated from these classes, and the loader
builds them from YAML nodes, so this file is the one place where the file format is defined.
Anything a source leaves out is ``unknown``/``unspecified`` or absent, never a guess.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic import Field as PydanticField

Unknown = Literal["unknown"]
Unspecified = Literal["unspecified"]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{2}[0-9]{2}[A-Za-z]?$")]
WireName = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Operation = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
DictionaryKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]

FieldType = Literal[
    "string", "integer", "decimal", "date", "datetime", "boolean", "text", "bytes", "object"
]
Source = Literal[
    "published", "national-baseline", "hubei-client", "code-evidence", "field-practice"
]
Role = Literal["sign_in", "sign_out", "upload_file", "download_file", "reverse", "query_dictionary"]


class SpecModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Provenance(SpecModel):
    """Where a fact comes from when it is not the interface's general source."""

    source: Source
    document: str | None = None
    edition: str | None = None
    table: str | None = PydanticField(None, description="table or chapter the source cites, 表103")
    note: str | None = None


class Field(SpecModel):
    """One field of a message, by its wire name."""

    name: WireName
    label: str | None = None
    type: FieldType | None = PydanticField(None, description="absent: no source states it")
    length: int | None = PydanticField(None, gt=0, description="characters, as the source counts")
    precision: tuple[int, int] | None = PydanticField(None, description="[digits, places]")
    required: bool | Unknown = False
    repeated: bool = PydanticField(False, description="a list of such values or objects")
    dictionary: DictionaryKey | None = PydanticField(None, description="key of its code table")
    coded: bool = PydanticField(False, description="coded by the source, but no table is known")
    aliases: tuple[WireName, ...] = PydanticField(
        (), description="other spellings seen on the wire"
    )
    sensitive: bool = PydanticField(False, description="personal: masked in logs, reprs, journal")
    format: str | None = PydanticField(
        None, description="date format where it is not the usual one"
    )
    note: str | None = PydanticField(None, description="a rule, in our own words")
    printed: dict[str, str] | None = PydanticField(
        None, description="what the source prints where this file corrects it"
    )
    reason: str | None = PydanticField(None, description="why the printed form was corrected")
    provenance: Provenance | None = None
    fields: tuple[Field, ...] | None = PydanticField(None, description="members of an object")


class Node(SpecModel):
    """A named part of ``input`` or ``output``; without ``node`` its fields stand directly in it."""

    node: WireName | None = None
    label: str | None = None
    repeated: bool | Unknown = False
    aliases: tuple[WireName, ...] = ()
    note: str | None = None
    printed: dict[str, str] | None = None
    reason: str | None = None
    provenance: Provenance | None = None
    fields: tuple[Field, ...]


class Column(SpecModel):
    """One column of a file, by position; most published layouts name columns in Chinese only."""

    position: int = PydanticField(ge=1)
    label: str | None = None
    name: WireName | None = None
    type: FieldType | None = None
    length: int | None = None
    precision: tuple[int, int] | None = None
    dictionary: DictionaryKey | None = None
    sensitive: bool = False
    role: Literal["code", "record_no", "version", "version_name", "validity"] | None = None
    note: str | None = None
    provenance: Provenance | None = None


class FileLayout(SpecModel):
    """The rows of a text file that travels beside the messages (9101, 9102)."""

    name: str = PydanticField(description="short English name, unique in the interface")
    label: str
    direction: Literal["upload", "download"]
    columns: tuple[Column, ...]
    note: str | None = None
    provenance: Provenance | None = None


class Deprecated(SpecModel):
    replaced_by: Number
    reason: str | None = None


class Amendment(SpecModel):
    """A source that changed or added something on top of the general one."""

    source: Source
    tables: tuple[str, ...] = ()
    what: str


class InterfaceProvenance(SpecModel):
    listing: Literal["hubei"]
    fields: Literal["published", "national-baseline", "code-evidence", "unspecified"]
    document: str | None = None
    edition: str | None = PydanticField(None, description="of the document, V1.2.02")
    tables: tuple[str, ...] = PydanticField((), description="of the document, 表103")
    amended: tuple[Amendment, ...] = ()


class Interface(SpecModel):
    """One interface file, ``spec/interfaces/<level-1>/<number>.yaml``."""

    number: Number
    name: str
    printed: dict[str, str] | None = PydanticField(
        None, description="name/description as printed, where the print is cut off"
    )
    operation: Operation
    category: tuple[str, str]
    call_mode: Literal["realtime", "daily"]
    description: str | Unspecified
    institution: Literal["all", "medical", "pharmacy", "unspecified"]
    open: bool | Unknown
    direction: Literal["request", "callback"]
    effect: Literal["query", "write", "session", "transfer"]
    reversible: bool = False
    role: Role | None = None
    cancels: tuple[Number, ...] = PydanticField((), description="interfaces this one undoes")
    deprecated: Deprecated | None = None
    rules: tuple[str, ...] = PydanticField((), description="rules of the call, in our own words")
    fields: Unspecified | None = PydanticField(None, description="no published table is known")
    input: tuple[Node, ...] | Unspecified | None = None
    output: tuple[Node, ...] | Unspecified | None = None
    files: tuple[FileLayout, ...] = ()
    provenance: InterfaceProvenance


class Code(SpecModel):
    code: str
    label: str
    note: str | None = None
    provenance: Provenance | None = None


class Dictionary(SpecModel):
    """One code table, ``spec/dictionaries/<key>.yaml``."""

    key: DictionaryKey
    label: str
    aliases: tuple[WireName, ...] = PydanticField((), description="field names that use this table")
    codes: tuple[Code, ...]
    complete: bool = PydanticField(
        True, description="false: only some codes are known, others must be let through"
    )
    note: str | None = None
    provenance: Provenance


class EnvelopeField(SpecModel):
    name: WireName
    label: str
    type: Literal["string", "datetime", "object"]
    length: int | None = None
    required: bool | Unknown | Literal["conditional"] = False
    dictionary: DictionaryKey | None = None
    aliases: tuple[WireName, ...] = PydanticField(
        (), description="other spellings seen on the wire"
    )
    sensitive: bool = False
    note: str | None = None
    provenance: Provenance


class Envelope(SpecModel):
    request: tuple[EnvelopeField, ...]
    response: tuple[EnvelopeField, ...]


class Rule(SpecModel):
    """A constant of the platform with where it is known from."""

    value: str | int | tuple[str, ...] | dict[str, str | int]
    note: str | None = None
    provenance: Provenance


class Platform(SpecModel):
    """``spec/platform.yaml``: what holds for every interface, apart from transport."""

    title: str
    edition: str = PydanticField(description="edition of the listing this spec follows")
    envelope: Envelope
    constants: dict[str, Rule]
