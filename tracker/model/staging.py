"""What a run stages batch by batch, and what staging and acceptance return. All times are aware UTC."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec

from tracker.model.alert import Alert
from tracker.model.event import Event, Story
from tracker.model.run import Check, Run, RunCounts
from tracker.model.search import SearchTexts
from tracker.model.snapshot import KeptField
from tracker.model.source import Document, Issue, Validators
from tracker.model.views import PlainRecord


class StagedCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A check and what acceptance writes to its trial.

    ``validators`` of None keeps those stored, empty ones clear them. ``nct_number`` is pinned if none is yet.
    ``merged_into`` goes with status ``merged``, ``claim`` with answers that need a second one. ``data_version`` is what the
    answer itself states of how new its data are, ``fingerprint`` what its bytes are known by from now on (None: as before).
    """

    check: Check
    checked_at: datetime
    validators: Validators | None = None
    nct_number: str | None = None
    merged_into: str | None = None
    claim: str | None = None
    data_version: str | None = None
    fingerprint: str | None = None


class StagedVersion(NamedTuple):
    """Which version of a trial: one staged in this run, whose row has no id yet."""

    trial: str
    sha256: str
    valid_from: datetime


class StagedSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A new version: the document as served, its SHA-256 (hex) and its digest. ``document.trial`` says whose it is.

    ``seen_at`` is when we saw it, ``valid_from`` since when the registry shows it (None: since we saw it). ``kept`` are the
    fields that are read from an earlier version, ``texts`` the words by which it is found (None: it is not searched yet).
    """

    document: Document
    sha256: str
    digest: str
    digest_version: int
    seen_at: datetime
    valid_from: datetime | None = None
    registry_version: int | None = None
    kept: tuple[KeptField, ...] = ()
    texts: SearchTexts | None = None

    @property
    def version(self) -> StagedVersion:
        """What names this version until it has an id."""
        return StagedVersion(self.document.trial, self.sha256, self.valid_from or self.seen_at)


VersionRef = int | StagedVersion
"""A version of a trial: the id of a stored one, or the name of one staged in the same run."""


class StagedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event and the pair of versions that it compares.

    An event that compares nothing (of the calendar or of a search) names the version it was read from twice, or as ``new``
    only where the trial has no older one.
    """

    event: Event
    old: VersionRef | None = None
    new: VersionRef | None = None


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What one transaction stages under a run; at most some 500 trials. ``issues`` are (trial, issue) as met.

    ``reader`` is the version of this program that read the records.
    ``plain`` are the plain columns of its new versions, as far as these are read as they stand.
    """

    checks: tuple[StagedCheck, ...] = ()
    snapshots: tuple[StagedSnapshot, ...] = ()
    events: tuple[StagedEvent, ...] = ()
    stories: tuple[Story, ...] = ()
    alerts: tuple[Alert, ...] = ()
    issues: tuple[tuple[str, Issue], ...] = ()
    plain: Mapping[StagedVersion, PlainRecord] = {}
    cursor: str | None = None
    reader: str = ""


class NewIssue(msgspec.Struct, frozen=True, kw_only=True):
    """An issue never seen before at this source, with the trial it was met in and how often it was met just now."""

    source: str
    trial: str
    issue: Issue
    count: int


class StagedTotals(msgspec.Struct, frozen=True, kw_only=True):
    """What is staged under a run so far, by an earlier process too. ``emptied`` counts trials by what they lost."""

    counts: RunCounts
    emptied: Mapping[str, int] = {}


class Doubts(msgspec.Struct, frozen=True, kw_only=True):
    """What of a run is not believed yet: events that are ``held``, and by trial the version that is doubted, with its fields.

    These are read from an earlier version until they are believed. ``many`` gives by event how many trials have the like of
    it at once: it is told with that remark.
    """

    held: Collection[str] = ()
    keep: Mapping[str, tuple[int, tuple[KeptField, ...]]] = {}
    many: Mapping[str, int] = {}


class StagedFinding(msgspec.Struct, frozen=True, kw_only=True):
    """An event staged under a run, and the version that the run staged of its trial, if it staged one."""

    event: Event
    snapshot: int | None = None


class AcceptReport(msgspec.Struct, frozen=True, kw_only=True):
    """What acceptance did: the events it accepted and the alerts it made ready."""

    run: Run
    events: int = 0
    alerts: int = 0
