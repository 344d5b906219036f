"""One source in one pass: from its lease to the acceptance of its run. It asks and closes; `tracker.detect` decides."""

from __future__ import annotations

import threading
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from itertools import islice
from typing import Literal, Protocol

import msgspec

from tracker import health, log
from tracker.archive import records
from tracker.clock import Clock
from tracker.config import Settings
from tracker.detect import age, drift, listing, mass
from tracker.detect.listing import ListingDecision
from tracker.detect.tally import Failure, RunTally
from tracker.errors import LeaseHeldError, PassLimitError, SourceError, StoppedError
from tracker.events import bulk_edits
from tracker.events.bulk_edits import BulkEdit
from tracker.model.event import EventFilter
from tracker.model.run import OpenRun, Run, RunCounts
from tracker.model.source import (
    DataVersion,
    Document,
    Fetch,
    FollowsCalendar,
    Searchable,
    Source,
    SourceInfo,
    TlsChoice,
    Versioned,
    Whole,
)
from tracker.model.staging import NewIssue
from tracker.model.upkeep import Lease
from tracker.model.watch import CompletedListing, Watch
from tracker.store import Store
from tracker.sync.doubts import RunDoubts
from tracker.sync.due import DueTrials, Progress
from tracker.sync.lease_keeper import LeaseKeeper
from tracker.sync.present import note_present
from tracker.sync.scope import RunScope
from tracker.sync.search import note_words
from tracker.sync.searches import SearchLister
from tracker.sync.staging import RunStager
from tracker.sync.whole import WholeReader, plan_of, schedule_name

LEASE_FOR = timedelta(minutes=10)
HOMES_WAIT = 1.0
"""Seconds between two looks of a page site at whether it waits in vain; it is woken when the registries are read."""

DROPPED_TOGETHER = 500
"""Trials of a reformatting whose alerts are dropped in one transaction."""

logger = log.get(__name__)


def no_progress(title: str, done: int, total: int) -> None:
    """Show no progress."""


class Binder(Protocol):
    """The fetcher as a pass sees it."""

    def bind(
        self, info: SourceInfo, *, base_url: str, pace: float, tls: TlsChoice = "auto", user_agent: str | None = None
    ) -> Fetch:
        """The client for one source, with its address and pace."""
        ...


SourceRunState = Literal["accepted", "held", "failed", "busy", "stopped", "older"]


class SourceReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one source's part of a pass did; the ``events`` that were accepted are counted, and read from the store.

    ``error`` says why it failed or is held, ``empty_searches`` which hold no trial.

    ``doubted`` are the effects that wait for a second opinion, ``many`` those that were told although many trials have them
    at once, ``settled`` the incidents of such effects that the next run confirmed or withdrew.
    ``searched`` names the watches whose search was asked, in vain or not.
    ``outdated`` says which answers were older than what we have: of the source as a whole (then its state is ``older``, and no
    trial was asked for), or of trials.
    ``stopped``: we were asked to end; what was staged is kept, and the next pass takes the run up.
    ``cut_short`` says that the time of the pass was over before everything was read; what was read counts.
    """

    source: str
    title: str
    state: SourceRunState
    run: int | None = None
    data_version: str | None = None
    counts: RunCounts = RunCounts()
    events: int = 0
    failures: tuple[Failure, ...] = ()
    outdated: tuple[Failure, ...] = ()
    issues: tuple[NewIssue, ...] = ()
    searched: frozenset[str] = frozenset()
    bulk_edit: BulkEdit | None = None
    empty_searches: tuple[str, ...] = ()
    doubted: tuple[str, ...] = ()
    many: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    error: str = ""
    cut_short: str = ""

    @property
    def in_vain(self) -> bool:
        """Whether nothing was read: the source or each of its trials failed, or another process is working on it."""
        return self.state in ("failed", "busy")

    @property
    def answered(self) -> bool:
        """Whether the source was asked and gave an answer: a pass over some watches may have had nothing to ask."""
        if self.state not in ("accepted", "held"):
            return False
        return self.counts.checked > self.counts.failed or self.counts.listed is not None or self.data_version is not None

    @property
    def clean(self) -> bool:
        """Whether everything asked for was read in full."""
        return self.state == "accepted" and not (self.failures or self.outdated or self.issues or self.cut_short)


@dataclass(frozen=True, kw_only=True)
class SourceRun:
    """One source and all it needs for a pass; ``offered`` are the trials of a file that is imported, else None."""

    settings: Settings
    store: Store
    source: Source
    sources: Mapping[str, Source]
    fetcher: Binder
    clock: Clock
    holder: str
    only: frozenset[str]
    full: bool
    progress: Progress
    stop: Callable[[], bool]
    homes_read: threading.Event
    offered: Container[str] | None = None

    @property
    def kind(self) -> str:
        """Registry or page."""
        return self.source.info.kind

    def run(self) -> SourceReport:
        """Ask, decide, stage, judge, accept; the report names an error that ended the source."""
        info = self.source.info
        try:
            lease = self.store.acquire_lease(f"source:{info.key}", self.holder, self.clock(), LEASE_FOR)
        except LeaseHeldError as error:
            return SourceReport(source=info.key, title=info.title, state="busy", error=str(error))
        try:
            with LeaseKeeper(lambda: self.store.renew_lease(lease, self.clock(), LEASE_FOR)):
                return self._run(lease)
        except StoppedError:
            return SourceReport(source=info.key, title=info.title, state="stopped")
        except (SourceError, PassLimitError) as error:
            logger.error(log.pairs("source_failed", source=info.key, error=error))
            return SourceReport(source=info.key, title=info.title, state="failed", error=str(error))
        finally:
            self.store.release_lease(lease, self.clock())

    def _run(self, lease: Lease) -> SourceReport:
        info = self.source.info
        fetch = self._bound()
        data = self.source.data_version(fetch) if isinstance(self.source, Versioned) else None
        if data and (why := self._outdated(data)):
            logger.error(log.pairs("older_data", source=info.key, why=why))
            return SourceReport(
                source=info.key,
                title=info.title,
                state="older",
                data_version=data.timestamp,
                outdated=(Failure(subject=info.title, error=why),),
                error=f"Its data are older than what was read before: {why}. Nothing was compared.",
            )
        # If this version of the program computes digests by another rule, it first recomputes the stored ones.
        self.store.redigest(info.key, info.digest_version, self._digest)
        self.store.complete_acceptance(lease, info.key)
        opened = self.store.open_run(lease, info.key, self.clock(), data)
        tally = RunTally()
        decisions = self._list_searches(lease, opened, fetch, tally)
        if self.stop():
            return self._report(opened.run, "stopped", tally)
        stager = self._stager(opened, data, tally)
        whole = self._whole_watches()
        decisions += self._read_whole(lease, opened, stager, whole, fetch)
        if whole and self.stop():
            return self._report(opened.run, "stopped", tally)
        due = self._due_trials(stager, whole)
        lease = self._ask(lease, stager, due, fetch)
        if due.stopped or self.stop():
            return self._report(opened.run, "stopped", tally)
        if due.cut:
            decisions = list(self._as_far_as_read(lease, opened, decisions))
        stager.stage_listings(lease)
        all_looked_at = self._is_calendar_due(stager.scope) and not due.cut
        if all_looked_at:
            note_present(self.store, self.sources, self.source.info.key, self.stop)
            stager.stage_calendar(lease)
            stager.stage_disagreements(lease, self.settings.links)
        report = self._close(lease, opened, stager, decisions, due.cut)
        if report.state == "accepted":
            for decision in decisions:
                if decision.swept:
                    self.store.set_due(schedule_name(decision.watch), opened.run.started_at, None)
        if all_looked_at and report.state == "accepted":
            # Trials that changed were held against the calendar when they were read, at the run's beginning or later.
            self.store.set_due(self._calendar, opened.run.started_at, None)
            if isinstance(self.source, FollowsCalendar):
                turned_by = opened.run.started_at.astimezone(UTC).date()
                note_present(self.store, self.sources, self.source.info.key, self.stop, turned_by=turned_by)
        return report

    def _ask(self, lease: Lease, stager: RunStager, due: DueTrials, fetch: Fetch) -> Lease:
        """Ask for what is due and stage the answers, batch by batch."""
        for some in due.parts():
            context = stager.scope.context(some)
            for batch in due.answers(some, fetch):
                lease = self._hold(lease)
                stager.stage(lease, context, batch)
                del batch  # the next one is read while this name would still hold it
                if self.stop():
                    return lease
        return lease

    def _outdated(self, data: DataVersion) -> str:
        """What is older in this data version than in the accepted one; empty for one that is as new or newer."""
        state = self.store.source_states().get(self.source.info.key)
        accepted = state.data_timestamp if state else None
        if not age.is_older_data(data.timestamp, accepted, self.clock()):
            return ""
        return f"its data are of {data.timestamp}, and of {accepted} in what we have"

    def _hold(self, lease: Lease) -> Lease:
        """Renew the lease; a page site's answers wait until the registries, whose records they repeat, were read."""
        if self.kind == "page":
            while not self.stop() and not self.homes_read.wait(HOMES_WAIT):
                lease = self.store.renew_lease(lease, self.clock(), LEASE_FOR)
        return self.store.renew_lease(lease, self.clock(), LEASE_FOR)

    def _as_far_as_read(self, lease: Lease, opened: OpenRun, decisions: Sequence[ListingDecision]) -> Iterator[ListingDecision]:
        """The listings; one of whose new trials some were not read is not complete, and only brings in those that were.

        So the next pass goes on with the rest as this one did: a first listing stays a first one, whose trials join silently.
        """
        for decision in decisions:
            read = self.store.cut_listing(lease, opened.run.id, decision.watch)
            if read is None:
                yield decision
                continue
            note = (
                f"Of {decision.enter:,} trials that join watch “{decision.watch}”, {read:,} were read before the "
                "time of the pass was over; the next passes go on with the others."
            )
            yield msgspec.structs.replace(decision, complete=False, enter=read, gone=0, note=note)

    def _bound(self) -> Fetch:
        """The client for this source, with its address and pace."""
        configured = self.settings.sources[self.source.info.key]
        return self.fetcher.bind(
            self.source.info,
            base_url=configured.base_url,
            pace=configured.pace,
            tls=configured.tls,
            user_agent=configured.user_agent,
        )

    def _stager(self, opened: OpenRun, data: DataVersion | None, tally: RunTally) -> RunStager:
        scope = RunScope(
            store=self.store,
            source=self.source,
            sources=self.sources,
            run=opened.run.id,
            data=data,
            watches={watch.name: watch for watch in self.settings.watches},
            overrides=self.settings.severities,
            calendar_at=self.store.due(self._calendar).last_at,
        )
        return RunStager(store=self.store, sources=self.sources, clock=self.clock, scope=scope, tally=tally)

    def _due_trials(self, stager: RunStager, whole: Sequence[Watch]) -> DueTrials:
        return DueTrials(
            scope=stager.scope,
            clock=self.clock,
            only=self.only,
            apart=frozenset(watch.name for watch in whole),
            full=self.full,
            offered=self.offered,
            progress=self.progress,
            stop=self.stop,
        )

    def _whole_watches(self) -> list[Watch]:
        """The watches for which the source is read as a whole."""
        if not isinstance(self.source, Whole):
            return []
        return [watch for watch in self.settings.watches if watch.everything and (not self.only or watch.name in self.only)]

    def _read_whole(
        self, lease: Lease, opened: OpenRun, stager: RunStager, watches: Sequence[Watch], fetch: Fetch
    ) -> list[ListingDecision]:
        """Read the registry for each watch that follows all of it. One that fails, fails alone."""
        decisions: list[ListingDecision] = []
        states = self.store.watch_states(self.source.info.key) if watches else {}
        for watch in watches:
            assert isinstance(self.source, Whole)
            reader = WholeReader(
                store=self.store,
                source=self.source,
                stager=stager,
                fetch=fetch,
                clock=self.clock,
                progress=self.progress,
                stop=self.stop,
            )
            stager.tally.searched.add(watch.name)
            try:
                cursor = opened.cursor if len(watches) == 1 else None
                decisions.append(reader.read(lease, plan_of(watch, states[watch.name]), cursor))
            except (SourceError, PassLimitError) as error:
                logger.error(log.pairs("registry_not_read", watch=watch.name, error=error))
                subject = f"the registry for watch {watch.name}"
                stager.tally.failed(Failure(subject=subject, error=str(error), watch=watch.name))
        return decisions

    def _digest(self, document: Document) -> str:
        """The digest of a stored version; empty, which equals no other, for one that can no longer be read."""
        try:
            return self.source.digest(document)
        except SourceError as error:
            logger.error(log.pairs("stored_version_unreadable", trial=document.trial, error=error))
            return ""

    @property
    def _calendar(self) -> str:
        return records.calendar_name(self.source.info.key)

    def _is_calendar_due(self, scope: RunScope) -> bool:
        """Whether all records are to be held against the calendar: once a day. Pages have no calendar of their own.

        Not by a clock that is far from the day of the registry's data.
        """
        if self.kind != "registry" or self.only or age.is_clock_ahead(scope.data, self.clock()):
            return False
        last = scope.calendar_at
        return last is None or last.astimezone(UTC).date() != self.clock().astimezone(UTC).date()

    def _list_searches(self, lease: Lease, opened: OpenRun, fetch: Fetch, tally: RunTally) -> list[ListingDecision]:
        """List every watch's search to its end, and decide who joins and leaves."""
        source, info = self.source, self.source.info
        if not isinstance(source, Searchable):
            return []
        watches = (watch for watch in self.settings.watches if not self.only or watch.name in self.only)
        searches = [(watch, search) for watch in watches if (search := listing.search_for(watch, info))]
        lister = SearchLister(
            store=self.store,
            source=source,
            key=info.key,
            fetch=fetch,
            clock=self.clock,
            run=opened.run.id,
            lease=lease,
            stop=self.stop,
        )
        return lister.list_all(searches, tally)

    def _close(
        self, lease: Lease, opened: OpenRun, stager: RunStager, decisions: Sequence[ListingDecision], cut: str
    ) -> SourceReport:
        """Judge the whole run and accept it, or leave it staged."""
        info, run_id, now, tally = self.source.info, opened.run.id, self.clock(), stager.tally
        totals = self.store.staged_totals(run_id)
        counts = totals.counts
        if decisions:
            counts = msgspec.structs.replace(counts, listed=sum(decision.listed for decision in decisions))
        if cut and not counts.checked:
            return self._report(self.store.fail_run(lease, run_id, now, cut, counts), "failed", tally, error=cut)
        if counts.checked and counts.failed == counts.checked:
            error = f"None of the {counts.checked:,} trials asked for could be read"
            error += f": {tally.failures[-1].error}" if tally.failures else "."
            return self._report(self.store.fail_run(lease, run_id, now, error, counts), "failed", tally, error=error)
        pause = self._pause(opened, stager)
        doubts = RunDoubts(store=self.store, sources=self.sources, scope=stager.scope, run=opened.run)
        suspicion = doubts.find(counts, pause, now)
        bulk_edit = self._bulk_edit(lease, run_id, tally, counts)
        harmless = bulk_edit.alone if bulk_edit else 0
        aside = len(suspicion.keep.keys() | suspicion.confirmed)
        meant = msgspec.structs.replace(counts, changed=max(0, counts.changed - harmless - aside))
        losses = drift.losses(totals.emptied, counts, stager.readings(), anchors=info.anchors, examples=tally.examples)
        verdict = health.judge(meant, losses, self._judged(run_id, decisions), pause=pause)
        listings = [CompletedListing(watch=one.watch, digest=one.digest) for one in decisions if one.complete]
        if verdict.sick:
            logger.error(log.pairs("run_held", source=info.key, run=run_id, why=verdict.sick))
            held = self.store.hold(lease, run_id, now, counts, verdict, listings=listings)
            return self._report(held, "held", tally, bulk_edit, error=verdict.sick)
        set_apart = doubts.settled(lease, suspicion, now)
        if suspicion.keep:
            counts = msgspec.structs.replace(self.store.staged_totals(run_id).counts, listed=counts.listed)
        told = doubts.told_before()
        whole = not (self.only or cut)
        accepted = self.store.accept(
            lease,
            run_id,
            now,
            counts,
            listings=listings,
            verdict=verdict,
            whole=whole,
            doubts=set_apart,
            notes=[(one.watch, one.note) for one in decisions if one.note],
        )
        note_present(self.store, self.sources, info.key, self.stop)
        self.store.forget_replaced(run_id)
        note_words(self.store, self.sources, info.key, self.stop)
        report = self._report(accepted.run, "accepted", tally, bulk_edit, events=accepted.events)
        return msgspec.structs.replace(
            report,
            empty_searches=tuple(listing.no_hit(one.watch, one.understood) for one in decisions if not one.listed),
            doubted=tuple(mass.sentences(suspicion.likes, held=True)),
            many=tuple(mass.sentences(suspicion.likes, held=False)) if suspicion.many else (),
            settled=doubts.settle(told, self.store.log(EventFilter(run=run_id)), now),
            cut_short=cut,
        )

    def _pause(self, opened: OpenRun, stager: RunStager) -> timedelta:
        """How long nobody looked; of files, the time from one to the next, whenever they are imported."""
        looks = self.store.looks(self.source.info.key)
        data = stager.scope.data
        if self.offered is not None and data is not None:
            state = self.store.source_states().get(self.source.info.key)
            before = state.data_timestamp if state else None
            return age.between(before, data.timestamp) if before else timedelta(0)
        return health.longest_pause([*looks, opened.run.started_at]) if looks else timedelta(0)

    def _judged(self, run_id: int, decisions: Iterable[ListingDecision]) -> Iterator[health.Listing]:
        """What the searches held. A trial that changed or is gone had a reason of its own to leave."""
        for one in decisions:
            explained = self.store.count_explained(run_id, one.watch) if one.before and one.gone else 0
            yield health.Listing(watch=one.watch, listed=one.listed, before=one.before and one.before - explained)

    def _bulk_edit(self, lease: Lease, run_id: int, tally: RunTally, counts: RunCounts) -> BulkEdit | None:
        """The harmless edit of most records, if there was one: its alerts are dropped, and its trials counted."""
        found = tally.edits.found(counts.checked)
        if found is None:
            return None
        reason = "the registry reformatted its records: the same harmless edit in most of them"
        trials = alone = 0
        parts = bulk_edits.parted(found, self.store.staged_events(run_id))
        while some := list(islice(parts, DROPPED_TOGETHER)):
            self.store.drop_alerts(lease, run_id, [event for events, _ in some for event in events], reason)
            trials += len(some)
            alone += sum(nothing_else for _, nothing_else in some)
        return msgspec.structs.replace(found, trials=trials, alone=alone)

    def _report(
        self,
        run: Run,
        state: SourceRunState,
        tally: RunTally,
        bulk_edit: BulkEdit | None = None,
        *,
        error: str = "",
        events: int = 0,
    ) -> SourceReport:
        return SourceReport(
            source=self.source.info.key,
            title=self.source.info.title,
            state=state,
            run=run.id,
            data_version=run.data_timestamp,
            counts=run.counts,
            events=events,
            failures=tuple(tally.failures),
            outdated=tuple(tally.older),
            issues=tuple(tally.issues),
            searched=frozenset(tally.searched),
            bulk_edit=bulk_edit,
            error=error,
        )
