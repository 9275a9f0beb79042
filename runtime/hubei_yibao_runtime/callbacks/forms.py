"""How a callback is written: in the encrypted envelope, or as the ordinary message in clear.

No source says which form Hubei uses. Other provinces' 6xxx and 7xxx families use the envelope;
the simulator pushes ordinary messages.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from ..clock import Clock, platform_time
from ..codec.jsontext import Unreadable
from ..interface import Interface
from ..secure import EnvelopeRefused, SecureEnvelope, lexical
from ..secure.nodes import by_nodes, content

_LONGEST_ID = 128


class Refused(Exception):
    """Not a message for us; ``reason`` is for the log, never for the sender."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Message:
    """What a body said, before anybody looked whether it is new."""

    id: str | None  #: None where the form has none
    at: datetime  #: when it was written, aware
    input: Mapping[str, Any] = field(repr=False)  #: by nodes; numbers as int and Decimal
    digest: bytes  #: of number and content, not of the time


class Form(Protocol):
    """Reads a body and writes answers; methods raise Refused for what is not for us."""

    clock: Clock

    def open(self, interface: Interface, body: bytes) -> Message: ...

    def answer(self, interface: Interface, output: str, message: str) -> bytes:
        """The platform's form of a success; ``output`` is JSON by the interface's nodes."""
        ...

    def failure(self, message: str, *, genuine: bool) -> bytes:
        """Its form of a failure; to a sender that is not ``genuine`` nothing is sealed."""
        ...


@dataclass(frozen=True, slots=True)
class AnswerWords:
    """Values of an envelope's code and type. Read in public clients: 0 and "success"; what
    stands for a failure is not published."""

    success_code: int | str = 0
    success_type: str = "success"
    failure_code: int | str = -1
    failure_type: str = "error"


class SecureForm:
    """The envelope of the 6xxx and 7xxx families; it carries no message id of its own."""

    def __init__(self, envelope: SecureEnvelope, words: AnswerWords | None = None) -> None:
        self._envelope = envelope
        self._words = words or AnswerWords()
        self.clock = envelope.clock

    def open(self, interface: Interface, body: bytes) -> Message:
        try:
            opened = self._envelope.open(body)
        except EnvelopeRefused as refused:
            raise Refused(refused.reason) from None
        data = lexical.plain(opened.data)
        if not isinstance(data, dict):
            raise Refused("content")
        digest = _digest(interface.number, opened.signed_data)
        return Message(None, opened.at, by_nodes(interface.input or (), data), digest)

    def answer(self, interface: Interface, output: str, message: str) -> bytes:
        data = content(lexical.read(output.encode()))
        words = self._words
        fields = _answer_fields(words.success_code, words.success_type, message, True)
        return self._envelope.seal(data, fields=fields)

    def failure(self, message: str, *, genuine: bool) -> bytes:
        words = self._words
        fields = _answer_fields(words.failure_code, words.failure_type, message, False)
        if genuine:
            return self._envelope.seal({}, fields=fields)
        return lexical.write(fields).encode()


class PlainForm:
    """The ordinary message, not signed: for the simulator and for a line nobody else reaches.

    ``fixmedins_code``: ours; a message for another institution is refused.
    """

    def __init__(self, fixmedins_code: str, clock: Clock | None = None) -> None:
        self._code = fixmedins_code
        self.clock = clock or Clock()

    def open(self, interface: Interface, body: bytes) -> Message:
        try:
            message = lexical.read(body)
        except Unreadable:
            raise Refused("unreadable") from None
        if not isinstance(message, dict) or not isinstance(message.get("input"), dict):
            raise Refused("unreadable")
        if message.get("infno") != interface.number:
            raise Refused("infno")
        if message.get("fixmedins_code") != self._code:
            raise Refused("fixmedins_code")
        at = platform_time(message.get("inf_time"))
        if at is None:
            raise Refused("timestamp")
        given = message["input"]
        digest = _digest(interface.number, lexical.write(given))
        return Message(usable_id(message.get("msgid")), at, lexical.plain(given), digest)

    def answer(self, interface: Interface, output: str, message: str) -> bytes:
        return self._written("0", message, lexical.read(output.encode()))

    def failure(self, message: str, *, genuine: bool) -> bytes:
        return self._written("-1", message, None)

    def _written(self, infcode: str, message: str, output: Any) -> bytes:
        now = self.clock.now()
        return lexical.write(
            {
                "infcode": infcode,
                "respond_time": now.strftime("%Y%m%d%H%M%S") + f"{now.microsecond // 1000:03}",
                "err_msg": message if infcode != "0" else "",
                "output": output,
            }
        ).encode()


def usable_id(value: Any) -> str:
    """A message id; raises Refused if it is empty, too long or no text or whole number."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not text or len(text) > _LONGEST_ID or not text.isprintable():
        raise Refused("message_id")
    return text


def _digest(number: str, content: str) -> bytes:
    return hashlib.sha256(f"{number}\n{content}".encode()).digest()


def _answer_fields(code: int | str, kind: str, message: str, success: bool) -> dict[str, Any]:
    return {"code": code, "type": kind, "success": success, "message": message}
