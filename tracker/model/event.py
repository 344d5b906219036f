"""Changes (one field), events (a named meaning with its evidence) and stories (the events of one registry update).

None can hold itself, so Python need not look for garbage among them (`gc=False`): a log has very many.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from itertools import starmap
from typing import Any, NamedTuple

import msgspec

from tracker.model.details import Details, stored_details
from tracker.model.record import TrialRecord
from tracker.model.vocabulary import Cause, Origin, Severity
from tracker.model.watch import About


class Change(msgspec.Struct, frozen=True, gc=False):
    """One leaf that differs between two records.

    ``path`` starts with a TrialRecord field; inside keyed lists the next step is the entry's natural key. ``old`` and
    ``new`` are plain JSON values; None for an entry that was not there.
    """

    path: tuple[str, ...]
    old: Any = None
    new: Any = None


class Evidence(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an auditor needs: the SHA-256 of both stored answers ("sha256:...") and links to see for oneself."""

    old: str | None = None
    new: str | None = None
    links: tuple[str, ...] = ()


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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


class _Stored(Event, frozen=True, kw_only=True, gc=False):
    """An event as JSON with names: as it is public, and as releases before the compact form stored it."""

    details: msgspec.Raw = msgspec.Raw(b"{}")  # type: ignore[assignment]  # read by `stored_details`


class EventColumns(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What of an event stands in columns of its own, and the SHA-256 (hex) of the two stored versions that it compares."""

    id: str
    kind: str
    trial: str
    severity: Severity
    cause: Cause
    origin: Origin
    detected_at: datetime
    effective_at: datetime
    story: str
    old_sha256: str | None
    new_sha256: str | None


_Leaf = tuple[tuple[str, ...], Any, Any]


class _Body(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What stands in no column.

    A change is its path, old and new. A hash is true where it is that of the stored version; ``until`` is empty where it is
    when the change was detected; a link that begins with a plus sign goes on behind the first.
    """

    effects: tuple[str, ...]
    label: str
    rule: str
    details: msgspec.Raw
    changes: tuple[_Leaf, ...]
    since: datetime | None
    until: datetime | None
    updated_on: str | None
    data_version: str | None
    old: str | bool | None
    new: str | bool | None
    links: tuple[str, ...]


class _Head(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How a `_Body` begins; the rest is passed over."""

    effects: tuple[str, ...]
    label: str
    rule: str
    details: msgspec.Raw
    changes: msgspec.Raw


_stored = msgspec.json.Decoder(_Stored)
_body = msgspec.json.Decoder(_Body)
_head = msgspec.json.Decoder(_Head)
_leaves = msgspec.json.Decoder(tuple[_Leaf, ...])
_both = msgspec.json.Decoder(tuple[EventColumns, _Body])
_REST = tuple(name for name in Event.__struct_fields__ if name != "details")


def compact_event(event: Event, old_sha256: str | None, new_sha256: str | None) -> str:
    """What of an event is to be stored beside its columns: JSON without names."""
    body = _Body(
        effects=event.effects,
        label=event.label,
        rule=event.rule,
        details=msgspec.Raw(msgspec.json.encode(event.details)),
        changes=tuple((change.path, change.old, change.new) for change in event.changes),
        since=event.seen_between[0],
        until=None if event.seen_between[1] == event.detected_at else event.seen_between[1],
        updated_on=event.updated_on,
        data_version=event.data_version,
        old=_named(event.evidence.old, old_sha256),
        new=_named(event.evidence.new, new_sha256),
        links=_shortened(event.evidence.links),
    )
    return msgspec.json.encode(body).decode()


def whole_event(columns: EventColumns, body: str) -> str:
    """The text that `read_event` reads, from an event's columns and what is stored beside them, by whatever release."""
    return f"[{msgspec.json.encode(columns).decode()},{body}]" if body.startswith("[") else body


def read_event(text: str | bytes) -> Event:
    """An event from JSON, whatever version wrote it: details that cannot be read become empty."""
    if text[:1] in ("[", b"["):
        return _from_columns(*_both.decode(text))
    stored = _stored.decode(text)
    details = stored_details(stored.kind, stored.details)
    return Event(details=details, **{name: getattr(stored, name) for name in _REST})


def stored_event(columns: EventColumns, body: str) -> Event:
    """An event from its columns and what is stored beside them: what `read_event` gives of `whole_event`, in one step."""
    return _from_columns(columns, _body.decode(body)) if body.startswith("[") else read_event(body)


def brief_event(columns: EventColumns, body: str, with_values: Collection[str]) -> Event:
    """An event with what a line about it needs: no evidence, and changed values only of the kinds ``with_values``.

    They are there too where only the spelling changed. One that an older release stored comes whole.
    """
    if not body.startswith("["):
        return read_event(body)
    head = _head.decode(body)
    details = stored_details(columns.kind, head.details)
    needed = columns.kind in with_values or details.spelling_only
    return Event(
        id=columns.id,
        kind=columns.kind,
        effects=head.effects,
        trial=columns.trial,
        label=head.label,
        severity=columns.severity,
        rule=head.rule,
        cause=columns.cause,
        origin=columns.origin,
        details=details,
        changes=tuple(starmap(Change, _leaves.decode(head.changes))) if needed else (),
        detected_at=columns.detected_at,
        seen_between=(None, columns.detected_at),
        effective_at=columns.effective_at,
        story=columns.story,
    )


class _WithEffects(msgspec.Struct, frozen=True):
    """What a stored event says of its effects, and nothing else of it: with names, as earlier releases stored it."""

    effects: tuple[str, ...] = ()


class _BeginsWithEffects(msgspec.Struct, frozen=True, array_like=True):
    """The same of the compact form."""

    effects: tuple[str, ...] = ()


_named_effects = msgspec.json.Decoder(_WithEffects)
_compact_effects = msgspec.json.Decoder(_BeginsWithEffects)


def read_effects(body: str) -> tuple[str, ...]:
    """The effects of a stored event, without reading the rest of it."""
    decoder = _compact_effects if body.startswith("[") else _named_effects
    return decoder.decode(body).effects


def _from_columns(columns: EventColumns, body: _Body) -> Event:
    return Event(
        id=columns.id,
        kind=columns.kind,
        effects=body.effects,
        trial=columns.trial,
        label=body.label,
        severity=columns.severity,
        rule=body.rule,
        cause=columns.cause,
        origin=columns.origin,
        details=stored_details(columns.kind, body.details),
        changes=tuple(starmap(Change, body.changes)),
        detected_at=columns.detected_at,
        seen_between=(body.since, body.until or columns.detected_at),
        effective_at=columns.effective_at,
        updated_on=body.updated_on,
        data_version=body.data_version,
        evidence=Evidence(
            old=_hash(body.old, columns.old_sha256), new=_hash(body.new, columns.new_sha256), links=_lengthened(body.links)
        ),
        story=columns.story,
    )


def _named(hashed: str | None, stored: str | None) -> str | bool | None:
    return True if stored is not None and hashed == f"sha256:{stored}" else hashed


def _shortened(links: tuple[str, ...]) -> tuple[str, ...]:
    """A later link that begins like the first is only its end, behind a plus sign."""
    first = links[0] if links else ""
    later = (f"+{link.removeprefix(first)}" if first and link.startswith(first) else link for link in links[1:])
    return (*links[:1], *later)


def _lengthened(links: tuple[str, ...]) -> tuple[str, ...]:
    return (*links[:1], *[links[0] + link[1:] if link.startswith("+") else link for link in links[1:]])


def _hash(named: str | bool | None, stored: str | None) -> str | None:
    if isinstance(named, bool):
        return f"sha256:{stored}"
    return named


class Story(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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
    ``moments``: of these trials at these times of ``effective_at`` only, where it is not None. ``limit`` keeps the latest ones.
    ``about`` goes by the text of the trial as it stands now and of what changed; the archive
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
    moments: frozenset[tuple[datetime, str]] | None = None
    limit: int | None = None
    about: About = About()


class EventClass(NamedTuple):
    """What an accepted event is counted and put in order by: ``severity`` is its rank, ``weight`` that of its story.

    ``story`` is the id of its story, or its own where it has none.
    """

    trial: str
    kind: str
    effects: tuple[str, ...]
    severity: int
    detected_at: datetime
    effective_at: datetime
    story: str
    weight: int


class LogPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a story stands in the log: its time, the rank of its severity, and its id or that of an event without one."""

    at: datetime
    weight: int
    story: str


class EventPlace(msgspec.Struct, frozen=True, gc=False):
    """Where an event stands in the change log: ``severity`` is its rank, 0 for minor to 2 for major.

    ``columns`` and ``body`` are for `stored_event`; not there for a long one, which is read when its turn has come.
    """

    id: str
    effective_at: datetime
    severity: int
    story: str
    columns: EventColumns | None = None
    body: str = ""

    def event(self, brief: Collection[str] | None = None) -> Event | None:
        """The event, if it came along; ``brief`` as in `brief_event`."""
        if self.columns is None:
            return None
        return stored_event(self.columns, self.body) if brief is None else brief_event(self.columns, self.body, brief)
