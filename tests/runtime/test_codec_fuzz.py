"""A short run of ``make fuzz`` over the real interfaces."""

from __future__ import annotations

from fuzz.fuzz_decode import run


def test_mutated_answers_only_raise_named_errors() -> None:
    outcomes, failure = run(4000, seed=20260102)
    assert failure is None
    assert sum(outcomes.values()) == 4000
    assert set(outcomes) == {
        "GatewayRefused", "OutcomeUnknown", "Rejected", "Result", "Result with repairs",
    }  # fmt: skip
