"""Alerts and messages.

An alert goes held -> ready -> in message -> sent, failed, dropped or silenced, and never back; only the alerts of a failed
message that is to be tried again are in a message again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, delete, func, literal_column, or_, select, true, update

from tracker.errors import LeaseLostError, StoreError
from tracker.model.alert import (
    Alert,
    AlertState,
    AlertTally,
    Attachment,
    Cut,
    Message,
    MessageKind,
    MessageState,
    OutboxView,
    ReadyAlert,
)
from tracker.model.upkeep import Lease
from tracker.model.vocabulary import When
from tracker.store import rows
from tracker.store import tables as t
from tracker.store.database import Database, chunks, insert
from tracker.store.event_rows import event_of, select_events
from tracker.store.packing import pack, to_json, unzip

_ALERT = tuple(Alert.__struct_fields__)

Reasoned = tuple[Alert, str]
"""An alert and why it is not sent."""

LONGEST_WAIT = timedelta(days=2)
"""No back-off between two tries of a message is longer."""

PAGE = 50
"""Messages read at once: a digest may be a hundred kilobytes."""

_UNKNOWN_END = "How the last try ended could not be recorded: the message may have arrived."


def ready_alerts(database: Database, channel: str | None = None, when: When | None = None) -> list[ReadyAlert]:
    """Alerts that wait for a message, by their events' ``effective_at``."""
    statement = (
        select_events()
        .add_columns(*(t.alerts.c[name] for name in _ALERT))
        .join(t.alerts, (t.events.c.run == t.alerts.c.run) & (t.events.c.id == t.alerts.c.event))
        .where(t.alerts.c.state == "ready", rows.alert_state() == "ready")
        .order_by(t.events.c.effective_at, t.events.c.id, t.alerts.c.id)
    )
    if channel is not None:
        statement = statement.where(t.alerts.c.channel == channel)
    if when is not None:
        statement = statement.where(t.alerts.c.when == when)
    with database.reading() as connection:
        return [
            ReadyAlert(alert=Alert(**{name: row[name] for name in _ALERT}), event=event_of(row))
            for row in connection.execute(statement).mappings()
        ]


def alerts_of(database: Database, events: Collection[str]) -> dict[str, tuple[Alert, ...]]:
    """The alerts of accepted events that were sent or wait to be, by event; those given up, dropped or silenced told nobody."""
    found: dict[str, list[Alert]] = {}
    with database.reading() as connection:
        for ids in chunks(sorted(events)):
            statement = select(*(t.alerts.c[name] for name in _ALERT)).where(
                t.alerts.c.event.in_(ids), rows.alert_state().in_(("ready", "in_message", "sent"))
            )
            for row in connection.execute(statement.order_by(t.alerts.c.id)).mappings():
                found.setdefault(row["event"], []).append(Alert(**{name: row[name] for name in _ALERT}))
    return {event: tuple(alerts) for event, alerts in found.items()}


def events_already_sent(database: Database, channel: str, *, of: str | None = None, but: Collection[str] = ()) -> set[str]:
    """Of the events that wait for this channel, those it has been told of already, for another watch or at another speed.

    Only what was told for the watch ``of`` counts, or for any watch ``but`` these.
    """
    told = t.alerts.alias("told")
    statement = (
        select(t.alerts.c.event)
        .join(told, (told.c.event == t.alerts.c.event) & (told.c.channel == t.alerts.c.channel))
        .where(t.WAITING, t.alerts.c.channel == channel, t.alerts.c.state == "ready")
        .where(told.c.state.in_(("in_message", "sent")))
        .where(true() if of is None else told.c.watch == of, told.c.watch.not_in(but))
    )
    with database.reading() as connection:
        return set(connection.scalars(statement))


def count_sent_immediately(
    database: Database, channel: str, since: datetime, until: datetime, *, of: str | None = None, but: Collection[str] = ()
) -> int:
    """How many events stand in the channel's immediate messages cut after ``since`` and not after ``until``.

    Only those for the watch ``of`` count, or for any watch ``but`` these. A message that still waits counts: it is ahead of
    any digest cut now. One given up or dropped told nobody.
    """
    statement = (
        select(func.count(t.alerts.c.event.distinct()))
        .join(t.messages, t.messages.c.key == t.alerts.c.message)
        .where(
            t.messages.c.channel == channel,
            t.messages.c.kind == "alert",
            t.messages.c.state.in_(("waiting", "sent")),
            t.messages.c.created_at > since,
            t.messages.c.created_at <= until,
            true() if of is None else t.alerts.c.watch == of,
            t.alerts.c.watch.not_in(but),
        )
    )
    with database.reading() as connection:
        return connection.execute(statement).scalar_one()


def cut(
    database: Database,
    message: Message | None,
    alerts: Sequence[Alert],
    now: datetime,
    *,
    silenced: Sequence[Reasoned] = (),
    superseded: Sequence[Reasoned] = (),
    notes: Sequence[int] = (),
    further: Sequence[Cut] = (),
    lease: Lease | None = None,
) -> bool:
    """Put a message into the outbox, and with it its alerts and notes; muted ones are silenced, the others' dropped.

    ``further`` are the numbered messages in which it is continued: all are put there, or none.

    False, and nothing changes, when a message of that key was cut before, or its series was stopped meanwhile. Without a
    message only the silenced and superseded alerts are settled. Raises LeaseLostError when an alert is no longer ready:
    someone else is delivering.
    """
    with database.writing(lease) as connection:
        if message is not None and (_is_paused(connection, message) or not put(connection, message)):
            return False
        key = message.key if message is not None else None
        move(connection, [(alert, "") for alert in alerts], "in_message", now, key)
        for one in further:
            put(connection, one.message)
            move(connection, [(alert, "") for alert in one.alerts], "in_message", now, one.message.key)
        move(connection, silenced, "silenced", now, None)
        move(connection, superseded, "dropped", now, None)
        if key is not None:
            connection.execute(update(t.notes).where(t.notes.c.id.in_(notes)).values(message=key))
    return True


def message(database: Database, key: str) -> Message | None:
    """A message, whatever became of it."""
    with database.reading() as connection:
        return _message(connection, key)


def attachments(database: Database, key: str) -> tuple[Attachment, ...]:
    """The attachments of a message, by name."""
    table = t.attachments
    statement = select(table.c.name, table.c.media_type, table.c.body).where(table.c.message == key).order_by(table.c.name)
    with database.reading() as connection:
        return tuple(
            Attachment(name=row.name, media_type=row.media_type, body=unzip(row.body, f"the list of message {key!r}"))
            for row in connection.execute(statement)
        )


def due_messages(database: Database, now: datetime) -> list[Message]:
    """Messages to try now, oldest first; also those that a clock that was ahead has put off beyond any back-off."""
    next_try = t.messages.c.next_attempt_at
    statement = (
        select(*rows.message_columns())
        .where(
            t.UNSENT, t.messages.c.state == "waiting", or_(next_try.is_(None), next_try <= now, next_try > now + LONGEST_WAIT)
        )
        .order_by(t.messages.c.created_at, t.messages.c.key)
    )
    with database.reading() as connection:
        return [rows.message(row) for row in connection.execute(statement).mappings()]


def begin_try(database: Database, key: str, next_attempt_at: datetime) -> bool:
    """The message is about to be sent: the try counts, and unless its end is recorded the next is at ``next_attempt_at``.

    False when it is not to be sent any more: its reader has stopped the series meanwhile.
    Called before each try. Where nothing can be written, nothing is sent; and where a disk is full just after sending, the
    message waits as after a failure and is not sent anew by every delivery.
    """
    with database.writing() as connection:
        begun = update(t.messages).where(t.messages.c.key == key, t.messages.c.state == "waiting")
        values = {"next_attempt_at": next_attempt_at, "last_error": _UNKNOWN_END, "attempts": t.messages.c.attempts + 1}
        return connection.execute(begun.values(values)).rowcount == 1


def mark_sent(database: Database, key: str, now: datetime) -> None:
    """The channel accepted the message: record it. Called after sending, never before; `settle_sent` does its alerts.

    One row: a digest of thousands of alerts needs no more of a full disk than another message.
    """
    with database.writing() as connection:
        _change(connection, key, state="sent", sent_at=now, next_attempt_at=None, last_error="")


def settle_sent(database: Database, now: datetime) -> None:
    """The alerts of messages that were sent are sent."""
    waiting = and_(t.WAITING, t.alerts.c.state == "in_message")
    sent = select(t.messages.c.key).where(t.messages.c.state == "sent", t.messages.c.key == t.alerts.c.message).exists()
    with database.writing() as connection:
        connection.execute(update(t.alerts).where(waiting, sent).values(state="sent", changed_at=now, reason=""))


def hurry(database: Database, now: datetime, *, channel: str, kind: MessageKind | None = None) -> None:
    """What waits for a channel between two tries is due now: the channel takes messages again."""
    where = [t.messages.c.channel == channel, t.messages.c.state == "waiting", t.messages.c.next_attempt_at > now]
    if kind is not None:
        where.append(t.messages.c.kind == kind)
    with database.writing() as connection:
        connection.execute(update(t.messages).where(*where).values(next_attempt_at=now))


def taken_since(database: Database, channel: str, since: datetime) -> bool:
    """Whether the channel has taken a message since then: it works, and what it refuses has the fault itself."""
    where = (t.messages.c.channel == channel, t.messages.c.state == "sent", t.messages.c.sent_at >= since)
    with database.reading() as connection:
        return connection.scalar(select(t.messages.c.key).where(*where).limit(1)) is not None


def given_up(database: Database, channel: str, since: datetime | None = None) -> list[Message]:
    """The channel's messages that were given up, after ``since``, and not sent or dropped by now; oldest first."""
    statement = (
        select(*rows.message_columns())
        .join(t.given_up, t.given_up.c.message == t.messages.c.key)
        .where(t.messages.c.channel == channel, t.messages.c.state == "failed")
        .order_by(t.messages.c.created_at, t.messages.c.key)
    )
    if since is not None:
        statement = statement.where(t.given_up.c.at > since)
    with database.reading() as connection:
        return [rows.message(row) for row in connection.execute(statement).mappings()]


def mark_retry(database: Database, key: str, error: str, next_attempt_at: datetime) -> None:
    """The channel could not take the message now: it waits until ``next_attempt_at``."""
    with database.writing() as connection:
        _change(connection, key, next_attempt_at=next_attempt_at, last_error=error)


def mark_failed(database: Database, key: str, error: str, now: datetime, *, report: Message | None = None) -> int:
    """The message is given up, and its alerts with it; returns how many in a row its channel has lost, this one included.

    A row ends when the channel takes a message. The first of a row puts ``report``, the word to the operator, into the
    outbox, unless it was put there before.
    """
    with database.writing() as connection:
        if _require(connection, key).state == "dropped":  # its reader stopped the series while it was being sent
            return 0
        _change(connection, key, state="failed", next_attempt_at=None, last_error=error)
        connection.execute(insert(connection, t.given_up).values(message=key, at=now).on_conflict_do_nothing())
        settle(connection, key, "failed", now, error)
        in_a_row = 1 + _given_up_beside(connection, key)
        if report is not None and in_a_row == 1:
            put(connection, report)
    return in_a_row


def retry(database: Database, key: str | None, now: datetime) -> int:
    """Let a message that failed or waits be tried at once, or all of them; returns how many. StoreError for an unknown key."""
    again = select(t.messages.c.key).where(t.UNSENT)
    with database.writing() as connection:
        if key is not None:
            _require(connection, key)
            again = again.where(t.messages.c.key == key)
        keys = list(connection.scalars(again))
        for some in chunks(keys):
            connection.execute(
                update(t.messages).where(t.messages.c.key.in_(some)).values(state="waiting", next_attempt_at=None, attempts=0)
            )
            connection.execute(delete(t.given_up).where(t.given_up.c.message.in_(some)))
            connection.execute(
                update(t.alerts)
                .where(t.alerts.c.message.in_(some), t.alerts.c.state == "failed")
                .values(state="in_message", reason="", changed_at=now)
            )
    return len(keys)


def drop(database: Database, key: str, reason: str, now: datetime) -> None:
    """Never send a message that failed or waits. Raises StoreError when there is none of that key or it was sent."""
    with database.writing() as connection:
        found = _require(connection, key)
        if found.state not in ("waiting", "failed"):
            raise StoreError(f"message {key!r} is {found.state}, it cannot be dropped any more.")
        _change(connection, key, state="dropped", next_attempt_at=None, last_error=reason)
        settle(connection, key, "dropped", now, reason)


def outbox(database: Database) -> OutboxView:
    """What has not been sent, and why: messages waiting or failed, and the alerts held or ready."""
    return OutboxView(messages=tuple(unsent_messages(database)), alerts=tuple(unsent_alerts(database)))


def unsent_messages(database: Database, after: str | None = None) -> Iterator[Message]:
    """Messages waiting or failed, oldest first, from behind the one with the key ``after`` on; read a few at a time."""
    order = (t.messages.c.created_at, t.messages.c.key)
    statement = select(*rows.message_columns()).where(t.UNSENT).order_by(*order)
    while True:
        with database.reading() as connection:
            page = [rows.message(row) for row in connection.execute(_behind(statement, after).limit(PAGE)).mappings()]
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1].key


def count_unsent(database: Database) -> dict[MessageState, int]:
    """How many messages wait, and how many were given up."""
    states: tuple[MessageState, ...] = ("waiting", "failed")
    statement = (
        select(t.messages.c.state, func.count().label("number"))
        .where(t.messages.c.state.in_(states))
        .group_by(t.messages.c.state)
    )
    with database.reading() as connection:
        counts = {row.state: row.number for row in connection.execute(statement)}
    return {name: counts.get(name, 0) for name in states}


def unsent_alerts(database: Database) -> list[AlertTally]:
    """The alerts that are in no message yet, counted by watch, channel, state and reason."""
    state = rows.alert_state().label("state")
    dropped = select(t.runs.c.id).where(t.runs.c.accepting.is_not(None), t.runs.c.accepting == "dropping")
    by = (t.alerts.c.channel, t.alerts.c.watch, t.alerts.c.when, state, t.alerts.c.reason)
    tally = (
        select(*by, func.count().label("count"))
        .where(t.WAITING, t.alerts.c.state.in_(("held", "ready")), t.alerts.c.run.not_in(dropped))
        .group_by(*by)
        .order_by(*by)
    )
    with database.reading() as connection:
        return [AlertTally(**row) for row in connection.execute(tally).mappings()]


def _behind(statement: Select[*tuple[Any, ...]], after: str | None) -> Select[*tuple[Any, ...]]:
    """Messages later than one; all of them when none is given or it is gone, for a cursor may outlive its message."""
    if after is None:
        return statement
    made = select(t.messages.c.created_at).where(t.messages.c.key == after).scalar_subquery()
    later = or_(t.messages.c.created_at > made, and_(t.messages.c.created_at == made, t.messages.c.key > after))
    return statement.where(or_(made.is_(None), later))


def _message(connection: Connection, key: str) -> Message | None:
    statement = select(*rows.message_columns()).where(t.messages.c.key == key)
    row = connection.execute(statement).mappings().one_or_none()
    return rows.message(row) if row is not None else None


def _is_paused(connection: Connection, message: Message) -> bool:
    if message.sending is None:
        return False
    stopped = t.paused_sendings.c.sending == to_json(message.sending), t.paused_sendings.c.until.is_(None)
    return connection.scalar(select(t.paused_sendings.c.sending).where(*stopped)) is not None


def put(connection: Connection, message: Message) -> bool:
    """Put a message into the outbox; False when one of that key was there before."""
    values = {name: getattr(message, name) for name in rows.MESSAGE} | {
        "events": to_json(message.events),
        "sending": to_json(message.sending) if message.sending else None,
    }
    statement = insert(connection, t.messages).values(values).on_conflict_do_nothing().returning(t.messages.c.key)
    new = connection.scalar(statement) is not None
    bodies = pack(one.body for one in message.attachments) if new else []
    for one, body in zip(message.attachments, bodies, strict=False):
        named = {"message": message.key, "name": one.name, "media_type": one.media_type}
        connection.execute(t.attachments.insert().values(body=body, **named))
    return new


def _given_up_beside(connection: Connection, key: str) -> int:
    """How many other messages of the same channel were cut since it took one, and given up."""
    channel = select(t.messages.c.channel).where(t.messages.c.key == key).scalar_subquery()
    taken = t.messages.alias("taken")
    last = select(func.max(taken.c.sent_at)).where(taken.c.state == "sent", taken.c.channel == channel).scalar_subquery()
    statement = select(func.count()).where(
        t.messages.c.state == "failed",
        t.messages.c.channel == channel,
        t.messages.c.key != key,
        or_(last.is_(None), t.messages.c.created_at > last),
    )
    return connection.execute(statement).scalar_one()


def _require(connection: Connection, key: str) -> Message:
    found = _message(connection, key)
    if found is None:
        raise StoreError(f"there is no message {key!r}.", remedy="`tracker outbox` lists them.")
    return found


def _change(connection: Connection, key: str, **values: object) -> None:
    if connection.execute(update(t.messages).where(t.messages.c.key == key).values(**values)).rowcount != 1:
        raise StoreError(f"there is no message {key!r}.", remedy="`tracker outbox` lists them.")


def settle(connection: Connection, key: str, state: AlertState, now: datetime, reason: str) -> None:
    """What becomes of a message's alerts."""
    connection.execute(update(t.alerts).where(t.alerts.c.message == key).values(state=state, changed_at=now, reason=reason))


def move(connection: Connection, alerts: Iterable[Reasoned], state: AlertState, now: datetime, key: str | None) -> None:
    """Move ready alerts on; each must still be ready.

    "Not held" is said in words for the planner: it is how it knows that their unique index finds each alert at once. By
    its state and channel alone it would look through all that is ready, for each.
    """
    moves = [
        {"its_event": alert.event, "its_watch": alert.watch, "its_channel": alert.channel, "its_reason": reason}
        for alert, reason in alerts
    ]
    if not moves:
        return
    where = (
        t.alerts.c.event == bindparam("its_event"),
        t.alerts.c.watch == bindparam("its_watch"),
        t.alerts.c.channel == bindparam("its_channel"),
        t.alerts.c.state == "ready",
        t.alerts.c.state != literal_column("'held'"),
    )
    statement = update(t.alerts).where(*where)
    moved = connection.execute(
        statement.values(state=state, changed_at=now, message=key, reason=bindparam("its_reason")), moves
    )
    if moved.rowcount != len(moves):
        raise LeaseLostError("some of these alerts are no longer ready: another process is delivering; nothing was written.")
