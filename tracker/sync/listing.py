"""What a search's listing means for a watch: who joins, who left, and who hears of it. Pure decisions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import msgspec

from tracker.model.source import Listed, Search
from tracker.model.vocabulary import ListingKind
from tracker.model.watch import Membership, Watch, WatchState

NUMBERS = "filter.ids"
"""The parameter of a search's address that names trials, where the source knows it."""

NEW_WITHIN = timedelta(days=7)
"""A trial is a new registration if it was first posted since the last complete listing, less these days of posting lag."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A trial that enters a watch; ``kind`` is None when it joins silently."""

    trial: str
    kind: ListingKind | None
    reason: str = ""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What one complete listing does to a watch. ``note`` is a line for the next digest, empty for none.

    ``left`` are members that the registry's change took out of the search, ``shed`` those that an edit of the search did.
    ``before`` is how many members the search held at its last listing, None for the first one and after an edit.
    """

    watch: str
    digest: str
    listed: int
    before: int | None = None
    entries: tuple[Entry, ...] = ()
    left: tuple[str, ...] = ()
    shed: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    note: str = ""


def search_of(watch: Watch) -> Search | None:
    """What a watch asks a registry to list, if anything."""
    if watch.search is None and not watch.query:
        return None
    return Search(url=watch.search, fields=watch.query, near=watch.near)


def narrowed(search: Search, trials: Sequence[str]) -> Search | None:
    """The same search, for these trials only; None for one that names its trials already.

    By the filter, not in the words: a query of nothing but numbers makes ClinicalTrials.gov forget the rest of it.
    """
    parts = urlsplit(search.url or "")
    if any(name == NUMBERS for name, _ in parse_qsl(parts.query)):
        return None
    numbers = ",".join(trial.partition(":")[2] for trial in trials)
    query = "&".join(part for part in (parts.query, f"{NUMBERS}={numbers}") if part)
    return msgspec.structs.replace(search, url=urlunsplit(parts._replace(query=query)))


def listing_digest(search: Search, exclude: frozenset[str]) -> str:
    """A hash of what is asked, so that an edited watch is told from a changed registry."""
    return hashlib.sha256(msgspec.json.encode((search, sorted(exclude)), order="sorted")).hexdigest()


def decide(
    watch: Watch,
    search: Search,
    listed: Sequence[Listed],
    state: WatchState,
    members: Mapping[str, Membership],
) -> Decision:
    """Compare a complete listing with the watch's members.

    The first listing of a watch, and the first after it was edited, bring trials in silently. Later a trial is
    ``new_registration`` if it was first posted since the last listing, else ``entered_watch``. Whatever an edit took out of
    the search leaves silently: nothing happened at the registry.
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
        entries += [Entry(trial=trial, kind="entered_watch", reason="it is in the search again") for trial in back]
    note = ""
    if edited and entries:
        count = "1 trial" if len(entries) == 1 else f"{len(entries)} trials"
        note = f"The search of watch “{watch.name}” was edited; {count} joined it."
    return Decision(
        watch=watch.name,
        digest=digest,
        listed=len(found),
        before=None if first or edited else sum(member.left_search_at is None for member in by_search.values()),
        entries=tuple(entries),
        left=() if edited else gone,
        shed=gone if edited else (),
        back=back,
        note=note,
    )


def _entry(entry: Listed, state: WatchState, *, silent: bool) -> Entry:
    if silent or state.last_complete_listing_at is None:
        return Entry(trial=entry.trial, kind=None)
    since = (state.last_complete_listing_at - NEW_WITHIN).date()
    posted = entry.first_posted.last if entry.first_posted else None
    if posted and posted >= since:
        return Entry(trial=entry.trial, kind="new_registration")
    return Entry(trial=entry.trial, kind="entered_watch", reason="it matches the search since its record changed")
