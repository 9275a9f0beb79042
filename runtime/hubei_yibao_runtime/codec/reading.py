"""How a single answer value is read: its typed form and what had to be mended for it.

``read(kind, value)`` never raises. A value that cannot be read gives None with the repair kind
``unreadable``; it stays in ``result.raw``. Times are China's (UTC+8) without zone, as sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

Reading = tuple[Any, str | None]

MESSAGES = {
    "empty": "an empty text where a value is expected, read as None",
    "null": "null where the spec demands a value, read as None",
    "number_as_text": "a number sent as text",
    "text_as_number": "a text sent as a number",
    "text_as_boolean": "a text sent as true or false",
    "number_form": "a whole number sent with a fraction of zero",
    "boolean_form": "true or false in another form",
    "date_form": "a date or time in another form than the spec's",
    "unreadable": "a value of another kind than the spec's, read as None; see result.raw",
    "object_for_list": "an object where a list is expected, read as its only row",
    "list_for_object": "a list where an object is expected, its first entry read; see result.raw",
    "row_unreadable": "an entry that is no object, left out; see result.raw",
    "alias": "another spelling of the field's name",
    "duplicate_key": "the same key twice in one object, the last one read",
    "infcode_number": "infcode sent as a number",
    "infcode_missing": "no infcode; output is present, whether it succeeded is not said",
    "output_null": "output is null",
    "output_missing": "output is missing",
    "output_empty": "output is an empty text",
    "output_text": "output is JSON inside a text",
    "output_list": "output is a list",
    "output_rows": "output is a list of several rows, only the first is read; see result.raw",
    "output_unreadable": "output is neither object nor list; see result.raw",
    "charset": "not UTF-8, read as GB18030",
    "byte_order_mark": "the message starts with a byte order mark",
    "lenient_json": "not strictly JSON (control characters, NaN or oversized numbers)",
}

_CHINA = timedelta(hours=8)
_TOO_LONG = 10**1000  #: CPython refuses to print whole numbers of more than 4,300 digits
_EPOCH = datetime(1970, 1, 1)
_NUMBER = re.compile(r"[+-]?[0-9]{1,60}(\.[0-9]{0,60})?([eE][+-]?[0-9]{1,2})?", re.ASCII)
_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.([0-9]{1,9}))?"
    r" ?(Z|[+-][0-9]{2}:?[0-9]{2})?)?",
    re.ASCII,
)
_JAVA = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([0-9]{1,2}) ([0-9]{2}:[0-9]{2}:[0-9]{2}) "
    r"(CST|GMT\+08:00|UTC|GMT) ([0-9]{4})",
    re.ASCII,
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_STAMPS = {8: "%Y%m%d", 14: "%Y%m%d%H%M%S", 17: "%Y%m%d%H%M%S%f"}
_EMPTY_WORDS = frozenset({"", "null", "NULL"})  #: "null" as text: Hunan's own sample


def read(kind: str, value: Any) -> Reading:
    """Typed value and repair kind (None where nothing was mended) for a field of type ``kind``."""
    return _READERS.get(kind, _anything)(value)


def reader(kind: str) -> Callable[[Any], Any]:
    """The reading as a plain function, for pydantic."""
    function = _READERS.get(kind, _anything)
    return lambda value: function(value)[0]


def _anything(value: Any) -> Reading:
    return value, None


def _text(value: Any) -> Reading:
    if value is None or type(value) is str:
        return value, None
    if isinstance(value, bool):
        return ("true" if value else "false"), "text_as_boolean"
    if isinstance(value, str):
        return str(value), None
    if isinstance(value, Decimal) or (isinstance(value, int) and -_TOO_LONG < value < _TOO_LONG):
        return str(value), "text_as_number"
    return None, "unreadable"


def _decimal(value: Any) -> Reading:
    if value is None or (type(value) is Decimal and value.is_finite()):
        return value, None
    if isinstance(value, bool):
        return None, "unreadable"
    if isinstance(value, int):
        return Decimal(value), None
    if isinstance(value, float):
        value = repr(value)
    if isinstance(value, str):
        word = value.strip()
        if word in _EMPTY_WORDS:
            return None, "empty"
        if _NUMBER.fullmatch(word):
            return Decimal(word), "number_as_text"
    return None, "unreadable"


def _integer(value: Any) -> Reading:
    if value is None or type(value) is int:
        return value, None
    number, repair = _decimal(value)
    if number is None or number.adjusted() > 60 or number != number.to_integral_value():
        return None, repair or "unreadable"
    return int(number), repair or "number_form"


def _boolean(value: Any) -> Reading:
    if value is None or isinstance(value, bool):
        return value, None
    word = str(value).strip().lower() if isinstance(value, str | int) else ""
    if word in ("true", "1"):
        return True, "boolean_form"
    if word in ("false", "0"):
        return False, "boolean_form"
    return None, "empty" if isinstance(value, str) and word in _EMPTY_WORDS else "unreadable"


def _datetime(value: Any) -> Reading:
    if value is None or type(value) is datetime:
        return value, None
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day), None
    if isinstance(value, str) and value.strip() in _EMPTY_WORDS:
        return None, "empty"
    try:
        moment = _moment(value)
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        return None, "unreadable"
    usual = type(value) is str and len(value) == 19 and value[10] == " "
    return moment, None if usual else "date_form"


def _date(value: Any) -> Reading:
    if type(value) is date:
        return value, None
    moment, repair = _datetime(value)
    if moment is None:
        return None, repair
    usual = isinstance(value, date) or (type(value) is str and len(value) == 10)
    return moment.date(), None if usual else "date_form"


def _moment(value: Any) -> datetime | None:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        if not 0 <= value < 10**17 or value != int(value):
            return None
        value = str(int(value))
    if not isinstance(value, str):
        return None
    word = value.strip()
    if word.isascii() and word.isdigit():
        return _stamp(word)
    if match := _ISO.fullmatch(word):
        return _iso(*match.groups())
    if match := _JAVA.fullmatch(word):
        month, day, time, zone, year = match.groups()
        number = _MONTHS.index(month) + 1
        moment = datetime.fromisoformat(f"{year}-{number:02}-{int(day):02} {time}")
        return moment if zone in ("CST", "GMT+08:00") else moment + _CHINA
    return None


def _stamp(word: str) -> datetime | None:
    if len(word) == 13:
        return _EPOCH + timedelta(milliseconds=int(word)) + _CHINA
    form = _STAMPS.get(len(word))
    return datetime.strptime(word, form) if form else None


def _iso(day: str, time: str | None, fraction: str | None, zone: str | None) -> datetime:
    moment = datetime.fromisoformat(f"{day} {time or '00:00'}")
    if fraction:
        moment = moment.replace(microsecond=int(fraction[:6].ljust(6, "0")))
    if zone is None:
        return moment
    aware = datetime.fromisoformat(f"{moment.isoformat()}{zone}")
    return aware.astimezone(UTC).replace(tzinfo=None) + _CHINA


_READERS: dict[str, Callable[[Any], Reading]] = {
    "string": _text,
    "text": _text,
    "bytes": _text,
    "decimal": _decimal,
    "integer": _integer,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
}
