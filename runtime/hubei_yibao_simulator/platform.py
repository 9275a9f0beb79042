"""The platform without HTTP: a message goes in, an answer or a file comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from hubei_yibao_runtime.interface import Registry

from . import checking, envelope, signing
from .business import HANDLERS, Call, File, Refusal
from .business.session import signed_in
from .config import UTC8, SimulatorConfig
from .masking import Masker
from .rules import FAULTS, ODDITIES, RuleSet
from .sample import Sampler
from .shape import shape
from .state import Books

OK, REFUSED = "0", "-1"
SIGN_IN = "9001"
SHOWN_FAULTS = 3


@dataclass(frozen=True)
class Reply:
    """What goes back: a message, or a file instead of one."""

    message: dict[str, Any]
    file: File | None = None


class Platform:
    """State, rules and spec of one simulator; used by one thread at a time."""

    def __init__(self, config: SimulatorConfig, registry: Registry) -> None:
        self.config = config
        self.registry = registry
        self.books = Books(config.database)
        self.codes = cache(registry.codes)
        self.masker = Masker(registry)
        self.sampler = Sampler(config.seed, self._codes_or_none)
        self.faults = RuleSet(FAULTS, config.faults)
        self.oddities = RuleSet(ODDITIES, config.oddities)

    def now(self) -> datetime:
        return self.config.clock().astimezone(UTC8)

    def process(
        self,
        message: dict[str, Any],
        upload: bytes | None = None,
        *,
        commit: bool = True,
        remark: str = "",
    ) -> Reply:
        """Carry out one request. Without ``commit`` everything is undone but the note that the
        message was seen; ``remark`` stands in that note."""
        received = self.now()
        self.books.begin()
        try:
            output, file = self._carry_out(message, upload, received)
            infcode, text = OK, ""
        except Refusal as refusal:
            self.books.rollback()
            self.books.begin()
            output, file, infcode, text = None, None, REFUSED, str(refusal)
        except BaseException:
            self.books.rollback()
            raise
        outcome = "ok" if infcode == OK else "refused"
        if not commit and infcode == OK:
            self.books.rollback()
            self.books.begin()
            outcome = "not committed"
        serial = self.books.next("inf_refmsgid")
        answer = envelope.answer(received, self.now(), serial, infcode, text, output)
        self.note(message, outcome, text or remark, received, answer)
        self.books.commit()
        return Reply(answer, file)

    def refuse(self, message: dict[str, Any], text: str) -> Reply:
        """An answer with infcode -1 for a call that is not carried out."""
        received = self.now()
        self.books.begin()
        serial = self.books.next("inf_refmsgid")
        answer = envelope.answer(received, self.now(), serial, REFUSED, text, None)
        self.note(message, "refused", text, received, answer)
        self.books.commit()
        return Reply(answer)

    def note_only(self, message: dict[str, Any], outcome: str, text: str) -> None:
        """Write down that the message was seen."""
        self.books.begin()
        self.note(message, outcome, text, self.now(), {})
        self.books.commit()

    def note(
        self,
        message: Mapping[str, Any],
        outcome: str,
        text: str,
        received: datetime,
        answer: dict[str, Any],
    ) -> None:
        number = str(message.get("infno") or "")[:10]
        self.books.insert("message", {
            "received": received.strftime("%Y-%m-%d %H:%M:%S.%f"), "number": number,
            "msgid": str(message.get("msgid") or "")[:100],
            "institution": str(message.get("fixmedins_code") or "")[:100], "outcome": outcome,
            "detail": text, "request": self.masker.request(message),
            "answer": self.masker.answer(number, answer),
        })  # fmt: skip

    def _carry_out(
        self, message: dict[str, Any], upload: bytes | None, received: datetime
    ) -> tuple[Any, File | None]:
        faults = envelope.check(message)
        wrong_signature = signing.check_cainfo(self.config, message)
        if wrong_signature:
            faults.append(wrong_signature)
        _refuse_if(faults)
        number = message["infno"]
        interface = self.registry.get(number)
        if interface is None:
            raise Refusal(f"交易编号 {number} 不存在")
        given = message["input"]
        if upload is not None and isinstance(given.get("fsUploadIn"), dict):
            given = {**given, "fsUploadIn": {"in": "-", **given["fsUploadIn"]}}
        _refuse_if(checking.check_input(interface, given, self.codes))
        call = Call(
            number=number, input=message["input"], envelope=message, books=self.books,
            now=received, upload=upload, layout=self.layout, codes=self._codes_or_none,
        )  # fmt: skip
        if self.config.require_sign_in and number != SIGN_IN and not signed_in(call):
            raise Refusal("未签到：sign_no 无效，请先签到（9001）")
        handler = HANDLERS.get(number)
        if handler is None:
            return shape(interface, None, self.sampler), None
        result = handler(call) or {}
        file = result.get(None)
        if isinstance(file, File):
            return None, file
        return shape(interface, result, self.sampler), None

    def layout(self, number: str, direction: str) -> tuple[Any, ...]:
        """Columns of an interface's file; empty where none is known."""
        for layout in self.registry[number].files:
            if layout.direction == direction:
                return layout.columns
        return ()

    def _codes_or_none(self, key: str) -> dict[str, str]:
        try:
            return self.codes(key)
        except KeyError:
            return {}


def _refuse_if(faults: list[str]) -> None:
    if faults:
        more = f"；另有{len(faults) - SHOWN_FAULTS}处" if len(faults) > SHOWN_FAULTS else ""
        raise Refusal("入参校验不通过：" + "；".join(faults[:SHOWN_FAULTS]) + more)
