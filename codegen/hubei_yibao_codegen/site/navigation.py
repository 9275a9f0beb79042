"""The site's menu, laid over the hand-written settings of ``docs/site/zensical.toml``."""

from __future__ import annotations

import json
from collections.abc import Collection
from itertools import groupby
from typing import Any

from ..emit.escape import comment
from ..ir.model import Package

#: Hand-written pages in the order of the menu; other guides follow by name.
GUIDES = (
    "guides/first-call",
    "guides/configuration",
    "guides/hubei",
    "guides/profiles",
    "guides/outcomes",
    "guides/flows",
    "guides/files",
    "guides/callbacks",
    "guides/jobs",
    "guides/simulator",
    "guides/command-line",
    "guides/vendoring",
    "guides/maintaining",
    "guides/security",
)
LISTS = ("category", "institution", "open", "effect", "callback", "unspecified")


def configuration(base: str, package: Package, pages: Collection[str]) -> str:
    """The settings with the menu; ``base`` is TOML whose first table is ``[project]``."""
    head, table, rest = base.partition("[project]\n")
    return f"{head}{table}nav = {_toml(navigation(package, pages))}\n{rest}"


def navigation(package: Package, pages: Collection[str]) -> list[Any]:
    """Only pages that exist; titles come from the pages themselves."""
    guides: list[Any] = [page for name in GUIDES if (page := f"{name}.md") in pages]
    english = sorted(page for page in pages if page.startswith("guides/") and ".en." in page)
    guides += sorted(p for p in pages if p.startswith("guides/") and p not in (*guides, *english))
    guides += [{"English": english}] if english else []
    decisions = sorted(page for page in pages if page.startswith("decisions/"))
    fields = sorted(page for page in pages if page.startswith("fields/"))
    parts: dict[str, list[Any]] = {
        "首页": ["index.md"],
        "指南": guides,
        "接口": ["interfaces.md", *(f"lists/{name}.md" for name in LISTS), *_categories(package)],
        "代码表": ["dictionaries.md"],
        "字段": ["fields.md", *fields],
        "变更": ["changes.md"],
        "维护": [
            "envelope.md",
            *(page for page in ("architecture.md", "lint-rules.md") if page in pages),
            *decisions,
        ],
    }
    return [
        {title: found[0] if len(found) == 1 else found} for title, found in parts.items() if found
    ]


def _categories(package: Package) -> list[Any]:
    """Numbered categories first, the others in the order of the listing."""
    order = list(dict.fromkeys(each.category[0] for each in package.interfaces))
    order.sort(key=lambda name: name if name[:1].isdecimal() else "~")
    by_category = sorted(package.interfaces, key=lambda each: order.index(each.category[0]))
    return [
        {category: [f"interfaces/{each.number}.md" for each in members]}
        for category, members in groupby(by_category, key=lambda each: each.category[0])
    ]


def _toml(value: Any) -> str:
    """An inline TOML value; strings as JSON writes them, which TOML reads alike."""
    if isinstance(value, dict):
        members = ", ".join(f"{_toml(key)} = {_toml(item)}" for key, item in value.items())
        return f"{{{members}}}"
    if isinstance(value, list):
        return f"[{', '.join(_toml(item) for item in value)}]"
    return json.dumps(comment(value), ensure_ascii=False)
