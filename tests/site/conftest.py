"""The site, built once for all tests, and a Chromium to look at it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hubei_yibao_codegen.site.build import build_site
from playwright.sync_api import Browser, sync_playwright
from site_support import DOCS, ROOT

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of this repository; scripts from npm are kept in the repository's cache."""
    work = tmp_path_factory.mktemp("site")
    kept = ROOT / ".cache" / "docs" / "npm"
    if kept.is_dir():
        shutil.copytree(kept, work / "cache" / "npm")
    build_site(ROOT / "spec", DOCS, work / "site", work / "cache")
    return work / "site"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is missing: the site cannot be looked at")
        pytest.skip("Chromium is not installed here")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()
