"""One source in one pass: from its lease to the acceptance of its run. This module does; the others here decide."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Literal, Protocol

import msgspec

from tracker import health, log
from tracker.clock import Clock
from tracker.config import Settings
from tracker.errors import AnswerError, FetchError, LeaseHeldError, SourceError
from tracker.events.bulk_edits import BulkEdit
from tracker.model.event import Event, EventFilter, Story
from tracker.model.run import OpenRun, Run, RunCounts
from tracker.model.snapshot import TrackedTrial
from tracker.model.source import (
    Answer,
    Asked,
    DataVersion,
    Document,
    Failed,
    Fetch,
    Found,
    Listed,
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
from tracker.sync import listing
from tracker.sync.desk import Desk, Failure, Gathered

LEASE_FOR = timedelta(minutes=10)
BATCH_TRIALS = 200
BATCH_BYTES = 16 * 1024 * 1024
ASKED_BY_NUMBER = 100

logger = log.get(__name__)

Progress = Callable[[str, int, int], None]
"""Called with a source's title, the trials done and the trials to do."""


def no_progress(title: str, done: int, total: int) -> None:
    """For callers that show none."""


class Binder(Protocol):
    """The fetcher as a pass sees it."""

    def bind(
        self, info: SourceInfo, *, base_url: str, pace: float, tls: TlsChoice = "auto", user_agent: str | None = None
    ) -> Fetch:
        """The client for one source, with its address and pace."""
        ...


LaneState = Literal["accepted", "held", "failed", "busy", "stopped"]


class LaneReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one source's part of a pass did. ``error`` says why it failed or is held.

    ``stopped``: we were asked to end; what was staged is kept, and the next pass takes the run up.
    """

    source: str
    title: str
    state: LaneState
    run: int | None = None
    data_version: str | None = None
    counts: RunCounts = RunCounts()
    events: tuple[Event, ...] = ()
    stories: tuple[Story, ...] = ()
    failures: tuple[Failure, ...] = ()
    issues: tuple[NewIssue, ...] = ()
    reformatting: BulkEdit | None = None
    error: str = ""

    @property
    def in_vain(self) -> bool:
        """Whether nothing was read: the source or each of its trials failed, or another process is at work on it."""
        return self.state in ("failed", "busy")

    @property
    def clean(self) -> bool:
        """Whether all that was asked for was read, and read in full."""
        return self.state == "accepted" and not self.failures and not self.issues


@dataclass(frozen=True, kw_only=True)
class Lane:
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

    @property
    def kind(self) -> str:
        """Registry or page."""
        return self.source.info.kind

    def run(self) -> LaneReport:
        """Ask, weigh, stage, judge, accept; an error that ends the source is told in the report."""
        info = self.source.info
        try:
            lease = self.store.acquire_lease(f"source:{info.key}", self.holder, self.clock(), LEASE_FOR)
        except LeaseHeldError as error:
            return LaneReport(source=info.key, title=info.title, state="busy", error=str(error))
        try:
            return self._run(lease)
        except SourceError as error:
            logger.error(log.pairs("source_failed", source=info.key, error=error))
            return LaneReport(source=info.key, title=info.title, state="failed", error=str(error))
        finally:
            self.store.release_lease(lease, self.clock())

    def _run(self, lease: Lease) -> LaneReport:
        place = self.settings.sources[self.source.info.key]
        fetch = self.fetcher.bind(
            self.source.info, base_url=place.base_url, pace=place.pace, tls=place.tls, user_agent=place.user_agent
        )
        data = self.source.data_version(fetch) if isinstance(self.source, Versioned) else None
        # Where a new version of this program takes the digest by another rule, the stored ones follow it first.
        self.store.redigest(self.source.info.key, self.source.info.digest_version, self._digest)
        opened = self.store.open_run(lease, self.source.info.key, self.clock(), data)
        met = Gathered()
        decisions = self._list(fetch, met)
        if self.stop():
            return self._report(opened.run, "stopped", met)
        followed = self._followed(decisions)
        due = [known for known in followed.values() if self._due(known, data, opened)]
        desk = Desk(
            settings=self.settings,
            store=self.store,
            source=self.source,
            sources=self.sources,
            clock=self.clock,
            run=opened.run.id,
            data=data,
            followed=followed,
            memberships=self.store.memberships(self.source.info.key),
            decisions=decisions,
            gathered=met,
        )
        for batch in _batches(self._answers(due, fetch, data)):
            lease = self.store.renew_lease(lease, self.clock(), LEASE_FOR)
            desk.stage(lease, batch)
            if self.stop():
                break
        if self.stop():
            return self._report(opened.run, "stopped", met)
        desk.stage_listings(lease)
        today = self._stage_calendar(lease, desk)
        report = self._close(lease, opened, desk, decisions, followed)
        if today and report.state == "accepted":
            self.store.set_due(self._calendar, today, None)
        return report

    def _digest(self, document: Document) -> str:
        """The digest of a stored version; empty, and so unlike every other, for one that can no longer be read."""
        try:
            return self.source.digest(document)
        except SourceError as error:
            logger.error(log.pairs("stored_version_unreadable", trial=document.trial, error=error))
            return ""

    @property
    def _calendar(self) -> str:
        return f"calendar:{self.source.info.key}"

    def _stage_calendar(self, lease: Lease, desk: Desk) -> datetime | None:
        """Hold the records against the calendar: all of them once a day, those that changed in every run.

        Gives the time to remember when all were looked at. Pages repeat their registry and have no calendar of their own.
        """
        if self.kind != "registry":
            return None
        last, now = self.store.due(self._calendar).last_at, self.clock()
        everyone = not self.only and (last is None or last.astimezone(UTC).date() != now.astimezone(UTC).date())
        desk.stage_calendar(lease, last, everyone=everyone)
        return now if everyone else None

    def _list(self, fetch: Fetch, met: Gathered) -> list[listing.Decision]:
        """List every watch's search to its end, and decide who joins and leaves."""
        decisions = []
        source, info = self.source, self.source.info
        if not isinstance(source, Searchable):
            return []
        states = self.store.watch_states()
        for watch in self._watches():
            search = listing.search_of(watch)
            if search is None or not info.understands(search):
                continue
            members = {m.trial: m for m in self.store.memberships(info.key) if m.watch == watch.name}
            try:
                listed = self._listed(source, search, fetch)
                decision = listing.decide(watch, search, listed, states[watch.name], members)
                if decision.left or decision.shed:
                    # Data that move while pages are read can hide a trial: only one that is missing twice has left.
                    listed += self._listed(source, search, fetch)
                    decision = listing.decide(watch, search, listed, states[watch.name], members)
                    self._confirm(source, search, fetch, (*decision.left, *decision.shed))
            except (FetchError, AnswerError) as error:
                met.failures.append(Failure(subject=f"search of watch {watch.name}", error=str(error)))
                continue
            decisions.append(decision)
        return decisions

    def _confirm(self, source: Searchable, search: Search, fetch: Fetch, left: Sequence[str]) -> None:
        """Ask the search for the trials that its list lacks, by their numbers. Raises AnswerError when it holds them."""
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
        return list(takewhile(lambda _: not self.stop(), source.listing(search, fetch)))

    def _watches(self) -> Iterator[Watch]:
        return (watch for watch in self.settings.watches if not self.only or watch.name in self.only)

    def _followed(self, decisions: Iterable[listing.Decision]) -> dict[str, TrackedTrial]:
        """Members of the watches in this pass, and the trials that are about to join."""
        key = self.source.info.key
        followed = {known.key: known for known in self.store.followed(key)}
        if self.only:
            members = {m.trial for m in self.store.memberships(key) if m.watch in self.only}
            followed = {trial: known for trial, known in followed.items() if trial in members}
        for decision in decisions:
            for entry in decision.entries:
                if entry.trial not in followed:
                    number = entry.trial.partition(":")[2]
                    followed[entry.trial] = TrackedTrial(key=entry.trial, source=key, number=number, first_seen_at=self.clock())
        return followed

    def _due(self, known: TrackedTrial, data: DataVersion | None, opened: OpenRun) -> bool:
        if known.key in opened.done or known.merged_into:
            return False
        return self.full or data is None or known.checked_data_timestamp != data.timestamp

    def _answers(self, due: list[TrackedTrial], fetch: Fetch, data: DataVersion | None) -> Iterator[Answer]:
        """One answer for each due trial; where the source ends early, the rest of them failed for that reason."""
        title, total = self.source.info.title, len(due)
        asked = [
            # A trial that was removed or never read is asked without validators: 304 would say nothing of it.
            Asked(trial=known.key, url=known.url, validators=known.validators if known.current else None)
            for known in due
        ]
        waiting = dict.fromkeys(known.key for known in due)
        self.progress(title, 0, total)
        try:
            for answer in self.source.retrieve(asked, fetch, data):
                waiting.pop(answer.trial, None)
                self.progress(title, total - len(waiting), total)
                yield answer
                if self.kind == "page" and self.stop():  # each page is a request; a registry's answers come by the batch
                    return
        except FetchError as error:
            logger.error(log.pairs("source_ended_early", source=self.source.info.key, error=error))
            for trial in waiting:
                yield Failed(trial=trial, error=str(error))

    def _close(
        self,
        lease: Lease,
        opened: OpenRun,
        desk: Desk,
        decisions: list[listing.Decision],
        followed: Mapping[str, TrackedTrial],
    ) -> LaneReport:
        """Judge the whole run and accept it, or leave it staged."""
        info, run_id, now, met = self.source.info, opened.run.id, self.clock(), desk.gathered
        totals = self.store.staged_totals(run_id)
        counts = totals.counts
        if decisions:
            counts = msgspec.structs.replace(counts, listed=sum(decision.listed for decision in decisions))
        if counts.checked and counts.failed == counts.checked:
            error = f"None of the {counts.checked:,} trials asked for could be read"
            error += f": {met.failures[-1].error}" if met.failures else "."
            return self._report(self.store.fail_run(lease, run_id, now, error, counts), "failed", met, error=error)
        met.reformatting, harmless = desk.reformatting(counts.checked)
        if met.reformatting:
            reason = "the registry reformatted its records: the same harmless edit in most of them"
            self.store.drop_alerts(lease, run_id, met.reformatting.events, reason)
        meant = msgspec.structs.replace(counts, changed=counts.changed - harmless)
        verdict = health.judge(meant, desk.losses(totals.emptied, counts), desk.listings())
        readable = met.answered | opened.done | {trial for trial, known in followed.items() if known.current}
        joins, listings = _joins(decisions, readable), _listings(decisions, met.absent)
        if verdict.sick:
            logger.error(log.pairs("run_held", source=info.key, run=run_id, why=verdict.sick))
            held = self.store.hold(lease, run_id, now, counts, verdict, joins, listings)
            return self._report(held, "held", met, error=verdict.sick)
        accepted = self.store.accept(lease, run_id, now, counts, joins, listings, verdict)
        for decision in decisions:
            if decision.note:
                self.store.add_note(decision.watch, decision.note, now)
        return self._report(accepted.run, "accepted", met)

    def _report(self, run: Run, state: LaneState, met: Gathered, error: str = "") -> LaneReport:
        events = tuple(self.store.events(EventFilter(run=run.id))) if state == "accepted" else ()
        return LaneReport(
            source=self.source.info.key,
            title=self.source.info.title,
            state=state,
            run=run.id,
            data_version=run.data_timestamp,
            counts=run.counts,
            events=events,
            stories=tuple(self.store.stories(sorted({event.story for event in events})).values()),
            failures=tuple(met.failures),
            issues=tuple(met.issues),
            reformatting=met.reformatting,
            error=error,
        )


def _joins(decisions: Iterable[listing.Decision], readable: Collection[str]) -> list[Join]:
    """The trials that join their watches: those that were read; the others are found again by the next listing."""
    return [
        Join(watch=decision.watch, trial=entry.trial, silent=entry.kind is None)
        for decision in decisions
        for entry in decision.entries
        if entry.trial in readable and entry.trial not in decision.back
    ]


def _listings(decisions: Iterable[listing.Decision], absent: Collection[str]) -> list[CompletedListing]:
    """The listings that were read to their end; a trial that is gone has not left a search."""
    return [
        CompletedListing(
            watch=decision.watch,
            digest=decision.digest,
            left=(*decision.shed, *(trial for trial in decision.left if trial not in absent)),
            back=decision.back,
        )
        for decision in decisions
    ]


def _batches(answers: Iterable[Answer]) -> Iterator[list[Answer]]:
    """Answers in batches small enough for one transaction and for memory."""
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
