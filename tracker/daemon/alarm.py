"""APScheduler's clock made proof against ours being set: it would sleep a day away, or count up each second of a year."""

from __future__ import annotations

from datetime import datetime, timedelta

from apscheduler.schedulers.base import BaseScheduler
from apscheduler.triggers.base import BaseTrigger

FAR_AHEAD = timedelta(minutes=5)
"""No alarm is set as far ahead: one that is was set before the clock was put back."""


class Every(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """At once, and then ``seconds`` after the last time that was due, however many were missed meanwhile.

    APScheduler's own interval makes a list of all that were missed: six million after a clock was a year behind.
    """

    def __init__(self, seconds: float) -> None:
        self._step = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """When the alarm rings next."""
        return now if previous_fire_time is None else now + self._step


def set_anew(scheduler: BaseScheduler, now: datetime) -> None:
    """Let alarms that a clock now put back has left far ahead ring at once."""
    for job in scheduler.get_jobs():
        if job.next_run_time is not None and job.next_run_time - now > FAR_AHEAD:
            job.modify(next_run_time=now)
