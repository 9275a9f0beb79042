"""One cell's text → a value, where it can only mean one thing; else :class:`Unread`.

Documents print the same thing in many ways: full-width digits, ``16，2``, ``（16,2）``, Y, 是 or √.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from ..spec.model import FieldType

_CJK = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f“”‘’"
_BESIDE_CJK = re.compile(rf"(?<=[{_CJK}])\s+|\s+(?=[{_CJK}])")
_DASHES = re.compile("[-‐–—]+")
_ZERO_WIDTH = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_NUMBER = re.compile(r"[0-9A-Z]{2}[0-9]{2}[A-Za-z]?\Z")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}\Z")
_DIGITS = re.compile(r"[1-9][0-9]{0,9}\Z")
_PRECISION = re.compile(r"([1-9][0-9]?)[,、]([0-9]{1,2})\Z")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-+]{0,63}\Z|-[0-9]{1,4}\Z")

_YES = {"y", "yes", "是", "√", "✓", "✔", "☑", "必填"}
_NO = {"", "n", "no", "否", "×", "✗", "✕", "-", "—", "/", "非必填"}
_NOTHING = {"", "-", "—", "/", "无"}


class Unread(Exception):
    """A cell that cannot be read for sure; the message is the reason."""


class Type(NamedTuple):
    """What the type column says. ``number``: 数值型, whose length without places means none."""

    kind: FieldType
    number: bool = False
    repeated: bool = False


class Length(NamedTuple):
    """What the length column says; both None where it is empty."""

    digits: int | None = None
    places: int | None = None


NO_LENGTH = Length()

_TYPES: dict[str, Type] = {
    **dict.fromkeys(("字符型", "字符", "字符串", "字符串型", "varchar", "string"), Type("string")),
    **dict.fromkeys(("数值型", "数值"), Type("decimal", number=True)),
    **dict.fromkeys(("bigdecimal", "decimal"), Type("decimal")),
    **dict.fromkeys(("整型", "整数型", "整数类型", "整数", "integer", "int"), Type("integer")),
    **dict.fromkeys(("日期型", "日期", "date"), Type("date")),
    **dict.fromkeys(("日期时间型", "日期时间", "datetime"), Type("datetime")),
    **dict.fromkeys(("布尔型", "布尔", "boolean"), Type("boolean")),
    **dict.fromkeys(("大文本", "文本型", "文本", "longtext", "text"), Type("text")),
    **dict.fromkeys(("字节数组", "byte[]", "bytes"), Type("bytes")),
    **dict.fromkeys(("对象型", "对象", "object", "实体", "dto"), Type("object")),
    **dict.fromkeys(
        ("列表", "集合", "数组", "list", "对象集合", "对象列表", "对象数组"),
        Type("object", repeated=True),
    ),
    **dict.fromkeys(("字符串数组", "字符串列表", "字符型数组"), Type("string", repeated=True)),
}

#: Documents name objects after what they hold: 就诊信息集合, 实体DTO, Map<String,String>.
_OBJECTS = (
    (re.compile(r"\Amap"), Type("object")),
    (re.compile(r"(集合|列表|数组|list)\Z|\Alist<"), Type("object", repeated=True)),
    (re.compile(r"(对象|实体|dto)\Z"), Type("object")),
)


def tidy(text: str) -> str:
    """Chinese prose without the line breaks and spaces that cell borders put into it."""
    flat = " ".join(_ZERO_WIDTH.sub("", text).split())
    return _BESIDE_CJK.sub("", flat)


def same_text(one: str, other: str) -> bool:
    """Whether two texts differ in white space, width and length of dashes only."""
    return _DASHES.sub("-", _folded(one)) == _DASHES.sub("-", _folded(other))


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", _ZERO_WIDTH.sub("", text)).split())


def narrow(text: str) -> str:
    """Full-width letters, digits and signs as ASCII; all white space gone."""
    return _folded(text)


def number(text: str) -> str:
    """An interface number, ``２２０７`` as 2207; case counts."""
    value = narrow(text)
    if not _NUMBER.match(value):
        raise Unread("not an interface number")
    return value


def is_number(text: str) -> bool:
    return bool(_NUMBER.match(narrow(text)))


def name(text: str) -> str:
    """A wire name; line breaks and spaces inside it are the cell's, not the name's."""
    value = narrow(text)
    if not value:
        raise Unread("no field name")
    if not _NAME.match(value):
        raise Unread("not a field name")
    return value


def mended(text: str) -> bool:
    """Whether :func:`narrow` changed more than the edges."""
    return narrow(text) != text.strip()


def flag(text: str) -> bool:
    """Y, 是, √ or their opposites; an empty cell says no."""
    value = narrow(text).casefold()
    if value in _YES:
        return True
    if value in _NO:
        return False
    raise Unread("neither yes nor no")


def type_of(text: str) -> Type | None:
    """The type column; None where it is empty."""
    value = narrow(text).casefold()
    if value in _NOTHING:
        return None
    known = _TYPES.get(value)
    if known is not None:
        return known
    for pattern, meant in _OBJECTS:
        if pattern.search(value):
            return meant
    raise Unread("unknown type")


def length(text: str) -> Length:
    """``30``, ``16,2``, ``16，2``, ``（16,2）``; ``2,000`` could be either and is refused."""
    value = narrow(text).strip("()[]")
    if value in _NOTHING:
        return NO_LENGTH
    if _DIGITS.match(value):
        return Length(int(value))
    pair = _PRECISION.match(value)
    if pair:
        digits, places = int(pair[1]), int(pair[2])
        if places <= digits:
            return Length(digits, places)
    raise Unread("neither a length nor digits and places")


def code(text: str) -> str:
    """A value of a code table."""
    value = narrow(text)
    if not value:
        raise Unread("no code")
    if not _CODE.match(value):
        raise Unread("not a code")
    return value
