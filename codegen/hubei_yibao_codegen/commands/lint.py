"""Check the spec: every file, every rule, all findings (rules: docs/lint-rules.md).

Exit code 1 if there is an error, else 0.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..findings import LEVELS, RENDERERS, at_least, has_errors, summary
from ..lint import check
from ..lint.page import rules_page
from ..spec.load import load


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--spec", type=Path, default=Path("spec"), metavar="DIR", help="spec folder"
    )
    parser.add_argument(
        "--overlay", type=Path, metavar="DIR", help="differences of another province or city"
    )
    parser.add_argument("--format", choices=RENDERERS, default="text", help="how to print findings")
    parser.add_argument(
        "--level", choices=LEVELS, default="info", help="print findings from this level upwards"
    )
    parser.add_argument("--rules", action="store_true", help="print all rules and exit")


def run(arguments: argparse.Namespace) -> int:
    if arguments.rules:
        sys.stdout.write(rules_page())
        return 0
    findings = check(load(arguments.spec, overlay=arguments.overlay))
    shown = at_least(findings, arguments.level)
    sys.stdout.write(RENDERERS[arguments.format](shown))
    sys.stderr.write(f"{summary(findings)}\n")
    return 1 if has_errors(findings) else 0
