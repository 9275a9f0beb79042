"""A body goes in, the hospital's function is called once, the platform's form comes out."""

from __future__ import annotations

import json
import logging
import sqlite3
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from callbacks.support import (
    APP_SECRET,
    CODE,
    NOTICE,
    NOW,
    Books,
    body_of,
    envelope,
    handler,
    ordinary,
)
from hubei_yibao.registry import INTERFACES
from hubei_yibao_runtime.callbacks import (
    CallbackHandler,
    CallbackStore,
    Decline,
    PlainForm,
    SecureForm,
)
from hubei_yibao_runtime.errors import SettingsError
from hubei_yibao_runtime.gm import Sm2Key, Sm4, SoftwareDevice
from hubei_yibao_runtime.secure import lexical, session_key
from second_gm import PRIVATE, PUBLIC, GmsslDevice, QuickDevice


def rows(tmp_path: Path) -> list[str]:
    with sqlite3.connect(tmp_path / "callbacks.db") as books:
        return [each for (each,) in books.execute("SELECT id FROM booking")]


def test_a_notice_reaches_the_function_as_a_typed_model(tmp_path: Path) -> None:
    books, mine = Books(), handler(tmp_path)
    mine.on("6302", books)
    answer = mine.handle("6302", envelope().seal(NOTICE))
    assert answer.status == 200
    (call,) = books.calls
    assert isinstance(call.input, INTERFACES["6302"].input_model)
    assert call.input.data.payOrdId == "PAY1"
    assert call.input.data.feeSumamt == Decimal("100.50")
    assert call.input.data.ownpayAmt == Decimal("20.5")
    assert call.input.data.hiChrgTime == "20260304130501"
    assert call.raw["data"]["extData"] == {"any": "thing"}
    assert "number_as_text" in {repair.kind for repair in call.repairs}
    assert (call.attempt, call.at) == (1, NOW)
    assert "TOKEN" not in repr(call)


def test_the_answer_is_sealed_in_the_platforms_form(tmp_path: Path) -> None:
    mine = handler(tmp_path)
    mine.on("6302", Books())
    opened = envelope().open(mine.handle("6302", envelope().seal(NOTICE)).body)
    assert opened.data == {"success": True, "message": "好"}
    assert {k: opened.fields[k] for k in ("code", "type", "success", "message")} == {
        "code": "0", "type": "success", "success": True, "message": "success",
    }  # fmt: skip


def test_with_sm2_and_a_platform_of_another_implementation(tmp_path: Path) -> None:
    key = session_key("0123456789ABCDEF", APP_SECRET)
    device = SoftwareDevice(Sm2Key.private(PRIVATE), Sm2Key.public(PUBLIC), Sm4(key))
    form = SecureForm(envelope(device=device))
    mine = CallbackHandler(INTERFACES, form, CallbackStore(tmp_path / "c.db"))
    mine.on("6302", Books())
    platform = envelope(device=GmsslDevice(PRIVATE, PUBLIC, key))
    answer = mine.handle("6302", platform.seal(NOTICE))
    assert answer.status == 200
    assert platform.open(answer.body).data["success"] is True


@pytest.mark.parametrize(
    "interface",
    [i for i in INTERFACES.values() if i.direction == "callback"],
    ids=lambda i: i.number,
)
def test_every_callback_of_the_registry_is_taken(tmp_path: Path, interface: Any) -> None:
    books = Books({n.name: {"success": True, "message": "m"} for n in interface.output or ()})
    mine = handler(tmp_path, plain=True)
    mine.on(interface.number, books)
    content: dict[str, Any] = {}
    for node in interface.input:
        row = {f.name: "1.00" if f.type == "decimal" else "x" for f in node.fields}
        content |= row if node.name is None else {node.name: row}
    answer = mine.handle(interface.number, ordinary(interface.number, content))
    assert (answer.status, body_of(answer)["infcode"]) == (200, "0")
    (call,) = books.calls
    for node in interface.input:
        part = call.input if node.name is None else getattr(call.input, node.python_name)
        part = part[0] if isinstance(part, list) else part
        first = node.fields[0]
        assert getattr(part, first.python_name) in ("x", Decimal("1.00"))


def test_nodes_inside_the_envelope_are_found_too(tmp_path: Path) -> None:
    books, mine = Books({}), handler(tmp_path)
    mine.on("7103", books)
    whole = {
        "data": {"hi_rxno": "RX1"},
        "seltdelts": [{"drug_genname": "a"}, {"drug_genname": "b"}],
    }
    assert mine.handle("7103", envelope().seal(whole)).status == 200
    assert mine.handle("7103", envelope().seal({"hi_rxno": "RX2"})).status == 200
    assert [call.input.data.hi_rxno for call in books.calls] == ["RX1", "RX2"]
    assert len(books.calls[0].input.seltdelts) == 2


def test_the_same_message_is_handled_once_and_answered_alike(tmp_path: Path) -> None:
    books, mine = Books(), handler(tmp_path)
    mine.on("6302", books)
    first = mine.handle("6302", envelope().seal(NOTICE))
    later = envelope(NOW + timedelta(minutes=3)).seal(dict(reversed(NOTICE.items())))
    second = mine.handle("6302", later)
    assert (first.status, second.status) == (200, 200)
    assert envelope().open(first.body).data == envelope().open(second.body).data
    assert len(books.calls) == len(rows(tmp_path)) == 1
    assert mine.handle("6302", envelope().seal(NOTICE | {"payOrdId": "PAY2"})).status == 200
    assert len(rows(tmp_path)) == 2


def test_a_replay_can_be_refused_instead(tmp_path: Path) -> None:
    books, mine = Books(), handler(tmp_path, seen="refuse")
    mine.on("6302", books)
    body = envelope().seal(NOTICE)
    assert [mine.handle("6302", body).status for _ in range(3)] == [200, 409, 409]
    assert len(books.calls) == 1
    with pytest.raises(SettingsError):
        handler(tmp_path, seen="perhaps")


def test_a_field_may_name_the_message(tmp_path: Path) -> None:
    books, mine = Books(), handler(tmp_path)
    mine.on("6302", books, message_id="data.payOrdId")
    assert mine.handle("6302", envelope().seal(NOTICE)).status == 200
    assert books.calls[0].message_id == "PAY1"
    changed = mine.handle("6302", envelope().seal(NOTICE | {"fundPay": Decimal("51.00")}))
    assert changed.status == 409
    assert envelope().open(changed.body).fields["message"] == "refused"
    assert len(books.calls) == 1


@pytest.mark.parametrize("value", ["", "x" * 129, "a\nb", {"a": "b"}, True])
def test_a_message_without_a_usable_id_is_refused(tmp_path: Path, value: Any) -> None:
    mine = handler(tmp_path)
    mine.on("6302", Books(), message_id="data.payOrdId", demand=False)
    assert mine.handle("6302", envelope().seal(NOTICE | {"payOrdId": value})).status == 400


def _forged(**changes: Any) -> bytes:
    return json.dumps(json.loads(envelope().seal(NOTICE)) | changes).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"\xff\xfe", b"[1]", _forged(appId="X"), _forged(encType="RSA"),
        _forged(signData="AAAA"), _forged(encData="00" * 32), _forged(timestamp="soon"),
        _forged(version="9"), envelope().seal([1]), envelope().seal({}),
        envelope(NOW - timedelta(minutes=11)).seal(NOTICE),
        envelope(NOW + timedelta(minutes=11)).seal(NOTICE),
        envelope().seal({k: v for k, v in NOTICE.items() if k != "payOrdId"}),
    ],
)  # fmt: skip
def test_every_refusal_looks_the_same_and_calls_nobody(tmp_path: Path, body: bytes) -> None:
    books, mine = Books(), handler(tmp_path)
    mine.on("6302", books)
    answer = mine.handle("6302", body)
    assert answer.status == 400
    assert body_of(answer) == {"code": -1, "type": "error", "success": False, "message": "refused"}
    assert books.calls == []


def test_the_window_is_a_setting(tmp_path: Path) -> None:
    mine = handler(tmp_path, window=timedelta(hours=2))
    mine.on("6302", Books())
    assert mine.handle("6302", envelope(NOW - timedelta(minutes=90)).seal(NOTICE)).status == 200


def test_unknown_numbers_large_bodies_and_encodings(tmp_path: Path) -> None:
    mine = handler(tmp_path, limit=2000)
    mine.on("6302", Books())
    body = envelope().seal(NOTICE)
    assert mine.handle("6204", body).status == 404
    assert mine.handle("../6302", body).status == 404
    assert mine.handle("6302", body + b" " * 2000).status == 413
    assert mine.handle("6302", body, {"Content-Encoding": "gzip"}).status == 415
    assert mine.handle("6302", body, {"Content-Type": "text/plain"}).status == 200


@pytest.mark.parametrize("number", ["2207", "nonsense"])
def test_only_callbacks_can_be_registered(tmp_path: Path, number: str) -> None:
    with pytest.raises(SettingsError, match=r"is no interface the platform calls[\s\S]*6302"):
        handler(tmp_path).on(number, Books())


def test_what_fails_is_tried_again_and_leaves_nothing(tmp_path: Path) -> None:
    books, mine = Books(RuntimeError("张三")), handler(tmp_path)
    mine.on("6302", books)
    body = envelope().seal(NOTICE)
    failed = mine.handle("6302", body)
    assert failed.status == 500
    assert envelope().open(failed.body).fields["message"] == "failed"
    books.answer = None
    assert mine.handle("6302", body).status == 500, "an output that lacks demanded fields"
    books.answer = {"data": {"success": False, "message": "m"}}
    assert mine.handle("6302", body).status == 200
    assert len(books.calls) == 3
    assert len(rows(tmp_path)) == 1


@pytest.mark.parametrize("shared", [True, False])
def test_a_decline_is_kept_and_told(tmp_path: Path, shared: bool) -> None:
    books, mine = Books(Decline("订单不存在")), handler(tmp_path)
    mine.on("6302", books, shared_transaction=shared)
    for _ in range(2):
        answer = mine.handle("6302", envelope().seal(NOTICE))
        assert answer.status == 200
        fields = envelope().open(answer.body).fields
        assert (fields["success"], fields["message"]) == (False, "订单不存在")
    assert len(books.calls) == 1
    if shared:
        with sqlite3.connect(tmp_path / "callbacks.db") as database:
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        assert "booking" not in tables


@pytest.mark.parametrize("statement", ["COMMIT", "ROLLBACK", "BEGIN"])
def test_the_function_cannot_tear_the_transaction(tmp_path: Path, statement: str) -> None:
    mine = handler(tmp_path)

    def careless(call: Any) -> Any:
        call.connection.execute("CREATE TABLE booking (id TEXT)")
        call.connection.execute("INSERT INTO booking VALUES ('x')")
        call.connection.execute(statement)

    mine.on("6204", careless)
    order = {
        name: NOTICE[name]
        for name in ("payOrdId", "medOrgOrd", "feeSumamt", "psnAcctPay", "fundPay")
    }
    body = envelope().seal(order | {"ownPayAmt": 1, "thdPayType": "x"})
    assert mine.handle("6204", body).status == 500
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        rows(tmp_path)
    mine.on("6204", Books({}))
    assert mine.handle("6204", body).status == 200


def test_a_field_nobody_knows_is_no_reason_to_lose_a_message(tmp_path: Path) -> None:
    books, mine = Books(), handler(tmp_path)
    mine.on("6302", books)
    assert mine.handle("6302", envelope().seal(NOTICE | {"newField": "n"})).status == 200
    assert ("input.data.newField", "unknown_field") in {r[:2] for r in books.calls[0].repairs}
    assert books.calls[0].raw["data"]["newField"] == "n"


def test_the_demand_for_fields_can_be_dropped(tmp_path: Path) -> None:
    books, mine = Books(), handler(tmp_path)
    mine.on("6302", books, demand=False)
    assert mine.handle("6302", envelope().seal({"payOrdId": "P"})).status == 200
    assert books.calls[0].input.data.fundPay is None


@pytest.mark.parametrize(
    "changes",
    [{"infno": "6204"}, {"fixmedins_code": "H1"}, {"inf_time": "x"}, {"input": "x"}, {"msgid": ""},
     {"inf_time": "2026-03-04 12:06:07"}],
)  # fmt: skip
def test_refusals_of_the_ordinary_message(tmp_path: Path, changes: dict[str, Any]) -> None:
    books, mine = Books(), handler(tmp_path, plain=True)
    mine.on("6302", books)
    answer = mine.handle("6302", ordinary("6302", {"data": NOTICE}, **changes))
    assert answer.status == 400
    assert body_of(answer) | {"respond_time": ""} == {
        "infcode": "-1", "respond_time": "", "err_msg": "refused", "output": None,
    }  # fmt: skip
    assert books.calls == []


def test_the_ordinary_message_is_answered_in_its_own_form(tmp_path: Path) -> None:
    books, mine = Books(), handler(tmp_path, plain=True)
    mine.on("6302", books)
    answer = body_of(mine.handle("6302", ordinary("6302", {"data": NOTICE})))
    assert answer["infcode"] == "0"
    assert answer["output"] == {"data": {"success": True, "message": "好"}}
    assert books.calls[0].message_id.startswith(CODE)
    assert isinstance(mine._form, PlainForm)


class Broken(QuickDevice):
    """A device that fails at one of its operations."""

    def __init__(self, fails: str) -> None:
        super().__init__(session_key("0123456789ABCDEF", APP_SECRET))

        def fail(*_: Any) -> Any:
            raise OSError("the device is gone")

        setattr(self, fails, fail)


@pytest.mark.parametrize("fails", ["verify", "decrypt", "sign", "encrypt"])
def test_a_device_that_fails_is_a_failure_to_be_repeated(tmp_path: Path, fails: str) -> None:
    store, books = CallbackStore(tmp_path / "callbacks.db"), Books()
    broken = CallbackHandler(INTERFACES, SecureForm(envelope(device=Broken(fails))), store)
    broken.on("6302", books)
    body = envelope().seal(NOTICE)
    answer = broken.handle("6302", body)
    assert answer.status == 500
    assert body_of(answer)["message"] == "failed"
    sound = handler(tmp_path)
    sound.on("6302", books)
    assert sound.handle("6302", body).status == 200
    assert len(books.calls) == 1


def test_logs_hold_no_content(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    mine = handler(tmp_path)
    mine.on("6302", Books(RuntimeError("TOKEN 张三")))
    with caplog.at_level(logging.DEBUG):
        mine.handle("6302", envelope().seal(NOTICE))
        mine.handle("6302", envelope(NOW - timedelta(days=1)).seal(NOTICE))
        mine.handle("63020000\n" + "x" * 500, b"")
    assert len(caplog.records) == 4
    for word in ("TOKEN", "张三", "PAY1", "xxx", lexical.write(NOTICE)[:30], APP_SECRET):
        assert word not in caplog.text
