"""Days that matter: told once, on the right day, as an estimate with its reasons; what is true already is silent."""

from __future__ import annotations

import datetime as dt
import gzip
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import actual, changed, date, known, make_record, said
from tracker import sources
from tracker.duties import ResultsDuty, duties_of
from tracker.duties.results import years_later
from tracker.events import KINDS, already_true, calendar_events, deadlines
from tracker.model.dates import RegistryDate
from tracker.model.deadline import Deadline
from tracker.model.details import read_details
from tracker.model.event import Event, Seen, Version, read_event
from tracker.model.ids import split_key
from tracker.model.record import Intervention, Oversight, TrialRecord
from tracker.model.source import Document, SourceInfo
from tracker.render import kinds
from tracker.render.kinds.calendar import ALREADY_TRUE
from tracker.sources.ctgov import SOURCE

LONG_AGO = datetime(2016, 1, 1, tzinfo=UTC)
SEEN = Seen(sha256="ab" * 32, first_seen_at=LONG_AGO, last_seen_at=LONG_AGO, data_version="2026-03-09")
KINDS_OF_DAYS = {"results_due_soon", "results_overdue", "milestone_passed", "verification_lapsed", "will_go_unknown"}
APPLICABLE: dict[str, Any] = {
    "recruitment_status": "COMPLETED",
    "start_date": actual("2023-05-01"),
    "primary_completion_date": actual("2025-02-10"),
    "completion_date": actual("2025-08-01"),
    "oversight": Oversight(fda_drug=True, fda_device=False),
    "countries": ("Germany", "United States"),
}
"""An applicable clinical trial: results are due on 10 Feb 2026."""


OTHER = SourceInfo(
    key="isrctn", title="ISRCTN", kind="registry", base_url="https://isrctn.example", hosts=(), pace=1.0, anchors=()
)
"""A registry of which no legal duty is known, and that never fades a status to unknown."""


def info_of(record: TrialRecord) -> SourceInfo:
    key = split_key(record.trial).source
    return OTHER if key == OTHER.key else sources.load()[key].info


def results_duty(record: TrialRecord) -> ResultsDuty | None:
    return next(iter(duties_of(record, info_of(record).duties)), None)


def at(day: str, hour: int = 6) -> datetime:
    return datetime.combine(dt.date.fromisoformat(day), dt.time(hour), UTC)


def told(record: TrialRecord, since: str | datetime | None, now: str | datetime, **more: Any) -> tuple[Event, ...]:
    times = [at(time) if isinstance(time, str) else time for time in (since, now)]
    assert times[1] is not None
    before = more.pop("before", None)
    return calendar_events(
        Version(record=record, seen=SEEN),
        since=times[0],
        at=times[1],
        known=known(source=info_of(record), **more),
        before=before,
    )


def on(record: TrialRecord, day: str) -> list[str]:
    """The kinds that a daily run tells on a day."""
    return [event.kind for event in told(record, at(day) - timedelta(days=1), day)]


def row(record: TrialRecord, kind: str, today: str) -> Deadline:
    (found,) = [row for row in deadlines(record, info_of(record), dt.date.fromisoformat(today)) if row.kind == kind]
    return found


# --- each kind fires on its day, and not the day before -------------------------------------------------------------

QUIET = {"start_date": actual("2025-01-15"), "study_type": "OBSERVATIONAL"}
VERIFIED = {"verified_on": RegistryDate("2025-01"), "completion_date": None, "primary_completion_date": None}


@pytest.mark.parametrize(
    ("record", "kind", "day", "headline"),
    [
        (make_record(**APPLICABLE), "results_due_soon", "2026-01-11", "Results due in 30 days, by 10 Feb 2026 (estimate)"),
        (
            make_record(**APPLICABLE),
            "results_overdue",
            "2026-03-13",
            "Results overdue since 10 Feb 2026, a year after primary completion 10 Feb 2025: estimated legal duty (FDAAA 801)",
        ),
        (
            make_record(**APPLICABLE | {"countries": ("Germany",)}),
            "results_overdue",
            "2026-03-13",
            "No results by 10 Feb 2026, a year after primary completion 10 Feb 2025 (estimate, by registry practice)",
        ),
        (
            make_record(**QUIET),
            "milestone_passed",
            "2026-10-01",
            "Planned primary completion Sep 2026 has passed, still marked as estimated",
        ),
        (
            make_record(**QUIET | {"start_date": date("2026-02-20")}),
            "milestone_passed",
            "2026-02-21",
            "Planned start 20 Feb 2026 has passed, still marked as estimated",
        ),
        (
            make_record(**QUIET | VERIFIED),
            "verification_lapsed",
            "2026-02-01",
            "Not verified since Jan 2025 (12 months)",
        ),
        (
            make_record(**QUIET | VERIFIED | {"completion_date": actual("2026-07-31")}),
            "will_go_unknown",
            "2026-12-03",
            "Will be shown as unknown from 1 Feb 2027 unless updated",
        ),
        (
            make_record(**QUIET | VERIFIED | {"completion_date": actual("2027-03-15")}),
            "will_go_unknown",
            "2027-01-15",
            "Will be shown as unknown from 16 Mar 2027 unless updated",
        ),
    ],
)
def test_a_kind_fires_on_its_day_and_not_the_day_before_or_after(
    record: TrialRecord, kind: str, day: str, headline: str
) -> None:
    (event,) = told(record, at(day) - timedelta(days=1), day)
    assert (event.kind, kinds.headline(event)) == (kind, headline)
    for near in (-1, 1):
        assert kind not in on(record, str(dt.date.fromisoformat(day) + timedelta(days=near)))


def without(**fields: Any) -> TrialRecord:
    return make_record(**APPLICABLE | fields)


@pytest.mark.parametrize(
    "record",
    [
        without(results_state="POSTED", results_first_posted=actual("2026-01-05")),
        without(results_state="SUBMITTED"),
        without(results_state="RETURNED"),
        without(results_waived=True),
        without(recruitment_status="WITHDRAWN"),
        without(study_type="OBSERVATIONAL"),
        without(study_type=None),
        without(primary_completion_date=None, completion_date=None),
        without(primary_completion_date=actual("2017-01-17")),
        without(delay_certified_on="2025-12-01"),
        without(trial="meddatax:NCT01234567"),
    ],
    ids=[
        "posted",
        "submitted",
        "returned",
        "waived",
        "withdrawn",
        "observational",
        "type not stated",
        "no dates",
        "ended before the rule",
        "delay certified",
        "another site's page",
    ],
)
def test_results_that_nobody_waits_for_are_not_overdue(record: TrialRecord) -> None:
    assert "results_overdue" not in {event.kind for event in told(record, LONG_AGO, "2026-03-13")}


@pytest.mark.parametrize(
    "record",
    [
        make_record(**QUIET | {"primary_completion_date": actual("2026-09"), "completion_date": None}),
        make_record(**QUIET | {"primary_completion_date": RegistryDate("2026-09"), "completion_date": None}),
        make_record(**QUIET | {"primary_completion_date": date("Fall 2026"), "completion_date": None}),
        make_record(**QUIET | {"recruitment_status": "WITHDRAWN"}),
    ],
    ids=["actual", "kind not stated", "unreadable", "withdrawn"],
)
def test_a_date_that_is_no_plan_any_more_cannot_be_missed(record: TrialRecord) -> None:
    assert told(record, LONG_AGO, "2030-01-01") == ()


@pytest.mark.parametrize("status", ["NOT_YET_RECRUITING", "ACTIVE_NOT_RECRUITING", "COMPLETED", "UNKNOWN", None])
def test_only_open_trials_lapse(status: str | None) -> None:
    assert "verification_lapsed" not in on(make_record(**QUIET | VERIFIED, recruitment_status=status), "2026-02-01")


@pytest.mark.parametrize(
    ("status", "fades"),
    [
        ("RECRUITING", True),
        ("NOT_YET_RECRUITING", True),
        ("ENROLLING_BY_INVITATION", True),
        ("ACTIVE_NOT_RECRUITING", True),
        ("SUSPENDED", False),
        ("COMPLETED", False),
        ("UNKNOWN", False),
    ],
)
def test_which_trials_go_unknown(status: str, fades: bool) -> None:
    record = make_record(**QUIET | VERIFIED, recruitment_status=status)
    assert (on(record, "2026-12-03") == ["will_go_unknown"]) is fades


def test_other_registries_do_not_turn_a_status_to_unknown() -> None:
    assert on(make_record(**QUIET | VERIFIED, trial="isrctn:ISRCTN12345674"), "2026-12-03") == []


# --- what a day means -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("completed", "due"),
    [
        ("2025-02-10", "2026-02-10"),
        ("2024-02-29", "2025-02-28"),
        ("2024-02", "2025-02-28"),
        ("2023-02", "2024-02-28"),
        ("2025-09", "2026-09-30"),
        ("2025", "2026-12-31"),
    ],
)
def test_results_are_due_a_year_after_the_last_day_the_date_can_mean(completed: str, due: str) -> None:
    duty = results_duty(without(primary_completion_date=actual(completed)))
    assert duty is not None
    assert duty.due.isoformat() == due


def test_the_leap_day_has_no_twin_a_year_later() -> None:
    assert years_later(dt.date(2024, 2, 29), 1) == dt.date(2025, 2, 28)
    assert years_later(dt.date(2024, 2, 29), 4) == dt.date(2028, 2, 29)


def test_a_year_that_is_a_slip_of_the_keyboard_makes_no_deadline() -> None:
    record = without(primary_completion_date=date("9999-12"), completion_date=date("9999"), verified_on="9999-12")
    assert deadlines(record, info_of(record), dt.date(2026, 3, 10)) == ()


def test_a_planned_month_has_passed_when_it_is_over() -> None:
    record = make_record(**QUIET | {"primary_completion_date": "2028-02"})
    assert on(record, "2028-02-29") == []
    assert on(record, "2028-03-01") == ["milestone_passed"]


def test_completion_counts_where_no_primary_completion_is_given() -> None:
    event = told(without(primary_completion_date=None), "2026-08-31", "2026-09-01")[0]
    assert (said(event)["due"], said(event)["counted_from"]["field"]) == ("2026-08-01", "completion_date")
    assert "no primary completion date is given" in said(event)["reasons"]


def test_two_planned_dates_of_one_day_are_one_event() -> None:
    record = make_record(**QUIET | {"primary_completion_date": "2026-09", "completion_date": "2026-09-30"})
    (event,) = told(record, "2026-09-30", "2026-10-01")
    assert event.effects == ("primary_completion", "completion")
    assert (
        kinds.headline(event)
        == "Planned primary completion Sep 2026 and completion 30 Sep 2026 have passed, still marked as estimated"
    )
    same = changed(record, completion_date="2026-09")
    assert (
        kinds.headline(told(same, "2026-09-30", "2026-10-01")[0])
        == "Planned primary completion and completion Sep 2026 have passed, still marked as estimated"
    )


# --- delay certified ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("certified", "due", "reason"),
    [
        ("2025-12-01", "2027-12-01", "delay certified on 2025-12-01: at most two years after it"),
        ("2026-02-10", "2028-02-10", "delay certified on 2026-02-10: at most two years after it"),
        ("2026-02-11", "2026-02-10", "the certification of delay of 2026-02-11 came after the due date"),
        ("2024-01-01", "2026-02-10", "primary completion 2025-02-10 (actual) plus one year"),
    ],
    ids=["in time", "on the day", "too late", "so early that it delays nothing"],
)
def test_a_certified_delay_gives_two_years_if_it_came_in_time(certified: str, due: str, reason: str) -> None:
    duty = results_duty(without(delay_certified_on=certified))
    assert duty is not None
    assert (duty.due.isoformat(), duty.legal) == (due, True)
    assert reason in duty.reasons


def test_an_overdue_delay_says_what_it_counts_from() -> None:
    (event,) = told(without(delay_certified_on="2025-12-01"), "2027-12-31", "2028-01-01")
    assert "two years after the certified delay of 1 Dec 2025" in kinds.headline(event)


# --- the legal duty -------------------------------------------------------------------------------------------------

BEFORE_THE_RULE = {"start_date": actual("2015-03"), "oversight": None, "interventions": (Intervention(type="DRUG", name="X"),)}


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({}, None),
        ({"phases": ("PHASE1", "PHASE2")}, None),
        ({"phases": ("NA",), "oversight": Oversight(fda_device=True)}, None),
        ({"countries": None, "sites": (), "oversight": Oversight(fda_drug=True, us_export=True)}, None),
        ({"countries": ("Puerto Rico",)}, None),
        ({"start_date": actual("2017-01")}, None),
        (BEFORE_THE_RULE, None),
        (BEFORE_THE_RULE | {"start_date": actual("2017-01-17")}, None),
        ({"phases": ("PHASE1",)}, "phase 1 or earlier"),
        ({"phases": ("EARLY_PHASE1",)}, "phase 1 or earlier"),
        ({"phases": ()}, "no phase is stated"),
        ({"primary_purpose": "DEVICE_FEASIBILITY"}, "feasibility"),
        ({"countries": ("Germany",)}, "no site in the United States"),
        ({"oversight": None}, "not stated to study an FDA-regulated drug"),
        ({"oversight": Oversight(fda_drug=False, fda_device=False)}, "not stated to study an FDA-regulated drug"),
        ({"start_date": None}, "no start date"),
        ({"trial": "isrctn:ISRCTN12345674"}, "none is known of this registry"),
        ({"primary_completion_date": date("2025-02-10")}, "not actual"),
        (BEFORE_THE_RULE | {"interventions": (Intervention(type="BEHAVIORAL", name="X"),)}, "no drug, biological or device"),
        (BEFORE_THE_RULE | {"oversight": Oversight(fda_drug=False)}, "not FDA-regulated"),
    ],
)
def test_when_a_legal_duty_probably_applies(fields: dict[str, Any], missing: str | None) -> None:
    """Overdue is major only with a recognised duty; the reasons say what it rests on, or what is missing."""
    (event,) = [event for event in told(without(**fields), "2026-03-01", "2026-03-13") if event.kind == "results_overdue"]
    assert event.severity == ("notable" if missing else "major")
    assert event.effects == (("registry_practice" if missing else "legal_duty"),)
    assert missing is None or any(missing in reason for reason in said(event)["reasons"])
    assert "not a legal finding" in event.rule


def test_overdue_results_read_as_an_estimate_with_its_reasons() -> None:
    event = told(without(), "2026-03-01", "2026-03-13")[0]
    assert kinds.lines(event) == [
        "Because: primary completion 10 Feb 2025 (actual) plus one year; interventional, started 1 May 2023; phase 2; "
        "not a feasibility study; a site in the United States; studies an FDA-regulated drug",
        "An estimate from the public record, not a legal finding",
    ]


# --- once, whenever one looks ---------------------------------------------------------------------------------------


def test_what_is_true_when_a_trial_is_first_read_is_no_event() -> None:
    record = without(recruitment_status="RECRUITING", verified_on="2024-05")
    assert told(record, None, "2026-06-01") == ()
    assert told(record, "2026-06-01", "2026-06-01") == ()
    assert told(record, at("2026-06-01"), at("2026-06-01", 23)) == ()
    assert {row.kind for row in already_true(record, info_of(record), dt.date(2026, 6, 1))} == {
        "results_overdue",
        "verification_lapsed",
        "will_go_unknown",
    }


def test_looking_again_on_a_later_day_names_the_same_event() -> None:
    """Whoever keeps only the day of the first reading tells the known from the new by their ids."""
    record = without()
    first = told(record, "2025-06-01", "2026-01-11")
    later = told(record, "2025-06-01", "2026-02-01")
    assert [event.id for event in first] == [event.id for event in later]
    assert [said(event)["days"] for event in (*first, *later)] == [30, 9]


def test_a_date_that_moves_is_a_new_due_date_and_a_new_event() -> None:
    record = make_record(**QUIET)
    moved = changed(record, primary_completion_date="2026-10")
    (first,) = told(record, "2026-09-30", "2026-10-01")
    assert told(moved, "2026-10-01", "2026-10-31") == ()
    (second,) = told(moved, "2026-10-31", "2026-11-01")
    assert first.kind == second.kind
    assert first.id != second.id
    refined = changed(record, primary_completion_date="2026-09-30")
    assert told(refined, "2026-09-30", "2026-10-01")[0].id == first.id


def test_two_trials_do_not_share_an_event() -> None:
    other = without(trial="ctgov:NCT07654321", nct_number="NCT07654321")
    assert told(without(), "2026-01-10", "2026-01-11")[0].id != told(other, "2026-01-10", "2026-01-11")[0].id


def test_what_a_change_of_the_record_makes_true_at_once_is_told() -> None:
    """The sponsor states that the trial ended long ago: nobody could have known, and it is news."""
    before = without(primary_completion_date="2027-01", completion_date="2027-03")
    after = without()
    news = told(after, "2026-06-01", "2026-06-02", before=before)
    assert [event.kind for event in news] == ["results_overdue"]
    assert told(after, "2026-06-01", "2026-06-02") == ()


def test_what_was_true_of_the_record_before_stays_silent_after_another_change() -> None:
    before = without()
    after = changed(before, brief_title="Another title", enrollment=12)
    assert told(after, "2026-06-01", "2026-06-02", before=before) == ()


def test_a_cancelled_submission_makes_results_overdue_again() -> None:
    before, after = without(results_state="SUBMITTED"), without(results_state="NONE_POSTED")
    events = {event.kind: event for event in told(after, "2026-06-01", "2026-06-02", before=before)}
    assert kinds.headline(events["results_overdue"]).startswith("Results overdue since 10 Feb 2026")


def test_a_run_that_comes_late_tells_the_truth_of_its_day() -> None:
    """What is overdue by then is not also told as due soon, which it once was."""
    (soon,) = told(without(), "2026-01-01", "2026-02-20")
    assert kinds.headline(soon) == "Results were due by 10 Feb 2026 (estimate)"
    (overdue,) = told(without(), "2026-01-01", "2026-05-01")
    assert (overdue.kind, said(overdue)["days"]) == ("results_overdue", -80)


def test_days_are_counted_in_utc() -> None:
    east = datetime(2026, 1, 11, 8, tzinfo=dt.timezone(timedelta(hours=9)))  # still the tenth in UTC
    assert told(without(), "2026-01-09", east) == ()


FIELD_DATES = st.none() | st.builds(
    RegistryDate,
    st.dates(dt.date(2016, 1, 1), dt.date(2021, 12, 31)).flatmap(
        lambda day: st.sampled_from([day.isoformat(), day.isoformat()[:7], day.isoformat()[:4], "Spring 2019", "2019-02-30"])
    ),
    st.sampled_from(["ACTUAL", "ESTIMATED", None]),
)
DATED = st.builds(
    make_record,
    trial=st.sampled_from(["ctgov:NCT01234567", "isrctn:ISRCTN12345674", "meddatax:NCT01234567"]),
    start_date=FIELD_DATES,
    primary_completion_date=FIELD_DATES,
    completion_date=FIELD_DATES,
    verified_on=FIELD_DATES,
    delay_certified_on=FIELD_DATES,
    study_type=st.sampled_from(["INTERVENTIONAL", "INTERVENTIONAL", "OBSERVATIONAL", None]),
    recruitment_status=st.sampled_from(["RECRUITING", "ACTIVE_NOT_RECRUITING", "COMPLETED", "WITHDRAWN", "UNKNOWN", None]),
    results_state=st.sampled_from(["NONE_POSTED", "NONE_POSTED", "SUBMITTED", "POSTED", None]),
    phases=st.sampled_from([("PHASE1",), ("PHASE2", "PHASE3"), ("NA",), (), None]),
    countries=st.sampled_from([("United States",), ("Germany",), None]),
    oversight=st.sampled_from([None, Oversight(fda_drug=True), Oversight(fda_device=False)]),
)
MOMENTS = st.integers(0, 3650 * 24).map(lambda hours: LONG_AGO + timedelta(hours=hours))


@given(DATED, st.lists(MOMENTS, min_size=2, max_size=12))
@settings(max_examples=150, deadline=None)
def test_however_a_span_is_split_into_runs_the_events_are_the_same(record: TrialRecord, moments: list[datetime]) -> None:
    """All but the notice of results that are overdue by the end of the span: who hears of that needs no notice any more."""
    runs = sorted(moments)
    whole = {event.id: event for event in told(record, runs[0], runs[-1])}
    overdue = {said(event)["due"] for event in whole.values() if event.kind == "results_overdue"}
    since_last = [event for since, now in pairwise(runs) for event in told(record, since, now)]
    assert len({event.id for event in since_last}) == len(since_last)
    for split in (since_last, [event for now in runs[1:] for event in told(record, runs[0], now)]):
        notices = {event.id for event in split if event.kind == "results_due_soon" and said(event)["due"] in overdue}
        assert {event.id for event in split} - notices == set(whole)


@given(DATED, MOMENTS, MOMENTS)
@settings(max_examples=100, deadline=None)
def test_an_event_and_the_deadlines_of_its_day_agree(record: TrialRecord, since: datetime, now: datetime) -> None:
    rows = deadlines(record, info_of(record), now.date())
    true = {(row.kind, row.due.isoformat()) for row in already_true(record, info_of(record), now.date())}
    for event in told(record, since, now):
        assert event.kind in KINDS_OF_DAYS
        assert set(event.effects) <= set(KINDS[event.kind].effects)
        assert event.kind == "results_due_soon" or (event.kind, said(event)["due"]) in true
        assert 0 < len(kinds.headline(event)) < 160
        assert all(kinds.lines(event))
        assert read_event(msgspec.json.encode(event)) == event
    for row in rows:
        assert kinds.deadline(row)
        shown = msgspec.json.decode(msgspec.json.encode(row))
        details = read_details(row.kind, shown["details"])
        assert msgspec.structs.replace(msgspec.convert(shown, Deadline), details=details) == row


# --- the event, the row, the words ----------------------------------------------------------------------------------


def test_an_event_of_the_calendar_shows_that_the_record_did_not_change() -> None:
    (event,) = told(without(), "2026-01-10", "2026-01-11")
    assert event.cause == KINDS[event.kind].cause == "calendar"
    assert event.evidence.old == event.evidence.new == f"sha256:{SEEN.sha256}"
    assert event.evidence.links[0] == "https://clinicaltrials.gov/study/NCT01234567"
    assert event.detected_at == event.effective_at == at("2026-01-11")
    assert event.seen_between == (at("2026-01-10"), at("2026-01-11"))
    assert (event.label, event.changes, event.data_version) == ("Examplumab in lupus", (), "2026-03-09")
    assert (said(event)["estimate"], said(event)["due"], said(event)["days"]) == (True, "2026-02-10", 30)


def test_the_configuration_can_make_a_basis_quieter() -> None:
    quiet = {"results_overdue.registry_practice": "minor", "results_overdue": "notable"}
    by_practice = told(without(countries=()), "2026-03-01", "2026-03-13", overrides=quiet)[0]
    by_duty = told(without(), "2026-03-01", "2026-03-13", overrides=quiet)[0]
    assert (by_practice.severity, by_duty.severity) == ("minor", "notable")
    assert by_duty.rule.endswith("severity set in the configuration")


@pytest.mark.parametrize(
    ("today", "kind", "state", "sentence"),
    [
        ("2026-01-10", "results_due_soon", "ahead", "Results due in 31 days, by 10 Feb 2026 (estimate)"),
        ("2026-02-09", "results_due_soon", "soon", "Results due in 1 day, by 10 Feb 2026 (estimate)"),
        ("2026-02-10", "results_due_soon", "soon", "Results due today, 10 Feb 2026 (estimate)"),
        ("2026-03-12", "results_due_soon", "grace", "Results were due by 10 Feb 2026 (estimate)"),
        (
            "2026-03-13",
            "results_overdue",
            "passed",
            "Results overdue since 10 Feb 2026, a year after primary completion 10 Feb 2025: estimated legal duty (FDAAA 801)",
        ),
    ],
)
def test_the_row_of_results_on_its_way(today: str, kind: str, state: str, sentence: str) -> None:
    (found,) = deadlines(without(), SOURCE.info, dt.date.fromisoformat(today))
    assert (found.kind, found.state, kinds.deadline(found)) == (kind, state, sentence)


@pytest.mark.parametrize("step", ["SUBMITTED", "RETURNED"])
def test_submitted_results_are_listed_and_wait(step: str) -> None:
    found = row(without(results_state=step), "results_due_soon", "2026-06-01")
    assert (found.state, found.true_from) == (step.lower(), None)
    assert kinds.deadline(found).endswith("; due by 10 Feb 2026 (estimate)")
    assert already_true(without(results_state=step), SOURCE.info, dt.date(2026, 6, 1)) == ()


def test_rows_of_the_other_kinds_before_and_after_their_days() -> None:
    record = make_record(**QUIET | {"verified_on": "2025-01"})
    assert kinds.deadline(row(record, "verification_lapsed", "2026-01-31")) == (
        "Last verified Jan 2025; to be verified again by 31 Jan 2026"
    )
    assert kinds.deadline(row(record, "verification_lapsed", "2027-02-20")) == "Not verified since Jan 2025 (24 months)"
    unknown = row(record, "will_go_unknown", "2027-04-01")
    assert (unknown.state, kinds.deadline(unknown)) == (
        "passed",
        "Due to be shown as unknown since 1 Apr 2027, for lack of updates",
    )
    planned = [row for row in deadlines(record, info_of(record), dt.date(2026, 3, 10)) if row.kind == "milestone_passed"]
    assert [(row.state, kinds.deadline(row)) for row in planned] == [
        ("ahead", "Planned primary completion Sep 2026"),
        ("ahead", "Planned completion Mar 2027"),
    ]


def test_deadlines_stand_in_the_order_of_their_days() -> None:
    rows = deadlines(without(recruitment_status="RECRUITING", verified_on="2025-06"), SOURCE.info, dt.date(2026, 3, 10))
    assert [row.due for row in rows] == sorted(row.due for row in rows)
    assert {row.kind for row in rows} == {"results_due_soon", "verification_lapsed", "will_go_unknown"}


def test_the_welcome_counts_trials_and_leaves_out_what_is_ahead() -> None:
    today = dt.date(2026, 3, 20)
    late = [without(trial=f"ctgov:NCT0000000{number}") for number in range(3)]
    rows = [row for record in late for row in deadlines(record, info_of(record), today)]
    rows += deadlines(make_record(**QUIET | {"start_date": "2026-01"}), SOURCE.info, today)
    assert kinds.already_true(rows) == (
        "Results of 3 trials are overdue by US law (FDAAA 801: within a year of completion; an estimate, not a legal finding)",
        "1 trial is past a planned date that is still marked as estimated",
    )
    assert kinds.already_true(()) == ()


def test_a_trial_with_two_missed_dates_is_one_trial() -> None:
    rows = deadlines(make_record(**QUIET), SOURCE.info, dt.date(2028, 1, 1))
    assert kinds.already_true(rows) == ("1 trial is past a planned date that is still marked as estimated",)


def test_every_kind_of_day_has_a_sentence_for_the_welcome() -> None:
    bases = set(KINDS["results_overdue"].effects)
    assert set(ALREADY_TRUE) == (KINDS_OF_DAYS - {"results_overdue"}) | bases
    assert {name for name, kind in KINDS.items() if kind.cause == "calendar"} == KINDS_OF_DAYS


# --- real records ---------------------------------------------------------------------------------------------------


def real_records(real_data: Path) -> Iterator[tuple[TrialRecord, dt.date]]:
    """Each real record and the day its data are of."""
    for file in sorted((real_data / "ctgov" / "studies").glob("*.ndjson.gz")):
        with gzip.open(file) as lines:
            for body in lines:
                study = msgspec.json.decode(body)
                version = study.get("derivedSection", {}).get("miscInfoModule", {}).get("versionHolder", "2026-03-13")
                number = study["protocolSection"]["identificationModule"]["nctId"]
                document = Document(
                    source="ctgov",
                    trial=f"ctgov:{number}",
                    url="",
                    body=body,
                    content_type="application/json",
                    fetched_at=LONG_AGO,
                    as_of=LONG_AGO,
                )
                yield SOURCE.parse(document).record, dt.date.fromisoformat(version)


@pytest.mark.real_data
def test_the_deadlines_of_every_real_record_can_be_told(real_data: Path) -> None:
    """On the day its data are of; and a trial that goes unknown has not gone before our day for it."""
    counted: Counter[str] = Counter()
    early = 0
    for record, today in real_records(real_data):
        counted["records"] += 1
        for found in deadlines(record, info_of(record), today):
            assert kinds.deadline(found)
            counted[f"{found.kind} {found.state}"] += 1
            early += found.kind == "will_go_unknown" and found.state == "passed"
        year = datetime.combine(today, dt.time(6), UTC)
        for event in told(record, year, year + timedelta(days=365)):
            assert 0 < len(kinds.headline(event)) < 160
            counted[f"events {event.kind} {event.severity}"] += 1
    assert counted["records"] == 1808
    assert early <= 1  # one record was read again long after the registry had turned it
    assert {name.split()[0] for name in counted} == KINDS_OF_DAYS | {"records", "events"}
