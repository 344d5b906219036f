"""The daemon's jobs and when each is due: pure, so that a year of it can be played in a second."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal

from apscheduler.triggers.cron import CronTrigger

from tracker.config import Schedule
from tracker.model.upkeep import Due

Job = Literal["sync", "deliver"]

JOBS: tuple[Job, ...] = ("sync", "deliver")
"""In the order in which they are done when several are due."""

DELIVER_EVERY = timedelta(minutes=1)


def name_of(job: Job) -> str:
    """The job's name in the schedule table."""
    return f"daemon:{job}"


def due_now(dues: Mapping[Job, Due], now: datetime) -> list[Job]:
    """The jobs to do now. One never done is due at once; after a downtime each is due once, however long it was.

    A next time further off than its interval allows was left by a clock that ran ahead: that job is due too.
    """
    return [job for job in JOBS if _is_due(dues[job], now)]


def _is_due(due: Due, now: datetime) -> bool:
    if due.next_at is None or due.last_at is None:
        return True
    return due.next_at <= now or due.last_at > now


def next_at(job: Job, schedule: Schedule, now: datetime) -> datetime:
    """When a job that was done at ``now`` is due again."""
    match job:
        case "deliver":
            return now + DELIVER_EVERY
        case "sync":
            if schedule.every is not None:
                return now + schedule.every
            trigger = CronTrigger.from_crontab(schedule.sync, timezone=UTC)
            found = trigger.get_next_fire_time(None, now)
            # A cron expression that never comes (31 February) leaves the daemon with its daily pass.
            return found.astimezone(UTC) if found and found > now else now + timedelta(days=1)
