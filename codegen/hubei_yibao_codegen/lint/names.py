"""Rules over names: of fields side by side, of files, of operations."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator

from ..naming import CLIENT_NAMES, METHOD_NAMES
from ..spec.convert import Path
from ..spec.load import Document
from ..spec.model import Field, Interface
from .context import Context, Group, nodes_of
from .registry import Found, rule


@rule("C401", "error")
def name_twice(context: Context) -> Iterator[Found]:
    """Names and aliases of fields side by side are distinct; so are nodes of a message.

    A field that stands directly in a message stands beside the nodes.
    """
    for document, interface in context.interfaces:
        yield from _twice(document, list(_top(interface, "input")))
        yield from _twice(document, list(_top(interface, "output")))
    for group in context.groups:
        if not _direct(group):
            named = [((*group.path, index), field) for index, field in enumerate(group.fields)]
            yield from _twice(group.document, [(path, "field", *_names(f)) for path, f in named])


_CATEGORY_MARK = re.compile(r"[0-9A-Za-z]+-")

Named = tuple[Path, str, str, tuple[str, ...]]


def _names(field: Field) -> tuple[str, tuple[str, ...]]:
    return field.name, field.aliases


def _direct(group: Group) -> bool:
    """Whether the group's fields stand directly in the message."""
    if len(group.path) != 3:
        return False
    side, index = group.path[0], group.path[1]
    nodes = group.interface.input if side == "input" else group.interface.output
    return isinstance(nodes, tuple) and isinstance(index, int) and nodes[index].node is None


def _top(interface: Interface, side: str) -> Iterator[Named]:
    for index, node in enumerate(nodes_of(interface, "input" if side == "input" else "output")):
        if node.node is not None:
            yield (side, index), "node", node.node, node.aliases
            continue
        for number, field in enumerate(node.fields):
            yield (side, index, "fields", number), "field", *_names(field)


def _twice(document: Document, named: list[Named]) -> Iterator[Found]:
    names: dict[str, Path] = {}
    for path, kind, name, _ in named:
        if name in names:
            place = document.locate((*path, "node" if kind == "node" else "name"))
            first = document.locate(names[name]).line
            yield Found(place, f"{kind} `{name}` appears twice here, first on line {first}")
        names.setdefault(name, path)
    aliases: dict[str, str] = {}
    for path, kind, name, others in named:
        for index, alias in enumerate(others):
            taken = alias if alias in names else aliases.get(alias)
            if taken is not None:
                place = document.locate((*path, "aliases", index))
                message = f"alias `{alias}` of {kind} `{name}` is already a name of `{taken}`"
                yield Found(place, message)
            aliases.setdefault(alias, name)


@rule("C402", "error")
def file_name(context: Context) -> Iterator[Found]:
    """A file is named after its number or key: `2207.yaml`, `med_type.yaml`."""
    for document in context.loaded.documents:
        if document.model is None or document.kind == "platform":
            continue
        if document.path.stem != document.key:
            key = "number" if document.kind == "interface" else "key"
            message = f"{key} `{document.key}` in a file named `{document.path.name}`"
            yield Found(document.locate((key,)), message, f"rename it to `{document.key}.yaml`")


@rule("C403", "error")
def folder(context: Context) -> Iterator[Found]:
    """An interface lies in the folder of its level-1 category: `2-…/2207.yaml` for `2-医保服务`.

    Folder names are English; the number or letter before the first `-` has to agree where the
    category has one, and one category has one folder.
    """
    folders: dict[str, str] = {}
    for document, interface in context.interfaces:
        parts = context.loaded.below(document).parts[1:-1]
        name = "/".join(parts)
        category = interface.category[0]
        mark = _CATEGORY_MARK.match(category)
        prefix = mark[0].casefold() if mark else ""
        if len(parts) != 1 or not name.casefold().startswith(prefix):
            wanted = f"interfaces/{prefix}…/{document.path.name}"
            message = f"category `{category}` in folder `{name or '.'}`"
            yield Found(document.locate(("category", 0)), message, f"move it to `{wanted}`")
        elif folders.setdefault(category, name) != name:
            message = f"category `{category}` has two folders, `{folders[category]}` and `{name}`"
            yield Found(document.locate(("category", 0)), message)


@rule("C404", "error")
def only_case_differs(context: Context) -> Iterator[Found]:
    """Numbers, or dictionary keys, that differ in case only.

    They name generated files, and Windows and macOS would keep only one of the two.
    """
    for key, documents in (
        ("number", [document for document, _ in context.interfaces]),
        ("key", [document for document, _ in context.dictionaries]),
    ):
        first: dict[str, str] = {}
        for document in documents:
            other = first.setdefault(document.key.casefold(), document.key)
            if other != document.key:
                message = f"{key} `{document.key}` differs from `{other}` in case only"
                yield Found(document.locate((key,)), message)


@rule("C405", "error")
def operation_twice(context: Context) -> Iterator[Found]:
    """Every interface has an operation of its own."""
    first: dict[str, Document] = {}
    for document, interface in context.interfaces:
        other = first.setdefault(interface.operation, document)
        if other is not document:
            message = f"operation `{interface.operation}` is already that of {other.key}"
            hint = f"see {other.locate(('operation',))}"
            yield Found(document.locate(("operation",)), message, hint)


@rule("C406", "error")
def operation_name(context: Context) -> Iterator[Found]:
    """Group and method of an operation become Python names of the client.

    Neither may be a keyword, and the group may not hide what a client offers itself.
    """
    for document, interface in context.interfaces:
        group, method = interface.operation.split(".")
        for name, kind in ((group, "group"), (method, "method")):
            if keyword.iskeyword(name):
                message = f"{kind} `{name}` is a Python keyword"
                yield Found(document.locate(("operation",)), message)
        if group in CLIENT_NAMES | METHOD_NAMES:
            message = f"group `{group}` would hide `Client.{group}`"
            yield Found(document.locate(("operation",)), message)
