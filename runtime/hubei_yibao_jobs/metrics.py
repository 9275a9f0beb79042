"""The outbox in numbers, as Prometheus reads them; no names, numbers or words of messages."""

from __future__ import annotations

from collections.abc import Iterator

from .outbox import Counts, Outbox
from .outbox.schema import ASIDE, FINISHED, UNFINISHED

_STATES = UNFINISHED + ASIDE + FINISHED


def text(outbox: Outbox) -> str:
    """Metrics of every institution in the outbox, in Prometheus' text format."""
    found = {code: outbox.counts(code) for code in outbox.institutions()}
    return "".join(f"{line}\n" for line in _lines(found))


def _lines(found: dict[str, Counts]) -> Iterator[str]:
    yield from _head("yibao_outbox_messages", "gauge", "Messages by state.")
    for code, counts in found.items():
        for state in _STATES:
            labels = f'institution="{_label(code)}",state="{state}"'
            yield f"yibao_outbox_messages{{{labels}}} {counts.states.get(state, 0)}"
    plain = (
        ("yibao_outbox_depth", "gauge", "Messages not finished yet."),
        ("yibao_outbox_held", "gauge", "Messages that wait behind one set aside."),
        ("yibao_outbox_oldest_seconds", "gauge", "Age of the oldest unfinished message."),
        ("yibao_outbox_failures", "gauge", "Messages set aside, for a person to decide."),
        ("yibao_outbox_repeats_total", "counter", "Attempts beyond the first."),
    )
    for name, kind, help in plain:
        yield from _head(name, kind, help)
        for code, counts in found.items():
            yield f'{name}{{institution="{_label(code)}"}} {_value(name, counts)}'


def _value(name: str, counts: Counts) -> float:
    states = counts.states
    match name:
        case "yibao_outbox_depth":
            return sum(states.get(state, 0) for state in UNFINISHED)
        case "yibao_outbox_failures":
            return sum(states.get(state, 0) for state in ASIDE)
        case "yibao_outbox_held":
            return counts.held
        case "yibao_outbox_oldest_seconds":
            return round(counts.oldest, 3)
        case _:
            return counts.tries


def _head(name: str, kind: str, help: str) -> Iterator[str]:
    yield f"# HELP {name} {help}"
    yield f"# TYPE {name} {kind}"


def _label(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
