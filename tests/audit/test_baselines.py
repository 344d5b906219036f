"""The baseline is the version in force on a day as now known, or it is refused with the reason; never guessed."""

from __future__ import annotations

from tests.audit.builders import DESIGN, OUTCOMES, day, held, index
from tests.audit.test_judging import CTGOV
from tests.builders import actual, date, make_record, measure
from tracker.audit import Baseline, Start, baseline, flags, judged, numbered, timed
from tracker.audit.timing import window
from tracker.model.history import OriginalData
from tracker.model.record import TrialRecord


def at(primary: str, **fields: object) -> TrialRecord:
    return make_record(primary_outcomes=(measure(primary),), start_date=actual("2020-06-01"), **fields)


V0, V1, V2 = at("Fever"), at("Wheeze"), at("Pallor")
LISTED = index(("2020-01-01", ()), ("2020-05-01", OUTCOMES), ("2021-01-01", OUTCOMES))
ALL = [held("2020-01-01", V0, 0), held("2020-05-01", V1, 1), held("2021-01-01", V2, 2)]


def begins(found: Baseline | str) -> int | None:
    assert isinstance(found, Baseline), found
    return found.number


def refused(found: Baseline | str) -> str:
    assert isinstance(found, str)
    return found


def test_registration_is_the_first_version_and_the_start_the_one_in_force_on_that_day() -> None:
    assert begins(baseline("first", ALL, LISTED)) == 0
    assert begins(baseline("start", ALL, LISTED)) == 1


def test_of_an_index_alone_registration_is_known_and_the_start_is_refused() -> None:
    latest = [held("2026-03-02", V2, 2, imported=False)]
    known = index(
        ("2020-01-01", ()),
        ("2020-05-01", OUTCOMES),
        ("2021-01-01", OUTCOMES),
        original=OriginalData(primary_outcomes=V0.primary_outcomes),
    )
    found = baseline("first", latest, known)
    assert isinstance(found, Baseline)
    assert (found.from_index, found.record.primary_outcomes) == (True, V0.primary_outcomes)
    assert "tracker backfill --versions needed" in refused(baseline("start", latest, known))


def test_a_missing_version_whose_outcomes_the_index_leaves_untouched_is_no_gap() -> None:
    known = index(("2020-01-01", ()), ("2020-05-01", DESIGN), ("2021-01-01", OUTCOMES))
    assert begins(baseline("start", [ALL[0], ALL[2]], known)) == 0
    assert "version 1 of 2020-05-01" in refused(baseline("start", [ALL[0], ALL[2]], LISTED))


def test_imported_versions_without_an_index_count_only_where_their_numbers_leave_no_gap() -> None:
    assert begins(baseline("start", ALL, None)) == 1
    assert "index" in refused(baseline("start", [ALL[0], ALL[2]], None))


def test_a_trial_followed_since_before_its_start_needs_no_index() -> None:
    live = [held("2020-02-01", V0, imported=False), held("2020-09-01", V1, imported=False)]
    found = baseline("start", live, None)
    assert isinstance(found, Baseline)
    assert found.day == day("2020-02-01")
    assert "not known" in refused(baseline("first", live, None))
    assert "not known" in refused(baseline("start", live[1:], None))


def test_a_record_never_updated_since_it_was_posted_is_as_registered() -> None:
    first = at("Fever", first_posted=actual("2020-01-03"), last_update_posted=actual("2020-01-03"))
    assert isinstance(baseline("first", [held("2020-02-01", first, imported=False)], None), Baseline)


def test_a_trial_registered_after_its_start_has_no_baseline_there() -> None:
    late = index(("2020-07-01", ()), ("2021-01-01", OUTCOMES))
    assert "registered on 2020-07-01" in refused(baseline("start", [held("2020-07-01", V0, 0)], late))


def test_a_trial_that_has_not_begun_and_one_without_dates_say_so() -> None:
    planned = make_record(recruitment_status="NOT_YET_RECRUITING", start_date=date("2027-01"))
    assert "not begun" in refused(baseline("start", [held("2020-02-01", planned, imported=False)], None))
    dateless = make_record(start_date=None, primary_completion_date=None)
    wanted: tuple[Start, ...] = ("start", "primary_completion", "results")
    reasons = [refused(baseline(start, [held("2020-02-01", dateless)], None)) for start in wanted]
    assert reasons == [
        "the record states no start date",
        "the record states no primary completion date",
        "the record says of no results when they were submitted or posted",
    ]


def test_before_results_is_the_version_in_front_of_their_first_submission() -> None:
    posted = at("Pallor", results_first_posted=actual("2021-01-01"), results_state="POSTED")
    assert begins(baseline("results", [*ALL[:2], held("2021-01-01", posted, 2)], LISTED)) == 1


def test_a_version_seen_live_has_the_number_of_the_last_update_it_states() -> None:
    seen = numbered(held("2026-03-02", at("Wheeze", last_update_posted=actual("2020-05-04")), imported=False), LISTED)
    assert (seen.number, seen.day) == (1, day("2020-05-01"))


def test_a_change_has_the_days_between_which_it_came_and_the_window_of_the_later_one() -> None:
    begun = baseline("first", ALL, LISTED)
    assert isinstance(begun, Baseline)
    rows = timed(judged(V0, V2, CTGOV), begun, ALL, LISTED)
    added = next(row for row in rows if row.finding.found == "added")
    dropped = next(row for row in rows if row.finding.found == "dropped")
    assert (added.changed_by, added.changed_number, added.window) == (day("2021-01-01"), 2, "during")
    assert (dropped.changed_by, dropped.changed_number, dropped.window) == (day("2020-05-01"), 1, "before start")


def test_without_the_versions_between_a_window_is_uncertain() -> None:
    ends = [ALL[0], ALL[2]]
    begun = baseline("first", ends, LISTED)
    assert isinstance(begun, Baseline)
    dropped = next(row for row in timed(judged(V0, V2, CTGOV), begun, ends, LISTED) if row.finding.now is None)
    assert (dropped.changed_after, dropped.changed_by, dropped.certain) == (day("2020-01-01"), day("2021-01-01"), False)


def test_windows_go_by_the_dates_as_now_known() -> None:
    record = make_record(
        start_date=actual("2020-06-01"),
        primary_completion_date=actual("2021-06-01"),
        results_first_posted=actual("2022-06-01"),
    )
    days = ("2020-05-31", "2020-06-01", "2021-06-01", "2021-06-02", "2022-06-01")
    assert [window(record, day(text)) for text in days] == [
        "before start",
        "during",
        "during",
        "after primary completion",
        "after results",
    ]
    assert window(make_record(start_date=actual("2020-06")), day("2020-06-15")) == "uncertain"


def test_changes_within_31_days_of_posting_on_either_side_are_near_it() -> None:
    new = at("Pallor", results_first_posted=actual("2021-02-01"), results_state="POSTED")
    for text, near in (("2021-01-01", True), ("2020-12-31", False), ("2021-03-04", True), ("2021-03-05", False)):
        known = index(("2020-01-01", ()), (text, OUTCOMES))
        versions = [ALL[0], held(text, new, 1)]
        begun = baseline("first", versions, known)
        assert isinstance(begun, Baseline)
        assert {one.near_posting for one in timed(judged(V0, new, CTGOV), begun, versions, known)} == {near}


def test_flags_of_the_registry_with_equal_texts_are_counted() -> None:
    assert flags(ALL, LISTED) == (2, 0)
    assert flags([ALL[0], held("2020-05-01", V0, 1), ALL[2]], LISTED) == (2, 1)
    assert flags([ALL[0], ALL[2]], LISTED) == (0, 0)
    assert flags(ALL, None) == (0, 0)
