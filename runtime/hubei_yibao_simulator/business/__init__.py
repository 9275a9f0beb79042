"""The platform's rules, one module a family; importing this registers all of them."""

from __future__ import annotations

from . import (
    dictionary,
    directories,
    files,
    filings,
    inpatient,
    mapping,
    outpatient,
    persons,
    pharmacy,
    queries,
    reconciliation,
    reversal,
    selfpay,
    session,
    uploads,
)
from .core import HANDLERS, Call, File, Refusal

__all__ = [
    "HANDLERS",
    "Call",
    "File",
    "Refusal",
    "dictionary",
    "directories",
    "files",
    "filings",
    "inpatient",
    "mapping",
    "outpatient",
    "persons",
    "pharmacy",
    "queries",
    "reconciliation",
    "reversal",
    "selfpay",
    "session",
    "uploads",
]
