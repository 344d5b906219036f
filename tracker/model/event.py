"""Changes (one field), events (a named meaning with its evidence) and stories (the events of one registry update)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from tracker.model.vocabulary import Cause, Origin, Severity


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One leaf that differs between two records.

    ``path`` starts with a TrialRecord field; inside keyed lists the next step is the entry's natural key. ``old`` and
    ``new`` are plain JSON values; None for an entry that was not there.
    """

    path: tuple[str, ...]
    old: Any = None
    new: Any = None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What an auditor needs: the SHA-256 of both stored answers ("sha256:...") and links to see for oneself."""

    old: str | None = None
    new: str | None = None
    links: tuple[str, ...] = ()


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A named change of one trial. Its JSON is public: the same in ``--json``, feeds, webhooks and the API."""

    id: str
    kind: str
    effects: tuple[str, ...] = ()
    trial: str
    label: str
    severity: Severity
    rule: str
    cause: Cause = "record"
    origin: Origin = "live"
    headline: str = ""
    details: dict[str, Any] = {}
    changes: tuple[Change, ...] = ()
    detected_at: datetime
    seen_between: tuple[datetime | None, datetime]
    effective_at: datetime
    updated_on: str | None = None
    data_version: str | None = None
    evidence: Evidence = Evidence()
    story: str = ""


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """The events of one registry update, weightiest first; its headline is that of the weightiest."""

    id: str
    trial: str
    headline: str = ""
    severity: Severity
    parts: tuple[str, ...]


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A stored version as a comparison needs it: its hash and when it was first and last seen (aware UTC)."""

    sha256: str
    first_seen_at: datetime
    last_seen_at: datetime
    data_version: str | None = None


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


class EventPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where an event stands in the change log, without the event: ``severity`` is its rank, 0 for minor to 2 for major."""

    id: str
    effective_at: datetime
    severity: int
    story: str
