"""Since when each machine has seen a lease unchanged.

Why: the clock of the machine that holds a lease may run ahead, so that the lease seems to run for another hour. Whoever wants
it judges it by its own clock: by how long nobody has renewed it.
"""

import sqlalchemy as sa

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lease_sightings",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("taker", sa.Text(), nullable=False, comment="the machine that would take the lease"),
        sa.Column("token", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, comment="by the holder's clock"),
        sa.Column(
            "seen_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="since when the taker has seen it unchanged, by its own clock",
        ),
        sa.PrimaryKeyConstraint("name", "taker", name=op.f("pk_lease_sightings")),
    )
