"""The first schema: what is followed, what runs find, what is told, and who works when."""

import sqlalchemy as sa

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "conditions",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_begin_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_end_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_conditions")),
    )
    op.create_table(
        "dictionaries",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dictionaries")),
        comment="zstd dictionaries; each is part of the snapshots that name it and is kept for ever",
    )
    op.create_table(
        "hosts",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("tls_profile", sa.Text(), nullable=False, comment="the way of greeting that the host accepted last"),
        sa.Column("remembered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_hosts")),
    )
    op.create_table(
        "issues",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("trial", sa.Text(), nullable=False, comment="an example"),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issues")),
        sa.UniqueConstraint("source", "code", "path", "value", name=op.f("uq_issues_source_code_path_value")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("token", Id, nullable=False, comment="grows with every taker"),
        sa.Column("acquired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "messages",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("events", sa.Text(), server_default="[]", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'failed', 'dropped')", name=op.f("ck_messages_state")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_messages")),
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_messages_state_created_at"), ["state", "created_at"], unique=False)

    op.create_table(
        "runs",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), server_default="sync", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("data_timestamp", sa.Text(), nullable=True),
        sa.Column("data_date", sa.Text(), nullable=True),
        sa.Column("counts", sa.Text(), server_default="{}", nullable=False),
        sa.Column("verdict", sa.Text(), server_default="{}", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True, comment="how far a listing that is read page by page has got"),
        sa.Column("closing", sa.Text(), nullable=True, comment="held runs: the joins and listings that a release applies"),
        sa.CheckConstraint("purpose IN ('sync', 'backfill')", name=op.f("ck_runs_purpose")),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'held', 'superseded', 'discarded', 'failed')", name=op.f("ck_runs_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_runs_source_state"), ["source", "state"], unique=False)

    op.create_table(
        "schedule",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedule")),
    )
    op.create_table(
        "silences",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trial", sa.Text(), nullable=True),
        sa.Column("watch", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_silences")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "trials",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True, comment="pages only: the address to ask"),
        sa.Column("nct_number", sa.Text(), nullable=True, comment="pages only: pinned at first read"),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("current_snapshot", Id, nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_data_timestamp", sa.Text(), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("absent_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("absent_data_timestamp", sa.Text(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into", sa.Text(), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_trials")),
    )
    with op.batch_alter_table("trials", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_trials_source_key"), ["source", "key"], unique=False)

    op.create_table(
        "watches",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("listing_digest", sa.Text(), nullable=True),
        sa.Column("last_complete_listing_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_watches")),
    )
    op.create_table(
        "checks",
        sa.Column("run", Id, nullable=False),
        sa.Column("trial", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("emptied", sa.Text(), server_default="[]", nullable=False),
        sa.Column("has_validators", sa.Boolean(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("nct_number", sa.Text(), nullable=True),
        sa.Column("merged_into", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_checks_run_runs")),
        sa.ForeignKeyConstraint(["trial"], ["trials.key"], name=op.f("fk_checks_trial_trials")),
        sa.PrimaryKeyConstraint("run", "trial", name=op.f("pk_checks")),
    )
    op.create_table(
        "memberships",
        sa.Column("watch", sa.Text(), nullable=False),
        sa.Column("trial", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("silent", sa.Boolean(), nullable=False),
        sa.Column("left_search_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("how IN ('listed', 'page', 'search')", name=op.f("ck_memberships_how")),
        sa.ForeignKeyConstraint(["trial"], ["trials.key"], name=op.f("fk_memberships_trial_trials")),
        sa.ForeignKeyConstraint(["watch"], ["watches.name"], name=op.f("fk_memberships_watch_watches")),
        sa.PrimaryKeyConstraint("watch", "trial", name=op.f("pk_memberships")),
    )
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_memberships_trial"), ["trial"], unique=False)

    op.create_table(
        "notes",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("watch", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message", sa.Text(), nullable=True, comment="the message that told it"),
        sa.ForeignKeyConstraint(["message"], ["messages.key"], name=op.f("fk_notes_message_messages")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("notes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notes_watch_message"), ["watch", "message"], unique=False)

    op.create_table(
        "snapshots",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("trial", sa.Text(), nullable=False),
        sa.Column("run", Id, nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("origin", sa.Text(), server_default="live", nullable=False),
        sa.Column(
            "registry_version", sa.Integer(), nullable=True, comment="the registry's own number of the version, when it has one"
        ),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data_version", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("digest_version", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False, comment="bytes as served"),
        sa.Column("encoding", sa.Text(), nullable=False, comment="how body holds them"),
        sa.Column("dictionary", Id, nullable=True),
        sa.Column("base_snapshot", Id, nullable=True, comment="the version that body is a delta of"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("origin IN ('live', 'backfill')", name=op.f("ck_snapshots_origin")),
        sa.ForeignKeyConstraint(["base_snapshot"], ["snapshots.id"], name=op.f("fk_snapshots_base_snapshot_snapshots")),
        sa.ForeignKeyConstraint(["dictionary"], ["dictionaries.id"], name=op.f("fk_snapshots_dictionary_dictionaries")),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_snapshots_run_runs")),
        sa.ForeignKeyConstraint(["trial"], ["trials.key"], name=op.f("fk_snapshots_trial_trials")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshots")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("snapshots", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_snapshots_base_snapshot"), ["base_snapshot"], unique=False)
        batch_op.create_index(batch_op.f("ix_snapshots_run_trial"), ["run", "trial"], unique=False)
        batch_op.create_index(batch_op.f("ix_snapshots_trial_first_seen_at"), ["trial", "first_seen_at"], unique=False)

    op.create_table(
        "source_state",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("run", Id, nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data_timestamp", sa.Text(), nullable=True),
        sa.Column("data_date", sa.Text(), nullable=True),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_source_state_run_runs")),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_source_state")),
    )
    op.create_table(
        "stories",
        sa.Column("run", Id, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("trial", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_stories_run_runs")),
        sa.ForeignKeyConstraint(["trial"], ["trials.key"], name=op.f("fk_stories_trial_trials")),
        sa.PrimaryKeyConstraint("run", "id", name=op.f("pk_stories")),
    )
    with op.batch_alter_table("stories", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stories_trial"), ["trial"], unique=False)
        batch_op.create_index(
            "uq_stories_accepted",
            ["id"],
            unique=True,
            sqlite_where=sa.text("accepted = 1"),
            postgresql_where=sa.text("accepted"),
        )

    op.create_table(
        "events",
        sa.Column("run", Id, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("trial", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False, comment="0 minor, 1 notable, 2 major"),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("detected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("old_snapshot", Id, nullable=True),
        sa.Column("new_snapshot", Id, nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["new_snapshot"], ["snapshots.id"], name=op.f("fk_events_new_snapshot_snapshots")),
        sa.ForeignKeyConstraint(["old_snapshot"], ["snapshots.id"], name=op.f("fk_events_old_snapshot_snapshots")),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_events_run_runs")),
        sa.ForeignKeyConstraint(["trial"], ["trials.key"], name=op.f("fk_events_trial_trials")),
        sa.PrimaryKeyConstraint("run", "id", name=op.f("pk_events")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_events_effective_at"), ["effective_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_events_new_snapshot"), ["new_snapshot"], unique=False)
        batch_op.create_index(batch_op.f("ix_events_old_snapshot"), ["old_snapshot"], unique=False)
        batch_op.create_index(batch_op.f("ix_events_trial_effective_at"), ["trial", "effective_at"], unique=False)
        batch_op.create_index(
            "uq_events_accepted",
            ["id"],
            unique=True,
            sqlite_where=sa.text("accepted = 1"),
            postgresql_where=sa.text("accepted"),
        )

    op.create_table(
        "alerts",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("run", Id, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("watch", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("when", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('held', 'ready', 'in_message', 'sent', 'failed', 'dropped', 'silenced')", name=op.f("ck_alerts_state")
        ),
        sa.ForeignKeyConstraint(["message"], ["messages.key"], name=op.f("fk_alerts_message_messages")),
        sa.ForeignKeyConstraint(["run", "event"], ["events.run", "events.id"], name=op.f("fk_alerts_run_event_events")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("run", "event", "watch", "channel", name=op.f("uq_alerts_run_event_watch_channel")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alerts_event"), ["event"], unique=False)
        batch_op.create_index(batch_op.f("ix_alerts_message"), ["message"], unique=False)
        batch_op.create_index(batch_op.f("ix_alerts_state_channel"), ["state", "channel"], unique=False)
        batch_op.create_index(
            "uq_alerts_accepted",
            ["event", "channel", "watch"],
            unique=True,
            sqlite_where=sa.text("state <> 'held'"),
            postgresql_where=sa.text("state <> 'held'"),
        )
