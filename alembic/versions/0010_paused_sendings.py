"""Readers can stop a series of messages: which are stopped, and which series a message belongs to."""

import sqlalchemy as sa

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "paused_sendings",
        sa.Column("sending", sa.Text(), nullable=False, comment="the series of messages, as JSON"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True, comment="when it was taken up again"),
        sa.PrimaryKeyConstraint("sending", name=op.f("pk_paused_sendings")),
    )
    op.add_column(
        "messages",
        sa.Column("sending", sa.Text(), nullable=True, comment="the series of messages that it belongs to, as JSON"),
    )
