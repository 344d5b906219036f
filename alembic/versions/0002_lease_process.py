"""Leases say which process holds them.

Why: the lease of a process that was killed is free at once where its end can be seen, instead of running out.
"""

import sqlalchemy as sa

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    comment = "whose end frees the lease; empty when not known"
    with op.batch_alter_table("leases", recreate="always") as batch:
        column = sa.Column("process", sa.Text(), nullable=False, server_default="", comment=comment)
        batch.add_column(column, insert_after="holder")
