"""Deadlines: days that follow from a record's own dates, ahead or passed."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from tracker.model.details import DueDetails
from tracker.model.vocabulary import CalendarKind, Severity

DeadlineState = Literal["ahead", "soon", "grace", "passed", "submitted", "returned", "projected"]
"""``soon`` is inside the time of notice, ``grace`` past the day but not called overdue yet; results that were submitted or
returned for correction wait for nothing but the registry's quality control. ``projected``: the trial has not ended yet."""

RULES = 2
"""Raised whenever the same record leads to other days: those that are stored are then made anew."""


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    """One day that matters to a trial, as it stands today: an estimate with its reasons, never a legal finding.

    ``kind``, ``effects`` and ``details`` are those of its calendar event. ``true_from`` ("told_on" in JSON) is the first day on
    which it is true, None while submitted results wait.
    """

    kind: CalendarKind
    effects: tuple[str, ...] = ()
    trial: str
    due: dt.date
    true_from: dt.date | None = msgspec.field(name="told_on")
    state: DeadlineState
    severity: Severity
    rule: str
    details: DueDetails
