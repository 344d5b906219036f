"""The searches of a run: each is listed to its end, staged page by page, and held against its watch's members."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from tracker import log
from tracker.clock import Clock
from tracker.detect import listing
from tracker.detect.batch import mistake
from tracker.detect.listing import ListingDecision, ListingPlan
from tracker.detect.tally import Failure, RunTally
from tracker.errors import AnswerError, PassLimitError, SourceError, TrackerError
from tracker.geo.circle import regions_within
from tracker.model.source import Fetch, Listed, Locating, Search, Searchable
from tracker.model.upkeep import Lease
from tracker.model.watch import Watch
from tracker.store import Store

ASKED_BY_NUMBER = 100
TOGETHER = 1_000
"""Listed trials that are staged in one transaction."""

logger = log.get(__name__)


@dataclass(frozen=True, kw_only=True)
class SearchLister:
    """Lists the searches of one run."""

    store: Store
    source: Searchable
    key: str
    fetch: Fetch
    clock: Clock
    run: int
    lease: Lease
    stop: Callable[[], bool]

    def list_all(self, searches: Iterable[tuple[Watch, Search]], tally: RunTally) -> list[ListingDecision]:
        """List every search, and say who joins and leaves. A search that fails, fails alone."""
        decisions = []
        states = self.store.watch_states(self.key)
        for watch, search in searches:
            tally.searched.add(watch.name)
            subject = f"search of watch {watch.name}"
            try:
                plan = listing.plan(watch, search, states[watch.name], self.source.understood(search))
                decisions.append(self._list(plan, search))
                continue
            except (SourceError, PassLimitError) as error:
                logger.error(log.pairs("search_failed", watch=watch.name, error=error))
                tally.failed(Failure(subject=subject, error=str(error), watch=watch.name))
            except TrackerError:
                raise
            except Exception as error:
                tally.failed(Failure(subject=subject, error=mistake(subject, error), watch=watch.name))
            self.store.begin_listing(self.lease, self.run, watch.name)
        return decisions

    def _list(self, plan: ListingPlan, search: Search) -> ListingDecision:
        self.store.begin_listing(self.lease, self.run, plan.watch.name)
        decision = self._listed_once(plan, search)
        if decision.gone:
            # A list that changes while its pages are read can miss a trial: only one that is missing twice has left.
            decision = self._listed_once(plan, search)
            for some in self.store.gone_from_listing(self.run, plan.watch.name):
                self._confirm(search, some)
        return decision

    def _listed_once(self, plan: ListingPlan, search: Search) -> ListingDecision:
        watch = plan.watch
        wanted = (listed for listed in self._listed(search) if listed.trial not in watch.exclude)
        while some := list(islice(wanted, TOGETHER)):
            self.store.stage_listed(self.lease, self.run, watch.name, map(plan.entry, some))
        totals = self.store.compare_listing(self.lease, self.run, watch.name, self.key, self.clock(), edited=plan.edited)
        return listing.decided(plan, totals)

    def _confirm(self, search: Search, left: Sequence[str]) -> None:
        """Ask the search by number for the trials that its list lacks. Raises AnswerError when it still holds one."""
        for start in range(0, len(left), ASKED_BY_NUMBER):
            some = left[start : start + ASKED_BY_NUMBER]
            narrowed = self.source.narrow(search, some)
            still = [entry.trial for entry in self._listed(narrowed) if entry.trial in some] if narrowed else []
            if still:
                raise AnswerError(
                    f"The list lacks {still[0]}, and maybe others, that the search still holds when asked for it by number.",
                    remedy="Nothing was changed; the next sync asks again.",
                    source=self.key,
                    trial=still[0],
                )

    def _listed(self, search: Search) -> Iterator[Listed]:
        """What the registry lists; with a circle also what lies in it by our own reading of the sites' addresses.

        A trial may come twice: what the registry itself finds in its circle comes first, and counts.
        """
        yield from takewhile(lambda _: not self.stop(), self.source.listing(search, self.fetch))
        if search.near is None or not isinstance(self.source, Locating):
            return
        regions = regions_within(search.near)
        if regions:
            sited = takewhile(lambda _: not self.stop(), self.source.sited(search, regions, self.fetch))
            yield from listing.placed(search.near, sited)
