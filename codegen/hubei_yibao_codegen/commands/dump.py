"""Print a stage of the pipeline as JSON.

dump spec              the spec as loaded
dump ir                names settled, as the templates see it
dump spec 2207         one interface (or dictionary, by its key) as loaded
dump ir 2207           the same with names settled
dump schema 2207       its JSON Schema
dump files 2207        its unformatted files, path → text
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..emit.schemas import emit_schema
from ..emit.units import Source
from ..ir.build import build, build_dictionaries, build_interface, dictionary_classes
from ..spec.load import Loaded, Spec, load


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("stage", choices=("spec", "ir", "schema", "files"))
    parser.add_argument("name", nargs="?", help="number of an interface or key of a dictionary")
    parser.add_argument("--spec", type=Path, default=Path("spec"), metavar="DIR")


def run(arguments: argparse.Namespace) -> int:
    loaded = load(arguments.spec)
    try:
        data = _stage(loaded, arguments.stage, arguments.name)
    except KeyError:
        sys.stderr.write(f"{arguments.name} is no interface or dictionary of the spec\n")
        return 1
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2) + "\n")
    return 0


def _stage(loaded: Loaded, stage: str, name: str | None) -> Any:
    spec = loaded.spec
    if stage == "spec":
        return _one_spec(spec, name) if name else _whole_spec(spec)
    if stage == "ir":
        return _one_ir(spec, name) if name else asdict(build(spec))
    if name is None:
        raise ValueError(f"dump {stage} needs the number of an interface")
    if stage == "schema":
        tables = {key: each.label for key, each in spec.dictionaries.items()}
        return json.loads(emit_schema(build_interface(spec.interfaces[name]), tables)[0])
    units = {unit.name: unit for unit in Source.of(loaded, "").interfaces()}
    return units[f"interface {name}"].render().files


def _whole_spec(spec: Spec) -> dict[str, Any]:
    return {
        "platform": spec.platform.model_dump(mode="json") if spec.platform else None,
        "interfaces": {k: each.model_dump(mode="json") for k, each in spec.interfaces.items()},
        "dictionaries": {k: each.model_dump(mode="json") for k, each in spec.dictionaries.items()},
    }


def _one_spec(spec: Spec, name: str) -> Any:
    found = spec.interfaces.get(name) or spec.dictionaries[name]
    return found.model_dump(mode="json", exclude_unset=True)


def _one_ir(spec: Spec, name: str) -> Any:
    if name in spec.interfaces:
        return asdict(build_interface(spec.interfaces[name]))
    classes = dictionary_classes(spec.dictionaries)
    return asdict(build_dictionaries({name: spec.dictionaries[name]}, classes)[0])
