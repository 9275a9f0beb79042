"""What a copy says about itself: where it comes from and the hash of every file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: Name of the file in the copy.
MANIFEST = "vendor.manifest.json"
FORMAT = 1


class BadManifest(Exception):
    """The manifest is missing, damaged or of another format; the message says which."""


@dataclass(frozen=True)
class Manifest:
    generator: str
    title: str
    edition: str
    only: tuple[str, ...]  #: as asked for; () for everything
    interfaces: tuple[str, ...]
    added: Mapping[str, str]  #: number that was not asked for → why it is there
    bundled: Mapping[str, str]  #: library in the copy → its version
    requires: Mapping[str, str]  #: library the copy imports → version
    files: Mapping[str, str] = field(repr=False)  #: path → SHA-256 of its bytes

    def text(self) -> str:
        """As written to the copy; guarded by a hash of its own."""
        data: dict[str, Any] = {
            "format": FORMAT,
            "generator": self.generator,
            "title": self.title,
            "edition": self.edition,
            "only": list(self.only),
            "interfaces": list(self.interfaces),
            "added": dict(self.added),
            "bundled": dict(self.bundled),
            "requires": dict(self.requires),
            "files": dict(sorted(self.files.items())),
        }
        return json.dumps(data | {"sha256": guard(data)}, ensure_ascii=False, indent=1) + "\n"


def guard(data: Mapping[str, Any]) -> str:
    """SHA-256 of a manifest without its own hash."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a copy; raises BadManifest."""
    path = folder / MANIFEST
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        stated = data.pop("sha256")
        if data.pop("format") != FORMAT or stated != guard({"format": FORMAT, **data}):
            raise BadManifest(f"{path} was changed or is of another format")
        return Manifest(**{key: _frozen(value) for key, value in data.items()})
    except FileNotFoundError:
        raise BadManifest(f"{folder} has no {MANIFEST}: it is no vendored copy") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadManifest(f"{path} cannot be read: {type(error).__name__}") from None


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
