"""Series of messages that their readers have stopped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, update

from tracker.model.alert import Message
from tracker.model.watch import PausedSending, Sending
from tracker.store import rows
from tracker.store import tables as t
from tracker.store.database import Database, insert
from tracker.store.outbox import Reasoned, move, put, settle
from tracker.store.packing import to_json

STOPPED = "the sending was paused before it went out"


def pause(database: Database, sending: Sending, now: datetime, messages: Sequence[Message] = ()) -> bool:
    """Stop a series of messages: what of it waits, or was given up, is dropped.

    ``messages``, which say so, are put into the outbox.

    False, and nothing changes, where it is stopped already.
    """
    name = to_json(sending)
    with database.writing() as connection:
        new = insert(connection, t.paused_sendings).values(sending=name, since=now, until=None)
        again = new.on_conflict_do_update(
            index_elements=["sending"], set_={"since": now, "until": None}, where=t.paused_sendings.c.until.is_not(None)
        )
        if connection.scalar(again.returning(t.paused_sendings.c.sending)) is None:
            return False
        waiting = (t.messages.c.sending == name, t.messages.c.state.in_(("waiting", "failed")))
        for key in list(connection.scalars(select(t.messages.c.key).where(*waiting))):
            dropped = {"state": "dropped", "next_attempt_at": None, "last_error": STOPPED}
            connection.execute(update(t.messages).where(t.messages.c.key == key).values(dropped))
            settle(connection, key, "dropped", now, STOPPED)
        for message in messages:
            put(connection, message)
    return True


def resume(database: Database, sending: Sending, now: datetime, missed: Sequence[Reasoned] = ()) -> bool:
    """Take a series of messages up again, without the alerts of the meantime; False where it is not stopped."""
    statement = update(t.paused_sendings).where(
        t.paused_sendings.c.sending == to_json(sending), t.paused_sendings.c.until.is_(None)
    )
    with database.writing() as connection:
        if connection.execute(statement.values(until=now)).rowcount != 1:
            return False
        move(connection, missed, "dropped", now, None)
        return True


def paused(database: Database, resumed_after: datetime | None = None) -> list[PausedSending]:
    """The series that are stopped, and those that were taken up again after a time, by name."""
    columns = t.paused_sendings.c
    wanted: ColumnElement[bool] = columns.until.is_(None)
    if resumed_after is not None:
        wanted = or_(wanted, columns.until > resumed_after)
    with database.reading() as connection:
        found = [
            PausedSending(sending=rows.sending_decoder.decode(row.sending), since=row.since, until=row.until)
            for row in connection.execute(select(columns.sending, columns.since, columns.until).where(wanted))
        ]
    return sorted(found, key=lambda one: one.sending)
