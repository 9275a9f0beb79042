"""A self-contained copy of client and runtime: relative imports, no dependency on this project.

The same command upgrades a copy: it keeps to the interfaces chosen before, refuses to overwrite
local changes, and prints what changed for callers between the two editions.

--only takes numbers and operation groups (2207,outpatient). What the runtime needs beside them
(sign-in, reversal, looking up unknown outcomes, file transfer) comes along and is named.

--check compares a copy with its manifest and with what would be made now: MODIFIED, MISSING,
EXTRA, OUTDATED; exit code 1 if there is any.

Exit code 2: nothing was written.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..diffing.changelog import changelog
from ..findings import to_text
from ..pipeline import SpecRejected, accepted
from ..vendoring import Refused, Upgrade, check, vendor
from ..vendoring.choice import UnknownChoice
from ..vendoring.copy import counted
from ..vendoring.imports import CannotVendor
from ..vendoring.manifest import BadManifest


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dest", type=Path, metavar="DEST", help="folder of the copy, a package")
    parser.add_argument("--spec", type=Path, default=Path("spec"), metavar="DIR")
    parser.add_argument(
        "--overlay", type=Path, metavar="DIR", help="differences of another province or city"
    )
    parser.add_argument("--only", metavar="2207,outpatient", help="numbers and groups; 'all'")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--force", action="store_true", help="overwrite local changes")


def run(arguments: argparse.Namespace) -> int:
    try:
        spec = accepted(arguments.spec, overlay=arguments.overlay).spec
        if arguments.check:
            found = check(arguments.dest, spec)
            sys.stdout.writelines(f"{line}\n" for line in found)
            sys.stdout.write(
                f"{len(found)} differences\n" if found else "as it was made, up to date\n"
            )
            return 1 if found else 0
        done = vendor(arguments.dest, spec, _only(arguments.only), arguments.force)
    except SpecRejected as rejected:
        sys.stderr.write(f"{to_text(rejected.findings)}{rejected}; nothing was written\n")
        return 2
    except (Refused, BadManifest, UnknownChoice, CannotVendor) as refused:
        sys.stderr.write(f"{refused}\n")
        return 2
    sys.stdout.write(_report(arguments.dest, done))
    return 0


def _only(text: str | None) -> list[str] | None:
    if text is None:
        return None
    return [] if text == "all" else [word for word in text.replace(",", " ").split() if word]


def _report(dest: Path, done: Upgrade) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in counted(done.made.files).items())
    lines = [f"{dest}: {len(done.made.interfaces)} interfaces, {kinds} files"]
    lines += [f"  {number} came along: {why}" for number, why in done.made.added.items()]
    if done.before is not None:
        lines.append(f"{len(done.written)} files written, {len(done.removed)} removed")
        title = f"{done.before.edition} → {done.made.edition}"
        lines += ["", changelog(done.changes, title).rstrip()]
    lines += ["", f"needs: {', '.join(f'{n} {v}' for n, v in done.made.requires.items())}"]
    return "\n".join(lines) + "\n"
