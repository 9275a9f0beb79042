"""Every command of the guide, in its order, against a simulator."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from cli.program import PROGRAM

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "command-line.md"
BLOCKS = re.findall(r"^```sh\n(.*?)^```", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.splitlines()]


def test_every_command_of_the_guide_works(hospital: dict[str, str], tmp_path: Path) -> None:
    assert len(COMMANDS) > 10
    path = os.pathsep.join((str(Path(PROGRAM).parent), hospital["PATH"]))
    for command in COMMANDS:
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command], cwd=tmp_path, env=hospital | {"PATH": path},
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, (command, done.stderr)
        if not any(word in command for word in (">", "check", "journal")):
            assert done.stdout, command


@pytest.mark.parametrize(
    "name",
    ["list", "show", "field", "dict", "sample", "check", "call", "journal", "doctor", "simulate"],
)
def test_the_guide_names_every_subcommand(name: str) -> None:
    assert re.search(rf"^\| `{name}\b", GUIDE.read_text("utf-8"), re.MULTILINE)
