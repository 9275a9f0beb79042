"""Comparing the institution's settlements with the platform's, and what to do about differences."""

from __future__ import annotations

from .compare import Comparison, Difference, Group, Reconciliation, reconcile
from .ledger import Entry, from_csv, from_journal, from_sql
from .proposals import carry_out
from .report import as_csv, as_html

__all__ = [
    "Comparison", "Difference", "Entry", "Group", "Reconciliation", "as_csv", "as_html",
    "carry_out", "from_csv", "from_journal", "from_sql", "reconcile",
]  # fmt: skip
