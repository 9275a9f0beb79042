"""datamodel-code-generator as an independent reader of the exported JSON Schemas.

Models are rendered from templates (docs/decisions/001). What dcg makes of the schemas must have
the same classes, wire names, order, lists and required fields.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import typing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from datamodel_code_generator import InputFileType, generate
from datamodel_code_generator.enums import DataModelType
from generator_support import GENERATED, GOLDEN, imported
from pydantic import BaseModel


def definitions(package: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in sorted((package / "schemas").iterdir()):
        found |= json.loads(path.read_text(encoding="utf-8"))["$defs"]
    return found


def made_by_dcg(found: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    file = folder / "made_by_dcg.py"
    generate(
        json.dumps({"$defs": found}),
        output=file,
        input_file_type=InputFileType.JsonSchema,
        output_model_type=DataModelType.PydanticV2BaseModel,
        formatters=[],
    )
    description = importlib.util.spec_from_file_location("made_by_dcg", file)
    assert description is not None
    assert description.loader is not None
    module = importlib.util.module_from_spec(description)
    monkeypatch.setitem(sys.modules, "made_by_dcg", module)
    description.loader.exec_module(module)
    return module


def shape(model: type[BaseModel], request: bool) -> list[tuple[str, bool, bool]]:
    """Wire name, whether a list, whether required; of answers nothing is required."""
    rows = []
    for name, field in model.model_fields.items():
        wire = field.serialization_alias or field.alias or name
        rows.append((wire, is_list(field.annotation), request and field.is_required()))
    return rows


def is_list(annotation: Any) -> bool:
    if typing.get_origin(annotation) is list:
        return True
    return any(is_list(part) for part in typing.get_args(annotation))


@pytest.mark.parametrize("package", [GOLDEN, GENERATED], ids=lambda path: path.name)
def test_dcg_reads_the_same_models_out_of_the_schemas(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = definitions(package)
    theirs = made_by_dcg(found, tmp_path, monkeypatch)
    compared = 0
    with imported(package) as root:
        for number in root.INTERFACES:
            ours = importlib.import_module(f"{package.name}.models.i{number}")
            for name in found:
                model = getattr(ours, name, None)
                if model is None or not found[name].get("properties"):
                    continue
                model.model_rebuild(force=True)
                request = name.startswith("Input")
                their = shape(getattr(theirs, name), request)
                assert shape(model, request) == [
                    (wire, lists and not bytes_of(found[name], wire), needed)
                    for wire, lists, needed in their
                ], name
                compared += 1
    assert compared == sum(bool(each.get("properties")) for each in found.values())


def bytes_of(definition: dict[str, Any], wire: str) -> bool:
    """Bytes travel as text or as a list of numbers; in Python they are one value."""
    return bool(definition["properties"][wire].get("x-type") == "bytes")
