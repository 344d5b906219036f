"""The tables of the past: versions, days in each status, what records date themselves, dates that moved, enrollment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from tracker import clock
from tracker.archive import Archive
from tracker.export.table import Column, Table, Value, joined
from tracker.export.wanted import TRIAL, Wanted, trial_values
from tracker.model.ledgers import TimelineVersion, TrialPast
from tracker.model.vocabulary import SEVERITIES, rank
from tracker.render import kinds

_VERSIONS = (
    *TRIAL,
    Column("version", "whole"),
    Column("valid_from", "moment"),
    Column("first_seen_at", "moment"),
    Column("last_seen_at", "moment"),
    Column("data_version"),
    Column("origin"),
    Column("changes", "whole"),
    Column("severity"),
    Column("kinds"),
    Column("headlines"),
    Column("sha256"),
    Column("stored", "flag"),
    Column("registry_version", "whole"),
    Column("recruitment_status"),
    Column("sections"),
    Column("link", "link"),
)
_STATUSES = (
    *TRIAL,
    Column("recruitment_status"),
    Column("since", "moment"),
    Column("until", "moment"),
    Column("days", "number"),
    Column("at_least", "flag"),
)
_SLIPS = (
    *TRIAL,
    Column("date"),
    Column("valid_from", "moment"),
    Column("old"),
    Column("new"),
    Column("days", "whole"),
    Column("cumulative_days", "whole"),
    Column("nth", "whole"),
    Column("severity"),
    Column("seen_at", "moment"),
    Column("event"),
)
_ENROLLMENT = (
    *TRIAL,
    Column("since", "moment"),
    Column("enrollment", "whole"),
    Column("enrollment_type"),
    Column("at_least", "flag"),
)

_OWN_HISTORY = (
    *TRIAL,
    Column("date"),
    Column("until"),
    Column("registered"),
    Column("country"),
    Column("kind"),
    Column("said"),
    Column("recruitment_status"),
)

Cells = Iterator[tuple[Value, ...]]


def timeline(archive: Archive, wanted: Wanted) -> Table:
    """A row for each version of a trial, stored or listed by its registry, and what changed with it."""
    return _table("timeline", _VERSIONS, archive, wanted, lambda past: map(_version, past.versions), events=True)


def statuses(archive: Archive, wanted: Wanted) -> Table:
    """A row for each time in a recruitment status; ``days`` of the present one are those until now."""
    now = clock.now()

    def rows(past: TrialPast) -> Cells:
        return ((one.status, one.since, one.until, round(one.days(now), 1), one.at_least) for one in past.statuses)

    return _table("statuses", _STATUSES, archive, wanted, rows)


def own_history(archive: Archive, wanted: Wanted) -> Table:
    """A row for each fact that a record dates of its own past."""

    def rows(past: TrialPast) -> Cells:
        for one in past.own_history.facts if past.own_history else ():
            days = (one.date.isoformat(), _day(one.until), _day(one.registered))
            yield (*days, one.country, one.kind, one.said, one.recruitment_status)

    return _table("own_history", _OWN_HISTORY, archive, wanted, rows)


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def slips(archive: Archive, wanted: Wanted) -> Table:
    """A row for each planned date that moved, later or earlier."""

    def rows(past: TrialPast) -> Cells:
        for one in past.slips:
            moved = (one.field, one.valid_from, one.old, one.new, one.days, one.cumulative_days, one.nth)
            yield (*moved, SEVERITIES[one.severity], one.seen_at, one.event)

    return _table("slips", _SLIPS, archive, wanted, rows)


def enrollment(archive: Archive, wanted: Wanted) -> Table:
    """A row for each number of participants and since when it stood."""

    def rows(past: TrialPast) -> Cells:
        return ((one.since, one.count, one.type, one.at_least) for one in past.enrollment)

    return _table("enrollment", _ENROLLMENT, archive, wanted, rows)


def pasts(archive: Archive, wanted: Wanted, *, events: bool) -> Iterator[TrialPast]:
    """The past of the trials that are wanted, by key."""
    if not wanted.log.trials:
        return archive.pasts(watch=wanted.watch, events=events)
    trials = wanted.log.trials
    if wanted.watch is not None:
        following = archive.watches_of(trials)
        trials = frozenset(trial for trial in trials if wanted.watch in following[trial])
    return archive.pasts(trials=trials, events=events) if trials else iter(())


def _table(
    name: str,
    columns: tuple[Column, ...],
    archive: Archive,
    wanted: Wanted,
    rows: Callable[[TrialPast], Cells],
    *,
    events: bool = False,
) -> Table:
    def read() -> Cells:
        for past in pasts(archive, wanted, events=events):
            head = trial_values(archive, past.trial, past.name)
            yield from ((*head, *row) for row in rows(past))

    return Table(name=name, columns=columns, rows=read())


def _version(one: TimelineVersion) -> tuple[Value, ...]:
    meta, weight = one.snapshot, max((rank(event.severity) for event in one.events), default=None)
    return (
        one.number,
        one.valid_from,
        meta.first_seen_at if meta else None,
        meta.last_seen_at if meta else None,
        meta.data_version if meta else None,
        meta.origin if meta else None,
        len(one.events) if meta else None,
        None if weight is None else SEVERITIES[weight],
        joined([event.kind for event in one.events]),
        joined([kinds.headline(event) for event in one.events]),
        meta.sha256 if meta else None,
        meta is not None,
        one.registry_version,
        one.recruitment_status,
        joined(one.touched),
        one.link or None,
    )
