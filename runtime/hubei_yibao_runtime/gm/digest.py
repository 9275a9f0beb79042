"""SM3 (GB/T 32905) and HMAC with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import SettingsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import hashes


def missing(package: str) -> SettingsError:
    """The error for a package that is not installed."""
    return SettingsError(
        f"national algorithms need the package {package!r}",
        advice="install the extra: pip install 'hubei-yibao[gm]'",
    )


def unsupported(algorithm: str) -> SettingsError:
    """The error for a ``cryptography`` whose OpenSSL was built without an algorithm."""
    return SettingsError(
        f"the OpenSSL behind 'cryptography' has no {algorithm}",
        advice="install 'cryptography' from a wheel of PyPI instead of the distribution's",
    )


def _sm3() -> hashes.HashAlgorithm:
    try:
        from cryptography.hazmat.primitives import hashes
    except ImportError:
        raise missing("cryptography") from None
    return hashes.SM3()


def sm3(data: bytes) -> bytes:
    """SM3 digest, 32 bytes."""
    algorithm = _sm3()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes

    try:
        digest = hashes.Hash(algorithm)
    except UnsupportedAlgorithm:
        raise unsupported("SM3") from None
    digest.update(data)
    return digest.finalize()


def hmac_sm3(key: bytes, data: bytes) -> bytes:
    """HMAC with SM3, 32 bytes."""
    algorithm = _sm3()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hmac

    try:
        mac = hmac.HMAC(key, algorithm)
    except UnsupportedAlgorithm:
        raise unsupported("SM3") from None
    mac.update(data)
    return mac.finalize()
