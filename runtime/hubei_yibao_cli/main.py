"""Where the program ``hubei-yibao`` starts."""

from __future__ import annotations

import sys


def main() -> None:
    """Run what the command line asks for and exit with its code."""
    try:
        from .overview import run
    except ModuleNotFoundError as error:
        if error.name not in ("typer", "rich"):
            raise
        sys.exit(f"hubei-yibao: {error.name}?  pip install 'hubei-yibao[cli]'")
    run()


if __name__ == "__main__":
    main()
