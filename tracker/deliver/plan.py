"""When a digest is due, and which alerts go into which message. Pure decisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from tracker.alerts import silenced_by
from tracker.config import Digest
from tracker.config.settings import DAYS
from tracker.model.alert import Alert, ReadyAlert
from tracker.model.event import Event
from tracker.model.vocabulary import When
from tracker.model.watch import Sending, Silence, Watch

BACK_OFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    timedelta(hours=12),
    *(timedelta(hours=24),) * 4,
)
"""Waits between the tries of one message; after the last of them it is given up and the operator hears of it.

Five days in all, as mail servers wait for each other: a server that dies on the eve of a long weekend costs no message.
"""

Cadences = Mapping[str, Sequence[When]]
"""Channel -> the digests it gets."""


class Subscription(NamedTuple):
    """A series of messages to one channel, each change in it once: of all its watches, or of the one ``watch`` alone."""

    channel: str
    watch: str = ""

    @property
    def name(self) -> str:
        """What keys of messages and times are made of."""
        return f"{self.channel}:{self.watch}" if self.watch else self.channel

    def sending(self, when: When) -> Sending:
        """Its messages of one speed, as their reader can stop them."""
        return Sending(channel=self.channel, when=when, watch=self.watch)


class MessagePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What goes into one message to one channel: events with the watches that wanted them, and the alerts it settles.

    ``silenced`` are muted alerts with the reason, ``repeated`` alerts of events the channel has been told of already.
    """

    channel: str
    wanted: Mapping[str, tuple[Event, tuple[str, ...]]]
    alerts: tuple[Alert, ...]
    silenced: tuple[tuple[Alert, str], ...] = ()
    repeated: tuple[Alert, ...] = ()

    def of_trials(self, trials: Collection[str]) -> MessagePlan:
        """What of it tells of these trials, without the alerts that nobody is told of."""
        wanted = {key: item for key, item in self.wanted.items() if item[0].trial in trials}
        alerts = tuple(alert for alert in self.alerts if alert.event in wanted)
        return MessagePlan(channel=self.channel, wanted=wanted, alerts=alerts)


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A digest's due date: ``day`` in the reader's time zone, ``at`` as an aware UTC instant."""

    day: date
    at: datetime


def last_due(settings: Digest, when: When, now: datetime) -> Due:
    """The latest due date at or before ``now``. Local days are counted, so clock changes neither double nor skip one."""
    zone = ZoneInfo(settings.timezone)
    days = {settings.weekly_on} if when == "weekly" else set(settings.days)
    day = now.astimezone(zone).date()
    while True:
        at = datetime.combine(day, settings.at, zone).astimezone(UTC)
        if DAYS[day.weekday()] in days and at <= now:
            return Due(day=day, at=at)
        day -= timedelta(days=1)


def subscriptions(watches: Iterable[Watch]) -> dict[Subscription, tuple[Watch, ...]]:
    """The series of messages there are, each with its watches, in their order.

    One ``separate`` counts for all sends of its watch to that channel.
    """
    found: dict[Subscription, tuple[Watch, ...]] = {}
    for watch in watches:
        for channel in sorted({send.to for send in watch.send}):
            alone = any(send.separate for send in watch.send if send.to == channel)
            name = Subscription(channel, watch.name if alone else "")
            found[name] = (*found.get(name, ()), watch)
    return dict(sorted(found.items()))


def of_subscription(ready: Iterable[ReadyAlert], channel: str, watches: Iterable[Watch]) -> list[ReadyAlert]:
    """The alerts that are for these watches' messages to a channel."""
    names = {watch.name for watch in watches}
    return [item for item in ready if item.alert.channel == channel and item.alert.watch in names]


def fastest(watch: Watch, channel: str) -> When:
    """How soon a watch tells a channel of anything: its welcome is part of that series."""
    order: tuple[When, ...] = ("immediate", "daily", "weekly")
    return min((send.when for send in watch.send if send.to == channel), key=order.index)


def cadences(watches: Iterable[Watch]) -> dict[str, list[When]]:
    """The digests each channel gets of these watches, daily before weekly; channels that get none are left out."""
    wanted: dict[str, set[When]] = defaultdict(set)
    for watch in watches:
        for send in watch.send:
            if send.when != "immediate":
                wanted[send.to].add(send.when)
    order: tuple[When, ...] = ("daily", "weekly")
    return {channel: [when for when in order if when in found] for channel, found in sorted(wanted.items())}


def immediate(
    ready: Sequence[ReadyAlert], sent: Mapping[str, Collection[str]], silences: Sequence[Silence]
) -> list[MessagePlan]:
    """One message for each channel that is to hear at once.

    Immediate wins, and a story is told whole: alerts of the same registry update ride along, for other watches of that
    channel and of lesser weight, so that no digest repeats a part of it. So do those of events that take a part of it
    back. Nothing rides along with an urgent alert that is silenced or was sent already: the rest waits for its digest.
    """
    urgent = [item for item in ready if item.alert.when == "immediate"]
    plans = [_plan(channel, items, sent.get(channel, ()), silences) for channel, items in _by_channel(urgent).items()]
    now = {(plan.channel, name) for plan in plans for event, _ in plan.wanted.values() for name in (event.story, event.id)}
    chosen = []
    for item in ready:  # oldest first: what takes an event back stands behind it
        rides_along = any((item.alert.channel, name) in now for name in _belongs_to(item.event))
        if rides_along:
            now.add((item.alert.channel, item.event.id))
        if rides_along or item.alert.when == "immediate":
            chosen.append(item)
    return [_plan(channel, items, sent.get(channel, ()), silences) for channel, items in _by_channel(chosen).items()]


def digest_plan(
    channel: str, when: When, ready: Sequence[ReadyAlert], sent: Collection[str], silences: Sequence[Silence]
) -> MessagePlan:
    """The message of one due digest: every ready alert of its cadence, whenever it was raised."""
    events = {item.alert.event for item in ready if item.alert.channel == channel and item.alert.when == when}
    chosen = [item for item in ready if item.alert.channel == channel and item.alert.event in events]
    return _plan(channel, chosen, sent, silences)


def forwarded(ready: Sequence[ReadyAlert], cadences: Cadences) -> list[ReadyAlert]:
    """The alerts; one raised for a digest that its channel no longer gets goes into the channel's next one.

    Where the channel gets no digest at all any more, it goes out at once. So an edited configuration loses nothing.
    """
    forwarded = []
    for item in ready:
        digests = cadences.get(item.alert.channel, ())
        if item.alert.when not in ("immediate", *digests):
            when = digests[0] if digests else "immediate"
            item = msgspec.structs.replace(item, alert=msgspec.structs.replace(item.alert, when=when))
        forwarded.append(item)
    return forwarded


def held_back(
    ready: Iterable[ReadyAlert], subscription: Subscription, digests: Sequence[When], paused: Mapping[Sending, datetime]
) -> tuple[list[ReadyAlert], list[tuple[Alert, str]]]:
    """The alerts of a subscription that go on their way, and those of which nobody is told, with the reason.

    What was to be told at once goes into a digest where its reader has stopped only the former.
    """
    kept: list[ReadyAlert] = []
    dropped: list[tuple[Alert, str]] = []
    still = [when for when in digests if subscription.sending(when) not in paused]
    for item in ready:
        since = paused.get(subscription.sending(item.alert.when))
        if since is None:
            kept.append(item)
        elif item.alert.when == "immediate" and still:
            kept.append(msgspec.structs.replace(item, alert=msgspec.structs.replace(item.alert, when=still[0])))
        else:
            dropped.append((item.alert, f"paused since {since:%Y-%m-%d}: `tracker resume` takes it up again"))
    return kept, dropped


def unwanted(ready: Iterable[ReadyAlert], watches: Iterable[Watch]) -> list[tuple[Alert, str]]:
    """Alerts of watches that no longer send to their channel at all, each with the reason why nobody is told."""
    wanted = {(watch.name, send.to) for watch in watches for send in watch.send}
    return [
        (item.alert, f'watch "{item.alert.watch}" no longer sends to "{item.alert.channel}"')
        for item in ready
        if (item.alert.watch, item.alert.channel) not in wanted
    ]


def _belongs_to(event: Event) -> tuple[str, ...]:
    """The story that an event is part of, and the events that it takes back: no message holds these without it."""
    back = event.details.changed_back
    return (event.story, *(back.events if back else ()))


def _by_channel(items: Iterable[ReadyAlert]) -> dict[str, list[ReadyAlert]]:
    grouped: dict[str, list[ReadyAlert]] = defaultdict(list)
    for item in items:
        grouped[item.alert.channel].append(item)
    return dict(sorted(grouped.items()))


def _plan(channel: str, items: Sequence[ReadyAlert], sent: Collection[str], silences: Sequence[Silence]) -> MessagePlan:
    wanted: dict[str, tuple[Event, tuple[str, ...]]] = {}
    settled, muted, repeated = [], [], []
    for item in items:
        silence = silenced_by(item.event, item.alert.watch, silences)
        if silence:
            muted.append((item.alert, f"silenced until {silence.until}" + (f": {silence.reason}" if silence.reason else "")))
        elif item.event.id in sent:
            repeated.append(item.alert)
        else:
            watches = wanted.get(item.event.id, (item.event, ()))[1]
            wanted[item.event.id] = (item.event, (*watches, item.alert.watch))
            settled.append(item.alert)
    return MessagePlan(channel=channel, wanted=wanted, alerts=tuple(settled), silenced=tuple(muted), repeated=tuple(repeated))
