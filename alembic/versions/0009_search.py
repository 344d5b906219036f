"""The words of stored versions, to be searched.

Why: people look for a drug, a disease, a sponsor or a number over all that they follow. Nothing is filled in here, so that a
large database is upgraded at once: the passes that follow write the words of the versions that are stored.
"""

import sqlalchemy as sa

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SQLITE = (
    "CREATE VIRTUAL TABLE search_words USING fts5(numbers, names, subjects, sponsors, criteria, tokenize='ascii')",
    "CREATE TRIGGER search_words_go AFTER DELETE ON searchable BEGIN DELETE FROM search_words WHERE rowid = OLD.snapshot; END",
)
POSTGRESQL = (
    "CREATE TABLE search_words (snapshot BIGINT PRIMARY KEY REFERENCES searchable (snapshot) ON DELETE CASCADE, "
    "words TSVECTOR NOT NULL)",
    "CREATE INDEX ix_search_words_words ON search_words USING gin (words)",
)


def upgrade() -> None:
    op.create_table(
        "searchable",
        sa.Column("snapshot", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False, comment="the version of the program that read it"),
        sa.Column("kept", sa.Boolean(), nullable=False, comment="whether fields were read from an earlier version"),
        sa.ForeignKeyConstraint(
            ["snapshot"], ["snapshots.id"], name=op.f("fk_searchable_snapshot_snapshots"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("snapshot", name=op.f("pk_searchable")),
        comment="the versions whose words can be searched; the words stand in search_words and go with their row here",
    )
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
