"""The SM2 curve (GB/T 32918.5) and what a key on it must be."""

from __future__ import annotations

P = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_00000000_FFFFFFFF_FFFFFFFF
A = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_00000000_FFFFFFFF_FFFFFFFC
B = 0x28E9FA9E_9D9F5E34_4D5A9E4B_CF6509A7_F39789F5_15AB8F92_DDBCBD41_4D940E93
N = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123
G = (
    0x32C4AE2C_1F198119_5F990446_6A39C994_8FE30BBF_F2660BE1_715A4589_334C74C7,
    0xBC3736A2_F4F6779C_59BDCEE3_6B692153_D0A9877C_C62A4740_02DF32E5_2139F0A0,
)

Point = tuple[int, int]


def fault_of_scalar(number: int) -> str | None:
    """Why ``number`` is no private key; None if it is one (1 to n-2)."""
    if number == 0:
        return "it is zero"
    if number >= N - 1:
        return "it is not smaller than the order of the curve less one"
    return None


def fault_of_point(point: Point) -> str | None:
    """Why ``point`` is no public key; None if it is one. The cofactor is 1: on the curve is enough."""
    x, y = point
    if x >= P or y >= P:
        return "a coordinate is not smaller than the prime of the field"
    if (y * y - (x * x * x + A * x + B)) % P:
        return "the point is not on the SM2 curve"
    return None
