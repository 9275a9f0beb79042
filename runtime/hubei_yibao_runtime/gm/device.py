"""What an envelope asks of a cryptographic device, and the device made of software."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

#: Customary user id (GM/T 0009); some platforms take the client id or the secret instead.
DEFAULT_USER_ID = b"1234567812345678"


class Signer(Protocol):
    """Signs and verifies with SM2; signatures are r and s, 32 bytes each."""

    def sign(self, message: bytes, user_id: bytes = DEFAULT_USER_ID) -> bytes: ...

    def verify(
        self, message: bytes, signature: bytes, user_id: bytes = DEFAULT_USER_ID
    ) -> bool: ...


class Cipher(Protocol):
    """Encrypts and decrypts with SM4; ``decrypt`` raises CipherError, never says why."""

    def encrypt(self, data: bytes) -> bytes: ...

    def decrypt(self, data: bytes) -> bytes: ...


class Device(Signer, Cipher, Protocol):
    """Both: ``sign`` with our key, ``verify`` with the other side's, one symmetric key.

    A hardware module implements these four methods and holds the keys; it must stand threads.
    """


@dataclass(frozen=True, slots=True)
class SoftwareDevice:
    """A :class:`Device` of keys held in memory; ``theirs`` is the other side's public key."""

    own: Signer = field(repr=False)
    theirs: Signer = field(repr=False)
    cipher: Cipher = field(repr=False)

    def sign(self, message: bytes, user_id: bytes = DEFAULT_USER_ID) -> bytes:
        return self.own.sign(message, user_id)

    def verify(self, message: bytes, signature: bytes, user_id: bytes = DEFAULT_USER_ID) -> bool:
        return self.theirs.verify(message, signature, user_id)

    def encrypt(self, data: bytes) -> bytes:
        return self.cipher.encrypt(data)

    def decrypt(self, data: bytes) -> bytes:
        return self.cipher.decrypt(data)
