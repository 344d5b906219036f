"""What goes into the store and comes out of it, beside the nouns of ``model``. All times are aware UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from tracker.model.alert import Alert, Message
from tracker.model.event import Event, Story
from tracker.model.run import Check, Run, RunCounts
from tracker.model.source import Document, Issue, Validators
from tracker.model.vocabulary import Origin, Severity

How = Literal["listed", "page", "search"]
"""How a trial came into a watch: listed by hand, as a page, or matched by the watch's search."""

RunPurpose = Literal["sync", "backfill"]
"""A sync asks for the present; a backfill imports a registry's own history and never moves the present."""

SchemaState = Literal["absent", "current", "behind", "ahead"]


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """The right to write under ``name`` until ``expires_at``; ``token`` grows with every taker, so an old one is told apart."""

    name: str
    holder: str
    token: int
    expires_at: datetime


# --- snapshots and trials -------------------------------------------------------------------------------------------


class SnapshotMeta(msgspec.Struct, frozen=True, kw_only=True):
    """A stored version without its bytes. ``sha256`` (hex) is of the bytes as served, ``size`` their number.

    ``registry_version`` is the registry's own number of the version, known for backfilled ones.
    """

    id: int
    trial: str
    url: str
    sha256: str
    digest: str
    digest_version: int
    size: int
    fetched_at: datetime
    first_seen_at: datetime
    last_seen_at: datetime
    data_version: str | None = None
    origin: Origin = "live"
    registry_version: int | None = None


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """A trial and what is known of asking for it.

    ``checked_at`` is the last answer; ``checked_data_timestamp`` the registry's data it was read at. ``absent_since``
    and ``absent_data_timestamp`` are of the first answer that lacked it, ``failing_since`` and ``error`` of the first
    and the last try without an answer; all are empty again once the trial answers.
    """

    key: str
    source: str
    number: str
    url: str | None = None
    nct_number: str | None = None
    first_seen_at: datetime
    checked_at: datetime | None = None
    checked_data_timestamp: str | None = None
    validators: Validators | None = None
    absent_since: datetime | None = None
    absent_data_timestamp: str | None = None
    removed_at: datetime | None = None
    merged_into: str | None = None
    failing_since: datetime | None = None
    error: str = ""
    current: SnapshotMeta | None = None


# --- watches --------------------------------------------------------------------------------------------------------


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """A watch follows a trial. ``silent``: it joined without an event. ``left_search_at``: its search holds it no more."""

    watch: str
    trial: str
    how: How
    joined_at: datetime
    silent: bool = False
    left_search_at: datetime | None = None


class WatchState(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of an active watch. ``listing_digest`` is of the search that was last listed to its end."""

    created_at: datetime
    listing_digest: str | None = None
    last_complete_listing_at: datetime | None = None


class WatchChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What an edited configuration did to one watch; ``created`` also for one that came back."""

    watch: str
    created: bool = False
    removed: bool = False
    joined: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()


class Join(msgspec.Struct, frozen=True, kw_only=True):
    """A trial that a watch's search matched: it becomes a member when the run is accepted."""

    watch: str
    trial: str
    silent: bool = False
    how: How = "search"


class CompletedListing(msgspec.Struct, frozen=True, kw_only=True):
    """A watch's search, listed to its end. ``left`` are members it no longer holds, ``back`` ones it holds again."""

    watch: str
    digest: str
    left: tuple[str, ...] = ()
    back: tuple[str, ...] = ()


# --- runs -----------------------------------------------------------------------------------------------------------


class OpenRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run to work in. ``adopted``: a killed process began it; the trials in ``done`` are staged already.

    ``cursor`` is where that process had got to in a listing that is read page by page.
    """

    run: Run
    adopted: bool = False
    done: frozenset[str] = frozenset()
    cursor: str | None = None


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


class SourceState(msgspec.Struct, frozen=True, kw_only=True):
    """The last accepted run of a source: whose data it read, and when."""

    source: str
    run: int
    accepted_at: datetime
    data_timestamp: str | None = None
    data_date: str | None = None
    listed_at: datetime | None = None


# --- events and the outbox ------------------------------------------------------------------------------------------


class EventFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which accepted events: ``since`` (inclusive) and ``until`` (exclusive) are of ``effective_at``; empty ``kinds`` is all.

    With ``watch``, only what was detected while the watch followed the trial. ``limit`` keeps the latest ones.
    """

    since: datetime | None = None
    until: datetime | None = None
    watch: str | None = None
    trial: str | None = None
    kinds: frozenset[str] = frozenset()
    min_severity: Severity = "minor"
    run: int | None = None
    limit: int | None = None


class EventSnapshots(msgspec.Struct, frozen=True, kw_only=True):
    """The two stored versions that an event compares."""

    old: SnapshotMeta | None = None
    new: SnapshotMeta | None = None


class ReadyAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that waits to be put into a message, with the event it tells of."""

    alert: Alert
    event: Event


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A line for a watch's next digest that is no event, such as trials that joined silently."""

    id: int
    watch: str
    text: str
    created_at: datetime


class AlertTally(msgspec.Struct, frozen=True, kw_only=True):
    """How many alerts of a watch on a channel wait, in which state and why."""

    channel: str
    watch: str
    when: str
    state: str
    reason: str
    count: int


class OutboxView(msgspec.Struct, frozen=True, kw_only=True):
    """What has not been sent: messages waiting or failed, oldest first, and the alerts not yet in a message."""

    messages: tuple[Message, ...] = ()
    alerts: tuple[AlertTally, ...] = ()


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong that lasts, told to the operator once when it begins and once when it ends."""

    name: str
    message: str
    since: datetime
    told_begin_at: datetime | None = None
    ended_at: datetime | None = None
    told_end_at: datetime | None = None


# --- upkeep ---------------------------------------------------------------------------------------------------------


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """When a job of the daemon last ran and when it is to run next."""

    name: str
    last_at: datetime | None = None
    next_at: datetime | None = None


class StoreSize(msgspec.Struct, frozen=True, kw_only=True):
    """How much is stored; ``size`` and ``snapshot_bytes`` (compressed) are in bytes."""

    size: int
    trials: int
    snapshots: int
    snapshot_bytes: int
    events: int


class MigrationReport(msgspec.Struct, frozen=True, kw_only=True):
    """What ``migrate`` did: revisions before (None for a new database) and after, and the backup made first."""

    before: str | None
    after: str
    backup: Path | None = None
    note: str = ""
