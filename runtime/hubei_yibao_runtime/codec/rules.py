"""What a request value must look like, one function per type.

Each takes the value a caller gave and returns what goes onto the wire, or raises ``Refused``
with the rule and a message that says what is allowed and never holds the value itself.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum
from typing import Any

MAX_NUMBER = 100  #: longest number sent, in characters; keeps ``Decimal("1E+999999")`` off the wire
_SHOWN = 5
_COMPARED = 300  #: of a long code table, in the search for close codes

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", re.ASCII)


class Refused(Exception):
    """A value breaks a rule; ``rule`` is one of those listed at ``errors.Fault``."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message


def _wrong_type(value: Any, wanted: str) -> Refused:
    return Refused("type", f"must be {wanted}, not {type(value).__name__}")


def text(value: Any, length: int | None = None) -> str:
    """A text of at most ``length`` characters; members of a str enum count as their value."""
    if isinstance(value, Enum):
        value = value.value
    if not isinstance(value, str):
        raise _wrong_type(value, "text (str)")
    whole = str(value)
    if length is not None and len(whole) > length:
        raise Refused("length", f"has {len(whole)} characters, at most {length} are allowed")
    try:
        whole.encode()
    except UnicodeEncodeError:
        raise Refused("value", "holds half of a surrogate pair, UTF-8 cannot carry it") from None
    return whole


def code(value: str, table: Mapping[str, str], key: str, *, show: bool = True) -> str:
    """A code of ``table``; the refusal names the closest codes, the value only with ``show``."""
    if value in table:
        return value
    given = f"{value!r} " if show else ""
    message = f"{given}is not a code of {key}"
    near = _closest(value, table) if show else list(table)[:_SHOWN]
    if near:
        word = "closest" if show and len(near) < len(table) else "allowed"
        more = ", …" if len(near) < len(table) else ""
        message += f"; {word}: " + ", ".join(f"{item} {table[item]}" for item in near) + more
    raise Refused("code", message)


def _closest(value: str, table: Mapping[str, str]) -> list[str]:
    if len(table) <= _SHOWN:
        return list(table)
    by_label = [item for item, label in table.items() if value and value in label]
    alike = [item for item in table if item[:1] == value[:1]]
    by_code = get_close_matches(value, alike[:_COMPARED], n=_SHOWN, cutoff=0.4)
    return list(dict.fromkeys([*by_label, *sorted(by_code), *alike, *table]))[:_SHOWN]


def decimal(value: Any, digits: int | None = None, places: int | None = None) -> Decimal:
    """An exact number from Decimal, int or numeric text; at most ``digits``, ``places`` behind.

    Zeros behind the last allowed place are cut off, since they change nothing.
    """
    if isinstance(value, float):
        raise Refused("type", "is a float, which cannot hold money exactly; use Decimal or str")
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise _wrong_type(value, "a number (Decimal, int or numeric str)")
    if isinstance(value, str) and (len(value) > MAX_NUMBER or not _NUMBER.fullmatch(value)):
        raise Refused("type", 'must be a number; as text in the form "12.30"')
    too_long = Refused("precision", _allowed(digits, places))
    if isinstance(value, int) and value.bit_length() > 3 * MAX_NUMBER:
        raise too_long
    number = Decimal(value)
    if not number.is_finite():
        raise Refused("value", "must be a finite number, not NaN or Infinity")
    sign, figures, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    if len(figures) > MAX_NUMBER or abs(exponent) > MAX_NUMBER:
        raise too_long
    if digits is None or places is None:
        return number
    spare = -exponent - places
    if spare > 0:
        if any(figures[-spare:]):
            raise too_long
        number = Decimal((sign, figures[:-spare] or (0,), -places))
    if number and number.adjusted() >= digits - places:
        raise too_long
    return number


def _allowed(digits: int | None, places: int | None) -> str:
    if digits is None or places is None:
        return f"is longer than {MAX_NUMBER} digits"
    return (
        f"does not fit {digits},{places}: at most {digits - places} digits before "
        f"and {places} behind the point"
    )


def integer(value: Any, length: int | None = None) -> int:
    """A whole number of at most ``length`` digits, from int or a whole Decimal."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() <= MAX_NUMBER:
        whole = int(value)
        value = whole if whole == value else value
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong_type(value, "a whole number (int)")
    limit = MAX_NUMBER if length is None else length
    if abs(value) >= 10**limit:
        raise Refused("length", f"is too long, at most {limit} digits are allowed")
    return int(value)


def day(value: Any) -> str:
    """A date as ``yyyy-MM-dd``, from date or such a text."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if not isinstance(value, str):
        raise _wrong_type(value, "a date (date or str yyyy-MM-dd)")
    if not _DAY.fullmatch(value):
        raise Refused("format", "must have the form yyyy-MM-dd")
    return _exists(value, "date")


def instant(value: Any) -> str:
    """A time as ``yyyy-MM-dd HH:mm:ss``, from a naive datetime of China or such a text."""
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            raise Refused("value", "must be a datetime without time zone, in China's time (UTC+8)")
        return value.isoformat(" ", "seconds")
    if not isinstance(value, str):
        raise _wrong_type(value, "a date and time (datetime or str yyyy-MM-dd HH:mm:ss)")
    if not _INSTANT.fullmatch(value):
        raise Refused("format", "must have the form yyyy-MM-dd HH:mm:ss")
    return _exists(value, "date and time")


def _exists(value: str, what: str) -> str:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        raise Refused("value", f"is no {what} of the calendar") from None
    return value


def boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong_type(value, "true or false (bool)")
    return value


def octets(value: Any) -> str:
    """Bytes as Base64 text; a text goes as it is, since a profile may want another coding."""
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    return text(value)


def scalar(value: Any) -> Any:
    """A value of a field whose type no source states: text, int, Decimal, bool, date."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool):
        return value
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, int):
        return integer(value)
    if isinstance(value, Decimal | float):
        return decimal(value)
    if isinstance(value, str):
        return text(value)
    raise _wrong_type(value, "text or a number")
