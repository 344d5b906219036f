"""Where in a trial's life a change falls: by the record as it stood before, unless the new one says that a date has not passed.

Whoever moves a planned date into the future does not change outcomes after it.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from tracker.duties.results import has_results
from tracker.events.kinds import Comparison
from tracker.model.dates import RegistryDate
from tracker.model.record import TrialRecord
from tracker.model.vocabulary import OPEN_STATUSES

RESULTS_DAYS = 30
REPORTED_DAYS = 30
"""How soon after the start an update still says what was settled before it."""


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a trial's life. ``started`` is None when unknown; ``note`` says what makes the placing less than sure."""

    name: str
    started: bool | None
    note: str = ""


def has_started(record: TrialRecord, on: dt.date) -> bool | None:
    """Whether the trial had begun on a day, by its own record; None when the record cannot tell."""
    start = record.start_date
    if record.recruitment_status in {"NOT_YET_RECRUITING", "WITHDRAWN"} and (start is None or start.type != "ACTUAL"):
        return False
    if start is None or start.first is None or start.last is None:
        return None if record.recruitment_status in {None, "UNKNOWN", "OTHER"} else True
    if start.last < on:
        return True
    return False if start.first > on else None


def window(comparison: Comparison) -> Window:
    """The window of an update: the new version's date against the old record's dates, as far as the new record keeps them."""
    old, new, on = comparison.old, comparison.new, comparison.on
    if has_results(new) and not has_results(old):
        return Window(name="with_results", started=True)
    if has_results(old):
        return _around_results(old, on)
    started = has_started(old, on)
    if started is True and not _is_actual(old.start_date) and has_started(new, on) is False:
        return Window(name="before_start", started=False)
    if started is False and (note := _started_before(new.start_date, on)):
        return Window(name="uncertain", started=None, note=note)
    if started is not True:
        note = _imprecise(old.start_date) if old.start_date else "no start date given"
        return Window(
            name="before_start" if started is False else "uncertain", started=started, note="" if started is False else note
        )
    return _before_results(old, new, on)


def _started_before(new: RegistryDate | None, on: dt.date) -> str:
    """What an update says that comes long after the start it reports: nobody knows on which side its other changes fall."""
    if not _is_actual(new) or new is None or new.last is None or (on - new.last).days <= REPORTED_DAYS:
        return ""
    return f"the start on {new.date} is reported only by this update"


def _around_results(old: TrialRecord, on: dt.date) -> Window:
    posted = old.results_first_posted
    if posted is None or posted.first is None:
        return Window(name="after_results", started=True, note="the day the results were posted is not stated")
    near = abs((on - posted.first).days) <= RESULTS_DAYS
    return Window(name="with_results" if near else "after_results", started=True)


def _before_results(old: TrialRecord, new: TrialRecord, on: dt.date) -> Window:
    completed = old.primary_completion_date
    if not _is_actual(completed) and _is_dated(new.primary_completion_date):
        completed = new.primary_completion_date
    if completed is None or completed.last is None or completed.first is None or completed.first > on:
        return Window(name="ongoing", started=True)
    if completed.last >= on:
        return Window(name="uncertain", started=True, note=_imprecise(completed))
    if _is_actual(completed):
        return Window(name="after_primary_completion", started=True)
    marked = "estimated primary completion date" if completed.type else "primary completion date, not marked as actual,"
    if new.recruitment_status in OPEN_STATUSES:
        return Window(name="ongoing", started=True, note=f"the {marked} has passed, the trial still recruits")
    return Window(name="after_primary_completion", started=True, note=f"the {marked} has passed")


def _is_actual(date: RegistryDate | None) -> bool:
    return date is not None and date.type == "ACTUAL"


def _is_dated(date: RegistryDate | None) -> bool:
    return date is not None and date.first is not None


def _imprecise(date: RegistryDate) -> str:
    return (
        f"the date {date.date} is given to the {date.precision}"
        if date.precision != "day"
        else f"on the day {date.date} itself"
    )
