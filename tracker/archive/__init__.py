"""The read layer: every question that commands, messages, pages and assistants ask of what is kept.

`Archive` takes plain arguments and gives values without words. What gives many takes a limit and a cursor, reads as it is
iterated, and never holds all records or all events. Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from tracker.archive import changes as _changes
from tracker.archive import present as _present
from tracker.archive import records
from tracker.archive.names import Names
from tracker.archive.records import RememberingSources
from tracker.errors import SourceError
from tracker.model.alert import AlertTally, Message
from tracker.model.event import Event, EventClass, EventFilter, LogPlace, Story
from tracker.model.ids import split_key
from tracker.model.ledgers import DatedDay, IndexedVersion, TrialPast, WatchRates
from tracker.model.links import LinkRule, Registration
from tracker.model.record import TrialRecord
from tracker.model.run import Run, SourceState
from tracker.model.search import SearchAnswer
from tracker.model.snapshot import SnapshotMeta, TrialMark
from tracker.model.source import Source
from tracker.model.upkeep import CANARY, Incident, StoreSize
from tracker.model.views import (
    Coverage,
    CurrentRecord,
    DeadlineRow,
    Health,
    Nearest,
    PresentRow,
    StoryChanges,
    TrialStanding,
    TrialView,
)
from tracker.model.vocabulary import Severity
from tracker.model.watch import FollowingTime, Near, PausedSending, Silence, Watch
from tracker.store import Store

if TYPE_CHECKING:
    from tracker.archive.due import TrialDuties
    from tracker.archive.evidence import EventEvidence
    from tracker.archive.moments import Moment, Word
    from tracker.audit import Refusal, Start, TrialAudit
    from tracker.events import Detected

__all__ = [
    "Archive",
    "Coverage",
    "CurrentRecord",
    "DeadlineRow",
    "Health",
    "Names",
    "Nearest",
    "PresentRow",
    "RememberingSources",
    "StoryChanges",
    "TrialView",
]


ALL_EVENTS = EventFilter()


@dataclass(frozen=True, kw_only=True)
class Archive:
    """What is kept, to be read: the stored versions through ``sources``, named and measured by ``watches``.

    ``severities`` are the user's own weights of change kinds, by which versions are compared, ``links`` his word on which
    registrations are one trial. ``limit`` None is no limit;
    ``after`` is the cursor of the last item of the page before: its key, id or ``cursor``.
    """

    store: Store
    sources: Mapping[str, Source]
    watches: Sequence[Watch] = ()
    severities: Mapping[str, Severity] = field(default_factory=dict)
    links: Sequence[LinkRule] = ()

    # --- the present ------------------------------------------------------------------------------------------------

    def present(
        self,
        *,
        watch: str | None = None,
        status: str | None = None,
        near: bool = False,
        limit: int | None = None,
        after: str = "",
    ) -> Iterator[PresentRow]:
        """A row for each followed trial by key: those of a watch, of a recruitment status, within their watch's radius."""
        rows = _present.present(
            self.store, self.sources, self.watches, watch=watch, status=status, near=near, after=after, rules=self.links
        )
        return islice(rows, limit)

    def current(self, *, watch: str | None = None, limit: int | None = None, after: str = "") -> Iterator[CurrentRecord]:
        """The whole record of each followed trial, by key."""
        return islice(records.followed(self.store, self.sources, watch, after), limit)

    def records(self, trials: Collection[str]) -> Iterator[CurrentRecord]:
        """The whole records of these trials, followed or not; those never read are left out."""
        for trial, record in records.current(self.store, self.sources, sorted(trials)):
            yield CurrentRecord(trial=trial, record=record)

    def present_row(self, found: CurrentRecord, near: Near | None = None) -> PresentRow:
        """One trial as it stands, measured from a place."""
        return _present.present_row(found, self._names, near)

    def standing(self, trials: Collection[str]) -> Iterator[TrialStanding]:
        """These trials as they stand and what they are chosen by; their records are not read where plain columns fit."""
        return _present.standing(self.store, self.sources, self._names, trials)

    def trial_marks(self) -> list[TrialMark]:
        """Which version each followed trial stands in: what has moved since is read from it without reading records."""
        return self.store.trial_marks()

    def held_events(self, run: int, limit: int) -> list[Event]:
        """The weightiest events that a held run would bring."""
        return self.store.held_events(run, limit)

    def tracking_since(self, trials: Collection[str]) -> dict[str, datetime]:
        """When the first version of each trial was seen."""
        return self.store.tracking_since(trials)

    def is_kept(self, trial: str) -> bool:
        """Whether a version of a trial is stored."""
        return self.store.is_kept(trial)

    def with_number(self, number: str) -> list[str]:
        """The trials whose registry number, or number at ClinicalTrials.gov, is this one."""
        return self.store.with_number(number)

    def registrations(self, trials: Collection[str]) -> dict[str, tuple[Registration, ...]]:
        """The other registrations of each of these trials, nearest first; trials without any are left out."""
        from tracker.archive import links

        return links.registrations(self.store, self.sources, self.links, trials)

    def told_first(self, events: Iterable[Event]) -> dict[str, tuple[Event, ...]]:
        """By event, those by which a linked registry told the same before; events without any are left out."""
        from tracker.archive import witnesses

        return witnesses.firsts(self.store, self.sources, self.links, events)

    def followed_by_link(self, trials: Collection[str]) -> dict[str, tuple[str, ...]]:
        """By trial, the watches that follow it only because it is a registration of another trial of theirs."""
        return self.store.linked_into(trials)

    def said_again(self, events: Iterable[Event]) -> dict[str, tuple[Event, ...]]:
        """By event, those by which a linked registry said the same again: its second witnesses."""
        from tracker.archive import witnesses

        return witnesses.seconds(self.store, self.sources, self.links, events)

    def deadline_rows(self, record: TrialRecord, today: date) -> list[DeadlineRow]:
        """Days that matter to one trial, ahead and passed."""
        from tracker.archive import due

        return due.deadlines_of(record, self.sources[split_key(record.trial).source].info, self._names, today)

    def duties(self, record: TrialRecord, today: date, linked: Sequence[Registration] | None = None) -> TrialDuties:
        """What each law asks for in each register of a trial, and where its results are: estimates.

        ``linked`` are its other registrations, where they have been read.
        """
        from tracker.archive import due

        if linked is None:
            linked = self.registrations([record.trial]).get(record.trial, ())
        return due.duties(self.store, self.sources, record, linked, today)

    def open_nearby(self, record: TrialRecord, watches: Sequence[str]) -> tuple[Nearest, ...] | None:
        """The open sites near the place of these watches, nearest first; None when none of them has a place."""
        near = self.near_of(watches)
        return None if near is None else _present.open_nearby(record, near)

    def near_of(self, watches: Sequence[str]) -> Near | None:
        """The place of the last of these watches that has one."""
        return _present.near_of(self.watches, watches)

    def name(self, record: TrialRecord) -> str:
        """What people call a trial by."""
        return self._names.name(record)

    @cached_property
    def _names(self) -> Names:
        return Names(self.watches, self.sources)

    def deadlines(
        self, today: date, *, watch: str | None = None, limit: int | None = None, after: str = ""
    ) -> Iterator[DeadlineRow]:
        """Days that matter to the followed trials, ahead and passed, in their order."""
        from tracker.archive import due  # brings the change kinds along, for those who ask

        return islice(due.deadlines(self.store, self.sources, self.watches, today, watch=watch, after=after), limit)

    def count_followed(self, watches: Collection[str]) -> int:
        """How many trials these watches follow together."""
        return self.store.count_followed(watches)

    def watch_names(self) -> Collection[str]:
        """The watches that passes have seen, whether a configuration is at hand or not."""
        return self.store.watch_names()

    def followed_sources(self, watches: Collection[str]) -> frozenset[str]:
        """The sources whose trials these watches follow."""
        return self.store.followed_sources(watches)

    def brought_in(self) -> frozenset[tuple[str, str]]:
        """The trials that a search or a link brought into a watch, as (watch, trial)."""
        found = (member for member in self.store.memberships() if member.how in ("search", "linked"))
        return frozenset((member.watch, member.trial) for member in found)

    def in_group(self, group: str) -> frozenset[str]:
        """The trials that a watch's ``trials_file`` puts into a group, and the pages that repeat their records."""
        folded = group.casefold()
        keys = {key for watch in self.watches for key, given in watch.groups.items() if given.casefold() == folded}
        for info in [source.info for source in self.sources.values() if source.info.repeats] if keys else []:
            followed = self.store.followed(info.key)
            keys |= {known.key for known in followed if not keys.isdisjoint(info.home_keys(known.key, known.nct_number))}
        return frozenset(keys)

    def watches_of(self, trials: Collection[str]) -> dict[str, tuple[str, ...]]:
        """The watches that follow each trial."""
        return self.store.watches_of(trials)

    def search(self, words: str, *, watch: str | None = None, limit: int = 50, after: str = "") -> SearchAnswer:
        """Followed trials that hold these words, the best first. Raises UsageError for what cannot be asked."""
        from tracker.archive import search

        return search.search(self.store, self.sources, self._names, words, watch=watch, limit=limit, after=after)

    # --- the change log ---------------------------------------------------------------------------------------------

    def changes(
        self,
        wanted: EventFilter = ALL_EVENTS,
        *,
        limit: int | None = None,
        after: str | None = None,
        brief: _changes.Brief | None = None,
    ) -> Iterator[Event]:
        """Events in story order, oldest first; ``after`` is the id of an event.

        ``brief``: with what a line about each needs, and changed values only of the kinds that it gives (see `Brief`).
        """
        if wanted.about:
            return islice(_changes.flat(self.story_changes(wanted, after=after)), limit)
        return islice(_changes.log(self.store, wanted, after=after, brief=brief), limit)

    def story_changes(
        self, wanted: EventFilter = ALL_EVENTS, *, limit: int | None = None, after: str | None = None
    ) -> Iterator[StoryChanges]:
        """The same story by story; ``after`` is the id of the last event of a story."""
        found = _changes.story_changes(self.store, wanted, after=after)
        return islice(_changes.about(found, wanted.about, self._record) if wanted.about else found, limit)

    def run_events(self, runs: Iterable[int]) -> Iterator[Event]:
        """The accepted events of each of these runs, by ``effective_at``."""
        for run in runs:
            yield from self.store.log(EventFilter(run=run))

    def _record(self, trial: str) -> TrialRecord | None:
        return next((found.record for found in self.records([trial])), None)

    def latest(
        self,
        wanted: EventFilter = ALL_EVENTS,
        *,
        limit: int | None = None,
        after: str | None = None,
        keep: Callable[[Event], bool] | None = None,
    ) -> Iterator[StoryChanges]:
        """The change log story by story, the latest first; ``keep`` judges what a filter of the store cannot."""
        return islice(_changes.latest(self.store, wanted, after=after, keep=keep), limit)

    def log_place(self, event: str) -> LogPlace:
        """Where the story of an event stands in the log. Raises UsageError for an event that is not known."""
        return _changes.log_place(self.store, event)

    def moment_back(self, places: int, *, until: datetime | None) -> datetime | None:
        """The moment of the event so many places back in the log, from ``until`` or from its end."""
        return self.store.moment_back(places, until=until)

    def moment_on(self, places: int, *, since: datetime | None) -> datetime | None:
        """The moment of the event so many places on in the log, from ``since`` or from its beginning."""
        return self.store.moment_on(places, since=since)

    def story(self, story: str) -> StoryChanges | None:
        """A story whole, or an event that was stored without one, by its id."""
        found = self.store.stories([story]).get(story)
        events = tuple(self.store.events_by_id(found.parts if found else [story]))
        return StoryChanges(story=found, events=events) if events else None

    def count_events(self) -> dict[int, int]:
        """How many events of the log each run brought."""
        return self.store.count_events()

    def event_classes(self, run: int) -> Iterator[EventClass]:
        """What the events that a run brought are counted by."""
        return self.store.event_classes(run)

    def following_times(self) -> Iterator[FollowingTime]:
        """Since when and until when each watch followed each of its trials."""
        return self.store.following_times()

    def mark(self) -> str:
        """A sign that is another one whenever something that pages show has changed."""
        return self.store.mark()

    def log_mark(self) -> str:
        """A sign that is another one whenever the log, the present or what is followed may have changed."""
        return self.store.log_mark()

    def stories(self, ids: Collection[str]) -> dict[str, Story]:
        """Stories by id."""
        return self.store.stories(ids)

    def event(self, id_: str) -> Event | None:
        """An event of the log."""
        return self.store.event(id_)

    def events(self, ids: Collection[str]) -> Iterator[Event]:
        """Events in the order of their ids given, one at a time; those not known are left out."""
        return self.store.events_by_id(ids)

    # --- one trial --------------------------------------------------------------------------------------------------

    def trial(self, trial: str, which: int | datetime = -1) -> TrialView:
        """A trial in a version given by its number (-1 is the latest) or by a time at which it stood."""
        from tracker.archive import versions

        return versions.view(self.store, self.sources, trial, which)

    def record(self, version: SnapshotMeta) -> TrialRecord | None:
        """The record of a stored version; None for one that today's parser refuses."""
        try:
            return records.readable_version(self.store, self.sources, version.id)
        except SourceError:
            return None

    def version(self, trial: str, which: int | datetime = -1) -> SnapshotMeta:
        """A stored version by its number, or the one that stood at a time."""
        from tracker.archive import versions

        return versions.version(self.store, self.sources, trial, which)

    def at(self, trial: str, when: datetime) -> TrialView | IndexedVersion | DatedDay:
        """A trial as it stood at a time, or what the index or the record itself tells of it; raises where nothing is known."""
        from tracker.archive import versions

        return versions.at(self.store, self.sources, trial, when)

    def named_version(self, trial: str, word: Word) -> Moment:
        """The stored version that a word names: the first, that of the start, of primary completion, before results."""
        from tracker.archive import versions

        return versions.named(self.store, self.sources, trial, word)

    def version_before_latest(self, trial: str) -> SnapshotMeta:
        """The version that the latest one replaced."""
        from tracker.archive import versions

        return versions.version_before_latest(self.store, trial)

    def timeline(self, trial: str, *, limit: int | None = None, after: int | None = None) -> Iterator[SnapshotMeta]:
        """The stored versions of a trial, oldest first; ``after`` is the id of one."""
        found = iter(self.store.timeline(trial))
        if after is not None:
            for version in found:
                if version.id == after:
                    break
        return islice(found, limit)

    def compare(self, old: SnapshotMeta, new: SnapshotMeta) -> Detected:
        """What changed between two stored versions of a trial, rated as a sync rates it."""
        from tracker.archive import versions

        return versions.compare_versions(self.store, self.sources, self.watches, self.severities, old, new)

    # --- the past ---------------------------------------------------------------------------------------------------

    def pasts(
        self,
        *,
        watch: str | None = None,
        trials: Collection[str] = (),
        events: bool = True,
        limit: int | None = None,
        after: str = "",
    ) -> Iterator[TrialPast]:
        """Versions, statuses, moved dates and enrollment of these trials, or of those that are followed, by key.

        Without ``events``, versions do not say what changed with them.
        """
        from tracker.archive import timeline

        named = [trial for trial in trials if trial > after]
        found = self.records(named) if trials else self.current(watch=watch, after=after)
        return timeline.pasts(self.store, self.sources, self._names, islice(found, limit), events=events)

    def rates(self, watch: str, standing: Iterable[TrialStanding], now: datetime) -> WatchRates:
        """How often the trials of a watch change, by its own history and the past that is known; they stand as given."""
        from tracker.archive import rates

        return rates.watch_rates(self.store, watch, standing, now)

    def followed_by(self, watch: str) -> list[str]:
        """The trials that a watch follows, by key."""
        return sorted(member.trial for member in self.store.memberships() if member.watch == watch)

    def past(self, trial: str) -> TrialPast | None:
        """The past of one trial; None for one that was never read."""
        return next(self.pasts(trials=[trial]), None)

    def audits(self, trials: Sequence[str], wanted: Sequence[Start]) -> Iterator[TrialAudit | Refusal]:
        """The outcomes of each of these trials against each baseline, or why that baseline is not known."""
        from tracker.archive import auditing

        return auditing.audits(self.store, self.sources, self._names, trials, wanted)

    def evidence(self, trial: str, event: str | None = None) -> EventEvidence:
        """The events of one step of a trial with both versions as served: that of an event, or the latest one.

        Raises UsageError where there is none, or where a version is not kept any more.
        """
        from tracker.archive import evidence

        return evidence.evidence(self.store, self.sources, trial, event)

    # --- how the work goes ------------------------------------------------------------------------------------------

    def outbox(self, *, limit: int | None = None, after: str | None = None) -> Iterator[Message]:
        """Messages that wait or were given up, oldest first; ``after`` is the key of one."""
        return islice(self.store.unsent_messages(after), limit)

    def unsent_alerts(self) -> list[AlertTally]:
        """The alerts that are in no message yet, counted."""
        return self.store.unsent_alerts()

    def paused(self) -> list[PausedSending]:
        """The series of messages that their readers have stopped."""
        return self.store.paused()

    def silences(self, now: datetime) -> list[Silence]:
        """What is muted at a time."""
        return self.store.silences(now)

    def health(self) -> Health:
        """The last accepted runs, what is held, unsent or wrong."""
        return Health(
            last_accepted={key: state.accepted_at for key, state in self.source_states().items()},
            held_runs=tuple(self.held_runs()),
            unsent=self.store.count_unsent(),
            incidents=tuple(incident for incident in self.incidents() if incident.ended_at is None),
            canaries={key: at for key in self.sources if (at := self.store.due(f"{CANARY}{key}").last_at)},
        )

    def coverage(self, *, watch: str | None = None, trials: Collection[str] = ()) -> Coverage:
        """How far an answer about these trials, those of a watch, or all that are followed reaches."""
        from tracker.archive import coverage

        return coverage.coverage(self.store, self.sources, watch=watch, trials=trials)

    def source_states(self) -> dict[str, SourceState]:
        """The last accepted run of each source."""
        return self.store.source_states()

    def held_runs(self) -> list[Run]:
        """The runs that health holds."""
        return self.store.held_runs()

    def runs(self, limit: int) -> list[Run]:
        """The latest runs."""
        return self.store.runs(limit)

    def incidents(self) -> list[Incident]:
        """What is wrong, and what is over without the operator having been told."""
        return self.store.incidents()

    def source_title(self, source: str) -> str:
        """A source's name for people; its key when it is no longer known."""
        return self.sources[source].info.title if source in self.sources else source

    def size(self) -> StoreSize:
        """How much is kept."""
        return self.store.size()
