"""Spec files edited in place: only the lines of what changes are written anew.

A YAML library that writes whole trees (ruamel.yaml was tried) moves comments when items are put
in or taken out, and re-aligns those at line ends. So the parser's marks say where a value
stands, and the text of everything else is kept byte for byte.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

#: Widest line of a flow mapping, as the spec files are written; wider ones become blocks.
LINE = 180

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN = re.compile(r"[A-Za-z\u3400-\u9fff（【〔《][^\x00-\x1f,\[\]{}#&*!|>'\"%@`:\\]*\Z")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_REMOVED = object()


class CannotEdit(Exception):
    """The file is written in a way that cannot be edited; the message names the line."""


def scalar(value: Any) -> str:
    """A value on one line; text in double quotes where it could be misread."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {scalar(each)}" for key, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(scalar(each) for each in value) + "]"
    text = str(value)
    plain = _PLAIN.match(text) and text == text.strip() and text.lower() not in _WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)


def item_lines(values: Mapping[str, Any], indent: int) -> list[str]:
    """An item of a list: on one line where it fits, its ``fields`` always as a block."""
    if "fields" not in values:
        line = f"{' ' * indent}- {scalar(values)}"
        if _width(line) <= LINE:
            return [line]
    lines: list[str] = []
    for key, value in values.items():
        lines += key_lines(key, value, indent + 2)
    lines[0] = f"{' ' * indent}- {lines[0][indent + 2 :]}"
    return lines


def key_lines(key: str, value: Any, indent: int) -> list[str]:
    """A key of a block mapping; a list of mappings becomes a block of items."""
    pad = " " * indent
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], Mapping):
        inner = [line for each in value for line in item_lines(each, indent + 2)]
        return [f"{pad}{key}:", *inner]
    return [f"{pad}{key}: {scalar(value)}"]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


class Map:
    """A mapping of the file, with changes not yet written."""

    def __init__(self, file: SpecText, node: yaml.MappingNode) -> None:
        self.file = file
        self.node = node
        self.flow = bool(node.flow_style)
        self.pairs = {key.value: (key, value) for key, value in node.value}
        self.pending: dict[str, Any] = {}
        self.order: Sequence[str] = ()

    @property
    def line(self) -> int:
        return int(self.node.start_mark.line) + 1

    def __contains__(self, key: str) -> bool:
        return key in self.pairs

    def get(self, key: str, default: Any = None) -> Any:
        """The value as plain data: text, bool, int, list, dict."""
        return plain(self.pairs[key][1]) if key in self.pairs else default

    def maps(self, key: str) -> list[Map]:
        """The mappings in the list under ``key``; [] where there is none."""
        node = self.pairs[key][1] if key in self.pairs else None
        if not isinstance(node, yaml.SequenceNode):
            return []
        return [self.file.map(each) for each in node.value]

    def set(self, key: str, value: Any, order: Sequence[str]) -> None:
        """Set a key; a new one goes where ``order`` has it among the others."""
        self.pending[key] = value
        self.order = order

    def remove(self, key: str) -> None:
        self.pending[key] = _REMOVED

    def insert(self, key: str, index: int, values: Mapping[str, Any]) -> None:
        """Put an item before the ``index``-th of the block list under ``key``."""
        node = self._block_list(key)
        column = int(node.start_mark.column)
        if index > 0:
            at = self.file.end(node.value[index - 1])
        else:
            at = self.file.above(node.value[0].start_mark.line)
        self.file.edits.append((at, at, item_lines(values, column)))

    def take_out(self, key: str, index: int) -> None:
        """Remove the ``index``-th item of the block list under ``key``."""
        node = self._block_list(key)
        each = node.value[index]
        self.file.edits.append((each.start_mark.line, self.file.end(each), []))

    def _block_list(self, key: str) -> yaml.SequenceNode:
        node = self.pairs[key][1]
        if self.flow or node.flow_style:
            raise CannotEdit(f"line {self.line}: `{key}` stands on one line, write it as a block")
        assert isinstance(node, yaml.SequenceNode)
        return node

    def write(self) -> None:
        """Turn the pending changes into edits of lines."""
        if not self.pending:
            return
        if self.flow:
            self._write_flow()
        else:
            self._write_block()

    def _keys(self) -> list[str]:
        """The keys there will be, in order."""
        keys = [key for key in self.pairs if self.pending.get(key) is not _REMOVED]
        for key, value in self.pending.items():
            if value is _REMOVED or key in keys:
                continue
            earlier = set(self.order[: self.order.index(key)])
            at = max((i + 1 for i, each in enumerate(keys) if each in earlier), default=0)
            keys.insert(at, key)
        return keys

    def _write_flow(self) -> None:
        start, end = self.node.start_mark, self.node.end_mark
        texts = {
            key: scalar(self.pending[key])
            if key in self.pending
            else self.file.source(self.pairs[key][1])
            for key in self._keys()
        }
        first, last = self.file.lines[start.line], self.file.lines[end.line]
        before, after = first[: start.column], last[end.column :]
        line = before + "{" + ", ".join(f"{key}: {text}" for key, text in texts.items()) + "}"
        lines = [line + after]
        if _width(line) > LINE and before.endswith("- "):
            pad = " " * start.column
            lines = [f"{pad}{key}: {text}" for key, text in texts.items()]
            lines[0] = f"{before}{lines[0][start.column :]}{after}"
        self.file.edits.append((start.line, end.line + 1, lines))

    def _write_block(self) -> None:
        column = int(self.node.start_mark.column)
        old = list(self.pairs)
        keys = self._keys()
        if old[0] not in keys:
            raise CannotEdit(f"line {self.line}: the first key cannot be removed")
        if keys[0] != old[0]:
            self._write_first(keys[: keys.index(old[0])], column)
            keys = keys[keys.index(old[0]) :]
        previous = old[0]
        for key in keys:
            if key in self.pending and key not in self.pairs:
                at = self.file.end(self.pairs[previous][1])
                self.file.edits.append((at, at, key_lines(key, self.pending[key], column)))
            elif key in self.pairs:
                previous = key
        for key, value in self.pending.items():
            if key not in self.pairs:
                continue
            name, node = self.pairs[key]
            first, end = name.start_mark.line, self.file.end(node)
            if value is _REMOVED:
                self.file.edits.append((first, end, []))
                continue
            lines = key_lines(key, value, column)
            rest = self.file.lines[node.end_mark.line] if end == first + 1 else ""
            lines[0] = self.file.lines[first][:column] + lines[0][column:]
            lines[0] += rest[node.end_mark.column :] if rest else ""
            self.file.edits.append((first, end, lines))

    def _write_first(self, keys: Sequence[str], column: int) -> None:
        """Put keys before the first one, whose line may start with the dash of a list."""
        at = int(self.node.start_mark.line)
        if next(iter(self.pairs)) in self.pending:
            raise CannotEdit(f"line {at + 1}: the first key cannot be changed and moved")
        lines = [line for key in keys for line in key_lines(key, self.pending[key], column)]
        lead, rest = self.file.lines[at][:column], self.file.lines[at][column:]
        lines[0] = lead + lines[0][column:]
        self.file.edits.append((at, at + 1, [*lines, " " * column + rest]))


class SpecText:
    """The text of a spec file and the changes made to it."""

    def __init__(self, text: str) -> None:
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self.text = text
        self.lines = text.split(self.newline)
        self.edits: list[tuple[int, int, list[str]]] = []
        self._maps: dict[int, Map] = {}
        node = yaml.compose(text.replace("\r\n", "\n"), _Loader)
        if not isinstance(node, yaml.MappingNode):
            raise CannotEdit("the file holds no mapping")
        self.root = self.map(node)

    def map(self, node: yaml.Node) -> Map:
        """The one Map of a node."""
        assert isinstance(node, yaml.MappingNode)
        return self._maps.setdefault(id(node), Map(self, node))

    def walk(self) -> list[Map]:
        """Every mapping of the file."""
        found: list[Map] = []
        waiting: list[yaml.Node] = [self.root.node]
        while waiting:
            node = waiting.pop()
            if isinstance(node, yaml.MappingNode):
                found.append(self.map(node))
                waiting += [value for _, value in node.value]
            elif isinstance(node, yaml.SequenceNode):
                waiting += node.value
        return found

    def rendered(self) -> str:
        """The text with all changes."""
        for each in self._maps.values():
            each.write()
            each.pending = {}
        lines: list[str] = []
        at = 0
        for first, end, new in sorted(self.edits, key=lambda edit: edit[:2]):
            if first < at:
                raise CannotEdit(f"line {first + 1}: two changes overlap")
            lines += self.lines[at:first] + new
            at = end
        return self.newline.join(lines + self.lines[at:])

    def end(self, node: yaml.Node) -> int:
        """Index of the line after a node's last one; comments below do not belong to it."""
        while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
            last = node.value[-1]
            node = last[1] if isinstance(last, tuple) else last
        mark = node.end_mark
        # the parser ends literal blocks and empty values at the token that follows
        at = mark.line if mark.column == 0 and mark.line > node.start_mark.line else mark.line + 1
        while at > node.start_mark.line + 1 and _blank(self.lines[at - 1]):
            at -= 1
        return int(at)

    def above(self, line: int) -> int:
        """Index of the first of the comment lines directly above a line."""
        while line > 0 and self.lines[line - 1].lstrip().startswith("#"):
            line -= 1
        return line

    def source(self, node: yaml.Node) -> str:
        """The text of a value inside a flow mapping, on one line."""
        start, end = node.start_mark, node.end_mark
        if start.line == end.line:
            return self.lines[start.line][start.column : end.column]
        middle = self.lines[start.line + 1 : end.line]
        parts = [
            self.lines[start.line][start.column :],
            *middle,
            self.lines[end.line][: end.column],
        ]
        if any("#" in part for part in parts):
            raise CannotEdit(f"line {start.line + 1}: a comment inside a value")
        return " ".join(part.strip() for part in parts)


def _blank(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def plain(node: yaml.Node) -> Any:
    """A node's data; an unquoted true, false or whole number is one, all else is text."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [plain(each) for each in node.value]
    assert isinstance(node, yaml.ScalarNode)
    if not node.style and node.value in ("true", "false"):
        return node.value == "true"
    if not node.style and re.fullmatch(r"0|[1-9][0-9]{0,17}", node.value):
        return int(node.value)
    return node.value


def comment_lines(text: str) -> Iterator[str]:
    """The comments that stand on lines of their own."""
    return (line.strip() for line in text.splitlines() if line.lstrip().startswith("#"))
