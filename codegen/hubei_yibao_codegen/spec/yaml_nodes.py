"""YAML text → nodes that know their line and column.

Only the part of YAML that a spec file needs is let through: one document of mappings, lists and
scalars. Scalars stay as written (``0301`` is no octal number, ``no`` no boolean, ``1.10`` no
float); what they mean is decided by the model that reads them. Anchors, aliases, tags, merge
keys and further documents are findings, as are duplicate keys and invisible characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from ..findings import Finding, Location, finding

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MAX_BYTES = 2_000_000
MAX_DEPTH = 50

#: Control characters, zero-width and bidirectional marks, line separators, tags: characters a
#: reviewer cannot see. Tab, line feed and carriage return are YAML's own business.
INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")


class Node:
    """A value of a spec file, at the mark the parser gave it."""

    __slots__ = ("mark",)

    kind = "nothing"

    def __init__(self, mark: Any) -> None:
        self.mark = mark

    @property
    def line(self) -> int:
        """From 1."""
        return int(self.mark.line) + 1

    @property
    def column(self) -> int:
        """From 1."""
        return int(self.mark.column) + 1


class Scalar(Node):
    """A scalar as written; ``quoted`` for anything but a plain one."""

    __slots__ = ("quoted", "value")

    kind = "text"

    def __init__(self, mark: Any, value: str, quoted: bool) -> None:
        self.mark = mark
        self.value = value
        self.quoted = quoted


class Sequence(Node):
    __slots__ = ("items",)

    kind = "a list"

    def __init__(self, mark: Any) -> None:
        self.mark = mark
        self.items: list[Node] = []


class Mapping(Node):
    """A mapping; of a duplicated key the first value is kept."""

    __slots__ = ("keys", "values")

    kind = "a mapping"

    def __init__(self, mark: Any) -> None:
        self.mark = mark
        self.keys: dict[str, Scalar] = {}
        self.values: dict[str, Node] = {}


def at(file: str, node: Node) -> Location:
    """The place of a node; one that an overlay put in has a file of its own."""
    return Location(getattr(node.mark, "file", file), node.line, node.column)


def parse(data: bytes, file: str) -> tuple[Mapping | None, list[Finding]]:
    """Parse one spec file.

    Returns its top-level mapping, or None where there is none to work with, and everything
    that is wrong with the text. Never raises for bad content.
    """
    found: list[Finding] = []
    text = _decode(data, file, found)
    if text is None:
        return None, found
    hidden = _invisible(text, file)
    found += hidden
    if _UNREADABLE.search(text):
        return None, found
    builder = _Builder(file, found, check_escapes=not hidden)
    try:
        root = builder.build(yaml.parse(text, _Loader))
    except yaml.MarkedYAMLError as error:
        found.append(_syntax(error, file, text))
        return None, found
    except yaml.YAMLError as error:
        found.append(finding("Y101", "error", Location(file, 1, 1), f"not YAML: {error}"))
        return None, found
    if isinstance(root, Mapping):
        return root, found
    if builder.documents == 0:
        found.append(finding("Y107", "error", Location(file, 1, 1), "the file is empty"))
    elif root is not None:
        message = f"expected a mapping at the top of the file, found {root.kind}"
        found.append(finding("Y107", "error", at(file, root), message))
    return None, found


def _decode(data: bytes, file: str, found: list[Finding]) -> str | None:
    start = Location(file, 1, 1)
    if len(data) > MAX_BYTES:
        message = f"the file has {len(data)} bytes, more than {MAX_BYTES}"
        found.append(finding("Y109", "error", start, message, "split it or remove what is no spec"))
        return None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        found.append(finding("Y102", "error", start, "the file is UTF-16", "save it as UTF-8"))
        return None
    if data.startswith(b"\xef\xbb\xbf"):
        message = "the file starts with a byte order mark"
        found.append(finding("Y103", "error", start, message, "save it as UTF-8 without BOM"))
        data = data[3:]
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode()) + 1
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        hint = "save the file as UTF-8 (GBK and GB18030 are not read)"
        found.append(finding("Y102", "error", Location(file, line, column), message, hint))
        return None


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of a character in ``text``."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _invisible(text: str, file: str) -> list[Finding]:
    found = []
    for match in INVISIBLE.finditer(text):
        message = f"invisible or control character U+{ord(match[0]):04X}"
        place = Location(file, *position(text, match.start()))
        found.append(finding("Y104", "error", place, message, "remove it"))
    return found


def _syntax(error: yaml.MarkedYAMLError, file: str, text: str) -> Finding:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    lines = text.split("\n")
    indent = re.match(r"[ ]*\t", lines[line - 1]) if line <= len(lines) else None
    problem = ", ".join(part for part in (error.context, error.problem) if part)
    hint = ""
    if indent:
        hint = "indent with spaces: YAML allows no tabs there"
    elif "mapping values are not allowed" in problem:
        hint = "quote a text that holds `: `"
    elif "cannot start any token" in problem:
        hint = "quote a text that starts with one of @ ` % & * ! | >"
    return finding("Y101", "error", Location(file, line, column), f"not YAML: {problem}", hint)


class _Builder:
    """Nodes from parser events, without recursion."""

    def __init__(self, file: str, found: list[Finding], check_escapes: bool) -> None:
        self.file = file
        self.found = found
        self.check_escapes = check_escapes
        self.refused = False
        self.documents = 0
        self.root: Node | None = None
        self.stack: list[Mapping | Sequence] = []
        self.keys: list[Scalar | None] = []  #: pending key of each mapping on the stack
        self.handlers: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._open_mapping,
            yaml.SequenceStartEvent: self._open_sequence,
            yaml.MappingEndEvent: self._close,
            yaml.SequenceEndEvent: self._close,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }

    def build(self, events: Iterator[Any]) -> Node | None:
        """The root node of the document, None where there is none or it is refused."""
        handlers = self.handlers
        for event in events:
            handler = handlers.get(type(event))
            if handler is not None:
                handler(event)
            if self.documents > 1 or len(self.stack) > MAX_DEPTH:
                break
        return None if self.refused else self.root

    def _scalar(self, event: Any) -> None:
        if event.anchor or event.tag:
            self._check_plain(event)
        style = event.style
        node = Scalar(event.start_mark, event.value, bool(style))
        if style == '"' and self.check_escapes:
            for match in INVISIBLE.finditer(event.value):
                message = f"escaped invisible or control character U+{ord(match[0]):04X}"
                self._report(node, "Y104", message, "remove it")
        self._add(node)

    def _open_mapping(self, event: Any) -> None:
        self._open(event, Mapping(event.start_mark))

    def _open_sequence(self, event: Any) -> None:
        self._open(event, Sequence(event.start_mark))

    def _open(self, event: Any, node: Mapping | Sequence) -> None:
        if event.anchor or event.tag:
            self._check_plain(event)
        self._add(node)
        self.stack.append(node)
        self.keys.append(None)
        if len(self.stack) > MAX_DEPTH:
            self._refuse(event, "Y109", f"nested deeper than {MAX_DEPTH} levels")

    def _close(self, event: Any) -> None:
        self.stack.pop()
        self.keys.pop()

    def _alias(self, event: Any) -> None:
        self._refuse(event, "Y105", f"alias *{event.anchor} is not supported", _WRITE_OUT)
        self._add(Scalar(event.start_mark, "", True))

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            self._refuse(event, "Y106", "a second document in the file", "one file, one document")

    def _add(self, node: Node) -> None:
        if not self.stack:
            if self.documents == 1:
                self.root = node
            return
        parent = self.stack[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
            return
        key = self.keys[-1]
        if key is None:
            self.keys[-1] = self._key(parent, node)
        else:
            parent.values.setdefault(key.value, node)
            self.keys[-1] = None

    def _key(self, parent: Mapping, node: Node) -> Scalar:
        if not isinstance(node, Scalar):
            self.refused = True
            self._report(node, "Y108", f"a key must be text, found {node.kind}")
            return Scalar(node.mark, "", True)
        first = parent.keys.setdefault(node.value, node)
        if first is not node:
            message = f"key `{node.value}` appears twice, first on line {first.line}"
            self._report(node, "Y110", message, "keep one of them")
        return node

    def _check_plain(self, event: Any) -> None:
        if event.anchor:
            self._refuse(event, "Y105", f"anchor &{event.anchor} is not supported", _WRITE_OUT)
        if event.tag:
            self._refuse(event, "Y105", f"tag {event.tag} is not supported", _WRITE_OUT)

    def _refuse(self, event: Any, id: str, message: str, hint: str = "") -> None:
        self.refused = True
        self._report(Node(event.start_mark), id, message, hint)

    def _report(self, node: Node, id: str, message: str, hint: str = "") -> None:
        self.found.append(finding(id, "error", at(self.file, node), message, hint))


_WRITE_OUT = "write the value out"
