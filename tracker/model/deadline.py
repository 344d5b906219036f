"""Deadlines: days that follow from a record's own dates, ahead or passed."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import msgspec

from tracker.model.vocabulary import Severity

DeadlineState = Literal["ahead", "soon", "grace", "passed", "submitted", "returned"]
"""``soon`` is inside the time of notice, ``grace`` past the day but not told as overdue yet; results that were submitted or
returned for correction wait for nothing but the registry's quality control."""


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    """One day that matters to a trial, as it stands today: an estimate with its reasons, never a legal finding.

    ``kind`` and ``effects`` are those of the calendar event that tells of it, ``told_on`` the first day on which it is true
    (None while submitted results wait). ``details`` are that event's: ``due``, ``days`` from today (negative when passed),
    ``reasons``, and what words are made of.
    """

    kind: str
    effects: tuple[str, ...] = ()
    trial: str
    due: dt.date
    told_on: dt.date | None
    state: DeadlineState
    severity: Severity
    rule: str
    details: dict[str, Any] = {}
