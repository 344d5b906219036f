"""When results are expected of any interventional trial: one year after it ended, or later by a certified delay."""

from __future__ import annotations

import calendar
import datetime as dt

import msgspec

from tracker.model.dates import RegistryDate
from tracker.model.details import CountedFrom
from tracker.model.record import TrialRecord

FINAL_RULE = dt.date(2017, 1, 18)
"""42 CFR 11 took effect. What was completed before is held to no deadline here."""

_LAST_YEAR = 9000
"""Years beyond are slips of the keyboard, and a year later would not be a date at all."""


class ResultsDuty(msgspec.Struct, frozen=True, kw_only=True):
    """The day results are due at the latest. ``legal`` says whether a legal duty to post them by then probably applies.

    ``title`` is the duty's name for people, empty where results are only expected by registry practice.
    """

    due: dt.date
    legal: bool
    counted_from: CountedFrom
    reasons: tuple[str, ...]
    title: str = ""


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """The day results are expected, and what it follows from. ``actual`` says whether the trial is stated to have ended."""

    due: dt.date
    counted_from: CountedFrom
    reasons: tuple[str, ...]
    actual: bool


def results_expected(record: TrialRecord) -> Expected | None:
    """When results of an interventional trial are expected; None where none are, or without a usable date."""
    if record.study_type != "INTERVENTIONAL" or record.recruitment_status == "WITHDRAWN" or record.results_waived:
        return None
    field = next((name for name in ("primary_completion_date", "completion_date") if last_day(getattr(record, name))), None)
    if field is None:
        return None
    stated: RegistryDate = getattr(record, field)
    end = last_day(stated)
    if end is None or end < FINAL_RULE:
        return None
    return _after_certification(record, _after_end(field, stated, end))


def last_day(date: RegistryDate | None) -> dt.date | None:
    """The latest day a date can mean; None where there is none that can be reckoned with."""
    day = date.last if date else None
    return day if day and day.year < _LAST_YEAR else None


def years_later(day: dt.date, years: int) -> dt.date:
    """The same day some years on; 29 February becomes 28 February where there is none."""
    leap_day_missing = (day.month, day.day) == (2, 29) and not calendar.isleap(day.year + years)
    return day.replace(year=day.year + years, day=28 if leap_day_missing else day.day)


def milestone(field: str) -> str:
    """A milestone's name inside a sentence."""
    return field.removesuffix("_date").replace("_", " ")


def _after_end(field: str, stated: RegistryDate, end: dt.date) -> Expected:
    """One year after the trial ended."""
    reasons = [f"{milestone(field)} {stated.date} ({(stated.type or 'not said whether actual').lower()}) plus one year"]
    if field == "completion_date":
        reasons.append("no primary completion date is given")
    return Expected(
        due=years_later(end, 1),
        counted_from=CountedFrom(field=field, date=stated.date, type=stated.type, years=1),
        reasons=tuple(reasons),
        actual=stated.type == "ACTUAL",
    )


def _after_certification(record: TrialRecord, expected: Expected) -> Expected:
    """A delay that was certified in time moves the day to at most two years after the certification."""
    certified = last_day(record.delay_certified_on)
    if certified is None or record.delay_certified_on is None:
        return expected
    text = record.delay_certified_on.date
    if certified > expected.due:
        late = f"the certification of delay of {text} came after the due date"
        return msgspec.structs.replace(expected, reasons=(*expected.reasons, late))
    later = years_later(certified, 2)
    if later <= expected.due:
        return expected
    return Expected(
        due=later,
        counted_from=CountedFrom(field="delay_certified_on", date=text, type=None, years=2),
        reasons=(f"delay certified on {text}: at most two years after it", *expected.reasons),
        actual=expected.actual,
    )
