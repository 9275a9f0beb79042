"""``hubei-yibao-codegen``: only the chosen subcommand is imported, so that it starts fast."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from keyword import iskeyword

#: Subcommand → what it does; the module of the same name in ``commands`` carries it out.
COMMANDS = {
    "generate": "spec → generated package; --check only compares",
    "lint": "check the spec, list every finding",
    "dump": "print a stage of the pipeline",
    "import": "a published document → what differs; --apply edits the spec",
    "new": "write the file of a new interface",
    "rename": "an interface, code table or field, with all references",
    "close": "mark interfaces as not open, or open again",
    "deprecate": "mark an interface as replaced by another",
    "diff": "what changed between two editions, whom it breaks, the changelog",
    "check-message": "real messages against the field tables",
    "sync-dictionaries": "code tables as the platform answers them → spec/dictionaries",
    "docs": "the documentation site, from spec and guides",
    "vendor": "a self-contained copy of client and runtime; --check compares one",
    "watch": "lint and regenerate whenever a spec file is saved",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand and return its exit code; 2 for wrong usage."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] not in COMMANDS:
        return _overview(words)
    command, *rest = words
    # Looking for plugins of pydantic takes longer than a small change to the package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    name = command.replace("-", "_") + ("_" if iskeyword(command) else "")
    module = import_module(f".commands.{name}", __package__)
    parser = argparse.ArgumentParser(
        prog=f"hubei-yibao-codegen {command}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.configure(parser)
    arguments = parser.parse_args(rest)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Chinese
    try:
        code: int = module.run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, `head` for one, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _overview(words: list[str]) -> int:
    lines = [f"  {name:<18} {what}" for name, what in COMMANDS.items()]
    parser = argparse.ArgumentParser(
        prog="hubei-yibao-codegen",
        description="From the hand-edited spec to the generated package.",
        epilog="\n".join(("commands:", *lines)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND")
    parser.parse_args(words)
    return 2


if __name__ == "__main__":
    sys.exit(main())
