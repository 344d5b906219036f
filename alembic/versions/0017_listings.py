"""What is remembered of a watch's search is remembered for each registry that it is asked of.

Why: a second registry that lists the trials of the same search has a first listing, joins, leaves and failures of its own. What
was listed so far was listed by ClinicalTrials.gov.
"""

import sqlalchemy as sa

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "listings",
        sa.Column("watch", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, comment="of the search that was last listed to its end"),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["watch"], ["watches.name"], name=op.f("fk_listings_watch_watches")),
        sa.PrimaryKeyConstraint("watch", "source", name=op.f("pk_listings")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO listings (watch, source, digest, completed_at) "
        "SELECT name, 'ctgov', listing_digest, last_complete_listing_at FROM watches "
        "WHERE listing_digest IS NOT NULL AND last_complete_listing_at IS NOT NULL"
    )
    op.drop_column("watches", "listing_digest")
    op.drop_column("watches", "last_complete_listing_at")
    op.execute("UPDATE conditions SET name = 'search:ctgov:' || substr(name, 8) WHERE name LIKE 'search:%'")
