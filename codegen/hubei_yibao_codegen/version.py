"""Version of the generator, as written into the lock file."""

from __future__ import annotations

VERSION = "0.1.0"
