"""The admin endpoints, and the page in a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hubei_yibao_simulator import examples
from simulator.hospital import PEOPLE, Hospital, NoAnswer, moment

if TYPE_CHECKING:
    from playwright.sync_api import Page

A = PEOPLE[0]
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def buy(hospital: Hospital, **options: Any) -> Any:
    given = examples.purchase(A, [("SIM-X-0001", "1", "30")], moment())
    return hospital.call("2102", given, **options)["setlinfo"]


def test_the_state_is_the_sum_of_the_books(fresh: Hospital) -> None:
    info = buy(fresh)
    sums = fresh.admin("state")["settlements"]
    assert sums["count"] == 1
    assert (sums["total"], sums["account"]) == (Decimal("30.00"), info["acct_pay"])
    rows = fresh.admin("settlements")
    assert [(row["setl_id"], row["total"]) for row in rows] == [(info["setl_id"], 3000)]


def test_messages_are_counted_by_msgid_and_show_no_personal_data(fresh: Hospital) -> None:
    msgid = fresh.msgid()
    for fault in ("drop-before-commit", "drop-after-commit", "refuse"):
        with pytest.raises((NoAnswer, Exception)):
            buy(fresh, msgid=msgid, headers={"x-sim-fault": fault})
    buy(fresh, msgid=msgid)
    seen = fresh.admin(f"messages?msgid={msgid}")
    assert [m["outcome"] for m in seen] == ["ok", "refused", "ok", "not committed"]
    text = fresh.http.get(f"{fresh.url}/_sim/messages?limit=100").text
    assert "2102" in text
    for personal in (A["psn_no"], A["certno"], A["psn_name"], "测试员"):
        assert personal not in text


def test_a_limit_that_is_no_number_is_refused(fresh: Hospital) -> None:
    assert fresh.http.get(f"{fresh.url}/_sim/messages?limit=x").status_code == 400


@pytest.fixture
def page() -> Iterator[Page]:
    browser = shutil.which("chromium")
    if browser is None:
        message = "chromium is not installed (apt-get install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=FLAGS)
        opened = chromium.new_page(locale="zh-CN")
        opened.set_default_timeout(10_000)
        yield opened
        chromium.close()


def test_the_page_shows_books_and_messages_and_sets_faults(fresh: Hospital, page: Page) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    buy(fresh)
    page.goto(fresh.url)
    assert page.url.endswith("/_sim/")
    page.locator("#messages tbody tr").first.wait_for()
    state = page.locator("#state").inner_text()
    assert "30.00" in state
    assert "结算笔数" in state
    page.locator("#messages summary").first.click()
    shown = page.locator("#messages").inner_text()
    assert "2102" in shown
    assert A["certno"] not in shown
    assert A["psn_name"] not in shown
    page.select_option("#kind", "drop-after-commit")
    page.fill("#number", "2102")
    page.click("#add")
    page.locator("#faults li", has_text="drop-after-commit · 2102").wait_for()
    with pytest.raises(NoAnswer):
        buy(fresh)
    page.locator("#state", has_text="60.00").wait_for()
    page.click("#clear")
    page.locator("#faults li").first.wait_for(state="detached")
    assert fresh.admin("faults") == []
    if target := os.environ.get("YIBAO_SCREENSHOT"):
        page.screenshot(path=target, full_page=True)
    assert errors == []
