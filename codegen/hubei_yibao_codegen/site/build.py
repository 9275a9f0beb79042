"""Spec and guides → page sources → the finished site."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ..ir.build import build
from ..ir.model import Package
from ..pipeline import accepted
from .assets import AssetError, place_assets
from .indexes import index_pages
from .links import check_links
from .navigation import configuration
from .pages import interface_pages, list_pages

#: Parts of the docs folder that become pages as they are.
HAND_WRITTEN = ("guides/*.md", "decisions/*.md", "*.md")
#: Guides link to the generated pages as they lie in the repository.
_GENERATED = re.compile(r"\]\((?:\.\./)+generated/hubei_yibao/docs/")
_SHOWN = 20


class BuildFailed(Exception):
    """No usable site came out; the text says why."""


@dataclass(frozen=True, slots=True)
class SiteReport:
    pages: int
    links: int


def build_site(spec: Path, docs: Path, out: Path, cache: Path) -> SiteReport:
    """Build the site of ``spec`` and ``docs`` into ``out``, which is replaced as a whole.

    Raises SpecRejected for a spec with errors, BuildFailed for anything else.
    """
    return build_package(build(accepted(spec).spec), docs, out, cache)


def build_package(package: Package, docs: Path, out: Path, cache: Path) -> SiteReport:
    """The same for a spec that need not come from files."""
    work = cache / "work"
    source = work / "pages"
    shutil.rmtree(work, ignore_errors=True)
    pages = site_pages(package, docs)
    for path, text in pages.items():
        file = source / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    settings = docs / "site"
    for folder in ("assets", "overrides"):
        shutil.copytree(settings / folder, (source if folder == "assets" else work) / folder)
    try:
        place_assets(settings / "packages.toml", source / "assets", cache / "npm")
    except AssetError as error:
        raise BuildFailed(str(error)) from error
    config = work / "zensical.toml"
    base = (settings / "zensical.toml").read_text("utf-8")
    config.write_text(configuration(base, package, pages), "utf-8")
    _run(config)
    return _publish(work / "site", out)


def site_pages(package: Package, docs: Path) -> dict[str, str]:
    """Sources of all pages, path → Markdown."""
    pages = {
        file.relative_to(docs).as_posix(): _GENERATED.sub("](../", file.read_text("utf-8"))
        for pattern in HAND_WRITTEN
        for file in sorted(docs.glob(pattern))
    }
    return {
        **pages,
        **index_pages(package, docs / "changes"),
        **list_pages(package),
        **interface_pages(package),
    }


def _run(config: Path) -> None:
    command = [sys.executable, "-m", "zensical", "build", "--clean", "-f", str(config.resolve())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildFailed(f"zensical failed:\n{done.stdout}{done.stderr}")


def _publish(built: Path, out: Path) -> SiteReport:
    """Check the finished pages, then put them in place of what was there."""
    report = check_links(built)
    faults = [f"{page}: broken link {target}" for page, target in report.broken]
    faults += [f"{page}: loads {target} from another host" for page, target in report.foreign]
    if faults:
        more = [f"… {len(faults) - _SHOWN} more"] if len(faults) > _SHOWN else []
        raise BuildFailed("\n".join([*faults[:_SHOWN], *more]))
    if out.exists() and not (out / "search.js").is_file() and any(out.iterdir()):
        raise BuildFailed(f"{out} holds something that is no site of ours; name another folder")
    shutil.rmtree(out, ignore_errors=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(built, out)
    return SiteReport(report.pages, report.links)
