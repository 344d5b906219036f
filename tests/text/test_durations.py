"""Time points that a time frame names."""

from __future__ import annotations

import pytest

from tracker.text.durations import time_point


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Day 28", 28),
        ("up to 2 years", 730.5),
        ("weeks 4, week 12 and week 24", 168),
        ("six months", 6 * 30.44),
        ("Baseline", None),
        ("24-week", 168),
        ("Weeks 9-24", 168),
        ("Week 9 through Week 24", 168),
        ("Weeks 4, 8 and 12", 84),
        ("Day 1 to 28", 28),
        ("Week 4, 12 months", 12 * 30.44),
        ("Day 1, 30 minutes after the dose", 1),
        ("30 minutes", 30 / 1440),
        ("0, 15, 30 and 90 min after the dose", 90 / 1440),
        ("Minute 5 to 20", 20 / 1440),
        ("ninety seconds", None),
        ("pre-dose, 24 h and 72 hours", 3),
        ("up to 48h", 2),
        ("10 mins before to 2 hrs after", 2 / 24),
        ("6 min walk test at Month 3", 3 * 30.44),
        ("100 mg/mL", None),
    ],
)
def test_the_time_point_of_a_time_frame_is_its_latest(text: str, days: float | None) -> None:
    assert time_point(text) == (days if days is None else pytest.approx(days))
