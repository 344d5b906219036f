"""What the operator is told of delivery and sources: a message given up, recipients refused, trouble that began or ended."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime

from tracker.config import Settings
from tracker.model.alert import Content, Message
from tracker.model.upkeep import Incident
from tracker.render import notices, times


def given_up(settings: Settings, message: Message, channel: str, now: datetime) -> Content:
    """A message was given up: why, and what to do."""
    key = shlex.quote(message.key)
    return notices.operator(
        subject=f"A message to “{message.channel}” was given up",
        sentences=(
            f"Nobody has been sent “{message.subject}”.",
            message.last_error,
            "It is not tried again by itself. What it tells stays in the change log.",
        ),
        commands=(
            ("When the cause is mended, send it:", f"tracker outbox retry {key}"),
            ("If nobody needs it any more:", f"tracker outbox drop {key}"),
        ),
        channel=channel,
        at=now,
        timezone=settings.digest.timezone,
    )


def refused(settings: Settings, subject: str, to: str, refusals: Sequence[str], channel: str, now: datetime) -> Content:
    """A message reached only some recipients of the channel ``to``; ``refusals`` are sentences."""
    return notices.operator(
        subject=f"A message did not reach everybody on “{to}”",
        sentences=(
            *refusals,
            f"The other recipients have “{subject}”, so it is not sent again. Correct the addresses of the channel.",
        ),
        channel=channel,
        at=now,
        timezone=settings.digest.timezone,
    )


def condition(settings: Settings, given: Incident, channel: str, now: datetime) -> Content:
    """Something that lasts went wrong, or is well again."""
    what = given.message.partition(": ")[0].rstrip(".")
    began = times.moment(given.since, times.zone(settings.digest.timezone))
    if given.ended_at is None:
        return notices.operator(
            subject=what,
            sentences=(given.message, f"It began {began}. You hear again when it is over, not each time it is met."),
            channel=channel,
            at=now,
            timezone=settings.digest.timezone,
        )
    return notices.operator(
        subject=f"Over: {what}",
        sentences=(f"It had lasted since {began}.", f"It was: {given.message}"),
        channel=channel,
        at=now,
        timezone=settings.digest.timezone,
    )
