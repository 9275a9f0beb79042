"""SM4 (GB/T 32907) in ECB with PKCS#7 padding, as every public client of the platform uses it.

ECB shows equal blocks as equal and lets blocks be moved; only the signature over the plain text
makes a message safe against change.
"""

from __future__ import annotations

from typing import Any

from ..errors import SettingsError
from .digest import missing, unsupported

BLOCK = 16


class CipherError(ValueError):
    """What was given is no cipher text of this key. The message is always the same."""

    def __init__(self) -> None:
        super().__init__("not a cipher text of this key")


class Sm4:
    """SM4-ECB-PKCS7 with one key of 16 bytes; safe with threads."""

    def __init__(self, key: bytes) -> None:
        if len(key) != BLOCK:
            raise SettingsError(f"an SM4 key has {BLOCK} bytes, this one has {len(key)}")
        self._cipher = _cipher(key)

    def encrypt(self, data: bytes) -> bytes:
        """The cipher text: ``data`` padded to whole blocks of 16 bytes."""
        fill = BLOCK - len(data) % BLOCK
        encryptor = self._cipher.encryptor()
        padded = data + bytes((fill,)) * fill
        text: bytes = encryptor.update(padded) + encryptor.finalize()
        return text

    def decrypt(self, data: bytes) -> bytes:
        """The plain text; CipherError if length or padding is wrong."""
        if not data or len(data) % BLOCK:
            raise CipherError
        decryptor = self._cipher.decryptor()
        padded: bytes = decryptor.update(data) + decryptor.finalize()
        fill = padded[-1]
        if not 1 <= fill <= BLOCK or padded[-fill:] != bytes((fill,)) * fill:
            raise CipherError
        return padded[:-fill]

    def __repr__(self) -> str:
        return "<Sm4>"


def _cipher(key: bytes) -> Any:
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.ciphers import Cipher, modes
        from cryptography.hazmat.primitives.ciphers.algorithms import SM4
    except ImportError:
        raise missing("cryptography") from None
    cipher = Cipher(SM4(key), modes.ECB())
    try:
        cipher.encryptor()
    except UnsupportedAlgorithm:
        raise unsupported("SM4") from None
    return cipher
