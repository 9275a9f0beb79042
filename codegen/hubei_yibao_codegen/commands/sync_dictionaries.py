"""Code tables as the platform answers them → spec/dictionaries, as edits to review.

sync-dictionaries reply.json           from kept answers: one, a list, or a log with many
sync-dictionaries --ask med_type …     asks the platform (settings from YIBAO_*, see `hubei-yibao`)

Without --apply nothing is written; --format diff shows the edits as a unified diff. New codes and
labels carry the interface and the day as provenance. Codes the platform calls invalid stay, and are
told, unless --prune takes them out; codes it does not name always stay.

Exit code 0: nothing held back; 1: a table is held back, see the report; 2: nothing could be read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from ..dictionary_sync import RENDERERS, NoInterface, plan, role_interface, rows_in
from ..findings import has_errors, to_text
from ..importing.apply import NotApplied, apply
from ..spec.load import load


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="answers as JSON")
    parser.add_argument("--ask", nargs="+", default=[], metavar="TYPE", help="ask the platform")
    parser.add_argument("--spec", type=Path, default=Path("spec"), metavar="DIR")
    parser.add_argument(
        "--date",
        type=date.fromisoformat,
        default=date.today(),
        metavar="YYYY-MM-DD",
        help="day of the answers, today if absent",
    )
    parser.add_argument("--apply", action="store_true", help="edit the spec files")
    parser.add_argument("--prune", action="store_true", help="take out what is called invalid")
    parser.add_argument("--format", choices=RENDERERS, default="text")


def run(arguments: argparse.Namespace) -> int:
    loaded = load(arguments.spec)
    if has_errors(loaded.findings):
        sys.stderr.write(to_text(loaded.findings))
        return 2
    try:
        interface = role_interface(loaded)
        values = [*_kept(arguments.files), *_asked(arguments.ask, arguments.date)]
        rows = list(rows_in(interface, values))
        if not rows:
            sys.stderr.write("no codes found: give answers of the interface, or --ask TYPE\n")
            return 2
        done = plan(loaded, rows, arguments.date, arguments.prune)
        if arguments.apply:
            apply(done.edits)
    except (NoInterface, NotApplied, OSError) as refused:
        sys.stderr.write(f"{refused}\n")
        return 2
    except AskFailed as failed:
        sys.stderr.write(f"{failed}\n")
        return 2
    sys.stdout.write(RENDERERS[arguments.format](done, arguments.apply))
    return 1 if any(table.held for table in done.tables) else 0


class AskFailed(Exception):
    """The platform could not be asked; the message is the client's."""


def _kept(files: Iterable[Path]) -> Iterator[Any]:
    from ..messages.reading import json_values

    for file in files:
        yield from (value for _, value in json_values(file))


def _asked(types: Iterable[str], day: date) -> Iterator[Any]:
    """The platform's valid and invalid codes of each type, through the client as installed."""
    wanted = list(types)
    if not wanted:
        return
    from hubei_yibao import INTERFACES, Client, Settings, YibaoError
    from hubei_yibao_runtime.roles import by_role, filled

    from ..dictionary_sync import ROLE

    try:
        interface = by_role(INTERFACES, ROLE)
        with Client(Settings.from_env()) as client:
            known: dict[str, Any] = {"date": day, "admdvs": client.settings.mdtrtarea_admvs}
            for name in wanted:
                for valid in ("1", "0"):
                    body = filled(interface, {**known, "type": name, "valiFlag": valid})
                    yield client.call(interface.number, body).raw
    except YibaoError as error:
        raise AskFailed(str(error)) from None
