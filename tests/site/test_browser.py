"""The built site in Chromium, opened from disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = pytest.mark.xdist_group("site")

#: Query, how far down the answer may stand (a guide may use the same words), its address.
QUERIES = [
    ("2207", 1, "interfaces/2207.html"),
    ("门诊结算", 3, "interfaces/2207.html"),
    ("住院结算", 3, "interfaces/2304.html"),
    ("结算", 5, "interfaces/5203.html"),
    ("就诊凭证", 3, "dictionaries/mdtrt_cert_type.html"),
    ("mdtrt_cert_type", 1, "dictionaries/mdtrt_cert_type.html"),
    ("居民身份证", 3, "dictionaries/psn_cert_type.html#代码"),
    ("psn_no", 1, "fields/p.html#psn_no"),
    ("冲正", 3, "interfaces/2601.html"),
    ("person.query_info", 2, "interfaces/1101.html"),
    ("outpatient.settle", 2, "interfaces/2207.html#python-outpatientsettle"),
    ("profiles signing", 3, "guides/profiles.en.html"),
    ("outcome unknown", 3, "guides/outcomes.en.html"),
]
LOOKED_AT = [
    "index.html", "interfaces.html", "interfaces/2207.html", "interfaces/4401.html",
    "interfaces/3205a.html", "dictionaries/med_type.html", "fields/p.html", "guides/flows.html",
]  # fmt: skip
SCREENS = {
    "desktop": {"viewport": {"width": 1360, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}},
    "dark": {"viewport": {"width": 1360, "height": 900}, "color_scheme": "dark"},
}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails the test if it asks another host for anything or a script fails."""
    context = browser.new_context(**SCREENS["desktop"])
    page = context.new_page()
    asked: list[str] = []
    failed: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    page.on("pageerror", lambda error: failed.append(str(error)))
    yield page
    context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert failed == []


def show(page: Page, site: Path, name: str) -> None:
    page.goto((site / name).resolve().as_uri(), wait_until="load")


def results(page: Page, query: str) -> Locator:
    page.locator("button.md-search__button").click()
    page.locator("input[role=combobox]").fill(query)
    found = page.locator("[id$=-results] a")
    expect(found.first).to_be_attached(timeout=20_000)
    return found


@pytest.mark.parametrize(("query", "within", "target"), QUERIES)
def test_a_search_lands_on_the_right_page(
    page: Page, site: Path, query: str, within: int, target: str
) -> None:
    show(page, site, "index.html")
    found = results(page, query)
    path, _, anchor = target.partition("#")
    addresses = [unquote(a) for a in found.evaluate_all("all => all.map(a => a.href)")]
    right = [
        at
        for at, address in enumerate(addresses[:within])
        if address.partition("?")[0].partition("#")[0].endswith(path)
        and address.partition("#")[2] == anchor
    ]
    assert right, addresses[:5]
    found.nth(right[0]).click()
    page.wait_for_url(lambda url: unquote(url).partition("?")[0].partition("#")[0].endswith(path))
    expect(page.locator("h1")).to_be_visible()


def test_links_of_a_page_lead_on(page: Page, site: Path) -> None:
    show(page, site, "interfaces/2207.html")
    page.locator("article").get_by_role("link", name="2208 门诊结算撤销").click()
    expect(page.locator("h1")).to_contain_text("2208 门诊结算撤销")
    page.locator("article").get_by_role("link", name="2207 门诊结算").first.click()
    page.locator("article").get_by_role("link", name="医疗类别").first.click()
    expect(page.locator("h1")).to_contain_text("med_type 医疗类别")


def test_pictures_are_drawn_offline(page: Page, site: Path) -> None:
    show(page, site, "guides/flows.html")
    expect(page.locator("div.mermaid")).to_have_count(6)
    sizes = page.locator("div.mermaid").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().height)"
    )
    assert all(height > 100 for height in sizes)


@pytest.mark.parametrize("name", ["desktop", "dark"])
def test_the_head_of_a_long_table_stays_in_sight(browser: Browser, site: Path, name: str) -> None:
    context = browser.new_context(**SCREENS[name])
    page = context.new_page()
    show(page, site, "interfaces/4401.html")
    table = page.locator("table.hy-fields").first
    table.locator("tbody tr").nth(100).scroll_into_view_if_needed()
    head = table.locator("th").first.bounding_box()
    assert head is not None
    assert 0 <= head["y"] < 100
    over = "document.elementFromPoint(arguments[0], arguments[1])"
    seen = page.evaluate(
        f"([x, y]) => {over.replace('arguments[0]', 'x').replace('arguments[1]', 'y')}.tagName",
        [head["x"] + 5, head["y"] + head["height"] / 2],
    )
    assert seen == "TH"
    context.close()


@pytest.mark.parametrize("screen", SCREENS)
def test_nothing_is_wider_than_the_screen(
    browser: Browser, site: Path, screen: str, tmp_path: Path
) -> None:
    context = browser.new_context(**SCREENS[screen])
    page = context.new_page()
    for name in LOOKED_AT:
        show(page, site, name)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= SCREENS[screen]["viewport"]["width"], name
        picture = tmp_path / f"{name.replace('/', '-')}-{screen}.png"
        page.screenshot(path=picture)
        assert picture.stat().st_size > 10_000
    context.close()


def test_dark_and_light_differ(browser: Browser, site: Path) -> None:
    colours = []
    for screen in ("desktop", "dark"):
        context = browser.new_context(**SCREENS[screen])
        page = context.new_page()
        show(page, site, "interfaces/2207.html")
        colours.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        context.close()
    assert colours[0] != colours[1]


def test_printing_leaves_the_menus_out(page: Page, site: Path, tmp_path: Path) -> None:
    show(page, site, "interfaces/2207.html")
    page.emulate_media(media="print")
    for part in (".md-header", ".md-sidebar", ".md-footer"):
        for menu in page.locator(part).all():
            expect(menu).to_be_hidden()
    expect(page.locator("table.hy-fields").first).to_be_visible()
    page.pdf(path=tmp_path / "2207.pdf", format="A4")
    assert (tmp_path / "2207.pdf").read_bytes().startswith(b"%PDF")
