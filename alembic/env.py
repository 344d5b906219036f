"""How alembic reaches the database: by the connection that `tracker migrate` hands in, or by address when run by hand."""

from __future__ import annotations

from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from alembic import context
from tracker.store import search, views
from tracker.store.columns import UtcDateTime, Words
from tracker.store.database import WRITING, make_engine, parse_url
from tracker.store.partial_indexes import whole

config = context.config


def next_number(_context: MigrationContext, _revision: object, directives: list[MigrationScript]) -> None:
    """Number revisions 0001, 0002 ..., so that their order is in their names."""
    head = ScriptDirectory.from_config(config).get_current_head()
    directives[0].rev_id = f"{int(head or 0) + 1:04d}"


def plain_type(kind: str, item: object, _autogen_context: object) -> str | bool:
    """Write column types without the tracker's own classes: a revision must not change when these do."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Words):
        return "sa.Text()"
    return False


def compared(name: str | None, kind: str, _parents: object) -> bool:
    """Leave out what a search's words stand in: SQLAlchemy knows nothing of it."""
    return kind != "table" or not search.is_own(name or "")


def run(connection: Connection) -> None:
    """Run the revisions inside the transaction that is open on the connection."""
    context.configure(
        connection=connection,
        target_metadata=whole,
        render_as_batch=True,
        compare_type=True,
        compare_server_default=False,
        process_revision_directives=next_number,
        render_item=plain_type,
        include_name=compared,
    )
    views.drop(connection)  # neither database alters a table as long as a view reads it
    context.run_migrations()
    script = ScriptDirectory.from_config(config)
    if MigrationContext.configure(connection).get_current_revision() == script.get_current_head():
        views.create(connection)


def run_by_hand() -> None:
    """Open the database that ``-x url=`` or alembic.ini names."""
    url = context.get_x_argument(as_dictionary=True).get("url") or config.get_main_option("sqlalchemy.url")
    engine = make_engine(parse_url(str(url)), foreign_keys=False)
    with engine.connect().execution_options(**WRITING) as connection, connection.begin():
        run(connection)
    engine.dispose()


given = config.attributes.get("connection")
if given is not None:
    run(given)
else:
    run_by_hand()
