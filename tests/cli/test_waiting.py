"""What is said while a command works: what is waited for, how far it is, and how long the rest may take."""

from __future__ import annotations

from tracker.cli.waiting import Waits

TITLES = {"ctgov": "ClinicalTrials.gov", "meddatax": "MedDataX"}


class Seconds:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_source_that_waits_is_named_with_what_it_waits_for() -> None:
    seconds = Seconds()
    waits = Waits(TITLES, seconds)
    waits.waiting("meddatax", "no answer yet")
    seconds.now = 31
    assert waits.lines() == ["MedDataX: no answer yet, 31 s"]
    waits.waiting("meddatax", "")
    assert waits.lines() == []


def test_a_long_reading_says_how_far_it_is_and_how_long_the_rest_may_take() -> None:
    seconds = Seconds()
    waits = Waits(TITLES, seconds)
    waits.progress("ClinicalTrials.gov", 1_000, 601_000)
    assert waits.lines() == ["ClinicalTrials.gov: 1,000 of 601,000 trials read"]
    seconds.now = 10
    waits.progress("ClinicalTrials.gov", 11_000, 601_000)
    assert waits.rate("ClinicalTrials.gov") == "1,000 a second"
    assert waits.lines() == ["ClinicalTrials.gov: 11,000 of 601,000 trials read, about 10 min left"]


def test_what_is_over_is_not_told_again_and_what_begins_anew_is_timed_anew() -> None:
    seconds = Seconds()
    waits = Waits(TITLES, seconds)
    waits.progress("ClinicalTrials.gov", 500, 500)
    assert waits.lines() == []
    seconds.now = 1_000
    waits.progress("ClinicalTrials.gov", 10, 100)
    seconds.now = 1_010
    waits.progress("ClinicalTrials.gov", 20, 100)
    assert waits.lines() == ["ClinicalTrials.gov: 20 of 100 trials read, about 80 s left"]
