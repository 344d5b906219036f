"""The store takes less room: long events are compressed, and rows with long keys stand in their key's own tree.

Why: an event said again what its columns hold, and SQLite wrote each key of a check, a membership, a changed value and a due
date twice.
Events that are stored stay as they are, and versions are packed anew by the daily tidying, a part each day. Indexes are for
what each pass asked by reading whole tables.
"""

import sqlalchemy as sa

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

PARTIAL = {
    "ix_snapshots_plain": ("snapshots", ["trial"], "encoding = 'zstd'"),
    "ix_alerts_waiting": ("alerts", ["state", "message"], "state IN ('held', 'ready', 'in_message')"),
    "ix_messages_unsent": ("messages", ["created_at", "key"], "state IN ('waiting', 'failed')"),
    "ix_trials_merged": ("trials", ["merged_into"], "merged_into IS NOT NULL"),
    "ix_trials_failing": ("trials", ["failing_since"], "failing_since IS NOT NULL"),
    "ix_trials_unread": ("trials", ["absent_since"], "current_snapshot IS NULL"),
}
WITH_LONG_KEYS = {
    "checks": ("error",),
    "memberships": (),
    "changed_values": ("effect", "path"),
    "due_dates": ("effect", "rule"),
}


def upgrade() -> None:
    op.add_column(
        "events", sa.Column("packed", sa.LargeBinary(), nullable=True, comment="zstd of a long body, which is empty then")
    )
    for name, (table, columns, which) in PARTIAL.items():
        op.create_index(name, table, columns, sqlite_where=sa.text(which), postgresql_where=sa.text(which))
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    comment = "the rule that made all digests of current versions up to digested_to"
    op.add_column("source_state", sa.Column("digest_version", sa.Integer(), nullable=True, comment=comment))
    op.add_column("source_state", sa.Column("digested_to", number, nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        for table, texts in WITH_LONG_KEYS.items():
            with op.batch_alter_table(table, recreate="always", table_kwargs={"sqlite_with_rowid": False}) as batch:
                for name in texts:
                    batch.alter_column(name, existing_type=sa.Text(), existing_nullable=False, server_default="")  # as it was
    op.create_index("ix_memberships_joined_at", "memberships", ["joined_at"])
