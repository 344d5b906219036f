"""Trials remember what was said of them once and needs a second answer; memberships that a merge ended can come back.

Why: a registry that names a number as another trial's former one for a day, or serves older data, must not end the following
of a trial or tell what did not happen.
"""

import sqlalchemy as sa

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    apart = "by hand: it was not merged into this trial, whatever the registry says"
    claim = "what an answer said that needs a second one to be believed"
    stated = "the registry's date of its data that the last answer itself stated"
    back = "ended because its trial was merged into this one: it comes back if that is undone"
    op.add_column("trials", sa.Column("kept_apart_from", sa.Text, comment=apart))
    op.add_column("trials", sa.Column("claim", sa.Text, comment=claim))
    op.add_column("trials", sa.Column("claimed_at", sa.DateTime(timezone=True)))
    op.add_column("trials", sa.Column("claim_data_timestamp", sa.Text))
    op.add_column("trials", sa.Column("data_version", sa.Text, comment=stated))
    op.add_column("checks", sa.Column("claim", sa.Text))
    op.add_column("checks", sa.Column("data_version", sa.Text))
    op.add_column("memberships", sa.Column("merged_into", sa.Text, comment=back))
    _note_merged_memberships()


def _note_merged_memberships() -> None:
    """Memberships that ended as their trial was merged; until now only the trial said so."""
    trials = sa.table("trials", sa.column("key"), sa.column("merged_into"))
    memberships = sa.table("memberships", sa.column("trial"), sa.column("ended_at"), sa.column("merged_into"))
    into = sa.select(trials.c.merged_into).where(trials.c.key == memberships.c.trial).scalar_subquery()
    merged = sa.select(trials.c.key).where(trials.c.merged_into.is_not(None))
    op.execute(
        sa.update(memberships)
        .where(memberships.c.ended_at.is_not(None), memberships.c.trial.in_(merged))
        .values(merged_into=into)
    )
