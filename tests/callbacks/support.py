"""A handler over the real registry, with keys for both sides."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from hubei_yibao.registry import INTERFACES
from hubei_yibao_runtime.callbacks import (
    Call,
    CallbackHandler,
    CallbackStore,
    PlainForm,
    SecureForm,
    Store,
)
from hubei_yibao_runtime.clock import Clock
from hubei_yibao_runtime.secure import SecureEnvelope, session_key
from second_gm import QuickDevice

APP_ID, APP_SECRET = "0123456789ABCDEF0123456789ABCDEF", "SECRETSECRETSECRETSECRET01234567"
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
CODE = "H42000000001"
NOTICE = {
    "payOrdId": "PAY1", "callType": "02", "medOrgOrd": "ORD1", "traceTime": "20260304130500",
    "feeSumamt": Decimal("100.50"), "ownpayAmt": "20.5", "psnAcctPay": 30, "fundPay": Decimal("50.00"),
    "hiChrgTime": "20260304130501", "hiDocSn": "D1", "hiRgstSn": "R1", "orgName": "医院",
    "setlType": "ALL", "revsToken": "TOKEN", "extData": {"any": "thing"},
}  # fmt: skip


def envelope(now: datetime = NOW, **more: Any) -> SecureEnvelope:
    device = more.pop("device", None) or QuickDevice(session_key(APP_ID, APP_SECRET))
    clock = Clock(lambda: now)
    return SecureEnvelope(app_id=APP_ID, app_secret=APP_SECRET, device=device, clock=clock, **more)


def ordinary(number: str, content: Any, **changes: Any) -> bytes:
    """The ordinary message, as the simulator pushes it."""
    message = {
        "infno": number, "msgid": f"{CODE}202603041306070001", "inf_time": "2026-03-04 13:06:07",
        "fixmedins_code": CODE, "input": content,
    }  # fmt: skip
    return json.dumps(message | changes, default=str).encode()


class Books:
    """A hospital that remembers its calls and writes a row for each."""

    def __init__(self, answer: Any = None) -> None:
        self.calls: list[Call] = []
        self.answer = answer if answer is not None else {"data": {"success": True, "message": "好"}}

    def __call__(self, call: Call) -> Any:
        self.calls.append(call)
        if call.connection is not None:
            call.connection.execute("CREATE TABLE IF NOT EXISTS booking (id TEXT)")
            call.connection.execute("INSERT INTO booking VALUES (?)", (call.message_id,))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def handler(
    tmp_path: Path, *, plain: bool = False, store: Store | None = None, **more: Any
) -> CallbackHandler:
    form = PlainForm(CODE, Clock(lambda: NOW)) if plain else SecureForm(envelope())
    store = store or CallbackStore(tmp_path / "callbacks.db")
    return CallbackHandler(INTERFACES, form, store, **more)


def body_of(answer: Any) -> Any:
    return json.loads(answer.body)
