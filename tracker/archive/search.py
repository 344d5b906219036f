"""A search over what is followed: the store ranks, the records say where the words stand."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tracker.archive import records
from tracker.archive.names import Names
from tracker.errors import UsageError
from tracker.model.record import TrialRecord
from tracker.model.search import SearchAnswer, SearchHit, SearchQuery
from tracker.model.snapshot import TrackedTrial
from tracker.model.source import Source
from tracker.store import Store
from tracker.text.search import found_texts, search_query

LONGEST_QUESTION = 300

_PLACE = re.compile(r"(-?[0-9.]{1,24}(?:e-?[0-9]{1,3})?) ([!-~]{1,200})\Z", re.ASCII)


def search(
    store: Store, sources: Mapping[str, Source], names: Names, words: str, *, watch: str | None, limit: int, after: str
) -> SearchAnswer:
    """Trials by how well they fit; ``after`` is the ``next`` of the page before."""
    if len(words) > LONGEST_QUESTION:
        raise UsageError(
            f"A search has at most {LONGEST_QUESTION} characters.", remedy="Leave out what every trial of the kind has."
        )
    query = search_query(words)
    found = store.search(query, watch=watch, limit=limit + 1, after=_place(after))
    shown = found.page[:limit]
    watches = store.watches_of([one.trial for one in shown])
    read = {known.key: (known, record) for known, record in records.current(store, sources, [one.trial for one in shown])}
    return SearchAnswer(
        total=found.total,
        trials=tuple(_hit(*read[one.trial], names, query, watches[one.trial]) for one in shown if one.trial in read),
        next=f"{shown[-1].rank!r} {shown[-1].trial}" if len(found.page) > limit else "",
        unindexed=store.count_unindexed(watch),
    )


def _hit(known: TrackedTrial, record: TrialRecord, names: Names, query: SearchQuery, watches: tuple[str, ...]) -> SearchHit:
    return SearchHit(
        trial=known.key,
        name=names.name(record),
        brief_title=record.brief_title,
        recruitment_status=record.recruitment_status,
        lead_sponsor=record.lead_sponsor.name if record.lead_sponsor else None,
        watches=watches,
        removed_at=known.removed_at,
        merged_into=known.merged_into,
        url=record.url,
        found=found_texts(record, query),
    )


def _place(after: str) -> tuple[float, str] | None:
    """Where the page before ended."""
    if not after:
        return None
    given = _PLACE.match(after)
    if given is None:
        raise UsageError("This is no place in the list.", remedy="Begin again without “after”.")
    try:
        return float(given[1]), given[2]
    except ValueError:
        raise UsageError("This is no place in the list.", remedy="Begin again without “after”.") from None
