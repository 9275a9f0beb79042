"""Lint and regenerate whenever a spec file is saved."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from watchfiles import Change, watch

from .findings import Finding, at_least, has_errors
from .lint import check
from .pipeline import Report, spec_cache, update
from .spec.load import load

#: Milliseconds: how often the system is asked, and how long saves are gathered into one turn.
STEP, DEBOUNCE = 20, 60
IDLE = 200  #: milliseconds without a save after which the watch looks whether it shall stop


@dataclass(frozen=True)
class Job:
    """What is watched and made."""

    spec: Path
    out: Path
    cache: Path
    overlay: Path | None = None

    @property
    def folders(self) -> list[Path]:
        return [self.spec] if self.overlay is None else [self.spec, self.overlay]


@dataclass(frozen=True)
class Turn:
    """One run: ``report`` None where nothing was generated, because of errors or ``trouble``."""

    changed: tuple[str, ...]
    findings: list[Finding]
    report: Report | None
    seconds: float
    trouble: str = ""


def turn(job: Job, changed: Iterable[str] = ()) -> Turn:
    """Lint, and generate if there is no error. A file that vanishes meanwhile is only told.

    Raises ``store.NotOurs`` if the output folder holds foreign files.
    """
    start = time.perf_counter()
    report: Report | None = None
    findings: list[Finding] = []
    trouble = ""
    try:
        loaded = load(job.spec, spec_cache(job.cache), job.overlay)
        findings = at_least(check(loaded, "warning"), "warning")
        if not has_errors(findings):
            report = update(loaded, job.out, job.cache)
    except (OSError, RuntimeError) as error:
        trouble = f"{type(error).__name__}: {error}"
    return Turn(tuple(changed), findings, report, time.perf_counter() - start, trouble)


def turns(job: Job, stop: Event | None = None) -> Iterator[Turn]:
    """A turn at once, then one for every batch of saved files until ``stop`` is set."""
    batches = watch(
        *job.folders,
        watch_filter=_is_spec,
        debounce=DEBOUNCE,
        step=STEP,
        rust_timeout=IDLE,
        yield_on_timeout=True,
        stop_event=stop,
        raise_interrupt=True,
    )
    started = False
    for batch in batches:  # the first turn comes when the watch is on, so that no save is missed
        if batch or not started:
            started = True
            yield turn(job, sorted({path for _, path in batch}))


def _is_spec(_: Change, path: str) -> bool:
    """Spec files; not what editors leave beside them while they save."""
    name = Path(path).name
    return name.endswith((".yaml", ".yml")) and not name.startswith(".")
