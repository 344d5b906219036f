"""How other trackers of trials tell changes that are none, miss those that are, and tell them wrongly: each way, closed.

What gets lost between asking and sending is shown in the modules beside this one.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.builders import actual, changed, day, detected, events, make_record, make_step, measure, said, site
from tests.sources.test_ctgov_parse import document, load, put
from tests.world import World, study
from tracker.errors import LayoutError
from tracker.events import KINDS
from tracker.model.event import Event
from tracker.model.record import (
    Criteria,
    Eligibility,
    Enrollment,
    Intervention,
    Organisation,
    Reference,
    ResultsSubmission,
    StudyDocument,
)
from tracker.model.vocabulary import RECRUITMENT_STATUSES
from tracker.render import kinds
from tracker.sources.ctgov import SOURCE

OLD = make_record()


def step(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Event]:
    before = make_record(**old)
    return events(before, changed(before, **new))


# --- too loud -------------------------------------------------------------------------------------------------------


def test_reordered_interventions_are_silent() -> None:
    drugs = tuple(Intervention(type="DRUG", name=name, arms=("1", "2")) for name in ("A", "B", "C"))
    turned = tuple(msgspec.structs.replace(drug, arms=("2", "1")) for drug in reversed(drugs))
    assert step({"interventions": drugs}, {"interventions": turned}) == {}


def test_extra_space_in_a_primary_outcome_is_silent() -> None:
    assert (
        step({"primary_outcomes": (measure("Overall survival"),)}, {"primary_outcomes": (measure(" Overall  survival"),)}) == {}
    )


def test_another_case_in_a_primary_outcome_is_not_critical() -> None:
    found = step({"primary_outcomes": (measure("Overall survival"),)}, {"primary_outcomes": (measure("Overall Survival"),)})
    assert found["primary_outcomes_changed"].severity == "minor"


@pytest.mark.parametrize("field", ["start_date", "primary_completion_date", "completion_date"])
def test_a_month_that_became_its_last_day_is_no_slip_of_thirty_days(field: str) -> None:
    event = step({field: "2026-03"}, {field: "2026-03-31"})[f"{field}_changed"]
    assert (event.effects, event.severity, said(event)["days"]) == (("refined",), "minor", 0)
    assert "nth" not in said(event)
    assert "cumulative_days" not in said(event)


def test_a_month_is_never_read_as_its_first_day() -> None:
    """2026-03 to 2026-04-01 is a shift of at least one day, not of thirty-one."""
    event = step({"completion_date": "2026-03"}, {"completion_date": "2026-04-01"})["completion_date_changed"]
    assert (said(event)["days"], said(event)["days_at_most"]) == (1, 31)


def test_measures_renamed_by_their_list_of_arms_are_no_switch() -> None:
    old = tuple(measure(f"Response in Arm 5 and Arm 6: {name}") for name in ("tumour size", "duration", "safety"))
    new = tuple(measure(f"Response in Arm 5, Arm 6, and Arm 8: {name}") for name in ("tumour size", "duration", "safety"))
    event = step({"primary_outcomes": old}, {"primary_outcomes": new})["primary_outcomes_changed"]
    assert (event.effects, event.severity) == (("measure_reworded",), "notable")


def test_one_edit_of_25_time_frames_is_one_event_of_low_severity() -> None:
    def frames(text: str) -> dict[str, Any]:
        return {
            "primary_outcomes": tuple(measure(f"Survival of group {n}", text) for n in range(3)),
            "secondary_outcomes": tuple(measure(f"Response of group {n}", text) for n in range(22)),
        }

    early = {"recruitment_status": "NOT_YET_RECRUITING", "start_date": "2026-09"}
    found = step(frames("up to 59 months") | early, frames("up to 58 months"))
    assert list(found) == ["primary_outcomes_changed"]
    (event,) = found.values()
    assert event.severity == "minor"
    assert kinds.lines(event) == ["Time frame of 3 primary and 22 secondary outcomes: 59 months → 58 months"]


def test_anonymous_sites_are_a_multiset_and_never_an_index() -> None:
    crowd = tuple(site("Research Site", city) for city in ("Boston", "Boston", "Dallas", "Miami"))
    assert step({"sites": crowd}, {"sites": crowd[::-1]}) == {}
    event = step({"sites": crowd}, {"sites": (site("Research Site", "Austin"), *crowd)})["sites_changed"]
    assert said(event)["counts"] == {
        "added": 1,
        "removed": 0,
        "renamed": 0,
        "anonymised": 0,
        "named": 0,
        "address": 0,
        "status": 0,
        "respelt": 0,
    }


def test_a_bumped_version_holder_with_reordered_sites_is_silent() -> None:
    new = load()
    new.setdefault("derivedSection", {}).setdefault("miscInfoModule", {})["versionHolder"] = "2031-01-01"
    new["protocolSection"]["contactsLocationsModule"]["locations"].reverse()
    before, after = (SOURCE.parse(document(each)).record for each in (load(), new))
    assert detected(before, after).events == ()


def test_only_verification_and_update_dates_are_silent() -> None:
    moved = {"verified_on": "2026-03", "last_update_posted": actual("2026-03-20"), "page_date": "2026-03-20"}
    assert step({}, moved) == {}


# --- too quiet ------------------------------------------------------------------------------------------------------

POSTED = StudyDocument(type="PROTOCOL", filename="p.pdf", date="2025-01-01")
JOIN = Eligibility(criteria=Criteria(inclusion=("Adults",)), minimum_age="18 Years", sex="ALL")


@pytest.mark.parametrize(
    ("old", "new", "kind", "effect"),
    [
        (
            {},
            {"primary_outcomes": (measure("Change in disease activity score", "48 weeks"),)},
            "primary_outcomes",
            "time_frame",
        ),
        (
            {},
            {"primary_outcomes": (measure("Change in disease activity score", "24 weeks", "By SLEDAI"),)},
            "primary_outcomes",
            "description",
        ),
        ({}, {"secondary_outcomes": (measure("Pain"),)}, "secondary_outcomes", "added"),
        (
            {"eligibility": JOIN},
            {"eligibility": msgspec.structs.replace(JOIN, minimum_age="16 Years")},
            "eligibility",
            "age",
        ),
        (
            {"eligibility": JOIN},
            {"eligibility": msgspec.structs.replace(JOIN, criteria=Criteria(inclusion=("Adults", "Consent")))},
            "eligibility",
            "criteria",
        ),
        ({"sites": (site("A", "Boston"),)}, {"sites": (site("B", "Dallas"),)}, "sites", "added"),
        ({}, {"primary_completion_date": actual("2026-09")}, "primary_completion_date", "happened"),
        ({}, {"enrollment": Enrollment(count=100, type="ACTUAL")}, "enrollment", "actual_reported"),
        ({}, {"collaborators": (Organisation(name="Institute"),)}, "sponsors", "collaborators"),
        ({}, {"documents": (POSTED,)}, "documents", "protocol"),
        ({}, {"results_submissions": (ResultsSubmission(type="RESET", date="2026-03-01"),)}, "results_submission", "returned"),
        ({}, {"references": (Reference(pmid="1", type="DERIVED"),)}, "references", "added"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_facet_that_others_do_not_see_is_told(old: dict[str, Any], new: dict[str, Any], kind: str, effect: str) -> None:
    found = step(old, new)
    assert list(found) == [f"{kind}_changed"]
    assert effect in found[f"{kind}_changed"].effects


def test_sites_swapped_at_equal_count_are_one_added_and_one_removed() -> None:
    event = step({"sites": (site("A", "Boston"),)}, {"sites": (site("B", "Dallas"),)})["sites_changed"]
    assert (said(event)["counts"]["added"], said(event)["counts"]["removed"]) == (1, 1)


@pytest.mark.parametrize("before", ["NONE_POSTED", "SUBMITTED", "RETURNED", None])
def test_results_posted_fires_from_every_earlier_state(before: str | None) -> None:
    """Also where the older record did not speak of results at all."""
    posted = {"results_state": "POSTED", "results_first_posted": actual("2026-03-05")}
    assert step({"results_state": before}, posted)["results_posted"].severity == "major"


def test_results_quality_control_is_read_from_both_places() -> None:
    """A step stands in the tracking while it is fresh, in the annotations once it was returned."""
    tracked, annotated = load(), load()
    tracked.setdefault("derivedSection", {}).setdefault("miscInfoModule", {})["submissionTracking"] = {
        "submissionInfos": [{"releaseDate": "2026-02-01"}]
    }
    annotated["annotationSection"] = {
        "annotationModule": {"unpostedAnnotation": {"unpostedEvents": [{"type": "RELEASE", "date": "2026-02-01"}]}}
    }
    plain, one, other = (SOURCE.parse(document(each)).record for each in (load(), tracked, annotated))
    for new in (one, other):
        (event,) = detected(plain, new).events
        assert (event.kind, event.effects) == ("results_submission_changed", ("submitted",))
    assert detected(one, other).events == ()


def test_a_cancelled_submission_is_told_with_and_without_its_date() -> None:
    steps = (ResultsSubmission(type="RELEASE", date="2026-01-01"),)
    for date in ("2026-02-01", None):
        cancelled = (*steps, ResultsSubmission(type="UNRELEASE", date=date))
        found = step({"results_submissions": steps}, {"results_submissions": cancelled})
        assert found["results_submission_changed"].effects == ("cancelled",)
        assert kinds.headline(found["results_submission_changed"]).startswith("Submission of results cancelled")


def test_a_status_that_became_unknown_without_a_new_update_date_is_told() -> None:
    found = step({}, {"recruitment_status": "UNKNOWN", "last_known_status": "RECRUITING"})
    assert list(found) == ["recruitment_status_changed"]
    assert found["recruitment_status_changed"].effects == ("went_unknown",)


def test_an_actual_date_corrected_by_a_year_is_major_and_no_slip() -> None:
    old, new = actual("2025-11-02"), actual("2024-11-11")
    event = step({"primary_completion_date": old}, {"primary_completion_date": new})["primary_completion_date_changed"]
    assert (event.effects, event.severity, said(event)["days"]) == (("corrected",), "major", -356)


def test_a_planned_enrollment_that_turned_out_small_is_major() -> None:
    event = step({"enrollment": 35}, {"enrollment": Enrollment(count=4, type="ACTUAL")})["enrollment_changed"]
    assert (event.effects, event.severity) == (("actual_reported", "lowered"), "major")


# --- wrong ----------------------------------------------------------------------------------------------------------


def test_a_reason_is_removed_only_where_the_registry_says_so() -> None:
    """A record that could not be read is an error and never "field absent"."""
    stopped = put(put(load(), "statusModule.overallStatus", "TERMINATED"), "statusModule.whyStopped", "Slow accrual")
    broken = {"protocolSection": {"identificationModule": stopped["protocolSection"]["identificationModule"]}}
    with pytest.raises(LayoutError):
        SOURCE.parse(document(broken, SOURCE.parse(document(stopped)).record.trial))
    resumed = put(put(load(), "statusModule.overallStatus", "TERMINATED"), "descriptionModule.briefSummary", "Other words")
    before, after = (SOURCE.parse(document(each)).record for each in (stopped, resumed))
    found = {event.kind: event for event in detected(before, after).events}
    assert found["why_stopped_changed"].effects == ("removed",)
    assert "why_stopped_changed" not in {event.kind for event in detected(before, before).events}


def test_statuses_are_whole_words_and_never_parts_of_one() -> None:
    """Words such as NOT_YET_RECRUITING hold the word of the status that they are not."""
    opening = {"started", "started_by_invitation", "reopened", "resumed", "revived", "access_opened"}
    for old in RECRUITMENT_STATUSES:
        for new in ("NOT_YET_RECRUITING", "ACTIVE_NOT_RECRUITING", "NOT_RECRUITING_UNSPECIFIED", "COMPLETED", "TERMINATED"):
            if old == new:
                continue
            (event,) = detected(changed(OLD, recruitment_status=old), changed(OLD, recruitment_status=new)).events
            told = kinds.headline(event)
            assert "Now recruiting" not in told
            if old not in {"UNKNOWN", "SUSPENDED", "COMPLETED", "TERMINATED", "WITHDRAWN"}:
                assert not set(event.effects) & opening, f"{old} to {new}"


def test_ids_of_events_do_not_hang_on_the_clock_or_the_order_of_sets() -> None:
    new = changed(OLD, enrollment=30, conditions=("A", "B", "C"), sites=(site(), site("B")))
    seen = make_step(OLD, new).new.seen
    first = detected(OLD, new)
    again = detected(OLD, changed(new, conditions=("C", "A", "B")), seen_new=seen, at=day(0))
    assert [event.id for event in first.events] == [event.id for event in again.events]


def test_paths_are_names_and_never_places_in_a_list() -> None:
    new = changed(OLD, primary_outcomes=(measure("Pain"), *(OLD.primary_outcomes or ())), conditions=("Lupus",))
    for event in detected(OLD, new).events:
        assert not any(part.isdigit() for change in event.changes for part in change.path)


def test_a_new_kind_can_be_run_over_the_past() -> None:
    """Events follow from two records alone: the stored bytes of any two days give them again."""
    earlier, later = load(), put(load(), "statusModule.whyStopped", "Slow accrual")
    told = [detected(*(SOURCE.parse(document(each)).record for each in (earlier, later))) for _ in range(2)]
    assert told[0] == told[1]
    assert {event.kind for event in told[0].events} <= set(KINDS)


# --- the registry's lists -------------------------------------------------------------------------------------------

SEARCHED = '[[watch]]\nname = "search"\nsearch = "https://clinicaltrials.gov/search?cond=Testitis"\n'


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as made:
        made.studies = {f"NCT{number:08}": study(f"NCT{number:08}") for number in range(400, 460)}
        yield made


def test_a_search_in_another_order_gives_no_false_new_trials(world: World) -> None:
    world.configure(SEARCHED)
    world.sync()
    numbers = list(world.studies)
    for turn in range(2):
        random.Random(turn).shuffle(numbers)
        world.studies = {nct: world.studies[nct] for nct in numbers}
        world.day()
    assert world.kinds() == []


def test_a_trial_is_read_with_its_status_changed_alone_whatever_its_update_date(world: World) -> None:
    world.configure(SEARCHED)
    world.sync()
    world.day(change=lambda: world.amend("NCT00000400", statusModule__overallStatus="UNKNOWN"))
    assert world.kinds() == [("ctgov:NCT00000400", "recruitment_status_changed")]


def test_an_old_trial_that_turns_up_is_not_called_new(world: World) -> None:
    world.configure(SEARCHED)
    world.sync()
    world.day(change=lambda: world.studies.update({"NCT00000399": study("NCT00000399")}))
    assert world.kinds() == [("ctgov:NCT00000399", "entered_watch")]
