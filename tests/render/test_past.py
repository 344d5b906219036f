"""The past in words: how far back it reaches, tables of a bounded length, days that are those of the registry."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tracker.model.ledgers import EnrollmentStep, Known, Rate, TrialPast
from tracker.render import past

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (Known(), "Nothing is stored."),
        (
            Known(text_since=date(2026, 1, 5), tracked_since=date(2026, 1, 5), stored=2),
            "Known since tracking began 5 Jan 2026: 2 versions stored; the registry's index of its versions was not read.",
        ),
        (
            Known(text_since=date(2025, 3, 1), tracked_since=date(2026, 1, 5), stored=3),
            "Known since 1 Mar 2025: 3 versions stored; the registry's index of its versions was not read.",
        ),
        (
            Known(registered=date(2019, 4, 2), listed=9),
            "Known since registration 2 Apr 2019: the registry's index lists 9 versions, none of them stored.",
        ),
        (
            Known(registered=date(2019, 4, 2), text_since=date(2019, 4, 2), listed=9, stored=9, numbered=9),
            "Known since registration 2 Apr 2019: the registry's index lists 9 versions, 9 of them stored, "
            "the earliest of 2 Apr 2019.",
        ),
    ],
)
def test_how_far_back_a_trial_is_known_is_said_in_a_sentence(known: Known, words: str) -> None:
    assert past.known(known) == words


def test_a_day_that_the_registry_gives_is_that_day_in_every_time_zone_and_a_look_is_of_the_readers_day() -> None:
    assert past.day(datetime(2026, 2, 10, tzinfo=UTC), NEW_YORK) == "10 Feb 2026"
    assert past.day(datetime(2026, 2, 10, 3, tzinfo=UTC), NEW_YORK) == "9 Feb 2026"


def test_a_table_has_a_bounded_number_of_rows_and_says_how_many_more_there_are() -> None:
    steps = tuple(
        EnrollmentStep(trial="ctgov:NCT00000001", count=number, type=None, since=NOW - timedelta(days=900 - number))
        for number in range(700)
    )
    found = TrialPast(trial="ctgov:NCT00000001", name="One", known=Known(), enrollment=steps)
    (grid,) = past.grids(["enrollment"], [found, found], NOW, UTC, most=300, several=True).values()
    assert len(grid.rows) == 300
    assert grid.caption == "… and 1,100 more rows: --format csv --show enrollment has all."


def test_a_rate_says_its_count_and_its_span() -> None:
    rate = Rate(trials=214, moved=66, what="moved primary completion", phase="PHASE3")
    assert past.rate(rate, UTC) == "Of 214 phase 3 trials, 31 % moved primary completion in the last year (66)."
