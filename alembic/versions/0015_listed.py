"""What searches hold is staged under its run and compared with the members of its watches in SQL; acceptance has steps.

Why: a listing of a whole registry does not fit into memory, and accepting one in a single transaction kept others from writing
for two minutes. A run says how far its acceptance has got.
"""

import sqlalchemy as sa

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

MARK = "of a registry read as a whole: a hash of what it changes without a new version"


def upgrade() -> None:
    op.create_table(
        "listed",
        sa.Column("run", _ID, nullable=False),
        sa.Column("watch", sa.Text(), nullable=False),
        sa.Column("trial", sa.Text(), nullable=False),
        sa.Column(
            "kind", sa.Text(), nullable=True, comment="the event that it makes if it enters; none if it joins without a word"
        ),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("silent", sa.Boolean(), nullable=False, comment="whether it would join by an edit of the search"),
        sa.Column(
            "move",
            sa.Text(),
            nullable=True,
            comment="what the listing changes for the trial; none for a member that is still there",
        ),
        sa.Column("mark", sa.Text(), nullable=True, comment=MARK),
        sa.CheckConstraint("move IN ('enters', 'back', 'left', 'shed', 'asked')", name=op.f("ck_listed_move")),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_listed_run_runs")),
        sa.PrimaryKeyConstraint("run", "watch", "trial", name=op.f("pk_listed")),
        comment="what the searches of an unfinished run hold, and whom their watches then gain and lose",
        sqlite_with_rowid=False,
    )
    op.add_column("trials", sa.Column("mark", sa.Text(), nullable=True, comment=MARK))
    op.add_column(
        "runs",
        sa.Column(
            "accepting",
            sa.Text(),
            nullable=True,
            comment="deciding or settling: how far its acceptance has got, until all of it is written",
        ),
    )
    begun = sa.text("accepting IS NOT NULL")
    op.create_index("ix_runs_accepting", "runs", ["id"], sqlite_where=begun, postgresql_where=begun)
    moved = sa.text("move IS NOT NULL")
    op.create_index("ix_listed_moves", "listed", ["run", "trial"], sqlite_where=moved, postgresql_where=moved)
