"""Lint and regenerate whenever a spec file is saved, until interrupted.

Errors are printed and nothing is generated until they are mended; the watch goes on.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..findings import summary, to_text
from ..store import NotOurs
from ..watching import Job, Turn, turns


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--spec", type=Path, default=Path("spec"), metavar="DIR")
    parser.add_argument("--overlay", type=Path, metavar="DIR", help="differences laid over it")
    parser.add_argument(
        "--out", type=Path, default=Path("generated/hubei_yibao"), metavar="DIR", help="package"
    )
    parser.add_argument("--cache", type=Path, default=Path(".cache/codegen"), metavar="DIR")


def run(arguments: argparse.Namespace) -> int:
    job = Job(arguments.spec, arguments.out, arguments.cache, arguments.overlay)
    missing = [folder for folder in job.folders if not folder.is_dir()]
    if missing:
        sys.stderr.write(f"{missing[0]}: no such folder\n")
        return 2
    try:
        for each in turns(job):
            sys.stdout.write(told(each))
            sys.stdout.flush()
    except NotOurs as refused:
        sys.stderr.write(f"{refused}\n")
        return 2
    except KeyboardInterrupt:
        pass
    return 0


def told(turn: Turn) -> str:
    """Findings, then a line with what was done and how long it took."""
    names = ", ".join(Path(path).name for path in turn.changed[:5]) or "start"
    if turn.report is not None:
        done = f"{len(turn.report.written)} written, {len(turn.report.removed)} removed"
    else:
        done = turn.trouble or "nothing generated"
    counts = summary(turn.findings)
    return f"{to_text(turn.findings)}{names}: {counts}; {done}; {turn.seconds * 1000:.0f} ms\n"
