"""Settings for the subcommands that need them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubei_yibao_runtime.settings import Settings


def load(config: str, institution: str) -> Settings:
    """From the file named, else as ``Settings.from_env``; ``YIBAO_*`` lies above either."""
    from hubei_yibao_runtime.settings import Settings

    _quieten()
    if config:
        return Settings.from_toml(config, institution or None, env=True)
    return Settings.from_env(institution or None)


def _quieten() -> None:
    """Outcomes are shown by the command itself; only what went wrong beside them is logged."""
    handler = logging.StreamHandler()
    handler.setLevel(logging.ERROR)
    logging.getLogger("hubei_yibao").addHandler(handler)
