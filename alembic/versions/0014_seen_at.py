"""When a current version was last seen stands with its trial, and so does what its bytes are known by.

Why: a pass over unchanged trials rewrote a row that holds a whole record for each of them, ten kilobytes a trial a day.
What the versions say so far stays: a trial knows a later time from the next pass on.
"""

import sqlalchemy as sa

from alembic import op

revision = "0014"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "trials",
        sa.Column(
            "seen_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the current version was last seen, if again after it was stored",
        ),
    )
    op.add_column(
        "trials",
        sa.Column(
            "fingerprint",
            sa.Text(),
            nullable=True,
            comment="hash of the served bytes last found to say what a version says, and of its digest",
        ),
    )
    op.add_column("checks", sa.Column("fingerprint", sa.Text(), nullable=True))
