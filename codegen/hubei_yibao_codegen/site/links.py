"""What a finished site refers to: broken internal links and anything from another host."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: Elements that a browser loads or runs at once, by the attribute that says from where.
LOADED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
#: Relations of ``link`` that load nothing.
IDLE = frozenset(["canonical", "alternate", "prev", "next", "preconnect"])


@dataclass(slots=True)
class LinkReport:
    """``broken`` and ``foreign`` hold (page, target)."""

    pages: int = 0
    links: int = 0
    broken: list[tuple[str, str]] = field(default_factory=list)
    foreign: list[tuple[str, str]] = field(default_factory=list)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors.update(given[name] for name in ("id", "name") if name in given)
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in LOADED and LOADED[tag] in given and given.get("rel") not in IDLE:
            self.loads.append(given[LOADED[tag]])


def check_links(site: Path) -> LinkReport:
    """Every page of ``site``: whether its links lead to a file and an anchor in it."""
    pages = {file.resolve(): _read(file) for file in sorted(site.rglob("*.html"))}
    report = LinkReport(pages=len(pages))
    for file, page in pages.items():
        name = file.relative_to(site.resolve()).as_posix()
        if name == "404.html":  # served for any address, so its links start at the root
            continue
        for target in (*page.links, *page.loads):
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                if target in page.loads and parts.scheme != "data":
                    report.foreign.append((name, target))
                continue
            report.links += 1
            if not _leads_somewhere(file, parts.path, unquote(parts.fragment), pages):
                report.broken.append((name, target))
    return report


def _read(file: Path) -> _Page:
    page = _Page()
    page.feed(file.read_text("utf-8"))
    return page


def _leads_somewhere(file: Path, path: str, anchor: str, pages: dict[Path, _Page]) -> bool:
    target = (file.parent / unquote(path)).resolve() if path else file
    if target.is_dir():
        target /= "index.html"
    if target not in pages:
        return target.is_file()
    return not anchor or anchor in pages[target].anchors
