"""The ready views show a run from the moment on in which it counts, while its trials' rows are still being written.

Why: a day on which very many trials change is accepted without writing each of them in one transaction. The views are made
anew after each migration; no table changes.
"""

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The views alone are made anew."""
