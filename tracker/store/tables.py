"""Every table. The schema is the contract between processes of different age: change it by a migration only.

Three rules explain the rest:

* What a run finds is *staged*: its checks, snapshots, events, stories and alerts carry the run's id, and only rows
  with ``accepted`` (alerts: a state other than ``held``) exist for anyone else. The same event may be staged under
  several held runs, so ids of events and stories are unique together with the run, and alone once accepted.
* JSON is text that msgspec wrote; what is searched by has a column of its own.
* Times are aware UTC.

Indexes over some rows of a table stand in `partial_indexes`. Small rows with long keys stand in their key's own tree on
SQLite, not in a table and an index beside it.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from tracker.store.columns import UtcDateTime, Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# 64 bits on PostgreSQL; on SQLite only INTEGER names the row id, which has 64 bits anyway.
Id = BigInteger().with_variant(Integer(), "sqlite")


def _key(name: str = "id") -> Column[int]:
    return Column(name, Id, primary_key=True, autoincrement=True)


def _required(name: str) -> Column[str]:
    """A text that is empty when there is nothing to say."""
    return Column(name, Words, nullable=False, server_default="")


# --- what is followed -----------------------------------------------------------------------------------------------

watches = Table(
    "watches",
    metadata,
    Column("name", Text, primary_key=True),
    Column("active", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

listings = Table(
    "listings",
    metadata,
    Column("watch", Text, ForeignKey("watches.name"), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("digest", Text, nullable=False, comment="of the search that was last listed to its end"),
    Column("completed_at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)

trials = Table(
    "trials",
    metadata,
    Column("key", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("url", Text, comment="pages only: the address to ask"),
    Column("nct_number", Text, comment="pages only: pinned at first read"),
    Column("first_seen_at", UtcDateTime, nullable=False),
    # No foreign key: snapshots point here, and a circle would have to be checked row by row when runs are dropped.
    Column("current_snapshot", Id),
    Column("seen_at", UtcDateTime, comment="when the current version was last seen, if again after it was stored"),
    Column("checked_at", UtcDateTime),
    Column("checked_data_timestamp", Text),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("absent_since", UtcDateTime),
    Column("absent_data_timestamp", Text),
    Column("removed_at", UtcDateTime),
    Column("merged_into", Text),
    Column("kept_apart_from", Text, comment="by hand: it was not merged into this trial, whatever the registry says"),
    Column("claim", Text, comment="what an answer said that needs a second one to be believed"),
    Column("claimed_at", UtcDateTime),
    Column("claim_data_timestamp", Text),
    Column("data_version", Text, comment="the registry's date of its data that the last answer itself stated"),
    Column("fingerprint", Text, comment="hash of the served bytes last found to say what a version says, and of its digest"),
    Column("failing_since", UtcDateTime),
    _required("error"),
    Column("mark", Text, comment="of a registry read as a whole: a hash of what it changes without a new version"),
    Index(None, "source", "key"),
)

memberships = Table(
    "memberships",
    metadata,
    Column("watch", Text, ForeignKey("watches.name"), primary_key=True),
    Column("trial", Text, ForeignKey("trials.key"), primary_key=True),
    Column("how", Text, nullable=False),
    Column("joined_at", UtcDateTime, nullable=False),
    Column("silent", Boolean, nullable=False),
    Column("left_search_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("merged_into", Text, comment="ended because its trial was merged into this one: it comes back if that is undone"),
    CheckConstraint("how IN ('listed', 'page', 'search', 'import', 'beside', 'linked')", name="how"),
    Index(None, "trial"),
    Index(None, "joined_at"),
    sqlite_with_rowid=False,
)

source_state = Table(
    "source_state",
    metadata,
    Column("source", Text, primary_key=True),
    Column("run", Id, ForeignKey("runs.id"), nullable=False),
    Column("accepted_at", UtcDateTime, nullable=False),
    Column("data_timestamp", Text),
    Column("data_date", Text),
    Column("listed_at", UtcDateTime),
    Column("digest_version", Integer, comment="the rule that made all digests of current versions up to digested_to"),
    Column("digested_to", Id),
)

# --- what a run does ------------------------------------------------------------------------------------------------

runs = Table(
    "runs",
    metadata,
    _key(),
    Column("source", Text, nullable=False),
    Column("purpose", Text, nullable=False, server_default="sync"),
    Column("state", Text, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("data_timestamp", Text),
    Column("data_date", Text),
    Column("counts", Text, nullable=False, server_default="{}"),
    Column("verdict", Text, nullable=False, server_default="{}"),
    _required("error"),
    Column("cursor", Text, comment="how far a listing that is read page by page has got"),
    Column("closing", Text, comment="held runs: the joins and listings that a release applies"),
    CheckConstraint("state IN ('open', 'accepted', 'held', 'superseded', 'discarded', 'failed')", name="state"),
    CheckConstraint("purpose IN ('sync', 'backfill')", name="purpose"),
    # Or dropping: it ended without being accepted, and what it staged goes in parts.
    Column("accepting", Text, comment="deciding or settling: how far its acceptance has got, until all of it is written"),
    Index(None, "source", "state"),
    sqlite_autoincrement=True,
)

checks = Table(
    "checks",
    metadata,
    Column("run", Id, ForeignKey("runs.id"), primary_key=True),
    Column("trial", Text, ForeignKey("trials.key"), primary_key=True),
    Column("status", Text, nullable=False),
    Column("checked_at", UtcDateTime, nullable=False),
    _required("error"),
    Column("emptied", Text, nullable=False, server_default="[]"),
    Column("has_validators", Boolean, nullable=False),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("nct_number", Text),
    Column("merged_into", Text),
    Column("claim", Text),
    Column("data_version", Text),
    Column("fingerprint", Text),
    sqlite_with_rowid=False,
)

listed = Table(
    "listed",
    metadata,
    Column("run", Id, ForeignKey("runs.id"), primary_key=True),
    Column("watch", Text, primary_key=True),
    Column("trial", Text, primary_key=True),
    Column("kind", Text, comment="the event that it makes if it enters; none if it joins without a word"),
    _required("reason"),
    Column("silent", Boolean, nullable=False, comment="whether it would join by an edit of the search"),
    Column("move", Text, comment="what the listing changes for the trial; none for a member that is still there"),
    Column("mark", Text, comment="of a registry read as a whole: a hash of what it changes without a new version"),
    CheckConstraint("move IN ('enters', 'back', 'left', 'shed', 'asked')", name="move"),
    sqlite_with_rowid=False,
    comment="what the searches of an unfinished run hold, and whom their watches then gain and lose",
)

dictionaries = Table(
    "dictionaries",
    metadata,
    _key(),
    Column("source", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("body", LargeBinary, nullable=False),
    comment="zstd dictionaries; each is part of the snapshots that name it and is kept for ever",
)

snapshots = Table(
    "snapshots",
    metadata,
    _key(),
    Column("trial", Text, ForeignKey("trials.key"), nullable=False),
    Column("run", Id, ForeignKey("runs.id"), nullable=False),
    Column("accepted", Boolean, nullable=False),
    Column("origin", Text, nullable=False, server_default="live"),
    Column("registry_version", Integer, comment="the registry's own number of the version, when it has one"),
    Column("url", Words, nullable=False),
    Column("content_type", Words, nullable=False),
    Column("fetched_at", UtcDateTime, nullable=False),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),  # of a current version, its trial may know a later time
    Column("valid_from", UtcDateTime, nullable=False, comment="since when the registry shows it, as far as known"),
    Column("data_version", Text),
    Column("sha256", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("digest_version", Integer, nullable=False),
    Column("size", Integer, nullable=False, comment="bytes as served"),
    Column("encoding", Text, nullable=False, comment="how body holds them"),
    Column("dictionary", Id, ForeignKey("dictionaries.id")),
    Column("base_snapshot", Id, ForeignKey("snapshots.id"), comment="the version that body is a delta of"),
    Column("body", LargeBinary, nullable=False),
    CheckConstraint("origin IN ('live', 'backfill')", name="origin"),
    Index(None, "trial", "valid_from"),
    Index(None, "run", "trial"),
    Index(None, "base_snapshot"),
    sqlite_autoincrement=True,
)

histories = Table(
    "histories",
    metadata,
    Column("trial", Text, ForeignKey("trials.key"), primary_key=True),
    Column("read_at", UtcDateTime, nullable=False),
    Column("original", Words, nullable=False, comment="what the index tells of the first version, as JSON"),
    comment="trials whose index of versions was read from their registry",
)

registry_versions = Table(
    "registry_versions",
    metadata,
    Column("trial", Text, ForeignKey("histories.trial", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("valid_from", UtcDateTime, nullable=False),
    Column("recruitment_status", Text),
    _required("said"),
    Column("touched", Words, nullable=False, server_default="[]"),
    Column("error", Words, nullable=False, server_default=""),
    comment="every version of a record that its registry lists, whether its bytes are here or not",
    sqlite_with_rowid=False,
)

kept_fields = Table(
    "kept_fields",
    metadata,
    Column("snapshot", Id, ForeignKey("snapshots.id"), primary_key=True),
    Column("field", Words, primary_key=True),
    Column("earlier", Id, ForeignKey("snapshots.id"), nullable=False, comment="the version that the field is read from"),
    Column("why", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    _required("path"),
    _required("said"),
    Column("data_timestamp", Text),
    CheckConstraint("why IN ('unreadable', 'doubted')", name="why"),
    Index(None, "earlier"),
    comment="fields that a version is not believed for: they are read from an earlier one, which must be kept for them",
)

events = Table(
    "events",
    metadata,
    Column("run", Id, ForeignKey("runs.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("accepted", Boolean, nullable=False),
    Column("trial", Text, ForeignKey("trials.key"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("severity", Integer, nullable=False, comment="0 minor, 1 notable, 2 major"),
    Column("cause", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("detected_at", UtcDateTime, nullable=False),
    Column("effective_at", UtcDateTime, nullable=False),
    Column("story", Text, nullable=False),
    Column("old_snapshot", Id, ForeignKey("snapshots.id")),
    Column("new_snapshot", Id, ForeignKey("snapshots.id")),
    Column("body", Text, nullable=False),
    Column("packed", LargeBinary, comment="zstd of a long body, which is empty then"),
    Index(None, "trial", "effective_at"),
    Index(None, "effective_at"),
    Index(None, "old_snapshot"),
    Index(None, "new_snapshot"),
)
changed_values = Table(
    "changed_values",
    metadata,
    Column("run", Id, primary_key=True),
    Column("event", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    _required("effect"),
    _required("path"),
    Column("old", Words),
    Column("new", Words),
    Column("days", Integer, comment="how far a date moved, later positive"),
    ForeignKeyConstraint(["run", "event"], ["events.run", "events.id"], ondelete="CASCADE"),
    comment="the values that an event changed, in plain columns and without contact persons; they go with their event",
    sqlite_with_rowid=False,
)


stories = Table(
    "stories",
    metadata,
    Column("run", Id, ForeignKey("runs.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("accepted", Boolean, nullable=False),
    Column("trial", Text, ForeignKey("trials.key"), nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "trial"),
)

present = Table(
    "present",
    metadata,
    Column("snapshot", Id, ForeignKey("snapshots.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("trial", Text, ForeignKey("trials.key"), nullable=False),
    Column("reader", Text, nullable=False, comment="the version of the program that read it"),
    Column("kept", Boolean, nullable=False, comment="whether fields were read from an earlier version"),
    Column("brief_title", Words),
    Column("lead_sponsor", Words),
    Column("recruitment_status", Words),
    Column("results_state", Words),
    Column("shown", Words, comment="what a list of the present shows of the record, as JSON"),
    Index(None, "trial"),
    comment="plain columns of current and of staged versions, for the views and the calendar; derived",
)

links = Table(
    "links",
    metadata,
    Column("snapshot", Id, ForeignKey("present.snapshot", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("other", Text, primary_key=True, comment="the trial's number at another registry, as source:number"),
    Column("trial", Text, nullable=False),
    Column("type", Text, nullable=False, comment="what the record calls the number"),
    Column("evidence", Words, nullable=False, comment="the number as the record gives it"),
    Index(None, "other"),
    Index(None, "trial"),
    comment="numbers of other registries that a version's record names; derived like the table present",
    sqlite_with_rowid=False,
)

due_dates = Table(
    "due_dates",
    metadata,
    Column("snapshot", Id, ForeignKey("present.snapshot", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("due", Date, primary_key=True),
    Column("trial", Text, nullable=False),
    _required("effect"),
    Column("true_from", Date, comment="none while submitted results wait"),
    Column("severity", Integer, nullable=False, comment="0 minor, 1 notable, 2 major"),
    _required("rule"),
    Index(None, "true_from"),
    comment="days that follow from a version's dates; derived like the table present",
    sqlite_with_rowid=False,
)

searchable = Table(
    "searchable",
    metadata,
    Column("snapshot", Id, ForeignKey("snapshots.id", ondelete="CASCADE"), primary_key=True),
    Column("reader", Text, nullable=False, comment="the version of the program that read it"),
    Column("kept", Boolean, nullable=False, comment="whether fields were read from an earlier version"),
    comment="the versions whose words can be searched; the words stand in search_words and go with their row here",
)

issues = Table(
    "issues",
    metadata,
    _key(),
    Column("source", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("path", Words, nullable=False),
    Column("value", Words, nullable=False),
    Column("trial", Text, nullable=False, comment="an example"),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("count", Integer, nullable=False),
    UniqueConstraint("source", "code", "path", "value"),
)

# --- what is sent ---------------------------------------------------------------------------------------------------

messages = Table(
    "messages",
    metadata,
    Column("key", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("html", Words, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("events", Text, nullable=False, server_default="[]"),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("next_attempt_at", UtcDateTime),
    _required("last_error"),
    Column("sent_at", UtcDateTime),
    Column("sending", Text, comment="the series of messages that it belongs to, as JSON"),
    CheckConstraint("state IN ('waiting', 'sent', 'failed', 'dropped')", name="state"),
    Index(None, "state", "created_at"),
)

attachments = Table(
    "attachments",
    metadata,
    Column("message", Text, ForeignKey("messages.key"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("body", LargeBinary, nullable=False, comment="zstd"),
)

given_up = Table(
    "given_up",
    metadata,
    Column("message", Text, ForeignKey("messages.key"), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

alerts = Table(
    "alerts",
    metadata,
    _key(),
    Column("run", Id, nullable=False),
    Column("event", Text, nullable=False),
    Column("watch", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("when", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    _required("reason"),
    Column("message", Text, ForeignKey("messages.key")),
    ForeignKeyConstraint(["run", "event"], ["events.run", "events.id"]),
    UniqueConstraint("run", "event", "watch", "channel"),
    CheckConstraint("state IN ('held', 'ready', 'in_message', 'sent', 'failed', 'dropped', 'silenced')", name="state"),
    Index(None, "state", "channel"),
    Index(None, "event"),
    Index(None, "message"),
    sqlite_autoincrement=True,
)

WAITING = text("alerts.state IN ('held', 'ready', 'in_message')")
"""Alerts that nobody has been told of yet: few of all, and found by an index of their own where this is said in these words."""

UNSENT = text("messages.state IN ('waiting', 'failed')")
"""The same of messages."""

notes = Table(
    "notes",
    metadata,
    _key(),
    Column("watch", Text, nullable=False),
    Column("text", Words, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("message", Text, ForeignKey("messages.key"), comment="the message that told it"),
    Index(None, "watch", "message"),
    sqlite_autoincrement=True,
)

paused_sendings = Table(
    "paused_sendings",
    metadata,
    Column("sending", Text, primary_key=True, comment="the series of messages, as JSON"),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, comment="when it was taken up again"),
)
silences = Table(
    "silences",
    metadata,
    _key(),
    Column("until", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("trial", Text),
    Column("watch", Text),
    Column("kind", Text),
    _required("reason"),
    sqlite_autoincrement=True,
)

conditions = Table(
    "conditions",
    metadata,
    Column("name", Text, primary_key=True),
    Column("message", Words, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("told_begin_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("told_end_at", UtcDateTime),
)

# --- who works, and when --------------------------------------------------------------------------------------------

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("process", Text, nullable=False, server_default="", comment="whose end frees the lease; empty when not known"),
    Column("token", Id, nullable=False, comment="grows with every taker"),
    Column("acquired_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

lease_sightings = Table(
    "lease_sightings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("taker", Text, primary_key=True, comment="the machine that would take the lease"),
    Column("token", Id, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, comment="by the holder's clock"),
    Column("seen_at", UtcDateTime, nullable=False, comment="since when the taker has seen it unchanged, by its own clock"),
)

schedule = Table(
    "schedule",
    metadata,
    Column("name", Text, primary_key=True),
    Column("last_at", UtcDateTime),
    Column("next_at", UtcDateTime),
)

hosts = Table(
    "hosts",
    metadata,
    Column("host", Text, primary_key=True),
    Column("tls_profile", Text, nullable=False, comment="the way of greeting that the host accepted last"),
    Column("remembered_at", UtcDateTime, nullable=False),
)
