"""Rename an interface number, a dictionary key or a field, and everything that refers to it.

  rename 2203A 2203B                        the file, `cancels` and `replaced_by` elsewhere
  rename med_type medical_type              the file and every field bound to the table
  rename 2207.input.data.old_name new_name  one field; --alias keeps the old name readable

All files are written or none. Exit code 2 if the change is refused.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old", metavar="OLD")
    parser.add_argument("new", metavar="NEW")
    parser.add_argument("--alias", action="store_true", help="keep a field's old name as alias")
    parser.add_argument("--spec", type=Path, default=Path("spec"), metavar="DIR")


def run(arguments: argparse.Namespace) -> int:
    from ..importing.refactor import rename
    from ._edit import carry_out

    return carry_out(
        arguments.spec,
        lambda loaded: rename(loaded, arguments.old, arguments.new, arguments.alias),
    )
