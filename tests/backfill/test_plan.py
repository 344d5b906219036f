"""Which versions are wanted: by the dates of the present record, by results, and by what they touched."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.builders import make_record
from tracker.backfill.plan import goes_on, how_long, wanted
from tracker.model.dates import RegistryDate
from tracker.model.history import RecordHistory, RegistryVersion
from tracker.sources.ctgov.fields import HISTORY_SECTIONS

DAYS = ("2019-04-02", "2020-01-01", "2020-06-01", "2021-01-01", "2022-01-01", "2023-01-01")


def history(touched: dict[int, str] | None = None, days: tuple[str, ...] = DAYS) -> RecordHistory:
    return RecordHistory(
        trial="ctgov:NCT00000101",
        versions=tuple(
            RegistryVersion(
                number=number,
                date=dt.date.fromisoformat(day),
                said="RECRUITING",
                touched=("Study Status", *([touched[number]] if touched and number in touched else [])),
            )
            for number, day in enumerate(days)
        ),
    )


def needed(history: RecordHistory, *kinds: str, **record: str) -> tuple[int, ...]:
    present = make_record(
        **{name: RegistryDate(date, "ACTUAL") for name, date in record.items()},
        **{name: None for name in ("start_date", "primary_completion_date", "results_first_posted") if name not in record},
    )
    return wanted(history, "needed", present=present, kinds=kinds, sections=HISTORY_SECTIONS)


def test_the_index_needs_no_record_and_all_are_all_the_newest_first() -> None:
    assert wanted(history(), "index") == ()
    assert wanted(history(), "all") == (5, 4, 3, 2, 1, 0)


def test_needed_are_the_first_and_those_in_force_at_the_milestones() -> None:
    assert needed(history()) == (0,)
    assert needed(history(), start_date="2020-03-15") == (1, 0)
    assert needed(history(), start_date="2018-01-01") == (0,), "registered after it began"
    assert needed(history(), start_date="2020-06-01") == (2, 0), "a version of that very day stood at its end"
    assert needed(history(), primary_completion_date="2030-01") == (5, 0)


def test_a_month_may_mean_its_first_or_its_last_day() -> None:
    assert needed(history(), start_date="2020-06") == (2, 0)
    assert needed(history(days=(*DAYS[:2], "2020-06-15", *DAYS[3:])), start_date="2020-06") == (2, 1, 0)


def test_before_results_is_the_version_before_their_tables_and_the_one_before_their_posting() -> None:
    assert needed(history({4: "Participant Flow"})) == (3, 0)
    assert needed(history(), results_first_posted="2022-02-01") == (4, 0)
    assert needed(history(), results_first_posted="2022-01-01") == (3, 0)


@pytest.mark.parametrize("kind", ["primary_outcomes_changed", "primary_outcomes_changed.redefined"])
def test_what_a_watch_asks_for_by_name_is_wanted_with_the_version_before(kind: str) -> None:
    assert needed(history({3: "Outcome Measures", 5: "Contacts/Locations"}), kind) == (3, 2, 0)
    assert needed(history({3: "Outcome Measures"})) == (0,), "a watch that names no kind asks for the milestones alone"


def test_a_section_that_nobody_knows_may_be_about_anything() -> None:
    assert needed(history({4: "A New Section"}), "primary_outcomes_changed") == (4, 3, 0)


def test_an_index_goes_on_when_it_is_the_same_or_longer() -> None:
    assert goes_on(history(), history())
    assert goes_on(history(days=DAYS[:4]), history())
    assert not goes_on(history(), history(days=DAYS[:4]))
    assert not goes_on(history(), history(days=("2019-04-01", *DAYS[1:])))


def test_how_long_it_takes_is_said_in_words() -> None:
    assert [how_long(number, 0.8) for number in (1, 10, 500, 3700, 9000)] == [
        "about 1 s", "about 12 s", "about 10 min", "about 77 min", "about 3.1 h",
    ]  # fmt: skip
