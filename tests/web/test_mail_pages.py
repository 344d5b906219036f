"""Mails in a browser: twelve majors on a phone, nothing sticks out, and axe finds enough contrast, light and dark."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.render.samples import digest, make_digest, make_entry, make_event, make_record, many_kinds
from tracker.render.digest import Entry

TALLEST = 5_000


def twelve_majors() -> list[Entry]:
    """As registries name their trials: at length."""
    return [
        make_entry(
            make_event(
                trial=f"ctgov:NCT0700000{place:X}", label="", severity="major", rule="the trial's recruitment status changed"
            ),
            make_event("titles_changed", trial=f"ctgov:NCT0700000{place:X}", label="", severity="minor"),
            record=make_record(
                trial=f"ctgov:NCT0700000{place:X}",
                brief_title=f"A Randomised, Placebo-controlled Trial {place} of CC312 Against Care as Usual in Lupus Nephritis",
            ),
        )
        for place in range(12)
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_mails_fit_a_phone_and_can_be_read(browser: Browser, tmp_path: Path, scheme: str) -> None:
    pages = {"majors": make_digest(*twelve_majors()), "busy": make_digest(*many_kinds(), evidence=True)}
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark" if scheme == "dark" else "light")
    page, heights, axe = context.new_page(), dict[str, int](), Axe()
    for name, given in pages.items():
        path = tmp_path / f"{name}.html"
        path.write_text(digest(given).html, encoding="utf-8")
        page.goto(path.as_uri())
        heights[name] = int(page.evaluate("document.documentElement.scrollHeight"))
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        found = axe.run(page, options={"runOnly": ["color-contrast"]}).response["violations"]
        assert [one["nodes"][0]["html"] for one in found] == []
        assert page.evaluate("getComputedStyle(document.querySelector('.paper')).fontSize") == "16px"
    context.close()
    assert heights["majors"] < TALLEST
