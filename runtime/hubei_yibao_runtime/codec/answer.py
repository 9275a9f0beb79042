"""An answer's outer shape: who speaks (platform or gateway), and did it succeed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from ..errors import GatewayRefused, OutcomeUnknown, Rejected, YibaoError
from ..model import Repair
from . import jsontext
from .reading import MESSAGES

SUCCESS = "0"
_SHOWN = 200  #: characters of a foreign text shown in an error; err_msg is that long at most
_NUMBERED = re.compile(r"(?=[0-9A-Za-z]*[0-9]{4})[0-9A-Za-z]{8,}", re.ASCII)
_ZERO_LIKE = re.compile(r"[+-]?0+(\.0*)?", re.ASCII)
_REJECTED = "read err_msg, correct the cause, then call again; the call was not carried out"
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
    problem: str = ""  #: why it is unreadable, or what the gateway said; safe to show

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


def safe_text(text: str | None) -> str:
    """A foreign text made fit for errors: one line, cut, numbers of persons and cards masked."""
    line = " ".join((text or "").split())
    line = _NUMBERED.sub("***", line)
    return line if len(line) <= _SHOWN else line[:_SHOWN] + "…"


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
    if len(text) > 64 or (text != SUCCESS and _ZERO_LIKE.fullmatch(text)):
        return None, False
    if isinstance(value, Decimal):
        repairs.append(Repair("infcode", "infcode_number", MESSAGES["infcode_number"]))
        return (text, True) if value else (None, False)
    return text, True


def _without_infcode(raw: Mapping[str, Any], repairs: tuple[Repair, ...]) -> Answer:
    """A gateway's body, if it says so clearly; 408 and 5xx leave the outcome open."""
    code = next((c for key in ("code", "status") if (c := _code(raw.get(key)))), "")
    said = next((m for k in ("message", "msg", "error") if isinstance(m := raw.get(k), str)), "")
    what = f"code {safe_text(code)}" if code else "no code"
    problem = f"{what}: {safe_text(said)}" if said else what
    open_end = code == "408" or (len(code) == 3 and code.startswith("5"))
    refused = len(code) == 3 and code.startswith("4")
    if (refused or raw.get("success") is False) and not open_end:
        return Answer("gateway", raw, repairs=repairs, code=code, problem=problem)
    problem = f"the answer has neither infcode nor output ({problem})"
    return Answer("unreadable", raw, repairs=repairs, code=code, problem=problem)


def _code(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    if isinstance(value, int) and abs(value) >= 10**20:
        return ""
    return str(value).strip()[:64]


def failure(answer: Answer, number: str, name: str) -> YibaoError | None:
    """The error an answer stands for; None where it succeeded (or holds output without a code)."""
    if answer.kind == "unreadable":
        return OutcomeUnknown(
            answer.problem, raw=answer.raw, infno=number, name=name, advice=_UNKNOWN
        )
    if answer.kind == "gateway":
        return GatewayRefused(
            f"refused by a gateway, {answer.problem}", code=answer.code, raw=answer.raw,
            infno=number, name=name, advice=_GATEWAY,
        )  # fmt: skip
    if answer.infcode in (SUCCESS, None):
        return None
    said = answer.text("err_msg") or answer.text("message") or ""
    what = f"rejected by the platform, infcode {safe_text(answer.infcode)}"
    return Rejected(
        f"{what}: {safe_text(said)}" if said else what, infcode=answer.infcode or "",
        err_msg=said, inf_refmsgid=answer.text("inf_refmsgid"), raw=answer.raw,
        infno=number, name=name, advice=_REJECTED,
    )  # fmt: skip
