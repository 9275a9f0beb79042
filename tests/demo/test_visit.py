"""``make demo`` as a user runs it, and that it would notice books that differ."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest
from hubei_yibao_simulator import examples

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "demo" / "visit.py"
NUMBERS = (
    "1101", "2201", "2203", "2204", "2205", "2206", "2207", "2208", "2301", "2303", "2304", "2401",
    "2402", "2601", "3201", "3202", "9101", "9102",
)  # fmt: skip


def test_the_demo_ends_with_equal_books() -> None:
    paths = os.pathsep.join(str(ROOT / part) for part in ("generated", "runtime"))
    done = subprocess.run(
        [sys.executable, str(SCRIPT)], env={**os.environ, "PYTHONPATH": paths},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "双方账目一致。" in done.stdout
    assert done.stderr == ""
    for number in NUMBERS:
        assert f"  {number}  " in done.stdout


@pytest.fixture
def visit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("demo_visit", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("change", ["amount", "row missing"])
def test_books_that_differ_are_noticed(visit: ModuleType, change: str) -> None:
    with visit.running() as hospital:
        hospital.outpatient_with_refund(examples.people()[0])
        assert hospital.agree()
        rows = hospital.books.rows[("310", "11")]
        if change == "amount":
            rows[0]["fund_pay_sumamt"] += Decimal("0.01")
        else:
            del rows[0]
        assert not hospital.agree()
