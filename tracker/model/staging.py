"""What a run stages batch by batch, and what staging and acceptance answer. All times are aware UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from tracker.model.alert import Alert
from tracker.model.event import Event, Story
from tracker.model.run import Check, Run, RunCounts
from tracker.model.source import Document, Issue, Validators
from tracker.model.watch import Join


class StagedCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A check and what acceptance writes to its trial.

    ``validators`` of None keeps those stored, empty ones clear them. ``nct_number`` is pinned if none is yet.
    ``merged_into`` goes with status ``merged``.
    """

    check: Check
    checked_at: datetime
    validators: Validators | None = None
    nct_number: str | None = None
    merged_into: str | None = None


class StagedSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A new version: the document as served and its digest. ``document.trial`` says whose it is."""

    document: Document
    digest: str
    digest_version: int
    first_seen_at: datetime
    registry_version: int | None = None


class StagedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event and the stored version it is measured against.

    The new version is the one staged for the same trial in the same batch; without one (calendar) it is the old.
    """

    event: Event
    old_snapshot: int | None = None


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What one transaction stages under a run; at most some 500 trials. ``issues`` are (trial, issue) as met."""

    checks: tuple[StagedCheck, ...] = ()
    snapshots: tuple[StagedSnapshot, ...] = ()
    events: tuple[StagedEvent, ...] = ()
    stories: tuple[Story, ...] = ()
    alerts: tuple[Alert, ...] = ()
    issues: tuple[tuple[str, Issue], ...] = ()
    cursor: str | None = None


class NewIssue(msgspec.Struct, frozen=True, kw_only=True):
    """An issue never seen before at this source, with the trial it was met in and how often it was met just now."""

    source: str
    trial: str
    issue: Issue
    count: int


class StageReport(msgspec.Struct, frozen=True, kw_only=True):
    """What staging did: the id of each trial's new snapshot, the events not known before, the issues never seen."""

    snapshots: Mapping[str, int] = {}
    new_events: frozenset[str] = frozenset()
    new_issues: tuple[NewIssue, ...] = ()


class StagedTotals(msgspec.Struct, frozen=True, kw_only=True):
    """What is staged under a run so far, by an earlier process too. ``emptied`` counts trials by what they lost."""

    counts: RunCounts
    emptied: Mapping[str, int] = {}


class AcceptReport(msgspec.Struct, frozen=True, kw_only=True):
    """What acceptance did: events accepted, alerts made ready, new members (as asked for), held runs set aside."""

    run: Run
    events: int = 0
    alerts: int = 0
    joined: tuple[Join, ...] = ()
    superseded: tuple[int, ...] = ()
