"""Base rates rest on the past of trials where it was brought, and on their following where it was not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.store.builders import day, snapshot
from tests.store.pasts import Brought, archive_of, backfilled, index_read, moment, said, seen_live, with_events
from tracker.archive.rates import FEWEST, gapless_since
from tracker.model.history import RecordHistory, StoredHistory
from tracker.model.snapshot import SnapshotMeta
from tracker.store import Store

NOW = day(6)
DATED = [
    Brought(0, "2024-04-02", said(status="NOT_YET_RECRUITING", completion="2026-12")),
    Brought(1, "2025-05-20", said(status="RECRUITING", completion="2027-03")),
]


def test_a_year_before_tracking_counts_where_the_past_was_brought(store: Store) -> None:
    """The index tells of moved statuses; of moved dates only trials tell whose versions are all stored."""
    keys = [f"ctgov:NCT{number:08}" for number in range(1, FEWEST + 3)]
    for key in keys:
        seen_live(store, 0, DATED[1].changes, key)
    for number, key in enumerate(keys):
        if number < FEWEST:
            backfilled(store, 1, DATED[::-1], key)
            with_events(store, 2, key)
        index_read(store, 3, [one.listed() for one in DATED], key)
    archive = archive_of(store)
    found = archive.rates("lupus", archive.standing(keys), NOW)
    rates = {rate.what: rate for rate in found.found if not rate.phase}
    status, dates = rates["changed recruitment status"], rates["moved primary completion"]
    assert (status.trials, status.moved, status.since) == (FEWEST + 2, FEWEST + 2, None)
    assert (dates.trials, dates.moved, dates.since) == (FEWEST, FEWEST, None)
    assert [(rate.phase, rate.trials) for rate in found.found if rate.phase] == [("PHASE2", FEWEST)]
    assert (found.trials, found.since) == (FEWEST + 2, moment("2024-04-02"))


def meta(number: int | None, valid_from: datetime) -> SnapshotMeta:
    staged = snapshot(now=valid_from)
    return SnapshotMeta(
        id=1,
        trial="ctgov:NCT00000001",
        url="",
        sha256=staged.sha256,
        digest="",
        digest_version=1,
        size=1,
        fetched_at=valid_from,
        first_seen_at=day(0),
        last_seen_at=day(0),
        valid_from=valid_from,
        registry_version=number,
    )


@pytest.mark.parametrize(
    ("stored", "since"),
    [
        ((0, 1, 2), "2020-01-01"),
        ((1, 2), "2021-01-01"),
        ((0, 2), "2022-01-01"),
        ((0, 1), None),
        ((), None),
        ((0, 1, 2, 3), "2020-01-01"),
    ],
)
def test_a_past_with_a_gap_is_known_from_behind_the_gap_on(stored: Sequence[int], since: str | None) -> None:
    days = [date(2020, 1, 1), date(2021, 1, 1), date(2022, 1, 1), date(2026, 1, 7)]  # the last one was seen as it was posted
    versions = tuple(Brought(number, at.isoformat()).listed() for number, at in enumerate(days))
    history = StoredHistory(history=RecordHistory(trial="ctgov:NCT00000001", versions=versions), read_at=day(9))
    timeline = [meta(number, datetime.combine(days[number], datetime.min.time(), UTC)) for number in stored]
    assert gapless_since(timeline, history, day(0)) == (moment(since) if since else day(0))


def test_a_trial_is_not_known_for_longer_than_the_watch_follows_it_where_nothing_was_brought(store: Store) -> None:
    keys = [f"ctgov:NCT{number:08}" for number in range(1, FEWEST + 1)]
    for key in keys:
        seen_live(store, 0, DATED[1].changes, key)
    archive = archive_of(store)
    found = archive.rates("lupus", archive.standing(keys), day(0) + timedelta(days=40))
    assert {(rate.trials, rate.moved, rate.since is None) for rate in found.found} == {(FEWEST, 0, False)}
    assert found.since == day(0)
