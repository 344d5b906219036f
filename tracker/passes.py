"""One pass as a whole: sync, note what is wrong or well again, deliver, and call the dead-man switch.

The one-shot command and the daemon both do this and nothing else; neither sync nor deliver knows of the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from tracker import __version__
from tracker.clock import Clock
from tracker.config import Settings
from tracker.deliver import DeliveryReport, deliver, make_message
from tracker.deliver.channels import ping
from tracker.fetch import Fetcher, user_agent
from tracker.model.source import Source
from tracker.render import notices
from tracker.store import Store
from tracker.sync import Progress, SourceReport, SyncReport, no_progress, sync

GAP = timedelta(days=2)
"""After so long without an accepted run the next pass says that nothing was looked at meanwhile."""

MOST_NAMED = 5
HOUSEKEEPING = "housekeeping"


class PassReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one pass did. ``delivered`` is None when nothing was to be sent."""

    synced: SyncReport
    delivered: DeliveryReport | None = None

    @property
    def clean(self) -> bool:
        """Whether all was read and all that was due was sent."""
        return self.synced.state == "done" and (self.delivered is None or self.delivered.clean)


def fetcher_for(settings: Settings, store: Store, clock: Clock) -> Fetcher:
    """The client of one pass: who we are, and the TLS profile that each host accepted last."""
    return Fetcher(
        user_agent=user_agent(settings.http.contact or "", __version__),
        profiles=store.host_profiles(),
        remember=lambda host, profile: store.remember_host(host, profile, clock()),
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
    stop: Callable[[], bool] = lambda: False,
) -> PassReport:
    """Sync, then deliver and ping unless ``send`` is off.

    ``stop`` is asked between batches; a stopped run is taken up by the next pass.
    """
    _note_gap(settings, store, clock())
    with fetcher_for(settings, store, clock) as fetcher:
        synced = sync(settings, store, sources, fetcher, clock, only=only, full=full, progress=progress, stop=stop)
    note_trouble(settings, store, synced, clock())
    delivered = deliver(settings, store, sources, clock) if send else None
    if send and settings.operator.ping and synced.state == "done":
        ping(settings.operator.ping)
    _tidy(store, clock())
    return PassReport(synced=synced, delivered=delivered)


def _tidy(store: Store, now: datetime) -> None:
    """Housekeeping, once a day."""
    last = store.due(HOUSEKEEPING).last_at
    if last is None or last > now or now - last >= timedelta(days=1):
        store.housekeep(now)
        store.set_due(HOUSEKEEPING, now, None)


def note_trouble(settings: Settings, store: Store, synced: SyncReport, now: datetime) -> None:
    """Remember what is wrong and what is well again; the next delivery tells the operator, once each."""
    for lane in synced.sources:
        _note_incidents(store, lane, now)
        _note_drift(settings, store, lane, now)
        _note_reformatting(settings, store, lane, now)


def conditions(lane: SourceReport) -> dict[str, str]:
    """What is wrong with a source after a lane, by condition name; an empty sentence means that it is well."""
    failed = ""
    if lane.state == "failed":
        failed = f"{lane.title} could not be read: {lane.error}"
    held = ""
    if lane.state == "held":
        held = f"A run of {lane.title} is held: {lane.error}"
    trials = ""
    if lane.failures and lane.state == "accepted":
        named = "; ".join(f"{failure.subject}: {failure.error}" for failure in lane.failures[:MOST_NAMED])
        more = f"; and {len(lane.failures) - MOST_NAMED:,} more" if len(lane.failures) > MOST_NAMED else ""
        trials = f"{len(lane.failures):,} of {lane.counts.checked:,} could not be read at {lane.title}: {named}{more}"
    return {f"source:{lane.source}": failed, f"held:{lane.source}": held, f"trials:{lane.source}": trials}


def _note_incidents(store: Store, lane: SourceReport, now: datetime) -> None:
    if lane.state in ("busy", "stopped"):
        return
    for name, message in conditions(lane).items():
        if message:
            store.open_incident(name, message, now)
        elif lane.state == "accepted" or name.startswith("source:"):
            store.close_incident(name, now)


def _note_drift(settings: Settings, store: Store, lane: SourceReport, now: datetime) -> None:
    """Words and fields never met before: one message a run, with an example of each."""
    channel = settings.operator.channel
    if channel is None or not lane.issues:
        return
    sentences = [
        f"{new.issue.code.replace('_', ' ')} at {new.issue.path}"
        + (f": “{new.issue.value}”" if new.issue.value else "")
        + f" (met {new.count:,} times, for instance in {new.trial})"
        for new in lane.issues[: 4 * MOST_NAMED]
    ]
    if len(lane.issues) > len(sentences):
        sentences.append(f"and {len(lane.issues) - len(sentences):,} more.")
    content = notices.operator(
        subject=f"{lane.title} sends something new",
        sentences=(
            "Values are kept as they came and compared as they are; each is told once.",
            *sentences,
        ),
        channel=channel,
        at=now,
        timezone=settings.digest.timezone,
    )
    names = " ".join(f"{new.issue.code} {new.issue.path} {new.issue.value}" for new in lane.issues)
    key = f"operator:new:{lane.source}:{hashlib.sha256(names.encode()).hexdigest()[:20]}"
    store.cut(make_message(settings, key, channel, "operator", content, now), (), now)


def _note_reformatting(settings: Settings, store: Store, lane: SourceReport, now: datetime) -> None:
    """One note instead of thousands of events: they are in the change log and are told to nobody."""
    channel, mass = settings.operator.channel, lane.bulk_edit
    if channel is None or mass is None or lane.state != "accepted":
        return
    content = notices.operator(
        subject=f"{lane.title} reformatted its records",
        sentences=(
            f"The same kind of harmless edit (case, punctuation, the cut of lines) was made in {mass.trials:,} of "
            f"{mass.checked:,} records: {', '.join(kind.replace('_', ' ') for kind in mass.kinds)}.",
            "These edits are in the change log; nobody is sent them. Whatever else changed in these records is told as ever.",
        ),
        channel=channel,
        at=now,
        timezone=settings.digest.timezone,
    )
    store.cut(make_message(settings, f"operator:reformatted:{lane.run}", channel, "operator", content, now), (), now)


def _note_gap(settings: Settings, store: Store, now: datetime) -> None:
    """On the first contact after a long silence of our own: between these days nothing was looked at."""
    channel = settings.operator.channel
    states = store.source_states().values()
    last = max((state.accepted_at for state in states), default=now)
    if channel is None or now - last < GAP:
        return
    content = notices.operator(
        subject=f"nothing had run since {last:%Y-%m-%d}",
        sentences=(
            f"The last accepted run was at {last:%Y-%m-%d %H:%M} UTC; until now nothing was looked at.",
            "Changes of that time are found now, as one step; the interval in each event says so.",
        ),
        channel=channel,
        at=now,
        timezone=settings.digest.timezone,
    )
    store.cut(make_message(settings, f"operator:gap:{last.isoformat()}", channel, "operator", content, now), (), now)
