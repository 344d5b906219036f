"""Trials remember what was said of them once and needs a second answer; memberships that a merge ended can come back.

Why: a registry that names a number as another trial's former one for a day, or serves older data, must not end the following
of a trial or tell what did not happen.
"""

from typing import Literal

import sqlalchemy as sa

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite adds no column in the words of the code, PostgreSQL makes no table anew that others point to.
    anew: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    apart = "by hand: it was not merged into this trial, whatever the registry says"
    claim = "what an answer said that needs a second one to be believed"
    stated = "the registry's date of its data that the last answer itself stated"
    back = "ended because its trial was merged into this one: it comes back if that is undone"
    with op.batch_alter_table("trials", recreate=anew) as batch:
        batch.alter_column("error", existing_type=sa.Text(), existing_nullable=False, server_default="")  # as it was
        batch.add_column(sa.Column("kept_apart_from", sa.Text, comment=apart))
        batch.add_column(sa.Column("claim", sa.Text, comment=claim))
        batch.add_column(sa.Column("claimed_at", sa.DateTime(timezone=True)))
        batch.add_column(sa.Column("claim_data_timestamp", sa.Text))
        batch.add_column(sa.Column("data_version", sa.Text, comment=stated))
    with op.batch_alter_table("checks", recreate=anew) as batch:
        batch.alter_column("error", existing_type=sa.Text(), existing_nullable=False, server_default="")  # as it was
        batch.add_column(sa.Column("claim", sa.Text))
        batch.add_column(sa.Column("data_version", sa.Text))
    with op.batch_alter_table("memberships", recreate=anew) as batch:
        batch.add_column(sa.Column("merged_into", sa.Text, comment=back))
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
