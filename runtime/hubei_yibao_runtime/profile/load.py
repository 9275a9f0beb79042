"""Profiles from a preset's name, a TOML, YAML or JSON file, a mapping or an object."""

from __future__ import annotations

import csv
import io
import json
import os
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..errors import SettingsError
from .model import Profile, faults

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
        raise SettingsError(f"profile is not valid: {faults(error)}", advice="correct it") from None


def _read(source: str | Path | Mapping[str, Any]) -> tuple[Path | None, Mapping[str, Any]]:
    if isinstance(source, Mapping):
        return None, source
    if isinstance(source, str) and source in preset_names():
        return None, tomllib.loads((PRESETS / f"{source}.toml").read_text("utf-8"))
    path = Path(source)
    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError) as error:
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
        raise SettingsError(f"{path.name}: {_told(error)}", advice="correct the file") from None
    if not isinstance(data, Mapping):
        raise SettingsError(f"{path.name}: a profile is a table of settings")
    return data


def _told(error: Exception) -> str:
    """A parser's fault with its place, without the line it stands in."""
    if isinstance(error, tomllib.TOMLDecodeError | json.JSONDecodeError):
        return str(error)
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return type(error).__name__
    return f"{getattr(error, 'problem', '')} (line {mark.line + 1})"


def _extended(
    data: Mapping[str, Any], folder: Path | None, above: tuple[str, ...] = ()
) -> dict[str, Any]:
    """``data`` laid over what it extends; sub-tables are merged, lists are replaced.

    ``above``: the files that led here.
    """
    own = dict(data)
    base = own.pop("extends", None)
    if base is None:
        return own
    if not isinstance(base, str | Path):
        raise SettingsError("extends: give a preset's name or a file", advice="correct the profile")
    if base not in preset_names():
        base = (folder or Path()) / base
    place = os.path.normpath(base)
    if place in above:
        raise SettingsError(f"profile {place}: extends itself", advice="correct its `extends`")
    base_folder, base_data = _read(base)
    below = _with_paths(_extended(base_data, base_folder, (*above, place)), base_folder)
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
    rest = {key: value for key, value in routing.items() if key != "path_file"}
    own = rest.get("paths") or {}
    if isinstance(own, Mapping):
        rest["paths"] = _path_file(routing["path_file"], folder) | dict(own)
    return data | {"routing": rest}


def _path_file(name: str, folder: Path | None) -> dict[str, str]:
    """Number -> path of a CSV beside the profile or in this package; raises SettingsError."""
    place = f"routing.path_file {name!r}"
    try:
        own = folder is not None and (folder / name).is_file()
        source = folder / name if folder is not None and own else PRESETS / name
        rows = list(csv.reader(io.StringIO(source.read_text("utf-8-sig"))))
    except (OSError, ValueError, csv.Error) as error:
        raise SettingsError(f"{place}: {type(error).__name__}", advice="correct it") from None
    head, *lines = [[cell.strip() for cell in row] for row in rows if row] or [[]]
    if not {"infno", "path"} <= set(head):
        raise SettingsError(f"{place}: columns infno and path are needed")
    number, path = head.index("infno"), head.index("path")
    paths: dict[str, str] = {}
    for record, line in enumerate(lines, 1):
        if len(line) <= max(number, path) or not (line[number] and line[path]):
            raise SettingsError(f"{place}: record {record} lacks its number or its path")
        if line[number] in paths:
            raise SettingsError(f"{place}: {line[number]} stands there twice")
        paths[line[number]] = line[path]
    return paths
