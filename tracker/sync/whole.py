"""A watch with ``everything = true``: all records once, then what was updated, and weekly what changed silently or vanished.

One thread reads the next page while this one stages the last: the registry's pace and our work do not add up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

import msgspec

from tracker import log
from tracker.clock import Clock
from tracker.detect import listing
from tracker.detect.listing import ListingDecision, ListingPlan
from tracker.errors import AnswerError
from tracker.model.snapshot import TrackedTrial
from tracker.model.source import Fetch, Whole, WholePage, WholeStudy
from tracker.model.upkeep import Lease
from tracker.model.watch import Watch, WatchState
from tracker.store import Store
from tracker.sync.due import Progress
from tracker.sync.staging import RunStager

TOGETHER = 200
"""Studies that are staged in one transaction."""

OVERLAP = timedelta(days=4)
"""What was updated so long before the last reading is read again: the registry's days, and its weekends, lag behind ours."""

SWEPT_EVERY = timedelta(days=7)

Reading = Literal["all", "updated", "swept"]

logger = log.get(__name__)


def plan_of(watch: Watch, state: WatchState) -> ListingPlan:
    """How the registry as a whole is read for a watch: the first time all of it joins without a word."""
    return listing.plan(watch, listing.EVERYTHING, state, "all trials of the registry")


def schedule_name(watch: str) -> str:
    """Under which name the store keeps when a watch's registry was swept last."""
    return f"sweep:{watch}"


@dataclass(frozen=True, kw_only=True)
class WholeReader:
    """Reads a registry for one watch in one run."""

    store: Store
    source: Whole
    stager: RunStager
    fetch: Fetch
    clock: Clock
    progress: Progress
    stop: Callable[[], bool]

    def read(self, lease: Lease, plan: ListingPlan, cursor: str | None) -> ListingDecision:
        """Read what is due, and say who enters. ``cursor`` is where a killed process had got to in reading all."""
        scope, watch = self.stager.scope, plan.watch.name
        if cursor is None:
            self.store.begin_listing(lease, scope.run, watch)
        swept = plan.first
        if plan.first:
            self._stage(lease, plan, self.source.records(self.fetch, scope.data, None, cursor), resumed=cursor is not None)
        else:
            since = (plan.state.last_complete_listing_at or self.clock()) - OVERLAP
            self._stage(lease, plan, self.source.records(self.fetch, scope.data, f"{since:%Y-%m-%d}", None))
            swept = plan.edited or self._is_sweep_due(watch)
            if swept:
                self._stage(lease, plan, self.source.sweep(self.fetch))
        key = scope.source.info.key
        totals = self.store.compare_whole(lease, scope.run, watch, key, complete=swept)
        return msgspec.structs.replace(
            listing.decided(plan, totals), swept=swept, before=totals.had if swept and not plan.first else None
        )

    def _is_sweep_due(self, watch: str) -> bool:
        last = self.store.due(schedule_name(watch)).last_at
        now: datetime = self.clock()
        return last is None or last > now or now - last >= SWEPT_EVERY

    def _stage(self, lease: Lease, plan: ListingPlan, pages: Iterator[WholePage], *, resumed: bool = False) -> None:
        """Stage page after page. Raises AnswerError where pages were lost on the way."""
        began, done = self.clock(), 0
        total: int | None = None
        with ThreadPoolExecutor(1, thread_name_prefix="page") as reader:
            waiting = reader.submit(next, pages, None)
            while (page := waiting.result()) is not None:
                waiting = reader.submit(next, pages, None)
                while some := list(islice(page.studies, TOGETHER)):
                    self._stage_some(lease, plan, some)
                    done += len(some)
                    if self.stop():
                        return
                if plan.first and page.cursor:
                    self.store.note_cursor(lease, self.stager.run, page.cursor)
                total = page.total if total is None else total
                self._say(done, total or 0, began)
        if total is not None and not resumed and total - done > max(5, total // 50):
            raise AnswerError(
                f"The registry gave {done:,} of the {total:,} studies that it counts.",
                remedy="Nothing else was changed; the next sync asks again.",
                source=self.stager.scope.source.info.key,
            )

    def _stage_some(self, lease: Lease, plan: ListingPlan, studies: list[WholeStudy]) -> None:
        scope, now = self.stager.scope, self.clock()
        wanted = {one.listed.trial: one for one in studies if one.listed.trial not in plan.watch.exclude}
        entries = [(plan.entry(one.listed), one.mark) for one in wanted.values()]
        self.store.stage_whole(lease, scope.run, plan.watch.name, entries, now)
        answers = [one.found for one in wanted.values() if one.found is not None]
        if answers:
            known: list[TrackedTrial] = scope.believed(self.store.followed(scope.source.info.key, wanted.keys()))
            self.stager.stage(lease, scope.context(known), answers)

    def _say(self, done: int, total: int, began: datetime) -> None:
        seconds = max((self.clock() - began).total_seconds(), 0.001)
        logger.info(log.pairs("registry_read", studies=done, a_second=round(done / seconds)))
        self.progress(self.stager.scope.source.info.title, done, max(done, total))
