"""Write the file of a new interface, which lints as it stands.

What is not given stays unknown; the category follows the interfaces with the same first two
digits where these agree. Exit code 2 if the number is taken or not a number.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..spec.load import Loaded, load, load_bytes


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("number", metavar="NUMBER", help="2207, 1312a, YH03; case counts")
    parser.add_argument("--name", required=True, help="as the listing prints it")
    parser.add_argument("--operation", help="group.verb_object; else unnamed.call_NUMBER")
    parser.add_argument("--category", nargs=2, metavar=("LEVEL1", "LEVEL2"))
    parser.add_argument("--description", metavar="TEXT")
    parser.add_argument("--call-mode", choices=("realtime", "daily"), default="realtime")
    parser.add_argument("--institution", choices=("all", "medical", "pharmacy"))
    parser.add_argument("--open", choices=("true", "false"))
    parser.add_argument("--direction", choices=("request", "callback"))
    parser.add_argument("--effect", choices=("query", "write", "session", "transfer"))
    parser.add_argument("--spec", type=Path, default=Path("spec"), metavar="DIR")


def run(arguments: argparse.Namespace) -> int:
    from ..importing.apply import NotApplied, apply
    from ..importing.plan import Edit
    from ..importing.skeleton import folder_for, interface_text, operation_for

    loaded = load(arguments.spec)
    interfaces = loaded.spec.interfaces
    number = arguments.number
    taken = next((each for each in interfaces if each.casefold() == number.casefold()), None)
    if taken is not None:
        sys.stderr.write(f"{taken} exists: {loaded.files['interface', taken]}\n")
        return 2
    category = arguments.category or _siblings(loaded, number)
    facts = {
        "number": number,
        "name": arguments.name,
        "operation": arguments.operation
        or operation_for(number, (each.operation for each in interfaces.values())),
        "category": category,
        "call_mode": arguments.call_mode,
        "description": arguments.description,
        "institution": arguments.institution,
        "open": None if arguments.open is None else arguments.open == "true",
        "direction": arguments.direction,
        "effect": arguments.effect,
    }
    known = {each: (loaded.files["interface", each], interfaces[each]) for each in interfaces}
    folder = folder_for((category or ["unspecified"])[0], arguments.spec, known)
    path = folder / f"{number}.yaml"
    settled = None not in (arguments.operation, arguments.direction, arguments.effect)
    data = interface_text(facts, settled).encode()
    document = load_bytes("interface", path, data, path.as_posix())
    if document.model is None:
        sys.stderr.write("".join(f"{each.message}\n" for each in document.findings))
        return 2
    try:
        apply([Edit(path, path, None, data)])
    except NotApplied as refused:
        sys.stderr.write(f"{refused}\n")
        return 2
    sys.stdout.write(f"{path}\n")
    return 0


def _siblings(loaded: Loaded, number: str) -> list[str] | None:
    """The category of the interfaces that share the first two characters, if they agree."""
    found = {
        interface.category
        for other, interface in loaded.spec.interfaces.items()
        if other[:2] == number[:2]
    }
    return list(found.pop()) if len(found) == 1 else None
