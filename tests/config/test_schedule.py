"""The schedule's grammar is one that the scheduler reads as people mean it."""

from __future__ import annotations

import datetime as dt

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given
from hypothesis import strategies as st

from tracker.config.schedule import schedule_problem
from tracker.config.settings import Schedule


@pytest.mark.parametrize("text", ["30m", "6h", "1d", "0 6 * * *", "*/15 8-18/2 1,15 jan-mar,12 mon-fri,sun", "0 6 * * Mon"])
def test_intervals_and_cron_expressions_are_good(text: str) -> None:
    assert schedule_problem(text) == ""


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("", "five fields"),
        ("6 hours", "five fields"),
        ("0h", "five fields"),
        ("6H", "five fields"),
        ("60 * * * *", "from 0 to 59"),
        ("* 24 * * *", "from 0 to 23"),
        ("* * 0 * *", "from 1 to 31"),
        ("* * * 13 *", "from 1 to 12"),
        ("0 6 * * 1-5", "mon-fri"),
        ("0 6 * * 7", "mon"),
        ("0 6 * * fri-mon", "backwards"),
        ("0 18-6 * * *", "backwards"),
        ("*/0 * * * *", "step"),
        ("*/60 * * * *", "step"),
        ("5/10 * * * *", "step"),
        ("0 6 * * mon/2", "step"),
        ("0 6 * * ,", "mon"),
        ("², * * * *", "from 0 to 59"),
    ],
)
def test_a_wrong_schedule_is_told_with_what_to_write(text: str, remedy: str) -> None:
    assert remedy in schedule_problem(text)


def test_an_interval_is_a_time_span() -> None:
    assert Schedule(sync="90m").every == dt.timedelta(minutes=90)
    assert Schedule(sync="2d").every == dt.timedelta(days=2)


bounds = st.integers(0, 60).map(str) | st.sampled_from(["mon", "fri", "sun", "jan", "dec"])
parts = st.one_of(st.just("*"), bounds, st.tuples(bounds, bounds).map("-".join))
steps = st.one_of(st.just(""), st.integers(0, 60).map(lambda step: f"/{step}"))
fields = st.lists(st.tuples(parts, steps).map("".join), min_size=1, max_size=2).map(",".join)


@given(st.tuples(fields, fields, fields, fields, fields).map(" ".join))
def test_what_is_accepted_the_scheduler_accepts(text: str) -> None:
    """The daemon must not fail on a schedule that `tracker check` called good."""
    if not schedule_problem(text):
        CronTrigger.from_crontab(text, timezone="UTC")


@given(st.data())
def test_each_good_field_is_understood_by_the_scheduler(data: st.DataObject) -> None:
    """As above, a field at a time, so that good ones are frequent."""
    place = data.draw(st.integers(0, 4))
    text = " ".join(data.draw(fields) if position == place else "*" for position in range(5))
    if not schedule_problem(text):
        CronTrigger.from_crontab(text, timezone="UTC")
