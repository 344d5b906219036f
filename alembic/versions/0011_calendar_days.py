"""The plain columns of a record, and the days that follow from its dates, belong to a version instead of a trial.

Why: they are written with each version when it is staged, and the calendar of a day reads only the records of which a day has
come. What is there is kept for the views; all of it is derived from stored bytes, and the next pass makes it anew.
"""

import sqlalchemy as sa

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.execute("CREATE TABLE former_present AS SELECT * FROM present WHERE snapshot IN (SELECT id FROM snapshots)")
    op.execute("CREATE TABLE former_due_dates AS SELECT * FROM due_dates")
    op.drop_table("due_dates")
    op.drop_table("present")
    op.create_table(
        "present",
        sa.Column("snapshot", number, autoincrement=False, nullable=False),
        sa.Column("trial", sa.Text(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False, comment="the version of the program that read it"),
        sa.Column("kept", sa.Boolean(), nullable=False, comment="whether fields were read from an earlier version"),
        sa.Column("brief_title", sa.Text(), nullable=True),
        sa.Column("lead_sponsor", sa.Text(), nullable=True),
        sa.Column("recruitment_status", sa.Text(), nullable=True),
        sa.Column("results_state", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["snapshot"], ["snapshots.id"], name=op.f("fk_present_snapshot_snapshots"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["trial"], ["trials.key"], name=op.f("fk_present_trial_trials")),
        sa.PrimaryKeyConstraint("snapshot", name=op.f("pk_present")),
        comment="plain columns of current and of staged versions, for the views and the calendar; derived",
    )
    op.create_index(op.f("ix_present_trial"), "present", ["trial"])
    op.create_table(
        "due_dates",
        sa.Column("snapshot", number, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("trial", sa.Text(), nullable=False),
        sa.Column("effect", sa.Text(), server_default="", nullable=False),
        sa.Column("true_from", sa.Date(), nullable=True, comment="none while submitted results wait"),
        sa.Column("severity", sa.Integer(), nullable=False, comment="0 minor, 1 notable, 2 major"),
        sa.Column("rule", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["snapshot"], ["present.snapshot"], name=op.f("fk_due_dates_snapshot_present"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("snapshot", "kind", "due", name=op.f("pk_due_dates")),
        comment="days that follow from a version's dates; derived like the table present",
    )
    op.create_index(op.f("ix_due_dates_true_from"), "due_dates", ["true_from"])
    names = "trial, reader, kept, brief_title, lead_sponsor, recruitment_status, results_state"
    op.execute(f"INSERT INTO present (snapshot, {names}) SELECT snapshot, {names} FROM former_present")
    names = "kind, due, trial, effect, true_from, severity, rule"
    op.execute(
        f"INSERT INTO due_dates (snapshot, {names})"
        f" SELECT p.snapshot, {', '.join('d.' + name for name in names.split(', '))}"
        " FROM former_due_dates AS d JOIN former_present AS p ON p.trial = d.trial"
    )
    op.drop_table("former_due_dates")
    op.drop_table("former_present")
