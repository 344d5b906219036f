"""What the trials that a search lists mean for its watch: which join, which left, and which of that is an event."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

import msgspec

from tracker.model.source import Listed, Search, Sited
from tracker.model.vocabulary import ListingKind
from tracker.model.watch import Membership, Near, Watch, WatchState

NEW_WITHIN = timedelta(days=7)
"""A trial is a new registration if it was first posted since the last complete listing, less these days of posting lag."""


_PLACED_BY = "sites"
"""How nearness is judged; another way brings in other trials, and that is no news of the registry."""


class SearchEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A trial that enters a watch; ``kind`` is None when it joins silently.

    ``returned``: the watch follows it since an earlier match, and its search holds it again.
    """

    trial: str
    kind: ListingKind | None
    reason: str = ""
    returned: bool = False


class ListingDecision(msgspec.Struct, frozen=True, kw_only=True):
    """What one complete listing changes in a watch. ``note`` is a line for the next digest, empty for none.

    ``left`` are members that no longer match because the registry changed, ``shed`` those that no longer match because the
    user edited the search (``edited``). ``understood`` is the search as it was asked.
    ``complete``: all the trials that enter were read; if not, the next pass lists the search as if this one had not.
    ``before`` is how many members the search held at its last listing, None for the first one and after an edit.
    """

    watch: str
    digest: str
    listed: int
    before: int | None = None
    entries: tuple[SearchEntry, ...] = ()
    left: tuple[str, ...] = ()
    shed: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    complete: bool = True
    understood: str = ""
    note: str = ""
    edited: bool = False


def search_of(watch: Watch) -> Search | None:
    """What a watch asks a registry to list, if anything."""
    if watch.search is None and not watch.query:
        return None
    return Search(url=watch.search, fields=watch.query, near=watch.near)


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


def united(by_registry: Iterable[Listed], by_place: Iterable[Listed]) -> list[Listed]:
    """Each trial once; what the registry itself finds in its circle is not unplaced."""
    found = {entry.trial: entry for entry in by_place}
    return list((found | {entry.trial: entry for entry in by_registry}).values())


def decide(
    watch: Watch,
    search: Search,
    listed: Sequence[Listed],
    state: WatchState,
    members: Mapping[str, Membership],
    understood: str = "",
) -> ListingDecision:
    """Compare a complete listing with the watch's members.

    The first listing of a watch, and the first after it was edited, bring trials in silently. Later a trial is
    ``new_registration`` if it was first posted since the last listing, else ``entered_watch``. Trials that no longer match
    because the user edited the search leave without an event: nothing happened at the registry.
    """
    digest = listing_digest(search, watch.exclude)
    found = {entry.trial: entry for entry in listed if entry.trial not in watch.exclude}
    first = state.last_complete_listing_at is None
    edited = not first and state.listing_digest != digest
    entries = []
    for trial, entry in found.items():
        if trial not in members:
            entries.append(_entry(entry, state, silent=first or edited))
    by_search = {trial: member for trial, member in members.items() if member.how == "search"}
    gone = tuple(t for t, m in by_search.items() if t not in found and m.left_search_at is None)
    back = tuple(t for t, m in by_search.items() if t in found and m.left_search_at is not None)
    if not edited:
        entries += [
            SearchEntry(trial=trial, kind="entered_watch", reason="it is in the search again", returned=True) for trial in back
        ]
    return ListingDecision(
        watch=watch.name,
        digest=digest,
        listed=len(found),
        before=None if first or edited else sum(member.left_search_at is None for member in by_search.values()),
        entries=tuple(entries),
        left=() if edited else gone,
        shed=gone if edited else (),
        back=back,
        understood=understood,
        edited=edited,
        note=_note(
            watch,
            len(entries),
            found,
            understood,
            first=first,
            edited=edited,
            wider=edited and _is_only_wider(watch, search, state),
        ),
    )


def no_hit(watch: str, understood: str) -> str:
    """The sentence for a search that holds nothing: a slip of the pen looks just like a disease without trials."""
    return f"The search of watch “{watch}” holds no trial. It was understood as: {understood}."


def _note(
    watch: Watch, joined: int, found: Mapping[str, Listed], understood: str, *, first: bool, edited: bool, wider: bool
) -> str:
    """What the next digest says of a search that is listed for the first time, or for the first time after an edit."""
    if not (first or edited):
        return ""
    if not found:
        return no_hit(watch.name, understood)
    return _edit_note(watch, joined, wider=wider) if edited else ""


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


def _entry(entry: Listed, state: WatchState, *, silent: bool) -> SearchEntry:
    if silent or state.last_complete_listing_at is None:
        return SearchEntry(trial=entry.trial, kind=None)
    since = (state.last_complete_listing_at - NEW_WITHIN).date()
    posted = entry.first_posted.last if entry.first_posted else None
    if posted and posted >= since:
        return SearchEntry(trial=entry.trial, kind="new_registration")
    reason = "it matches the search since its record changed"
    if entry.unplaced:
        reason += "; whether its site is near cannot be told from its address"
    return SearchEntry(trial=entry.trial, kind="entered_watch", reason=reason)
