"""Runs and checks: what one pass over one source did."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

CheckStatus = Literal[
    "baseline",
    "unchanged",
    "changed",
    "quiet",
    "absent",
    "removed",
    "restored",
    "aliased",
    "merged",
    "still_merged",
    "doubted",
    "older",
    "failed",
]
"""How one check of one trial ended. ``baseline``: first snapshot, no event. ``quiet``: stored, but no event.
``absent``: not there, not yet confirmed. ``aliased``: answered with another trial's record, not yet believed; ``merged``:
believed; ``still_merged``: that was known. ``doubted``: the record's own date went back, not yet believed; ``older``: older
data than we have, so that nothing is known and the trial is asked for again. Everything but ``failed`` and ``older`` is an
answer."""

RunState = Literal["open", "accepted", "held", "superseded", "discarded", "failed"]


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One trial, asked once in one run. ``emptied`` names what the answer lost against the stored version."""

    trial: str
    status: CheckStatus
    error: str = ""
    emptied: tuple[str, ...] = ()


class RunCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did; ``listed`` is how many trials its searches held (None when it had none to list).

    ``doubted`` are the answers that are not believed: older ones, and those that need a second one.
    """

    checked: int = 0
    baseline: int = 0
    unchanged: int = 0
    changed: int = 0
    quiet: int = 0
    absent: int = 0
    removed: int = 0
    doubted: int = 0
    failed: int = 0
    events: int = 0
    listed: int | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Health's word on a run: ``sick`` is empty for a healthy one, else a sentence naming the rule and its numbers."""

    sick: str = ""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One pass over one source, as stored."""

    id: int
    source: str
    state: RunState
    started_at: datetime
    finished_at: datetime | None = None
    data_timestamp: str | None = None
    counts: RunCounts = RunCounts()
    verdict: Verdict = Verdict()
    error: str = ""


RunPurpose = Literal["sync", "backfill"]
"""A sync asks for the present; a backfill imports a registry's own history and never moves the present."""


class OpenRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run to work in. ``cursor`` is where a killed process that began it had got to in a listing read page by page."""

    run: Run
    cursor: str | None = None


class SourceState(msgspec.Struct, frozen=True, kw_only=True):
    """The last accepted run of a source: whose data it read, and when."""

    source: str
    run: int
    accepted_at: datetime
    data_timestamp: str | None = None
    data_date: str | None = None
    listed_at: datetime | None = None
