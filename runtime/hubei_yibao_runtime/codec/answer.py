"""An answer's outer shape: who speaks (platform or gateway), and did it succeed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from ..errors import GatewayRefused, OutcomeUnknown, Rejected, YibaoError
from ..model import MASK, Repair
from . import jsontext
from .reading import MESSAGES

SUCCESS = "0"
_SHOWN = 200  #: characters of a foreign text shown in an error; err_msg is that long at most
_READ = 4_000  #: characters of a foreign text looked at
_EDGE = 40  #: what a cut can leave of a number that would have been masked
#: Stands for itself in Chinese; NFKC would make it narrow.
_WIDE = "，：；！？（）"
_NARROWED = re.compile(f"[^{_WIDE}]+")
_WORD = re.compile(r"[0-9A-Za-z]+")
_LONG, _DIGITS = 8, re.compile(r"\d{4}", re.ASCII)  #: a word so long with so many digits is masked
_GAP = r"[ _‐-―−-]{1,3}"  #: between the groups of one number
_SPACED = re.compile(rf"\d+(?:{_GAP}\d+)*(?:[ -]?[xX](?![0-9A-Za-z]))?")
_PERSONAL = 11  #: digits of a mobile number; certificates and cards have more
_DATE = r"(?:19|20)\d\d-(?:0?[1-9]|1[0-2])-(?:0?[1-9]|[12]\d|3[01])"
_DATES = re.compile(rf"(?:\d\d{_GAP})?{_DATE}(?:{_GAP}{_DATE})*(?:{_GAP}\d\d)?", re.ASCII)
_SHORT = 5  #: below that, a value in Latin letters or digits is hidden as a whole word only
_REJECTED = "read err_msg, correct the cause, then call again; the call was not carried out"
_REJECTED_YET = (
    "read err_msg; the answer holds output all the same, so look the outcome up before anything "
    "is repeated"
)
_GATEWAY = "check address, credentials and clock of the profile; the call did not get through"
_UNKNOWN = "look the outcome up before anything is repeated; a write may have been carried out"


@dataclass(frozen=True, slots=True)
class Answer:
    """A body that was read, not yet judged by an interface."""

    kind: Literal["platform", "gateway", "unreadable"]
    raw: Any = field(default=None, repr=False)  #: the parsed message, or None
    infcode: str | None = None
    output: Any = field(default=None, repr=False)  #: as received
    repairs: tuple[Repair, ...] = ()
    code: str = ""  #: the gateway's code
    problem: str = ""  #: why it is unreadable; safe to show
    said: str | None = field(default=None, repr=False)  #: the gateway's words, where it spoke

    @property
    def envelope(self) -> dict[str, Any]:
        """All keys of the message beside ``output``."""
        if not isinstance(self.raw, dict):
            return {}
        return {key: value for key, value in self.raw.items() if key != "output"}

    def text(self, key: str) -> str | None:
        """An envelope value as text (``inf_refmsgid``, ``err_msg``, ...); None if empty."""
        value = self.raw.get(key) if isinstance(self.raw, dict) else None
        if value is None or value == "" or isinstance(value, dict | list | bool):
            return None
        return str(value)

    def explained(self, hidden: Collection[str] = ()) -> str:
        """Why it is no answer of the platform's; ``hidden`` as in :func:`safe_text`."""
        if self.said is None:
            return self.problem
        words = f"code {safe_text(self.code)}" if self.code else "no code"
        if self.said:
            words = f"{words}: {safe_text(self.said, hidden)}"
        return f"{self.problem} ({words})" if self.problem else words


def safe_text(text: str | None, hidden: Collection[str] = ()) -> str:
    """A foreign text made fit for errors: one line, cut, numbers of persons and cards masked.

    Each value of ``hidden`` is replaced too, if it has two characters or more. Digits in other
    scripts or widths become plain ones where Unicode counts them as the same.
    """
    text = text or ""
    line, edge = _line(text[:_READ]), _EDGE
    for value in sorted(set(map(_line, hidden)), key=len, reverse=True):
        if len(value) > 1:
            line, edge = _without(value, line), max(edge, len(value))
    line = _WORD.sub(_masked_word, _SPACED.sub(_masked_number, line))
    if len(text) > _READ:
        return line[:-edge][:_SHOWN] + "…"
    return line if len(line) <= _SHOWN else line[:_SHOWN] + "…"


def _line(text: str) -> str:
    """The text on one line, in plain letters and digits, without what cannot be seen."""
    plain = _NARROWED.sub(lambda part: unicodedata.normalize("NFKC", part[0]), text)
    seen = "".join(letter for letter in plain if letter.isprintable() or letter.isspace())
    return " ".join(seen.split())


def _without(value: str, line: str) -> str:
    if len(value) >= _SHORT or not value.isascii():
        return line.replace(value, MASK)
    alone = rf"(?<![0-9A-Za-z])(?<![0-9][.-]){re.escape(value)}(?![0-9A-Za-z]|[.-][0-9])"
    return re.sub(alone, MASK, line)


def _masked_number(match: re.Match[str]) -> str:
    number = match[0]
    personal = sum(map(str.isdecimal, number)) >= _PERSONAL and not _DATES.fullmatch(number)
    return MASK if personal else number


def _masked_word(match: re.Match[str]) -> str:
    return MASK if len(match[0]) >= _LONG and _DIGITS.search(match[0]) else match[0]


def read_answer(body: bytes) -> Answer:
    """Parse an answer and tell who speaks. Never raises; what is no answer is ``unreadable``."""
    if not body.strip():
        return Answer("unreadable", problem="the answer is empty")
    try:
        raw, repairs = jsontext.parse(body)
    except jsontext.Unreadable as error:
        looks = "HTML" if body.lstrip()[:1] == b"<" else "text"
        problem = f"the answer is {looks} of {len(body)} bytes, {error}"
        return Answer("unreadable", problem=problem)
    if not isinstance(raw, dict):
        problem = f"the answer is a JSON {type(raw).__name__}, not an object"
        return Answer("unreadable", raw, repairs=tuple(repairs), problem=problem)
    infcode, known = _infcode(raw.get("infcode"), repairs)
    output = raw.get("output")
    if infcode is not None:
        return Answer("platform", raw, infcode, output, tuple(repairs))
    if not known:
        problem = "infcode is neither a code nor absent"
        return Answer("unreadable", raw, output=output, repairs=tuple(repairs), problem=problem)
    if usable(output):
        repairs.append(Repair("infcode", "infcode_missing", MESSAGES["infcode_missing"]))
        return Answer("platform", raw, None, output, tuple(repairs))
    return _without_infcode(raw, tuple(repairs))


def usable(output: Any) -> bool:
    """Whether ``output`` holds something, so that its message can count as the platform's."""
    if isinstance(output, str):
        try:
            output = jsontext.parse(output.encode(errors="replace")).value
        except jsontext.Unreadable:
            return False
    return isinstance(output, dict | list) and bool(output)


def _infcode(value: Any, repairs: list[Repair]) -> tuple[str | None, bool]:
    """The code as text (None where absent), and whether that is certain."""
    if isinstance(value, int) and not isinstance(value, bool):
        repairs.append(Repair("infcode", "infcode_number", MESSAGES["infcode_number"]))
        text = str(value) if abs(value) < 10**20 else None
        return text, text is not None
    if value is None or (isinstance(value, str) and not value.strip()):
        return None, True
    if not isinstance(value, str | Decimal) or not (text := str(value).strip()):
        return None, False
    if len(text) > 64 or (text != SUCCESS and _is_zero(_line(text))):
        return None, False
    if isinstance(value, Decimal):
        repairs.append(Repair("infcode", "infcode_number", MESSAGES["infcode_number"]))
        return (text, True) if value else (None, False)
    return text, True


def _is_zero(text: str) -> bool:
    """Whether it is a zero, however written."""
    try:
        return Decimal(text).is_zero()
    except InvalidOperation:
        return False


def _without_infcode(raw: Mapping[str, Any], repairs: tuple[Repair, ...]) -> Answer:
    """A gateway's body, if it says so clearly; 408 and 5xx leave the outcome open."""
    code = next((c for key in ("code", "status") if (c := _code(raw.get(key)))), "")
    said = next((m for k in ("message", "msg", "error") if isinstance(m := raw.get(k), str)), "")
    open_end = code == "408" or (len(code) == 3 and code.startswith("5"))
    refused = len(code) == 3 and code.startswith("4")
    if (refused or raw.get("success") is False) and not open_end:
        return Answer("gateway", raw, repairs=repairs, code=code, said=said)
    problem = "the answer has neither infcode nor output"
    return Answer("unreadable", raw, repairs=repairs, code=code, problem=problem, said=said)


def _code(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    if isinstance(value, int) and abs(value) >= 10**20:
        return ""
    return str(value).strip()[:64]


def failure(
    answer: Answer, number: str, name: str, hidden: Collection[str] = ()
) -> YibaoError | None:
    """The error an answer stands for; None where it succeeded (or holds output without a code).

    ``hidden``: values of the request that must not show in what the far side says.
    """
    call: dict[str, Any] = {"raw": answer.raw, "infno": number, "name": name}
    if answer.kind == "unreadable":
        return OutcomeUnknown(answer.explained(hidden), advice=_UNKNOWN, **call)
    if answer.kind == "gateway":
        what = f"refused by a gateway, {answer.explained(hidden)}"
        return GatewayRefused(what, code=answer.code, advice=_GATEWAY, **call)
    if answer.infcode in (SUCCESS, None):
        return None
    said = answer.text("err_msg") or answer.text("message") or ""
    what = f"rejected by the platform, infcode {safe_text(answer.infcode)}"
    return Rejected(
        f"{what}: {safe_text(said, hidden)}" if said else what, infcode=answer.infcode or "",
        err_msg=said, inf_refmsgid=answer.text("inf_refmsgid"),
        advice=_REJECTED_YET if usable(answer.output) else _REJECTED, **call,
    )  # fmt: skip
