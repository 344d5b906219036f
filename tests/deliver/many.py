"""Many changes that wait for one channel, and what its messages tell of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

import msgspec

from tests.deliver.conftest import Office
from tests.store.builders import Pass, alert, baseline, check, event, snapshot, story
from tracker.config import Settings
from tracker.deliver import DeliveryReport, deliver
from tracker.errors import TransientDeliveryError
from tracker.model.alert import Message
from tracker.model.event import Event
from tracker.model.staging import StagedEvent
from tracker.model.vocabulary import Severity, When
from tracker.model.watch import Channel, Send, Watch
from tracker.store import Store

NCT = re.compile(r"NCT\d{8}")


def make_wait(store: Store, count: int, *, when: When, severity: Severity, channel: str = "me") -> list[str]:
    """One change in each of so many trials is accepted, and its alert is ready; returns the trials' numbers."""
    trials = [f"ctgov:NCT{number:08}" for number in range(1, count + 1)]
    baseline(store, trials[0], watches=(Watch(name="lupus", trials=tuple(trials[:1])),))
    run = Pass(store, 1)
    for start in range(0, count, 1000):
        some = list(enumerate(trials))[start : start + 1000]
        staged = [snapshot(trial, trial.encode(), run.now) for _, trial in some]
        run.stage(
            checks=tuple(check(trial, "changed", run.now) for _, trial in some),
            snapshots=tuple(staged),
            events=tuple(
                StagedEvent(event=event(f"e{number}", trial, run.now, severity=severity, story=f"s{number}"), new=kept.version)
                for (number, trial), kept in zip(some, staged, strict=True)
            ),
            stories=tuple(
                msgspec.structs.replace(story(f"s{number}", trial, (f"e{number}",)), severity=severity)
                for number, trial in some
            ),
            alerts=tuple(alert(f"e{number}", channel=channel, when=when) for number, _ in some),
        )
    run.accept()
    return [trial.partition(":")[2] for trial in trials]


def follow(office: Office, when: When, severity: Severity, **urls: str) -> Settings:
    """The office's settings with one watch that sends to "me"."""
    watch = Watch(name="lupus", send=(Send(to="me", when=when, min_severity=severity),))
    return msgspec.structs.replace(office.settings_with(**urls), watches=(watch,))


class Channels:
    """Takes messages, or from the message of a number on refuses them."""

    def __init__(self, takes: int | None = None) -> None:
        self.taken: list[Message] = []
        self.takes = takes

    def send(
        self, settings: Settings, channel: Channel, message: Message, events: Iterable[Event], now: datetime
    ) -> tuple[str, ...]:
        if message.kind == "welcome":
            return ()
        if self.takes is not None and len(self.taken) >= self.takes:
            raise TransientDeliveryError("Not now.")
        self.taken.append(message)
        return ()

    def deliver(self, office: Office) -> DeliveryReport:
        return deliver(office.settings, office.store, {}, lambda: office.now, send=self.send)

    def told(self) -> set[str]:
        """The trials that stand in what was taken: in text and HTML, or in both lists."""
        found: set[str] = set()
        for message in self.taken:
            found |= set(NCT.findall(message.text))
            if message.attachments:
                found |= set.intersection(*(set(NCT.findall(one.body.decode())) for one in message.attachments))
        return found


def trials_by_state(store: Store) -> dict[str, set[str]]:
    """The trials of all alerts, by the alerts' state."""
    from sqlalchemy import select

    from tracker.store import tables as t

    found: dict[str, set[str]] = {}
    joined = t.alerts.join(t.events, (t.events.c.run == t.alerts.c.run) & (t.events.c.id == t.alerts.c.event))
    with store.reading() as connection:
        for row in connection.execute(select(t.alerts.c.state, t.events.c.trial).select_from(joined)):
            found.setdefault(row.state, set()).add(row.trial.partition(":")[2])
    return found
