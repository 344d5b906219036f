"""Details of the kinds for a day that came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from tracker.model.details.parts import CountedFrom, Details, DutyLaw


class DueDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """A day that matters; ``days`` is its distance, negative when it has passed. Every one is an estimate, and says so."""

    due: dt.date
    days: int
    reasons: tuple[str, ...]
    estimate: bool


class ResultsDueDetails(DueDetails, frozen=True, kw_only=True, omit_defaults=True):
    """What the due day of results is counted from, where the results stand, and the ``laws`` that ask for them by that day.

    Without any, they are expected by registry practice; what was stored before laws were named has none either.
    """

    counted_from: CountedFrom
    results_state: str | None
    laws: tuple[DutyLaw, ...] = ()


class MilestoneDetails(DueDetails, frozen=True, kw_only=True, omit_defaults=True):
    """The planned dates that fall on the day, by field."""

    dates: Mapping[str, str]


class VerificationDetails(DueDetails, frozen=True, kw_only=True, omit_defaults=True):
    """When the record was last verified."""

    verified_on: str
