"""Versions live and brought later are one past, in whatever order they came; SQL and the read layer say the same of it."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.store.builders import day
from tests.store.pasts import Brought, archive_of, backfilled, index_read, moment, said, seen_live, with_events
from tracker.archive import asof, ledgers
from tracker.errors import UsageError
from tracker.model.ledgers import IndexedVersion, TrialPast
from tracker.model.views import TrialView
from tracker.store import Store

numbers = itertools.count(1)
STATUSES = ("NOT_YET_RECRUITING", "RECRUITING", "SUSPENDED", "COMPLETED")
DATES = ("2027-06", "2027-06-30", "2027-08-01", "2028", "2027-01", "2026-12-31", "2027-08")
FIRST = date(2024, 3, 1)

one_version = st.tuples(st.sampled_from(STATUSES), st.sampled_from(DATES), st.sampled_from((40, 80, 120)))


@st.composite
def pasts(draw: st.DrawFn) -> tuple[list[Brought], list[dict[str, object]], list[int], bool]:
    """Versions that the registry dates, later ones that are seen live, the order in which the past is brought, the index."""
    days = sorted(draw(st.lists(st.integers(0, 600), min_size=1, max_size=5)))  # two may be of one day
    says = draw(st.lists(one_version, min_size=len(days), max_size=len(days)))
    dated = [
        Brought(number, (FIRST + timedelta(days=at)).isoformat(), said(status=status, completion=moved, count=count))
        for number, (at, (status, moved, count)) in enumerate(zip(days, says, strict=True))
    ]
    live = [
        said(status=status, completion=moved, count=count)
        for status, moved, count in draw(st.lists(one_version, min_size=1, max_size=3))
    ]
    order = draw(st.permutations(range(len(dated))))
    stored = draw(st.integers(0, len(dated)))
    return dated, live, list(order)[:stored], draw(st.booleans())


def told(store: Store, statement: str, key: str) -> list[tuple[object, ...]]:
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(text(statement), {"trial": key})]


def plain(value: object) -> datetime | None:
    """A time from either database."""
    if value is None or isinstance(value, datetime):
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.fromisoformat(str(value)).replace(tzinfo=UTC)


def agrees(store: Store, key: str, past: TrialPast) -> None:
    """The views say what the ledgers say."""
    rows = told(store, "SELECT status, since, until, at_least FROM status_timeline WHERE trial = :trial ORDER BY since", key)
    expected = [(one.status, one.since, one.until, one.at_least) for one in past.statuses]
    assert sorted((str(a), plain(b), str(plain(c)), bool(d)) for a, b, c, d in rows) == sorted(
        (a, b, str(c), d) for a, b, c, d in expected
    )
    slips = told(store, "SELECT path, old, new, days, nth, total_days, event FROM slips WHERE trial = :trial", key)
    later = [
        (f"{one.field}.date", one.old, one.new, one.days, one.nth, one.cumulative_days, one.event)
        for one in past.slips
        if one.days > 0
    ]
    assert sorted((str(a), b, c, int(str(d)), int(str(e)), int(str(f)), g) for a, b, c, d, e, f, g in slips) == sorted(later)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=pasts())
def test_one_past_whatever_the_order_in_which_it_came(
    store: Store, found: tuple[list[Brought], list[dict[str, object]], list[int], bool]
) -> None:
    """As of a day it is the version with the greatest ``valid_from`` up to it; slips and days in statuses add up."""
    dated, live, order, indexed = found
    key, archive = f"ctgov:NCT{next(numbers):08}", archive_of(store)
    seen_live(store, 0, live[0], key)
    backfilled(store, 0.1, [dated[number] for number in order], key)
    for step, changes in enumerate(live[1:], start=1):
        seen_live(store, step, changes, key)
    if indexed:
        index_read(store, 5, [one.listed() for one in dated], key)
    with_events(store, 6, key)

    known = [(moment(one.date), one.number) for one in dated if indexed or one.number in order]
    seen = [(day(step), 1_000 + step) for step in range(len(live))]
    for when in {at + timedelta(hours=hours) for at, _ in (*known, *seen) for hours in (-1, 0, 30)}:
        stood = max((one for one in (*known, *seen) if one[0] <= when), default=None)
        if stood is None:
            with pytest.raises(UsageError):
                archive.at(key, when)
            continue
        answer = archive.at(key, when)
        if stood[1] < 1_000 and stood[1] not in order:
            assert isinstance(answer, IndexedVersion)
            assert answer.registry_version == stood[1]
        else:
            assert isinstance(answer, TrialView)
            assert answer.version.valid_from == stood[0]
            assert answer.version.registry_version == (stood[1] if stood[1] < 1_000 else None)

    past = archive.past(key)
    assert past is not None
    now = day(9)
    first = min(at for at, _ in (*known, *seen))
    assert sum(one.days(now) for one in past.statuses) == pytest.approx((now - first) / timedelta(days=1))
    for field in {one.field for one in past.slips}:
        moves = [one for one in past.slips if one.field == field]
        whole = [one for one in store.moved_values([key])[key] if one.path == f"{field}.date" and one.days is not None]
        assert moves[-1].cumulative_days == ledgers.certain_days(whole[0].old or "", moves[-1].new)
    assert [one.number for one in past.versions if one.number] == list(range(1, len(order) + len(live) + 1))
    assert len(past.versions) == len(known) + len(seen)
    agrees(store, key, past)


def test_the_index_and_the_log_tell_one_change_of_status_once_and_by_the_registrys_own_day(store: Store) -> None:
    """Two changes that were posted days after they were submitted: each is one span, from the day that the index gives."""
    key = "ctgov:NCT00900001"
    seen_live(store, 0, said(status="RECRUITING"), key)
    seen_live(store, 6, said(status="COMPLETED"), key)
    seen_live(store, 7, said(status="TERMINATED"), key)
    with_events(store, 8, key)
    registered = Brought(0, "2025-03-01", said(status="NOT_YET_RECRUITING"))
    listed = [registered, Brought(1, "2025-06-01", said(status="RECRUITING"))]
    listed += [Brought(2, "2026-01-08", said(status="COMPLETED")), Brought(3, "2026-01-09", said(status="TERMINATED"))]
    index_read(store, 10, [one.listed() for one in listed], key)
    past = archive_of(store).past(key)
    assert past is not None
    assert [(one.status, f"{one.since:%Y-%m-%d}", one.at_least) for one in past.statuses] == [
        ("NOT_YET_RECRUITING", "2025-03-01", False),
        ("RECRUITING", "2025-06-01", False),
        ("COMPLETED", "2026-01-08", False),
        ("TERMINATED", "2026-01-09", False),
    ]
    agrees(store, key, past)


def test_a_status_that_the_registry_gave_without_a_version_stands_between_those_of_the_index(store: Store) -> None:
    key = "ctgov:NCT00900002"
    for number, status in ((0, "RECRUITING"), (5, "UNKNOWN"), (12, "COMPLETED")):
        seen_live(store, number, said(status=status), key)
    with_events(store, 13, key)
    listed = [Brought(0, "2023-03-01", said(status="RECRUITING")), Brought(1, "2026-01-15", said(status="COMPLETED"))]
    index_read(store, 14, [one.listed() for one in listed], key)
    past = archive_of(store).past(key)
    assert past is not None
    assert [(one.status, f"{one.since:%Y-%m-%d}") for one in past.statuses] == [
        ("RECRUITING", "2023-03-01"),
        ("UNKNOWN", "2026-01-10"),
        ("COMPLETED", "2026-01-15"),
    ]
    agrees(store, key, past)


def test_a_status_that_is_not_known_leaves_a_gap(store: Store) -> None:
    key = "ctgov:NCT00900003"
    seen_live(store, 0, said(status="RECRUITING"), key)
    withheld = asof.RegistryVersion(number=0, date=date(2024, 1, 1), said="WITHHELD")
    index_read(store, 1, [withheld, Brought(1, "2024-05-01", said(status="RECRUITING")).listed()], key)
    past = archive_of(store).past(key)
    assert past is not None
    assert [(one.status, f"{one.since:%Y-%m-%d}", one.at_least) for one in past.statuses] == [
        ("RECRUITING", "2024-05-01", False)
    ]
    agrees(store, key, past)


def test_a_date_that_moved_there_and_back_has_moved_nothing_in_all(store: Store) -> None:
    key = "ctgov:NCT00900004"
    for number, moved in enumerate(("2027-06", "2027-08", "2027-07", "2027-06")):
        seen_live(store, number, said(completion=moved), key)
    with_events(store, 5, key)
    past = archive_of(store).past(key)
    assert past is not None
    assert [(one.days, one.cumulative_days, one.nth) for one in past.slips] == [(61, 61, 1), (-31, 30, 1), (-30, 0, 2)]
    agrees(store, key, past)


def test_a_date_that_is_only_given_more_exactly_does_not_hide_how_far_it_moved(store: Store) -> None:
    """From 1 June it moves by 92 days; from 15 June, which was known first, it is 78."""
    key = "ctgov:NCT00900005"
    for number, moved in enumerate(("2027-06-15", "2027-06", "2027-06-01", "2027-09-01")):
        seen_live(store, number, said(completion=moved), key)
    with_events(store, 5, key)
    past = archive_of(store).past(key)
    assert past is not None
    assert [(one.days, one.cumulative_days) for one in past.slips] == [(92, 78)]
    agrees(store, key, past)
