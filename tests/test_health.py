"""When a run as a whole is not believed: each limit from both sides."""

from __future__ import annotations

import pytest

from tracker.health import judge
from tracker.model.run import RunCounts


def sick(*, last_listed: int | None = None, emptied: dict[str, int] | None = None, **counts: int) -> str:
    return judge(RunCounts(**counts), emptied or {}, last_listed=last_listed).sick


@pytest.mark.parametrize(("listed", "last", "believed"), [(50, 100, True), (49, 100, False), (51, 101, True), (50, 101, False)])
def test_a_search_must_hold_half_of_what_it_held_in_the_last_healthy_run(listed: int, last: int, believed: bool) -> None:
    assert (sick(listed=listed, last_listed=last) == "") == believed


def test_an_empty_search_is_written_down_as_empty_where_there_is_nothing_to_compare_it_with() -> None:
    assert sick(listed=0, last_listed=None) == ""
    assert sick(listed=0, last_listed=0) == ""
    assert sick(last_listed=100) == "", "a run without a search lists nothing"
    assert sick(listed=0, last_listed=1) != ""


@pytest.mark.parametrize(
    ("failed", "checked", "believed"),
    [(2, 2, True), (3, 3, False), (3, 15, False), (3, 16, True), (20, 100, False), (19, 100, True)],
)
def test_three_failures_and_a_fifth_of_all_checks_are_too_many(failed: int, checked: int, believed: bool) -> None:
    assert (sick(failed=failed, checked=checked) == "") == believed


@pytest.mark.parametrize(
    ("emptied", "checked", "believed"),
    [(4, 4, True), (5, 5, False), (5, 16, False), (5, 17, True), (30, 100, False), (29, 100, True)],
)
def test_an_anchor_newly_empty_in_five_trials_and_three_in_ten_is_too_much(emptied: int, checked: int, believed: bool) -> None:
    assert (sick(emptied={"lead_sponsor": emptied}, checked=checked) == "") == believed


def test_anchors_are_judged_one_by_one_and_named() -> None:
    assert sick(emptied={"lead_sponsor": 4, "brief_title": 4}, checked=10) == ""
    assert "brief_title" in sick(emptied={"lead_sponsor": 4, "brief_title": 5}, checked=10)


@pytest.mark.parametrize(
    ("changed", "checked", "believed"), [(99, 99, True), (51, 100, False), (50, 100, True), (76, 151, False), (75, 150, True)]
)
def test_over_half_of_a_hundred_and_more_cannot_have_changed_at_once(changed: int, checked: int, believed: bool) -> None:
    assert (sick(changed=changed, checked=checked) == "") == believed


def test_an_ordinary_run_and_one_without_any_check_are_healthy() -> None:
    assert sick() == ""
    assert sick(checked=500, unchanged=480, changed=18, failed=2, listed=500, last_listed=510) == ""


def test_the_verdict_tells_every_rule_that_fired_with_its_numbers() -> None:
    told = sick(checked=200, changed=150, failed=50, listed=10, last_listed=200, emptied={"lead_sponsor": 60})
    for numbers in ("10 trials", "200 of the last", "50 of 200 checks", "60 of 200 trials", "150 of 200 trials"):
        assert numbers in told
