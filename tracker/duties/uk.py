"""The duty of the United Kingdom: a summary of results in each register used, a year after the end."""

from __future__ import annotations

from tracker.duties import facts
from tracker.duties.results import Expected, after, expects_results, last_day
from tracker.duties.rule import Applies
from tracker.model.record import TrialRecord

NOTES = (
    "likely: when the trial was applied for is not public, so its end decides",
    "a deferral or waiver would not be public",
    "the lay summary is offered to participants and not posted",
)


def clock(record: TrialRecord) -> Expected | None:
    """A year after the end of the trial, for children's trials too."""
    end, day = record.completion_date, last_day(record.completion_date)
    if end is None or day is None or not expects_results(record):
        return None
    return after("completion_date", end, day, months=12)


def applies(record: TrialRecord, _expected: Expected | None) -> Applies:
    """Trials of medicinal products with a site in the United Kingdom."""
    if not facts.studies_a_medicine(record):
        return Applies(outcome="does_not", reasons=("no legal duty recognised: no medicinal product is studied",))
    if not facts.in_united_kingdom(record):
        return Applies(outcome="does_not", reasons=("no legal duty recognised: no site in the United Kingdom",))
    return Applies(outcome="applies", reasons=("studies a medicinal product", "a site in the United Kingdom"))
