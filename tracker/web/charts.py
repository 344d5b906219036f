"""Charts as shapes: what moved over time, and how long each status lasted. Templates draw them as SVG, with a table behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

import msgspec

from tracker.model.dates import RegistryDate
from tracker.model.event import Event
from tracker.model.record import TrialRecord
from tracker.render import times

WIDTH, HEIGHT = 600, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 8, 8, 30, 56


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A value, since when it stood, and where it is drawn."""

    since: datetime
    shown: str
    value: float
    x: float = 0
    y: float = 0


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """How one value moved: ``path`` is the line, in steps."""

    title: str
    text: str
    points: tuple[Point, ...]
    path: str
    until: datetime


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """A status and how long it lasted; ``until`` None is today."""

    status: str
    since: datetime
    until: datetime | None
    days: int
    x: float
    width: float


def date_chart(
    title: str, field: str, kind: str, record: TrialRecord, events: Sequence[Event], until: datetime
) -> Chart | None:
    """How a planned date moved."""
    given = getattr(record, field)
    return _chart(title, _steps(field, kind, given, events, _day), events, until)


def enrollment_chart(record: TrialRecord, events: Sequence[Event], until: datetime) -> Chart | None:
    """How the number of participants moved."""
    steps = _steps("enrollment", "enrollment_changed", record.enrollment, events, _count)
    return _chart("Enrollment", steps, events, until)


def status_bands(record: TrialRecord, events: Sequence[Event], since: datetime, until: datetime) -> tuple[Band, ...]:
    """The recruitment statuses since a trial is followed, and the days in each."""
    steps = _steps("recruitment_status", "recruitment_status_changed", record.recruitment_status, events, _word)
    if not steps or until <= since:
        return ()
    begun = [(max(at, since) if at else since, shown) for at, shown, _ in steps]
    ends = [*(at for at, _ in begun[1:]), until]
    whole = (until - since) / timedelta(days=1) or 1
    bands = []
    for index, ((at, shown), end) in enumerate(zip(begun, ends, strict=True)):
        last = index == len(begun) - 1
        x, width = ((at - since) / timedelta(days=1)) / whole * WIDTH, ((end - at) / timedelta(days=1)) / whole * WIDTH
        days = max((end - at).days, 0)
        bands.append(
            Band(status=shown, since=at, until=None if last else end, days=days, x=round(x, 1), width=round(max(width, 2), 1))
        )
    return tuple(bands)


Read = Callable[[object], "tuple[str, float] | None"]
"""Makes of a JSON value what people read, and a number to draw it by."""

Step = tuple[datetime | None, str, float]
"""Since when (None for the beginning), the value for people, and the value as a number."""


def _steps(field: str, kind: str, now: object, events: Sequence[Event], read: Read) -> list[Step]:
    """The value at the beginning and after each event, from the events' own old and new values."""
    steps: list[Step] = []
    for event in events:
        if event.kind != kind:
            continue
        old, new = _sides(event, field, read)
        if not steps and old is not None:
            steps.append((None, *old))
        if new is not None and (not steps or steps[-1][1] != new[0]):
            steps.append((event.effective_at, *new))
    if not steps and (only := read(msgspec.to_builtins(now))) is not None:
        steps.append((None, *only))
    return steps


def _sides(event: Event, field: str, read: Read) -> tuple[tuple[str, float] | None, tuple[str, float] | None]:
    for change in event.changes:
        if change.path == (field,):
            return read(change.old), read(change.new)
    part = next((change for change in event.changes if change.path[0] == field and change.path[-1] in ("date", "count")), None)
    if part is None:
        return None, None
    return read({part.path[-1]: part.old}), read({part.path[-1]: part.new})


def _day(given: object) -> tuple[str, float] | None:
    text = given.get("date") if isinstance(given, dict) else None
    day = RegistryDate(text).first if isinstance(text, str) else None
    return (times.registry_day(str(text)), float(day.toordinal())) if day else None


def _count(given: object) -> tuple[str, float] | None:
    count = given.get("count") if isinstance(given, dict) else None
    return (f"{count:,}", float(count)) if isinstance(count, int) else None


def _word(given: object) -> tuple[str, float] | None:
    return (given, 0.0) if isinstance(given, str) else None


def _chart(title: str, steps: Sequence[Step], events: Sequence[Event], until: datetime) -> Chart | None:
    """The steps drawn over time; None for a value that never moved."""
    if len(steps) < 2:
        return None
    begin = min([event.effective_at for event in events] + [until])
    begin -= max((until - begin) / 12, timedelta(days=1))
    span = max((until - begin).total_seconds(), 1.0)
    values = [value for _, _, value in steps]
    low, high = min(values), max(values)
    scale = (high - low) or 1
    points = []
    for at, shown, value in steps:
        x = _LEFT + (((at or begin) - begin).total_seconds() / span) * (WIDTH - _LEFT - _RIGHT)
        y = HEIGHT - _BOTTOM - (value - low) / scale * (HEIGHT - _TOP - _BOTTOM)
        points.append(Point(since=at or begin, shown=shown, value=value, x=round(x, 1), y=round(y, 1)))
    path = f"M{points[0].x} {points[0].y}"
    for point in points[1:]:
        path += f"H{point.x}V{point.y}"
    many = "once" if len(steps) == 2 else f"{len(steps) - 1} times"
    text = f"{title} moved {many}: from {steps[0][1]} to {steps[-1][1]}."
    return Chart(title=title, text=text, points=tuple(points), path=f"{path}H{WIDTH - _RIGHT}", until=until)


def days_ahead(day: date, today: date) -> str:
    """How far a day is, in words."""
    days = (day - today).days
    if days == 0:
        return "today"
    many = f"{abs(days):,} day{'s' * (abs(days) != 1)}"
    return f"in {many}" if days > 0 else f"{many} ago"
