"""Profiles from a preset's name, a TOML, YAML or JSON file, a mapping or an object."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..errors import SettingsError
from .model import Profile

PRESETS = resources.files(__package__ or "") / "presets"


def preset_names() -> list[str]:
    """Names of the profiles that come with the package; every one is unverified."""
    names = (entry.name for entry in PRESETS.iterdir())
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


def load_profile(source: str | Path | Mapping[str, Any] | Profile) -> Profile:
    """A checked profile.

    ``source``: a preset's name, a file's path (.toml, .yaml, .json), a mapping or a profile. A
    mapping or file may say ``extends = "<preset or file>"`` and state only what differs.
    Raises SettingsError with every fault found.
    """
    if isinstance(source, Profile):
        return source
    folder, data = _read(source)
    try:
        return Profile.model_validate(_with_paths(_extended(data, folder), folder))
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False)
        )
        raise SettingsError(f"profile is not valid: {faults}", advice="correct it") from None


def _read(source: str | Path | Mapping[str, Any]) -> tuple[Path | None, Mapping[str, Any]]:
    if isinstance(source, Mapping):
        return None, source
    if isinstance(source, str) and source in preset_names():
        return None, tomllib.loads((PRESETS / f"{source}.toml").read_text("utf-8"))
    path = Path(source)
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"no profile {str(source)!r}: {type(error).__name__}",
            advice=f"give a file or one of: {', '.join(preset_names())}",
        ) from None
    return path.parent, _parse(path, text)


def _parse(path: Path, text: str) -> Mapping[str, Any]:
    try:
        if path.suffix in (".yaml", ".yml"):
            import yaml

            data = yaml.safe_load(text)
        else:
            data = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except ImportError:
        raise SettingsError(
            "a YAML profile needs PyYAML", advice="install pyyaml or write the profile in TOML"
        ) from None
    except Exception as error:  # each parser has its own errors
        raise SettingsError(f"{path.name}: {error}", advice="correct the file") from None
    if not isinstance(data, Mapping):
        raise SettingsError(f"{path.name}: a profile is a table of settings")
    return data


def _extended(data: Mapping[str, Any], folder: Path | None) -> dict[str, Any]:
    """``data`` laid over what it extends; sub-tables are merged, lists are replaced."""
    own = dict(data)
    base = own.pop("extends", None)
    if base is None:
        return own
    if folder is not None and base not in preset_names():
        base = folder / base
    base_folder, base_data = _read(base)
    below = _with_paths(_extended(base_data, base_folder), base_folder)
    return _merged(below, own | {"verified": own.get("verified", False)})


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for key, value in above.items():
        old = result.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[key] = _merged(old, value) if both else value  # type: ignore[arg-type]
    return result


def _with_paths(data: dict[str, Any], folder: Path | None) -> dict[str, Any]:
    """``routing.path_file`` read into ``routing.paths``; paths written out win."""
    routing = data.get("routing")
    if not isinstance(routing, Mapping) or not isinstance(routing.get("path_file"), str):
        return data
    name = routing["path_file"]
    try:
        if folder is not None and (folder / name).is_file():
            text = (folder / name).read_text("utf-8-sig")
        else:
            text = (PRESETS / name).read_text("utf-8-sig")
    except OSError as error:
        raise SettingsError(f"routing.path_file {name!r}: {type(error).__name__}") from None
    reader = csv.DictReader(io.StringIO(text))
    if not {"infno", "path"} <= set(reader.fieldnames or ()):
        raise SettingsError(f"routing.path_file {name!r}: columns infno and path are needed")
    rows = list(reader)
    paths = {row["infno"]: row["path"] for row in rows}
    if len(paths) != len(rows):
        raise SettingsError(f"routing.path_file {name!r}: a number stands there twice")
    paths |= dict(routing.get("paths") or {})
    rest = {key: value for key, value in routing.items() if key != "path_file"}
    return data | {"routing": rest | {"paths": paths}}
