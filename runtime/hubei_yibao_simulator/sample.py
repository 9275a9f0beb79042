"""Well-formed answers out of the spec for interfaces without rules of their own."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hubei_yibao_runtime.interface import Field, Node

FIRST_DAY = date(2026, 1, 1)
CODE_LIKE = ("编号", "编码", "代码", "ID", "id", "号", "流水号")


def listed(node: Node) -> bool:
    """Whether a node is given as a list: also where no source says it is a single row."""
    return bool(node.repeated) or (node.repeated is None and node.name is not None)


class Sampler:
    """The same seed gives the same values for the same field."""

    def __init__(self, seed: int, codes: Callable[[str], dict[str, str]]) -> None:
        self.seed = seed
        self.codes = codes

    def node(self, number: str, node: Node) -> Any:
        path = f"{number}.{node.name or ''}"
        row = self.fields(path, node.fields)
        return [row] if listed(node) else row

    def fields(self, path: str, fields: Sequence[Field]) -> dict[str, Any]:
        return {field.name: self.value(f"{path}.{field.name}", field) for field in fields}

    def value(self, path: str, field: Field) -> Any:
        """A value of the field's type, length and code table."""
        one = self._object(path, field) if field.type == "object" else self._scalar(path, field)
        return [one] if field.repeated else one

    def _object(self, path: str, field: Field) -> dict[str, Any]:
        return self.fields(path, field.fields)

    def _scalar(self, path: str, field: Field) -> Any:
        chance = random.Random(f"{self.seed} {path}")
        if field.dictionary:
            fitting = [c for c in self.codes(field.dictionary) if len(c) <= (field.length or 99)]
            if fitting:
                return chance.choice(sorted(fitting))
        if field.type == "integer":
            return chance.randrange(1, 10 ** min(field.length or 2, 2))
        if field.type == "decimal":
            digits, places = field.precision or (4, 2)
            whole = min(max(digits - places, 0), 3)
            return Decimal(chance.randrange(0, 10 ** (whole + places))).scaleb(-places)
        if field.type == "boolean":
            return chance.random() < 0.5
        if field.type in ("date", "datetime"):
            day = FIRST_DAY + timedelta(days=chance.randrange(300))
            return f"{day}" if field.type == "date" else f"{day} 08:00:00"
        if field.type == "bytes":
            return "U0lN"
        return self._text(chance, field)

    def _text(self, chance: random.Random, field: Field) -> str:
        if field.label.endswith(CODE_LIKE):
            text = f"SIM{chance.randrange(10**6):06d}"
            return text if field.length is None or field.length >= 9 else text[-field.length :]
        return f"模拟{field.label}"[: field.length or 40]
