"""Charts as shapes: what moved over time, and how long each status lasted. Templates draw them as SVG, with a table behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec

from tracker.model.dates import RegistryDate
from tracker.model.ledgers import DateMove, EnrollmentStep, StatusSpan
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
    """A status and how long it lasted; ``until`` None is today. ``at_least``: it may have begun before we know."""

    status: str
    since: datetime
    until: datetime | None
    days: int
    at_least: bool
    x: float
    width: float


Step = tuple[datetime, str, float]
"""Since when, the value for people, and the value as a number."""


def date_chart(title: str, field: str, slips: Sequence[DateMove], begin: datetime, until: datetime) -> Chart | None:
    """How a planned date moved."""
    moves = [one for one in slips if one.field == field]
    values = [(begin, moves[0].old), *((one.valid_from, one.new) for one in moves)] if moves else []
    read = [(at, RegistryDate(text)) for at, text in values]
    steps = [(at, times.registry_day(one.date), float(one.first.toordinal())) for at, one in read if one.first]
    return _chart(title, steps, begin, until)


def enrollment_chart(enrollment: Sequence[EnrollmentStep], begin: datetime, until: datetime) -> Chart | None:
    """How the number of participants moved."""
    steps: list[Step] = []
    for one in enrollment:
        if one.count is not None and (not steps or steps[-1][2] != one.count):
            steps.append((one.since, f"{one.count:,}", float(one.count)))
    return _chart("Enrollment", steps, begin, until)


def status_bands(statuses: Sequence[StatusSpan], until: datetime) -> tuple[Band, ...]:
    """The recruitment statuses as far as they are known, and the days in each."""
    if not statuses or until <= statuses[0].since:
        return ()
    begin = statuses[0].since
    whole = (until - begin) / timedelta(days=1)
    bands = []
    for one in statuses:
        days = max(one.days(until), 0.0)
        x, width = (one.since - begin) / timedelta(days=1) / whole * WIDTH, days / whole * WIDTH
        bands.append(
            Band(
                status=one.status,
                since=one.since,
                until=one.until,
                days=int(days),
                at_least=one.at_least,
                x=round(x, 1),
                width=round(max(width, 2), 1),
            )
        )
    return tuple(bands)


def _chart(title: str, steps: Sequence[Step], begin: datetime, until: datetime) -> Chart | None:
    """The steps drawn over time; None for a value that never moved."""
    if len(steps) < 2:
        return None
    begin = min(begin, steps[0][0])
    span = max((until - begin).total_seconds(), 1.0)
    values = [value for _, _, value in steps]
    low, high = min(values), max(values)
    scale = (high - low) or 1
    points = []
    for since, shown, value in steps:
        x = _LEFT + ((since - begin).total_seconds() / span) * (WIDTH - _LEFT - _RIGHT)
        y = HEIGHT - _BOTTOM - (value - low) / scale * (HEIGHT - _TOP - _BOTTOM)
        points.append(Point(since=since, shown=shown, value=value, x=round(x, 1), y=round(y, 1)))
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
