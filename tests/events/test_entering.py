"""A trial that enters a watch is told as it stands: what a reader must know who meets it for the first time."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import DAY, actual, changed, day, events, known, make_record, site
from tracker.alerts import route
from tracker.events import listing_event
from tracker.model.details import EnteredDetails, NearbyDetails, NewRegistrationDetails
from tracker.model.event import Event
from tracker.model.record import TrialRecord
from tracker.model.vocabulary import RECRUITMENT_STATUSES
from tracker.model.watch import Near, Send, Watch
from tracker.render import kinds

MUNICH = Near(place="80331 München", country="Germany", km=100)
HERE = site("Klinikum", "Munich", "Germany", recruitment_status="RECRUITING")
AUGSBURG = site("Klinikum", "Augsburg", "Germany", recruitment_status="RECRUITING")
FAR = site("Charité", "Berlin", "Germany", recruitment_status="RECRUITING")
NOWHERE = site("Clinic", "Unheardofstadt", "Germany", recruitment_status="RECRUITING")


def entered(record: TrialRecord, near: Near | None = None, kind: str = "entered_watch", **details: Any) -> Event:
    made = NewRegistrationDetails if kind == "new_registration" else EnteredDetails
    return listing_event(
        kind,  # type: ignore[arg-type]
        trial=record.trial,
        record=record,
        at=DAY,
        seen_between=(None, DAY),
        details=made(watch="lupus", **details),
        known=known(near={"lupus": near} if near else {}),
        key="lupus",
    )


def test_a_trial_that_is_open_to_the_public_enters_as_major_and_any_other_as_notable() -> None:
    """By invitation is not open to the public; expanded access that is available is."""
    severities = {status: entered(make_record(recruitment_status=status)).severity for status in RECRUITMENT_STATUSES}
    assert {status for status, severity in severities.items() if severity == "major"} == {"RECRUITING", "AVAILABLE"}
    assert set(severities.values()) == {"major", "notable"}
    assert entered(make_record()).effects == ("recruiting",)
    assert entered(make_record(), kind="new_registration").severity == "major"


@pytest.mark.parametrize(
    ("sites", "severity"),
    [
        ((HERE,), "major"),
        ((FAR, AUGSBURG), "major"),
        ((site("Klinikum", "Munich", "Germany"),), "major"),
        ((FAR,), "notable"),
        ((NOWHERE,), "notable"),
        ((site("Klinikum", "Munich", "Germany", recruitment_status="WITHDRAWN"), FAR), "notable"),
        ((site("Klinikum", "Munich", "Germany", recruitment_status="ENROLLING_BY_INVITATION"),), "notable"),
        ((), "notable"),
    ],
)
def test_with_near_it_is_major_when_an_open_site_lies_inside(sites: Any, severity: str) -> None:
    assert entered(make_record(sites=sites), MUNICH).severity == severity


def test_it_says_where_near_you_then_how_the_trial_stands() -> None:
    both = make_record(sites=(HERE, FAR, site("Clinic", "Hof", "Germany", recruitment_status="COMPLETED")))
    rest = "phase 2, Example Pharma, started on 15 Jan 2025, 100 planned, 2 of 3 sites open"
    assert kinds.headline(entered(both, MUNICH)) == f"Now recruiting in Munich: {rest}"
    new = entered(changed(both, first_posted="2026-03-01", start_date=actual("2026-03-01")), MUNICH, "new_registration")
    assert kinds.headline(new).startswith("Now recruiting in Munich: newly registered on 1 Mar 2026, phase 2, Example Pharma")
    outskirts = Near(place="Pasing", country="Germany", km=100, latitude=48.14, longitude=11.46)
    assert kinds.headline(entered(both, outskirts)) == f"Now recruiting in Munich: {rest}"  # 9 km from the middle of Munich
    augsburg = kinds.headline(entered(make_record(sites=(AUGSBURG, FAR)), MUNICH))
    assert augsburg.startswith("Now recruiting in Augsburg, about 5")
    assert "km away: phase 2" in augsburg


def test_without_near_it_says_how_it_came_in_then_how_it_stands() -> None:
    record = make_record(recruitment_status="NOT_YET_RECRUITING", start_date="2026-09", phases=("PHASE1", "PHASE2"))
    rest = "not yet recruiting, phase 1/2, Example Pharma, start planned in Sep 2026, 100 planned"
    assert kinds.headline(entered(record)) == f"Now matches “lupus”: {rest}"
    registered = entered(changed(record, first_posted="2026-03-01"), kind="new_registration")
    assert kinds.headline(registered) == f"Newly registered on 1 Mar 2026: {rest}"


@pytest.mark.parametrize(
    ("sites", "words"),
    [((FAR,), "recruiting (no open site near you)"), ((NOWHERE,), "recruiting (perhaps near you, place unsure)")],
)
def test_it_never_says_near_you_of_a_place_that_is_not_or_may_not_be(sites: Any, words: str) -> None:
    assert kinds.headline(entered(make_record(sites=sites), MUNICH)).startswith(f"Now matches “lupus”: {words}, phase 2")


def test_the_body_gives_each_fact_and_the_open_sites_near() -> None:
    lines = kinds.lines(entered(make_record(sites=(HERE, FAR)), MUNICH, reason="it matches since its record changed"))
    assert lines[0] == "It matches since its record changed"
    assert {"Recruiting", "Phase 2", "Example Pharma", "100 planned", "2 of 2 sites open"} <= set(lines)
    assert lines[-1] == "Open near you: Klinikum, in Munich"


def test_what_the_registry_does_not_say_is_left_out() -> None:
    bare = make_record(
        recruitment_status=None, phases=None, lead_sponsor=None, start_date=None, enrollment=None, primary_outcomes=()
    )
    assert kinds.headline(entered(bare)) == "Now matches “lupus”"
    assert kinds.headline(entered(changed(bare, recruitment_status="COMPLETED", phases=("NA",)))).endswith(": completed")


def test_a_trial_that_the_watch_followed_before_is_told_by_its_own_changes() -> None:
    back = entered(make_record(sites=(HERE,)), MUNICH, returned=True)
    assert (back.severity, back.effects) == ("notable", ())
    assert kinds.headline(back).startswith("Now matches “lupus”: recruiting, phase 2")


CITIES = st.sampled_from((HERE, AUGSBURG, FAR, NOWHERE))


@given(
    st.lists(CITIES, max_size=4),
    st.sampled_from(RECRUITMENT_STATUSES),
    st.booleans(),
    st.sampled_from(("entered_watch", "new_registration")),
)
def test_a_headline_has_one_colon_at_most_and_major_means_recruiting(
    sites: list[Any], status: str, near: bool, kind: str
) -> None:
    event = entered(make_record(sites=tuple(sites), recruitment_status=status), MUNICH if near else None, kind)
    assert kinds.headline(event).count(":") <= 1
    assert (event.severity == "major") == ("recruiting" in event.effects)


# --- what closes later ----------------------------------------------------------------------------------------------

WATCH = Watch(name="lupus", near=MUNICH, send=(Send(to="me", when="immediate", min_severity="major"),))


def closing(past: tuple[Event, ...], record: TrialRecord) -> Event:
    done = changed(record, sites=(FAR,))
    return events(record, done, near={"lupus": MUNICH}, past=past)["nearby_site_closed"]


def heard(event: Event) -> bool:
    return bool(route(event, {"lupus": WATCH}, {"lupus": day(-5)}))


def test_that_a_place_closed_is_as_loud_as_that_the_trial_was_told_of() -> None:
    """A reader of major events never hears that a trial closed of which he did not hear before."""
    record = make_record(sites=(HERE, FAR))
    loud, quiet = entered(record, MUNICH), entered(changed(record, recruitment_status="ENROLLING_BY_INVITATION"), MUNICH)
    assert (loud.severity, quiet.severity) == ("major", "notable")
    assert heard(closing((loud,), record))
    assert heard(closing((), record)), "a trial of the first listing stands in the welcome message"
    assert not heard(closing((quiet,), record))
    opened = events(changed(record, sites=(FAR,)), record, near={"lupus": MUNICH})["nearby_site_opened"]
    assert heard(closing((quiet, opened), record)), "it was told that the place opened"


def test_a_watch_that_heard_of_the_trial_hears_that_its_place_closed_though_another_did_not() -> None:
    record = make_record(sites=(HERE, FAR))
    quiet = entered(changed(record, recruitment_status="COMPLETED"), MUNICH)
    both = {"lupus": MUNICH, "other": MUNICH}
    event = events(record, changed(record, sites=(FAR,)), near=both, past=(quiet,))["nearby_site_closed"]
    assert isinstance(event.details, NearbyDetails)
    assert (event.severity, event.details.lesser_for) == ("major", ("lupus",))
    watches = {name: Watch(name=name, near=MUNICH, send=WATCH.send) for name in both}
    assert [alert.watch for alert in route(event, watches, dict.fromkeys(both, day(-5)))] == ["other"]
