"""Which watch wants which event on which channel: a pure decision, with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from tracker.model.alert import Alert
from tracker.model.details import CountriesDetails, NearbyDetails, RecruitmentStatusDetails, WatchDetails
from tracker.model.event import Event
from tracker.model.record import TrialRecord
from tracker.model.vocabulary import When, rank
from tracker.model.watch import Send, Silence, Watch
from tracker.text.about import concerns

_FORMERLY_PART_OF = {"countries_changed": "sites_changed"}
"""Kinds that were part of another: a watch that names that one still hears of them."""
UNLESS_NAMED = frozenset({"record_updated"})
"""Kinds that only those watches hear of that name them."""

_TOLD = frozenset({"in_message", "sent"})
_SOONEST: tuple[When, ...] = ("immediate", "daily", "weekly")


def route(
    event: Event, watches: Mapping[str, Watch], joined: Mapping[str, datetime], record: TrialRecord | None = None
) -> list[Alert]:
    """The alerts of one event; ``joined`` says since when each watch follows the trial, ``record`` is the trial's, if known.

    A watch hears of events after it joined, of the kinds and with the words it asks for, from each send's severity on.
    Several sends of a watch to one channel become one alert, the soonest. An event that belongs to some watches only (a
    search entered, a site near a place) names them in its details; what a page only repeats after its registry goes to nobody.
    """
    if event.details.echo_of is not None:
        return []
    alerts = []
    for name, since in joined.items():
        watch = watches.get(name)
        if watch is None or event.detected_at < since or not _asked_for(event, watch):
            continue
        if not concerns(watch.about, event, record):
            continue
        for channel in sorted({send.to for send in watch.send}):
            sends = [send for send in watch.send if send.to == channel and _weighty(event, watch, send)]
            if sends:
                when = min((send.when for send in sends), key=_SOONEST.index)
                alerts.append(Alert(event=event.id, watch=name, channel=channel, when=when))
    return alerts


def told(of_events: Mapping[str, Sequence[Alert]]) -> frozenset[str]:
    """The events, given with their alerts, that anybody was sent a message of."""
    return frozenset(event for event, found in of_events.items() if any(alert.state in _TOLD for alert in found))


def follow(
    event: Event, routed: Iterable[Alert], of_events: Mapping[str, Sequence[Alert]], watches: Mapping[str, Watch]
) -> list[Alert]:
    """Alerts of an event that takes others back, for those who hear of these: what is no longer so must not stand alone.

    ``routed`` are the alerts that it has by itself.
    """
    back = event.details.changed_back
    if back is None:
        return []
    has = {(alert.watch, alert.channel) for alert in routed if alert.event == event.id}
    found: dict[tuple[str, str], Alert] = {}
    for alert in (alert for taken in back.events for alert in of_events.get(taken, ())):
        hearer = (alert.watch, alert.channel)
        if hearer not in has and alert.watch in watches:
            found.setdefault(hearer, Alert(event=event.id, watch=alert.watch, channel=alert.channel, when=alert.when))
    return list(found.values())


def _asked_for(event: Event, watch: Watch) -> bool:
    if event.kind in UNLESS_NAMED and event.kind not in watch.kinds:
        return False
    if watch.kinds and not watch.kinds.intersection(_kinds_of(event)):
        return False
    match event.details:
        case WatchDetails(watch=str(name)):
            return name == watch.name
        case NearbyDetails(near=sites):
            return any(site.watch == watch.name for site in sites)
        case _:
            return True


def _kinds_of(event: Event) -> tuple[str, ...]:
    """The kinds that an event answers to: a stop tells its reason, so it is for those, too, who ask for reasons."""
    match event.details:
        case RecruitmentStatusDetails(why_stopped=str()):
            return event.kind, "why_stopped_changed"
        case _:
            return event.kind, _FORMERLY_PART_OF.get(event.kind, event.kind)


def _weighty(event: Event, watch: Watch, send: Send) -> bool:
    """Whether an event weighs enough for a send of this watch; some events are major for the watches they concern only."""
    weight = rank(event.severity)
    match event.details:
        case CountriesDetails(watches=concerned) if concerned and watch.name not in concerned:
            weight = min(weight, rank("notable"))
        case NearbyDetails(lesser_for=lesser) if watch.name in lesser:
            weight = min(weight, rank("notable"))
    return weight >= rank(send.min_severity)


def silenced_by(event: Event, watch: str, silences: Iterable[Silence]) -> Silence | None:
    """The silence that mutes an event for a watch, if any: every part that the silence names must match."""
    for silence in silences:
        named = (silence.trial, silence.watch, silence.kind)
        if all(part in (None, value) for part, value in zip(named, (event.trial, watch, event.kind), strict=True)):
            return silence
    return None
