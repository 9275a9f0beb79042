"""A change between two editions and how grave it is for a program that calls the platform."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ..spec.convert import Path
from ..spec.load import Kind

Level = Literal["breaking", "compatible", "editorial"]
LEVELS: tuple[Level, ...] = ("breaking", "compatible", "editorial")
Bump = Literal["major", "minor", "patch", "none"]

#: Rule → level. ``request-…`` is about what an institution sends (input of a call, output of a
#: callback), ``response-…`` about what it receives. Requests are checked strictly, so whatever
#: narrows them breaks programs; responses are read tolerantly, so only what takes a value away
#: or changes its Python type does.
RULES: dict[str, Level] = {
    "interface-added": "compatible",
    "interface-removed": "breaking",
    "interface-renumbered": "breaking",
    "interface-opened": "compatible",
    "interface-closed": "breaking",
    "interface-openness-unknown": "compatible",
    "institution-narrowed": "breaking",
    "institution-widened": "compatible",
    "operation-renamed": "breaking",
    "direction-changed": "breaking",
    "effect-changed": "compatible",
    "call-mode-changed": "compatible",
    "reversal-allowed": "compatible",
    "reversal-withdrawn": "breaking",
    "role-given": "compatible",
    "role-withdrawn": "breaking",
    "cancels-changed": "compatible",
    "deprecated": "compatible",
    "deprecation-withdrawn": "compatible",
    "request-fields-published": "breaking",
    "request-fields-withdrawn": "breaking",
    "response-fields-published": "breaking",
    "response-fields-withdrawn": "breaking",
    "request-node-added": "compatible",
    "request-node-added-required": "breaking",
    "request-node-removed": "breaking",
    "request-node-renamed": "breaking",
    "request-repetition-changed": "breaking",
    "request-repetition-widened": "compatible",
    "response-node-added": "compatible",
    "response-node-removed": "breaking",
    "response-node-renamed": "breaking",
    "response-repetition-changed": "breaking",
    "request-field-added": "compatible",
    "request-field-added-required": "breaking",
    "request-field-removed": "breaking",
    "request-field-renamed": "breaking",
    "request-field-became-required": "breaking",
    "request-field-became-optional": "compatible",
    "request-type-narrowed": "breaking",
    "request-type-widened": "compatible",
    "request-size-shrunk": "breaking",
    "request-size-grown": "compatible",
    "request-codes-narrowed": "breaking",
    "request-codes-widened": "compatible",
    "request-format-changed": "breaking",
    "request-alias-removed": "breaking",
    "request-alias-added": "compatible",
    "response-field-added": "compatible",
    "response-field-removed": "breaking",
    "response-field-renamed": "breaking",
    "response-requirement-changed": "compatible",
    "response-type-changed": "breaking",
    "response-size-changed": "compatible",
    "response-codes-changed": "compatible",
    "response-format-changed": "compatible",
    "response-alias-removed": "breaking",
    "response-alias-added": "compatible",
    "sensitivity-changed": "compatible",
    "file-added": "compatible",
    "file-removed": "breaking",
    "upload-column-added": "breaking",
    "download-column-added": "compatible",
    "column-removed": "breaking",
    "column-moved": "breaking",
    "dictionary-added": "compatible",
    "dictionary-removed": "breaking",
    "dictionary-renamed": "breaking",
    "dictionary-closed": "breaking",
    "dictionary-opened": "compatible",
    "code-added": "compatible",
    "code-removed": "breaking",
    "code-removed-from-open-table": "compatible",
    "constant-changed": "compatible",
    "text-changed": "editorial",
}


@dataclass(frozen=True, slots=True)
class Target:
    """What a program touches that uses the changed thing; names as in the old edition."""

    side: str = ""  #: input | output
    node: str = ""
    names: tuple[str, ...] = ()  #: wire name, Python name and aliases of the field or node
    added: str = ""  #: wire name of a field that now has to be sent
    code: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``text`` says it in Chinese, without the subject."""

    rule: str
    kind: Kind
    key: str  #: number of the interface, key of the dictionary, "platform"
    text: str
    path: Path = ()  #: of the value in the new edition's file, or of what it stood in
    target: Target = Target()

    @property
    def level(self) -> Level:
        return RULES[self.rule]

    @property
    def subject(self) -> str:
        return {
            "interface": f"接口 {self.key}",
            "dictionary": f"代码表 {self.key}",
            "platform": "平台报文",
        }[self.kind]

    @property
    def line(self) -> str:
        """The changelog's line of this change alone."""
        return f"{self.subject}：{self.text}"


def gravest(changes: Iterable[Change]) -> Level | None:
    """The level of the gravest change, None where there is none."""
    found = {change.level for change in changes}
    return next((level for level in LEVELS if level in found), None)


def bump(changes: Iterable[Change]) -> Bump:
    """Part of the version that goes up for these changes."""
    level = gravest(changes)
    if level is None:
        return "none"
    bumps: dict[Level, Bump] = {"breaking": "major", "compatible": "minor", "editorial": "patch"}
    return bumps[level]


def next_version(version: str, by: Bump) -> str:
    """``version`` (x.y.z) raised; before 1.0 a breaking change raises the second number, any
    other the third (https://semver.org/, item 4, as Cargo and npm read it)."""
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", version)
    if found is None or by == "none":
        return version.removeprefix("v")
    major, minor, patch = (int(part) for part in found.groups())
    if major == 0:
        by = "minor" if by == "major" else "patch"
    if by == "major":
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if by == "minor" else f"{major}.{minor}.{patch + 1}"
