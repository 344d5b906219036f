"""Trials come into a watch by their link to another trial of it, too.

Why: a watch may follow all registrations of its trials; those that are there by their link alone end with it.
"""

import sqlalchemy as sa

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

HOW = "how IN ('listed', 'page', 'search', 'import', 'beside', 'linked')"


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f("ck_memberships_how"), "memberships", type_="check")
        op.create_check_constraint(op.f("ck_memberships_how"), "memberships", HOW)
        return
    # SQLite changes no constraint of a table that is there.
    op.create_table(
        "memberships_new",
        sa.Column("watch", sa.Text(), nullable=False),
        sa.Column("trial", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("silent", sa.Boolean(), nullable=False),
        sa.Column("left_search_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into", sa.Text(), nullable=True),
        sa.CheckConstraint(HOW, name=op.f("ck_memberships_how")),
        sa.ForeignKeyConstraint(["trial"], ["trials.key"], name=op.f("fk_memberships_trial_trials")),
        sa.ForeignKeyConstraint(["watch"], ["watches.name"], name=op.f("fk_memberships_watch_watches")),
        sa.PrimaryKeyConstraint("watch", "trial", name=op.f("pk_memberships")),
        sqlite_with_rowid=False,
    )
    names = "watch, trial, how, joined_at, silent, left_search_at, ended_at, merged_into"
    op.execute(f"INSERT INTO memberships_new ({names}) SELECT {names} FROM memberships")
    op.drop_table("memberships")
    op.rename_table("memberships_new", "memberships")
    for column in ("trial", "joined_at"):
        op.create_index(op.f(f"ix_memberships_{column}"), "memberships", [column])
