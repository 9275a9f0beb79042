"""The demo runs client → bridge → component → simulator, with a component that hangs and crashes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bridge.service import environment

DEMO = Path(__file__).parents[2] / "demo" / "bridge_visit.py"


def test_the_demo_settles_finds_what_was_lost_and_ends_with_equal_books() -> None:
    result = subprocess.run(
        [sys.executable, DEMO], capture_output=True, text=True, env=environment(), timeout=120
    )
    assert result.returncode == 0, result.stdout + result.stderr
    for said in ("HTTP 504：结果未知", "HTTP 502：结果未知", "未发送：", "双方账目一致。"):
        assert said in result.stdout
    assert result.stdout.count("查明：done") == 2
    assert result.stdout.count("核实：undone") == 2
