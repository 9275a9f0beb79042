"""``schemas/2207.json``: JSON Schema of input and output, and the interface's part of OpenAPI.

Schemas say what the published tables say; how tolerantly answers are read is the runtime's
affair. Facts JSON Schema has no word for stand under ``x-`` keys.
"""

from __future__ import annotations

import json
from typing import Any

from ..ir.model import Field, Interface, Node, Side
from .describe import Tables, field_text, node_text
from .escape import comment, json_text

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REF = '"$ref": "#/$defs/'
_COMPONENT = '"$ref": "#/components/schemas/'

_TYPES: dict[str | None, dict[str, Any]] = {
    "string": {"type": "string"},
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "decimal": {"type": "number"},
    "date": {"type": "string"},
    "datetime": {"type": "string"},
    "boolean": {"type": "boolean"},
    "bytes": {"type": ["string", "array"], "items": {"type": "integer"}},
    None: {},
}


def emit_schema(interface: Interface, tables: Tables) -> tuple[str, str]:
    """The schema file, and its definitions as members of OpenAPI's ``components.schemas``."""
    definitions: dict[str, Any] = {}
    for side in (interface.input, interface.output):
        _side(definitions, interface, side, tables)
    lines = [f"{json_text(name)}: {_lines(each)}" for name, each in definitions.items()]
    head = {
        "$schema": DIALECT,
        "title": comment(f"{interface.number} {interface.name}"),
        "description": comment(interface.description),
        "x-operation": interface.operation,
        "x-provenance": interface.provenance,
        "type": "object",
        "properties": {
            "input": {"$ref": f"#/$defs/{interface.input.class_name}"},
            "output": {"$ref": f"#/$defs/{interface.output.class_name}"},
        },
    }
    body = json_text(head)[:-1] + ',\n"$defs": {\n' + ",\n".join(lines) + "\n}}\n"
    components = ",\n".join(lines).replace(_REF, _COMPONENT)
    return body, components


def _lines(definition: dict[str, Any]) -> str:
    """A definition with one property a line, so that a changed label is a changed line."""
    properties = definition.get("properties")
    if not properties:
        return json_text(definition)
    rest = {key: each for key, each in definition.items() if key != "properties"}
    rows = ",\n".join(
        f"  {json_text(name)}: {json_text(each)}" for name, each in properties.items()
    )
    return f'{json_text(rest)[:-1]}, "properties": {{\n{rows}\n}}}}'


def emit_path(interface: Interface) -> str:
    """The interface's operation in OpenAPI, as JSON."""
    request = _envelope("Request", "input", interface.input.class_name)
    response = _envelope("Response", "output", interface.output.class_name)
    operation = {
        "operationId": interface.operation,
        "tags": [comment(interface.category[0])],
        "summary": comment(f"{interface.number} {interface.name}"),
        "description": comment(interface.description),
        "deprecated": interface.replaced_by is not None,
        "requestBody": {"required": True, "content": {"application/json": {"schema": request}}},
        "responses": {
            "200": {
                "description": "infcode 0 为成功，其他为失败",
                "content": {"application/json": {"schema": response}},
            }
        },
        "x-institution": interface.institution,
        "x-open": interface.open,
        "x-call-mode": interface.call_mode,
        "x-effect": interface.effect,
        "x-category": [comment(part) for part in interface.category],
    }
    return json_text({"post": operation})


def envelope_schema(fields: Any) -> dict[str, Any]:
    """Schema of the frame around a message, without ``input``/``output``."""
    properties: dict[str, Any] = {}
    needed: list[str] = []
    for field in fields:
        if field.wire in ("input", "output"):
            continue
        schema: dict[str, Any] = {"type": "object" if field.kind == "object" else "string"}
        if field.length:
            schema["maxLength"] = field.length
        schema["title"] = comment(field.label)
        if field.note:
            schema["description"] = comment(field.note)
        properties[field.wire] = schema
        if field.required is True:
            needed.append(field.wire)
    return {"type": "object", "properties": properties, **_needed(needed)}


def _envelope(frame: str, key: str, class_name: str) -> dict[str, Any]:
    body = {"type": "object", "properties": {key: {"$ref": f"#/components/schemas/{class_name}"}}}
    return {"allOf": [{"$ref": f"#/components/schemas/{frame}Envelope"}, body]}


def _side(definitions: dict[str, Any], interface: Interface, side: Side, tables: Tables) -> None:
    way = "输入" if side is interface.input else "输出"
    schema: dict[str, Any] = {"type": "object", "title": comment(f"{interface.name} {way}")}
    if side.nodes is None:
        schema |= {"additionalProperties": True, "x-unspecified": True}
        definitions[side.class_name] = schema
        return
    properties: dict[str, Any] = {}
    needed: list[str] = []
    for node in side.nodes:
        if node.wire is None:
            properties |= _properties(definitions, node.fields, tables)
            needed += [field.wire for field in node.fields if field.required is True]
            continue
        _object(definitions, node.class_name, comment(node.label), node.fields, tables)
        properties[node.wire] = _node(node)
        if side.node_needed(node):
            needed.append(node.wire)
    schema |= {"properties": properties, **_needed(needed)}
    definitions[side.class_name] = schema


def _node(node: Node) -> dict[str, Any]:
    one: dict[str, Any] = {"$ref": f"#/$defs/{node.class_name}"}
    many: dict[str, Any] = {"type": "array", "items": one}
    schema: dict[str, Any] = {True: many, False: one, None: {"anyOf": [many, one]}}[node.repeated]
    extra: dict[str, Any] = {"description": comment(node_text(node))}
    if node.aliases:
        extra["x-aliases"] = list(node.aliases)
    return schema | extra


def _object(
    definitions: dict[str, Any], name: str, title: str, fields: tuple[Field, ...], tables: Tables
) -> None:
    properties = _properties(definitions, fields, tables)
    needed = [field.wire for field in fields if field.required is True]
    schema: dict[str, Any] = {"type": "object"}
    if title:
        schema["title"] = title
    definitions[name] = schema | {"properties": properties, **_needed(needed)}


def _properties(
    definitions: dict[str, Any], fields: tuple[Field, ...], tables: Tables
) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for field in fields:
        if field.kind == "object":
            _object(definitions, field.class_name, comment(field.label), field.fields, tables)
        properties[field.wire] = _field(field, tables)
    return properties


def _field(field: Field, tables: Tables) -> dict[str, Any]:
    if field.kind == "object":
        schema: dict[str, Any] = {"$ref": f"#/$defs/{field.class_name}"}
    else:
        schema = dict(_TYPES[field.kind])
        if field.length and schema.get("type") == "string" and field.kind in ("string", "text"):
            schema["maxLength"] = field.length
    if field.repeated:
        schema = {"type": "array", "items": schema}
    if field.label:
        schema["title"] = comment(field.label)
    schema["description"] = comment(field_text(field, tables))
    extensions: dict[str, Any] = {
        "x-type": field.kind or "unstated",
        "x-length": field.length,
        "x-precision": list(field.precision) if field.precision else None,
        "x-dictionary": field.dictionary,
        "x-coded": field.coded,
        "x-aliases": list(field.aliases),
        "x-sensitive": field.sensitive,
        "x-format": field.format,
        "x-required": "unknown" if field.required is None else None,
        "x-provenance": field.source,
    }
    return schema | {key: value for key, value in extensions.items() if value}


def _needed(names: list[str]) -> dict[str, Any]:
    return {"required": names} if names else {}


def openapi(
    title: str,
    edition: str,
    paths: dict[str, str],
    webhooks: dict[str, str],
    components: list[str],
    envelopes: dict[str, Any],
) -> str:
    """``openapi.json`` (3.1) from the interfaces' parts."""
    frames = [f"{json_text(name)}: {json_text(schema)}" for name, schema in envelopes.items()]
    info = {"title": comment(title), "version": comment(edition)}
    return (
        f'{{"openapi": "3.1.0", "info": {json_text(info)},\n'
        f'"paths": {{\n{_members(paths)}\n}},\n"webhooks": {{\n{_members(webhooks)}\n}},\n'
        f'"components": {{"schemas": {{\n' + ",\n".join(frames + components) + "\n}}}\n"
    )


def _members(parts: dict[str, str]) -> str:
    return ",\n".join(f"{json.dumps(name)}: {text}" for name, text in parts.items())
