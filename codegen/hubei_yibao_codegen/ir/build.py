"""Spec → IR: settle every name, sort everything, leave nothing for the templates to decide."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..naming import (
    CLIENT_NAMES,
    RESULT_NAMES,
    ClassName,
    Identifier,
    attributes,
    group_classes,
    members,
    unique,
)
from ..spec import model as spec
from ..spec.load import Spec
from .model import (
    Code,
    Column,
    Dictionary,
    EnvelopeField,
    Field,
    FileLayout,
    Group,
    Interface,
    Node,
    Package,
    Side,
)

#: Names that annotations in a group's class use: a method of that name would stand before them.
ANNOTATED = frozenset({"bool", "bytes", "date", "datetime", "int", "str"})


def build(source: Spec) -> Package:
    """The whole package; the same for any order of ``source``'s mappings."""
    interfaces = tuple(
        build_interface(source.interfaces[number])
        for number in sorted(source.interfaces, key=natural)
    )
    platform = source.platform
    if platform is None:
        raise ValueError("the spec has no platform.yaml")
    request, response = build_envelope(platform)
    return Package(
        title=platform.title,
        edition=platform.edition,
        interfaces=interfaces,
        dictionaries=build_dictionaries(
            source.dictionaries, dictionary_classes(source.dictionaries)
        ),
        groups=build_groups((each.number, each.group) for each in interfaces),
        envelope_request=request,
        envelope_response=response,
    )


def natural(number: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key that puts 1312a after 1312 and YH03 after 9999."""
    parts = re.findall(r"[0-9]+|[^0-9]+", number)
    return tuple((0, int(p), "") if p.isascii() and p.isdigit() else (1, 0, p) for p in parts)


def build_interface(source: spec.Interface) -> Interface:
    """One interface; depends on nothing but its own file."""
    group, method = source.operation.split(".")
    number = source.number
    side = {
        "input": _side(f"Input{number}", source.input, source, frozenset()),
        "output": _side(f"Output{number}", source.output, source, RESULT_NAMES),
    }
    files = tuple(_file_layout(layout) for layout in source.files)
    return Interface(
        number=number,
        name=source.name,
        operation=source.operation,
        group=str(Identifier(group, CLIENT_NAMES)),
        method=str(Identifier(method, ANNOTATED)),
        category=source.category,
        call_mode=source.call_mode,
        description=_stated(source.description),
        institution=source.institution,
        open=None if source.open == "unknown" else bool(source.open),
        direction=source.direction,
        effect=source.effect,
        reversible=source.reversible,
        role=source.role,
        cancels=source.cancels,
        replaced_by=source.deprecated.replaced_by if source.deprecated else None,
        deprecated_reason=(source.deprecated.reason or "") if source.deprecated else "",
        rules=source.rules,
        specified=source.fields is None,
        provenance=source.provenance.fields,
        document=_document(source.provenance),
        amendments=tuple(_amendment(each) for each in source.provenance.amended),
        printed=dict(sorted((source.printed or {}).items())),
        input=side["input"],
        output=side["output"],
        files=files,
        dictionaries=tuple(sorted(_used_dictionaries(side.values(), files))),
    )


def dictionary_classes(source: Iterable[str]) -> dict[str, str]:
    """Enum class of each code table."""
    classes = unique((key, str(ClassName(key))) for key in sorted(source))
    return dict(sorted(classes.items()))


def build_dictionaries(
    source: Mapping[str, spec.Dictionary], classes: Mapping[str, str]
) -> tuple[Dictionary, ...]:
    """Code tables by key, with class and member names."""
    return tuple(build_dictionary(source[key], classes[key]) for key in sorted(source))


def build_dictionary(source: spec.Dictionary, class_name: str) -> Dictionary:
    named = members(code.code for code in source.codes)
    return Dictionary(
        key=source.key,
        label=source.label,
        class_name=class_name,
        codes=tuple(
            Code(code=c.code, label=c.label, member=named[c.code], note=c.note or "")
            for c in source.codes
        ),
        complete=source.complete,
        note=source.note or "",
        source=_source(source.provenance),
    )


def build_groups(members_of: Iterable[tuple[str, str]]) -> tuple[Group, ...]:
    """Groups from (number, group) pairs in the order of the listing, sorted by name."""
    numbers: dict[str, list[str]] = {}
    for number, group in members_of:
        numbers.setdefault(group, []).append(number)
    classes = group_classes(numbers)
    return tuple(Group(name, classes[name], tuple(numbers[name])) for name in sorted(numbers))


def _side(
    class_name: str,
    nodes: tuple[spec.Node, ...] | str | None,
    interface: spec.Interface,
    taken: frozenset[str],
) -> Side:
    if interface.fields is not None or isinstance(nodes, str):
        return Side(class_name, None)
    nodes = nodes or ()
    wire_names: list[str] = []
    for node in nodes:
        wire_names += [node.node] if node.node else [field.name for field in node.fields]
    named = attributes(wire_names, taken)
    classes = unique(
        (node.node, class_name + ClassName(node.node)) for node in nodes if node.node is not None
    )
    return Side(class_name, tuple(_node(node, named, classes, class_name) for node in nodes))


def _node(
    source: spec.Node, named: Mapping[str, str], classes: Mapping[str, str], side_class: str
) -> Node:
    class_name = classes[source.node] if source.node else side_class
    return Node(
        wire=source.node,
        attribute=named[source.node] if source.node else "",
        label=source.label or "",
        repeated=None if source.repeated == "unknown" else bool(source.repeated),
        aliases=source.aliases,
        note=source.note or "",
        correction=_correction(source.printed, source.reason),
        source=_source(source.provenance),
        class_name=class_name,
        fields=_fields(source.fields, class_name, named if source.node is None else None),
    )


def _fields(
    source: tuple[spec.Field, ...], class_name: str, named: Mapping[str, str] | None = None
) -> tuple[Field, ...]:
    if named is None:
        named = attributes(field.name for field in source)
    classes = unique(
        (field.name, class_name + ClassName(field.name))
        for field in source
        if field.type == "object"
    )
    return tuple(_field(field, named[field.name], classes.get(field.name, "")) for field in source)


def _field(source: spec.Field, attribute: str, class_name: str) -> Field:
    return Field(
        wire=source.name,
        attribute=attribute,
        label=source.label or "",
        kind=source.type,
        length=source.length,
        precision=source.precision,
        required=None if source.required == "unknown" else bool(source.required),
        repeated=source.repeated,
        dictionary=source.dictionary,
        coded=source.coded,
        aliases=source.aliases,
        sensitive=source.sensitive,
        format=source.format,
        note=source.note or "",
        correction=_correction(source.printed, source.reason),
        source=_source(source.provenance),
        class_name=class_name,
        fields=_fields(source.fields or (), class_name),
    )


def _file_layout(source: spec.FileLayout) -> FileLayout:
    columns = tuple(
        Column(
            position=column.position,
            label=column.label or "",
            name=column.name or "",
            kind=column.type,
            length=column.length,
            precision=column.precision,
            dictionary=column.dictionary,
            sensitive=column.sensitive,
            role=column.role,
            note=column.note or "",
            source=_source(column.provenance),
        )
        for column in sorted(source.columns, key=lambda each: each.position)
    )
    return FileLayout(
        name=source.name,
        label=source.label,
        direction=source.direction,
        columns=columns,
        note=source.note or "",
        source=_source(source.provenance),
    )


def build_envelope(
    platform: spec.Platform,
) -> tuple[tuple[EnvelopeField, ...], tuple[EnvelopeField, ...]]:
    """Fields of the frame of requests and of answers."""
    frame = platform.envelope
    return (
        tuple(_envelope_field(field) for field in frame.request),
        tuple(_envelope_field(field) for field in frame.response),
    )


def _envelope_field(source: spec.EnvelopeField) -> EnvelopeField:
    return EnvelopeField(
        wire=source.name,
        label=source.label,
        kind=source.type,
        length=source.length,
        required=source.required if isinstance(source.required, bool) else None,
        note=source.note or "",
    )


def _used_dictionaries(sides: Iterable[Side], files: tuple[FileLayout, ...]) -> set[str]:
    keys = {c.dictionary for layout in files for c in layout.columns if c.dictionary}
    for side in sides:
        for node in side.nodes or ():
            keys |= _field_dictionaries(node.fields)
    return keys


def _field_dictionaries(fields: tuple[Field, ...]) -> set[str]:
    keys = {field.dictionary for field in fields if field.dictionary}
    for field in fields:
        keys |= _field_dictionaries(field.fields)
    return keys


def _stated(text: str) -> str:
    return "" if text == "unspecified" else text


def _source(provenance: spec.Provenance | None) -> str:
    if provenance is None:
        return ""
    parts = (
        provenance.source,
        provenance.document,
        provenance.edition,
        provenance.table,
        provenance.note,
    )
    return " · ".join(part for part in parts if part)


def _document(provenance: spec.InterfaceProvenance) -> str:
    parts = (provenance.document, provenance.edition, "、".join(provenance.tables))
    return " ".join(part for part in parts if part)


def _amendment(source: spec.Amendment) -> str:
    tables = "、".join(source.tables)
    return f"{source.source}{f'（{tables}）' if tables else ''}：{source.what}"


def _correction(printed: Mapping[str, str] | None, reason: str | None) -> str:
    if not printed and not reason:
        return ""
    parts = [f"原文 {key} 作“{value}”" for key, value in sorted((printed or {}).items())]
    return "；".join([*parts, reason] if reason else parts)
