"""Real messages against the field tables: what does the platform do that the spec does not say?

check-message 2207 reply.json          one message; the number where it does not say it
check-message platform.log             a log with many: requests and answers are found in it

Told are, summed up over all messages: fields and nodes the spec does not know, required ones that
are missing or empty, values of another type, too long or too precise, lists instead of single
rows, and codes that are in no table. Values are never shown, only what they look like; codes are,
where the field is bound to a code table and not sensitive.

--suggest prints proposed edits as an overlay (spec files with only the differences), --suggest DIR
writes it there, ready for `lint --overlay DIR`.

Exit code 1 if anything does not fit the spec, 2 if a file cannot be read or holds no message.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..findings import has_errors, to_text
from ..messages import Reading, observe, read_messages
from ..messages.reading import SIDES, is_number
from ..messages.report import RENDERERS
from ..messages.suggest import suggest, write
from ..spec.load import load


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="+", metavar="[NUMBER] FILE", help="number, then files")
    parser.add_argument("--spec", type=Path, default=Path("spec"), metavar="DIR")
    parser.add_argument("--overlay", type=Path, metavar="DIR", help="differences laid over it")
    parser.add_argument("--side", choices=SIDES, help="look only at requests or responses")
    parser.add_argument("--format", choices=RENDERERS, default="text")
    parser.add_argument(
        "--suggest", nargs="?", const="-", metavar="DIR", help="propose edits as an overlay"
    )


def run(arguments: argparse.Namespace) -> int:
    words = list(arguments.words)
    number = words.pop(0) if len(words) > 1 and is_number(words[0]) else None
    side = SIDES[arguments.side] if arguments.side else None
    loaded = load(arguments.spec, overlay=arguments.overlay)
    if has_errors(loaded.findings):
        sys.stderr.write(to_text(loaded.findings))
        return 2
    readings: list[Reading] = []
    for word in words:
        try:
            readings.append(read_messages(Path(word), number, side))
        except OSError as error:
            sys.stderr.write(f"{word}: {error.strerror}\n")
            return 2
    observed = observe(
        loaded.spec, ((reading.file, each) for reading in readings for each in reading.messages)
    )
    if not any(reading.messages for reading in readings):
        hint = "" if number and side else "; give NUMBER and --side for a body without envelope"
        sys.stderr.write(f"no messages found{hint}\n")
        return 2
    files = suggest(loaded.spec, observed) if arguments.suggest else {}
    if arguments.suggest == "-":
        sys.stdout.write("---\n".join(f"# {path}\n{text}" for path, text in files.items()))
    else:
        sys.stdout.write(RENDERERS[arguments.format](loaded.spec, observed, readings))
    if files and arguments.suggest != "-":
        write(Path(arguments.suggest), files)
        sys.stderr.write(f"{len(files)} files written to {arguments.suggest}\n")
    return 1 if observed.odd or observed.foreign or observed.unnumbered else 0
