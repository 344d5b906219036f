"""The change log: accepted events and the stories they belong to."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, RowMapping, Select, and_, exists, or_, select, true

from tracker.model.event import Event, EventFilter, EventPlace, Story, read_event
from tracker.model.vocabulary import rank
from tracker.store import rows
from tracker.store import tables as t
from tracker.store.database import Database, chunks
from tracker.store.event_rows import event_of, event_text, place_of, select_events

FIRST_PAGE = 50
PAGE = 1_000
"""Events of the log read at once: few at first, since a page of the web shows few of them."""

SHORT = 4_000
"""Characters up to which an event comes along with its place; longer ones are read when their turn has come."""

MOMENTS = 40
"""Moments that are looked up at once: each is looked up for all trials of these."""

BODIES = 100
"""Events read at once: one holds everything that changed, which may be long."""


FEW_TRIALS = 50
"""Of so many trials the events are looked up trial by trial."""

EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
"""No event is older or later."""

_PLAIN = re.compile(r"[a-z0-9]+")
_HASH, _HEX = "sha256", frozenset("0123456789abcdef")


def events(database: Database, wanted: EventFilter) -> list[Event]:
    """Accepted events by ``effective_at``, then id."""
    statement = narrowed(select_events(), wanted)
    order = (t.events.c.effective_at, t.events.c.id)
    statement = statement.order_by(*(column.desc() for column in order))
    if not wanted.words:
        statement = statement.limit(wanted.limit)
    with database.reading() as connection:
        found = (event_text(row) for row in connection.execute(statement).mappings() if may_fit(row, wanted))
        latest = list(islice(found, wanted.limit))
    return [read_event(text) for text in reversed(latest)]


def event_places(
    database: Database, wanted: EventFilter, *, newest_first: bool = False, hashed: bool = True
) -> Iterator[EventPlace]:
    """Where accepted events stand in the log, by ``effective_at``, then id: page by page, the short ones with their text.

    Without ``hashed`` that does for brief events only: the hashes of their versions are not looked up.
    """
    at, key = t.events.c.effective_at, t.events.c.id
    order = (at.desc(), key.desc()) if newest_first else (at, key)
    columns = select_events(within=None if wanted.words else SHORT, hashed=hashed)
    if newest_first:  # a page of the web reads few: they are looked up in the order of time, not collected by trial and sorted
        statement = narrowed(columns, msgspec.structs.replace(wanted, watch=None))
        if wanted.watch is not None:
            statement = statement.where(exists().where(_heard_by(wanted.watch)))
    else:
        statement = narrowed(columns, wanted)
    if wanted.moments is not None:
        yield from _of_moments(database, statement, wanted, newest_first=newest_first)
        return
    statement = statement.order_by(*order)
    # A bound that is always kept is said, so that the planner takes the index of times.
    behind: ColumnElement[bool] = at <= LATEST if newest_first else at >= EARLIEST
    size = FIRST_PAGE
    while True:
        with database.reading() as connection:
            page = connection.execute(statement.where(behind).limit(size)).all()
        yield from _places(page, wanted)
        if len(page) < size:
            return
        # "At or after" is said beside it, so that the planner begins at this place in the index.
        last_at, last_id = page[-1].event_effective_at, page[-1].event_id
        size = min(2 * size, PAGE)
        if newest_first:
            behind = and_(at <= last_at, or_(at < last_at, key < last_id))
        else:
            behind = and_(at >= last_at, or_(at > last_at, key > last_id))


def _of_moments(
    database: Database, statement: Select[*tuple[Any, ...]], wanted: EventFilter, *, newest_first: bool
) -> Iterator[EventPlace]:
    """The places of the moments that are wanted: each is found by its trial and its time, some together."""
    moments = wanted.moments or frozenset()
    found: list[EventPlace] = []
    for some in chunks(sorted(moments), MOMENTS):
        at, trial = ({moment[place] for moment in some} for place in (0, 1))
        near = statement.where(t.events.c.effective_at.in_(at), t.events.c.trial.in_(trial))
        with database.reading() as connection:
            rows_ = connection.execute(near).all()
        there = set(some)
        found += _places([row for row in rows_ if (row.event_effective_at, row.event_trial) in there], wanted)
    yield from sorted(found, key=lambda place: (place.effective_at, place.id), reverse=newest_first)


def events_by_id(database: Database, ids: Iterable[str], *, brief: Collection[str] | None = None) -> Iterator[Event]:
    """Accepted events in the order asked for, read a few at a time; those that are not known are left out.

    ``brief`` as in `brief_event`.
    """
    for some in chunks(ids, BODIES):
        statement = select_events(hashed=brief is None).where(rows.is_logged(), t.events.c.id.in_(some))
        with database.reading() as connection:
            found = {row["event_id"]: event_of(row, brief) for row in connection.execute(statement).mappings()}
        yield from (found[key] for key in some if key in found)


def log(database: Database, wanted: EventFilter) -> Iterator[Event]:
    """Accepted events by ``effective_at``, then id, however many: read a few at a time."""
    for some in chunks(event_places(database, wanted), BODIES):
        found = {one.id: one for one in events_by_id(database, [place.id for place in some if place.columns is None])}
        for place in some:
            one = place.event() or found.get(place.id)
            if one is not None:
                yield one


def event(database: Database, event_id: str) -> Event | None:
    """An accepted event."""
    with database.reading() as connection:
        found = connection.execute(select_events().where(t.events.c.id == event_id, rows.is_logged()))
        row = found.mappings().one_or_none()
    return event_of(row) if row is not None else None


def past_events(
    database: Database, trials: Collection[str], kinds: Collection[str] | None = None
) -> dict[str, tuple[Event, ...]]:
    """Each trial's accepted events by ``effective_at``, for rules that look back; trials without any are left out."""
    past: dict[str, list[Event]] = {}
    with database.reading() as connection:
        for keys in chunks(sorted(trials)):
            statement = select_events().where(rows.is_logged(), t.events.c.trial.in_(keys))
            if kinds is not None:
                statement = statement.where(t.events.c.kind.in_(kinds))
            for row in connection.execute(statement.order_by(t.events.c.effective_at, t.events.c.id)).mappings():
                past.setdefault(row["event_trial"], []).append(event_of(row))
    return {trial: tuple(found) for trial, found in past.items()}


def stories(database: Database, ids: Collection[str]) -> dict[str, Story]:
    """Accepted stories by id."""
    found: dict[str, Story] = {}
    with database.reading() as connection:
        for some in chunks(sorted(ids)):
            statement = select(t.stories.c.id, t.stories.c.body).where(rows.is_told(), t.stories.c.id.in_(some))
            found.update((key, rows.stories_decoder.decode(body)) for key, body in connection.execute(statement).all())
    return found


def narrowed(statement: Select[*tuple[Any, ...]], wanted: EventFilter) -> Select[*tuple[Any, ...]]:
    """A statement about events, narrowed to the accepted ones that are wanted."""
    statement = statement.where(rows.is_logged(), *_conditions(wanted))
    if wanted.watch is None:
        return statement
    return statement.join(t.memberships, _heard_by(wanted.watch))


def _heard_by(watch: str) -> ColumnElement[bool]:
    """Whether a watch followed the trial of an event when that was detected."""
    return and_(
        t.memberships.c.trial == t.events.c.trial,
        t.memberships.c.watch == watch,
        t.events.c.detected_at >= t.memberships.c.joined_at,
        or_(t.memberships.c.ended_at.is_(None), t.events.c.detected_at <= t.memberships.c.ended_at),
    )


def moment_back(database: Database, places: int, *, until: datetime | None) -> datetime | None:
    """The moment of the event so many places back in the log, from ``until`` or from its end; None where there is none."""
    at = t.events.c.effective_at
    statement = select(at).where(rows.is_logged(), at < (until or LATEST)).order_by(at.desc()).offset(places).limit(1)
    with database.reading() as connection:
        return connection.scalar(statement)


def moment_on(database: Database, places: int, *, since: datetime | None) -> datetime | None:
    """The same for the event so many places on, from ``since`` or from the beginning."""
    at = t.events.c.effective_at
    statement = select(at).where(rows.is_logged(), at >= (since or EARLIEST)).order_by(at).offset(places).limit(1)
    with database.reading() as connection:
        return connection.scalar(statement)


def may_fit(row: RowMapping, wanted: EventFilter) -> bool:
    """What the conditions in SQL ask of the words of an event, asked of a compressed one."""
    if row["event_packed"] is None or not wanted.words:
        return True
    text = f"sha256:{event_text(row)}".lower()  # the hashes stand there without what they are
    return all(part in text for part in _parts(wanted))


def _places(page: Iterable[Row[*tuple[Any, ...]]], wanted: EventFilter) -> Iterator[EventPlace]:
    return (place_of(row, SHORT) for row in page if not wanted.words or may_fit(row._mapping, wanted))


def _has_effect(effect: str) -> ColumnElement[bool]:
    """Whether the plain values of an event say that it has this effect."""
    values = t.changed_values.c
    first = and_(values.run == t.events.c.run, values.event == t.events.c.id, values.position == 0)
    return exists().where(first, ("; " + values.effect + "; ").contains(f"; {effect}; ", autoescape=True))


def _holds(part: str) -> ColumnElement[bool]:
    """Whether the text of an event holds a part of a word: the body does not say what stands in columns."""
    if part in _HASH:
        return true()
    looked: list[ColumnElement[bool]] = [t.events.c.body.icontains(part), t.events.c.trial.icontains(part)]
    if not set(part) - _HEX:  # the versions are looked up for what can stand in a hash
        snapshots = t.snapshots.c
        for version in (t.events.c.old_snapshot, t.events.c.new_snapshot):
            looked.append(exists().where(snapshots.id == version, snapshots.sha256.icontains(part)))
    return or_(*looked)


def _parts(wanted: EventFilter) -> tuple[str, ...]:
    return tuple(part for word in wanted.words for part in _plain_parts(word))


def _plain_parts(word: str) -> list[str]:
    """What of a folded word stands in every spelling of it: letters with accents and ss (ß) have several."""
    return [part for whole in word.split("ss") for part in _PLAIN.findall(whole)]


def _conditions(wanted: EventFilter) -> list[ColumnElement[Any]]:
    conditions: list[ColumnElement[Any]] = [t.events.c.severity >= rank(wanted.min_severity)]
    if wanted.since is not None:
        conditions.append(t.events.c.effective_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(t.events.c.effective_at < wanted.until)
    if wanted.trials:
        # Many trials have more events than a page shows: the planner is kept from collecting and sorting them all.
        trial = t.events.c.trial if len(wanted.trials) <= FEW_TRIALS else t.events.c.trial.concat("")
        conditions.append(trial.in_(sorted(wanted.trials)))
    if wanted.kinds:
        conditions.append(t.events.c.kind.in_(sorted(wanted.kinds)))
    if wanted.sources:
        conditions.append(
            or_(*(t.events.c.trial.startswith(f"{source}:", autoescape=True) for source in sorted(wanted.sources)))
        )
    # Whole effects and public words are looked for by those who read the events: here stands what is quick to rule out.
    # Of what is compressed the effects stand in a plain column too, and words are left to `may_fit`.
    compressed = t.events.c.packed.is_not(None)
    for effect in wanted.effects if len(wanted.effects) == 1 else ():
        quoted = t.events.c.body.contains(f'"{effect}"', autoescape=True)
        conditions.append(or_(quoted, and_(compressed, _has_effect(effect))))
    conditions += [or_(compressed, _holds(part)) for part in _parts(wanted)]
    if wanted.run is not None:
        conditions.append(t.events.c.run == wanted.run)
    return conditions
