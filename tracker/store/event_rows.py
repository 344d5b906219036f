"""Events to rows and back: what has a column is not said again beside it, and long texts are compressed."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, RowMapping, Select, case, func, null, select

from tracker.model.event import Event, EventColumns, EventPlace, brief_event, compact_event, stored_event, whole_event
from tracker.model.vocabulary import SEVERITIES, rank
from tracker.store import tables as t
from tracker.store.packing import THOROUGH, pack, unpacked_size, unzip

LONGEST = 1_000
"""Characters that are stored as they are, for SQL to look into; longer texts are compressed."""

_old, _new = t.snapshots.alias("old_version"), t.snapshots.alias("new_version")

_OWN = ("id", "kind", "trial", "severity", "cause", "origin", "detected_at", "effective_at", "story", "body", "packed")


@cache
def select_events(*, within: int | None = None, hashed: bool = True) -> Select[*tuple[Any, ...]]:
    """Events with all that `event_text` needs; further columns and conditions can be added.

    Of an event whose text is longer than ``within`` that is left out: body and packed are empty then. Without ``hashed`` the
    versions are not looked up.
    """
    own: dict[str, ColumnElement[Any]] = {name: t.events.c[name] for name in _OWN}
    if within is not None:
        own["body"] = case((func.length(own["body"]) <= within, own["body"]), else_="")
        own["packed"] = case((func.length(own["packed"]) <= within, own["packed"]), else_=None)
    columns = [column.label(f"event_{name}") for name, column in own.items()]
    if not hashed:
        return select(*columns, null().label("old_sha256"), null().label("new_sha256"))
    versions = t.events.outerjoin(_old, _old.c.id == t.events.c.old_snapshot)
    versions = versions.outerjoin(_new, _new.c.id == t.events.c.new_snapshot)
    return select(*columns, _old.c.sha256.label("old_sha256"), _new.c.sha256.label("new_sha256")).select_from(versions)


def columns_of(row: RowMapping) -> EventColumns:
    """What of the event of a row stands in columns."""
    return EventColumns(
        id=row["event_id"],
        kind=row["event_kind"],
        trial=row["event_trial"],
        severity=SEVERITIES[row["event_severity"]],
        cause=row["event_cause"],
        origin=row["event_origin"],
        detected_at=row["event_detected_at"],
        effective_at=row["event_effective_at"],
        story=row["event_story"],
        old_sha256=row["old_sha256"],
        new_sha256=row["new_sha256"],
    )


def place_of(row: Row[*tuple[Any, ...]], short: int) -> EventPlace:
    """Where the event of a row of `select_events` stands in the log; its text comes along up to ``short`` characters.

    Read by its places: a log has very many rows.
    """
    key, kind, trial, severity, cause, origin, detected_at, effective_at, story, body, packed, old, new = row
    if not body and (packed is None or unpacked_size(packed) > short):
        return EventPlace(key, effective_at, severity, story)
    columns = EventColumns(key, kind, trial, SEVERITIES[severity], cause, origin, detected_at, effective_at, story, old, new)
    text = body if packed is None else stored_body(body, packed, key)
    return EventPlace(key, effective_at, severity, story, columns, text)


def event_text(row: RowMapping) -> str:
    """The event of a row as text for `read_event`."""
    return whole_event(columns_of(row), stored_body(row["event_body"], row["event_packed"], row["event_id"]))


def event_of(row: RowMapping, brief: Collection[str] | None = None) -> Event:
    """The event of a row; ``brief`` as in `brief_event`."""
    columns, body = columns_of(row), stored_body(row["event_body"], row["event_packed"], row["event_id"])
    return stored_event(columns, body) if brief is None else brief_event(columns, body, brief)


def stored_body(body: str, packed: bytes | None, event: str) -> str:
    """What is stored of an event beside its columns."""
    return body if packed is None else unzip(packed, f"event {event}").decode()


def event_columns(event: Event) -> dict[str, object]:
    """The columns of an event that it is looked for by."""
    return {
        "id": event.id,
        "trial": event.trial,
        "kind": event.kind,
        "severity": rank(event.severity),
        "cause": event.cause,
        "origin": event.origin,
        "detected_at": event.detected_at,
        "effective_at": event.effective_at,
        "story": event.story,
    }


def body_columns(event: Event, old_sha256: str | None, new_sha256: str | None) -> dict[str, object]:
    """The columns that hold the rest of an event, whose versions have these hashes."""
    text = compact_event(event, old_sha256, new_sha256)
    if len(text) <= LONGEST:
        return {"body": text, "packed": None}
    return {"body": "", "packed": pack([text.encode()], level=THOROUGH)[0]}
