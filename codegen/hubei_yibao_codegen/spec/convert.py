"""YAML nodes → plain data → spec models; every fault becomes a finding at its place.

A *reader* per annotation of ``spec/model.py`` turns nodes into the data pydantic validates, so a
scalar becomes a number or a boolean only where the model wants one. Pydantic then checks the
constraints (patterns, bounds); its errors are traced back to the nodes.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from collections.abc import Sequence as Seq
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ..findings import Finding, finding
from . import model as spec_model
from .yaml_nodes import Mapping, Node, Scalar, Sequence, at

M = TypeVar("M", bound=BaseModel)
Path = tuple[str | int, ...]

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)\Z")
_NULL = {"", "~", "null", "Null", "NULL"}
_YES_NO = {"yes": "true", "y": "true", "on": "true", "no": "false", "n": "false", "off": "false"}
_ARTICLE = re.compile(r"(?<!^)(?=[A-Z])")

#: Longest text by key, and of any other text: no source prints longer ones.
LONGEST = {"label": 120, "name": 120, "code": 64}
LONGEST_TEXT = 2000
_SEVERAL_LINES = {"note", "description", "rules", "reason", "what", "printed"}

_PATTERNS = {
    get_args(spec_model.Number)[1].pattern: "an interface number such as 2207, 1312a or YH03",
    get_args(spec_model.Operation)[1].pattern: "group.method in snake_case",
    get_args(spec_model.DictionaryKey)[1].pattern: "a dictionary key: letters, digits, _",
}


class _Invalid:
    """Stands for a value that a finding was reported for."""


_INVALID = _Invalid()


class Faults:
    """Collects the findings of one file and remembers which paths they concern."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Finding] = []
        self.paths: set[Path] = set()

    def add(self, id: str, node: Node, path: Path, message: str, hint: str = "") -> _Invalid:
        self.found.append(finding(id, "error", at(self.file, node), message, hint))
        self.paths.add(path)
        return _INVALID

    def covers(self, path: Path) -> bool:
        """Whether a fault was already reported at ``path``, above or below it."""
        return any(path[: len(p)] == p or p[: len(path)] == path for p in self.paths)


Reader = Callable[[Node, Path, Faults], Any]


def did_you_mean(word: str, known: Seq[str]) -> str:
    """``did you mean `required`?``, or "" where nothing known is close."""
    by_folded = {item.casefold(): item for item in reversed(known)}
    folded = word.casefold()
    close = get_close_matches(folded, by_folded, n=1, cutoff=0.6)
    if not close and len(folded) >= 3:
        close = [item for item in by_folded if item.startswith(folded)]
    return f"did you mean `{by_folded[close[0]]}`?" if close else ""


def convert(node: Mapping, model: type[M], file: str) -> tuple[M | None, list[Finding]]:
    """The model a file holds, None where it cannot be built, and all faults found on the way."""
    faults = Faults(file)
    data = reader_of(model)(node, (), faults)
    try:
        built = model.model_validate(data)
    except ValidationError as error:
        # the innermost first: what a union says about its other members is covered by then
        for detail in sorted(error.errors(include_url=False), key=lambda item: -len(item["loc"])):
            _report(detail, node, faults)
        return None, faults.found
    return (None if faults.found else built), faults.found


def locate(root: Node, path: Path, key: bool = False) -> Node:
    """The node at ``path``, or the deepest one on the way to it; with ``key`` its key."""
    node = root
    named: Node | None = None
    for part in path:
        if isinstance(node, Mapping) and isinstance(part, str) and part in node.values:
            named = node.keys[part]
            node = node.values[part]
        elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
            named = None
            node = node.items[part]
        else:
            break
    return named if key and named is not None else node


def _report(detail: ErrorDetails, root: Node, faults: Faults) -> None:
    """A pydantic error at its node; parts of its ``loc`` that name union members are skipped."""
    path: Path = ()
    node = root
    for part in detail["loc"]:
        inner = locate(node, (part,))
        if inner is not node:
            node, path = inner, (*path, part)
    if faults.covers(path):
        return
    name = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
    context = detail.get("ctx", {})
    shown = f"`{node.value}`" if isinstance(node, Scalar) else node.kind
    if detail["type"] == "string_pattern_mismatch":
        wanted = _PATTERNS.get(context["pattern"], f"text like {context['pattern']}")
        message = f"`{name}`: expected {wanted}, found {shown}"
    else:
        said = detail["msg"].removeprefix("Input ")
        message = f"`{name}`: {said[:1].lower()}{said[1:]}, found {shown}"
    faults.add("S205", node, path, message)


@cache
def reader_of(annotation: Any) -> Reader:
    """The reader for a type that ``spec/model.py`` uses."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return reader_of(args[0])
    if origin in (Union, types.UnionType):
        return _union(tuple(arg for arg in args if arg is not type(None)))
    if origin is Literal:
        return _choice(tuple(str(arg) for arg in args))
    if origin is tuple:
        return _list(reader_of(args[0]), None if args[-1] is Ellipsis else len(args))
    if origin is dict:
        return _dict(reader_of(args[1]))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _model(annotation)
    simple: dict[Any, Reader] = {str: _text, int: _integer, bool: _flag(())}
    return simple[annotation]


def _union(members: tuple[Any, ...]) -> Reader:
    """Members are told apart by the kind of node and by their fixed words."""
    words = tuple(
        str(word)
        for member in members
        if get_origin(member) is Literal
        for word in get_args(member)
    )
    others = [member for member in members if get_origin(member) is not Literal]
    if bool in others:
        return _flag(words)
    if len(others) > 1:
        return _free
    if not others:
        return _choice(words)
    reader = reader_of(others[0])
    if others[0] is str or not words:
        return reader

    def read(node: Node, path: Path, faults: Faults) -> Any:
        if not isinstance(node, Scalar):
            return reader(node, path, faults)
        if node.value in words:
            return node.value
        wanted = " or ".join(("a list", *(f"`{word}`" for word in words)))
        return _wrong(node, path, faults, wanted, did_you_mean(node.value, words))

    return read


def _name(path: Path) -> str:
    named = [str(part) for part in path if isinstance(part, str)]
    return f"`{named[-1]}`" if named else "the file"


def _wrong(node: Node, path: Path, faults: Faults, wanted: str, hint: str = "") -> _Invalid:
    shown = f"`{node.value}`" if isinstance(node, Scalar) else node.kind
    if isinstance(node, Scalar) and not node.quoted and node.value in _NULL:
        shown, hint = "nothing", "leave the key out where there is no value"
    return faults.add("S203", node, path, f"{_name(path)}: expected {wanted}, found {shown}", hint)


def _text(node: Node, path: Path, faults: Faults) -> Any:
    if not isinstance(node, Scalar):
        return _wrong(node, path, faults, "text")
    value = node.value
    if not value and node.quoted and "printed" in path:
        return value  # the source left the cell empty
    if not value.strip() or (not node.quoted and value in _NULL):
        return _wrong(node, path, faults, "text")
    key = next((part for part in reversed(path) if isinstance(part, str)), "")
    longest = LONGEST.get(key, LONGEST_TEXT)
    if len(value) > longest:
        message = f"{_name(path)}: {len(value)} characters, more than {longest}"
        return faults.add("S206", node, path, message, "shorten it")
    if ("\n" in value or "\t" in value) and not _SEVERAL_LINES.intersection(path):
        message = f"{_name(path)}: must stay on one line without tabs"
        return faults.add("S207", node, path, message)
    if value != value.strip() and not _SEVERAL_LINES.intersection(path):
        return faults.add("S208", node, path, f"{_name(path)}: starts or ends with a space")
    return value


def _integer(node: Node, path: Path, faults: Faults) -> Any:
    if isinstance(node, Scalar) and _INTEGER.match(node.value) and len(node.value) < 19:
        if not node.quoted:
            return int(node.value)
        hint = f"write {node.value} without quotes"
    else:
        hint = ""
    return _wrong(node, path, faults, "a whole number", hint)


def _flag(words: tuple[str, ...]) -> Reader:
    names = ("true", "false", *words)

    def read(node: Node, path: Path, faults: Faults) -> Any:
        value = node.value if isinstance(node, Scalar) else ""
        if value in words:
            return value
        if value in ("true", "false") and isinstance(node, Scalar) and not node.quoted:
            return value == "true"
        if value in ("true", "false"):
            hint = f"write {value} without quotes"
        elif value.lower() in _YES_NO:
            hint = f"did you mean `{_YES_NO[value.lower()]}`?"
        else:
            hint = did_you_mean(value, names)
        return _wrong(node, path, faults, _either(names), hint)

    return read


def _choice(words: tuple[str, ...]) -> Reader:
    def read(node: Node, path: Path, faults: Faults) -> Any:
        if isinstance(node, Scalar) and node.value in words:
            return node.value
        hint = did_you_mean(node.value, words) if isinstance(node, Scalar) else ""
        return _wrong(node, path, faults, _either(words), hint)

    return read


def _either(words: Seq[str]) -> str:
    *first, last = (f"`{word}`" for word in words)
    return f"{', '.join(first)} or {last}" if first else last


def _list(item: Reader, count: int | None) -> Reader:
    def read(node: Node, path: Path, faults: Faults) -> Any:
        if not isinstance(node, Sequence):
            wanted = "a list" if count is None else f"a list of {count}"
            hint = "write it as [value]" if isinstance(node, Scalar) and node.value else ""
            return _wrong(node, path, faults, wanted, hint)
        if count is not None and len(node.items) != count:
            message = f"{_name(path)}: expected a list of {count}, found {len(node.items)}"
            return faults.add("S203", node, path, message)
        return [item(inner, (*path, index), faults) for index, inner in enumerate(node.items)]

    return read


def _dict(value: Reader) -> Reader:
    def read(node: Node, path: Path, faults: Faults) -> Any:
        if not isinstance(node, Mapping):
            return _wrong(node, path, faults, "a mapping")
        return {key: value(inner, (*path, key), faults) for key, inner in node.values.items()}

    return read


def _free(node: Node, path: Path, faults: Faults) -> Any:
    """A platform constant: text, whole number, list of texts, mapping of constants."""
    if isinstance(node, Sequence):
        return _list(_text, None)(node, path, faults)
    if isinstance(node, Mapping):
        return _dict(_constant)(node, path, faults)
    return _constant(node, path, faults)


def _constant(node: Node, path: Path, faults: Faults) -> Any:
    """A number only where it is written as one: ``0`` is, ``"0"`` and ``0301`` are texts."""
    if not isinstance(node, Scalar):
        return _wrong(node, path, faults, "text or a whole number")
    plain_number = not node.quoted and _INTEGER.match(node.value) and len(node.value) < 19
    return int(node.value) if plain_number else node.value


def _unknown_key(key: str, known: Seq[str]) -> str:
    if key == "<<":
        return "merge keys are not supported, write the values out"
    return did_you_mean(key, known) or f"possible here: {', '.join(known)}"


def kind_name(model: type[BaseModel]) -> str:
    """``an interface``, ``a file layout``: how messages name what a mapping stands for."""
    words = _ARTICLE.sub(" ", model.__name__).lower()
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _model(model: type[BaseModel]) -> Reader:
    fields = model.model_fields
    required = [name for name, info in fields.items() if info.is_required()]
    readers: dict[str, Reader] = {}
    kind = kind_name(model)

    def read(node: Node, path: Path, faults: Faults) -> Any:
        if not isinstance(node, Mapping):
            return _wrong(node, path, faults, f"{kind} (a mapping)")
        if not readers:
            for name, info in fields.items():
                annotation: Any = info.annotation
                readers[name] = reader_of(annotation)
        data: dict[str, Any] = {}
        misspelt: set[str] = set()
        for key, inner in node.values.items():
            reader = readers.get(key)
            if reader is None:
                known = [name for name in fields if name not in node.values]
                hint = _unknown_key(key, known)
                misspelt.update(name for name in known if f"`{name}`" in hint)
                message = f"unknown key `{key}` in {kind}"
                faults.add("S201", node.keys[key], (*path, key), message, hint)
            else:
                data[key] = reader(inner, (*path, key), faults)
        for name in required:
            if name not in node.values and name not in misspelt:
                faults.add("S202", node, (*path, name), f"{kind} lacks `{name}`")
        return data

    return read
