"""One pass as a whole: sync, note what is wrong or well again, deliver, and call the dead-man switch.

The one-shot command and the daemon both do this and nothing else; neither sync nor deliver knows of the other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from tracker import __version__
from tracker.archive import Archive
from tracker.clock import Clock
from tracker.config import Settings
from tracker.deliver import DeliveryReport, channels, deliver, operator_messages
from tracker.deliver.channels import Sender, ping
from tracker.deliver.operator_messages import DOUBTED, UNKNOWN
from tracker.detect.listing import may_list
from tracker.errors import StoppedError
from tracker.fetch import Fetcher, Waiting, tell_nobody, user_agent
from tracker.model.alert import Message
from tracker.model.event import Event
from tracker.model.ids import split_key
from tracker.model.source import Source
from tracker.model.upkeep import CANARY, Incident
from tracker.model.watch import Channel
from tracker.stopping import Ending, Stop
from tracker.store import Store
from tracker.sync import Progress, SourceReport, SyncReport, canaries, no_progress, sync
from tracker.sync.canaries import RECORD, Canary
from tracker.sync.doubts import MANY

GAP = timedelta(days=2)
"""After so long without an accepted run, the next pass tells the operator that nothing was looked at."""

HOUSEKEEPING = "housekeeping"

OLDER = "older:"
"""How the names of incidents begin that are about a source whose answers are older than what we have."""

OLDER_LASTS = timedelta(hours=20)
"""So long without an older answer, and it is over."""
DELIVERY = "delivery"
"""What stands for a source's key where it is not a source that is waited for."""

SEARCH = "search:"
"""How the names of incidents begin that are about a watch's search."""


class PassReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one pass did. ``delivered`` is None when nothing was to be sent."""

    synced: SyncReport
    delivered: DeliveryReport | None = None

    @property
    def clean(self) -> bool:
        """Whether all was read and all that was due was sent."""
        return self.synced.state == "done" and (self.delivered is None or self.delivered.clean)


def fetcher_for(
    settings: Settings, store: Store, clock: Clock, *, ending: Ending | None = None, waiting: Waiting = tell_nobody
) -> Fetcher:
    """The client of one pass: who we are, the TLS profile that each host accepted last, and when to give up."""
    return Fetcher(
        user_agent=user_agent(settings.http.contact or "", __version__),
        profiles=store.host_profiles(),
        remember=lambda host, profile: store.remember_host(host, profile, clock()),
        ending=ending,
        waiting=waiting,
    )


def one_pass(
    settings: Settings,
    store: Store,
    sources: Mapping[str, Source],
    clock: Clock,
    *,
    only: Sequence[str] = (),
    full: bool = False,
    send: bool = True,
    progress: Progress = no_progress,
    waiting: Waiting = tell_nobody,
    stop: Stop | None = None,
    limit: timedelta | None = None,
) -> PassReport:
    """Sync, then deliver and ping unless ``send`` is off.

    ``stop`` ends it at once, and the next pass takes the run up; ``limit`` is the time after which nothing more is asked, and
    what was read counts. ``waiting`` is told what is waited for.
    """
    stop = stop or Stop()
    _note_gap(settings, store, Archive(store=store, sources=sources), clock())
    with fetcher_for(settings, store, clock, ending=Ending(stop, limit), waiting=waiting) as fetcher:
        synced = sync(settings, store, sources, fetcher, clock, only=only, full=full, progress=progress, stop=stop)
        unread = {one.source for one in synced.sources if one.state in ("failed", "busy", "stopped")}
        looked = [] if stop() else canaries.look(settings, store, sources, fetcher, clock, leave=unread)
    note_trouble(settings, store, synced, clock())
    note_canaries(settings, store, sources, looked, clock())
    if stop():
        return PassReport(synced=synced)
    waiting(DELIVERY, "sending what is due" if send else "")
    try:
        delivered = deliver(settings, store, sources, clock, send=sending_until(stop)) if send else None
    except StoppedError:
        return PassReport(synced=synced)
    finally:
        waiting(DELIVERY, "")
    if send and settings.operator.ping and synced.state == "done":
        ping(settings.operator.ping)
    _tidy(store, clock(), stop)
    return PassReport(synced=synced, delivered=delivered)


def sending_until(stop: Stop) -> Sender:
    """Sends messages until somebody asks to stop: the next one then raises StoppedError, and waits for the next delivery."""

    def send(settings: Settings, channel: Channel, message: Message, events: Iterable[Event], now: datetime) -> tuple[str, ...]:
        Ending(stop).check()
        return channels.send(settings, channel, message, events, now)

    return send


def _tidy(store: Store, now: datetime, stop: Stop) -> None:
    """Housekeeping, once a day."""
    last = store.due(HOUSEKEEPING).last_at
    if last is None or last > now or now - last >= timedelta(days=1):
        store.housekeep(now, stop=stop)
        store.set_due(HOUSEKEEPING, now, None)


def note_trouble(settings: Settings, store: Store, synced: SyncReport, now: datetime) -> None:
    """Remember what is wrong and what is well again; the next delivery tells the operator, once each."""
    kept = Archive(store=store, sources={})
    _note_sources(settings, store, kept, synced, now)
    _forget_unasked(store, kept, {source_report.source for source_report in synced.sources})
    _close_searches(settings, store, kept, now)


def tell_imported(
    settings: Settings, store: Store, sources: Mapping[str, Source], clock: Clock, synced: SyncReport, *, send: bool
) -> DeliveryReport | None:
    """What follows an import: its troubles are noted, and what is due is sent. It says nothing of sources that are asked."""
    _note_sources(settings, store, Archive(store=store, sources={}), synced, clock())
    return deliver(settings, store, sources, clock) if send else None


def _note_sources(settings: Settings, store: Store, kept: Archive, synced: SyncReport, now: datetime) -> None:
    for source_report in synced.sources:
        _note_incidents(store, kept, source_report, now)
        _note_trials(store, kept, source_report, now)
        _note_searches(store, source_report, now)
        _note_older(store, source_report, now)
        if source_report.issues:
            given = operator_messages.new_issues(source_report.source, source_report.title, source_report.issues)
            operator_messages.cut(settings, store, given, now)
        edit = source_report.bulk_edit
        if edit is not None and source_report.state == "accepted":
            given = operator_messages.reformatted(source_report.run, source_report.title, edit.kinds, edit.trials, edit.checked)
            operator_messages.cut(settings, store, given, now)
        _note_doubts(store, source_report, now)


def _note_doubts(store: Store, source_report: SourceReport, now: datetime) -> None:
    """Effects that wait for a second opinion, and those that were told although many trials have them at once."""
    if source_report.state != "accepted":
        return
    title, name = source_report.title, f"{DOUBTED}{source_report.source}"
    if source_report.doubted:
        store.open_incident(name, operator_messages.effects_held(title, source_report.doubted), now)
    elif all(split_key(trial).source != source_report.source for trial in store.doubted_trials()):
        store.close_incident(name, now)
    for settled in source_report.settled:
        store.close_incident(settled, now)
    if source_report.many:
        name = f"{MANY}{source_report.source}:{source_report.run}"
        store.open_incident(name, operator_messages.many_at_once(title, source_report.many), now)


def incidents_of(source_report: SourceReport) -> dict[str, str]:
    """What is wrong with a source after its run, by the incident's name; an empty sentence means that it is well."""
    failed = (
        operator_messages.source_unreadable(source_report.title, source_report.error) if source_report.state == "failed" else ""
    )
    held = operator_messages.run_held(source_report.title, source_report.error) if source_report.state == "held" else ""
    cut = operator_messages.cut_short(source_report.title, source_report.cut_short) if source_report.cut_short else ""
    source = source_report.source
    return {f"source:{source}": failed, f"held:{source}": held, f"cut:{source}": cut}


def _note_incidents(store: Store, kept: Archive, source_report: SourceReport, now: datetime) -> None:
    if source_report.state in ("busy", "stopped", "older"):
        return
    for name, message in incidents_of(source_report).items():
        if message:
            store.open_incident(name, message, now)
        elif _none_held(kept, source_report) if name.startswith("held:") else source_report.answered:
            store.close_incident(name, now)


def _none_held(kept: Archive, source_report: SourceReport) -> bool:
    """Whether a run was accepted and none is held any more: one over other watches leaves a held one as it is."""
    return source_report.state == "accepted" and all(run.source != source_report.source for run in kept.held_runs())


def _note_trials(store: Store, kept: Archive, source_report: SourceReport, now: datetime) -> None:
    """Note the trials of a source without a good answer, as they are stored: a pass that did not ask for one changes nothing.

    Numbers that the registry does not know are an incident each, the other trials together one of the source.
    """
    source, title = source_report.source, source_report.title
    of_source = [known for known in store.unanswered() if known.source == source]
    found = {
        f"{UNKNOWN}{known.key}": operator_messages.no_such_trial(title, known.number)
        for known in of_source
        if known.never_there
    }
    failing = [f"{known.key}: {known.error}" for known in of_source if known.failing_since and not known.never_there]
    if failing:
        found[f"trials:{source}"] = operator_messages.trials_unreadable(title, failing)
    for name, message in found.items():
        store.open_incident(name, message, now)
    lasting = [incident for incident in kept.incidents() if incident.ended_at is None]
    unfollowed = _unfollowed(kept, lasting)
    for incident in lasting:
        of_this = incident.name == f"trials:{source}" or incident.name.startswith(f"{UNKNOWN}{source}:")
        if of_this and incident.name not in found and incident.name not in unfollowed:
            store.close_incident(incident.name, now)


def _unfollowed(kept: Archive, incidents: Iterable[Incident]) -> set[str]:
    """The names of those incidents that are about one trial, which no watch follows any more."""
    trials = {one.name: one.name.removeprefix(UNKNOWN) for one in incidents if one.name.startswith(UNKNOWN)}
    following = kept.watches_of(trials.values())
    return {name for name, trial in trials.items() if not following[trial]}


def _forget_unasked(store: Store, kept: Archive, asked: Collection[str]) -> None:
    """A number that nobody follows, or a source that is not in use, is never asked again: its incident has no object."""
    lasting = [incident for incident in kept.incidents() if incident.ended_at is None]
    unfollowed = _unfollowed(kept, lasting)
    for incident in lasting:
        about, _, source = incident.name.partition(":")
        of_no_use = about in ("source", "cut", "trials", "older") and ":" not in source and source not in asked
        if of_no_use or incident.name in unfollowed:
            store.forget_incident(incident.name)


def _note_searches(store: Store, source_report: SourceReport, now: datetime) -> None:
    """Each search that failed is an incident of its own, but where the whole source failed, that says it already."""
    if source_report.state not in ("accepted", "held"):
        return
    errors = {failure.watch: failure.error for failure in source_report.failures if failure.watch}
    for watch in source_report.searched:
        name = f"{SEARCH}{source_report.source}:{watch}"
        if watch in errors:
            message = operator_messages.search_failed(watch, source_report.title, errors[watch])
            store.open_incident(name, message, now)
        else:
            store.close_incident(name, now)


def _note_older(store: Store, source_report: SourceReport, now: datetime) -> None:
    """Older answers are one incident while they come: servers that disagree by a day may take turns from pass to pass."""
    name = f"{OLDER}{source_report.source}"
    if source_report.outdated:
        given = [(failure.subject, failure.error) for failure in source_report.outdated]
        store.open_incident(name, operator_messages.older_data(source_report.title, given), now)
        store.set_due(name, now, None)
    elif source_report.answered:
        last = store.due(name).last_at
        if last is None or last > now or now - last >= OLDER_LASTS:
            store.close_incident(name, now)


def _close_searches(settings: Settings, store: Store, kept: Archive, now: datetime) -> None:
    """A search that is no longer in the configuration is never asked again, so its incident would never end."""
    enabled = [key for key, one in settings.sources.items() if one.enabled]
    asked = {f"{SEARCH}{key}:{watch.name}" for watch in settings.watches for key in enabled if may_list(watch, key)}
    for incident in kept.incidents():
        if incident.name.startswith(SEARCH) and incident.name not in asked:
            store.close_incident(incident.name, now)


def note_canaries(
    settings: Settings, store: Store, sources: Mapping[str, Source], looked: Sequence[Canary], now: datetime
) -> None:
    """Remember which canaries died and which live again; what nobody asks any more is forgotten."""
    for one in looked:
        if one.dead:
            given = operator_messages.canary_died(one.title, one.asked, one.dead, criterion=one.about != RECORD)
            store.open_incident(one.name, given, now)
        else:
            store.close_incident(one.name, now)
    lasting = [one.name for one in Archive(store=store, sources=sources).incidents() if one.name.startswith(CANARY)]
    if lasting:
        known = canaries.in_use(settings, store, sources)
        for name in lasting:
            if name not in known:
                store.forget_incident(name)


def _note_gap(settings: Settings, store: Store, archive: Archive, now: datetime) -> None:
    """On the first contact after a long silence of our own, say that nothing was looked at in between."""
    last = max(archive.health().last_accepted.values(), default=now)
    if now - last >= GAP:
        operator_messages.cut(settings, store, operator_messages.gap(last), now)
