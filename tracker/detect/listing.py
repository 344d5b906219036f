"""What the trials that a search lists mean for its watch: which join, which left, and which of that is an event."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import timedelta

import msgspec

from tracker.model.source import Listed, Search, Sited, SourceInfo
from tracker.model.watch import ListingTotals, Near, SearchEntry, Watch, WatchState

NEW_WITHIN = timedelta(days=7)
"""A trial is a new registration if it was first posted since the last complete listing, less these days of posting lag."""


_PLACED_BY = "sites"
"""How nearness is judged; another way brings in other trials, and that is no news of the registry."""


class ListingPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How a listing of a watch's search is to be read: as the first one, after an edit of the search, or as any other.

    ``wider``: only our own reading of the circle is another. ``understood`` is the search as it is asked.
    """

    watch: Watch
    digest: str
    state: WatchState
    first: bool
    edited: bool
    wider: bool = False
    understood: str = ""

    def entry(self, listed: Listed) -> SearchEntry:
        """The trial as it enters the watch, unless it is in it."""
        return _entry(listed, self.state, silent=self.first or self.edited, edited=self.edited)


class ListingDecision(msgspec.Struct, frozen=True, kw_only=True):
    """What one complete listing changes in a watch, in numbers. ``note`` is a line for the next digest, empty for none.

    ``enter`` counts the trials that join it or are in its search again with a word; ``gone`` the members that no longer match,
    because the registry changed or because the user ``edited`` the search. ``understood`` is the search as it was asked.
    ``complete``: all the trials that enter were read; if not, the next pass lists the search as if this one had not.
    ``before`` is how many members the search held at its last listing, None for the first one and after an edit.
    ``swept``: every trial of the registry was looked at, for what it changes silently.
    """

    watch: str
    digest: str
    listed: int
    swept: bool = False
    before: int | None = None
    enter: int = 0
    gone: int = 0
    complete: bool = True
    understood: str = ""
    note: str = ""
    edited: bool = False


EVERYTHING = Search()
"""What a watch with ``everything = true`` asks for: a search without conditions."""


def search_of(watch: Watch) -> Search | None:
    """What a watch asks a registry to list, if anything."""
    if watch.everything or (watch.search is None and not watch.query):
        return None
    return Search(url=watch.search, fields=watch.query, near=watch.near)


def search_for(watch: Watch, info: SourceInfo) -> Search | None:
    """What a watch asks this source to list: an address is its own registry's, fields are asked of the watch's registries."""
    search = search_of(watch)
    return search if search and info.understands(search) and may_list(watch, info.key) else None


def may_list(watch: Watch, source: str) -> bool:
    """Whether a watch can have something for a source to list: a whole registry, an address, or fields for that source."""
    if search_of(watch) is None:
        return watch.everything
    return watch.search is not None or not watch.registries or source in watch.registries


def listing_digest(search: Search, exclude: frozenset[str]) -> str:
    """A hash of what is asked, which distinguishes an edited watch from a changed registry."""
    asked: tuple[object, ...] = (search, sorted(exclude))
    return _hash((*asked, _PLACED_BY) if search.near else asked)


def _is_only_wider(watch: Watch, search: Search, state: WatchState) -> bool:
    """Whether the search is that of the last listing, which an earlier version left to the registry's coordinates alone."""
    if search.near is None:
        return False
    before = msgspec.structs.replace(search, near=None) if watch.circle_in_search else search
    return state.listing_digest == _hash((before, sorted(watch.exclude)))


def _hash(asked: tuple[object, ...]) -> str:
    return hashlib.sha256(msgspec.json.encode(asked, order="sorted")).hexdigest()


def placed(near: Near, sited: Iterable[Sited]) -> Iterator[Listed]:
    """The trials that have a site inside the circle by our own rules; those where only an unplaced site may be are marked."""
    from tracker.geo.gazetteer import near_distance  # a table of cities is read on first use

    for trial in sited:
        within = [distance for site in trial.sites if (distance := near_distance(site, near)).within]
        if within:
            yield msgspec.structs.replace(trial.listed, unplaced=all(distance.km is None for distance in within))


def plan(watch: Watch, search: Search, state: WatchState, understood: str = "") -> ListingPlan:
    """How to read a listing of the watch's search.

    The first listing of a watch, and the first after it was edited, bring trials in silently. Later a trial is
    ``new_registration`` if it was first posted since the last listing, else ``entered_watch``. Trials that no longer match
    because the user edited the search leave without an event: nothing happened at the registry.
    """
    digest = listing_digest(search, watch.exclude)
    first = state.last_complete_listing_at is None
    edited = not first and state.listing_digest != digest
    wider = edited and _is_only_wider(watch, search, state)
    return ListingPlan(watch=watch, digest=digest, state=state, first=first, edited=edited, wider=wider, understood=understood)


def decided(plan: ListingPlan, totals: ListingTotals) -> ListingDecision:
    """What a listing comes to that was held against the watch's members."""
    return ListingDecision(
        watch=plan.watch.name,
        digest=plan.digest,
        listed=totals.listed,
        before=None if plan.first or plan.edited else totals.had,
        enter=totals.enter + (0 if plan.edited else totals.back),
        gone=totals.gone,
        understood=plan.understood,
        edited=plan.edited,
        note=_note(plan, totals),
    )


def no_hit(watch: str, understood: str) -> str:
    """The sentence for a search that holds nothing: a slip of the pen looks just like a disease without trials."""
    return f"The search of watch “{watch}” holds no trial. It was understood as: {understood}."


def _note(plan: ListingPlan, totals: ListingTotals) -> str:
    """What the next digest says of a search that is listed for the first time, or for the first time after an edit."""
    if not (plan.first or plan.edited):
        return ""
    if not totals.listed:
        return no_hit(plan.watch.name, plan.understood)
    return _edit_note(plan.watch, totals.enter, wider=plan.wider) if plan.edited else ""


def _edit_note(watch: Watch, joined: int, *, wider: bool) -> str:
    if not joined:
        return ""
    count = "1 trial" if joined == 1 else f"{joined} trials"
    if wider:
        return (
            f"Nearness is now judged by each site's address too, not by the registry's coordinates alone; {count} that this "
            f"had hidden joined watch “{watch.name}”."
        )
    return f"The search of watch “{watch.name}” was edited; {count} joined it."


def _entry(entry: Listed, state: WatchState, *, silent: bool, edited: bool) -> SearchEntry:
    if silent or state.last_complete_listing_at is None:
        return SearchEntry(trial=entry.trial, kind=None, silent=edited)
    since = (state.last_complete_listing_at - NEW_WITHIN).date()
    posted = entry.first_posted.last if entry.first_posted else None
    if posted and posted >= since:
        return SearchEntry(trial=entry.trial, kind="new_registration")
    reason = "it matches the search since its record changed"
    if entry.unplaced:
        reason += "; whether its site is near cannot be told from its address"
    return SearchEntry(trial=entry.trial, kind="entered_watch", reason=reason)
