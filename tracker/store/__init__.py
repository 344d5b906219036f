"""Tables and every query: the only door to the database. Rows never leave this folder; `Store` is the door."""

from __future__ import annotations

from typing import Self

from tracker.store import (
    acceptance,
    backup,
    events,
    leases,
    notices,
    outbox,
    runs,
    snapshots,
    staging,
    trials,
    upkeep,
    watches,
)
from tracker.store.database import Database, parse_url
from tracker.store.schema import migrate, require_current, require_usable, schema_state

__all__ = ["Store", "migrate", "schema_state"]


class Store(Database):
    """An open database. This list is all it can do; each function stands, with its rules, in the module it names.

    Every method is one transaction. Times are handed in, aware. Methods that take a lease write nothing and raise
    LeaseLostError when another process has taken the lease since. Use it as a context manager, or call ``close``.
    """

    @classmethod
    def open(cls, url: str, *, must_be_current: bool = True) -> Self:
        """Open a database that exists.

        Raises SchemaError when its tables are not this program's (remedy: `tracker migrate`), StoreError when it cannot
        be used at all. The folder of a SQLite file is not created here: a wrong path must not begin a second baseline.
        """
        parsed = parse_url(url)
        require_usable(parsed)
        if must_be_current:
            require_current(parsed)
        return cls(parsed)

    # who may write
    acquire_lease = leases.acquire_lease
    renew_lease = leases.renew_lease
    release_lease = leases.release_lease

    # which trials are followed, by which watch
    sync_watches = watches.sync_watches
    watch_states = watches.watch_states
    memberships = watches.memberships
    complete_listing = watches.complete_listing
    followed = trials.followed
    tracking_since = trials.tracking_since

    # a run from its opening to its end
    open_run = runs.open_run
    fail_run = runs.fail_run
    last_healthy = runs.last_healthy
    runs = runs.runs
    run = runs.run
    held_runs = runs.held_runs
    stage = staging.stage
    staged_totals = staging.staged_totals
    known_events = staging.known_events
    new_issues = staging.new_issues
    accept = acceptance.accept
    hold = acceptance.hold
    release = acceptance.release
    discard = acceptance.discard

    # what was kept
    document = snapshots.document
    documents = snapshots.documents
    current_documents = snapshots.current_documents
    snapshot = snapshots.snapshot
    timeline = snapshots.timeline
    snapshot_at = snapshots.snapshot_at
    redigest = snapshots.redigest
    events = events.events
    event = events.event
    event_snapshots = events.event_snapshots
    past_events = events.past_events
    stories = events.stories

    # what is told
    ready_alerts = outbox.ready_alerts
    told_events = outbox.told_events
    cut = outbox.cut
    message = outbox.message
    due_messages = outbox.due_messages
    mark_sent = outbox.mark_sent
    mark_retry = outbox.mark_retry
    mark_failed = outbox.mark_failed
    retry = outbox.retry
    drop = outbox.drop
    outbox = outbox.outbox
    add_note = notices.add_note
    notes = notices.notes
    silence = notices.silence
    silences = notices.silences
    unsilence = notices.unsilence
    begin_condition = notices.begin_condition
    end_condition = notices.end_condition
    mark_condition_told = notices.mark_condition_told
    conditions = notices.conditions

    # upkeep
    due = upkeep.due
    set_due = upkeep.set_due
    source_states = upkeep.source_states
    host_profiles = upkeep.host_profiles
    remember_host = upkeep.remember_host
    size = upkeep.size
    integrity = upkeep.integrity
    backup = backup.backup
