"""Enums over code tables that take codes they do not know.

A platform adds codes at any time, so an enum is for completion only: an unknown code becomes a
member of its own, equal to its string, without a label.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class OpenEnum(StrEnum):
    """A code as a string with its Chinese label."""

    @property
    def label(self) -> str:
        """Chinese label; "" for a code the table does not know."""
        labels: Mapping[str, str] = type(self).__dict__.get("__yibao_labels__", {})
        return labels.get(self.value, "")

    @classmethod
    def _missing_(cls, value: object) -> OpenEnum | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member


def build(
    name: str, codes: Mapping[str, str], members: Mapping[str, str], module: str
) -> type[OpenEnum]:
    """The enum of a table; members are named ``C`` + code where ``members`` says nothing else."""
    named = [(members.get(code, f"C{code}"), code) for code in codes]
    functional: Any = OpenEnum
    made: type[OpenEnum] = functional(name, named, module=module)
    type.__setattr__(made, "__yibao_labels__", codes)
    return made
