"""What the tests of resolving share: a person, a plan of faults, settings for the platform."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hubei_yibao_runtime.client import SyncClient
from hubei_yibao_runtime.errors import OutcomeUnknown
from hubei_yibao_runtime.settings import Settings
from settlement_platform import Platform

PSN_NO = "42000011200000001234567890"
VISIT = {"ipt_otp_no": "O-77", "begntime": "2026-11-25 08:00:00"}
DATA = {"psn_no": PSN_NO, "mdtrt_id": "V1", "chrg_bchno": "B1"}


class Plan:
    """Which fault the platform shows next, by interface number."""

    def __init__(self) -> None:
        self.faults: dict[str, str] = {}

    def __call__(self, message: dict[str, Any]) -> str | None:
        return self.faults.pop(message["infno"], None)


def settings(platform: Platform, path: Path, **changes: Any) -> Settings:
    values: dict[str, Any] = {
        "fixmedins_code": "H42000000001", "fixmedins_name": "试验医院", "mdtrtarea_admvs": "420100",
        "insuplc_admdvs": "420100", "recer_sys_code": "T", "infver": "V1.0", "opter": "op1",
        "opter_name": "试", "url": platform.url, "journal": str(path / "journal.sqlite3"),
        "timeout": 5,
    }  # fmt: skip
    return Settings(**(values | changes))


def unknown(client: SyncClient, plan: Plan, fault: str, number: str = "X207", **data: str) -> str:
    """A write whose answer got lost; its msgid."""
    plan.faults[number] = fault
    with pytest.raises(OutcomeUnknown) as lost:
        client.call(number, {"data": {**DATA, **data}})
    assert lost.value.msgid is not None
    assert lost.value.msgid in [record.msgid for record in client.unknown()]
    return lost.value.msgid


def kinds(client: SyncClient, msgid: str) -> list[str]:
    return [step.kind for step in client._journal.steps(msgid)]
