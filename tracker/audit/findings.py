"""What an audit says of an outcome, of a trial, and of a baseline that is not known."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from tracker.model.record import OutcomeMeasure

Level = Literal["primary", "secondary", "other"]
Found = Literal["same", "reworded", "redefined", "promoted", "demoted", "added", "dropped", "unclear"]
Facet = Literal["", "measure", "threshold", "aggregation", "time point"]
Window = Literal["before start", "during", "after primary completion", "after results", "uncertain", ""]

LEVELS: tuple[Level, ...] = ("primary", "secondary", "other")
FOUND: tuple[Found, ...] = ("same", "reworded", "redefined", "promoted", "demoted", "added", "dropped", "unclear")
FACETS: tuple[Facet, ...] = ("measure", "threshold", "aggregation", "time point")


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one outcome between its baseline and now.

    ``facet`` says what another outcome differs in; it is also given where a redefined outcome moved to another level.
    ``reason`` is the rule that decided, in the words of docs/changes.md. ``score`` is how alike the measures are, 1 for equal
    ones, None where there is only one.
    """

    found: Found
    facet: Facet = ""
    reason: str = ""
    score: float | None = None
    level_before: Level | None = None
    level_now: Level | None = None
    before: OutcomeMeasure | None = None
    now: OutcomeMeasure | None = None

    @property
    def is_primary(self) -> bool:
        """Whether the outcome was or is a primary one."""
        return "primary" in (self.level_before, self.level_now)


class Audited(msgspec.Struct, frozen=True, kw_only=True):
    """A finding with when it came about: after one known day and by another, in a window of the trial's life.

    ``window`` is that of ``changed_by``; ``certain`` is False where the change may as well have come in an earlier window.
    ``near_posting``: within 31 days of the day on which results were posted. A change has no time where nothing differs.
    """

    finding: Finding
    window: Window = ""
    certain: bool = True
    near_posting: bool = False
    changed_after: dt.date | None = None
    changed_by: dt.date | None = None
    changed_number: int | None = None


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A baseline that is not known, and why."""

    trial: str
    baseline: str
    reason: str


class TrialAudit(msgspec.Struct, frozen=True, kw_only=True):
    """One trial against one baseline. Numbers are the registry's own, None where they are not known.

    ``flagged`` is how often the registry's index marks the outcomes as touched by a version that is kept with the one before
    it, ``identical`` in how many of these no text differs.
    """

    trial: str
    name: str
    baseline: str
    baseline_number: int | None = None
    baseline_date: dt.date | None = None
    baseline_from: Literal["version", "index"] = "version"
    now_number: int | None = None
    now_date: dt.date | None = None
    has_results: bool = False
    start_date: str | None = None
    registered_on: dt.date | None = None
    outcomes: tuple[Audited, ...] = ()
    flagged: int = 0
    identical: int = 0
    url: str = ""
    link_baseline: str = ""
    link_now: str = ""
    link_comparison: str = ""
