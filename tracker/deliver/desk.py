"""Cuts messages: decides with `plan`, writes with `Composer`, keeps with the store. Nothing is sent here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from tracker.clock import Clock
from tracker.config import Settings
from tracker.config.settings import DAYS
from tracker.deliver import plan, trouble
from tracker.deliver.compose import Composer, make_message
from tracker.deliver.courier import Sent
from tracker.model.alert import Content, MessageKind, ReadyAlert
from tracker.model.source import Source
from tracker.model.upkeep import Lease
from tracker.model.vocabulary import When
from tracker.store import Store

HELD = "held:"
"""How conditions begin that a held run's own message tells of, with more words."""


class Desk:
    """Turns what is due into messages in the outbox, each in one transaction under the delivery's lease."""

    def __init__(self, settings: Settings, store: Store, sources: Mapping[str, Source], clock: Clock, lease: Lease) -> None:
        self.settings, self.store, self.clock, self.lease = settings, store, clock, lease
        self.composer = Composer(settings, store, sources)

    def drop_unwanted(self) -> None:
        """Alerts that wait for a channel to which their watch no longer sends are dropped: nothing would ever take them."""
        unwanted = plan.unwanted(self.store.ready_alerts(), self.settings.watches)
        if unwanted:
            self.store.cut(None, (), self.clock(), superseded=unwanted, lease=self.lease)

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
        ready = plan.forwarded(self.store.ready_alerts(), plan.cadences(self.settings))
        told = self._told(ready)
        for letter in plan.immediate(ready, told, self.store.silences(now)):
            key = f"alert:{letter.channel}:{_hash(letter)}"
            content = self.composer.alert(letter.channel, letter.wanted, now) if letter.wanted else None
            self._settle(key, letter, "alert", content)

    def cut_digests(self) -> None:
        """Every digest that came due since it was last looked at; after a downtime one, not one a day."""
        cadences = plan.cadences(self.settings)
        for channel, its_own in cadences.items():
            for when in its_own:
                now = self.clock()
                due = plan.last_due(self.settings.digest, when, now)
                looked, written = f"digest:{channel}:{when}", f"written:{channel}:{when}"
                seen = self.store.due(looked)
                if seen.last_at is None or seen.last_at > now:  # never looked at, or by a clock that was ahead
                    self.store.set_due(looked, last_at=now, next_at=None)
                    self.store.set_due(written, last_at=now, next_at=None)
                elif seen.last_at < due.at:
                    # A digest speaks of the time since the last one that was written; a day without news may have none.
                    since = self.store.due(written).last_at or seen.last_at
                    if self._cut_digest(channel, when, cadences, due, since, now):
                        self.store.set_due(written, last_at=now, next_at=None)
                    self.store.set_due(looked, last_at=due.at, next_at=None)

    def cut_operator(self) -> None:
        """One message to the operator for each trouble that began or ended.

        A source whose runs are held night after night is one trouble, told with the numbers of the run held first.
        """
        channel, now = self.settings.operator.channel, self.clock()
        if channel is None:
            return
        held = {f"{HELD}{run.source}": run for run in self.store.held_runs()}
        for condition in self.store.incidents():
            if condition.ended_at is None and condition.told_begin_at is not None:
                continue
            phase = "began" if condition.ended_at is None else "ended"
            key = f"operator:{phase}:{condition.name}:{condition.since.isoformat()}"
            if phase == "began" and condition.name in held:
                content = self.composer.held_run(held[condition.name], channel, now)
            else:
                content = trouble.condition(self.settings, condition, channel, now)
            self._cut(key, channel, "operator", content)
            self.store.mark_incident_told(condition.name, now)

    def cut_refusals(self, tried: Iterable[Sent]) -> None:
        """One message to the operator for each that some recipients of its channel were refused."""
        channel = self.settings.operator.channel
        for item in tried:
            key = f"operator:refused:{item.key}"
            if channel and item.refused and item.kind != "operator":
                now = self.clock()
                content = trouble.refused(self.settings, item.subject, item.channel, item.refused, channel, now)
                self._cut(key, channel, "operator", content)

    def _cut_digest(
        self, channel: str, when: When, cadences: plan.Cadences, due: plan.Due, since: datetime, now: datetime
    ) -> bool:
        """Whether there was a digest to write."""
        ready = plan.forwarded(self.store.ready_alerts(channel=channel), cadences)
        letter = plan.digest(channel, when, ready, self._told(ready).get(channel, ()), self.store.silences(now))
        watches = [w.name for w in self.settings.watches if any(send.to == channel and send.when == when for send in w.send)]
        notes = self.store.notes(watches)
        content = None
        if letter.wanted or notes or self._proof_of_life(when, due):
            content = self.composer.digest(
                channel,
                letter.wanted,
                now,
                cadence=when,
                notes=[note.text for note in notes],
                since=since,
                told_at_once=self.store.count_sent_immediately(channel, since, now),
            )
        key = f"digest:{channel}:{when}:{due.day.isoformat()}"
        self._settle(key, letter, "digest", content, notes=tuple(note.id for note in notes))
        return content is not None

    def _proof_of_life(self, when: When, due: plan.Due) -> bool:
        """Whether a digest without news is to say so: failures and silence must not look alike."""
        policy = self.settings.digest.when_empty
        weekly = DAYS[due.day.weekday()] == self.settings.digest.weekly_on
        return policy == "always" or (policy == "weekly" and (when == "weekly" or weekly))

    def _told(self, ready: list[ReadyAlert]) -> dict[str, set[str]]:
        return {channel: self.store.events_already_sent(channel) for channel in {item.alert.channel for item in ready}}

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
