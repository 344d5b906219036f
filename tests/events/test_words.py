"""The words people read: one line, in plain terms, quoted where it is the registry's text, and without persons."""

from __future__ import annotations

import re
from datetime import UTC
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import DAY, actual, changed, detected, events, known, make_record, measure, site
from tests.compare.test_compare import RECORDS
from tracker.events import KINDS, listing_event
from tracker.model.dates import RegistryDate
from tracker.model.details import (
    Details,
    EnteredDetails,
    MergedDetails,
    MirrorDetails,
    NewRegistrationDetails,
    RemovedDetails,
    TwoSides,
    WatchDetails,
)
from tracker.model.event import Event, Story
from tracker.model.record import (
    Contact,
    Criteria,
    Eligibility,
    Enrollment,
    Official,
    Organisation,
    Reference,
    TrialRecord,
)
from tracker.model.vocabulary import RECRUITMENT_STATUSES, ListingKind
from tracker.render import kinds, vocabulary
from tracker.render.inline_diff import LONGEST_CHANGE, difference, plain, spans
from tracker.render.kinds.kind_words import with_one_colon
from tracker.render.machine import event_json, story_json
from tracker.render.story_view import story_view, when_sentence


def told(old: dict[str, Any], new: dict[str, Any], kind: str | None = None) -> str:
    """The headline of a step, of one kind or of the whole story."""
    before = make_record(**old)
    found = detected(before, changed(before, **new))
    if kind:
        return next(kinds.headline(event) for event in found.events if event.kind == kind)
    return kinds.story_headline(found.events)


N = "NOT_YET_RECRUITING"


@pytest.mark.parametrize(
    ("old", "new", "headline"),
    [
        ({"recruitment_status": N}, {"recruitment_status": "RECRUITING"}, "Now recruiting (before: not yet)"),
        ({}, {"recruitment_status": "ACTIVE_NOT_RECRUITING"}, "No longer recruiting (before: recruiting)"),
        ({}, {"recruitment_status": "ENROLLING_BY_INVITATION"}, "Now by invitation only (before: recruiting)"),
        ({"recruitment_status": "SUSPENDED"}, {"recruitment_status": "RECRUITING"}, "Recruiting again (before: suspended)"),
        ({}, {"recruitment_status": "TERMINATED"}, "Terminated (before: recruiting)"),
        ({}, {"primary_completion_date": "2027-03"}, "Primary completion slips by 181 days to Mar 2027 (was Sep 2026)"),
        ({}, {"completion_date": "2027-01"}, "Completion moves 59 days earlier to Jan 2027 (was Mar 2027)"),
        ({"start_date": "2026-02"}, {"start_date": actual("2026-02-20")}, "Started on 20 Feb 2026 (planned Feb 2026)"),
        ({"start_date": "2026-02"}, {"start_date": actual("2026-02")}, "Started in Feb 2026"),
        ({}, {"primary_completion_date": "2026-09-30"}, "Primary completion now given as 30 Sep 2026 (was Sep 2026)"),
        ({}, {"primary_completion_date": None}, "Primary completion no longer given (was Sep 2026)"),
        ({}, {"primary_completion_date": "Spring 2027"}, "Primary completion now reads “Spring 2027” (was “2026-09”)"),
        ({"enrollment": 32}, {"enrollment": 12}, "Enrollment cut by 63 % to 12 (planned 32)"),
        ({}, {"enrollment": 120}, "Enrollment raised by 20 % to 120 (was 100)"),
        ({"enrollment": 10}, {"enrollment": 500}, "Enrollment now 500 (was 10)"),
        ({}, {"enrollment": Enrollment(count=100, type="ACTUAL")}, "100 people enrolled, as planned"),
        ({}, {"enrollment": Enrollment(count=1, type="ACTUAL")}, "1 person enrolled, 99 % fewer than the 100 planned"),
        ({}, {"enrollment": Enrollment(count=0, type="ACTUAL")}, "No one enrolled (planned 100)"),
        ({}, {"results_state": "POSTED", "results_first_posted": actual("2026-03-05")}, "Results posted on 5 Mar 2026"),
        ({}, {"phases": ("PHASE2", "PHASE3")}, "Phase now 2/3 (was 2)"),
        (
            {},
            {"lead_sponsor": Organisation(name="Other", organisation_class="INDUSTRY")},
            "Lead sponsor now Other (was Example Pharma)",
        ),
        ({}, {"references": (Reference(pmid="1", type="RESULT"),)}, "1 publication linked"),
        ({}, {"masking": "DOUBLE"}, "Masking now double (was not stated)"),
        ({}, {"brief_title": "New", "acronym": "N"}, "Brief title and acronym changed"),
        ({}, {"rest": {"protocolSection.oddModule.newThing": 1}}, "Other fields: new thing changed"),
        ({}, {"secondary_outcomes": (measure("Pain"),)}, "Secondary outcome added: “Pain” (while ongoing)"),
    ],
)
def test_headlines(old: dict[str, Any], new: dict[str, Any], headline: str) -> None:
    assert told(old, new) == headline


def test_a_reason_is_quoted_in_its_own_words() -> None:
    stop = {"recruitment_status": "TERMINATED", "why_stopped": "Slow accrual; no safety concern"}
    assert told({}, stop) == "Terminated, was recruiting: “Slow accrual; no safety concern”"


def test_a_story_joins_the_weightiest_event_with_the_next_most_telling_ones() -> None:
    old = {"enrollment": 263, "primary_completion_date": "2026-02", "completion_date": "2026-02"}
    new = {
        "recruitment_status": "TERMINATED",
        "enrollment": Enrollment(count=99, type="ACTUAL"),
        "primary_completion_date": actual("2026-02-10"),
        "completion_date": actual("2026-02-10"),
        "brief_summary": "Other words",
    }
    assert told(old, new) == "Terminated (was recruiting); 263 planned → 99 enrolled, both completion dates now actual"


def test_both_completion_dates_that_slip_alike_are_one_phrase() -> None:
    old = {"enrollment": 100, "primary_completion_date": "2026-09-01", "completion_date": "2026-12-01"}
    new = {"enrollment": 150, "primary_completion_date": "2026-09-21", "completion_date": "2026-12-21"}
    assert told(old, new) == "Enrollment raised by 50 % to 150 (was 100); both completion dates +20 days"


def test_like_time_frame_edits_are_one_line() -> None:
    def frames(text: str) -> tuple[Any, ...]:
        return tuple(measure(f"Survival {n}", text) for n in range(25))

    before = make_record(primary_outcomes=frames("59 months"))
    event = events(before, changed(before, primary_outcomes=frames("58 months")))["primary_outcomes_changed"]
    assert kinds.headline(event) == "Time frame of 25 primary outcomes: 59 months → 58 months (while ongoing)"
    assert kinds.lines(event) == ["Time frame of 25 primary outcomes: 59 months → 58 months"]


def test_eligibility_reads_as_people_would_say_it() -> None:
    old = {"eligibility": Eligibility(criteria=Criteria(inclusion=("Adults",)), maximum_age="65 Years", sex="FEMALE")}
    new = {"eligibility": Eligibility(criteria=Criteria(inclusion=("Adults", "Consent")), maximum_age="75 Years", sex="ALL")}
    headline = told(old, new)
    assert headline.startswith("Eligibility: ")
    for part in (
        "maximum age now 75 Years (was 65 Years)",
        "open to all sexes (was women only)",
        "1 inclusion criterion added",
    ):
        assert part in headline


def test_sites_read_as_counts_and_countries() -> None:
    old = {"sites": (site("A", recruitment_status=N), site("B", "Dallas"))}
    new = {"sites": (site("A", recruitment_status="RECRUITING"), site("C", "Rosario", "Argentina"))}
    assert told(old, new) == "Now recruiting in Argentina"
    found = events(before := make_record(**old), changed(before, **new))
    assert kinds.headline(found["sites_changed"]) == "Sites: 1 added, 1 removed, 1 now recruiting (now 2)"
    more = {"sites": (*old["sites"], site("D", "Dallas")), "collaborators": (Organisation(name="Example Trust"),)}
    assert told(old, more) == "Collaborator added: Example Trust; 1 site added"


def test_a_criterion_that_moved_from_one_heading_to_the_other_is_told_as_moved() -> None:
    lines = ("Active nephritis", "Two or more flares")
    old = make_record(eligibility=Eligibility(criteria=Criteria(inclusion=lines, exclusion=("Pregnancy",))))
    new = Eligibility(criteria=Criteria(inclusion=lines[1:], exclusion=("Pregnancy", lines[0])))
    event = events(old, changed(old, eligibility=new))["eligibility_changed"]
    assert kinds.headline(event) == "Eligibility: 1 criterion moved from inclusion to exclusion"
    assert kinds.lines(event) == ["Moved from inclusion to exclusion: “Active nephritis”"]


def test_an_end_with_results_says_the_results_before_a_late_start_date() -> None:
    new = {
        "recruitment_status": "COMPLETED",
        "start_date": actual("2026-01"),
        "results_state": "POSTED",
        "results_first_posted": actual("2026-03-05"),
    }
    assert told({"start_date": "2026-01"}, new).startswith("Completed (was recruiting); results posted on 5 Mar 2026")


def shown(old: str, new: str, limit: int = LONGEST_CHANGE) -> str:
    """The difference of two texts as a plain-text medium prints it."""
    return plain(spans(difference(old, new, limit)))


def test_only_the_words_that_differ_are_shown() -> None:
    old = "The drug is given once a day for as long as there is benefit in Arm 5 and Arm 6 of the trial"
    new = "The drug is given once a day for as long as there is benefit in Arm 5, Arm 6, and Arm 8 of the trial"
    assert shown(old, new) == "“… is benefit in Arm [5 → 5, Arm 6,] and Arm [6 → 8] of the trial”"
    assert shown("a b c", "a b c d") == "“a b c [+d]”"
    assert shown("a b c", "a c") == "“a [−b] c”"


def test_a_difference_too_long_to_show_whole_begins_with_the_first_edits() -> None:
    old = " ".join(f"word{n} same{n} same{n} same{n}" for n in range(60))
    new = " ".join(f"other{n} same{n} same{n} same{n}" for n in range(60))
    told_text = shown(old, new, 200)
    assert told_text.startswith("“[word0 → other0] same0")
    assert told_text.endswith(" more edits")
    assert len(told_text) <= 230


def test_two_long_texts_never_read_alike() -> None:
    opening = "The same long opening of both texts " * 20
    told_text = shown(opening + "one " * 80, opening + "two " * 80)
    assert "one" in told_text
    assert "two" in told_text


def test_spelling_is_told_as_spelling() -> None:
    assert told({"conditions": ("lupus",)}, {"conditions": ("Lupus",)}) == "Conditions: only case or punctuation changed"
    assert told({}, {"brief_title": "A study of examplumab in lupus"}) == "Titles: only case or punctuation changed"


HOSTILE = "Fine\r\nBcc: all@example.org\u202e\x1b[31m <b>bold</b>\x00 " + "long " * 100


def test_hostile_text_stays_on_one_line() -> None:
    fields = {
        "why_stopped": HOSTILE,
        "recruitment_status": HOSTILE,
        "primary_outcomes": (measure(HOSTILE),),
        "sites": (site(HOSTILE, HOSTILE, HOSTILE),),
        "lead_sponsor": Organisation(name=HOSTILE),
        "start_date": RegistryDate(HOSTILE),
        "rest": {HOSTILE: HOSTILE},
        "conditions": (HOSTILE,),
    }
    before = make_record()
    found = detected(before, changed(before, **fields))
    texts = [kinds.story_headline(found.events), *map(kinds.headline, found.events)]
    texts += [line for event in found.events for line in kinds.lines(event)]
    assert len(found.events) >= 7
    for text in texts:
        assert text.isprintable()
        assert "\u202e" not in text
    assert all(len(text) <= 160 for text in texts[: len(found.events) + 1])


def test_persons_are_never_named() -> None:
    person = Contact(name="Pat Example", phone="555-0100", email="pat@example.org")
    fields = {
        "central_contacts": (person,),
        "officials": (Official(name="Pat Example"),),
        "sites": (site(contacts=(person,)),),
    }
    before = make_record(sites=(site(),))
    found = detected(before, changed(before, **fields))
    texts = [kinds.story_headline(found.events), *map(kinds.headline, found.events)]
    texts += [line for event in found.events for line in kinds.lines(event)]
    assert not any("Pat" in text or "pat@" in text or "555" in text for text in texts)


def test_a_stored_kind_of_another_version_gets_a_sensible_sentence() -> None:
    event = Event(
        id="1",
        kind="dosage_form_changed",
        effects=("new_strength",),
        trial="ctgov:NCT01234567",
        label="x",
        severity="minor",
        rule="",
        detected_at=DAY,
        seen_between=(None, DAY),
        effective_at=DAY,
    )
    assert kinds.headline(event) == "Dosage form: new strength"
    assert kinds.headline(msgspec.structs.replace(event, effects=())) == "Dosage form changed"
    assert kinds.lines(event) == []


def listed(kind: ListingKind, details: Details) -> str:
    return kinds.headline(listed_event(kind, details))


def listed_event(kind: ListingKind, details: Details) -> Event:
    return listing_event(
        kind,
        trial="ctgov:NCT01234567",
        record=make_record(first_posted="2026-03-01"),
        at=DAY,
        seen_between=(None, DAY),
        details=details,
        known=known(),
    )


def test_listing_events_read_plainly() -> None:
    assert listed("entered_watch", EnteredDetails(watch="lupus")).startswith("Now matches “lupus”: recruiting, phase 2")
    assert listed("left_watch", WatchDetails(watch="lupus")) == "No longer matches “lupus”; still followed"
    assert listed("removed", RemovedDetails()) == "Gone from the registry"
    assert listed("restored", Details()) == "Back at the registry"
    assert listed("merged", MergedDetails(into="ctgov:NCT07654321")) == "The registry now answers with the record NCT07654321"
    new = NewRegistrationDetails(watch="lupus")
    assert listed("new_registration", new).startswith(
        "Newly registered on 1 Mar 2026, after its start 15 Jan 2025: recruiting, phase 2"
    )
    lag = MirrorDetails(
        home="ctgov:NCT01234567", fields={"recruitment_status": TwoSides(page="RECRUITING", registry="COMPLETED")}
    )
    assert listed("mirror_lags", lag) == "This page still shows the older state: status"


def test_below_a_listing_headline_stands_only_what_it_does_not_say() -> None:
    event = listed_event("new_registration", NewRegistrationDetails(watch="lupus"))
    story = Story(id="s", trial=event.trial, severity=event.severity, parts=(event.id,))
    part = story_view(story, [event], None, timezone=UTC).first
    assert "recruiting, phase 2" in part.headline
    assert [line for line in map(plain, part.lines) if line.lower() in part.headline.lower()] == []


def test_a_page_that_differs_is_no_change_of_the_registrys_listing() -> None:
    sides = {"recruitment_status": TwoSides(page="RECRUITING", registry="COMPLETED")}
    event = listed_event("mirror_lags", MirrorDetails(home="ctgov:NCT01234567", fields=sides))
    event = msgspec.structs.replace(event, seen_between=(DAY, DAY))
    sentence = when_sentence(event, UTC)
    assert sentence.startswith("The page and the registry's record differ. Noticed 10 Mar 2026")
    assert "unchanged" not in sentence


def test_every_kind_and_status_has_a_word() -> None:
    assert set(KINDS) == set(kinds.WORDS)
    assert set(RECRUITMENT_STATUSES) <= set(vocabulary.STATUS)
    assert vocabulary.status("RECRUITING") == "Recruiting"
    assert vocabulary.status("SOME_NEW_WORD") == "Some new word"
    assert kinds.kind_title("enrollment_changed") == "Enrollment"
    assert vocabulary.enumerated("SAP") == "statistical analysis plan"


def test_a_date_in_words_keeps_its_precision_and_kind() -> None:
    assert vocabulary.date(RegistryDate("2026-09", "ESTIMATED")) == "Sep 2026 (estimated)"
    assert vocabulary.date(RegistryDate("2026-09-01")) == "1 Sep 2026"
    assert vocabulary.date(RegistryDate("Spring 2026", "ACTUAL")) == "Spring 2026 (actual)"


def test_long_details_say_how_many_lines_were_left_out() -> None:
    old = make_record()
    event = events(old, changed(old, sites=tuple(site(f"Clinic {n}", f"Town {n}") for n in range(30))))["sites_changed"]
    told_lines = kinds.lines(event, limit=5)
    assert len(told_lines) == 5
    assert told_lines[-1] == "… and 26 more"


def test_public_json_has_the_headline_in_front_of_what_it_is_made_of() -> None:
    before = make_record()
    found = detected(before, changed(before, enrollment=30))
    (event,) = found.events
    assert found.story is not None
    shown = event_json(event)
    assert "headline" not in event.__struct_fields__
    assert shown["headline"] == "Enrollment cut by 70 % to 30 (planned 100)"
    assert list(shown)[list(shown).index("headline") + 1 :][:2] == ["details", "changes"]
    assert list(story_json(found.story, found.events)) == ["id", "trial", "headline", "severity", "parts"]
    assert story_json(found.story, found.events)["headline"] == shown["headline"]


def test_words_are_of_a_kind_and_of_its_details() -> None:
    def headline(_event: Event, _details: Details) -> str:
        return ""

    with pytest.raises(TypeError, match="is not a change kind"):
        kinds.kind_words("enrolment_changed", Details, title="x", headline=headline)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="Two"):
        kinds.kind_words("restored", Details, title="x", headline=headline)


@given(RECORDS, RECORDS)
@settings(max_examples=80, deadline=None)
def test_whatever_changed_can_be_told_in_a_line(old: TrialRecord, new: TrialRecord) -> None:
    found = detected(old, new)
    for event in found.events:
        headline = kinds.headline(event)
        assert 0 < len(headline) <= 160
        assert "not present" not in headline
        assert all(line and "\n" not in line for line in kinds.lines(event))
    assert not found.events or 0 < len(kinds.story_headline(found.events)) <= 160


@given(st.text(max_size=80), st.text(max_size=80))
@settings(max_examples=100, deadline=None)
def test_any_two_texts_have_a_difference_on_one_line(old: str, new: str) -> None:
    assert len(difference(old, new).splitlines()) == 1


UNKNOWN = {"recruitment_status": "UNKNOWN", "last_known_status": "RECRUITING"}


@pytest.mark.parametrize(
    ("old", "new", "headline"),
    [
        (
            {**UNKNOWN, "verified_on": "2020-08", "completion_date": "2021-05", "primary_completion_date": "2021-05"},
            {"recruitment_status": "RECRUITING"},
            "Recruiting again: status was unknown since 2022",
        ),
        (
            {**UNKNOWN, "last_known_status": "NOT_YET_RECRUITING"},
            {"recruitment_status": "RECRUITING"},
            "Recruiting: status was unknown",
        ),
        (
            {**UNKNOWN, "verified_on": "2022-03", "completion_date": "2024-11"},
            {"recruitment_status": "COMPLETED"},
            "Completed (before: status unknown since 2024)",
        ),
        (
            {**UNKNOWN, "verified_on": "2025-09", "completion_date": "2027"},
            {"recruitment_status": "WITHDRAWN", "why_stopped": "No funds"},
            "Withdrawn, status was unknown: “No funds”",
        ),
    ],
)
def test_a_status_headline_keeps_what_it_was_and_since_when_it_was_unknown(old: Any, new: Any, headline: str) -> None:
    """By the registry's own rule: past completion and not verified for two years; a day that lies ahead is not said."""
    before = make_record(**old)
    event = events(before, changed(before, last_known_status=None, **new))["recruitment_status_changed"]
    assert kinds.headline(event) == headline


def test_when_a_trial_was_seen_to_go_unknown_that_day_counts() -> None:
    open_trial = make_record(verified_on="2020-08", completion_date="2021-05")
    gone = changed(open_trial, recruitment_status="UNKNOWN", last_known_status="RECRUITING")
    seen = events(open_trial, gone)["recruitment_status_changed"]
    back = events(gone, open_trial, past=(seen,))["recruitment_status_changed"]
    assert kinds.headline(back) == "Recruiting again: status was unknown since 2026; changed back within 14 days"


def test_a_status_that_leads_an_update_keeps_what_it_was() -> None:
    old = {**UNKNOWN, "verified_on": "2020-08", "completion_date": "2021-05", "enrollment": 40}
    assert told(old, {"recruitment_status": "RECRUITING", "last_known_status": None, "enrollment": 60}) == (
        "Recruiting again: status was unknown since 2022; enrollment 40 → 60"
    )


def test_the_registrys_colons_are_kept_and_ours_are_one() -> None:
    assert with_one_colon("Arms: added: A, removed: “B: c: d”: x") == "Arms: added – A, removed – “B: c: d” – x"
    assert with_one_colon("Renamed “B: c”: x, at 10:30") == "Renamed “B: c”: x, at 10:30"


@settings(deadline=None)
@given(RECORDS, RECORDS)
def test_no_headline_has_two_colons_of_ours(old: TrialRecord, new: TrialRecord) -> None:
    found = detected(old, new)
    headlines = [kinds.headline(event) for event in found.events] + [kinds.story_headline(found.events)]
    assert [text for text in headlines if re.sub("“[^”]*(”|$)", "", text).count(": ") > 1] == []


@pytest.mark.parametrize(
    ("old", "new", "headline"),
    [
        ((200, "ESTIMATED"), (175, "ESTIMATED"), "Enrollment cut by 13 % to 175 (planned 200)"),  # 12.5 rounded to 12.5 to 13
        ((2001, "ESTIMATED"), (1752, "ESTIMATED"), "Enrollment cut by 12 % to 1,752 (planned 2,001)"),  # 12.44 %, not 12.5
        ((10000, "ESTIMATED"), (10248, "ESTIMATED"), "Enrollment raised by 2 % to 10,248 (was 10,000)"),  # 2.48 is not 2.5
        ((662, "ACTUAL"), (669, "ACTUAL"), "Actual enrollment corrected to 669 (was 662)"),
        ((662, "ACTUAL"), (0, "ACTUAL"), "No one enrolled (was 662)"),
        ((100, None), (80, None), "Enrollment cut by 20 % to 80 (was 100)"),
        ((100, None), (80, "ACTUAL"), "80 people enrolled, 20 % fewer than the 100 given before"),
        ((100, None), (100, "ACTUAL"), "100 people enrolled"),
        ((100, None), (0, "ACTUAL"), "No one enrolled (was 100)"),
        ((100, "ESTIMATED"), (100, "ACTUAL"), "100 people enrolled, as planned"),
        ((100, "ACTUAL"), (90, None), "Enrollment is no longer marked as actual: 90 (was 100)"),
        ((100, "ESTIMATED"), (100, None), "Enrollment 100 is now marked as neither planned nor actual"),
    ],
)
def test_enrollment_says_planned_and_actual_as_the_registry_does_and_rounds_once(old: Any, new: Any, headline: str) -> None:
    before, after = (Enrollment(count=count, type=kind) for count, kind in (old, new))
    assert told({"enrollment": before}, {"enrollment": after}) == headline


def test_a_date_that_was_not_marked_as_estimated_was_no_plan() -> None:
    old, new = {"start_date": RegistryDate("2026-01-10")}, {"start_date": actual("2026-01-20")}
    assert told(old, new) == "Started on 20 Jan 2026, 10 days later than given before (10 Jan 2026)"
    assert told({"start_date": "2026-01-10"}, new) == "Started on 20 Jan 2026, 10 days later than planned (10 Jan 2026)"
    assert told({"start_date": RegistryDate("2026-01")}, new) == "Started on 20 Jan 2026 (given as Jan 2026 before)"
