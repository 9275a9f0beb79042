"""An edition of the spec: a folder, a commit, a released version or a vendored copy."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..findings import Location, has_errors
from ..spec.load import Loaded, Spec, load
from .change import Change
from .snapshot import SNAPSHOT, read_snapshot

_VERSION = re.compile(r"\d+\.\d+\.\d+([-.+0-9A-Za-z]*)?")


class NotAnEdition(Exception):
    """There is no such edition, or it cannot be read; the message says why."""


@dataclass(frozen=True)
class Edition:
    """``label`` as given; ``loaded`` None for a snapshot, which has no files to point into."""

    label: str
    spec: Spec
    loaded: Loaded | None = None
    shown: str = ""  #: the spec folder as printed
    version: str = ""  #: x.y.z if it is a released one

    def locate(self, change: Change) -> Location | None:
        """Where the change stands in this edition; None if this edition has no such file."""
        if self.loaded is None:
            return None
        document = self.loaded.by_key.get((change.kind, change.key))
        if document is None:
            return None
        place = document.locate(change.path)
        below = self.loaded.below(document).as_posix()
        return place._replace(file=f"{self.shown}/{below}" if self.shown else below)


@contextmanager
def edition(name: str, spec: Path, repository: Path) -> Iterator[Edition]:
    """Open an edition by its name.

    ``name``: a folder that is a spec or holds one under ``spec``'s name, a folder made by
    ``vendor``, a commit, branch or tag of ``repository``, or a released version (tag ``v1.2.3``).
    ``spec``: where the spec lies below the repository. Nothing is checked out. Raises
    NotAnEdition.
    """
    folder = Path(name)
    if folder.is_dir():
        yield _from_folder(name, folder, spec)
        return
    with tempfile.TemporaryDirectory(prefix="hubei-yibao-") as temporary:
        commit, version = _commit(name, repository)
        below = _below(spec, repository)
        _extract(commit, below, repository, Path(temporary))
        loaded = _loaded(name, Path(temporary, below))
        yield Edition(name, loaded.spec, loaded, below, version)


def _from_folder(name: str, folder: Path, spec: Path) -> Edition:
    if (folder / SNAPSHOT).is_file():
        try:
            return Edition(name, read_snapshot(folder / SNAPSHOT))
        except ValueError as error:
            raise NotAnEdition(f"{name}: {SNAPSHOT} cannot be read: {error}") from None
    if not (folder / "platform.yaml").is_file() and (folder / spec.name).is_dir():
        folder /= spec.name
    if not (folder / "platform.yaml").is_file():
        raise NotAnEdition(f"{name}: neither a spec folder (no platform.yaml) nor a vendored copy")
    loaded = _loaded(name, folder)
    return Edition(name, loaded.spec, loaded, folder.as_posix())


def _loaded(name: str, root: Path) -> Loaded:
    loaded = load(root)
    if has_errors(loaded.findings):
        count, first = len(loaded.findings), loaded.findings[0]
        below = first.file.removeprefix(f"{root.as_posix()}/")
        where = f"{below}:{first.line}" if first.line else below
        raise NotAnEdition(f"{name}: {count} errors, {where}: {first.id} {first.message}")
    return loaded


def _git(repository: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    command = ["git", "-C", str(repository), *words]
    try:
        return subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        raise NotAnEdition("git is not installed: give folders") from None


def _commit(name: str, repository: Path) -> tuple[str, str]:
    """The commit a name stands for, and the version if the name is that of a release."""
    bare = name.removeprefix("v")
    version = bare if _VERSION.fullmatch(bare) else ""
    wanted = [f"refs/tags/v{bare}", f"refs/tags/{bare}", name] if version else [name]
    for each in wanted:
        found = _git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{each}^{{commit}}")  # fmt: skip
        if found.returncode == 0:
            return found.stdout.decode().strip(), version
    what = "released version" if version else "commit, branch or tag"
    raise NotAnEdition(f"{name}: no folder and no {what} of this repository")


def _top(repository: Path) -> Path:
    found = _git(repository, "rev-parse", "--show-toplevel")
    if found.returncode:
        raise NotAnEdition(f"{repository} is in no git repository: give folders")
    return Path(found.stdout.decode().strip()).resolve()


def _below(spec: Path, repository: Path) -> str:
    """The spec folder as git names it."""
    try:
        return (repository / spec).resolve().relative_to(_top(repository)).as_posix()
    except ValueError:
        raise NotAnEdition(f"{spec} lies outside the repository") from None


def _extract(commit: str, below: str, repository: Path, target: Path) -> None:
    made = _git(_top(repository), "archive", "--format=tar", commit, "--", below)
    if made.returncode:
        raise NotAnEdition(f"{commit[:12]} has no {below}")
    with tarfile.open(fileobj=io.BytesIO(made.stdout)) as archive:
        archive.extractall(target, filter="data")
