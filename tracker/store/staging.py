"""Staging: what a run finds is written under its number, invisible to everyone else until the run is accepted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, select, tuple_, update

from tracker.model.event import Event
from tracker.model.run import RunCounts
from tracker.model.search import SearchEntry
from tracker.model.source import Issue
from tracker.model.staging import (
    Batch,
    NewIssue,
    StagedCheck,
    StagedEvent,
    StagedSnapshot,
    StagedTotals,
    StagedVersion,
    VersionRef,
)
from tracker.model.upkeep import Lease
from tracker.model.views import PlainRecord
from tracker.store import tables as t
from tracker.store.bodies import Packed, pack_staged, point_to_bases, require_bases
from tracker.store.changed_values import changed_values
from tracker.store.columns import storable
from tracker.store.database import CHUNK, Database, chunks, execute_many, insert
from tracker.store.event_rows import body_columns, event_columns, event_of, select_events
from tracker.store.kept_fields import keep_fields
from tracker.store.packing import to_json
from tracker.store.present import write_present
from tracker.store.runs import NO_ANSWER, require_state
from tracker.store.search import write_words
from tracker.store.trials import ensure_trials

_COUNTED_AS = {
    "restored": "changed",
    "merged": "changed",
    "still_merged": "unchanged",
    "aliased": "doubted",
    "older": "doubted",
}
"""What a check status counts as, where it has no count of its own."""


def stage(database: Database, lease: Lease, run_id: int, batch: Batch, now: datetime) -> tuple[NewIssue, ...]:
    """Write a batch under an open run, all or nothing. Gives the issues never seen at this source before.

    Doing it twice does it once: a trial already checked in this run (unless that failed) keeps what it has, and an event
    that this run or the accepted history knows by its id is left out together with its alerts. So is an event that compares
    a version which was not kept.
    Raises LeaseLostError when the lease or the run is no longer ours.
    """
    # Compressing is most of the work and needs no lock: other processes may write meanwhile.
    packed = pack_staged(database, run_id, batch.snapshots, now)
    with database.writing(lease) as connection:
        run = require_state(connection, run_id, "open")
        trials = {staged.check.trial for staged in batch.checks} | {staged.document.trial for staged in batch.snapshots}
        ensure_trials(connection, trials | {staged.event.trial for staged in batch.events}, now)
        done = _answered(connection, run_id, trials)
        _write_checks(connection, run_id, [staged for staged in batch.checks if staged.check.trial not in done])
        origin = "backfill" if run["purpose"] == "backfill" else "live"
        new = [
            (staged, stored)
            for staged, stored in zip(batch.snapshots, require_bases(connection, batch.snapshots, packed), strict=True)
            if staged.document.trial not in done
        ]
        if new:
            execute_many(connection, t.snapshots.insert(), [_snapshot_row(run_id, *one, origin) for one in new])
            point_to_bases(connection, run_id, [(staged.version, stored) for staged, stored in new])
        written = [staged for staged in batch.snapshots if staged.document.trial not in done]
        ids = _version_ids(connection, run_id, {staged.version for staged in written})
        for staged in written:
            keep_fields(connection, ids[staged.version], staged.kept)
        write_words(connection, _entries(written, ids, batch.reader))
        write_present(connection, _plain(ids, batch, done))
        _write_events(connection, run_id, batch, now)
        issues = _note_issues(connection, str(run["source"]), batch.issues, now)
        if batch.cursor is not None:
            connection.execute(update(t.runs).where(t.runs.c.id == run_id).values(cursor=batch.cursor))
    return issues


def note_cursor(database: Database, lease: Lease, run_id: int, cursor: str) -> None:
    """Note how far a listing that is read page by page has got, with all before it staged."""
    with database.writing(lease) as connection:
        require_state(connection, run_id, "open")
        connection.execute(update(t.runs).where(t.runs.c.id == run_id).values(cursor=cursor))


def staged_totals(database: Database, run_id: int) -> StagedTotals:
    """What is staged under a run so far, counted as `RunCounts` names it; issues are not counted again."""
    with database.reading() as connection:
        statement = select(t.checks.c.status, func.count()).where(t.checks.c.run == run_id).group_by(t.checks.c.status)
        by_status: Counter[str] = Counter()
        for status, count in connection.execute(statement):
            by_status[_COUNTED_AS.get(status, status)] += count
        events = connection.scalar(select(func.count()).select_from(t.events).where(t.events.c.run == run_id))
        emptied: Counter[str] = Counter()
        named = select(t.checks.c.emptied).where(t.checks.c.run == run_id, t.checks.c.emptied != "[]")
        for names in connection.scalars(named):
            emptied.update(_names.decode(names))
    counts = RunCounts(checked=by_status.total(), events=events or 0, **by_status)
    return StagedTotals(counts=counts, emptied=dict(emptied))


def staged_events(database: Database, run_id: int) -> Iterator[Event]:
    """The events of an open run, trial by trial and some at a time."""
    wanted = select_events().where(t.events.c.run == run_id).order_by(t.events.c.trial, t.events.c.id)
    after = ("", "")
    while True:
        with database.reading() as connection:
            later = wanted.where(tuple_(t.events.c.trial, t.events.c.id) > after).limit(CHUNK)
            page = connection.execute(later).mappings().all()
        yield from (event_of(row) for row in page)
        if len(page) < CHUNK:
            return
        after = (page[-1]["event_trial"], page[-1]["event_id"])


def drop_alerts(database: Database, lease: Lease, run_id: int, events: Collection[str], reason: str) -> None:
    """Drop the alerts of these events of an open run; ``reason`` says why. The events stay."""
    with database.writing(lease) as connection:
        require_state(connection, run_id, "open")
        for some in chunks(events):
            connection.execute(
                update(t.alerts)
                .where(t.alerts.c.run == run_id, t.alerts.c.event.in_(some), t.alerts.c.state == "held")
                .values(state="dropped", reason=reason)
            )


def _note_issues(connection: Connection, source: str, met: Sequence[tuple[str, Issue]], now: datetime) -> tuple[NewIssue, ...]:
    """Count issues, given as (trial, issue), and return those that were never seen at this source before."""
    examples: dict[tuple[str, str, str], str] = {}
    counts: Counter[tuple[str, str, str]] = Counter()
    for trial, issue in met:
        key = (issue.code, storable(issue.path), storable(issue.value))
        examples.setdefault(key, trial)
        counts[key] += 1
    known: set[tuple[str, str, str]] = set()
    columns = (t.issues.c.code, t.issues.c.path, t.issues.c.value)
    for keys in chunks(examples):
        where = (t.issues.c.source == source, tuple_(*columns).in_(keys))
        known.update((row.code, row.path, row.value) for row in connection.execute(select(*columns).where(*where)))
    if examples:
        statement = insert(connection, t.issues)
        upsert = statement.on_conflict_do_update(
            index_elements=["source", "code", "path", "value"],
            set_={"count": t.issues.c.count + statement.excluded.count, "last_seen_at": statement.excluded.last_seen_at},
        )
        times = {"first_seen_at": now, "last_seen_at": now}
        issue_rows = [
            {"source": source, "code": code, "path": path, "value": value, "trial": trial, "count": counts[code, path, value]}
            | times
            for (code, path, value), trial in examples.items()
        ]
        connection.execute(upsert, issue_rows)
    return tuple(
        NewIssue(source=source, trial=trial, issue=Issue(code=key[0], path=key[1], value=key[2]), count=counts[key])
        for key, trial in examples.items()
        if key not in known
    )


_names = msgspec.json.Decoder(tuple[str, ...])


def _answered(connection: Connection, run_id: int, trials: Iterable[str]) -> set[str]:
    done: set[str] = set()
    for keys in chunks(trials):
        statement = select(t.checks.c.trial).where(
            t.checks.c.run == run_id, t.checks.c.status.not_in(NO_ANSWER), t.checks.c.trial.in_(keys)
        )
        done.update(connection.scalars(statement))
    return done


def _write_checks(connection: Connection, run_id: int, checks: Sequence[StagedCheck]) -> None:
    if not checks:
        return
    statement = insert(connection, t.checks)
    again = {column.name: statement.excluded[column.name] for column in t.checks.c if not column.primary_key}
    upsert = statement.on_conflict_do_update(index_elements=["run", "trial"], set_=again)
    check_rows = [
        {
            "run": run_id,
            "trial": staged.check.trial,
            "status": staged.check.status,
            "checked_at": staged.checked_at,
            "error": staged.check.error,
            "emptied": to_json(staged.check.emptied),
            "has_validators": staged.validators is not None,
            "etag": staged.validators.etag if staged.validators else None,
            "last_modified": staged.validators.last_modified if staged.validators else None,
            "nct_number": staged.nct_number,
            "merged_into": staged.merged_into,
            "claim": staged.claim,
            "data_version": staged.data_version,
            "fingerprint": staged.fingerprint,
        }
        for staged in checks
    ]
    execute_many(connection, upsert, check_rows)


def _snapshot_row(run_id: int, staged: StagedSnapshot, stored: Packed, origin: str) -> dict[str, object]:
    document = staged.document
    return {
        "trial": document.trial,
        "run": run_id,
        "accepted": False,
        "origin": origin,
        "registry_version": staged.registry_version,
        "url": document.url,
        "content_type": document.content_type,
        "fetched_at": document.fetched_at,
        "first_seen_at": staged.seen_at,
        "last_seen_at": staged.seen_at,
        "valid_from": staged.version.valid_from,
        "data_version": document.data_version,
        "sha256": staged.sha256,
        "digest": staged.digest,
        "digest_version": staged.digest_version,
        "size": len(document.body),
        "encoding": stored.encoding,
        "dictionary": stored.dictionary,
        "base_snapshot": stored.base if isinstance(stored.base, int) else None,
        "body": stored.body,
    }


def _entries(written: Iterable[StagedSnapshot], ids: Mapping[VersionRef, int], reader: str) -> Iterator[SearchEntry]:
    """The words of the versions that were written."""
    for staged in written:
        if staged.texts is not None:
            yield SearchEntry(snapshot=ids[staged.version], texts=staged.texts, reader=reader, kept=bool(staged.kept))


def _ids(connection: Connection, run_id: int, events: Iterable[StagedEvent]) -> dict[VersionRef, int]:
    """The id of each version that these events compare, as far as it is there."""
    named = {version for staged in events for version in (staged.old, staged.new) if version is not None}
    stored: dict[VersionRef, int] = {version: version for version in named if isinstance(version, int)}
    return stored | _version_ids(connection, run_id, {version for version in named if not isinstance(version, int)})


def _hashes(connection: Connection, events: Iterable[StagedEvent]) -> dict[VersionRef | None, str]:
    """The SHA-256 of each version that these events compare."""
    hashes: dict[VersionRef | None, str] = {}
    named = {version for staged in events for version in (staged.old, staged.new) if version is not None}
    for some in chunks(version for version in named if isinstance(version, int)):
        statement = select(t.snapshots.c.id, t.snapshots.c.sha256).where(t.snapshots.c.id.in_(some))
        hashes.update((row.id, row.sha256) for row in connection.execute(statement))
    return hashes | {version: version.sha256 for version in named if not isinstance(version, int)}


def _plain(ids: Mapping[VersionRef, int], batch: Batch, done: Collection[str]) -> list[tuple[int, PlainRecord]]:
    """The plain columns of the versions that were staged just now, by the ids that these have."""
    return [(ids[version], plain) for version, plain in batch.plain.items() if version.trial not in done]


def _version_ids(connection: Connection, run_id: int, versions: Collection[StagedVersion]) -> dict[VersionRef, int]:
    """The id of each version that a run staged of the trials of these versions."""
    ids: dict[VersionRef, int] = {}
    columns = (t.snapshots.c.id, t.snapshots.c.trial, t.snapshots.c.sha256, t.snapshots.c.valid_from)
    for trials in chunks({version.trial for version in versions}):
        statement = select(*columns).where(t.snapshots.c.run == run_id, t.snapshots.c.trial.in_(trials))
        for row in connection.execute(statement):
            ids[StagedVersion(row.trial, row.sha256, row.valid_from)] = row.id
    return ids


def _write_events(connection: Connection, run_id: int, batch: Batch, now: datetime) -> None:
    """Events that the accepted history does not know, with their stories and alerts."""
    known = _accepted(connection, {staged.event.id for staged in batch.events})
    snapshots = _ids(connection, run_id, batch.events)
    there = {None, *snapshots}
    new = [staged for staged in batch.events if staged.event.id not in known and {staged.old, staged.new} <= there]
    hashes = _hashes(connection, new)
    event_rows = [
        {
            "run": run_id,
            "accepted": False,
            **event_columns(staged.event),
            "old_snapshot": None if staged.old is None else snapshots[staged.old],
            "new_snapshot": None if staged.new is None else snapshots[staged.new],
            **body_columns(staged.event, hashes.get(staged.old), hashes.get(staged.new)),
        }
        for staged in new
    ]
    if event_rows:
        execute_many(connection, insert(connection, t.events).on_conflict_do_nothing(), event_rows)
        value_rows = [
            {"run": run_id, "event": staged.event.id, **row} for staged in new for row in changed_values(staged.event)
        ]
        execute_many(connection, insert(connection, t.changed_values).on_conflict_do_nothing(), value_rows)
    ids = {staged.event.id for staged in new}
    story_rows = [
        {"run": run_id, "id": story.id, "accepted": False, "trial": story.trial, "body": to_json(story)}
        for story in batch.stories
        if ids.intersection(story.parts)
    ]
    if story_rows:
        connection.execute(insert(connection, t.stories).on_conflict_do_nothing(), story_rows)
    _write_alerts(connection, run_id, batch, now)


def _write_alerts(connection: Connection, run_id: int, batch: Batch, now: datetime) -> None:
    """Alerts of events that this run staged; those of older events were made when these were new."""
    staged: set[str] = set()
    for ids in chunks({alert.event for alert in batch.alerts}):
        staged.update(connection.scalars(select(t.events.c.id).where(t.events.c.run == run_id, t.events.c.id.in_(ids))))
    alert_rows = [
        {
            "run": run_id,
            "event": alert.event,
            "watch": alert.watch,
            "channel": alert.channel,
            "when": alert.when,
            "state": "held",
            "changed_at": now,
            "reason": alert.reason,
        }
        for alert in batch.alerts
        if alert.event in staged
    ]
    if alert_rows:
        connection.execute(insert(connection, t.alerts).on_conflict_do_nothing(), alert_rows)


def _accepted(connection: Connection, ids: Collection[str]) -> frozenset[str]:
    found: set[str] = set()
    for some in chunks(ids):
        found.update(connection.scalars(select(t.events.c.id).where(t.events.c.id.in_(some), t.events.c.accepted)))
    return frozenset(found)
