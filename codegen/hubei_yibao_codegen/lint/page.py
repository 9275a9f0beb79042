"""``docs/lint-rules.md``: every rule with its level, from the table of rules."""

from __future__ import annotations

from .registry import RULES

_FAMILIES = {
    "Y1": "Text of a file",
    "S2": "Format",
    "R3": "References",
    "C4": "Consistency",
    "D5": "Code tables",
}
_HEAD = """\
# Lint rules

`hubei-yibao-codegen lint` checks `spec/` by these rules. Ids are stable. An error stops
generation and makes the exit code 1, a warning asks for a decision, an information only lists.
This page is made from the rules' docstrings: `hubei-yibao-codegen lint --rules > docs/lint-rules.md`.
"""


def rules_page() -> str:
    """The whole page as Markdown."""
    parts = [_HEAD]
    for family, title in _FAMILIES.items():
        parts.append(f"\n## {family}xx {title}\n")
        for rule in sorted(RULES.values(), key=lambda each: each.id):
            if rule.id.startswith(family):
                parts.append(f"\n**{rule.id}** ({rule.level}) {rule.text}\n")
    return "".join(parts)
