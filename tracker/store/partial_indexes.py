"""Indexes over some rows of a table: mostly the accepted ones, and one over what a search changes.

They complete `tables.metadata` where the schema is made or compared. They stand apart because SQLAlchemy loads a database's
whole dialect for its condition, and commands that only read and write rows need no index to be described.
"""

from __future__ import annotations

from sqlalchemy import Index, MetaData, text

from tracker.store.tables import alerts, events, listed, messages, metadata, runs, snapshots, stories, trials

# SQLite uses a partial index only for a condition spelt like it, and SQLAlchemy spells booleans "= 1" there.
Index("uq_events_accepted", events.c.id, unique=True, sqlite_where=text("accepted = 1"), postgresql_where=text("accepted"))
Index("uq_stories_accepted", stories.c.id, unique=True, sqlite_where=text("accepted = 1"), postgresql_where=text("accepted"))
Index(
    "uq_alerts_accepted",
    alerts.c.event,
    alerts.c.channel,
    alerts.c.watch,
    unique=True,
    sqlite_where=text("state <> 'held'"),
    postgresql_where=text("state <> 'held'"),
)
Index(
    "ix_listed_moves",
    listed.c.run,
    listed.c.trial,
    sqlite_where=text("move IS NOT NULL"),
    postgresql_where=text("move IS NOT NULL"),
)
Index(
    "ix_snapshots_plain", snapshots.c.trial, sqlite_where=text("encoding = 'zstd'"), postgresql_where=text("encoding = 'zstd'")
)

_WAITING = text("state IN ('held', 'ready', 'in_message')")
Index("ix_alerts_waiting", alerts.c.state, alerts.c.message, sqlite_where=_WAITING, postgresql_where=_WAITING)
_UNSENT = text("state IN ('waiting', 'failed')")
Index("ix_messages_unsent", messages.c.created_at, messages.c.key, sqlite_where=_UNSENT, postgresql_where=_UNSENT)

_MERGED = text("merged_into IS NOT NULL")
Index("ix_trials_merged", trials.c.merged_into, sqlite_where=_MERGED, postgresql_where=_MERGED)
_FAILING = text("failing_since IS NOT NULL")
Index("ix_trials_failing", trials.c.failing_since, sqlite_where=_FAILING, postgresql_where=_FAILING)
_UNREAD = text("current_snapshot IS NULL")
Index("ix_trials_unread", trials.c.absent_since, sqlite_where=_UNREAD, postgresql_where=_UNREAD)
_ACCEPTING = text("accepting IS NOT NULL")
Index("ix_runs_accepting", runs.c.id, sqlite_where=_ACCEPTING, postgresql_where=_ACCEPTING)

whole: MetaData = metadata
"""Every table with all its indexes."""
