"""Encrypted messages: the envelope of the 6xxx and 7xxx families, and the bearer + SM2/SM4 form.

Nothing here is published for Hubei; what is known comes from public clients of other provinces
(docs/decisions/006-national-cryptography.md), so every rule is a setting.
"""

from __future__ import annotations

from .envelope import EnvelopeRefused, Opened, SecureEnvelope, session_key
from .lexical import Number
from .rules import JAVA_CLIENTS, WEB_CLIENT, SigningRules

__all__ = [
    "JAVA_CLIENTS", "WEB_CLIENT", "EnvelopeRefused", "Number", "Opened", "SecureEnvelope",
    "SigningRules", "session_key",
]  # fmt: skip
