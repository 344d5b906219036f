"""Indexes over some rows of a table: unique ones over those that are accepted, and one over what a search changes.

They complete `tables.metadata` where the schema is made or compared. They stand apart because SQLAlchemy loads a database's
whole dialect for its condition, and commands that only read and write rows need no index to be described.
"""

from __future__ import annotations

from sqlalchemy import Index, MetaData, text

from tracker.store.tables import alerts, events, listed, metadata, runs, stories, trials

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
    "ix_runs_accepting",
    runs.c.id,
    sqlite_where=text("accepting IS NOT NULL"),
    postgresql_where=text("accepting IS NOT NULL"),
)
Index(
    "ix_trials_merged",
    trials.c.key,
    sqlite_where=text("merged_into IS NOT NULL"),
    postgresql_where=text("merged_into IS NOT NULL"),
)

whole: MetaData = metadata
"""Every table with all its indexes."""
