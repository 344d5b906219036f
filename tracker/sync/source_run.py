"""One source in one pass: from its lease to the acceptance of its run. It asks and closes; `tracker.detect` decides."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from itertools import takewhile
from typing import Literal, Protocol

import msgspec

from tracker import health, log
from tracker.clock import Clock
from tracker.config import Settings
from tracker.detect import age, drift, listing, mass, second_opinion
from tracker.detect.batch import RunContext, entering_by, joined_by, mistake, silent_by
from tracker.detect.listing import ListingDecision
from tracker.detect.tally import Failure, RunTally
from tracker.errors import AnswerError, FetchError, LeaseHeldError, PassLimitError, SourceError, StoppedError, TrackerError
from tracker.events.bulk_edits import BulkEdit
from tracker.geo.circle import regions_within
from tracker.model.event import EventFilter
from tracker.model.ids import split_key
from tracker.model.run import OpenRun, Run, RunCounts
from tracker.model.snapshot import TrackedTrial, with_kept
from tracker.model.source import (
    Answer,
    Asked,
    DataVersion,
    Document,
    Failed,
    Fetch,
    Found,
    Listed,
    Locating,
    Search,
    Searchable,
    Source,
    SourceInfo,
    TlsChoice,
    Versioned,
)
from tracker.model.staging import NewIssue
from tracker.model.upkeep import Lease
from tracker.model.watch import CompletedListing, Join, Watch
from tracker.store import Store
from tracker.sync import asking
from tracker.sync.doubts import RunDoubts, without
from tracker.sync.lease_keeper import LeaseKeeper
from tracker.sync.present import note_present
from tracker.sync.search import note_words
from tracker.sync.staging import RunStager

LEASE_FOR = timedelta(minutes=10)
BATCH_TRIALS = 200
BATCH_BYTES = 16 * 1024 * 1024
ASKED_BY_NUMBER = 100
MERGED_ASKED_EVERY = timedelta(days=7)
HOMES_WAIT = 1.0
"""Seconds between two looks of a page site at whether it waits in vain; it is woken when the registries are read."""

logger = log.get(__name__)

Progress = Callable[[str, int, int], None]
"""Called with a source's title, the trials done and the trials to do."""


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


class Cut:
    """Whether the asking ended early: because somebody asked for it (``stopped``), or, as ``why`` says, the time was over."""

    def __init__(self) -> None:
        self.stopped = False
        self.why = ""


@dataclass(frozen=True, kw_only=True)
class SourceRun:
    """One source and all it needs for a pass."""

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
        opened = self.store.open_run(lease, info.key, self.clock(), data)
        tally = RunTally(moved=set(opened.moved))
        decisions = self._list_searches(fetch, tally)
        if self.stop():
            return self._report(opened.run, "stopped", tally)
        stager = self._stager(opened, data, decisions, tally)
        moving = _moving(decisions)
        due = [known for known in stager.context.followed.values() if self._due(known, data, opened, moving)]
        cut = Cut()
        for batch in _batches(self._answers(due, fetch, data, cut)):
            lease = self._hold(lease)
            stager.stage(lease, batch)
            if self.stop():
                break
        if cut.stopped or self.stop():
            return self._report(opened.run, "stopped", tally)
        if cut.why:
            decisions = list(self._as_far_as_read(decisions, stager, opened))
        stager.stage_listings(lease, decisions)
        all_looked_at = self._is_calendar_due(stager.context) and not cut.why
        if all_looked_at:
            note_present(self.store, self.sources, self.source.info.key, self.stop)
            stager.stage_calendar(lease)
        report = self._close(lease, opened, stager, decisions, cut)
        if all_looked_at and report.state == "accepted":
            # Trials that changed were held against the calendar when they were read, at the run's beginning or later.
            self.store.set_due(self._calendar, opened.run.started_at, None)
        return report

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

    def _as_far_as_read(
        self, decisions: Sequence[ListingDecision], stager: RunStager, opened: OpenRun
    ) -> Iterator[ListingDecision]:
        """The listings; one of whose new trials some were not read is not complete, and only brings in those that were.

        So the next pass goes on with the rest as this one did: a first listing stays a first one, whose trials join silently.
        """
        readable = _readable(stager, opened)
        for decision in decisions:
            read = tuple(entry for entry in decision.entries if entry.trial in readable)
            if len(read) == len(decision.entries):
                yield decision
                continue
            note = (
                f"Of {len(decision.entries):,} trials that join watch “{decision.watch}”, {len(read):,} were read before the "
                "time of the pass was over; the next passes go on with the others."
            )
            yield msgspec.structs.replace(decision, complete=False, entries=read, left=(), shed=(), back=(), note=note)

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

    def _stager(
        self, opened: OpenRun, data: DataVersion | None, decisions: Sequence[ListingDecision], tally: RunTally
    ) -> RunStager:
        members = self.store.memberships(self.source.info.key)
        context = RunContext(
            source=self.source,
            data=data,
            followed=self._followed(decisions),
            watches={watch.name: watch for watch in self.settings.watches},
            joined=joined_by([*members, *self.store.moved_memberships(self.source.info.key)]),
            silent=silent_by(members),
            entering=entering_by(decisions),
            overrides=self.settings.severities,
            calendar_at=self.store.due(self._calendar).last_at,
        )
        return RunStager(
            store=self.store, sources=self.sources, clock=self.clock, run=opened.run.id, context=context, tally=tally
        )

    def _digest(self, document: Document) -> str:
        """The digest of a stored version; empty, which equals no other, for one that can no longer be read."""
        try:
            return self.source.digest(document)
        except SourceError as error:
            logger.error(log.pairs("stored_version_unreadable", trial=document.trial, error=error))
            return ""

    @property
    def _calendar(self) -> str:
        return f"calendar:{self.source.info.key}"

    def _is_calendar_due(self, context: RunContext) -> bool:
        """Whether all records are to be held against the calendar: once a day. Pages have no calendar of their own.

        Not by a clock that is far from the day of the registry's data.
        """
        if self.kind != "registry" or self.only or age.is_clock_ahead(context.data, self.clock()):
            return False
        last = context.calendar_at
        return last is None or last.astimezone(UTC).date() != self.clock().astimezone(UTC).date()

    def _list_searches(self, fetch: Fetch, tally: RunTally) -> list[ListingDecision]:
        """List every watch's search to its end, and decide who joins and leaves. A search that fails, fails alone."""
        decisions = []
        source, info = self.source, self.source.info
        if not isinstance(source, Searchable):
            return []
        states = self.store.watch_states()
        for watch in self._watches():
            search = listing.search_of(watch)
            if search is None or not info.understands(search):
                continue
            tally.searched.add(watch.name)
            members = {m.trial: m for m in self.store.memberships(info.key) if m.watch == watch.name}
            try:
                listed = self._listed(source, search, fetch)
                decision = listing.decide(watch, search, listed, states[watch.name], members, source.understood(search))
                if decision.left or decision.shed:
                    # A list that changes while its pages are read can miss a trial: only one that is missing twice has left.
                    listed += self._listed(source, search, fetch)
                    decision = listing.decide(watch, search, listed, states[watch.name], members, source.understood(search))
                    self._confirm(source, search, fetch, (*decision.left, *decision.shed))
            except (SourceError, PassLimitError) as error:
                logger.error(log.pairs("search_failed", watch=watch.name, error=error))
                tally.failures.append(Failure(subject=f"search of watch {watch.name}", error=str(error), watch=watch.name))
                continue
            except TrackerError:
                raise
            except Exception as error:
                why = mistake(f"search of watch {watch.name}", error)
                tally.failures.append(Failure(subject=f"search of watch {watch.name}", error=why, watch=watch.name))
                continue
            decisions.append(decision)
        return decisions

    def _confirm(self, source: Searchable, search: Search, fetch: Fetch, left: Sequence[str]) -> None:
        """Ask the search by number for the trials that its list lacks. Raises AnswerError when it still holds one."""
        for start in range(0, len(left), ASKED_BY_NUMBER):
            some = left[start : start + ASKED_BY_NUMBER]
            narrowed = source.narrow(search, some)
            still = [entry.trial for entry in self._listed(source, narrowed, fetch) if entry.trial in some] if narrowed else []
            if still:
                raise AnswerError(
                    f"The list lacks {still[0]}, and maybe others, that the search still holds when asked for it by number.",
                    remedy="Nothing was changed; the next sync asks again.",
                    source=self.source.info.key,
                    trial=still[0],
                )

    def _listed(self, source: Searchable, search: Search, fetch: Fetch) -> list[Listed]:
        """What the registry lists; with a circle also what lies in it by our own reading of the sites' addresses."""
        found = list(takewhile(lambda _: not self.stop(), source.listing(search, fetch)))
        if search.near is None or not isinstance(source, Locating):
            return found
        regions = regions_within(search.near)
        if not regions:
            return found
        sited = takewhile(lambda _: not self.stop(), source.sited(search, regions, fetch))
        return listing.united(found, listing.placed(search.near, sited))

    def _watches(self) -> Iterator[Watch]:
        return (watch for watch in self.settings.watches if not self.only or watch.name in self.only)

    def _followed(self, decisions: Iterable[ListingDecision]) -> dict[str, TrackedTrial]:
        """Members of the watches in this pass, trials merged into another, and those that are about to join."""
        key = self.source.info.key
        kept = self.store.kept_fields()
        moved = self.store.moved_memberships(key)
        tracked = [*self.store.followed(key), *self.store.followed(key, {m.trial for m in moved})]
        followed = {known.key: with_kept(known, kept) for known in tracked}
        if self.only:
            members = {m.trial for m in [*self.store.memberships(key), *moved] if m.watch in self.only}
            followed = {trial: known for trial, known in followed.items() if trial in members}
        for decision in decisions:
            for entry in decision.entries:
                if entry.trial not in followed:
                    number = split_key(entry.trial).number
                    followed[entry.trial] = TrackedTrial(key=entry.trial, source=key, number=number, first_seen_at=self.clock())
        return followed

    def _due(self, known: TrackedTrial, data: DataVersion | None, opened: OpenRun, moving: Collection[str]) -> bool:
        """Whether a trial is asked for: once at each data version, and whenever its place in a search depends on it.

        One that was merged into another is asked for weekly, as the merge may be undone.
        """
        if known.key in opened.done:
            return False
        if self.full or known.key in moving:
            return True
        if known.merged_into and known.current and known.checked_at:
            waited = self.clock() - known.checked_at
            if timedelta(0) <= waited < MERGED_ASKED_EVERY:
                return False
        if data is None or known.checked_data_timestamp != data.timestamp:
            return True
        # What waits for a second opinion is asked again as soon as the answer would be one.
        return any(second_opinion.is_second(first, since, data.timestamp, self.clock()) for first, since in known.waiting_since)

    def _answers(self, due: list[TrackedTrial], fetch: Fetch, data: DataVersion | None, cut: Cut) -> Iterator[Answer]:
        """One answer for each due trial; if the source ends early, the remaining trials have failed for that reason.

        If the pass ends early, they have not: nobody asked for them, and the next pass does.
        """
        title, total = self.source.info.title, len(due)
        asked = [
            # A trial that was removed or never read is asked for without validators: a 304 would say nothing about it.
            # So is one with a doubted field: only its whole answer can confirm it.
            Asked(
                trial=known.key,
                url=known.url,
                validators=known.validators if known.current and not known.current.doubted else None,
            )
            for known in due
        ]
        waiting = dict.fromkeys(known.key for known in due)
        self.progress(title, 0, total)
        try:
            for answer in asking.answers(self.source, asked, fetch, data):
                waiting.pop(answer.trial, None)
                self.progress(title, total - len(waiting), total)
                yield answer
                if self.kind == "page" and self.stop():  # each page is a request; a registry answers in batches
                    return
        except StoppedError:
            cut.stopped = True
        except PassLimitError as error:
            logger.warning(log.pairs("pass_cut_short", source=self.source.info.key, unread=len(waiting), error=error))
            cut.why = f"{total - len(waiting):,} of {total:,} trials that were due were read. {error}"
        except FetchError as error:
            logger.error(log.pairs("source_ended_early", source=self.source.info.key, error=error))
            for trial in waiting:
                yield Failed(trial=trial, error=str(error))

    def _close(
        self, lease: Lease, opened: OpenRun, stager: RunStager, decisions: Sequence[ListingDecision], cut: Cut
    ) -> SourceReport:
        """Judge the whole run and accept it, or leave it staged."""
        info, run_id, now, tally = self.source.info, opened.run.id, self.clock(), stager.tally
        totals = self.store.staged_totals(run_id)
        counts = totals.counts
        if decisions:
            counts = msgspec.structs.replace(counts, listed=sum(decision.listed for decision in decisions))
        if cut.why and not counts.checked:
            return self._report(self.store.fail_run(lease, run_id, now, cut.why, counts), "failed", tally, error=cut.why)
        if counts.checked and counts.failed == counts.checked:
            error = f"None of the {counts.checked:,} trials asked for could be read"
            error += f": {tally.failures[-1].error}" if tally.failures else "."
            return self._report(self.store.fail_run(lease, run_id, now, error, counts), "failed", tally, error=error)
        looks = self.store.looks(info.key)
        pause = health.longest_pause([*looks, opened.run.started_at]) if looks else timedelta(0)
        doubts = RunDoubts(store=self.store, sources=self.sources, context=stager.context, run=opened.run)
        suspicion = doubts.find(counts, pause, now)
        bulk_edit, harmless = tally.bulk_edit(counts.checked)
        if bulk_edit:
            reason = "the registry reformatted its records: the same harmless edit in most of them"
            self.store.drop_alerts(lease, run_id, bulk_edit.events, reason)
        aside = len(suspicion.keep.keys() | suspicion.confirmed)
        meant = msgspec.structs.replace(counts, changed=max(0, counts.changed - harmless - aside))
        losses = drift.losses(totals.emptied, counts, stager.readings(), anchors=info.anchors, examples=tally.examples)
        verdict = health.judge(meant, losses, tally.listings(decisions), pause=pause)
        readable = _readable(stager, opened)
        joins = _joins(decisions, readable)
        listings = _listings(decisions, tally)
        if verdict.sick:
            logger.error(log.pairs("run_held", source=info.key, run=run_id, why=verdict.sick))
            held = self.store.hold(lease, run_id, now, counts, verdict, joins, listings)
            return self._report(held, "held", tally, bulk_edit, error=verdict.sick)
        set_apart = doubts.settled(lease, suspicion, now)
        if suspicion.keep:
            counts = msgspec.structs.replace(self.store.staged_totals(run_id).counts, listed=counts.listed)
            believed_decisions = without(decisions, suspicion.keep)
            joins = _joins(believed_decisions, readable)
            listings = _listings(believed_decisions, tally)
        whole = not (self.only or cut.why)
        accepted = self.store.accept(lease, run_id, now, counts, joins, listings, verdict, whole=whole, doubts=set_apart)
        note_present(self.store, self.sources, info.key, self.stop)
        self.store.forget_replaced(run_id)
        note_words(self.store, self.sources, info.key, self.stop)
        for decision in decisions:
            if decision.note:
                self.store.add_note(decision.watch, decision.note, now)
        report = self._report(accepted.run, "accepted", tally, bulk_edit, events=accepted.events)
        return msgspec.structs.replace(
            report,
            empty_searches=tuple(listing.no_hit(one.watch, one.understood) for one in decisions if not one.listed),
            doubted=tuple(mass.sentences(suspicion.likes, held=True)),
            many=tuple(mass.sentences(suspicion.likes, held=False)) if suspicion.many else (),
            settled=doubts.settle(tally.answered, self.store.log(EventFilter(run=run_id)), now),
            cut_short=cut.why,
        )

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


def _readable(stager: RunStager, opened: OpenRun) -> set[str]:
    """The trials whose records are there: answered in this run, in the part of it that it took up, or stored before."""
    stored = {trial for trial, known in stager.context.followed.items() if known.current and not known.merged_into}
    return (stager.tally.answered | opened.done | stored) - stager.tally.unsure


def _joins(decisions: Iterable[ListingDecision], readable: Collection[str]) -> list[Join]:
    """The trials that were read join their watches; the next listing finds the others again."""
    return [
        Join(watch=decision.watch, trial=entry.trial, silent=decision.edited and entry.kind is None)
        for decision in decisions
        for entry in decision.entries
        if entry.trial in readable and entry.trial not in decision.back
    ]


def _moving(decisions: Iterable[ListingDecision]) -> frozenset[str]:
    """The trials that left a search or are in it again: whether their records say so too is asked now, not believed."""
    return frozenset(
        trial for one in decisions for trial in (*one.left, *one.back, *(entry.trial for entry in one.entries if entry.kind))
    )


def _listings(decisions: Iterable[ListingDecision], tally: RunTally) -> list[CompletedListing]:
    """The listings that were read to their end. A trial that is gone from the registry has not left a search."""
    return [
        CompletedListing(
            watch=decision.watch,
            digest=decision.digest,
            left=(*decision.shed, *(trial for trial in decision.left if trial not in tally.absent | tally.unsure)),
            back=tuple(trial for trial in decision.back if trial not in tally.unsure),
        )
        for decision in decisions
        if decision.complete
    ]


def _batches(answers: Iterable[Answer]) -> Iterator[list[Answer]]:
    """Answers in batches that fit into one transaction and into memory."""
    batch: list[Answer] = []
    size = 0
    for answer in answers:
        batch.append(answer)
        size += len(answer.document.body) if isinstance(answer, Found) else 0
        if len(batch) >= BATCH_TRIALS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
