"""Devices for the tests: gmssl, the second implementation, and one with a quick signature."""

from __future__ import annotations

import secrets

from gmssl import sm2, sm3, sm4  # type: ignore[import-untyped]
from hubei_yibao_runtime.gm import Sm4, hmac_sm3

#: Example of GB/T 32918.5 (recommended curve), with the number k of its example signature.
PRIVATE = "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8"
PUBLIC = (
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
K = "59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21"
SIGNED = (
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)
USER_ID = b"1234567812345678"


def digest(data: bytes) -> bytes:
    return bytes.fromhex(sm3.sm3_hash(list(data)))


def hmac(key: bytes, data: bytes) -> bytes:
    block = (digest(key) if len(key) > 64 else key).ljust(64, b"\0")
    inner = digest(bytes(byte ^ 0x36 for byte in block) + data)
    return digest(bytes(byte ^ 0x5C for byte in block) + inner)


class GmsslDevice:
    """SM2 and SM4 by gmssl; its own user id is fixed, so the digest is prepared here."""

    def __init__(self, private: str, public: str, key: bytes) -> None:
        self._sm2 = sm2.CryptSM2(private_key=private, public_key=public)
        self._own = self._sm2._kg(int(private, 16), sm2.default_ecc_table["g"])
        self._public = public
        self._key = key

    def _e(self, message: bytes, user_id: bytes, public: str) -> bytes:
        table = sm2.default_ecc_table
        curve = bytes.fromhex(table["a"] + table["b"] + table["g"] + public)
        head = (len(user_id) * 8).to_bytes(2, "big")
        return digest(digest(head + user_id + curve) + message)

    def sign(self, message: bytes, user_id: bytes = USER_ID, k: str | None = None) -> bytes:
        number = k or f"{secrets.randbits(255):064x}"
        return bytes.fromhex(self._sm2.sign(self._e(message, user_id, self._own), number))

    def verify(self, message: bytes, signature: bytes, user_id: bytes = USER_ID) -> bool:
        e = self._e(message, user_id, self._public)
        return bool(self._sm2.verify(signature.hex(), e))

    def _cipher(self, mode: int) -> sm4.CryptSM4:
        cipher = sm4.CryptSM4()
        cipher.set_key(self._key, mode)
        return cipher

    def encrypt(self, data: bytes) -> bytes:
        return bytes(self._cipher(sm4.SM4_ENCRYPT).crypt_ecb(data))

    def decrypt(self, data: bytes) -> bytes:
        return bytes(self._cipher(sm4.SM4_DECRYPT).crypt_ecb(data))


class QuickDevice:
    """A device whose signature is a keyed digest: for tests that need very many of them."""

    def __init__(self, key: bytes) -> None:
        self._cipher = Sm4(key)

    def sign(self, message: bytes, user_id: bytes = b"") -> bytes:
        return hmac_sm3(b"1" + user_id, message) + hmac_sm3(b"2" + user_id, message)

    def verify(self, message: bytes, signature: bytes, user_id: bytes = b"") -> bool:
        return self.sign(message, user_id) == signature

    def encrypt(self, data: bytes) -> bytes:
        return self._cipher.encrypt(data)

    def decrypt(self, data: bytes) -> bytes:
        return self._cipher.decrypt(data)
