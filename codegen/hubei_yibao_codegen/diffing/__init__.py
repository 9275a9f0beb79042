"""What changes between two editions of the spec, and whom it breaks."""

from __future__ import annotations

from .change import LEVELS, RULES, Change, Level, bump
from .compare import compare

__all__ = ["LEVELS", "RULES", "Change", "Level", "bump", "compare"]
