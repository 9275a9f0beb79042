"""Making, comparing and upgrading a copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .. import store
from ..diffing.change import Change
from ..diffing.compare import compare
from ..diffing.snapshot import SNAPSHOT, read_snapshot
from ..spec.load import Spec
from .choice import choose
from .content import content, manifest
from .manifest import MANIFEST, BadManifest, Manifest, read_manifest


class Refused(Exception):
    """Nothing was written; the message says why and what to do."""


@dataclass(frozen=True)
class Upgrade:
    """What a run did to the folder."""

    made: Manifest
    before: Manifest | None  #: None for a first copy
    changes: list[Change] = field(default_factory=list)  #: of the interface spec
    written: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


def vendor(target: Path, spec: Spec, only: Sequence[str] | None, force: bool = False) -> Upgrade:
    """Make or upgrade the copy in ``target``.

    ``only``: numbers and groups; None: as the copy that is there, or everything. Local changes
    and foreign files are never overwritten unless ``force``d. Raises Refused, UnknownChoice.
    """
    before = _existing(target, force)
    wanted = _wanted(only, before)
    chosen, added = choose(spec, wanted)
    files = content(chosen)
    hashes = _hashes(files)
    made = manifest(chosen, wanted, added, hashes)
    changes = compare(_snapshot(target), chosen) if before else []
    gone = [path for path in (before.files if before else ()) if path not in files]
    there = set(store.existing(target)) if target.exists() else set()
    store.make_folders(target, files)
    written = [
        path for path, text in files.items() if store.write(target, path, text, path in there)
    ]
    removed = [path for path in gone if (target / path).is_file()]
    store.remove(target, removed)
    store.write(target, MANIFEST, made.text(), MANIFEST in there)
    return Upgrade(made, before, changes, written, removed)


def check(target: Path, spec: Spec | None) -> list[str]:
    """How a copy differs from its manifest, and (with a spec) from what would be made now.

    Lines ``MODIFIED``, ``MISSING``, ``EXTRA`` and ``OUTDATED`` with the path, sorted by path;
    raises BadManifest.
    """
    stated = read_manifest(target)
    found = _faults(target, stated)
    if spec is not None:
        chosen, _ = choose(spec, stated.only)
        now = _hashes(content(chosen))
        for path in {*now, *stated.files}:
            if now.get(path) != stated.files.get(path):
                found.append(("OUTDATED", path))
    return [f"{kind} {path}" for kind, path in sorted(found, key=lambda row: (row[1], row[0]))]


def _faults(target: Path, stated: Manifest) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for path, wanted in stated.files.items():
        try:
            if store.sha((target / path).read_bytes()) != wanted:
                found.append(("MODIFIED", path))
        except OSError:
            found.append(("MISSING", path))
    known = {*stated.files, MANIFEST}
    return found + [("EXTRA", path) for path in store.existing(target) if path not in known]


def _existing(target: Path, force: bool) -> Manifest | None:
    """The manifest of the copy to upgrade; Refused if something there would be lost."""
    if not target.exists() or not store.existing(target):
        return None
    try:
        before = read_manifest(target)
    except BadManifest as bad:
        raise Refused(f"{bad}; choose a new or empty folder") from None
    changed = _faults(target, before)
    if changed and not force:
        shown = "\n".join(f"  {kind} {path}" for kind, path in changed[:20])
        more = f"\n  and {len(changed) - 20} more" if len(changed) > 20 else ""
        raise Refused(
            f"{target} was changed by hand:\n{shown}{more}\ntake the changes back, or use --force"
        )
    return before


def _wanted(only: Sequence[str] | None, before: Manifest | None) -> tuple[str, ...]:
    if only is not None:
        return tuple(dict.fromkeys(only))
    return before.only if before else ()


def _snapshot(target: Path) -> Spec:
    try:
        return read_snapshot(target / SNAPSHOT)
    except (OSError, ValueError):
        return Spec(None, {}, {})


def _hashes(files: Mapping[str, str]) -> dict[str, str]:
    return {path: store.sha(text.encode()) for path, text in files.items()}


def counted(files: Mapping[str, str]) -> dict[str, int]:
    """Files of a copy by what they are: generated, runtime, bundled."""
    kinds = {"_runtime": 0, "_bundled": 0}
    for path in files:
        top = path.partition("/")[0]
        if top in kinds:
            kinds[top] += 1
    return {
        "generated": len(files) - sum(kinds.values()),
        "runtime": kinds["_runtime"],
        "bundled": kinds["_bundled"],
    }
