"""When a run as a whole is not believed: each limit from both sides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.health import Listing, Loss, believable_share, judge, longest_pause
from tracker.model.run import RunCounts


def sick(*losses: Loss, listings: tuple[Listing, ...] = (), **counts: int) -> str:
    return judge(RunCounts(**counts), losses, listings).sick


def listed(now: int, before: int | None, watch: str = "lupus") -> tuple[Listing, ...]:
    return (Listing(watch=watch, listed=now, before=before),)


@pytest.mark.parametrize(("now", "before", "believed"), [(50, 100, True), (49, 100, False), (51, 101, True), (50, 101, False)])
def test_a_search_must_hold_half_of_what_it_held_before(now: int, before: int, believed: bool) -> None:
    assert (sick(listings=listed(now, before)) == "") == believed


def test_an_empty_search_is_written_down_as_empty_where_there_is_nothing_to_compare_it_with() -> None:
    assert sick(listings=listed(0, None)) == ""
    assert sick(listings=listed(0, 0)) == ""
    assert sick() == "", "a run without a search lists nothing"
    assert sick(listings=listed(0, 1)) != ""


def test_searches_are_judged_one_by_one_so_that_a_new_one_hides_no_shrunk_one() -> None:
    both = (*listed(1000, None, "new"), *listed(40, 500, "old"))
    assert "watch old held 40 trials, under half of the 500" in sick(listings=both)


@pytest.mark.parametrize(
    ("failed", "checked", "believed"),
    [(2, 2, True), (3, 3, False), (3, 15, False), (3, 16, True), (20, 100, False), (19, 100, True)],
)
def test_three_failures_and_a_fifth_of_all_checks_are_too_many(failed: int, checked: int, believed: bool) -> None:
    assert (sick(failed=failed, checked=checked) == "") == believed


@pytest.mark.parametrize(
    ("trials", "had", "believed"),
    [(4, 4, True), (5, 5, False), (5, 16, False), (5, 17, True), (30, 100, False), (29, 100, True)],
)
def test_a_field_newly_empty_in_five_trials_and_three_in_ten_of_those_that_had_it_is_too_much(
    trials: int, had: int, believed: bool
) -> None:
    assert (sick(Loss(how="emptied", field="enrollment", trials=trials, had=had)) == "") == believed


@pytest.mark.parametrize(("trials", "had", "believed"), [(1, 1, False), (1, 2, True), (4, 4, False), (4, 5, True)])
def test_an_anchor_that_every_trial_lost_is_too_much_however_few_they_are(trials: int, had: int, believed: bool) -> None:
    assert (sick(Loss(how="emptied", field="conditions", trials=trials, had=had, anchor=True)) == "") == believed


@pytest.mark.parametrize(
    ("trials", "had", "strangers", "believed"),
    [(1, 1, 1, False), (1, 5, 1, False), (1, 6, 1, True), (4, 21, 4, True), (5, 600, 10, False), (5, 600, 11, True)],
)
def test_a_field_that_goes_while_another_comes_was_renamed_in_the_smallest_set_too(
    trials: int, had: int, strangers: int, believed: bool
) -> None:
    loss = Loss(how="renamed", field="enrollment", trials=trials, had=had, strangers=strangers)
    assert (sick(loss) == "") == believed


@pytest.mark.parametrize(
    ("trials", "checked", "believed"), [(1, 1, True), (2, 2, False), (2, 3, True), (5, 16, False), (5, 17, True)]
)
def test_words_that_are_not_understood_any_more_are_too_much_when_all_trials_or_many_have_them(
    trials: int, checked: int, believed: bool
) -> None:
    assert (sick(Loss(how="unreadable", field="statusModule.overallStatus", trials=trials, had=checked)) == "") == believed


@pytest.mark.parametrize(
    ("trials", "had", "believed"), [(1, 1, True), (2, 2, False), (2, 3, True), (3, 15, False), (3, 16, True)]
)
def test_many_trials_do_not_vanish_from_a_registry_at_once(trials: int, had: int, believed: bool) -> None:
    assert (sick(Loss(how="gone", field="the record itself", trials=trials, had=had)) == "") == believed


def test_losses_are_judged_one_by_one_and_named_with_an_example() -> None:
    fine = Loss(how="emptied", field="lead_sponsor", trials=4, had=10)
    bad = Loss(how="emptied", field="arms", trials=5, had=10, example="ctgov:NCT00000001")
    told = sick(fine, bad)
    assert told == "arms was filled and is now empty in 5 of 10 trials, for instance in ctgov:NCT00000001."


def test_no_verdict_names_more_than_a_few_losses() -> None:
    told = sick(*(Loss(how="emptied", field=f"field{number}", trials=5, had=5) for number in range(7)))
    assert told.count("was filled") == 5
    assert told.endswith("And 2 more such losses.")


def test_a_renamed_field_is_not_told_as_an_emptied_one_as_well() -> None:
    told = sick(
        Loss(how="emptied", field="arms", trials=5, had=10), Loss(how="renamed", field="arms", trials=5, had=10, strangers=5)
    )
    assert told.count("arms") == 1
    assert "renamed" in told


@pytest.mark.parametrize(
    ("changed", "checked", "believed"), [(99, 99, True), (51, 100, False), (50, 100, True), (76, 151, False), (75, 150, True)]
)
def test_over_half_of_a_hundred_and_more_cannot_have_changed_at_once(changed: int, checked: int, believed: bool) -> None:
    assert (sick(changed=changed, checked=checked) == "") == believed


@pytest.mark.parametrize(
    ("days", "changed", "believed"),
    [
        (0, 51, False),
        (1, 51, False),
        (14, 64, True),
        (14, 65, False),
        (30, 79, True),
        (30, 80, False),
        (200, 100, True),
    ],
)
def test_the_longer_nobody_looked_the_more_trials_may_have_changed(days: int, changed: int, believed: bool) -> None:
    verdict = judge(RunCounts(checked=100, changed=changed), pause=timedelta(days=days))
    assert (verdict.sick == "") == believed


def test_the_verdict_says_in_how_many_days_the_trials_changed() -> None:
    assert judge(RunCounts(checked=100, changed=90), pause=timedelta(days=14)).sick == "90 of 100 trials changed in 14 days."


@given(st.floats(min_value=0, max_value=5000), st.floats(min_value=0, max_value=5000))
def test_a_longer_pause_never_makes_the_rule_stricter(one: float, other: float) -> None:
    shorter, longer = sorted((one, other))
    assert 0.5 <= believable_share(timedelta(days=shorter)) <= believable_share(timedelta(days=longer)) <= 1.5


def test_a_trouble_that_is_looked_at_each_day_makes_no_pause() -> None:
    first = datetime(2026, 3, 2, tzinfo=UTC)
    assert longest_pause([first + timedelta(days=day) for day in range(60)]) == timedelta(days=1)
    assert longest_pause([first, first + timedelta(days=200)]) == timedelta(days=200)
    assert longest_pause([first]) == timedelta(0)


def test_an_ordinary_run_and_one_without_any_check_are_healthy() -> None:
    assert sick() == ""
    assert sick(checked=500, unchanged=480, changed=18, failed=2, listings=listed(500, 510)) == ""


def test_the_verdict_tells_every_rule_that_fired_with_its_numbers() -> None:
    loss = Loss(how="emptied", field="lead_sponsor", trials=60, had=200)
    told = sick(loss, checked=200, changed=150, failed=50, listings=listed(10, 200))
    for numbers in ("10 trials", "half of the 200", "50 of 200 checks", "60 of 200 trials", "150 of 200 trials"):
        assert numbers in told
