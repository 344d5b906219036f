"""Dates as pages write them, at the precision they give."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.extract.dates import read_date


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2025-08-28", "2025-08-28"),
        ("2025-08-28T10:00:00Z", "2025-08-28"),
        ("28 August 2025", "2025-08-28"),
        (" 28  Aug.  2025 ", "2025-08-28"),
        ("28-Aug-2025", "2025-08-28"),
        ("August 28, 2025", "2025-08-28"),
        ("Sept. 3rd, 2025", "2025-09-03"),
        ("August 2025", "2025-08"),
        ("2025-08", "2025-08"),
        ("2025", "2025"),
    ],
)
def test_read_with_the_precision_given(text: str, date: str) -> None:
    assert read_date(text, "ACTUAL").date == date
    assert read_date(text, "ACTUAL").type == "ACTUAL"


@pytest.mark.parametrize(
    "text", ["Spring 2026", "31 February 2025", "2025-13", "9/12/2017", "28 Augst 2025", "", "N/A", "20250828"]
)
def test_what_is_no_date_comes_back_verbatim(text: str) -> None:
    assert (read_date(text).date, read_date(text).precision) == (text, "none")


@given(st.dates(min_value=dt.date(1900, 1, 1), max_value=dt.date(2100, 1, 1)))
def test_long_and_iso_forms_say_the_same(day: dt.date) -> None:
    assert read_date(f"{day.day} {day:%B %Y}") == read_date(day.isoformat()) == read_date(f"{day:%b} {day.day}, {day.year}")
