"""Who pays how much: pure arithmetic in cents over the invented rules of ``data/benefits.toml``.

Whatever goes in, ``fund + account + cash == total``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .catalogue import Benefit, Extra, Item
from .money import cents, number, share

#: 丙类: not covered.
NOT_COVERED = "03"


@dataclass(frozen=True)
class Split:
    """How one fee row divides; the four parts add up to ``total`` (cents)."""

    total: int
    own: int  #: 全自费金额
    over_limit: int  #: 超限价金额
    prepaid: int  #: 先行自付金额
    in_scope: int  #: 符合政策范围金额
    prepay_ratio: Decimal
    level: str
    memo: str


@dataclass(frozen=True)
class Person:
    """What the arithmetic needs to know of the person (cents, this year)."""

    balance: int
    deductible_paid: int
    fund_paid: int
    civil_servant: bool
    out_of_province: bool
    may_use_account: bool


@dataclass(frozen=True)
class Shares:
    """The result of a settlement in cents."""

    total: int
    own: int
    over_limit: int
    prepaid: int
    in_scope: int
    deductible: int
    ratio: Decimal
    pool: int  #: 基本医疗保险统筹基金支出
    civil_service: int
    account: int
    cash: int

    @property
    def fund(self) -> int:
        return self.pool + self.civil_service

    @property
    def personal(self) -> int:
        return self.account + self.cash


def split(row: Mapping[str, Any], item: Item | None) -> Split:
    """Divide a fee row; negative rows (returns) divide the same way as positive ones.

    The 医院审批标志 works on items of restricted use as the published remarks to 2204 say: 2 means
    own cost, and a restricted item is covered only with 1.
    """
    total = cents(row.get("det_item_fee_sumamt"))
    approved = str(row.get("hosp_appr_flag") or "0")
    own_cost = approved == "2" or (item is not None and item.restricted and approved != "1")
    if item is None or item.level == NOT_COVERED or own_cost:
        memo = "不在目录内，按自费处理" if item is None else ""
        level = item.level if item else NOT_COVERED
        return Split(total, total, 0, 0, 0, Decimal(1), level, memo)
    over = 0
    price, count = number(row.get("pric") or 0), number(row.get("cnt") or 0)
    if item.limit is not None and price > item.limit:
        over = share(100, (price - item.limit) * count)
        over = max(min(over, total), 0) if total >= 0 else min(max(over, total), 0)
    prepaid = share(total - over, item.prepay)
    return Split(total, 0, over, prepaid, total - over - prepaid, item.prepay, item.level, "")


def settle(splits: list[Split], rule: Benefit, extra: Extra, person: Person) -> Shares:
    """What fund, account and cash pay for these rows."""
    total = sum(part.total for part in splits)
    in_scope = sum(part.in_scope for part in splits)
    deductible = max(0, min(in_scope, rule.deductible - person.deductible_paid))
    ratio = rule.ratio
    if person.out_of_province:
        ratio = max(Decimal(0), ratio - extra.out_of_province_minus)
    pool = min(share(in_scope - deductible, ratio), max(0, rule.cap - person.fund_paid))
    pool = max(0, pool)
    rest_in_scope = max(0, in_scope - deductible - pool)
    civil = share(rest_in_scope, extra.civil_service_share) if person.civil_servant else 0
    personal = total - pool - civil
    account = max(0, min(person.balance, personal)) if person.may_use_account else 0
    return Shares(
        total=total,
        own=sum(part.own for part in splits),
        over_limit=sum(part.over_limit for part in splits),
        prepaid=sum(part.prepaid for part in splits),
        in_scope=in_scope,
        deductible=deductible,
        ratio=ratio,
        pool=pool,
        civil_service=civil,
        account=account,
        cash=personal - account,
    )
