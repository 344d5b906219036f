"""A registry's own index of a record's versions is kept beside the versions themselves.

Why: one request a trial tells when each version was submitted, its status and what it touched, long before all are fetched.
"""

import sqlalchemy as sa

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "histories",
        sa.Column("trial", sa.Text(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("original", sa.Text(), nullable=False, comment="what the index tells of the first version, as JSON"),
        sa.ForeignKeyConstraint(["trial"], ["trials.key"], name=op.f("fk_histories_trial_trials")),
        sa.PrimaryKeyConstraint("trial", name=op.f("pk_histories")),
        comment="trials whose index of versions was read from their registry",
    )
    op.create_table(
        "registry_versions",
        sa.Column("trial", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recruitment_status", sa.Text(), nullable=True),
        sa.Column("said", sa.Text(), server_default="", nullable=False),
        sa.Column("touched", sa.Text(), server_default="[]", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["trial"], ["histories.trial"], name=op.f("fk_registry_versions_trial_histories"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("trial", "number", name=op.f("pk_registry_versions")),
        comment="every version of a record that its registry lists, whether its bytes are here or not",
        sqlite_with_rowid=False,
    )
