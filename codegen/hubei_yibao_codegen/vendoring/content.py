"""Every file of a copy, path → text, from nothing but the spec and what is installed here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path

from ..diffing.snapshot import SNAPSHOT, dump_snapshot
from ..emit.templates import render as render_template
from ..emit.units import Source
from ..formatting import format_python
from ..pipeline import render_source
from ..spec.load import Spec
from ..version import VERSION
from .imports import relative
from .manifest import MANIFEST, Manifest

#: Where each package lies in the copy. The last two are pure Python and come along, so that a
#: copy needs nothing but pydantic and httpx2.
HOMES = {
    "hubei_yibao": "",
    "hubei_yibao_runtime": "_runtime",
    "pydantic_settings": "_bundled/pydantic_settings",
    "dotenv": "_bundled/dotenv",
}
BUNDLED = {"pydantic-settings": "pydantic_settings", "python-dotenv": "dotenv"}
#: Parts of the libraries that only serve their own command line.
_LEFT_OUT = {"dotenv/__main__.py", "dotenv/cli.py", "dotenv/ipython.py"}
#: Parts of the generated package that are documentation.
_DOCUMENTS = ("docs/", "schemas/", "openapi.json", "generated.lock.json")
REQUIRES = ("pydantic", "httpx2")


def content(spec: Spec) -> dict[str, str]:
    """The files of a copy of these interfaces, without the manifest."""
    generated = render_source(_source(spec))
    texts = {path: text for path, text in generated.items() if not path.startswith(_DOCUMENTS)}
    files = format_python({path: _moved(path, text) for path, text in texts.items()})
    for package in ("hubei_yibao_runtime", *BUNDLED.values()):
        for below, data in _files(resources.files(package)):
            if f"{package}/{below}" not in _LEFT_OUT:
                path = f"{HOMES[package]}/{below}"
                files[path] = _moved(path, data.decode())
    files |= _licences()
    files["_bundled/__init__.py"] = '"""Libraries that came along, unchanged but for imports."""\n'
    files["selfcheck.py"] = render_template("selfcheck.py.jinja", manifest=MANIFEST)
    files["README.md"] = render_template("vendored.md.jinja", versions=versions())
    files[SNAPSHOT] = dump_snapshot(spec)
    files[".gitattributes"] = "* -text\n"  # hashes are of bytes: line ends must stay
    return dict(sorted(files.items()))


def manifest(
    spec: Spec, only: tuple[str, ...], added: Mapping[str, str], files: Mapping[str, str]
) -> Manifest:
    """The manifest of a copy with these files (path → hash)."""
    assert spec.platform is not None
    return Manifest(
        VERSION,
        spec.platform.title,
        spec.platform.edition,
        only,
        tuple(sorted(spec.interfaces)),
        added,
        versions(),
        requirements(),
        files,
    )


def requirements() -> dict[str, str]:
    """What the copy imports from its surroundings, as this project states it."""
    stated = {}
    for text in metadata.requires("hubei-yibao") or ():
        found = re.match(r"([A-Za-z0-9_.-]+)([^;]*)", text)
        if found and found[1] in REQUIRES and "extra" not in text:
            stated[found[1]] = found[2].strip()
    return {"python": str(metadata.metadata("hubei-yibao")["Requires-Python"]), **stated}


def versions() -> dict[str, str]:
    """Of the libraries that come along."""
    return {name: metadata.version(name) for name in BUNDLED}


def _source(spec: Spec) -> Source:
    """The spec for the generator; file hashes only matter to incremental runs."""
    keys = [("interface", key) for key in spec.interfaces]
    keys += [("dictionary", key) for key in spec.dictionaries]
    return Source(spec, dict.fromkeys([*keys, ("platform", "platform")], ""), "")


def _moved(path: str, text: str) -> str:
    return relative(text, path, HOMES) if path.endswith((".py", ".pyi")) else text


def _files(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        path = f"{prefix}{entry.name}"
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _files(entry, f"{path}/")
        elif not path.endswith((".pyc", ".pyo", ".so", ".pyd")):
            yield path, entry.read_bytes()


def _licences() -> dict[str, str]:
    """The licence of every distribution in the copy."""
    found: dict[str, str] = {}
    for name in ("hubei-yibao", *BUNDLED):
        home = "" if name == "hubei-yibao" else f"{HOMES[BUNDLED[name]]}/"
        for file in metadata.files(name) or ():
            if "licenses" in file.parts or file.name.upper().startswith("LICENSE"):
                found[f"{home}LICENSE"] = Path(file.locate()).read_bytes().decode()
    return found
