"""Editors and the loader agree on what a spec file may say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml
from codegen_bad_specs import FORMAT
from hubei_yibao_codegen.emit.editor_schema import editor_schemas
from spec_files import DICTIONARY, INTERFACE, PATH, PLATFORM, with_fields

ROOT = Path(__file__).parents[2]
SCHEMAS: dict[str, Any] = {name: json.loads(text) for name, text in editor_schemas().items()}


def faults(name: str, text: str) -> list[str]:
    validator = jsonschema.Draft7Validator(SCHEMAS[f"{name}.schema.json"])
    return [fault.message for fault in validator.iter_errors(yaml.safe_load(text))]


def test_committed_schemas_are_the_generated_ones() -> None:
    folder = ROOT / "spec/schema"
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == (
        editor_schemas()
    )


def test_schemas_are_valid_draft_7() -> None:
    for schema in SCHEMAS.values():
        assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
        jsonschema.Draft7Validator.check_schema(schema)


def test_good_files_pass() -> None:
    assert faults("interface", INTERFACE) == []
    assert faults("dictionary", DICTIONARY) == []
    assert faults("platform", PLATFORM) == []
    nested = "{name: a, type: object, fields: [{name: b, precision: [4, 2], required: unknown}]}"
    assert faults("interface", with_fields(nested)) == []


#: What only the loader sees: limits of length, blanks, YAML's own merge.
_LOADER_ONLY = {
    "merge key", "misspelt key is not missing too", "capital boolean", "octal length",
    "float length", "blank text", "long label", "label on two lines", "unspecified misspelt",
    "empty name", "no for false", "space at the end", "all faults of a file", "enormous length", "platform constant",
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(set(FORMAT) - _LOADER_ONLY))
def test_editors_mark_what_the_loader_refuses(case: str) -> None:
    text = FORMAT[case].files[PATH]
    assert isinstance(text, str)
    assert faults("interface", text)


def test_keys_are_described() -> None:
    field = SCHEMAS["interface.schema.json"]["definitions"]["Field"]["properties"]
    assert field["sensitive"]["description"] == "personal: masked in logs, reprs, journal"
    assert field["label"] == {"type": "string"}


def test_workspace_settings_name_the_schemas() -> None:
    settings = json.loads((ROOT / ".vscode/settings.json").read_text(encoding="utf-8"))
    wired = settings["yaml.schemas"]
    assert {Path(name).name for name in wired} == set(SCHEMAS)
    for name, pattern in wired.items():
        assert (ROOT / name).is_file()
        if "interface" not in name:
            assert any(ROOT.glob(pattern))
