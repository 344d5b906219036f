"""What is kept of a trial: its stored versions and what is known of asking for it. All times are aware UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from tracker.model.event import Seen
from tracker.model.source import Validators
from tracker.model.vocabulary import Origin


class KeptField(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a version that is read from an earlier one, ``snapshot``, when versions are compared.

    ``field`` names it in the record, with dots for its parts (``enrollment.count``, ``rest.PATH``). ``unreadable``: the
    version has something at ``path`` that cannot be read; ``doubted``: too many trials said the like at once, and ``said``
    is a hash of the change that waits for a second opinion since ``since`` and the registry's ``data_timestamp``.
    """

    field: str
    snapshot: int
    why: Literal["unreadable", "doubted"]
    since: datetime
    path: str = ""
    said: str = ""
    data_timestamp: str | None = None


class SnapshotMeta(msgspec.Struct, frozen=True, kw_only=True):
    """A stored version without its bytes. ``sha256`` (hex) is of the bytes as served, ``size`` their number.

    ``first_seen_at`` and ``last_seen_at`` are when we saw it. ``valid_from`` is since when the registry showed it: by its own
    word where a history was imported, else the time when we first saw it. ``registry_version`` is the registry's own number
    of the version, where it has one. ``kept`` are the fields that are read from an earlier version.
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
    valid_from: datetime
    data_version: str | None = None
    origin: Origin = "live"
    registry_version: int | None = None
    kept: tuple[KeptField, ...] = ()

    @property
    def doubted(self) -> tuple[KeptField, ...]:
        """The fields whose change waits for a second opinion."""
        return tuple(kept for kept in self.kept if kept.why == "doubted")

    def told_until(self, calendar_at: datetime | None) -> datetime:
        """Up to when a version that follows the calendar was told of: when it came, or when its days were last looked at."""
        return max(calendar_at or self.first_seen_at, self.first_seen_at)

    @property
    def seen(self) -> Seen:
        """The version as a comparison needs it."""
        return Seen(
            sha256=self.sha256,
            first_seen_at=self.first_seen_at,
            last_seen_at=self.last_seen_at,
            valid_from=self.valid_from,
            data_version=self.data_version,
        )


class TrialMark(msgspec.Struct, frozen=True, kw_only=True):
    """Which stored version a trial stands in at present, and which fields are read from earlier ones."""

    trial: str
    version: int
    removed_at: datetime | None = None
    kept: tuple[KeptField, ...] = ()


class TrackedTrial(msgspec.Struct, frozen=True, kw_only=True):
    """A trial and what is known of asking for it.

    ``checked_at`` is the last answer; ``checked_data_timestamp`` the registry's data it was read at. ``absent_since``
    and ``absent_data_timestamp`` are of the first answer that lacked it, ``failing_since`` and ``error`` of the first
    and the last try without an answer; all are empty again once the trial answers.
    ``merged_into`` is the trial that it is followed as, ``kept_apart_from`` one that the user says it was not merged into.
    ``claim`` is what an answer said that needs a second one to be believed: since ``claimed_at``, at
    ``claim_data_timestamp``. ``data_version`` is the registry's own date of its data that the last answer itself stated.
    ``fingerprint`` is of bytes that were found to say what the current version says (see `tracker.detect.served`).
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
    kept_apart_from: str | None = None
    claim: str | None = None
    claimed_at: datetime | None = None
    claim_data_timestamp: str | None = None
    data_version: str | None = None
    fingerprint: str | None = None
    failing_since: datetime | None = None
    error: str = ""
    current: SnapshotMeta | None = None

    @property
    def never_there(self) -> bool:
        """Whether the registry was asked and had no such trial, and never has had one that we read."""
        return self.current is None and self.absent_since is not None and self.merged_into is None

    @property
    def waiting_since(self) -> tuple[tuple[str | None, datetime], ...]:
        """What waits for a second opinion: the registry's data in which it was first seen, and when that was."""
        if self.current is None:
            return ()
        waiting = [(field.data_timestamp, field.since) for field in self.current.doubted]
        if self.absent_since is not None and self.removed_at is None and self.merged_into is None:
            waiting.append((self.absent_data_timestamp, self.absent_since))
        return tuple(waiting)


def with_kept(known: TrackedTrial, kept: Mapping[int, tuple[KeptField, ...]]) -> TrackedTrial:
    """The trial with the fields that its current version keeps from an earlier one; ``kept`` is by version."""
    if known.current is None or known.current.id not in kept:
        return known
    return msgspec.structs.replace(known, current=msgspec.structs.replace(known.current, kept=kept[known.current.id]))
