"""The duty of the United Kingdom: a summary of results in each register used, a year after the end."""

from __future__ import annotations

import datetime as dt

from tracker.duties import facts
from tracker.duties.results import Expected, after, expects_results, last_day
from tracker.duties.rule import Applies
from tracker.model.record import TrialRecord

IN_FORCE = dt.date(2026, 4, 29)
"""The first day that an end can fall on: after 28 April 2026."""

NOTES = (
    "likely: when the trial was applied for is not public, so its end decides",
    "a deferral or waiver would not be public",
    "the lay summary is offered to participants and not posted",
)


def clock(record: TrialRecord) -> Expected | None:
    """A year after the end of the trial, for children's trials too."""
    end = record.completion_date
    if end is None or not expects_results(record):
        return None
    day = last_day(end)
    if day is None or day < IN_FORCE:
        return None
    return after("completion_date", end, day, months=12)


def applies(record: TrialRecord, _expected: Expected) -> Applies:
    """Trials of medicinal products with a site in the United Kingdom."""
    if not facts.studies_a_medicine(record):
        return Applies(outcome="does_not", reasons=("no legal duty recognised: no medicinal product is studied",))
    if not facts.in_united_kingdom(record):
        return Applies(outcome="does_not", reasons=("no legal duty recognised: no site in the United Kingdom",))
    return Applies(outcome="applies", reasons=("studies a medicinal product", "a site in the United Kingdom"))
