"""From ready alerts to messages on their way: cut what is due, then send what waits.

Cutting is one transaction a message, keyed so that it happens once; sending comes after, and "sent" is recorded after
sending. So a retry, a crash or an overlap of two deliveries neither loses nor repeats what is told.
"""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from tracker import log
from tracker.clock import Clock
from tracker.config import Settings
from tracker.config.settings import DAYS
from tracker.deliver import channels, plan
from tracker.deliver.channels import Sender
from tracker.deliver.compose import Composer
from tracker.errors import DeliveryError, LeaseHeldError, PermanentDeliveryError
from tracker.model.alert import Content, Message, MessageKind
from tracker.model.source import Source
from tracker.model.vocabulary import When
from tracker.model.watch import Channel
from tracker.render import mail, notices
from tracker.store import Store
from tracker.store.values import Lease, ReadyAlert

__all__ = ["Composer", "DeliveryReport", "Sent", "deliver", "make_message", "send_test"]

LEASE_FOR = timedelta(minutes=15)

logger = log.get(__name__)


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """One message that was tried: ``error`` is empty when its channel took it."""

    key: str
    channel: str
    kind: MessageKind
    subject: str
    error: str = ""
    given_up: bool = False


class DeliveryReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one delivery did. ``busy``: another process is delivering."""

    tried: tuple[Sent, ...] = ()
    busy: str = ""

    @property
    def sent(self) -> int:
        """How many messages their channels took."""
        return sum(not item.error for item in self.tried)

    @property
    def clean(self) -> bool:
        """Whether nothing that was due failed."""
        return not any(item.error for item in self.tried)


def deliver(
    settings: Settings,
    store: Store,
    sources: Mapping[str, Source],
    clock: Clock,
    *,
    send: Sender = channels.send,
) -> DeliveryReport:
    """Cut the messages that are due now and send all that wait."""
    holder = f"{socket.gethostname()}:{os.getpid()}"
    try:
        lease = store.acquire_lease("delivery", holder, clock(), LEASE_FOR)
    except LeaseHeldError as error:
        return DeliveryReport(busy=str(error))
    try:
        desk = _Desk(settings, store, sources, clock, lease)
        desk.cut_welcomes()
        desk.cut_immediate()
        desk.cut_digests()
        desk.cut_operator()
        return DeliveryReport(tried=tuple(_send_waiting(settings, store, clock, send)))
    finally:
        store.release_lease(lease, clock())


def make_message(settings: Settings, key: str, channel: str, kind: MessageKind, content: Content, now: datetime) -> Message:
    """An outbox entry; its Message-ID derives from its key, so that a repeated sending can be recognised."""
    return Message(
        key=key,
        channel=channel,
        kind=kind,
        subject=content.subject,
        text=content.text,
        html=content.html,
        message_id=mail.message_id(key, channels.mail_domain(settings)),
        created_at=now,
    )


def send_test(settings: Settings, channel: Channel, now: datetime) -> None:
    """Send a test message at once, past the outbox. Raises DeliveryError."""
    content = notices.test_message(channel.name, at=now, timezone=settings.digest.timezone)
    key = f"test:{channel.name}:{now.isoformat()}"
    channels.send(settings, channel, make_message(settings, key, channel.name, "test", content, now), (), now)


class _Desk:
    """Cuts messages: decides with `plan`, writes with `Composer`, keeps with the store."""

    def __init__(self, settings: Settings, store: Store, sources: Mapping[str, Source], clock: Clock, lease: Lease) -> None:
        self.settings, self.store, self.clock, self.lease = settings, store, clock, lease
        self.composer = Composer(settings, store, sources)

    def cut_welcomes(self) -> None:
        """The present of each watch, once, when its first trials were read."""
        for watch in self.settings.watches:
            for channel in sorted({send.to for send in watch.send}):
                key = f"welcome:{channel}:{watch.name}"
                content = None if self.store.message(key) else self.composer.welcome(watch, channel, self.clock())
                if content:
                    self._cut(key, channel, "welcome", content)

    def cut_immediate(self) -> None:
        """What is to be heard at once: one message a channel."""
        now = self.clock()
        ready = self.store.ready_alerts()
        told = self._told(ready)
        for letter in plan.immediate(ready, told, self.store.silences(now)):
            key = f"alert:{letter.channel}:{_hash(letter)}"
            content = self.composer.alert(letter.channel, letter.wanted, now) if letter.wanted else None
            self._settle(key, letter, "alert", content)

    def cut_digests(self) -> None:
        """Every digest that came due since it was last looked at; after a downtime one, not one a day."""
        for channel, cadences in plan.cadences(self.settings).items():
            for when in cadences:
                now = self.clock()
                due = plan.last_due(self.settings.digest, when, now)
                name = f"digest:{channel}:{when}"
                seen = self.store.due(name)
                if seen.last_at is None:
                    self.store.set_due(name, last_at=now, next_at=None)
                elif seen.last_at < due.at:
                    self._cut_digest(channel, when, due, seen.last_at)
                    self.store.set_due(name, last_at=due.at, next_at=None)

    def cut_operator(self) -> None:
        """One message for each run that is held."""
        channel = self.settings.operator.channel
        if channel is None:
            return
        for run in self.store.held_runs():
            key = f"operator:held:{run.id}"
            if self.store.message(key) is None:
                self._cut(key, channel, "operator", self.composer.held_run(run, channel, self.clock()))

    def _cut_digest(self, channel: str, when: When, due: plan.Due, since: datetime) -> None:
        now = self.clock()
        ready = self.store.ready_alerts(channel=channel)
        letter = plan.digest(channel, when, ready, self._told(ready).get(channel, ()), self.store.silences(now))
        watches = [w.name for w in self.settings.watches if any(send.to == channel and send.when == when for send in w.send)]
        notes = self.store.notes(watches)
        content = None
        if letter.wanted or notes or self._proof_of_life(when, due):
            content = self.composer.digest(
                channel, letter.wanted, now, cadence=when, notes=[note.text for note in notes], since=since
            )
        key = f"digest:{channel}:{when}:{due.day.isoformat()}"
        self._settle(key, letter, "digest", content, notes=tuple(note.id for note in notes))

    def _proof_of_life(self, when: When, due: plan.Due) -> bool:
        """Whether a digest without news is to say so: failures and silence must not look alike."""
        policy = self.settings.digest.when_empty
        weekly = DAYS[due.day.weekday()] == self.settings.digest.weekly_on
        return policy == "always" or (policy == "weekly" and (when == "weekly" or weekly))

    def _told(self, ready: list[ReadyAlert]) -> dict[str, set[str]]:
        return {channel: set(self.store.told_events(channel)) for channel in {item.alert.channel for item in ready}}

    def _settle(
        self, key: str, letter: plan.Letter, kind: MessageKind, content: Content | None, notes: tuple[int, ...] = ()
    ) -> None:
        """Cut the message, or only settle the alerts that need none."""
        superseded = [(alert, "the channel has heard of it already") for alert in letter.told]
        message = None
        if content is not None:
            message = make_message(self.settings, key, letter.channel, kind, content, self.clock())
            message = msgspec.structs.replace(message, events=tuple(letter.wanted))
        elif not letter.silenced and not superseded:
            return
        self.store.cut(
            message,
            letter.alerts,
            self.clock(),
            silenced=letter.silenced,
            superseded=superseded,
            notes=notes,
            lease=self.lease,
        )

    def _cut(self, key: str, channel: str, kind: MessageKind, content: Content) -> None:
        now = self.clock()
        self.store.cut(make_message(self.settings, key, channel, kind, content, now), (), now, lease=self.lease)


def _hash(letter: plan.Letter) -> str:
    return hashlib.sha256(" ".join(sorted(letter.wanted)).encode()).hexdigest()[:20]


def _send_waiting(settings: Settings, store: Store, clock: Clock, send: Sender) -> list[Sent]:
    """Try every message that is due; one dead channel does not keep the others waiting."""
    by_name = {channel.name: channel for channel in settings.channels}
    tried = []
    for message in store.due_messages(clock()):
        error = _try(settings, store, clock, send, by_name.get(message.channel), message)
        tried.append(
            Sent(
                key=message.key,
                channel=message.channel,
                kind=message.kind,
                subject=message.subject,
                error=str(error or ""),
                given_up=isinstance(error, PermanentDeliveryError),
            )
        )
    return tried


def _try(
    settings: Settings, store: Store, clock: Clock, send: Sender, channel: Channel | None, message: Message
) -> DeliveryError | None:
    try:
        if channel is None:
            raise PermanentDeliveryError(
                f'Channel "{message.channel}" is not in the configuration any more.',
                remedy="Add it again, or drop the message.",
            )
        events = [event for event in map(store.event, message.events) if event]
        send(settings, channel, message, events, clock())
    except PermanentDeliveryError as error:
        store.mark_failed(message.key, str(error), clock())
        logger.error(log.pairs("message_given_up", key=message.key, error=error))
        return error
    except DeliveryError as error:
        if message.attempts >= len(plan.BACK_OFF):
            given_up = PermanentDeliveryError(
                f"Given up after {message.attempts + 1} tries: {error.message}", remedy=error.remedy
            )
            store.mark_failed(message.key, str(given_up), clock())
            logger.error(log.pairs("message_given_up", key=message.key, error=error))
            return given_up
        store.mark_retry(message.key, str(error), clock() + plan.BACK_OFF[message.attempts])
        logger.warning(log.pairs("message_waits", key=message.key, error=error))
        return error
    store.mark_sent(message.key, clock())
    return None
