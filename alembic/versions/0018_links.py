"""The numbers of other registries that records name, by which registrations of one trial are linked.

Why: a trial shows all its registrations, and what one registry told is not told again by another. Nothing is filled in here,
so that a large database is upgraded at once: the passes that follow write what the stored records name.
"""

import sqlalchemy as sa

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "links",
        sa.Column("snapshot", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("other", sa.Text(), nullable=False, comment="the trial's number at another registry, as source:number"),
        sa.Column("trial", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False, comment="what the record calls the number"),
        sa.Column("evidence", sa.Text(), nullable=False, comment="the number as the record gives it"),
        sa.ForeignKeyConstraint(["snapshot"], ["present.snapshot"], name=op.f("fk_links_snapshot_present"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("snapshot", "other", name=op.f("pk_links")),
        comment="numbers of other registries that a version's record names; derived like the table present",
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_links_other"), "links", ["other"])
    op.create_index(op.f("ix_links_trial"), "links", ["trial"])
