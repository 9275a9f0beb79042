"""Which lines of Python programs use what a change breaks."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..findings import Location
from ..ir.build import dictionary_classes
from ..lint.context import nodes_of
from ..naming import members
from ..spec.load import Spec
from ..spec.model import Field
from .change import Change
from .reading import Mention, Program, given, read_program


class Use(NamedTuple):
    """A line that uses what ``change`` breaks.

    ``certain`` False: the file calls the interface and uses a thing of that name, but where the
    value comes from cannot be seen.
    """

    place: Location
    what: str
    change: Change
    certain: bool = True


class Unread(NamedTuple):
    file: str
    reason: str


def program_files(paths: Iterable[Path]) -> list[Path]:
    """Python files named or below named folders, each once; OSError for what does not exist."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            hidden = (p for p in sorted(path.rglob("*.py")) if not _hidden(p.relative_to(path)))
            found |= dict.fromkeys(hidden)
        else:
            path.stat()
            found[path] = None
    return list(found)


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts)


def affected(
    files: Sequence[Path], changes: Iterable[Change], old: Spec
) -> tuple[list[Use], list[Unread]]:
    """Uses of what breaks in programs written against ``old``, by file and line."""
    search = _Search(old, [change for change in changes if change.level == "breaking"])
    uses: list[Use] = []
    unread: list[Unread] = []
    for path in files:
        try:
            text = path.read_text(encoding="utf-8-sig")
            program = read_program(text, search.operations)
        except (OSError, ValueError, SyntaxError, RecursionError) as error:
            reason = (
                f"line {error.lineno}: {error.msg}"
                if isinstance(error, SyntaxError)
                else str(error)
            )
            unread.append(Unread(path.as_posix(), reason))
            continue
        uses += dict.fromkeys(search.uses(path.as_posix(), program))
    return sorted(uses, key=lambda use: (use.place, use.change.line)), unread


class _Search:
    def __init__(self, old: Spec, changes: list[Change]) -> None:
        self.changes = changes
        self.operations = {each.operation: number for number, each in old.interfaces.items()}
        self.classes = dictionary_classes(old.dictionaries)
        self.old = old
        self.coded: dict[str, set[str]] = {}
        for interface in old.interfaces.values():
            for side in ("input", "output"):
                for node in nodes_of(interface, side):
                    self._collect(node.fields)

    def _collect(self, fields: Iterable[Field]) -> None:
        for field in fields:
            if field.dictionary:
                self.coded.setdefault(field.dictionary, set()).update((field.name, *field.aliases))
            self._collect(field.fields or ())

    def uses(self, file: str, program: Program) -> Iterator[Use]:
        for change in self.changes:
            if change.kind == "interface":
                found = self._interface(change, program)
            elif change.kind == "dictionary":
                found = self._dictionary(change, program)
            else:
                continue
            for node, what, certain in found:
                line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1
                yield Use(Location(file, line, column), what, change, certain)

    def _interface(self, change: Change, program: Program) -> Iterator[tuple[ast.AST, str, bool]]:
        mentions = program.mentions.get(change.key, [])
        target = change.target
        if not mentions:
            return
        if target.added:
            yield from _lacking(mentions, target.added)
        elif target.names and change.rule.startswith("request-"):
            yield from _passing(mentions, program, target.names)
        elif target.names:
            yield from _reading(change.key, mentions, program, target.names)
        else:
            for mention in mentions:
                yield mention.node, f"使用 {mention.what}", True

    def _dictionary(self, change: Change, program: Program) -> Iterator[tuple[ast.AST, str, bool]]:
        (key, *_), code = change.target.names or (change.key,), change.target.code
        class_name = self.classes.get(key, "")
        if not code:
            for node in ast.walk(program.tree):
                if isinstance(node, ast.Name | ast.alias) and class_name in _names(node):
                    yield node, f"使用 {class_name}", True
                elif isinstance(node, ast.Constant) and node.value == key:
                    yield node, f'使用代码表 "{key}"', False
            return
        fields = self.coded.get(key, set())
        member = members(each.code for each in self.old.dictionaries[key].codes).get(code, "")
        for place, name, value in program.values:
            if name in fields and _holds(value, code):
                yield place, f'{name} 取值 "{code}"', True
        for node in ast.walk(program.tree):
            if isinstance(node, ast.Attribute) and node.attr == member:
                if class_name in _names(node.value):
                    yield node, f"使用 {class_name}.{member}", True
            elif isinstance(node, ast.Compare):
                parts = [node.left, *node.comparators]
                names = {name for part in parts for name in _names(part)} & fields
                if names and any(_holds(part, code) for part in parts):
                    yield node, f'{min(names)} 与 "{code}" 比较', True


def _lacking(mentions: Iterable[Mention], name: str) -> Iterator[tuple[ast.AST, str, bool]]:
    for mention in mentions:
        if mention.call is None or mention.what.startswith("decode"):
            continue
        names, whole = given(mention.call)
        if name not in names:
            what = (
                f"{mention.what} 未传 {name}" if whole else f"{mention.what} 是否传 {name} 看不出"
            )
            yield mention.node, what, whole


def _passing(
    mentions: Sequence[Mention], program: Program, wanted: Sequence[str]
) -> Iterator[tuple[ast.AST, str, bool]]:
    elsewhere = False
    for mention in mentions:
        if mention.call is None:
            elsewhere = elsewhere or mention.what.startswith(("Input", "import"))
            continue
        names, whole = given(mention.call)
        elsewhere = elsewhere or (not whole and not mention.what.startswith("decode"))
        for name in wanted:
            if name in names:
                yield names[name], f"{mention.what} 传入 {name}", True
    if elsewhere:
        inside = {id(node) for m in mentions if m.call for node in ast.walk(m.call)}
        places = [(place, name) for place, name, _ in program.values]
        places += [(read.node, read.name) for read in program.reads if read.numbers is None]
        for place, name in places:
            if name in wanted and id(place) not in inside:
                yield place, f"{name} 可能传给 {mentions[0].what}", False


def _reading(
    number: str, mentions: Sequence[Mention], program: Program, wanted: Sequence[str]
) -> Iterator[tuple[ast.AST, str, bool]]:
    for read in program.reads:
        if read.name not in wanted:
            continue
        if read.numbers is None:
            yield read.node, f"读取 {read.name}，可能来自 {mentions[0].what}", False
        elif number in read.numbers:
            yield read.node, f"读取 {mentions[0].what} 返回的 {read.name}", True


def _names(node: ast.AST) -> set[str]:
    """Names a simple expression shows: ``row.med_type`` and ``row["med_type"]`` med_type."""
    found = {getattr(node, key, None) for key in ("id", "attr", "name")}
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        found.add(node.slice.value)
    return {name for name in found if isinstance(name, str)}


def _holds(value: ast.expr, code: str) -> bool:
    return any(isinstance(each, ast.Constant) and each.value == code for each in ast.walk(value))
