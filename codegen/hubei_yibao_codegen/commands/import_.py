"""Import a published document: what differs from the spec, interface by interface.

Reads the interface listing (.txt, .xlsx, .docx, tables in .pdf), field tables and code tables.
Without --apply nothing is written. With it the spec files are edited in place, all or none;
comments and what was written by hand stay. Names of the document never overwrite a correction
that the spec explains with `printed`.

Exit code 0: everything was read; 1: something could not be read or is held back, see the report;
2: the file cannot be imported or the spec cannot be edited, nothing was written.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..importing.changes import Options
from ..importing.document import BadDocument
from ..importing.report import RENDERERS
from ..spec.load import load


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help=".txt, .xlsx, .docx or .pdf")
    parser.add_argument("--spec", type=Path, default=Path("spec"), metavar="DIR")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--apply", action="store_true", help="edit the spec files")
    mode.add_argument("--dry-run", action="store_true", help="only show (the default)")
    parser.add_argument("--document", metavar="TITLE", help="title, where the file's is no good")
    parser.add_argument("--edition", metavar="TEXT", help="edition, where the file names none")
    parser.add_argument(
        "--source",
        choices=("published", "national-baseline", "code-evidence"),
        default="published",
        help="what the document is: the province's own (default), a sister province's baseline, …",
    )
    parser.add_argument(
        "--prune", action="store_true", help="remove fields, nodes and codes the document lacks"
    )
    parser.add_argument(
        "--notes", action="store_true", help="take 说明 over as note where the spec has none"
    )
    parser.add_argument(
        "--same",
        action="append",
        default=[],
        metavar="NUMBER",
        help="take tables although the document names the interface otherwise",
    )
    parser.add_argument("--format", choices=RENDERERS, default="text")


def run(arguments: argparse.Namespace) -> int:
    from ..importing.apply import NotApplied, apply
    from ..importing.plan import SpecBroken, make_plan
    from ..importing.readers import read
    from ..importing.tables import interpret

    options = Options(arguments.source, arguments.prune, arguments.notes, frozenset(arguments.same))
    try:
        reading = interpret(read(arguments.file), arguments.document, arguments.edition)
        plan = make_plan(load(arguments.spec), reading, options)
        if arguments.apply:
            apply(plan.edits)
    except (BadDocument, SpecBroken, NotApplied) as refused:
        sys.stderr.write(f"{refused}\n")
        return 2
    sys.stdout.write(RENDERERS[arguments.format](plan, arguments.apply))
    return 1 if plan.doubtful else 0
