"""Fields that a version is not believed for are read from an earlier version.

Why: a value that can no longer be read is no removal, and what too many trials say at once waits for a second opinion. A
version that others are read from must be kept for them.
"""

import sqlalchemy as sa

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "kept_fields",
        sa.Column("snapshot", number, nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("earlier", number, nullable=False, comment="the version that the field is read from"),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("path", sa.Text(), server_default="", nullable=False),
        sa.Column("said", sa.Text(), server_default="", nullable=False),
        sa.Column("data_timestamp", sa.Text(), nullable=True),
        sa.CheckConstraint("why IN ('unreadable', 'doubted')", name=op.f("ck_kept_fields_why")),
        sa.ForeignKeyConstraint(["snapshot"], ["snapshots.id"], name=op.f("fk_kept_fields_snapshot_snapshots")),
        sa.ForeignKeyConstraint(["earlier"], ["snapshots.id"], name=op.f("fk_kept_fields_earlier_snapshots")),
        sa.PrimaryKeyConstraint("snapshot", "field", name=op.f("pk_kept_fields")),
        comment="fields that a version is not believed for: they are read from an earlier one, which must be kept for them",
    )
    op.create_index(op.f("ix_kept_fields_earlier"), "kept_fields", ["earlier"], unique=False)
