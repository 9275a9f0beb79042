"""JSON Schemas for editors (``spec/schema/``), generated from the spec's own models.

Draft 7, which yaml-language-server reads everywhere. What the loader refuses is left out too:
a key without a value (null) and the titles pydantic adds to every property.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from ..spec.model import Dictionary, Interface, Platform

_FILES: dict[str, type[BaseModel]] = {
    "dictionary.schema.json": Dictionary,
    "interface.schema.json": Interface,
    "platform.schema.json": Platform,
}
_DRAFT = "http://json-schema.org/draft-07/schema#"


class _Draft7(GenerateJsonSchema):
    schema_dialect = _DRAFT

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def editor_schemas() -> dict[str, str]:
    """Schema text by file name below ``spec/schema/``; the same text on every run."""
    return {name: _render(model) for name, model in _FILES.items()}


def _render(model: type[BaseModel]) -> str:
    schema = model.model_json_schema(
        ref_template="#/definitions/{model}", schema_generator=_Draft7, mode="validation"
    )
    schema = _adapt(schema)
    definitions = schema.pop("$defs", {})
    whole = {"$schema": _DRAFT, **schema, "definitions": definitions}
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def _adapt(value: Any) -> Any:
    """Without null members and defaults, fixed lists as draft 7 writes them."""
    if isinstance(value, list):
        return [_adapt(item) for item in value]
    if not isinstance(value, dict):
        return value
    adapted = {
        key: _adapt(item) for key, item in value.items() if not (key == "default" and item is None)
    }
    if "prefixItems" in adapted:
        adapted["items"] = adapted.pop("prefixItems")
        adapted["additionalItems"] = False
    members = adapted.get("anyOf")
    if isinstance(members, list) and {"type": "null"} in members:
        members = [member for member in members if member != {"type": "null"}]
        if len(members) > 1:
            adapted["anyOf"] = members
        else:
            del adapted["anyOf"]
            adapted = {**members[0], **adapted}
    return _described(adapted)


def _described(schema: dict[str, Any]) -> dict[str, Any]:
    """Draft 7 ignores what stands beside ``$ref``, so a description needs ``allOf``."""
    if "$ref" in schema and len(schema) > 1:
        return {
            "allOf": [{"$ref": schema["$ref"]}],
            **{k: v for k, v in schema.items() if k != "$ref"},
        }
    return schema
