"""Mark an interface as replaced by another one.

Calls still go through; the generated client and its documentation name the replacement. Exit
code 2 if one of the numbers is unknown.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("number", metavar="NUMBER")
    parser.add_argument("replaced_by", metavar="REPLACED_BY")
    parser.add_argument("--reason", metavar="TEXT")
    parser.add_argument("--spec", type=Path, default=Path("spec"), metavar="DIR")


def run(arguments: argparse.Namespace) -> int:
    from ..importing.refactor import deprecate
    from ._edit import carry_out

    return carry_out(
        arguments.spec,
        lambda loaded: deprecate(loaded, arguments.number, arguments.replaced_by, arguments.reason),
    )
