"""What enters a watch, told in days: the example of the README against a registry on this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world import World, study

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
[EXAMPLE] = re.findall(r"```toml\n(\[\[watch\]\].*?)```", README, re.DOTALL)
LISTED = ("NCT07177911", "NCT06801119")
A, B = "NCT00000101", "NCT00000102"


def place(city: str, lat: float, lon: float, status: str | None = "RECRUITING") -> dict[str, object]:
    own = {"status": status} if status else {}
    return {"facility": f"Clinic {city}", "city": city, "country": "Germany", "geoPoint": {"lat": lat, "lon": lon}, **own}


MUNICH, BERLIN = place("Munich", 48.137, 11.575), place("Berlin", 52.52, 13.41)


def lupus(nct: str, *sites: dict[str, object], **changes: object) -> dict[str, object]:
    sites = sites or (MUNICH, BERLIN)
    return study(nct, conditionsModule__conditions=["Lupus"], contactsLocationsModule__locations=list(sites), **changes)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as made:
        made.studies = {nct: lupus(nct, BERLIN) for nct in LISTED}
        made.studies[B] = lupus(B)
        made.configure(EXAMPLE)
        made.day()
        assert len(made.subjects()) == 1, "the welcome message"
        yield made


def told(world: World) -> list[str]:
    """Subjects of what the reader was sent after the welcome message."""
    return world.subjects()[1:]


def list_sites(world: World, nct: str, given: list[dict[str, object]]) -> None:
    """The sponsor changes the list of sites: a new version of the record, which says so."""
    posted = {"date": f"{world.now:%Y-%m-%d}", "type": "ACTUAL"}
    world.amend(nct, contactsLocationsModule__locations=given, statusModule__lastUpdatePostDateStruct=posted)


def test_the_example_of_the_readme_tells_at_once_of_a_trial_that_begins_to_recruit_near_you(world: World) -> None:
    world.studies[A] = lupus(A, statusModule__overallStatus="NOT_YET_RECRUITING")
    world.day()
    assert told(world) == [], "its search is for open trials"
    world.day(change=lambda: world.amend(A, statusModule__overallStatus="RECRUITING"))
    assert world.kinds() == [(f"ctgov:{A}", "entered_watch")]
    [subject] = told(world)
    assert "Now recruiting in Munich" in subject
    body = " ".join(world.mailbox.to("me@example.org")[-1].message.get_body(("plain",)).get_content().split())
    for fact in ("phase 2", "Invented Institute", "started on 1 Jun 2025", "100 planned", "2 of 2 sites open", "Clinic Munich"):
        assert fact.casefold() in body.casefold(), fact


def test_the_example_of_the_readme_tells_at_once_of_a_new_registration_that_recruits_near_you(world: World) -> None:
    posted = {"date": f"{world.now:%Y-%m-%d}", "type": "ACTUAL"}
    world.day(change=lambda: world.studies.update({A: lupus(A, statusModule__studyFirstPostDateStruct=posted)}))
    assert world.kinds() == [(f"ctgov:{A}", "new_registration")]
    assert ["Now recruiting in Munich" in subject for subject in told(world)] == [True]


def test_that_it_closes_is_told_of_a_trial_that_was_announced(world: World) -> None:
    world.day(change=lambda: world.studies.update({A: lupus(A)}))
    assert len(told(world)) == 1
    world.day(change=lambda: list_sites(world, A, [BERLIN]))
    assert any("No longer open near Munich" in subject for subject in told(world))


def test_no_longer_open_near_you_never_comes_for_a_trial_that_was_not_announced(world: World) -> None:
    """It entered while its site here could only be joined by invitation: that is not told at once, nor is the end of it."""
    invited = place("Munich", 48.137, 11.575, "ENROLLING_BY_INVITATION")
    world.day(change=lambda: world.studies.update({A: lupus(A, invited, BERLIN)}))
    assert told(world) == []
    world.day(change=lambda: list_sites(world, A, [BERLIN]))
    assert (f"ctgov:{A}", "nearby_site_closed") in world.kinds()
    assert told(world) == []


def test_no_longer_open_near_you_never_comes_at_once_for_a_trial_that_an_edit_of_the_search_brought(world: World) -> None:
    """Its readers were told how many trials joined, not which; once it was told as open its end is news again."""
    vasculitis = ["Vasculitis"]
    sites = [MUNICH, BERLIN]
    world.studies[A] = study(A, conditionsModule__conditions=vasculitis, contactsLocationsModule__locations=sites)
    wider = EXAMPLE.replace("cond=Lupus", "cond=Vasculitis")
    assert wider != EXAMPLE
    world.configure(wider)
    world.day()
    before = len(told(world))
    world.day(change=lambda: list_sites(world, A, [BERLIN]))
    assert (f"ctgov:{A}", "nearby_site_closed") in world.kinds()
    assert len(told(world)) == before
    world.day(change=lambda: list_sites(world, A, [MUNICH, BERLIN]))
    world.day(change=lambda: list_sites(world, A, [BERLIN]))
    assert ["No longer open near Munich" in subject for subject in told(world)[before:]] == [False, True]


def test_a_trial_of_the_first_listing_stands_in_the_welcome_and_its_closing_is_told(world: World) -> None:
    world.day(change=lambda: list_sites(world, B, [BERLIN]))
    assert any("No longer open near Munich" in subject for subject in told(world))


def test_a_trial_that_reopens_is_told_once(world: World) -> None:
    """It never stopped being followed: its own change tells of it, its return to the search does not do so again."""
    world.day(change=lambda: world.amend(B, statusModule__overallStatus="SUSPENDED"))
    before = len(told(world))
    world.day(change=lambda: world.amend(B, statusModule__overallStatus="RECRUITING"))
    assert (f"ctgov:{B}", "entered_watch") in world.kinds()
    assert len(told(world)) == before + 1


NO_HIT = """
[[watch]]
name = "typo"
search = "https://clinicaltrials.gov/search?cond=Luppus"
[[watch.send]]
to = "me"
when = "daily"
"""


def test_a_search_without_a_hit_says_so_with_the_search_as_understood(world: World) -> None:
    """In each report of a pass, and once to the reader."""
    world.configure(EXAMPLE + NO_HIT)
    sentence = "The search of watch “typo” holds no trial. It was understood as: query.cond = Luppus."
    assert [report.empty_searches for report in (world.day(), world.day()) for report in report.sources[:1]] == [
        (sentence,)
    ] * 2
    world.day()
    bodies = [letter.message.get_body(("plain",)).get_content() for letter in world.mailbox.to("me@example.org")]
    assert sum("holds no trial" in " ".join(body.split()) for body in bodies) == 1


def test_a_search_with_hits_says_nothing_of_the_sort(world: World) -> None:
    assert all(report.empty_searches == () for report in world.day().sources)
