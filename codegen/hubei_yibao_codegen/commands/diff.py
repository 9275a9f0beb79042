"""What changed between two editions of the spec, whom it breaks, and what a hospital is told.

OLD and NEW are folders (a spec, or a copy made by `vendor`), commits, branches, tags or released
versions (1.2.3: the tag v1.2.3). Commits are read without being checked out.

With --affects, the Python files and folders named are searched for uses of what breaks.

Exit code: 0 nothing changed, 10 only texts, 20 compatible changes, 30 breaking changes;
2 if an edition cannot be read. With --fail-on LEVEL: 1 if there is a change of that level or a
graver one, else 0.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..diffing.affects import Unread, Use, affected, program_files
from ..diffing.change import LEVELS, Level, gravest
from ..diffing.compare import compare
from ..diffing.edition import NotAnEdition, edition
from ..diffing.report import RENDERERS, Report
from ..version import VERSION

EXIT: dict[Level | None, int] = {None: 0, "editorial": 10, "compatible": 20, "breaking": 30}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old", metavar="OLD")
    parser.add_argument("new", metavar="NEW", nargs="?", default="spec", help="default: spec")
    parser.add_argument(
        "--spec", type=Path, default=Path("spec"), metavar="DIR", help="spec in the repository"
    )
    parser.add_argument("--format", choices=RENDERERS, default="text")
    parser.add_argument(
        "--affects", type=Path, nargs="+", metavar="FILE", help="Python files or folders"
    )
    parser.add_argument("--fail-on", choices=LEVELS, metavar="LEVEL", help="|".join(LEVELS))
    parser.add_argument(
        "--version", metavar="X.Y.Z", help="version of OLD; of a tag, or the current one, if absent"
    )


def run(arguments: argparse.Namespace) -> int:
    repository = Path.cwd()
    try:
        with (
            edition(arguments.old, arguments.spec, repository) as old,
            edition(arguments.new, arguments.spec, repository) as new,
        ):
            changes = compare(old.spec, new.spec)
            uses: list[Use] = []
            unread: list[Unread] = []
            files: list[Path] | None = None
            if arguments.affects:
                files = program_files(arguments.affects)
                uses, unread = affected(files, changes, old.spec)
            version = arguments.version or old.version or VERSION
            searched = None if files is None else len(files) - len(unread)
            report = Report(old, new, changes, version, uses, unread, searched)
            sys.stdout.write(RENDERERS[arguments.format](report))
    except (NotAnEdition, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return exit_code(gravest(changes), arguments.fail_on)


def exit_code(found: Level | None, fail_on: Level | None) -> int:
    """Of a comparison whose gravest change is ``found``."""
    if fail_on is None:
        return EXIT[found]
    return int(found is not None and LEVELS.index(found) <= LEVELS.index(fail_on))
