"""National algorithms behind three operations, so that a hardware module can take their place.

:class:`Device` is ``sign``, ``verify`` and ``encrypt``/``decrypt``; :class:`SoftwareDevice` does
them here: SM3, HMAC-SM3 and SM4 with ``cryptography``, SM2 with ``gmalg``. ``gmalg`` is pure
Python and not constant-time: who can measure a signature closely enough learns about the key, so
it is meant for a client inside a hospital's network. Both packages are the extra ``gm`` and are
imported on first use. See docs/decisions/006-national-cryptography.md.
"""

from __future__ import annotations

from .device import DEFAULT_USER_ID, Cipher, Device, Signer, SoftwareDevice
from .digest import hmac_sm3, sm3
from .sm2 import Sm2Key, der, raw
from .sm4 import CipherError, Sm4

__all__ = [
    "DEFAULT_USER_ID", "Cipher", "CipherError", "Device", "Signer", "Sm2Key", "Sm4",
    "SoftwareDevice", "der", "hmac_sm3", "raw", "sm3",
]  # fmt: skip
