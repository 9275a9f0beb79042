"""Building: hostile text stays text, faults stop the build, only our own folder is replaced."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from generator_support import FAKE, codegen
from hubei_yibao_codegen.ir.build import build
from hubei_yibao_codegen.ir.model import Package
from hubei_yibao_codegen.pipeline import accepted
from hubei_yibao_codegen.site.assets import AssetError, place_assets
from hubei_yibao_codegen.site.build import BuildFailed, build_package
from hubei_yibao_codegen.site.links import check_links
from site_support import DOCS, ROOT

pytestmark = pytest.mark.xdist_group("site")

HOSTILE = [
    "</td></tr></table><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "a | b", "`x`",
    "[x](javascript:alert(1))", "![x](http://x.invalid/x.png)", "<http://x.invalid>", "{{ 7*7 }}",
    "{% raw %}", "{# x #}", "# h", "```", "~~~", "\n\n```\n<b>x</b>", "<!-- x", "-->", "&lt;b&gt;",
    "{ data-search-exclude .x #y onclick=alert(1) }", "*b* _i_", "- x", "1. x", "> x", "    x",
    "---", "===", "\"", "'", "\\", "]]>", "\u202ex", "\x00\x7f\x1b", "\U0001f600", "=== \"tab\"",
    "!!! note", "--8<-- \"README.md\"", "$x$", "[^1]", "[TOC]", "<svg/onload=alert(1)>", "x" * 300,
]  # fmt: skip
FREE = {
    "label", "note", "name", "description", "correction", "source", "document", "title",
    "deprecated_reason", "amendments", "rules", "category", "edition",
}  # fmt: skip
GUIDES = ("first-call", "flows", "outcomes", "configuration")


def rewritten(value: Any, text: Callable[[], str], key: str = "") -> Any:
    """The IR with every free text replaced; names on the wire and codes stay."""
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value,
            **{f.name: rewritten(getattr(value, f.name), text, f.name) for f in fields(value)},
        )
    if isinstance(value, tuple):
        return tuple(rewritten(each, text, key) for each in value)
    return text() if isinstance(value, str) and value and key in FREE else value


@pytest.fixture(scope="module")
def fake() -> Package:
    return build(accepted(FAKE).spec)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """Settings of the site without this repository's guides, whose links are to its interfaces."""
    shutil.copytree(DOCS / "site", tmp_path / "docs" / "site")
    guides = tmp_path / "docs" / "guides"
    guides.mkdir()
    for name in GUIDES:
        (guides / f"{name}.md").write_text(f"# {name}\n", "utf-8")
    return tmp_path / "docs"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    kept = ROOT / ".cache" / "docs" / "npm"
    if kept.is_dir():
        shutil.copytree(kept, tmp_path / "cache" / "npm")
    return tmp_path / "cache"


class Shape(HTMLParser):
    """Tags of an article and the attributes that can do harm; code is coloured by its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.within = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.within += tag == "article"
        if self.within and tag not in ("span", "code"):
            own = [f"{name}={value}" for name, value in attrs if name.startswith(("on", "src"))]
            self.tags[" ".join([tag, *own])] += 1

    def handle_endtag(self, tag: str) -> None:
        self.within -= tag == "article"


def shapes(site: Path) -> dict[str, Counter[str]]:
    found = {}
    for folder in ("interfaces", "dictionaries", "fields", "lists"):
        for file in (site / folder).glob("*.html"):
            shape = Shape()
            shape.feed(file.read_text("utf-8"))
            found[f"{folder}/{file.name}"] = shape.tags
    return found


def test_hostile_text_changes_no_page(
    fake: Package, docs: Path, cache: Path, tmp_path: Path
) -> None:
    supply = itertools.cycle(HOSTILE)
    harmless = rewritten(fake, lambda: "普通")
    hostile = rewritten(fake, lambda: next(supply))
    one_list = {each.number: each.category for each in harmless.interfaces}
    interfaces = tuple(replace(i, category=one_list[i.number]) for i in hostile.interfaces)
    build_package(harmless, docs, tmp_path / "harmless", cache)
    build_package(replace(hostile, interfaces=interfaces), docs, tmp_path / "hostile", cache)
    expected, found = shapes(tmp_path / "harmless"), shapes(tmp_path / "hostile")
    assert found.keys() == expected.keys()
    assert len(found) > 10
    for name, tags in expected.items():
        if name.startswith("fields/"):  # fields of another label stand in a row of their own
            assert found[name].keys() == tags.keys(), name
        else:
            assert found[name] == tags, name


def test_a_hostile_category_makes_a_menu(
    fake: Package, docs: Path, cache: Path, tmp_path: Path
) -> None:
    odd = ('"]\nnav = ["', "\x7f\U0001f600'''")
    interfaces = tuple(replace(each, category=odd) for each in fake.interfaces)
    report = build_package(replace(fake, interfaces=interfaces), docs, tmp_path / "site", cache)
    assert report.pages > len(interfaces)


def test_a_broken_link_stops_the_build_and_leaves_the_old_site(
    fake: Package, docs: Path, cache: Path, tmp_path: Path
) -> None:
    build_package(fake, docs, tmp_path / "site", cache)
    before = (tmp_path / "site" / "index.html").read_bytes()
    (docs / "guides" / "flows.md").write_text("# x\n\n[y](nowhere.md)\n", "utf-8")
    with pytest.raises(BuildFailed, match=r"guides/flows\.html: broken link nowhere"):
        build_package(fake, docs, tmp_path / "site", cache)
    assert (tmp_path / "site" / "index.html").read_bytes() == before


def test_another_host_stops_the_build(
    fake: Package, docs: Path, cache: Path, tmp_path: Path
) -> None:
    picture = '# x\n\n<img src="https://x.invalid/a.png">\n'
    (docs / "guides" / "flows.md").write_text(picture, "utf-8")
    with pytest.raises(BuildFailed, match=r"loads https://x\.invalid/a\.png from another host"):
        build_package(fake, docs, tmp_path / "site", cache)
    assert not (tmp_path / "site").exists()


def test_a_folder_that_is_no_site_is_not_replaced(
    fake: Package, docs: Path, cache: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "site" / "thesis.txt"
    kept.parent.mkdir()
    kept.write_text("years of work", "utf-8")
    with pytest.raises(BuildFailed, match="no site of ours"):
        build_package(fake, docs, tmp_path / "site", cache)
    assert kept.read_text("utf-8") == "years of work"


def test_change_logs_are_shown(fake: Package, docs: Path, cache: Path, tmp_path: Path) -> None:
    (docs / "changes").mkdir()
    (docs / "changes" / "1.0.md").write_text("## 1.0\n\n- 2207：新增字段\n", "utf-8")
    build_package(fake, docs, tmp_path / "site", cache)
    assert "2207：新增字段" in (tmp_path / "site" / "changes.html").read_text("utf-8")


def test_missing_anchors_and_files_are_broken_links(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<h1 id="x">a</h1><a href="#x">1</a><a href="#y">2</a><a href="b.html#z">3</a>'
        '<a href="c.html">4</a><a href="https://x.invalid">5</a><script src="//x.invalid/s.js">'
        "</script>",
        "utf-8",
    )
    (tmp_path / "b.html").write_text('<p id="z">b</p>', "utf-8")
    report = check_links(tmp_path)
    assert report.broken == [("a.html", "#y"), ("a.html", "c.html")]
    assert report.foreign == [("a.html", "//x.invalid/s.js")]


@pytest.fixture
def wanted(tmp_path: Path) -> Path:
    text = (
        '[[package]]\nname = "small"\nversion = "1.0.0"\nintegrity = "sha512-AAAA"\n'
        'files = {"package/a.js" = "small/a.js"}\n'
    )
    (tmp_path / "packages.toml").write_text(text, "utf-8")
    with tarfile.open(tmp_path / "small-1.0.0.tgz", "w:gz") as archive:
        source = tmp_path / "a.js"
        source.write_text("0", "utf-8")
        archive.add(source, "package/a.js")
    return tmp_path / "packages.toml"


def test_a_script_that_is_not_the_pinned_one_is_not_used(
    wanted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_offline", "true")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "empty"))
    with pytest.raises(AssetError, match=r"npm cannot fetch small@1\.0\.0"):
        place_assets(wanted, tmp_path / "out", tmp_path)
    assert not (tmp_path / "out").exists()


def test_the_command_says_what_it_made(tmp_path: Path) -> None:
    run = codegen("docs", "--spec", "nowhere", "--out", str(tmp_path / "site"))
    assert run.returncode == 2
    assert "no site was built" in run.stderr
    helped = subprocess.run(
        [sys.executable, "-m", "hubei_yibao_codegen.cli", "docs", "--help"],
        capture_output=True, text=True, check=True, cwd=ROOT / "codegen",
    )  # fmt: skip
    assert "--out" in helped.stdout
