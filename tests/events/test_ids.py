"""Ids are in people's databases: the same input has the same id in every release."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.builders import DAY, actual, changed, date, detected, known, make_record, site
from tracker.events import calendar_events, listing_event
from tracker.model.details import read_details
from tracker.model.event import Seen, Version
from tracker.model.record import Oversight
from tracker.model.vocabulary import ListingKind

OLD = make_record()
SEEN = Seen(sha256="aa", first_seen_at=DAY, last_seen_at=DAY)
ENDED = make_record(
    recruitment_status="COMPLETED",
    start_date=actual("2023-05-01"),
    primary_completion_date=actual("2025-02-10"),
    completion_date=date("2025-08-01"),
    oversight=Oversight(fda_drug=True),
    countries=("United States",),
    verified_on=date("2024-01"),
)

UPDATE = {
    "recruitment_status_changed": "cd7be816b75215b47ecbccb8913efbd8",
    "enrollment_changed": "bbc62cb95ab640a88718dfd030aed28e",
    "sites_changed": "e8e0d1a4c1874c9a5e0c12fabe2ff3e5",
    "countries_changed": "19426b7886f0151a955fac0ee819383c",
    "other_fields_changed": "552acade484e017c12dfadacb37e337b",
}
STORY = "a0a4788ee47a55adc42dc3e757d3cdb9"
CALENDAR = {
    "results_due_soon": "be089d2a49efacb338dffd676512c8d6",
    "results_overdue": "ec4ea034abbbbbc09773dd55989a082a",
    "milestone_passed": "d96349346922706e39780be08a2f1c9d",
    "verification_lapsed": "0982113c648d042dcc98583f371d61a4",
    "will_go_unknown": "e22840cc5050774116caf43bf47e435e",
}


def test_ids_of_an_update_and_its_story() -> None:
    new = changed(
        OLD,
        enrollment=30,
        recruitment_status="TERMINATED",
        why_stopped="x",
        sites=(site(),),
        rest={"a.b.hasExpandedAccess": True, "x": 1},
        last_update_posted=OLD.last_update_posted,
    )
    found = detected(OLD, new)
    assert found.story is not None
    assert {event.kind: event.id for event in found.events} == UPDATE
    assert (found.story.id, found.story.parts) == (STORY, tuple(event.id for event in found.events))


def test_the_id_of_equal_bytes_read_on_another_day() -> None:
    waiting = make_record(recruitment_status="NOT_YET_RECRUITING")
    running = changed(waiting, recruitment_status="RECRUITING")
    (event,) = detected(waiting, running, seen_old=SEEN, seen_new=SEEN, at=DAY + timedelta(days=30)).events
    assert event.id == "4b53da45c2a550f22e3a2d9c31666e75"


def test_ids_of_the_calendar() -> None:
    since, at = datetime(2024, 6, 1, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC)
    open_again = changed(ENDED, recruitment_status="RECRUITING")
    found = calendar_events(Version(record=open_again, seen=SEEN), since=since, at=at, known=known())
    assert {event.kind: event.id for event in found} == {
        kind: id for kind, id in CALENDAR.items() if kind != "results_due_soon"
    }
    (soon,) = calendar_events(
        Version(record=ENDED, seen=SEEN),
        since=datetime(2026, 1, 5, tzinfo=UTC),
        at=datetime(2026, 2, 1, tzinfo=UTC),
        known=known(),
    )
    assert soon.id == CALENDAR["results_due_soon"]
    assert all(event.story == event.id for event in found)


@pytest.mark.parametrize(
    ("kind", "key", "id"),
    [
        ("new_registration", "w 2026", "962161a4f3e438c9160abc30bc1e703a"),
        ("removed", "k", "8d08cc294f7f17f608e0268a61717862"),
        ("mirror_lags", "q", "8f73d5f5e8c989d47c69d3c5c1997cbd"),
    ],
)
def test_ids_of_the_registrys_list(kind: ListingKind, key: str, id: str) -> None:
    event = listing_event(
        kind,
        trial=ENDED.trial,
        record=ENDED,
        at=DAY,
        seen_between=(None, DAY),
        details=read_details(kind, {}),
        known=known(),
        key=key,
    )
    assert (event.id, event.story) == (id, id)
