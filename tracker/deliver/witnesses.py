"""Alerts of a second witness: what a linked registry says again is told to nobody who was told it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tracker.alerts import silenced_by
from tracker.model.alert import Alert, ReadyAlert
from tracker.model.event import Event
from tracker.model.ids import registry_title, split_key
from tracker.model.vocabulary import When
from tracker.model.watch import Silence, Watch

_SOONEST: tuple[When, ...] = ("immediate", "daily", "weekly")

First = tuple[Event, Sequence[Alert]]
"""An event that told the news first, with its alerts that were sent or wait to be."""


def told_already(
    ready: ReadyAlert, firsts: Iterable[First], watches: Sequence[Watch], silences: Sequence[Silence]
) -> tuple[Alert, str] | None:
    """The alert, with the reason, where its reader has heard the news of a linked registry or hears it as soon."""
    for event, alerts in firsts:
        if any(_reaches(alert, event, ready.alert, watches, silences) for alert in alerts):
            source, number = split_key(event.trial)
            return ready.alert, f"second witness of {event.id}: {registry_title(source)} {number} told it first"
    return None


def _reaches(told: Alert, event: Event, waiting: Alert, watches: Sequence[Watch], silences: Sequence[Silence]) -> bool:
    if told.channel != waiting.channel or not _one_reader(told, waiting, watches):
        return False
    if told.state != "ready":
        return True
    return _SOONEST.index(told.when) <= _SOONEST.index(waiting.when) and not silenced_by(event, told.watch, silences)


def _one_reader(told: Alert, waiting: Alert, watches: Sequence[Watch]) -> bool:
    """Whether two alerts on a channel go to the same messages: a watch that sends apart from others has its own."""
    if told.watch == waiting.watch:
        return True
    apart = {watch.name for watch in watches for send in watch.send if send.separate and send.to == told.channel}
    return apart.isdisjoint({told.watch, waiting.watch})
