"""A trial's page shows its whole past: stored versions, those that only the registry lists, and ledgers made of both."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.store.builders import day
from tests.store.pasts import KEY, NCT, Brought, backfilled, index_read, said, seen_live, with_events
from tests.web.conftest import Reader, served
from tests.web.test_browser import RULES
from tests.web.test_pages import words
from tests.world import World
from tracker.model.history import OriginalData
from tracker.model.record import Enrollment
from tracker.web.trial_pages import LATEST_SHOWN

PAGE = f"/trials/{KEY}"
LATE = [Brought(3 + number, (date(2025, 6, 1) + timedelta(days=3 * number)).isoformat()) for number in range(60)]
BROUGHT = [
    Brought(0, "2023-04-02", said(status="NOT_YET_RECRUITING", completion="2026-06", count=60)),
    Brought(1, "2024-01-20", said(status="RECRUITING", completion="2026-12", count=60)),
    Brought(2, "2024-10-09", said(status="SUSPENDED", completion="2027-03", count=80)),
]


@pytest.fixture(scope="module")
def past_reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A trial with three brought versions, 60 that are only listed, and two that were seen."""
    with World(tmp_path_factory.mktemp("past")) as world:
        world.configure(f'[[watch]]\nname = "lupus"\ntrials = ["{NCT}"]\n', extra='[digest]\ntimezone = "America/New_York"\n')
        seen_live(world.store, 0, said(status="RECRUITING", completion="2027-03", count=80))
        seen_live(world.store, 5, said(status="COMPLETED", completion="2027-06", count=84))
        backfilled(world.store, 6, BROUGHT)
        with_events(world.store, 7)
        listed = [*(one.listed() for one in BROUGHT), *(one.listed("Study Status", "Contacts/Locations") for one in LATE)]
        index_read(world.store, 8, listed, original=OriginalData(enrollment=Enrollment(count=60, type="ESTIMATED")))
        with served(world.folder, now=day(40)) as reader:
            yield reader


def test_the_page_shows_stored_and_listed_versions_and_the_registrys_comparison(past_reader: Reader) -> None:
    text = past_reader.ask(PAGE).text
    shown = words(text)
    assert "Known since registration 2 Apr 2023: the registry's index lists 63 versions, 3 of them stored" in shown
    assert "Registry version 62 25 Nov 2025, by the registry's index" in shown
    assert "Changed sections: Study Status, Contacts/Locations" in shown
    assert f"https://clinicaltrials.gov/study/{NCT}?tab=history&amp;a=1&amp;b=2#version-content-panel" in text
    assert f"{65 - LATEST_SHOWN} earlier versions" in shown
    assert "Version 2 20 Jan 2024, registry version 1, from the registry's history" in shown


def test_bands_and_charts_are_those_of_the_timeline(past_reader: Reader) -> None:
    shown = words(past_reader.ask(PAGE).text)
    assert "Since 2 Apr 2023" in shown
    assert "Not yet recruiting 2 Apr 2023 293" in shown
    assert "Suspended 9 Oct 2024 235" in shown
    assert "Primary completion moved 3 times: from Jun 2026 to Jun 2027." in shown
    assert "Enrollment moved 2 times: from 60 to 84." in shown


def test_an_earlier_version_is_shown_with_its_own_past_alone(past_reader: Reader) -> None:
    shown = words(past_reader.ask(f"{PAGE}?at=2024-02-01").text)
    assert "this is version 2 of 5, as the record stood from 20 Jan 2024 on" in shown
    assert "Primary completion moved once: from Jun 2026 to Dec 2026." in shown
    assert "Recruiting 20 Jan 2024 263 so far" in shown
    assert "Completed" not in shown[shown.index("Days in each status") :]


def test_a_day_that_only_the_index_covers_is_refused_with_its_status(past_reader: Reader) -> None:
    answer = past_reader.ask(f"{PAGE}?at=2025-07-01")
    assert answer.status == 404
    assert "version 13 of 2025-07-01, in force until 2025-07-04, recruitment status RECRUITING" in words(answer.text)
    before = past_reader.ask(f"{PAGE}?at=2023-04-01")
    assert before.status == 404
    assert "was registered on 2023-04-02: there was no record of it on 2023-04-01" in words(before.text)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_long_past_fits_a_phone_and_a_desk_and_axe_finds_nothing(
    browser: Browser, past_reader: Reader, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    for width in (320, 390, 1200):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(past_reader.address + PAGE)
        page.locator("details summary").last.click()
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, width
        found = Axe().run(page, options=RULES).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], width
    context.close()
