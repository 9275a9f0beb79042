"""Self-contained copies of client and runtime for projects that take no dependency on this one."""

from __future__ import annotations

from .copy import Refused, Upgrade, check, vendor
from .manifest import MANIFEST, read_manifest

__all__ = ["MANIFEST", "Refused", "Upgrade", "check", "read_manifest", "vendor"]
