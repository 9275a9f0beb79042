"""What the commands that edit spec files share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from ..importing.apply import NotApplied, apply
from ..importing.plan import Edit, SpecBroken
from ..importing.refactor import Refused
from ..importing.yaml_edit import CannotEdit
from ..spec.load import Loaded, load


def carry_out(spec: Path, planned: Callable[[Loaded], list[Edit]]) -> int:
    """Write the planned edits and print the files; 2 with the reason if it cannot be done."""
    try:
        edits = planned(load(spec))
        apply(edits)
    except (Refused, CannotEdit, SpecBroken, NotApplied) as refused:
        sys.stderr.write(f"{refused}\n")
        return 2
    for edit in edits:
        moved = f" → {edit.target}" if edit.target != edit.path else ""
        sys.stdout.write(f"{edit.path}{moved}\n")
    if not edits:
        sys.stdout.write("nothing to change\n")
    return 0
