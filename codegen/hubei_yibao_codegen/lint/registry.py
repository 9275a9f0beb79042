"""The table of rules: a function with a stable id, a level and a docstring."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ..findings import LEVELS, Finding, Level, Location, finding
from .context import Context


class Found(NamedTuple):
    """What a rule yields; id and level are the rule's."""

    at: Location
    message: str
    hint: str = ""


Check = Callable[[Context], Iterator[Found]]


class Rule(NamedTuple):
    id: str
    level: Level
    text: str
    check: Check | None = None  #: None for what loading itself reports


RULES: dict[str, Rule] = {}


def rule(id: str, level: Level) -> Callable[[Check], Check]:
    """Register a check; its docstring becomes its entry in ``docs/lint-rules.md``."""

    def register(check: Check) -> Check:
        _add(Rule(id, level, inspect.cleandoc(check.__doc__ or ""), check))
        return check

    return register


def _add(new: Rule) -> None:
    if new.id in RULES:
        raise ValueError(f"rule {new.id} is registered twice")
    RULES[new.id] = new


def run(context: Context, level: Level = "info") -> Iterator[Finding]:
    """Findings of all rules that are as grave as ``level`` or graver."""
    for each in RULES.values():
        if each.check is not None and LEVELS.index(each.level) <= LEVELS.index(level):
            for found in each.check(context):
                yield finding(each.id, each.level, *found)


#: Reported while loading (``spec/load.py``, ``spec/yaml_nodes.py``, ``spec/convert.py``).
_LOADING = {
    "Y100": "A file or folder that every spec has is missing or cannot be read.",
    "Y101": "The text is not YAML.",
    "Y102": "The file is not UTF-8.",
    "Y103": "The file starts with a byte order mark.",
    "Y104": "Control, zero-width or bidirectional characters: what a reviewer cannot see is refused, "
    "escaped forms too.",
    "Y105": "Anchors, aliases and tags are not supported: a value stands where it is used.",
    "Y106": "More than one document in a file.",
    "Y107": "The file is empty or does not hold a mapping.",
    "Y108": "A key that is not text.",
    "Y109": "The file is too large or nested too deeply for a spec file.",
    "Y110": "A key appears twice in a mapping; both lines are named.",
    "Y112": "A file that looks like YAML but does not end in `.yaml`.",
    "S201": "A key the model does not know.",
    "S202": "A key the model demands is missing.",
    "S203": "A value of the wrong type, or none of the words allowed there. Booleans are `true` and "
    "`false` only; numbers and booleans stand without quotes.",
    "S205": "A value outside its bounds or not of its pattern.",
    "S206": "A text longer than any source prints.",
    "S207": "A line break or tab in a text that stays on one line.",
    "S208": "A space at the start or end of a text, which nobody sees.",
    "O501": "An overlay takes away what is not there.",
    "R301": "A number or dictionary key declared by two files; the first in path order is kept.",
}
for _id, _text in _LOADING.items():
    _add(Rule(_id, "error", _text))
