"""When results are expected of a trial, and how a duty to post them stands: what the rules of all laws share."""

from __future__ import annotations

import calendar
import datetime as dt

import msgspec

from tracker.model.dates import RegistryDate
from tracker.model.details import CountedFrom, DutyLaw
from tracker.model.record import TrialRecord
from tracker.model.vocabulary import DutyBasis

FINAL_RULE = dt.date(2017, 1, 18)
"""42 CFR 11 took effect. What was completed before is held to no deadline here."""

POSTING = dt.timedelta(days=30)
"""So long a registry may take to post what was submitted in time, where nothing else is known."""

NOT_ACTUAL = "no legal duty is reckoned with while that date is not actual"

_LAST_YEAR = 9000
"""Years beyond are slips of the keyboard, and a year later would not be a date at all."""


class ResultsDuty(msgspec.Struct, frozen=True, kw_only=True):
    """The day results are due at the latest. ``legal`` says whether a legal duty to post them by then probably applies.

    ``law`` is what asks for them, None where no law is known, and ``title`` its name for people. ``projected``: the law would
    apply, but the date that the day is counted from is not actual. ``by_practice``: results are expected by that day whether or
    not the law binds. ``good_practice``: the law is a standard and binds nobody. ``grace`` is how long after the day results
    are not called overdue.
    """

    due: dt.date
    legal: bool
    counted_from: CountedFrom
    reasons: tuple[str, ...]
    law: DutyLaw | None = None
    projected: bool = False
    by_practice: bool = False
    good_practice: bool = False
    grace: dt.timedelta = POSTING

    @property
    def basis(self) -> DutyBasis:
        """What makes the day one that matters."""
        if self.legal:
            return "legal_duty"
        if self.by_practice or self.law is None:
            return "registry_practice"
        if self.projected:
            return "projected"
        return "good_practice" if self.good_practice else "registry_practice"

    @property
    def title(self) -> str:
        """The law's name for people."""
        return self.law.title if self.law else ""


class NotJudged(msgspec.Struct, frozen=True, kw_only=True):
    """A law that may ask for results of a trial, and why nothing is said of it."""

    law: DutyLaw
    reasons: tuple[str, ...]


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """The day results are expected, and what it follows from. ``actual`` says whether the trial is stated to have ended.

    ``end`` is the last day on which it can have ended.
    """

    due: dt.date
    end: dt.date
    counted_from: CountedFrom
    reasons: tuple[str, ...]
    actual: bool


def has_results(record: TrialRecord) -> bool:
    """Whether results are posted with the record."""
    return record.results_state == "POSTED" or (record.results_state is None and record.results_first_posted is not None)


def results_expected(record: TrialRecord) -> Expected | None:
    """When results of an interventional trial are expected; None where none are, or without a usable date."""
    expected = a_year_after(record)
    return _after_certification(record, expected) if expected else None


def a_year_after(record: TrialRecord) -> Expected | None:
    """One year after primary completion, whatever delay was certified; None where no results are expected."""
    if not expects_results(record) or record.results_waived:
        return None
    field = next((name for name in ("primary_completion_date", "completion_date") if last_day(getattr(record, name))), None)
    if field is None:
        return None
    stated: RegistryDate = getattr(record, field)
    end = last_day(stated)
    if end is None or end < FINAL_RULE:
        return None
    missing = ("no primary completion date is given",) if field == "completion_date" else ()
    return after(field, stated, end, months=12, also=missing)


def expects_results(record: TrialRecord) -> bool:
    """Whether a record is of a trial of an intervention that was not withdrawn."""
    return record.study_type == "INTERVENTIONAL" and record.recruitment_status != "WITHDRAWN"


def last_day(date: RegistryDate | None) -> dt.date | None:
    """The latest day a date can mean; None where there is none that can be reckoned with."""
    day = date.last if date else None
    return day if day and day.year < _LAST_YEAR else None


def years_later(day: dt.date, years: int) -> dt.date:
    """The same day some years on; 29 February becomes 28 February where there is none."""
    return months_later(day, 12 * years)


def months_later(day: dt.date, months: int) -> dt.date:
    """The same day some months on, or the last day of a month that is too short for it."""
    years, month = divmod(day.month - 1 + months, 12)
    year, last = day.year + years, day.day
    if last > 28:  # every month has the days before
        last = min(last, calendar.monthrange(year, month + 1)[1])
    return dt.date(year, month + 1, last)


def milestone(field: str) -> str:
    """A milestone's name inside a sentence."""
    return field.removesuffix("_date").replace("_", " ")


def after(field: str, stated: RegistryDate, end: dt.date, *, months: int, also: tuple[str, ...] = ()) -> Expected:
    """Six or twelve months after the trial ended; ``also`` are further reasons."""
    span = "one year" if months == 12 else "six months"
    first = f"{milestone(field)} {stated.date} ({(stated.type or 'not said whether actual').lower()}) plus {span}"
    years, rest = divmod(months, 12)
    return Expected(
        due=months_later(end, months),
        end=end,
        counted_from=CountedFrom(field=field, date=stated.date, type=stated.type, years=years, months=rest),
        reasons=(first, *also),
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
        end=expected.end,
        counted_from=CountedFrom(field="delay_certified_on", date=text, type=None, years=2),
        reasons=(f"delay certified on {text}: at most two years after it", *expected.reasons),
        actual=expected.actual,
    )
