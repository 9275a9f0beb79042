"""Files about all interfaces at once: registry, clients, lazy names."""

from __future__ import annotations

from ..ir.model import Group
from .output import HEADER, Summary
from .templates import render

#: Public names of the package and where each lives; a leading dot means inside the package.
EXPORTS = {
    ".client": ("AsyncClient", "Client"),
    ".messages": ("decode", "encode"),
    ".registry": ("INTERFACES",),
    "hubei_yibao_runtime.client": ("CallOptions",),
    "hubei_yibao_runtime.errors": (
        "Fault",
        "FileError",
        "GatewayRefused",
        "JournalError",
        "NotAllowed",
        "NotSent",
        "OutcomeUnknown",
        "Rejected",
        "RequestInvalid",
        "SettingsError",
        "YibaoError",
    ),
    "hubei_yibao_runtime.model": ("Result", "label"),
    "hubei_yibao_runtime.settings": ("Settings",),
}


def emit_registry(parts: list[Summary]) -> str:
    rows = "".join(f"{part.row},\n" for part in parts)
    return (
        f'{HEADER}"""Every interface of the listing by number."""\n\n'
        "from __future__ import annotations\n\n"
        "from hubei_yibao_runtime.interface import Registry\n\n"
        f'INTERFACES = Registry(__name__.rpartition(".")[0], ({rows}))\n'
    )


def emit_init(title: str, edition: str) -> str:
    """``__init__.py``: lazy names only."""
    exports = [(module, list(names)) for module, names in EXPORTS.items()]
    return render("package.py.jinja", title=title, edition=edition, exports=exports)


def emit_client(offered: list[Summary], groups: tuple[Group, ...]) -> str:
    """``client.py`` for the interfaces a client may call."""
    return render("client.py.jinja", parts=offered, groups=groups)


def emit_messages(parts: list[Summary]) -> str:
    return render("messages.py.jinja", parts=parts)


def emit_types(types: list[tuple[str, str]]) -> str:
    """``models/_types.py``: what the request models share, as (name, definition)."""
    text = "".join(definition for _, definition in types)
    return render(
        "types.py.jinja",
        types=types,
        decimal="Decimal" in text,
        codes="Codes(" in text,
        digits="Digits(" in text,
        field="Field(" in text,
    )
