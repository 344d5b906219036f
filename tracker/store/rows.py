"""Rows to values. Nothing outside this folder sees a row."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, RowMapping, Select, and_, case, exists, func, or_, select

from tracker.model.alert import Message
from tracker.model.event import Story
from tracker.model.run import Run, RunCounts, Verdict
from tracker.model.snapshot import SnapshotMeta, TrackedTrial
from tracker.model.source import Validators
from tracker.model.watch import Sending
from tracker.store.tables import alerts, events, messages, runs, snapshots, stories, trials

stories_decoder = msgspec.json.Decoder(Story)
sending_decoder = msgspec.json.Decoder(Sending)
_counts = msgspec.json.Decoder(RunCounts)
_verdict = msgspec.json.Decoder(Verdict)
_names = msgspec.json.Decoder(tuple[str, ...])

_META = tuple(name for name in SnapshotMeta.__struct_fields__ if name != "kept")
_RUN = ("id", "source", "state", "started_at", "finished_at", "data_timestamp", "counts", "verdict", "error")
MESSAGE = tuple(name for name in Message.__struct_fields__ if name != "attachments")
"""The fields of a message that are columns of its row."""

UNNUMBERED = 2**31 - 1
"""Among versions of one moment those without a number of the registry come last."""

_TRIAL = tuple(name for name in TrackedTrial.__struct_fields__ if name not in ("validators", "current"))


@cache
def meta_columns() -> tuple[ColumnElement[Any], ...]:
    """The columns of a snapshot without its body, named so that they can stand beside those of its trial, which must be joined.

    What a pass writes for each unchanged trial stands in the trial's short row: rows of snapshots hold whole records.
    """
    again = and_(trials.c.current_snapshot == snapshots.c.id, trials.c.seen_at.is_not(None))
    own: dict[str, ColumnElement[Any]] = {name: snapshots.c[name] for name in _META}
    own["last_seen_at"] = case((again, trials.c.seen_at), else_=snapshots.c.last_seen_at)
    return tuple(column.label(f"snapshot_{name}") for name, column in own.items())


@cache
def is_accepted() -> ColumnElement[bool]:
    """Whether a snapshot is part of history: it is marked so, or its run counts and the mark is still being written."""
    return or_(snapshots.c.accepted, snapshots.c.run.in_(_settling()))


@cache
def current_version() -> ColumnElement[int | None]:
    """The current version of the trial of the surrounding statement: the one that stands in its row, or what took its place.

    A run that counts has made its versions current; it writes that into one trial's row after the other.
    """
    staged = snapshots.alias("settling")
    of_trial = (staged.c.trial == trials.c.key, staged.c.run.in_(_settling().where(runs.c.purpose == "sync")))
    newest = select(func.max(staged.c.id)).where(*of_trial).correlate(trials).scalar_subquery()
    # Asked once for all trials: mostly no run is being settled.
    return case((exists(_settling()), func.coalesce(newest, trials.c.current_snapshot)), else_=trials.c.current_snapshot)


@cache
def is_logged() -> ColumnElement[bool]:
    """Whether an event is part of the log: events of a run are marked before it counts, and are hidden until it does."""
    return and_(events.c.accepted, events.c.run.not_in(_deciding()))


@cache
def is_told() -> ColumnElement[bool]:
    """Whether a story is part of the log: the same of stories."""
    return and_(stories.c.accepted, stories.c.run.not_in(_deciding()))


@cache
def alert_state() -> ColumnElement[str]:
    """The state of an alert, which is held until its run counts."""
    return case((and_(alerts.c.state == "ready", alerts.c.run.in_(_deciding())), "held"), else_=alerts.c.state)


def _settling() -> Select[int]:
    """The runs that count and of which not everything is written."""
    return select(runs.c.id).where(runs.c.accepting.is_not(None), runs.c.state == "accepted")


def _deciding() -> Select[int]:
    """The runs that will count and do not yet, and such as will not."""
    return select(runs.c.id).where(runs.c.accepting.is_not(None), runs.c.state != "accepted")


def of_one_moment() -> tuple[ColumnElement[int], ColumnElement[int]]:
    """The order of versions that are valid from one moment: by the registry's own number, then as they were stored."""
    return func.coalesce(snapshots.c.registry_version, UNNUMBERED), snapshots.c.id


@cache
def select_versions() -> Select[*tuple[Any, ...]]:
    """Snapshots without their bodies."""
    return select(*meta_columns()).select_from(snapshots.join(trials, trials.c.key == snapshots.c.trial))


def meta(row: RowMapping) -> SnapshotMeta:
    """A snapshot without its body."""
    return SnapshotMeta(**{name: row[f"snapshot_{name}"] for name in _META})


def trial_columns() -> list[ColumnElement[Any]]:
    """The columns of a trial."""
    return [*(trials.c[name] for name in _TRIAL), trials.c.etag, trials.c.last_modified]


def followed(row: RowMapping) -> TrackedTrial:
    """A trial with its current snapshot, if it has one."""
    validators = None
    if row["etag"] is not None or row["last_modified"] is not None:
        validators = Validators(etag=row["etag"], last_modified=row["last_modified"])
    current = meta(row) if row["snapshot_id"] is not None else None
    return TrackedTrial(**{name: row[name] for name in _TRIAL}, validators=validators, current=current)


def run_columns() -> list[ColumnElement[Any]]:
    """The columns of a run that its value has."""
    return [runs.c[name] for name in _RUN]


def run(row: RowMapping) -> Run:
    """A run."""
    values = {name: row[name] for name in _RUN}
    return Run(**values | {"counts": _counts.decode(row["counts"]), "verdict": _verdict.decode(row["verdict"])})


def message_columns() -> list[ColumnElement[Any]]:
    """The columns of a message; its attachments are read by themselves."""
    return [messages.c[name] for name in MESSAGE]


def message(row: RowMapping) -> Message:
    """A message without its attachments."""
    values = {name: row[name] for name in MESSAGE}
    sending = None if row["sending"] is None else sending_decoder.decode(row["sending"])
    return Message(**values | {"events": _names.decode(row["events"]), "sending": sending})
