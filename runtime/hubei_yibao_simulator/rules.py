"""Which call meets which fault or oddity: by number, probability, seed and count."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

FAULTS = (
    "refuse",
    "delay",
    "drop-before-commit",
    "drop-after-commit",
    "reset-before-commit",
    "reset-after-commit",
    "reset-mid-answer",
    "error-before-commit",
    "error-after-commit",
    "junk-before-commit",
    "junk-after-commit",
    "slow-drip",
)
ODDITIES = (
    "infcode-number",
    "infcode-absent",
    "output-null",
    "output-absent",
    "output-string",
    "err-msg-success",
    "numbers-as-strings",
    "object-for-list",
    "list-for-object",
    "extra-fields",
    "gbk",
    "gateway-401",
)


class UnknownKind(ValueError):
    """No fault or oddity of this name, or one with options that make no sense."""


class Rule(msgspec.Struct, dict=True, forbid_unknown_fields=True):
    """One fault or oddity and when it happens."""

    kind: str
    numbers: tuple[str, ...] = ()  #: empty: every interface
    probability: Annotated[float, Meta(ge=0, le=1)] = 1.0
    times: int | None = None  #: so often, then never again; None: always
    skip: int = 0  #: so many matching calls pass first
    seconds: Annotated[float, Meta(ge=0, le=3600)] = 1.0  #: of delay and slow-drip
    status: Annotated[int, Meta(ge=500, le=599)] = 502  #: of error-…
    seed: int = 1

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    @classmethod
    def build(cls, values: Any, kinds: Sequence[str]) -> Rule:
        """From JSON, TOML or a header's options as text; raises UnknownKind."""
        try:
            rule = msgspec.convert(values, cls, strict=False)
        except msgspec.ValidationError as problem:
            raise UnknownKind(str(problem)) from None
        if rule.kind not in kinds:
            raise UnknownKind(f"kind must be one of {', '.join(kinds)}")
        return rule

    def strikes(self, number: str) -> bool:
        """Whether it happens to this call; counts and draws only for matching ones."""
        if self.numbers and number not in self.numbers:
            return False
        if self.times is not None and self.times <= 0:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.chance.random() >= self.probability:
            return False
        if self.times is not None:
            self.times -= 1
        return True

    def describe(self) -> dict[str, Any]:
        return {**msgspec.to_builtins(self), "numbers": list(self.numbers)}


class RuleSet:
    """The rules in force; a header may add one to a single call."""

    def __init__(self, kinds: Sequence[str], rules: Iterable[Mapping[str, Any]] = ()) -> None:
        self.kinds = kinds
        self.rules = [Rule.build(rule, kinds) for rule in rules]

    def add(self, values: Any) -> Rule:
        rule = Rule.build(values, self.kinds)
        self.rules.append(rule)
        return rule

    def striking(self, number: str, header: str | None) -> list[Rule]:
        """Rules that strike this call. The header reads ``kind`` or ``kind;seconds=2`` with
        commas between several."""
        wanted = [_from_header(part, self.kinds) for part in (header or "").split(",") if part]
        return wanted + [rule for rule in self.rules if rule.strikes(number)]


def _from_header(text: str, kinds: Sequence[str]) -> Rule:
    kind, *options = (part.strip() for part in text.split(";"))
    values = {name: value for name, _, value in (option.partition("=") for option in options)}
    return Rule.build({**values, "kind": kind}, kinds)
