"""Messages have attachments, and it is known when one was given up.

Why: what does not fit into the body of a mail goes along as a list, frozen with the message like its text. A channel that
takes messages again is told what was given up since it was last told so.
"""

import sqlalchemy as sa

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attachments",
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="zstd"),
        sa.ForeignKeyConstraint(["message"], ["messages.key"], name=op.f("fk_attachments_message_messages")),
        sa.PrimaryKeyConstraint("message", "name", name=op.f("pk_attachments")),
    )
    op.create_table(
        "given_up",
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message"], ["messages.key"], name=op.f("fk_given_up_message_messages")),
        sa.PrimaryKeyConstraint("message", name=op.f("pk_given_up")),
    )
