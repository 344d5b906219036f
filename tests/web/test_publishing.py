"""The pages as files: relative links that lead somewhere, and nothing written that says what it said before."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser

from tests.cli.program import inside
from tests.web.conftest import TRIAL, Reader


@pytest.fixture(scope="module")
def site(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    ended = inside("--config", demo / "config.toml", "publish", "--html", "--out", folder)
    assert ended.code == 0, ended.err
    return folder


def test_no_link_is_broken_absolute_or_out_of_the_folder(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        for link in re.findall(r'(?:href|src|action)="([^"]*)"', page.read_text("utf-8")):
            if link.startswith(("https://", "http://", "#")):
                continue
            assert link, page
            assert not link.startswith("/"), f"{page}: {link}"
            target = (page.parent / unquote(link.partition("#")[0])).resolve()
            assert target.is_file(), f"{page}: {link}"
            assert target.is_relative_to(site.resolve())


def test_nothing_that_only_a_server_can_answer_is_on_them(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text("utf-8")
        assert "<form" not in text, page
        assert "/api/" not in text, page


def test_a_browser_reads_them_from_the_disk(site: Path, browser: Browser) -> None:
    page = browser.new_page()
    wrong, asked = list[str](), list[str]()
    page.on("console", lambda message: wrong.append(message.text))
    page.on("requestfailed", lambda request: wrong.append(request.url))
    page.on("request", lambda request: asked.append(request.url))
    page.goto((site / "index.html").as_uri())
    assert page.evaluate("getComputedStyle(document.querySelector('.story')).borderLeftWidth") == "5px"
    page.click("article.story a >> nth=0")
    page.click("text=Compare >> nth=0")
    assert page.locator("ins").count() > 0
    page.keyboard.press("n")
    assert page.evaluate("document.activeElement.classList.contains('changed')")
    page.click("text=Watches")
    assert page.locator("main a").count() > 0
    assert wrong == []
    assert [url for url in asked if not url.startswith(site.as_uri())] == []
    page.close()


def test_a_second_time_writes_nothing(site: Path, demo: Path) -> None:
    ended = inside("--config", demo / "config.toml", "publish", "--html", "--out", site)
    assert "Nothing new" in ended.err


def test_they_are_the_served_pages(site: Path, reader: Reader) -> None:
    def record(text: str) -> str:
        text = re.sub(r'href="[^"]*"', "", text)
        return text[text.index('<div class="record">') : text.index('<div class="aside">')]

    [page] = [found for found in site.glob("trials/*.html") if "ctgov-nct07177911" in found.name]
    own, served = record(page.read_text("utf-8")), record(reader.ask(TRIAL).text)
    days = r'<ul class="plain">.*?</ul>'  # how far a day is depends on the day
    assert re.sub(days, "", own, flags=re.DOTALL) == re.sub(days, "", served, flags=re.DOTALL)


def test_messages_and_channels_stay_out(site: Path) -> None:
    text = (site / "health.html").read_text("utf-8")
    assert "Outbox" not in text
    assert "Coverage" in text


def test_search_engines_are_kept_out_unless_the_pages_are_public(site: Path) -> None:
    assert (site / "robots.txt").read_text() == "User-agent: *\nDisallow: /\n"
    assert 'name="robots" content="noindex' in (site / "index.html").read_text("utf-8")
