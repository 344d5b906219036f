"""What updates of real records look like, where trackers that were tried on them went wrong.

Most days move nothing but the date of the registry's data; some changes of the record move no update date at all; one update
touches many fields at once and is still one piece of news. The shapes are those of real updates, the words are invented.
"""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

from tests.builders import actual, changed, detected, make_record, measure, said, site
from tests.failure_modes.conftest import LISTED, SEARCHED, A, B, studies, texts
from tests.world import Study, World, study
from tracker.events import deadlines
from tracker.model.record import Arm, Enrollment
from tracker.render import kinds
from tracker.sources.ctgov import SOURCE


def version(world: World, nct: str) -> Study:
    """A copy of a study, to be changed anywhere and to take its place."""
    made = world.studies[nct] = copy.deepcopy(world.studies[nct])
    assert isinstance(made, dict)
    return made


# --- days on which nothing happened ---------------------------------------------------------------------------------


def test_days_that_move_the_data_version_alone_store_no_version_and_tell_nothing(world: World) -> None:
    world.studies = studies(20)
    world.configure(SEARCHED)
    world.day()
    stored = world.store.size()

    def bump() -> None:
        for nct in world.studies:
            version(world, nct)["derivedSection"]["miscInfoModule"]["versionHolder"] = f"{world.now:%Y-%m-%d}"

    for _ in range(5):
        assert world.day(change=bump).counts.unchanged == 20
    after = world.store.size()
    assert (after.snapshots, after.snapshot_bytes) == (stored.snapshots, stored.snapshot_bytes)
    assert world.kinds() == []


def test_a_bumped_version_with_reordered_sites_reports_none_of_many_records(world: World) -> None:
    places = [{"facility": "Research Site", "city": city, "country": "Canada"} for city in ("Ottawa", "Ottawa", "Laval")]
    world.studies = {nct: study(nct, contactsLocationsModule__locations=list(places)) for nct in studies(60)}
    world.configure(SEARCHED)
    world.day()

    def turn() -> None:
        for nct in world.studies:
            made = version(world, nct)
            made["derivedSection"]["miscInfoModule"]["versionHolder"] = f"{world.now:%Y-%m-%d}"
            made["protocolSection"]["contactsLocationsModule"]["locations"].reverse()

    assert world.day(change=turn).sources[0].state == "accepted"
    assert world.kinds() == []


def test_a_site_that_was_put_elsewhere_on_the_map_is_no_news(world: World) -> None:
    place = {"facility": "City Hospital", "city": "Ottawa", "country": "Canada", "geoPoint": {"lat": 45.4, "lon": -75.7}}
    world.studies[A] = study(A, contactsLocationsModule__locations=[place])
    world.configure(LISTED)
    world.day()
    moved = place | {"geoPoint": {"lat": 45.5, "lon": -75.6}}
    world.day(change=lambda: world.amend(A, contactsLocationsModule__locations=[moved]))
    assert world.kinds() == []


def test_another_telephone_number_is_kept_and_mailed_to_nobody(world: World) -> None:
    world.studies[A] = study(A, contactsLocationsModule__centralContacts=[{"name": "Study Desk", "phone": "555-0100"}])
    world.configure(LISTED)
    world.day()
    moved = [{"name": "Study Desk", "phone": "555-0199"}]
    world.day(change=lambda: world.amend(A, contactsLocationsModule__centralContacts=moved))
    world.day()
    assert world.kinds() == [(f"ctgov:{A}", "contacts_changed")]
    assert not any("Desk" in text or "555" in text for text in texts(world))


# --- changes that move no update date -------------------------------------------------------------------------------


def test_what_changes_without_a_new_update_date_is_found(world: World) -> None:
    """Trackers that ask for what was updated since yesterday never see any of these."""
    world.studies = studies(4)
    unknown, returned, published, unlinked = world.studies
    world.studies[unlinked] = study(unlinked, referencesModule__seeAlsoLinks=[{"label": "More", "url": "https://a.example"}])
    world.configure(SEARCHED)
    world.day()
    events = [{"type": "RELEASE", "date": "2025-12-08"}, {"type": "RESET", "date": "2026-02-09"}]
    paper = {"pmid": "40000001", "type": "DERIVED", "citation": "An invented paper."}

    def change() -> None:
        world.amend(unknown, statusModule__overallStatus="UNKNOWN", statusModule__lastKnownStatus="RECRUITING")
        version(world, returned)["annotationSection"] = {"annotationModule": {"unpostedAnnotation": {"unpostedEvents": events}}}
        world.amend(published, referencesModule__references=[paper])
        world.amend(unlinked, referencesModule__seeAlsoLinks=[])

    world.day(change=change)
    assert dict(world.kinds()) == {
        f"ctgov:{unknown}": "recruitment_status_changed",
        f"ctgov:{returned}": "results_submission_changed",
        f"ctgov:{published}": "references_changed",
        f"ctgov:{unlinked}": "links_changed",
    }
    asked = [dict(request.params) for request in world.registry.requests if request.path.endswith("/studies")]
    assert any("filter.ids" in params for params in asked)
    assert not any("LastUpdatePostDate" in value for params in asked for name, value in params.items() if name != "fields")


def test_the_largest_record_is_read_like_any_other(world: World) -> None:
    world.studies[A] = study(A, descriptionModule__detailedDescription="A long story. " * 80_000)
    world.configure(LISTED)
    assert world.day().counts.baseline == 2
    world.day(change=lambda: world.amend(A, statusModule__overallStatus="COMPLETED"))
    assert world.kinds() == [(f"ctgov:{A}", "recruitment_status_changed")]


# --- one update, one story ------------------------------------------------------------------------------------------


def test_25_time_frames_that_moved_as_the_trial_opened_are_one_line_under_its_opening() -> None:
    def frames(text: str) -> dict[str, Any]:
        return {
            "primary_outcomes": tuple(measure(f"Survival of group {n}", text) for n in range(3)),
            "secondary_outcomes": tuple(measure(f"Response of group {n}", text) for n in range(22)),
        }

    before = make_record(recruitment_status="NOT_YET_RECRUITING", start_date="2026-04", **frames("up to 59 months"))
    found = detected(before, changed(before, recruitment_status="RECRUITING", **frames("up to 58 months")))
    assert [(event.kind, event.severity) for event in found.events] == [
        ("recruitment_status_changed", "major"),
        ("primary_outcomes_changed", "minor"),
    ]
    assert kinds.story_headline(found.events).startswith("Now recruiting")
    assert len(kinds.lines(found.events[1])) == 1


def test_a_new_arm_a_new_country_and_an_earlier_end_are_told_without_an_outcome_switch() -> None:
    def outcomes(arms: str) -> tuple[Any, ...]:
        return tuple(measure(f"{name} in {arms}") for name in ("Tumour response", "Duration of response", "Adverse events"))

    arms = tuple(Arm(label=f"Arm {n}", type="EXPERIMENTAL") for n in (5, 6))
    before = make_record(primary_outcomes=outcomes("Arm 5 and Arm 6"), arms=arms, sites=(site(),), completion_date="2027-05-29")
    after = changed(
        before,
        primary_outcomes=outcomes("Arm 5, Arm 6, and Arm 8"),
        arms=(*arms, Arm(label="Arm 8", type="EXPERIMENTAL")),
        sites=(site(), site("Hospital Central", "Rosario", "Argentina")),
        completion_date="2027-05-01",
    )
    found = {event.kind: event for event in detected(before, after).events}
    assert set(found) == {
        "primary_outcomes_changed",
        "arms_changed",
        "countries_changed",
        "sites_changed",
        "completion_date_changed",
    }
    assert found["primary_outcomes_changed"].effects == ("measure_reworded",)
    assert found["primary_outcomes_changed"].severity != "major"
    assert (found["completion_date_changed"].effects, said(found["completion_date_changed"])["days"]) == (("advanced",), -28)
    assert len({event.story for event in found.values()}) == 1


def test_a_corrected_end_moves_the_day_results_are_due_by_a_year() -> None:
    planned = make_record(primary_completion_date="2025-11-02", completion_date="2026-11-02")
    happened = changed(planned, primary_completion_date=actual("2025-11-02"))
    corrected = changed(happened, primary_completion_date=actual("2024-11-11"))
    effects = [
        {event.kind: event for event in detected(*step).events}["primary_completion_date_changed"].effects
        for step in ((planned, happened), (happened, corrected))
    ]
    assert effects == [("happened",), ("corrected",)]
    due = [
        {row.due for row in deadlines(record, SOURCE.info, dt.date(2025, 12, 1)) if row.kind.startswith("results_")}
        for record in (happened, corrected)
    ]
    assert due == [{dt.date(2026, 11, 2)}, {dt.date(2025, 11, 11)}]


def test_four_of_thirty_five_enrolled_and_closed_are_one_story_of_two_events() -> None:
    before = make_record(enrollment=35)
    after = changed(before, enrollment=Enrollment(count=4, type="ACTUAL"), recruitment_status="ACTIVE_NOT_RECRUITING")
    found = detected(before, after)
    assert {event.kind: event.effects for event in found.events} == {
        "recruitment_status_changed": ("closed",),
        "enrollment_changed": ("actual_reported", "lowered"),
    }
    assert found.story is not None
    assert set(found.story.parts) == {event.id for event in found.events}


def test_anonymous_sites_that_come_and_go_are_counted_and_never_matched_by_their_place_in_the_list() -> None:
    crowd = tuple(site("Investigational Site", city) for city in ("Boston", "Boston", "Boston", "Dallas", "Miami"))
    before = make_record(sites=crowd)
    after = changed(before, sites=(crowd[4], crowd[0], crowd[1], site("Investigational Site", "Reno")))
    (event,) = detected(before, after).events
    counts = said(event)["counts"]
    assert (counts["added"], counts["removed"], counts["renamed"]) == (1, 2, 0)


def test_a_record_that_changed_only_its_bookkeeping_is_stored_and_told_to_nobody(world: World) -> None:
    world.configure(LISTED.replace('min_severity = "notable"', 'min_severity = "minor"'))
    world.day()
    posted = {"date": "2026-03-03", "type": "ACTUAL"}
    world.day(
        change=lambda: world.amend(
            A,
            statusModule__statusVerifiedDate="2026-03",
            statusModule__lastUpdateSubmitDate="2026-03-02",
            statusModule__lastUpdatePostDateStruct=posted,
        )
    )
    world.day()
    assert len(world.store.timeline(f"ctgov:{A}")) == 2
    assert len(world.store.timeline(f"ctgov:{B}")) == 1
    assert world.kinds() == []
    assert len(texts(world)) == 1, "the welcome"
