"""Rules over what refers to something in another file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from ..findings import Location
from ..spec.convert import Path, did_you_mean
from ..spec.load import Document
from ..spec.model import Role
from .context import Context
from .registry import Found, rule


def _bindings(context: Context) -> Iterator[tuple[Document, Path, str]]:
    for place in context.places:
        if place.field.dictionary:
            yield place.document, (*place.path, "dictionary"), place.field.dictionary
    for document, interface in context.interfaces:
        for number, layout in enumerate(interface.files):
            for index, column in enumerate(layout.columns):
                if column.dictionary:
                    path = ("files", number, "columns", index, "dictionary")
                    yield document, path, column.dictionary
    for document, platform in context.platforms:
        for side in ("request", "response"):
            for index, field in enumerate(getattr(platform.envelope, side)):
                if field.dictionary:
                    yield document, ("envelope", side, index, "dictionary"), field.dictionary


@rule("R302", "error")
def unknown_dictionary(context: Context) -> Iterator[Found]:
    """A field, column or envelope key is bound to a code table that exists."""
    known = context.known("dictionary")
    ordered = sorted(known)
    for document, path, key in _bindings(context):
        if key not in known:
            hint = did_you_mean(key, ordered) or f"no file dictionaries/{key}.yaml"
            yield Found(document.locate(path), f"unknown dictionary `{key}`", hint)


@rule("R303", "error")
def unknown_number(context: Context) -> Iterator[Found]:
    """`deprecated.replaced_by` and `cancels` name other interfaces that exist."""
    known = context.known("interface")
    ordered = sorted(known)
    for document, interface in context.interfaces:
        named: list[tuple[Path, str]] = [
            (("cancels", index), number) for index, number in enumerate(interface.cancels)
        ]
        if interface.deprecated:
            named.append((("deprecated", "replaced_by"), interface.deprecated.replaced_by))
        for path, number in named:
            if number == interface.number:
                yield Found(document.locate(path), f"`{path[0]}` names the interface itself")
            elif number not in known:
                hint = did_you_mean(number, ordered)
                yield Found(document.locate(path), f"unknown interface `{number}`", hint)


@rule("R304", "error")
def role_twice(context: Context) -> Iterator[Found]:
    """A role belongs to one interface."""
    first: dict[str, Document] = {}
    for document, interface in context.interfaces:
        if interface.role is not None:
            other = first.setdefault(interface.role, document)
            if other is not document:
                message = f"role `{interface.role}` already belongs to {other.key}"
                yield Found(document.locate(("role",)), message)


@rule("R305", "warning")
def role_missing(context: Context) -> Iterator[Found]:
    """Without an interface for a role, the runtime lacks what it does by itself.

    Sign-in and sign-out, file upload and download, reversal, querying code tables.
    """
    if context.broken("interface") or not context.interfaces:
        return
    held = {interface.role for _, interface in context.interfaces}
    for role in get_args(Role):
        if role not in held:
            place = Location((context.loaded.root / "interfaces").as_posix())
            yield Found(place, f"no interface has the role `{role}`")


@rule("R306", "info")
def unused_dictionary(context: Context) -> Iterator[Found]:
    """A code table that no field is bound to."""
    used = {key for _, _, key in _bindings(context)}
    for document, dictionary in context.dictionaries:
        if dictionary.key not in used:
            message = f"dictionary `{dictionary.key}` ({dictionary.label}) is bound to no field"
            yield Found(document.locate(("key",)), message)


@rule("R307", "error")
def dictionary_alias(context: Context) -> Iterator[Found]:
    """An alias leads to one table: it is no key and no alias of another one."""
    owners = {dictionary.key: dictionary.key for _, dictionary in context.dictionaries}
    for document, dictionary in context.dictionaries:
        for index, alias in enumerate(dictionary.aliases):
            owner = owners.setdefault(alias, dictionary.key)
            if alias == dictionary.key:
                message = f"alias `{alias}` is the key itself"
            elif owner != dictionary.key:
                message = f"alias `{alias}` already leads to dictionary `{owner}`"
            elif alias in dictionary.aliases[:index]:
                message = f"alias `{alias}` appears twice"
            else:
                continue
            yield Found(document.locate(("aliases", index)), message)
