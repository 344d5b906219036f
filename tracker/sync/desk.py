"""The desk of a run: answers come in, each is weighed, and a batch of what is to be kept goes to the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from tracker import alerts, records
from tracker.clock import Clock
from tracker.config import Settings
from tracker.errors import SourceError
from tracker.events import calendar_events, listing_event
from tracker.events.bulk_edits import BulkEdit, reformatted
from tracker.health import Listing, Loss
from tracker.model.alert import Alert
from tracker.model.details import MirrorDetails, NewRegistrationDetails, TwoSides, WatchDetails
from tracker.model.event import Event, Version
from tracker.model.record import TrialRecord
from tracker.model.run import RunCounts
from tracker.model.snapshot import TrackedTrial
from tracker.model.source import Absent, Answer, DataVersion, Failed, Found, Issue, NotModified, Source
from tracker.model.staging import Batch, NewIssue, StagedEvent
from tracker.model.upkeep import Lease
from tracker.model.vocabulary import ListingKind
from tracker.model.watch import Membership
from tracker.store import Store
from tracker.sync import drift, mirrors, weigh
from tracker.sync.drift import Reading
from tracker.sync.listing import Decision, Entry
from tracker.sync.weigh import Context, Outcome


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A trial or search that could not be read, with a sentence that says why."""

    subject: str
    error: str


@dataclass
class Gathered:
    """What a run has met so far, for its report and its closing transaction."""

    failures: list[Failure] = field(default_factory=list)
    issues: list[NewIssue] = field(default_factory=list)
    reformatting: BulkEdit | None = None
    answered: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)


@dataclass(kw_only=True)
class Desk:
    """What weighing needs to know: the trials, who follows them since when, and who is about to join which watch."""

    settings: Settings
    store: Store
    source: Source
    sources: Mapping[str, Source]
    clock: Clock
    run: int
    data: DataVersion | None
    followed: Mapping[str, TrackedTrial]
    memberships: Sequence[Membership]
    decisions: Sequence[Decision]
    gathered: Gathered

    def __post_init__(self) -> None:
        self._watches = {watch.name: watch for watch in self.settings.watches}
        self._changed: dict[str, Outcome] = {}
        self._told: list[Event] = []
        self._examples: dict[str, str] = {}
        self._joined: dict[str, dict[str, datetime]] = defaultdict(dict)
        for member in self.memberships:
            self._joined[member.trial][member.watch] = member.joined_at
        self._entering: dict[str, list[tuple[str, Entry]]] = defaultdict(list)
        for decision in self.decisions:
            for entry in decision.entries:
                if entry.kind:
                    self._entering[entry.trial].append((decision.watch, entry))

    def stage(self, lease: Lease, answers: Iterable[Answer]) -> None:
        """Weigh a batch of answers and stage it in one transaction."""
        outcomes = self._weigh(list(answers))
        for outcome in outcomes:
            check = outcome.staged.check
            if check.error:
                self.gathered.failures.append(Failure(subject=check.trial, error=check.error))
            if check.status in ("absent", "removed"):
                self.gathered.absent.add(check.trial)
            elif check.status != "failed":
                self.gathered.answered.add(check.trial)
            if outcome.before and outcome.record and outcome.snapshot:
                self._changed[check.trial] = outcome
            for name in check.emptied:
                self._examples.setdefault(name, check.trial)
        self._stage(lease, outcomes)

    def stage_listings(self, lease: Lease) -> None:
        """Stage what the searches say of trials whose records are stored already: entered, back again, or left."""
        moved = [(trial, watch, entry.kind, entry.reason) for trial, watch, entry in self._stored_entries() if entry.kind]
        moved += [
            (trial, decision.watch, "left_watch", "")
            for decision in self.decisions
            for trial in decision.left
            if trial not in self.gathered.absent
        ]
        if not moved:
            return
        stored = {
            known.key: record
            for known, record in records.current(self.store, self.sources, sorted({trial for trial, *_ in moved}))
        }
        events = [
            self._listing_event(kind, trial, watch, reason, stored[trial])
            for trial, watch, kind, reason in moved
            if trial in stored
        ]
        self._stage(lease, (), events)

    def stage_calendar(self, lease: Lease, last: datetime | None, *, everyone: bool) -> None:
        """Stage what the calendar has made true since ``last``: of the trials changed in this run, or of ``everyone``."""
        staged: list[Event] = []
        trials = None if everyone else sorted(self._changed)
        for known, record in records.current(self.store, self.sources, trials):
            if known.source == self.source.info.key and known.key in self.followed and not known.removed_at:
                staged += self._came_true(known, record, last)
        if staged:
            new = self.store.known_events([event.id for event in staged])
            self._stage(lease, (), calendar=[event for event in staged if event.id not in new])

    def _came_true(self, known: TrackedTrial, record: TrialRecord, last: datetime | None) -> tuple[Event, ...]:
        changed = self._changed.get(known.key)
        assert known.current is not None
        newest = changed.record if changed and changed.record else record
        context = self._context(known.key)
        return calendar_events(
            Version(record=newest, seen=weigh.seen(known.current)),
            since=max(last, known.first_seen_at) if last else known.first_seen_at,
            at=context.now,
            known=weigh.trial_context(newest, known, context),
            before=changed.before if changed else None,
        )

    def reformatting(self, checked: int) -> tuple[BulkEdit | None, int]:
        """The mass edit of no meaning in this run, if there was one, and how many trials changed in nothing else."""
        found = reformatted(self._told, checked)
        if found is None:
            return None, 0
        harmless = set(found.events)
        others = {event.trial for event in self._told if event.id not in harmless}
        return found, len({event.trial for event in self._told if event.id in harmless} - others)

    def listings(self) -> list[Listing]:
        """What the searches held, to be judged. A trial that changed or is gone had a reason of its own to leave."""
        return [
            Listing(watch=one.watch, listed=one.listed, before=one.before and one.before - sum(map(self._explained, one.left)))
            for one in self.decisions
        ]

    def losses(self, names: Mapping[str, int], counts: RunCounts) -> tuple[Loss, ...]:
        """What so many trials lost in this run that its layout may have changed; ``names`` are of `drift.lost`."""
        return drift.losses(names, counts, self._kept(), anchors=self.source.info.anchors, examples=self._examples)

    def _explained(self, trial: str) -> bool:
        return trial in self._changed or trial in self.gathered.absent

    def _kept(self) -> Iterator[Reading]:
        """The trials that answered in this run, as they stand now."""
        for outcome in self._changed.values():
            if outcome.record and outcome.snapshot:
                yield Reading(document=outcome.snapshot.document, record=outcome.record)
        for _, document in self.store.current_documents(sorted(self.gathered.answered - self._changed.keys())):
            try:
                yield Reading(document=document, record=records.read(self.sources, document))
            except SourceError:  # of another parser's time: it proves nothing, and is told where it is needed
                continue

    # --- weighing -----------------------------------------------------------------------------------------------

    def _weigh(self, answers: list[Answer]) -> list[Outcome]:
        moved: list[tuple[Found, str]] = []
        outcomes = []
        for answer in answers:
            known = self.followed[answer.trial]
            context = self._context(known.key)
            match answer:
                case Found(canonical=str(canonical)):
                    outcomes.append(weigh.merged(known, canonical, context))
                case Found():
                    try:
                        digest = self.source.digest(answer.document)
                    except SourceError as error:
                        outcomes.append(weigh.failed(known, _failed(known, error), context))
                        continue
                    if known.current and known.current.digest == digest:
                        outcomes.append(weigh.unchanged(known, context, answer.validators))
                    else:
                        moved.append((answer, digest))
                case NotModified():
                    outcomes.append(weigh.unchanged(known, context))
                case Absent():
                    outcomes.append(weigh.absent(known, answer, self._last(known), context))
                case Failed():
                    outcomes.append(weigh.failed(known, answer, context))
        return outcomes + self._weigh_moved(moved)

    def _last(self, known: TrackedTrial) -> TrialRecord | None:
        return records.read(self.sources, self.store.document(known.current.id)) if known.current else None

    def _weigh_moved(self, moved: list[tuple[Found, str]]) -> list[Outcome]:
        """Weigh the documents that differ from what is stored, each against its stored version."""
        if not moved:
            return []
        trials = [answer.trial for answer, _ in moved]
        stored = [known.current.id for known in map(self.followed.__getitem__, trials) if known.current]
        old = {document.trial: document for document in self.store.documents(stored)}
        past, since = self.store.past_events(trials), self.store.tracking_since(trials)
        outcomes = []
        for answer, digest in moved:
            known = self.followed[answer.trial]
            before = old.get(known.key)
            context = self._context(known.key, past=past.get(known.key, ()), since=since.get(known.key))
            try:
                outcomes.append(weigh.found(self.source, known, answer, digest, before, context))
            except SourceError as error:
                outcomes.append(weigh.failed(known, _failed(known, error), context))
        return outcomes

    def _context(
        self,
        trial: str,
        entering: Sequence[str] = (),
        past: tuple[Event, ...] = (),
        since: datetime | None = None,
    ) -> Context:
        info, number = self.source.info, self.followed[trial].nct_number
        watches = [self._watches[name] for name in (*entering, *self._joined[trial]) if name in self._watches]
        labels = [watch.labels.get(trial) or watch.labels.get(f"{info.home}:{number}") for watch in watches]
        return Context(
            source=info,
            data=self.data,
            now=self.clock(),
            label=next((label for label in labels if label), ""),
            site=info.title if info.kind == "page" else "",
            home=self._home(number),
            tracking_since=since,
            past=past,
            near={watch.name: watch.near for watch in watches if watch.near},
            overrides=self.settings.severities,
        )

    # --- what the searches say ----------------------------------------------------------------------------------

    def _stored_entries(self) -> Iterator[tuple[str, str, Entry]]:
        for trial, entering in self._entering.items():
            if self.followed[trial].current:
                yield from ((trial, watch, entry) for watch, entry in entering)

    def _entered(self, outcome: Outcome) -> list[Event]:
        """The events of a trial that was read for the first time because a search now holds it."""
        trial = outcome.staged.check.trial
        if outcome.staged.check.status != "baseline" or outcome.record is None:
            return []
        return [
            self._listing_event(entry.kind, trial, watch, entry.reason, outcome.record)
            for watch, entry in self._entering[trial]
            if entry.kind
        ]

    def _listing_event(self, kind: ListingKind, trial: str, watch: str, reason: str, record: TrialRecord) -> Event:
        details = NewRegistrationDetails if kind == "new_registration" else WatchDetails
        context = self._context(trial, (watch,))
        day = self.data.timestamp if self.data else context.now.date().isoformat()
        return listing_event(
            kind,
            trial=trial,
            record=record,
            at=context.now,
            seen_between=(None, context.now),
            details=details(watch=watch, reason=reason or None),
            known=weigh.trial_context(record, self.followed[trial], context),
            key=f"{watch} {day}",
            data_version=self.data.date if self.data else None,
        )

    # --- staging ------------------------------------------------------------------------------------------------

    def _stage(
        self,
        lease: Lease,
        outcomes: Sequence[Outcome],
        listing_events: Sequence[Event] = (),
        calendar: Sequence[Event] = (),
    ) -> None:
        watches, now = self._watches, self.clock()
        staged = [event for outcome in outcomes for event in outcome.events]
        routed: list[Alert] = []
        self._told += (item.event for outcome in outcomes for item in outcome.events)
        for event in (item.event for outcome in outcomes for item in outcome.events):
            routed += alerts.route(event, watches, self._joined[event.trial])
        entered = [*listing_events, *(event for outcome in outcomes for event in self._entered(outcome))]
        lagging = [event for outcome in outcomes for event in self._lagging(outcome)]
        for event in entered:
            if isinstance(event.details, WatchDetails) and event.details.watch:
                routed += alerts.route(event, watches, {event.details.watch: now})
        for event in (*lagging, *calendar):
            routed += alerts.route(event, watches, self._joined[event.trial])
        alone = (*entered, *lagging, *calendar)
        report = self.store.stage(
            lease,
            self.run,
            Batch(
                checks=tuple(outcome.staged for outcome in outcomes),
                snapshots=tuple(outcome.snapshot for outcome in outcomes if outcome.snapshot),
                events=(*staged, *map(self._without_base, alone)),
                stories=(
                    *(story for outcome in outcomes for story in outcome.stories),
                    *(story for event in alone for story in weigh.stories_of((event,))),
                ),
                alerts=tuple(routed),
                issues=tuple((o.staged.check.trial, _noted(issue)) for o in outcomes for issue in o.issues),
            ),
            now,
        )
        self.gathered.issues += report.new_issues

    def _without_base(self, event: Event) -> StagedEvent:
        current = self.followed[event.trial].current
        return StagedEvent(event=event, old_snapshot=current.id if current else None)

    # --- mirrors ------------------------------------------------------------------------------------------------

    def _home(self, number: str | None) -> TrialRecord | None:
        """The home registry's record of the trial that a page republishes, if it is followed there."""
        home = self.source.info.home
        if home is None or number is None:
            return None
        return next((found for _, found in records.current(self.store, self.sources, [f"{home}:{number}"])), None)

    def _lagging(self, outcome: Outcome) -> list[Event]:
        """Where a page still shows what the registry has moved on from since the page was first read."""
        check, info = outcome.staged.check, self.source.info
        known = self.followed[check.trial]
        if info.home is None or known.current is None or check.status not in ("unchanged", "changed", "quiet"):
            return []
        record = outcome.record or records.read(self.sources, self.store.document(known.current.id))
        home = self._home(record.nct_number)
        versions = self.store.timeline(f"{info.home}:{record.nct_number}")
        if home is None or versions[-1].first_seen_at <= known.first_seen_at:
            return []
        earlier = [records.read(self.sources, document) for document in self.store.documents([v.id for v in versions[:-1]])]
        lag = mirrors.lag(record, home, earlier)
        if lag is None:
            return []
        event = listing_event(
            "mirror_lags" if lag.behind else "registries_disagree",
            trial=check.trial,
            record=record,
            at=self.clock(),
            seen_between=(versions[-1].first_seen_at, self.clock()),
            details=MirrorDetails(
                home=home.trial,
                fields={name: TwoSides(page=mine, registry=theirs) for name, (mine, theirs) in lag.fields.items()},
            ),
            known=weigh.trial_context(record, known, self._context(check.trial)),
            key=versions[-1].sha256,
            data_version=versions[-1].data_version,
        )
        return [] if self.store.known_events([event.id]) else [event]


def _noted(issue: Issue) -> Issue:
    """A field never met before is one piece of news, whatever each trial says in it; the trial named with it is the example."""
    return msgspec.structs.replace(issue, value="") if issue.code == "unknown_field" else issue


def _failed(known: TrackedTrial, error: SourceError) -> Failed:
    return Failed(trial=known.key, error=str(error), kind=type(error).__name__)
