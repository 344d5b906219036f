"""What a list shows of each trial's current record is kept beside its plain columns.

Why: to list the present, each record was read from its stored bytes anew. The next pass writes what is missing here; until
then such a trial is read as before.
"""

from typing import Literal

import sqlalchemy as sa

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite adds no column in the words of the code, PostgreSQL makes no table anew that others point to.
    anew: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    comment = "what a list of the present shows of the record, as JSON"
    with op.batch_alter_table("present", recreate=anew) as batch:
        batch.add_column(sa.Column("shown", sa.Text(), nullable=True, comment=comment))
