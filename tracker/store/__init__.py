"""Tables and every query: the only door to the database. Rows never leave this folder; `Store` is the door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from tracker.errors import StoreError
from tracker.store.database import Database, parse_url, read_only
from tracker.store.later import Later
from tracker.store.schema import migrate, require_current, require_usable, schema_state

if TYPE_CHECKING:
    from tracker.store import acceptance as _acceptance
    from tracker.store import backup as _backup
    from tracker.store import browsing as _browsing
    from tracker.store import copying as _copying
    from tracker.store import events as _events
    from tracker.store import histories as _histories
    from tracker.store import history as _history
    from tracker.store import hosts as _hosts
    from tracker.store import incidents as _incidents
    from tracker.store import kept_fields as _kept_fields
    from tracker.store import leases as _leases
    from tracker.store import ledgers as _ledgers
    from tracker.store import linked_members as _linked_members
    from tracker.store import links as _links
    from tracker.store import listings as _listings
    from tracker.store import maintenance as _maintenance
    from tracker.store import notes as _notes
    from tracker.store import outbox as _outbox
    from tracker.store import paused as _paused
    from tracker.store import present as _present
    from tracker.store import runs as _runs
    from tracker.store import schedule as _schedule
    from tracker.store import search as _search
    from tracker.store import silences as _silences
    from tracker.store import snapshots as _snapshots
    from tracker.store import staging as _staging
    from tracker.store import trials as _trials
    from tracker.store import watches as _watches
    from tracker.store import whole as _whole
else:  # each is loaded when the first of its functions is called: a command needs few of them
    _acceptance = Later("acceptance")
    _backup = Later("backup")
    _browsing = Later("browsing")
    _copying = Later("copying")
    _events = Later("events")
    _histories = Later("histories")
    _history = Later("history")
    _hosts = Later("hosts")
    _incidents = Later("incidents")
    _kept_fields = Later("kept_fields")
    _leases = Later("leases")
    _ledgers = Later("ledgers")
    _linked_members = Later("linked_members")
    _links = Later("links")
    _listings = Later("listings")
    _maintenance = Later("maintenance")
    _notes = Later("notes")
    _outbox = Later("outbox")
    _paused = Later("paused")
    _present = Later("present")
    _runs = Later("runs")
    _schedule = Later("schedule")
    _search = Later("search")
    _silences = Later("silences")
    _snapshots = Later("snapshots")
    _staging = Later("staging")
    _trials = Later("trials")
    _watches = Later("watches")
    _whole = Later("whole")

__all__ = ["Store", "copy", "migrate", "read_only", "schema_state"]

copy = _copying.copy


class Store(Database):
    """An open database. This list is all it can do; each function stands, with its rules, in the module it names.

    Every method is one transaction. Times are handed in, aware. Methods that take a lease write nothing and raise
    LeaseLostError when another process has taken the lease since. Use it as a context manager, or call ``close``.
    """

    @classmethod
    def open(cls, url: str, *, must_be_current: bool = True, reading: bool = False) -> Self:
        """Open a database that exists, for reading only where this user may not write, or where ``reading`` asks for it.

        Raises SchemaError when its tables are not this program's (remedy: `tracker migrate`), StoreError when it cannot
        be used at all. The folder of a SQLite file is not created here: a wrong path must not begin a second baseline.
        """
        parsed = parse_url(url)
        require_usable(parsed)
        store = cls(parsed, reading=reading)
        if must_be_current:
            try:
                require_current(store)
            except StoreError:
                store.close()
                raise
        return store

    # who may write
    acquire_lease = _leases.acquire_lease
    renew_lease = _leases.renew_lease
    release_lease = _leases.release_lease
    leases = _leases.leases

    # which trials are followed, by which watch
    sync_watches = _watches.sync_watches
    watch_names = _watches.watch_names
    watch_states = _watches.watch_states
    memberships = _watches.memberships
    join_imported = _watches.join_imported
    own_members = _linked_members.own_members
    linked_into = _linked_members.linked_into
    sync_linked = _linked_members.sync_linked
    moved_memberships = _watches.moved_memberships
    unmerge = _watches.unmerge
    followed = _trials.followed
    members = _trials.members
    unanswered = _trials.unanswered
    tracking_since = _trials.tracking_since
    registered_at = _trials.registered_at
    due_trials = _trials.due_trials
    count_due = _trials.count_due
    moving = _trials.moving

    # a run from its opening to its end
    open_run = _runs.open_run
    fail_run = _runs.fail_run
    runs = _runs.runs
    source_states = _runs.source_states
    looks = _runs.looks
    held_runs = _runs.held_runs
    answered = _runs.answered
    begin_listing = _listings.begin_listing
    stage_listed = _listings.stage_listed
    compare_listing = _listings.compare_listing
    gone_from_listing = _listings.gone_from_listing
    cut_listing = _listings.cut_listing
    entering = _listings.entering
    search_moves = _listings.search_moves
    count_explained = _listings.count_explained
    stage_whole = _whole.stage_whole
    compare_whole = _whole.compare_whole
    note_cursor = _staging.note_cursor
    stage = _staging.stage
    staged_events = _staging.staged_events
    staged_totals = _staging.staged_totals
    drop_alerts = _staging.drop_alerts
    kept_fields = _kept_fields.kept_fields
    doubted_trials = _kept_fields.doubted_trials
    staged_findings = _kept_fields.staged_findings
    staged_calendar = _kept_fields.staged_calendar
    unsettled_since = _kept_fields.unsettled_since
    accept = _acceptance.accept
    complete_acceptance = _acceptance.complete_acceptance
    hold = _acceptance.hold
    release = _acceptance.release
    discard = _acceptance.discard

    # what was kept
    document = _snapshots.document
    documents = _snapshots.documents
    current_documents = _snapshots.current_documents
    followed_documents = _snapshots.followed_documents
    watches_of = _snapshots.watches_of
    count_followed = _snapshots.count_followed
    followed_sources = _snapshots.followed_sources
    staged_documents = _snapshots.staged_documents
    unmoved_documents = _snapshots.unmoved_documents
    timeline = _snapshots.timeline
    timelines = _history.timelines
    keep_history = _histories.keep_history
    histories = _histories.histories
    note_version_error = _histories.note_version_error
    staged_versions = _histories.staged_versions
    drop_versions = _histories.drop_versions
    number_version = _histories.number_version
    move_versions = _histories.move_versions
    drop_events = _histories.drop_events
    moved_values = _ledgers.moved_values
    trials_with_history = _history.trials_with_history
    is_kept = _snapshots.is_kept
    redigest = _snapshots.redigest
    events = _events.events
    log = _events.log
    event_places = _events.event_places
    moment_back = _events.moment_back
    moment_on = _events.moment_on
    events_by_id = _events.events_by_id
    event = _events.event
    past_events = _events.past_events
    stories = _events.stories
    count_events = _browsing.count_events
    event_classes = _browsing.event_classes
    following_times = _browsing.following_times
    last_moves = _browsing.last_moves
    mark = _browsing.mark
    log_mark = _browsing.log_mark
    trial_marks = _browsing.trial_marks
    held_events = _browsing.held_events
    with_number = _browsing.with_number
    stale_present = _present.stale_present
    calendar_trials = _present.calendar_trials
    shown_trials = _present.shown_trials
    shown_of = _present.shown_of
    note_present = _present.note_present
    named_numbers = _links.named_numbers
    linked_trials = _links.linked_trials
    search = _search.search
    count_unindexed = _search.count_unindexed
    stale_words = _search.stale_words
    note_words = _search.note_words
    forget_replaced = _search.forget_replaced

    # what is told
    ready_alerts = _outbox.ready_alerts
    alerts_of = _outbox.alerts_of
    events_already_sent = _outbox.events_already_sent
    count_sent_immediately = _outbox.count_sent_immediately
    cut = _outbox.cut
    message = _outbox.message
    attachments = _outbox.attachments
    due_messages = _outbox.due_messages
    begin_try = _outbox.begin_try
    mark_sent = _outbox.mark_sent
    settle_sent = _outbox.settle_sent
    hurry = _outbox.hurry
    taken_since = _outbox.taken_since
    given_up = _outbox.given_up
    mark_retry = _outbox.mark_retry
    mark_failed = _outbox.mark_failed
    retry = _outbox.retry
    drop = _outbox.drop
    outbox = _outbox.outbox
    unsent_messages = _outbox.unsent_messages
    unsent_alerts = _outbox.unsent_alerts
    count_unsent = _outbox.count_unsent
    add_note = _notes.add_note
    notes = _notes.notes
    silence = _silences.silence
    silences = _silences.silences
    unsilence = _silences.unsilence
    pause = _paused.pause
    resume = _paused.resume
    paused = _paused.paused
    open_incident = _incidents.open_incident
    close_incident = _incidents.close_incident
    forget_incident = _incidents.forget_incident
    mark_incident_told = _incidents.mark_incident_told
    incidents = _incidents.incidents

    # upkeep
    due = _schedule.due
    set_due = _schedule.set_due
    host_profiles = _hosts.host_profiles
    remember_host = _hosts.remember_host
    size = _maintenance.size
    housekeep = _maintenance.housekeep
    integrity = _maintenance.integrity
    backup = _backup.backup
