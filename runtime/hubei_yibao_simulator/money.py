"""Money in whole cents, and JSON that never passes money through binary floating point."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

import msgspec

CENT = Decimal("0.01")
_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


class NotMoney(ValueError):
    """The value is no amount with at most two decimal places."""


def cents(value: Any) -> int:
    """``12.5``, ``"12.50"`` or ``Decimal`` as 1250; absent or empty counts as 0."""
    if value is None or value == "":
        return 0
    amount = number(value)
    if amount != amount.quantize(CENT):
        raise NotMoney(str(value))
    return int(amount * 100)


def number(value: Any) -> Decimal:
    """A finite decimal number from its wire form."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise NotMoney(str(value)) from None
    if not amount.is_finite() or abs(amount) >= 10**20:
        raise NotMoney(str(value))
    return amount


def yuan(amount: int) -> Decimal:
    """1250 as ``Decimal("12.50")``."""
    return Decimal(amount).scaleb(-2)


def share(amount: int, ratio: Decimal) -> int:
    """``ratio`` of an amount in cents, half up (symmetrical for negative amounts)."""
    return int((amount * ratio).quantize(Decimal(1), ROUND_HALF_UP))


def loads(text: bytes | str) -> Any:
    """JSON as Python values with ``Decimal`` for every number that has a fraction."""
    return _decoder.decode(text)


def dumps(value: Any) -> bytes:
    """Python values as UTF-8 JSON, ``Decimal`` as an exact JSON number."""
    return _encoder.encode(value)
