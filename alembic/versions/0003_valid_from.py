"""Versions say since when the registry shows them; events and stories hold no headlines.

Why: a version that is imported from a registry's own history was valid long before it was seen, and stands in the timeline
where it belongs. Headlines are made when they are shown, so that every surface says the same.
"""

from collections.abc import Iterator

import msgspec
import sqlalchemy as sa

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROWS = 1000
"""Events in memory at a time: a log may have millions of them."""


def upgrade() -> None:
    _add_valid_from()
    _drop_headlines("events")
    _drop_headlines("stories")


def _add_valid_from() -> None:
    connection = op.get_bind()
    comment = "since when the registry shows it, as far as known"
    op.add_column("snapshots", sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True, comment=comment))
    connection.execute(sa.text("UPDATE snapshots SET valid_from = first_seen_at"))
    numbered = connection.dialect.name == "sqlite"
    last = connection.scalar(sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'snapshots'")) if numbered else None
    with op.batch_alter_table("snapshots", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.drop_index("ix_snapshots_trial_first_seen_at")
        batch.alter_column("valid_from", existing_type=sa.DateTime(timezone=True), existing_comment=comment, nullable=False)
        batch.create_index("ix_snapshots_trial_valid_from", ["trial", "valid_from"], unique=False)
    if last is not None:
        # SQLite made the table anew: the numbers of versions that are gone must not be given again.
        connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = 'snapshots'"))
        connection.execute(sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES ('snapshots', :last)"), {"last": last})


def _drop_headlines(name: str) -> None:
    table = sa.table(name, sa.column("run"), sa.column("id"), sa.column("body"))
    rewrite = (
        sa.update(table)
        .where(table.c.run == sa.bindparam("its_run"), table.c.id == sa.bindparam("its_id"))
        .values(body=sa.bindparam("its_body"))
    )
    for rows in _pages(table):
        plain = []
        for run, key, text in rows:
            body = msgspec.json.decode(text)
            if body.pop("headline", None) is not None:
                plain.append({"its_run": run, "its_id": key, "its_body": msgspec.json.encode(body).decode()})
        if plain:
            op.get_bind().execute(rewrite, plain)


def _pages(table: sa.TableClause) -> Iterator[list[tuple[int, str, str]]]:
    """The rows by their key, some at a time."""
    last = (-1, "")
    while True:
        key = sa.tuple_(table.c.run, table.c.id)
        statement = sa.select(table.c.run, table.c.id, table.c.body).where(key > last).order_by(table.c.run, table.c.id)
        rows = [(row.run, row.id, row.body) for row in op.get_bind().execute(statement.limit(ROWS))]
        if rows:
            yield rows
        if len(rows) < ROWS:
            return
        last = rows[-1][:2]
