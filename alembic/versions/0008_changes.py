"""What events changed, and what follows from current records, stands in plain columns.

Why: people ask the database in SQL, with Datasette, DuckDB or a notebook, and must not have to read JSON or compressed bytes.
The changed values of the events stored so far are written here; the next pass writes the plain columns of current records.
"""

from collections.abc import Iterator

import msgspec
import sqlalchemy as sa

from alembic import op
from tracker.model.event import read_event
from tracker.store.changed_values import changed_values
from tracker.store.columns import storable

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ROWS = 500
"""Events in memory at a time."""


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "changed_values",
        sa.Column("run", number, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("effect", sa.Text(), server_default="", nullable=False),
        sa.Column("path", sa.Text(), server_default="", nullable=False),
        sa.Column("old", sa.Text(), nullable=True),
        sa.Column("new", sa.Text(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=True, comment="how far a date moved, later positive"),
        sa.ForeignKeyConstraint(
            ["run", "event"], ["events.run", "events.id"], name=op.f("fk_changed_values_run_event_events"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run", "event", "position", name=op.f("pk_changed_values")),
        comment="the values that an event changed, in plain columns and without contact persons; they go with their event",
    )
    op.create_table(
        "present",
        sa.Column("trial", sa.Text(), nullable=False),
        sa.Column("snapshot", number, nullable=False, comment="the version that this was read from"),
        sa.Column("reader", sa.Text(), nullable=False, comment="the version of the program that read it"),
        sa.Column("kept", sa.Boolean(), nullable=False, comment="whether fields were read from an earlier version"),
        sa.Column("brief_title", sa.Text(), nullable=True),
        sa.Column("lead_sponsor", sa.Text(), nullable=True),
        sa.Column("recruitment_status", sa.Text(), nullable=True),
        sa.Column("results_state", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["trial"], ["trials.key"], name=op.f("fk_present_trial_trials")),
        sa.PrimaryKeyConstraint("trial", name=op.f("pk_present")),
        comment="plain columns of each trial's current record, for the views; derived, and made anew where it does not fit",
    )
    op.create_table(
        "due_dates",
        sa.Column("trial", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("effect", sa.Text(), server_default="", nullable=False),
        sa.Column("true_from", sa.Date(), nullable=True, comment="none while submitted results wait"),
        sa.Column("severity", sa.Integer(), nullable=False, comment="0 minor, 1 notable, 2 major"),
        sa.Column("rule", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["trial"], ["present.trial"], name=op.f("fk_due_dates_trial_present")),
        sa.PrimaryKeyConstraint("trial", "kind", "due", name=op.f("pk_due_dates")),
        comment="days that follow from a current record's dates; derived like the table present",
    )
    _fill()


def _fill() -> None:
    names = ("run", "event", "position", "effect", "path", "old", "new", "days")
    table = sa.table("changed_values", *(sa.column(name) for name in names))
    for page in _pages():
        rows = [
            {"run": run, "event": key, **{name: _stored(value) for name, value in row.items() if name in names}}
            for run, key, body in page
            for row in _values(body)
        ]
        op.get_bind().execute(sa.insert(table), rows)


def _values(body: str) -> list[dict[str, object]]:
    """The rows of an event; one that cannot be read, as after a defect long mended, has an empty one and stops nothing."""
    try:
        return changed_values(read_event(body))
    except (msgspec.ValidationError, msgspec.DecodeError):
        return [{"position": 0, "effect": "", "path": "", "old": None, "new": None, "days": None}]


def _stored(value: object) -> object:
    return storable(value) if isinstance(value, str) else value


def _pages() -> Iterator[list[tuple[int, str, str]]]:
    """The stored events by their key, some at a time."""
    table = sa.table("events", sa.column("run"), sa.column("id"), sa.column("body"))
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
