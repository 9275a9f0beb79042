"""Spec files → models, with the place of every value.

``load(root)`` reads ``platform.yaml``, ``interfaces/**/*.yaml`` and ``dictionaries/*.yaml`` below
``root`` (the ``spec`` folder). A broken file yields findings and is left out; the others load.
With an overlay (``overlay.py``) the files of a second folder are laid over those of the first.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from .. import overlay as overlays
from ..findings import Finding, Location, finding, ordered
from . import convert
from .model import Dictionary, Interface, Platform
from .yaml_nodes import Mapping, Scalar, at, parse

Kind = Literal["platform", "interface", "dictionary"]
Key = tuple[Kind, str]
SpecModel = Interface | Dictionary | Platform

_MODELS: dict[Kind, type[Interface] | type[Dictionary] | type[Platform]] = {
    "platform": Platform,
    "interface": Interface,
    "dictionary": Dictionary,
}


@dataclass(frozen=True)
class Spec:
    """Everything the files say, in an order that does not depend on the file system."""

    platform: Platform | None
    interfaces: dict[str, Interface]
    dictionaries: dict[str, Dictionary]


@dataclass
class Document:
    """One spec file: its text, the model it holds (None if broken) and its findings."""

    kind: Kind
    path: Path
    file: str  #: as printed in findings
    data: bytes
    model: SpecModel | None
    findings: list[Finding]
    hash: str  #: of the content with LF line ends, the same on every machine
    folder: Path | None = None  #: the overlay in which the file lies

    @property
    def key(self) -> str:
        """Number or key the file declares; of a broken file its name without suffix."""
        if isinstance(self.model, Interface):
            return self.model.number
        if isinstance(self.model, Dictionary):
            return self.model.key
        return self.path.stem

    @cached_property
    def root(self) -> Mapping | None:
        """The nodes behind the model; parsed again where the model came from a cache."""
        return parse(self.data, self.file)[0]

    def locate(self, path: convert.Path = (), key: bool = False) -> Location:
        """Where the value at ``path`` stands, or its key; else the nearest place above it."""
        if self.root is None:
            return Location(self.file, 1, 1)
        return at(self.file, convert.locate(self.root, path, key))


@dataclass
class Loaded:
    """The outcome of :func:`load`."""

    root: Path
    spec: Spec
    findings: list[Finding]
    documents: list[Document]
    by_key: dict[Key, Document] = field(default_factory=dict)

    @property
    def files(self) -> dict[Key, Path]:
        return {key: document.path for key, document in self.by_key.items()}

    @property
    def hashes(self) -> dict[str, str]:
        """SHA-256 by path below the spec or overlay, sorted by path."""
        rows = ((self.below(doc).as_posix(), doc.hash) for doc in self.documents)
        return dict(sorted(rows))

    def below(self, document: Document) -> Path:
        """The document's path below the spec, or below the overlay it lies in."""
        return document.path.relative_to(document.folder or self.root)

    def locate(self, key: Key, path: convert.Path = ()) -> Location:
        """Place of a value, e.g. ``locate(("interface", "2207"), ("input", 0, "fields"))``.

        A path that does not exist yields the nearest place above it; KeyError for a file that
        was not loaded.
        """
        return self.by_key[key].locate(path)


def load(root: Path, cache: Path | None = None, overlay: Path | None = None) -> Loaded:
    """Load every spec file below ``root``; never raises for what the files hold.

    ``cache`` names a file in which models of faultless files are kept by content hash; a cache
    that is missing, damaged or of another model version is ignored and written anew. ``overlay``
    names a folder of differences.
    """
    known = _read_cache(cache)
    findings: list[Finding] = []
    documents: list[Document] = []
    with _collector_paused():
        for kind, path in _spec_files(root, findings):
            data = _read(path, findings)
            if data is not None:
                documents.append(load_bytes(kind, path, data, _shown(path), known))
        if overlay is not None:
            documents = _overlaid(documents, overlay, findings)
        loaded = _assemble(root, documents, findings)
    if cache is not None:
        _write_cache(cache, known, documents)
    return loaded


def load_file(kind: Kind, path: Path, file: str | None = None) -> Document:
    """Load one file by itself; OSError if it cannot be read."""
    return load_bytes(kind, path, path.read_bytes(), file or path.as_posix())


def load_bytes(
    kind: Kind, path: Path, data: bytes, file: str, known: dict[str, str] | None = None
) -> Document:
    """The document in ``data``: a pure function of its arguments.

    ``known`` maps content hashes to models as JSON; a model found there is not parsed again.
    """
    digest = content_hash(data)
    stored = known.get(f"{kind} {digest}") if known else None
    if stored is not None:
        model = _MODELS[kind].model_validate_json(stored)
        return Document(kind, path, file, data, model, [], digest)
    root, findings = parse(data, file)
    built: SpecModel | None = None
    if root is not None:
        built, faults = convert.convert(root, _MODELS[kind], file)
        findings += faults
        if findings:
            built = None
    document = Document(kind, path, file, data, built, findings, digest)
    document.__dict__["root"] = root
    return document


def _read(path: Path, findings: list[Finding]) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        findings.append(finding("Y100", "error", Location(_shown(path)), message))
        return None


def _overlaid(documents: list[Document], folder: Path, findings: list[Finding]) -> list[Document]:
    """The documents with the differences of an overlay; what it adds comes after them."""
    made = list(documents)
    if not folder.is_dir():
        findings.append(finding("Y100", "error", Location(_shown(folder)), "no such folder"))
    for kind, path in _spec_files(folder, findings, partial=True):
        data = _read(path, findings)
        if data is None:
            continue
        file = _shown(path)
        over, found = parse(data, file)
        findings += found
        if over is None:
            continue
        overlays.mark(over, file)
        name = over.values.get({"interface": "number", "dictionary": "key"}.get(kind, ""))
        key = name.value if isinstance(name, Scalar) else "platform"
        index = next((i for i, d in enumerate(made) if (d.kind, d.key) == (kind, key)), None)
        if index is None and not overlays.removes(over):
            document = load_bytes(kind, path, data, file)
            document.folder = folder
            made.append(document)
        elif index is None:
            message = f"nothing to remove: no {kind} `{key}` lies below"
            findings.append(finding("O501", "error", at(file, over), message))
        elif overlays.removes(over):
            del made[index]
        else:
            made[index] = _merged(made[index], over, data, file)
    return made


def _merged(below: Document, over: Mapping, data: bytes, file: str) -> Document:
    """A document with an overlay's file laid over it; one that is broken stays as it is."""
    if below.root is None:
        return below
    root, found = overlays.merge(below.root, over, file)
    built, faults = convert.convert(root, _MODELS[below.kind], below.file)
    digest = hashlib.sha256(f"{below.hash} {content_hash(data)}".encode()).hexdigest()
    unread = [item for item in below.findings if item.id.startswith("Y")]
    findings = [*unread, *found, *faults]
    model = built if not findings else None
    document = Document(below.kind, below.path, below.file, below.data, model, findings, digest)
    document.__dict__["root"] = root
    return document


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Hundreds of thousands of nodes that all stay alive: collecting doubles the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def content_hash(data: bytes) -> str:
    """SHA-256 of the content with LF line ends, so that a checkout on Windows hashes alike."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()


def _shown(path: Path) -> str:
    """The path as printed; bytes that are no UTF-8 are escaped."""
    return path.as_posix().encode(errors="backslashreplace").decode()


def _spec_files(
    root: Path, findings: list[Finding], partial: bool = False
) -> list[tuple[Kind, Path]]:
    """All spec files, sorted by path; folders and names that do not fit are findings.

    ``partial``: of an overlay, where nothing has to be there.
    """
    found: list[tuple[Kind, Path]] = []
    platform = root / "platform.yaml"
    if platform.is_file():
        found.append(("platform", platform))
    elif not partial:
        place = Location(_shown(platform))
        findings.append(finding("Y100", "error", place, "file not found"))
    folders: tuple[tuple[Kind, Path], ...] = (
        ("interface", root / "interfaces"),
        ("dictionary", root / "dictionaries"),
    )
    for kind, folder in folders:
        if not folder.is_dir() and not partial:
            findings.append(finding("Y100", "error", Location(_shown(folder)), "no such folder"))
        for parent, names, files in os.walk(folder):
            names[:] = [name for name in names if not name.startswith(".")]
            for name in files:
                path = Path(parent, name)
                if name.startswith(".") or path.suffix.lower() not in (".yaml", ".yml"):
                    continue
                if path.suffix != ".yaml":
                    message, hint = f"not read: ends in {path.suffix}", "rename it to .yaml"
                    place = Location(_shown(path))
                    findings.append(finding("Y112", "error", place, message, hint))
                    continue
                found.append((kind, path))
    return sorted(found, key=lambda item: item[1].as_posix())


def _assemble(root: Path, documents: list[Document], findings: list[Finding]) -> Loaded:
    by_key: dict[Key, Document] = {}
    for document in documents:
        findings += document.findings
        key = (document.kind, document.key)
        first = by_key.setdefault(key, document)
        if first is document or document.model is None:
            continue
        if first.model is None:
            by_key[key] = document
            continue
        name = "number" if document.kind == "interface" else "key"
        message = f"{name} `{document.key}` is declared twice, first in {first.locate((name,))}"
        findings.append(finding("R301", "error", document.locate((name,)), message))
    interfaces: dict[str, Interface] = {}
    dictionaries: dict[str, Dictionary] = {}
    platform: Platform | None = None
    for (_, name), document in sorted(by_key.items(), key=lambda item: item[0]):
        if isinstance(document.model, Interface):
            interfaces[name] = document.model
        elif isinstance(document.model, Dictionary):
            dictionaries[name] = document.model
        elif document.model is not None:
            platform = document.model
    spec = Spec(platform, interfaces, dictionaries)
    return Loaded(root, spec, ordered(findings), documents, by_key)


def _cache_head(body: str) -> str:
    """Guards the cache: changes with the file format, the code that reads it, and the content."""
    here = Path(__file__).parent
    sources = (here / name for name in ("model.py", "convert.py", "yaml_nodes.py", "load.py"))
    parts = [*(source.read_bytes() for source in sources), body.encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _read_cache(cache: Path | None) -> dict[str, str]:
    if cache is None:
        return {}
    try:
        head, _, body = cache.read_text(encoding="utf-8").partition("\n")
    except (OSError, ValueError):
        return {}
    if head != _cache_head(body):
        return {}
    models: dict[str, str] = json.loads(body)
    return models


def _write_cache(cache: Path, known: dict[str, str], documents: list[Document]) -> None:
    models = {
        key: known.get(key) or document.model.model_dump_json(exclude_unset=True)
        for document in documents
        if document.model is not None and not document.findings
        for key in (f"{document.kind} {document.hash}",)
    }
    if models == known:
        return
    cache.parent.mkdir(parents=True, exist_ok=True)
    temporary = cache.with_name(f"{cache.name}.{os.getpid()}.tmp")
    body = json.dumps(models, ensure_ascii=False)
    temporary.write_text(f"{_cache_head(body)}\n{body}", encoding="utf-8")
    temporary.replace(cache)
