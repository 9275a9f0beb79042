"""Real messages against the spec: what the platform does that the field tables do not say.

Messages hold personal data. Nothing here keeps or prints a value: only shapes (``8 digits``),
and codes of fields that are bound to a code table and not sensitive.
"""

from __future__ import annotations

from .observe import Observed, observe
from .reading import Message, Reading, read_messages

__all__ = ["Message", "Observed", "Reading", "observe", "read_messages"]
