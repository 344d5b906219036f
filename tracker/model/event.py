"""Changes (one field), events (a named meaning with its evidence) and stories (the events of one registry update)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from tracker.model.details import Details, stored_details
from tracker.model.record import TrialRecord
from tracker.model.vocabulary import Cause, Origin, Severity
from tracker.model.watch import About


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
    """A named change of one trial. Its JSON is public: the same in ``--json``, feeds, webhooks and the API.

    ``details`` are of the kind's own type (`tracker.model.details.DETAILS`). Stored events are read by `read_event`.
    """

    id: str
    kind: str
    effects: tuple[str, ...] = ()
    trial: str
    label: str
    severity: Severity
    rule: str
    cause: Cause = "record"
    origin: Origin = "live"
    details: Details = Details()
    changes: tuple[Change, ...] = ()
    detected_at: datetime
    seen_between: tuple[datetime | None, datetime]
    effective_at: datetime
    updated_on: str | None = None
    data_version: str | None = None
    evidence: Evidence = Evidence()
    story: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """The record's fields that it is about, each once; one that the record does not model as ``rest.PATH``."""
        named = (change.path[:2] if change.path[0] == "rest" else change.path[:1] for change in self.changes)
        return tuple(dict.fromkeys(".".join(path) for path in named))


class _Stored(Event, frozen=True, kw_only=True):
    """An event as it is stored: what it says in detail is of its kind's own type."""

    details: msgspec.Raw = msgspec.Raw(b"{}")  # type: ignore[assignment]  # read by `stored_details`


_stored = msgspec.json.Decoder(_Stored)
_REST = tuple(name for name in Event.__struct_fields__ if name != "details")


def read_event(body: str | bytes) -> Event:
    """An event from its stored JSON, whatever version wrote it: details that cannot be read become empty."""
    stored = _stored.decode(body)
    details = stored_details(stored.kind, stored.details)
    return Event(details=details, **{name: getattr(stored, name) for name in _REST})


class _WithEffects(msgspec.Struct, frozen=True):
    """What a stored event says of its effects, and nothing else of it."""

    effects: tuple[str, ...] = ()


_with_effects = msgspec.json.Decoder(_WithEffects)


def read_effects(body: str | bytes) -> tuple[str, ...]:
    """The effects of a stored event, without reading the rest of it."""
    return _with_effects.decode(body).effects


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """The events of one registry update, weightiest first."""

    id: str
    trial: str
    severity: Severity
    parts: tuple[str, ...]


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """When a stored version was seen first and last, and its hash. Times are aware UTC.

    ``valid_from`` is when the registry itself showed it first, where it says so.
    """

    sha256: str
    first_seen_at: datetime
    last_seen_at: datetime
    valid_from: datetime | None = None
    data_version: str | None = None


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A stored version of a trial: its record, and when it was seen."""

    record: TrialRecord
    seen: Seen


class EventFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which accepted events; empty ``trials`` and ``kinds`` are all.

    ``since`` (inclusive) and ``until`` (exclusive) are of ``effective_at``. With ``watch``, only what was detected while the
    watch followed the trial. ``effects``: with one of them; ``words``: each stands in what everybody may read of the event.
    ``limit`` keeps the latest ones. ``about`` goes by the text of the trial as it stands now and of what changed; the archive
    reads it, since the database cannot.
    """

    since: datetime | None = None
    until: datetime | None = None
    watch: str | None = None
    trials: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    min_severity: Severity = "minor"
    effects: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()
    run: int | None = None
    limit: int | None = None
    about: About = About()


class EventClass(NamedTuple):
    """What an accepted event is counted by: ``severity`` is its rank."""

    trial: str
    kind: str
    effects: tuple[str, ...]
    severity: int
    detected_at: datetime
    effective_at: datetime


class EventPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where an event stands in the change log: ``severity`` is its rank, 0 for minor to 2 for major.

    ``body`` is the event as it is stored, for `read_event`; empty for a long one, which is read when its turn has come.
    """

    id: str
    effective_at: datetime
    severity: int
    story: str
    body: str = ""
