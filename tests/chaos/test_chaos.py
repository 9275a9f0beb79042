"""A small chaos run on both databases, and proof that the comparison would notice."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hubei_yibao_runtime.journal import open_journal
from journal_support import outgoing, server, url

__all__ = ["server", "url"]


def _load() -> ModuleType:
    """The driver is a script beside this file, not a module on the path."""
    spec = importlib.util.spec_from_file_location("chaos_run", Path(__file__).with_name("run.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


chaos = _load()


def test_nothing_is_sent_twice_missing_or_unlisted(url: str, tmp_path: Path) -> None:
    outcome = chaos.run(400, 4, 20_261, tmp_path, url)
    assert outcome.clean, outcome
    figures = outcome.figures
    faults = sum(figures["faults"].values())
    assert faults > 20
    assert figures["clients killed"] > 0
    assert figures["listed as unknown"] >= faults
    assert figures["closed ok"] + figures["listed as unknown"] == figures["journal records"]
    assert figures["resolved as carried out"] == figures["of these carried out"]


@pytest.mark.parametrize(
    ("seen", "keys", "settled", "wrong"),
    [
        ({"ok": 1, "lost": 1}, {"B-1": 1}, ["ok"], "none"),
        ({"ok": 1, "lost": 1}, {"B-1": 2}, ["ok"], "sent_twice"),
        ({"ok": 1, "lost": 2}, {"B-1": 1}, ["ok"], "sent_twice"),
        ({"ok": 1, "other": 1}, {"B-1": 1}, ["ok"], "missing"),
        ({"ok": 1, "refused": 1}, {"B-1": 1}, ["ok"], "unlisted"),
        ({"ok": 1, "unsent": 1}, {"B-1": 1}, ["ok"], "contradicted"),
        ({"ok": 1}, {"B-1": 1}, [], "contradicted"),
    ],
)
def test_the_comparison_sees_every_kind_of_wrong(
    tmp_path: Path, seen: dict[str, int], keys: dict[str, int], settled: list[str], wrong: str
) -> None:
    book = open_journal(tmp_path / "journal")
    for msgid, state in (("ok", "ok"), ("lost", "unknown"), ("unsent", "not_sent"),
                         ("refused", "rejected")):  # fmt: skip
        book.open(outgoing(msgid))
        book.close(msgid, state)  # type: ignore[arg-type]
    task = chaos.Task(0, 1, 0, "", "")
    report: dict[str, Any] = {"seen": seen, "keys": keys, "settled": settled, "faults": {}}
    outcome = chaos.compare(task, report, book)
    found = {
        n for n in ("sent_twice", "missing", "unlisted", "contradicted") if getattr(outcome, n)
    }
    assert wrong in found or (wrong == "none" and not found)
    book.shutdown()
