"""load → lint → build → emit → format → write, doing only what has changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from . import store
from .emit.output import Rendered, Summary, Texts, Unit, digest
from .emit.shared import shared_units
from .emit.units import Source
from .findings import Finding, has_errors
from .formatting import format_python
from .lint import check as lint
from .spec.load import Loaded, load
from .state import State, Store, UnitState, generator_hash, stamp


class SpecRejected(Exception):
    """The spec has errors; nothing was generated. ``findings`` lists them."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        super().__init__(f"the spec has {len(findings)} errors")


@dataclass(slots=True)
class Report:
    """What a run did: paths below the package, names of units."""

    files: int = 0
    written: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    rendered: list[str] = field(default_factory=list)


def generate(
    spec: Path, out: Path, cache: Path | None = None, overlay: Path | None = None
) -> Report:
    """Bring ``out`` up to date with ``spec`` and the ``overlay`` that lies over it, if any.

    ``cache`` is a folder for what the next run may reuse; the result is the same without it.
    Raises ``SpecRejected``, or ``store.NotOurs`` if ``out`` holds foreign files.
    """
    return update(accepted(spec, spec_cache(cache), overlay), out, cache)


def spec_cache(cache: Path | None) -> Path | None:
    """Where loaded models are kept, given the folder of what the next run may reuse."""
    return cache / "spec.json" if cache else None


def update(loaded: Loaded, out: Path, cache: Path | None = None) -> Report:
    """As :func:`generate`, for a spec that is loaded and has no errors."""
    generator = generator_hash()
    folder = cache / digest(str(out.resolve()))[:16] if cache else None
    run = _Run(out, Store(folder, generator), Source.of(loaded, generator))
    run.execute()
    return run.report


def render(loaded: Loaded) -> dict[str, str]:
    """Every file of the package, path → text, from nothing but the spec."""
    return render_source(Source.of(loaded, ""))


def render_source(source: Source) -> dict[str, str]:
    """The same for a spec that need not come from files."""
    rendered = {unit.name: unit.render() for unit in source.interfaces()}
    parts = [each.summary for each in rendered.values() if each.summary]
    texts = {part.number: rendered[f"interface {part.number}"].texts for part in parts}

    def fetch(number: str) -> Texts:
        found = texts[number]
        if found is None:
            raise KeyError(number)
        return found

    units = [source.dictionaries(), *shared_units(source, parts, fetch)]
    everything = [*rendered.values(), *(unit.render() for unit in units)]
    return format_python({path: text for each in everything for path, text in each.files.items()})


def compare(spec: Path, out: Path, overlay: Path | None = None) -> list[store.Difference]:
    """How ``out`` differs from what ``spec`` yields; always made anew, never from a cache."""
    return store.compare(out, render(accepted(spec, overlay=overlay)))


def accepted(spec: Path, cache: Path | None = None, overlay: Path | None = None) -> Loaded:
    """The loaded spec, if it has no errors."""
    loaded = load(spec, cache, overlay)
    errors = lint(loaded, "error")
    if has_errors(errors):
        raise SpecRejected(errors)
    return loaded


class _Run:
    """One incremental run over ``out``."""

    def __init__(self, out: Path, kept: Store, source: Source) -> None:
        self.out = out
        self.kept = kept
        self.source = source
        self.before = kept.read()
        self.after = State()
        self.report = Report()
        self.fresh: dict[str, tuple[Unit, Rendered]] = {}

    def execute(self) -> None:
        parts = [self._summary(unit) for unit in self.source.interfaces()]
        self._visit(self.source.dictionaries())
        for unit in shared_units(self.source, parts, self._texts):
            self._visit(unit)
        self._write()
        self._remember()

    def _summary(self, unit: Unit) -> Summary:
        rendered = self._visit(unit)
        summary = rendered.summary if rendered else self.after.units[unit.name].summary
        if summary is None:
            raise ValueError(f"{unit.name} has no summary")
        return summary

    def _texts(self, number: str) -> Texts:
        """Texts of an interface: just rendered, kept from an earlier run or rendered again."""
        unit = self.source.interface(number)
        if unit.name in self.fresh:
            texts = self.fresh[unit.name][1].texts
        else:
            texts = self.kept.read_texts(number, unit.key) or unit.render().texts
        if texts is None:
            raise ValueError(f"{unit.name} has no texts")
        return texts

    def _visit(self, unit: Unit) -> Rendered | None:
        """Render the unit, or keep it if nothing it depends on and none of its files changed."""
        kept = self.before.units.get(unit.name)
        if kept and kept.key == unit.key and self._intact(kept):
            self.after.units[unit.name] = kept
            return None
        rendered = unit.render()
        self.fresh[unit.name] = (unit, rendered)
        self.report.rendered.append(unit.name)
        return rendered

    def _intact(self, kept: UnitState) -> bool:
        try:
            return all(stamp(self.out / path) == seen for path, seen in kept.files.items())
        except OSError:
            return False

    def _write(self) -> None:
        texts = {p: t for _, rendered in self.fresh.values() for p, t in rendered.files.items()}
        kept = {path for each in self.after.units.values() for path in each.files}
        there, wanted = set(store.existing(self.out)), kept | texts.keys()
        store.guard(self.out, there, wanted)
        done = format_python(texts)
        store.make_folders(self.out, done)
        for path in sorted(done, key=lambda each: (each == store.LOCK, each)):
            if store.write(self.out, path, done[path], path in there):
                self.report.written.append(path)
        for name, (unit, rendered) in self.fresh.items():
            files = {path: stamp(self.out / path) for path in rendered.files}
            self.after.units[name] = UnitState(unit.key, files, rendered.summary)
        self.report.files = len(wanted)
        self.report.removed = sorted(there - wanted)
        store.remove(self.out, self.report.removed)

    def _remember(self) -> None:
        """Keep what the next run can use."""
        if not self.fresh and self.after.units.keys() == self.before.units.keys():
            return
        self.kept.write(self.after)
        keys = {number: self.source.interface(number).key for number in self.source.spec.interfaces}
        self.kept.write_texts(keys, self._texts)
