"""The words of current versions that were not written with them: after an upgrade, or where a trial is followed again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from tracker import __version__
from tracker.archive import records
from tracker.model.search import SearchEntry
from tracker.model.source import Source
from tracker.store import Store
from tracker.text.search import search_texts

MOST = 20_000
"""Trials a pass: the following passes write the rest."""

TOGETHER = 200


def note_words(store: Store, sources: Mapping[str, Source], source: str, stop: Callable[[], bool]) -> None:
    """Write the words that are missing or do not fit any more; asked to end, leave the rest to the next pass."""
    stale = store.stale_words(source, __version__, MOST)
    entries = _entries(store, sources, stale) if stale else iter(())
    while some := list(islice(entries, TOGETHER)):
        store.note_words(some)
        if stop():
            return


def note_all_words(store: Store, sources: Mapping[str, Source]) -> int:
    """Write all words that are missing, as the following passes would; for how many trials that was done."""
    before = missing = store.count_unindexed()
    while missing:
        for source in sources:
            note_words(store, sources, source, lambda: False)
        left = store.count_unindexed()
        if left == missing:  # records that cannot be read any more
            break
        missing = left
    return before - missing


def _entries(store: Store, sources: Mapping[str, Source], trials: list[str]) -> Iterator[SearchEntry]:
    for known, record in records.current(store, sources, trials):
        assert known.current is not None
        yield SearchEntry(
            snapshot=known.current.id, texts=search_texts(record), reader=__version__, kept=bool(known.current.kept)
        )
