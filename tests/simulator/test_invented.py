"""The invented data could not be taken for real, and the arithmetic holds for any rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hubei_yibao.registry import INTERFACES
from hubei_yibao_simulator import benefits
from hubei_yibao_simulator.catalogue import Benefit, extra, items, people
from hubei_yibao_simulator.money import NotMoney, cents, dumps, loads, yuan
from hypothesis import given
from hypothesis import strategies as st

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@pytest.mark.parametrize("person", people(), ids=lambda p: p["psn_no"])
def test_no_certificate_number_could_be_a_persons(person: dict[str, Any]) -> None:
    number = person["certno"]
    digits = sum(int(digit) * weight for digit, weight in zip(number, WEIGHTS, strict=False))
    assert len(number) == 18
    assert number[-1] != "10X98765432"[digits % 11]
    assert number.startswith("000000")
    assert person["psn_name"].startswith("测试")
    assert len(person["psn_no"]) == 26


def test_codes_of_the_invented_data_are_in_the_tables() -> None:
    for person in people():
        assert person["gend"] in INTERFACES.codes("gend")
        assert person["naty"] in INTERFACES.codes("naty")
        for row in person["insurances"]:
            for name in ("insutype", "psn_type", "psn_insu_stas", "cvlserv_flag"):
                assert row[name] in INTERFACES.codes(name)
    for item in items().values():
        assert item.code.startswith("SIM-")
        assert item.level in INTERFACES.codes("chrgitm_lv")
        assert item.charge_type in INTERFACES.codes("med_chrgitm_type")


rows = st.lists(
    st.builds(
        lambda code, count, price, flag: {
            "med_list_codg": code,
            "cnt": count,
            "pric": price,
            "hosp_appr_flag": flag,
            "det_item_fee_sumamt": (count * price).quantize(Decimal("0.01")),
        },
        st.sampled_from([*items(), "unknown"]),
        st.decimals("-50", "50", places=4),
        st.decimals("0", "9999", places=6),
        st.sampled_from(["0", "1", "2", "", None]),
    ),
    max_size=12,
)
amounts = st.integers(0, 10**9)
ratios = st.decimals("0", "1", places=4)
rules = st.builds(Benefit, amounts, ratios, amounts, st.just("310100"))
standings = st.builds(
    benefits.Person, amounts, amounts, amounts, st.booleans(), st.booleans(), st.booleans()
)


@given(rows, rules, standings)
def test_fund_account_and_cash_are_the_total(
    fees: list[dict[str, Any]], rule: Benefit, person: benefits.Person
) -> None:
    splits = [benefits.split(row, items().get(row["med_list_codg"])) for row in fees]
    for part in splits:
        assert part.own + part.over_limit + part.prepaid + part.in_scope == part.total
    shares = benefits.settle(splits, rule, extra(), person)
    assert shares.fund + shares.account + shares.cash == shares.total
    assert shares.own + shares.over_limit + shares.prepaid + shares.in_scope == shares.total
    assert 0 <= shares.deductible <= rule.deductible
    assert 0 <= shares.pool <= rule.cap
    assert 0 <= shares.account <= person.balance


@given(st.integers(-(10**15), 10**15))
def test_money_passes_json_unchanged(amount: int) -> None:
    assert cents(loads(dumps({"a": yuan(amount)}))["a"]) == amount
    assert cents(str(yuan(amount))) == amount


@pytest.mark.parametrize("text", ["1.001", "x", "NaN", "Infinity", "1e30", "--1"])
def test_what_is_no_amount_of_cents_is_not_rounded(text: str) -> None:
    with pytest.raises(NotMoney):
        cents(text)
