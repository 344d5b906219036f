"""How probable it is that so many trials have one effect at once, and what counts as a second opinion."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import DAY
from tracker.detect.mass import IMPROBABLE, rate, tail
from tracker.detect.second_opinion import is_second

CHANCES = st.floats(min_value=1e-6, max_value=0.9)


@given(st.integers(1, 40), st.integers(0, 40), CHANCES)
def test_the_tail_is_the_sum_of_its_terms(trials: int, least: int, chance: float) -> None:
    exact = sum(math.comb(trials, k) * chance**k * (1 - chance) ** (trials - k) for k in range(least, trials + 1))
    if least <= trials * chance:
        exact = 1.0
    assert tail(least, trials, chance) == pytest.approx(exact, rel=1e-6, abs=1e-300)


@given(st.integers(2, 600_000), st.integers(1, 500), CHANCES)
def test_more_trials_with_the_effect_are_never_more_probable(trials: int, least: int, chance: float) -> None:
    assert tail(least + 1, trials, chance) <= tail(least, trials, chance) * (1 + 1e-9)


@pytest.mark.parametrize(
    ("least", "trials", "days", "believed"),
    [(8, 99, 1, False), (2, 99, 1, True), (8, 8, 1, False), (9, 5_000, 1, True), (30, 5_000, 1, False), (10, 500, 30, True)],
)
def test_how_many_may_go_unknown_grows_with_the_trials_and_the_days(least: int, trials: int, days: int, believed: bool) -> None:
    chance = 1 - (1 - rate("recruitment_status_changed.went_unknown")) ** days
    assert (tail(least, trials, chance) >= IMPROBABLE) == believed


@pytest.mark.parametrize(
    ("first", "data", "hours", "second"),
    [("a", "b", 20, True), ("a", "b", 19.9, False), ("a", "a", 500, False), (None, None, 20, True), (None, "b", 1, False)],
)
def test_a_second_opinion_is_another_data_version_twenty_hours_later(
    first: str | None, data: str | None, hours: float, second: bool
) -> None:
    assert is_second(first, DAY, data, DAY + timedelta(hours=hours)) == second
