"""The pages in a browser: nothing that axe finds, no error, no request to another host, and a keyboard that suffices."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from html import unescape
from itertools import product
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.web.conftest import TRIAL, Reader

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (320, 390, 1280)
LOOKS = list(product(SCHEMES, WIDTHS))
"""Every way in which pages are looked at."""

ALWAYS = ("/?min_severity=major&watch=lupus", TRIAL, f"{TRIAL}/compare?layout=side", "/watches/scleroderma%20near%20Munich")
"""Pages of every shape that styles have, looked at in every way; the others in one way each."""

PAGES = (
    *ALWAYS,
    "/",
    "/trials/ctgov:NCT09900002",
    f"{TRIAL}/compare",
    "/search",
    "/search?q=lupus",
    "/search?q=unheardof+%22words",
    "/watches",
    "/deadlines",
    "/health",
    "/nowhere",
)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def crawled(reader: Reader) -> list[str]:
    """One page of each shape that the links of the pages lead to: numbers, ids and values of filters left aside."""
    found, todo, seen = dict[str, str](), deque(["/"]), {"/"}
    while todo:
        path = todo.popleft()
        shape = re.sub(r"ctgov:NCT\d+|[0-9a-f]{32}|(?<==)[^&]*|(?<=/watches/)\w[^/]*", "*", path)
        combined = "&" in path and "/compare" not in path  # each filter by itself, not with each other
        if shape in found or combined or re.search(r"\.(atom|ics|csv|xlsx|json)\b|^/api/|^/static/", path):
            continue
        found[shape] = path
        for link in re.findall(r'<a [^>]*href="([^"#]+)', reader.ask(path).text):
            target = unescape(link)
            if target.startswith("/") and target not in seen:
                seen.add(target)
                todo.append(target)
    return list(found.values())


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_axe_finds_nothing(
    browser: Browser, reader: Reader, crawled: list[str], scheme: Literal["light", "dark"], width: int
) -> None:
    others = [path for path in dict.fromkeys((*PAGES, *crawled)) if path not in ALWAYS]
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    page, axe = context.new_page(), Axe()
    for path in (*ALWAYS, *others[LOOKS.index((scheme, width)) :: len(LOOKS)]):
        page.goto(reader.address + path)
        found = axe.run(page, options=RULES).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], path
    context.close()


def test_nothing_sticks_out_of_any_page(page: Page, reader: Reader, crawled: list[str]) -> None:
    for path in dict.fromkeys((*PAGES, *crawled)):
        page.goto(reader.address + path, wait_until="load")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wider <= 0, (path, width)


def test_no_page_asks_another_host_sets_a_cookie_or_logs_an_error(page: Page, reader: Reader) -> None:
    asked, errors = list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    for path in (one for one in PAGES if one != "/nowhere"):
        page.goto(reader.address + path)
    assert [url for url in asked if not url.startswith(reader.address)] == []
    assert errors == []
    assert page.context.cookies() == []


def test_filters_work_as_a_form_and_as_links(page: Page, reader: Reader) -> None:
    page.goto(f"{reader.address}/")
    page.locator("details.filters summary").click()
    page.select_option("#f-watch", "lupus")
    page.select_option("#f-min_severity", "major")
    page.click("text=Filter >> nth=-1")
    assert "watch=lupus" in page.url
    assert page.locator("article.story").count() == page.locator("article.story.major").count() > 0


def test_a_search_is_typed_and_sent_by_the_keyboard_from_any_page(page: Page, reader: Reader) -> None:
    page.goto(f"{reader.address}/health")
    page.focus("#find")
    page.keyboard.type("lupus")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=lupus")
    assert page.locator(".results li").count() > 0
    assert page.locator("mark").first.inner_text().casefold().startswith("lupus")


def test_n_and_p_move_between_the_changes(page: Page, reader: Reader) -> None:
    page.goto(f"{reader.address}{TRIAL}/compare")
    changed = page.locator(".changed")
    focused = "document.activeElement === document.querySelectorAll('.changed')[{}]"
    page.keyboard.press("n")
    assert page.evaluate(focused.format(0))
    page.keyboard.press("n")
    assert page.evaluate(focused.format(1))
    page.keyboard.press("p")
    page.keyboard.press("p")
    assert page.evaluate(focused.format(changed.count() - 1))


def test_the_first_tab_leads_past_the_menu(page: Page, reader: Reader) -> None:
    page.goto(f"{reader.address}/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_on_paper_the_menu_and_forms_are_left_out(page: Page, reader: Reader) -> None:
    page.goto(reader.address + TRIAL)
    assert page.locator(".top").is_visible()
    page.emulate_media(media="print")
    assert not page.locator(".top").is_visible()
    assert not page.locator("form").first.is_visible()
    assert page.locator("h1").is_visible()


def test_on_paper_pages_are_light_and_nothing_is_cut_off(browser: Browser, reader: Reader) -> None:
    """Also for those who read in the dark: ink is dear, and a table cannot be scrolled."""
    context = browser.new_context(color_scheme="dark", viewport={"width": 794, "height": 1123})
    page = context.new_page()
    page.emulate_media(media="print")
    for path in ("/", TRIAL, f"{TRIAL}/compare", "/watches/lupus", "/deadlines", "/health"):
        page.goto(reader.address + path)
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
        cut = """[...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth
            && getComputedStyle(one).overflowX != 'visible').length"""
        assert page.evaluate(cut) == 0, path
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, path
        assert page.pdf(format="A4").startswith(b"%PDF"), path
    context.close()


def test_who_wants_no_motion_and_own_colours_sees_what_changed(browser: Browser, reader: Reader) -> None:
    context = browser.new_context(forced_colors="active", reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{reader.address}{TRIAL}/compare")
    moving = """[document.documentElement, ...document.querySelectorAll('*')].filter(one => {
        const style = getComputedStyle(one);
        return style.transitionDuration != '0s' || style.animationName != 'none' || style.scrollBehavior == 'smooth';
    }).length"""
    assert page.evaluate(moving) == 0
    border = "getComputedStyle(document.querySelector('{}')).borderLeftStyle"
    assert page.evaluate(border.format(".changed")) == "double"
    assert page.evaluate("getComputedStyle(document.querySelector('del')).textDecorationLine") == "line-through"
    assert page.evaluate("getComputedStyle(document.querySelector('ins')).borderBottomStyle") == "solid"
    context.close()


def test_pages_are_whole_without_scripts(browser: Browser, reader: Reader) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{reader.address}{TRIAL}/compare")
    assert page.locator("ins").count() > 0
    context.close()
