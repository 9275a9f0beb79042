"""The invented items, people and benefit rules of ``data/``, read once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from .money import cents, yuan

VERSION_NAME = "模拟目录"


@dataclass(frozen=True)
class Item:
    """One catalogue item; amounts as written in the catalogue."""

    code: str
    name: str
    list_type: str
    charge_type: str
    level: str
    prepay: Decimal
    limit: Decimal | None  #: highest accepted price
    restricted: bool
    ver: str


@dataclass(frozen=True)
class Benefit:
    """What the fund pays for one insurance type and kind of visit; amounts in cents."""

    deductible: int
    ratio: Decimal
    cap: int
    fund_pay_type: str


@dataclass(frozen=True)
class Extra:
    """Rules that hold for every insurance type."""

    out_of_province_minus: Decimal
    civil_service_share: Decimal
    civil_service_fund_pay_type: str
    account_insurance_types: tuple[str, ...]


#: A visit under an insurance type without rules of its own: the person pays everything.
NO_BENEFIT = Benefit(deductible=0, ratio=Decimal(0), cap=0, fund_pay_type="310100")


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(
        (files("hubei_yibao_simulator") / "data" / name).read_text(encoding="utf-8")
    )


@cache
def items() -> dict[str, Item]:
    """Catalogue items by 医疗目录编码."""
    found = {}
    for row in _table("catalogue.toml")["item"]:
        found[row["code"]] = Item(
            code=row["code"],
            name=row["name"],
            list_type=row["list_type"],
            charge_type=row["charge_type"],
            level=row["level"],
            prepay=Decimal(row["prepay"]),
            limit=Decimal(row["limit"]) if row["limit"] else None,
            restricted=row.get("restricted", False),
            ver=row["ver"],
        )
    return found


@cache
def benefit(insutype: str, kind: str) -> Benefit:
    """The rule of the fund; ``kind`` is outpatient, inpatient or pharmacy."""
    row = _table("benefits.toml").get(insutype, {}).get(kind)
    if row is None:
        return NO_BENEFIT
    return Benefit(
        deductible=cents(row["deductible_per_year"]),
        ratio=Decimal(row["ratio"]),
        cap=cents(row["cap_per_year"]),
        fund_pay_type=row["fund_pay_type"],
    )


@cache
def extra() -> Extra:
    row = _table("benefits.toml")["extra"]
    return Extra(
        out_of_province_minus=Decimal(row["out_of_province_minus"]),
        civil_service_share=Decimal(row["civil_service_share"]),
        civil_service_fund_pay_type=row["civil_service_fund_pay_type"],
        account_insurance_types=tuple(row["account_insurance_types"]),
    )


@cache
def people() -> tuple[dict[str, Any], ...]:
    """The invented people; ``insurances[].balc`` is the account's balance at the start."""
    found = []
    for row in _table("people.toml")["person"]:
        insurances = [
            {**insurance, "balc": yuan(cents(insurance["balc"]))} for insurance in row["insurances"]
        ]
        found.append({**row, "insurances": insurances})
    return tuple(found)
