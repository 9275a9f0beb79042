"""Build the documentation site: pages from the spec, guides from docs/, into a folder.

The folder can be opened from disk; nothing in it is fetched from elsewhere. Exit code 2 if the
spec has errors, 1 if the site has broken links or refers to other hosts.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from ..findings import to_text
from ..pipeline import SpecRejected
from ..site.build import BuildFailed, build_site


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--spec", type=Path, default=Path("spec"), metavar="DIR")
    parser.add_argument(
        "--docs", type=Path, default=Path("docs"), metavar="DIR", help="guides, site settings"
    )
    parser.add_argument("--out", type=Path, default=Path("site"), metavar="DIR")
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path(".cache/docs"),
        metavar="DIR",
        help="kept between runs: fetched scripts, page sources",
    )


def run(arguments: argparse.Namespace) -> int:
    started = time.monotonic()
    try:
        report = build_site(arguments.spec, arguments.docs, arguments.out, arguments.cache)
    except SpecRejected as rejected:
        sys.stderr.write(f"{to_text(rejected.findings)}{rejected}; no site was built\n")
        return 2
    except BuildFailed as failed:
        sys.stderr.write(f"{failed}\n")
        return 1
    seconds = time.monotonic() - started
    sys.stdout.write(
        f"{report.pages} pages, {report.links} internal links checked, {seconds:.1f} s: "
        f"open {arguments.out / 'index.html'}\n"
    )
    return 0
