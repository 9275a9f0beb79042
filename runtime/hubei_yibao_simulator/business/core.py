"""What every business rule has in hand: the call, the books, and a way to say no."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from ..money import NotMoney, number
from ..state import Books, Row

Fields = dict[str, Any]
#: Output by node; the key None stands for fields directly under ``output``.
Output = Mapping[str | None, Any]
Handler = Callable[["Call"], Output | None]


class Refusal(Exception):
    """The platform says no: infcode -1 with this text."""


@dataclass(frozen=True)
class File:
    """An answer that is a file, not a message."""

    filename: str
    content: bytes


@dataclass
class Call:
    """One request, checked and parsed."""

    number: str
    input: Fields
    envelope: Mapping[str, str]
    books: Books
    now: datetime
    #: bytes of a multipart upload
    upload: bytes | None = None
    #: columns of the files of 13xx, 3202 and 5204: ``layout(number, direction)``
    layout: Callable[[str, str], tuple[Any, ...]] = lambda number, direction: ()
    codes: Callable[[str], dict[str, str]] = lambda key: {}

    @property
    def msgid(self) -> str:
        return self.envelope["msgid"]

    @property
    def institution(self) -> str:
        return self.envelope["fixmedins_code"]

    @property
    def time(self) -> str:
        return self.now.strftime("%Y-%m-%d %H:%M:%S")

    @property
    def date(self) -> str:
        return self.now.strftime("%Y-%m-%d")

    def node(self, name: str) -> Fields:
        """The node as one object; a list of one is taken as its only row."""
        value = self.input.get(name)
        if isinstance(value, list):
            value = value[0] if value else {}
        return value if isinstance(value, dict) else {}

    def rows(self, name: str) -> list[Fields]:
        """The node as rows; a single object is taken as a list of one."""
        value = self.input.get(name)
        if isinstance(value, dict):
            return [value]
        return list(value) if isinstance(value, list) else []

    def new_id(self, name: str) -> str:
        """Region, ``G`` and 13 digits: the shape seen in Hubei for visits and settlements."""
        region = (self.envelope.get("mdtrtarea_admvs") or "420000")[:6]
        return f"{region}G{self.books.next(name):013d}"

    def visit(self, fields: Mapping[str, Any], *kinds: str) -> Row:
        """The visit a request names by mdtrt_id and psn_no, of this institution."""
        row = self.books.row(
            "SELECT * FROM visit WHERE mdtrt_id = ? AND institution = ?",
            fields.get("mdtrt_id"), self.institution,
        )  # fmt: skip
        if row is None or (kinds and row["kind"] not in kinds):
            refuse("未找到该就诊记录", "mdtrt_id", "就诊ID")
        if fields.get("psn_no") != row["psn_no"]:
            refuse("与就诊记录不一致", "psn_no", "人员编号")
        if row["status"] == "cancelled":
            refuse("该就诊已撤销", "mdtrt_id", "就诊ID")
        return row


HANDLERS: dict[str, Handler] = {}


def handles(*numbers: str) -> Callable[[Handler], Handler]:
    """Register a rule for these interfaces."""

    def register(handler: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(numbers, handler))
        return handler

    return register


def refuse(text: str, field: str = "", label: str = "") -> NoReturn:
    """Refuse the call; the text names field and label, never a personal value."""
    name = f"{label}（{field}）" if field else ""
    raise Refusal(f"{name}{text}")


def whole(fields: Mapping[str, Any], name: str, label: str, default: int = 0) -> int:
    """A whole number of the request; ``5.0`` and ``"5"`` are 5."""
    value = fields.get(name)
    if value is None or value == "":
        return default
    try:
        return int(number(value))
    except NotMoney:
        refuse("应为整数", name, label)


def page(fields: Mapping[str, Any], rows: Sequence[Fields], size: int = 100) -> list[Fields]:
    """The page the request asks for; page_num counts from 1."""
    wanted = max(1, whole(fields, "page_num", "当前页数", 1))
    size = max(1, whole(fields, "page_size", "本页数据量", size))
    return list(rows[(wanted - 1) * size : wanted * size])
