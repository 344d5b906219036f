"""The store takes less room: long events are compressed, and rows with long keys stand in their key's own tree.

Why: an event said again what its columns hold, and SQLite wrote each key of a check, a changed value and a due date twice.
Events that are stored stay as they are, and versions are packed anew by the daily tidying, a part each day.
"""

import sqlalchemy as sa

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

PLAIN = sa.text("encoding = 'zstd'")
WITH_LONG_KEYS = {"checks": ("error",), "changed_values": ("effect", "path"), "due_dates": ("effect", "rule")}


def upgrade() -> None:
    op.add_column(
        "events", sa.Column("packed", sa.LargeBinary(), nullable=True, comment="zstd of a long body, which is empty then")
    )
    op.create_index("ix_snapshots_plain", "snapshots", ["trial"], sqlite_where=PLAIN, postgresql_where=PLAIN)
    if op.get_bind().dialect.name == "sqlite":
        for table, texts in WITH_LONG_KEYS.items():
            with op.batch_alter_table(table, recreate="always", table_kwargs={"sqlite_with_rowid": False}) as batch:
                for name in texts:
                    batch.alter_column(name, existing_type=sa.Text(), existing_nullable=False, server_default="")  # as it was
