"""Generate the package from the spec.

Only what changed is made again. With --check nothing is written: files that differ from what
the spec yields are listed as CHANGED, MISSING or EXTRA with a diff, and the exit code is 1.
Exit code 2 if the spec has errors.
"""

from __future__ import annotations

import argparse
import gc
import sys
from pathlib import Path

from ..findings import to_text
from ..pipeline import SpecRejected, compare, generate
from ..store import NotOurs


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--spec", type=Path, default=Path("spec"), metavar="DIR")
    parser.add_argument(
        "--overlay", type=Path, metavar="DIR", help="differences of another province or city"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("generated/hubei_yibao"), metavar="DIR", help="package"
    )
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path(".cache/codegen"),
        metavar="DIR",
        help="kept between runs",
    )
    parser.add_argument("--no-cache", action="store_true", help="make everything anew")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")


def run(arguments: argparse.Namespace) -> int:
    gc.disable()  # a short-lived process: looking for cycles costs a tenth of its time
    try:
        if arguments.check:
            return _check(arguments.spec, arguments.out, arguments.overlay)
        cache = None if arguments.no_cache else arguments.cache
        report = generate(arguments.spec, arguments.out, cache, arguments.overlay)
    except SpecRejected as rejected:
        sys.stderr.write(f"{to_text(rejected.findings)}{rejected}; nothing was generated\n")
        return 2
    except NotOurs as refused:
        sys.stderr.write(f"{refused}\n")
        return 2
    sys.stdout.write(
        f"{report.files} files, {len(report.written)} written, {len(report.removed)} removed\n"
    )
    return 0


def _check(spec: Path, out: Path, overlay: Path | None) -> int:
    differences = compare(spec, out, overlay)
    sys.stdout.writelines(difference.diff for difference in differences)
    sys.stdout.writelines(f"{difference}\n" for difference in differences)
    if differences:
        sys.stdout.write(f"{len(differences)} files differ from the spec: run make generate\n")
    return 1 if differences else 0
