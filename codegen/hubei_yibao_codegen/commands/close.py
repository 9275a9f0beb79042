"""Mark interfaces as not open (or, with --reopen, as open), as the listing's last column says.

All files are written or none. Exit code 2 if a number is unknown.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("numbers", nargs="+", metavar="NUMBER")
    parser.add_argument("--reopen", action="store_true", help="mark them as open instead")
    parser.add_argument("--spec", type=Path, default=Path("spec"), metavar="DIR")


def run(arguments: argparse.Namespace) -> int:
    from ..importing.refactor import set_open
    from ._edit import carry_out

    numbers = dict.fromkeys(arguments.numbers)
    return carry_out(
        arguments.spec,
        lambda loaded: [
            edit for number in numbers for edit in set_open(loaded, number, arguments.reopen)
        ],
    )
