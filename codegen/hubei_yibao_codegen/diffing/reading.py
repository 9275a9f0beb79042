"""What a Python file does with the client: which interfaces it calls, what it reads of answers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

_BY_NUMBER = frozenset({"call", "encode", "decode"})
_MODEL = re.compile(r"(?:Input|Output)([0-9A-Z]{2}[0-9]{2}[A-Za-z]?)(?=[A-Z]|\Z)")
_MODULE = re.compile(r"(?:models|tables)\.i([0-9A-Z]{2}[0-9]{2}[A-Za-z]?)\Z")
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


class Mention(NamedTuple):
    """A place that names an interface; ``call`` None where it is only named."""

    node: ast.AST
    what: str
    call: ast.Call | None = None
    by_operation: bool = False


class Read(NamedTuple):
    """A name read from, or written into, a value: attribute, subscript, ``.get``.

    ``numbers``: interfaces whose results the value comes from; None where that cannot be seen.
    """

    node: ast.AST
    name: str
    numbers: frozenset[str] | None


@dataclass
class Program:
    """The parts of a file that matter."""

    tree: ast.Module
    mentions: dict[str, list[Mention]] = field(default_factory=dict)
    reads: list[Read] = field(default_factory=list)
    values: list[tuple[ast.AST, str, ast.expr]] = field(default_factory=list)
    """(place, name, value) of keywords and keys of dicts"""


def read_program(text: str, operations: Mapping[str, str]) -> Program:
    """``operations``: number by ``group.method``. SyntaxError if the text is no Python."""
    program = Program(ast.parse(text))
    _Reader(program, operations).scope(program.tree, {})
    return program


class _Reader:
    def __init__(self, program: Program, operations: Mapping[str, str]) -> None:
        self.program = program
        self.operations = operations

    def scope(self, node: ast.AST, bound: dict[str, frozenset[str]]) -> None:
        """Read a module or function; names bound outside are known inside."""
        for child in ast.iter_child_nodes(node):
            self._visit(child, bound)

    def _visit(self, node: ast.AST, bound: dict[str, frozenset[str]]) -> None:
        if isinstance(node, _SCOPES):
            self.scope(node, dict(bound))
            return
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            bound = dict(bound)
            for generator in node.generators:
                self._bind(generator.target, generator.iter, bound)
        for child in ast.iter_child_nodes(node):
            self._visit(child, bound)
            if isinstance(node, ast.For | ast.AsyncFor) and child is node.iter:
                self._bind(node.target, node.iter, bound)
        self._note(node, bound)
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._bind(target, node.value, bound)
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            self._bind(node.target, node.value, bound)

    def _bind(self, target: ast.expr, value: ast.expr, bound: dict[str, frozenset[str]]) -> None:
        """``target`` holds (a part of) what ``value`` yields."""
        origin = self._origin(value, bound)
        for name in (each.id for each in ast.walk(target) if isinstance(each, ast.Name)):
            if origin is None:
                bound.pop(name, None)
            else:
                bound[name] = origin

    def _origin(self, value: ast.expr, bound: dict[str, frozenset[str]]) -> frozenset[str] | None:
        """Interfaces whose result a value is or was taken from."""
        while True:
            if isinstance(value, ast.Await | ast.Attribute | ast.Subscript):
                value = value.value
            elif isinstance(value, ast.Call):
                found = self._called(value)
                if found is not None:
                    return frozenset({found[0]})
                if not isinstance(value.func, ast.Attribute):
                    return None
                value = value.func.value
            elif isinstance(value, ast.Name):
                return bound.get(value.id)
            else:
                return None

    def _called(self, call: ast.Call) -> tuple[str, str, bool] | None:
        """Number, description, and whether it is called by its operation."""
        function = call.func
        last = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if last in _BY_NUMBER and call.args:
            number = _text(call.args[0])
            return (number, f'{last}("{number}")', False) if number else None
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Attribute):
            operation = f"{function.value.attr}.{last}"
            if operation in self.operations:
                return self.operations[operation], operation, True
        return None

    def _note(self, node: ast.AST, bound: dict[str, frozenset[str]]) -> None:
        if isinstance(node, ast.Call):
            self._call(node, bound)
        elif isinstance(node, ast.Attribute):
            self.program.reads.append(Read(node, node.attr, self._origin(node.value, bound)))
            self._model(node, node.attr)
        elif isinstance(node, ast.Subscript):
            name = _text(node.slice)
            if name and getattr(node.value, "id", getattr(node.value, "attr", "")) == "INTERFACES":
                self._mention(name, Mention(node, f'INTERFACES["{name}"]'))
            elif name:
                self.program.reads.append(Read(node, name, self._origin(node.value, bound)))
        elif isinstance(node, ast.Name):
            self._model(node, node.id)
        elif isinstance(node, ast.ImportFrom):
            found = _MODULE.search(node.module or "")
            if found:
                self._mention(found[1], Mention(node, f"import {node.module}"))
            for alias in node.names:
                self._model(node, alias.name)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                name = _text(key)
                if key is not None and name:
                    self.program.values.append((key, name, value))

    def _call(self, node: ast.Call, bound: dict[str, frozenset[str]]) -> None:
        found = self._called(node)
        if found is not None:
            number, what, by_operation = found
            self._mention(number, Mention(node, what, node, by_operation))
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr == "get" and node.args:
            name = _text(node.args[0])
            if name:
                origin = self._origin(function.value, bound)
                self.program.reads.append(Read(node, name, origin))
        for keyword in node.keywords:
            if keyword.arg:
                self.program.values.append((keyword, keyword.arg, keyword.value))

    def _model(self, node: ast.AST, name: str) -> None:
        found = _MODEL.match(name)
        if found:
            self._mention(found[1], Mention(node, name))

    def _mention(self, number: str, mention: Mention) -> None:
        self.program.mentions.setdefault(number, []).append(mention)


def _text(node: ast.AST | None) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return ""


def given(call: ast.Call) -> tuple[dict[str, ast.AST], bool]:
    """Names a call passes, as keywords or keys of written-out mappings, and whether that is all:
    False where something comes from elsewhere (``**values``, a variable)."""
    names: dict[str, ast.AST] = {}
    whole = True
    for each in _passed(call):
        if isinstance(each, ast.keyword):
            if each.arg is None:
                whole = whole and isinstance(each.value, ast.Dict)
            else:
                names[each.arg] = each
        elif isinstance(each, ast.Dict):
            for key in each.keys:
                if key is None or not _text(key):
                    whole = False
                else:
                    names[_text(key)] = key
    inputs = [*call.args[1:], *(k.value for k in call.keywords if k.arg in (None, "input"))]
    return names, whole and all(_written_out(each) for each in inputs)


def _written_out(value: ast.expr) -> bool:
    """A mapping written out, or a model of the package made on the spot."""
    if isinstance(value, ast.Call):
        function = value.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        return bool(_MODEL.match(name))
    return isinstance(value, ast.Dict)


def _passed(call: ast.Call) -> Iterator[ast.AST]:
    """Keywords and mappings of a call, those of nested mappings and models too."""
    for part in (*call.args, *call.keywords):
        yield from ast.walk(part)
