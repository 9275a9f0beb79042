"""Units for the files that interfaces share: groups, clients, registry, OpenAPI, lists."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..ir.build import build_envelope, build_groups
from ..ir.model import Group
from .docs import emit_list
from .groups import emit_group
from .lock import emit_lock
from .output import HEADER, Rendered, Summary, Texts, Unit, digest
from .package import emit_client, emit_init, emit_messages, emit_registry, emit_types
from .schemas import envelope_schema, openapi
from .units import Source

#: Gives the texts of an interface by its number.
Fetch = Callable[[str], Texts]

_FIXED = {
    "groups/__init__.py": f'{HEADER}"""Operations of the clients, by group."""\n',
    "models/__init__.py": f'{HEADER}"""Models of the interfaces, one module each."""\n',
    "tables/__init__.py": f'{HEADER}"""Field tables of the interfaces, one module each."""\n',
    "py.typed": "",
}


def shared_units(source: Source, parts: list[Summary], fetch: Fetch) -> list[Unit]:
    """The units; each depends on no more of the interfaces than it shows."""
    offered = [part for part in parts if part.direction != "callback"]
    groups = build_groups((part.number, part.group) for part in offered)
    own, title, edition = source.generator, source.platform.title, source.platform.edition
    numbers = [part.number for part in parts]
    shown = [f"{p.number} {p.name} {p.group} {p.method} {p.row}" for p in parts]
    hashes = [f"{kind} {key} {value}" for (kind, key), value in sorted(source.hashes.items())]
    types = sorted({name: text for part in parts for name, text in part.types.items()}.items())
    units = [_group_unit(own, group, offered, fetch) for group in groups]
    plain: list[tuple[str, list[str], Callable[[], dict[str, str]]]] = [
        ("fixed", [], lambda: dict(_FIXED)),
        ("init", [title, edition], lambda: {"__init__.py": emit_init(title, edition)}),
        (
            "client",
            [f"{part.number} {part.group}" for part in offered],
            lambda: {"client.py": emit_client(offered, groups)},
        ),
        ("messages", numbers, lambda: {"messages.py": emit_messages(parts)}),
        ("registry", [p.row for p in parts], lambda: {"registry.py": emit_registry(parts)}),
        ("types", [f"{n} {t}" for n, t in types], lambda: {"models/_types.py": emit_types(types)}),
        (
            "openapi",
            [source.hashes["platform", "platform"], *(part.key for part in parts)],
            lambda: {"openapi.json": _openapi(source, parts, fetch)},
        ),
        ("list", shown, lambda: {"docs/interfaces.md": emit_list(parts)}),
        (
            "lock",
            hashes,
            lambda: {
                "generated.lock.json": emit_lock(parts, source.spec.dictionaries, source.hashes)
            },
        ),
    ]
    units += [Unit(n, digest(own, n, *k), partial(_render, make)) for n, k, make in plain]
    return units


def _render(make: Callable[[], dict[str, str]]) -> Rendered:
    return Rendered(make())


def _group_unit(own: str, group: Group, offered: list[Summary], fetch: Fetch) -> Unit:
    members = [part for part in offered if part.group == group.name]
    key = digest(own, group.name, group.class_name, *(part.key for part in members))

    def render() -> Rendered:
        texts = [fetch(number) for number in group.numbers]
        return Rendered({f"groups/{group.name}.py": emit_group(group, texts)})

    return Unit(f"group {group.name}", key, render)


def _openapi(source: Source, parts: list[Summary], fetch: Fetch) -> str:
    request, response = build_envelope(source.platform)
    envelopes: dict[str, Any] = {
        "RequestEnvelope": envelope_schema(request),
        "ResponseEnvelope": envelope_schema(response),
    }
    texts = {part.number: fetch(part.number) for part in parts}
    called = {part.number for part in parts if part.direction != "callback"}
    return openapi(
        source.platform.title,
        source.platform.edition,
        {f"/{number}": each.openapi_path for number, each in texts.items() if number in called},
        {number: each.openapi_path for number, each in texts.items() if number not in called},
        [each.openapi_components for each in texts.values()],
        envelopes,
    )
