"""Who joins and leaves a watch by its search, and who hears of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
import pytest
from sqlalchemy import delete, select

from tests.builders import DAY, actual, day
from tracker.detect.listing import ListingDecision, listing_digest, may_list, placed, plan, search_of
from tracker.detect.listing import decided as listing_decided
from tracker.model.record import Site
from tracker.model.source import Listed, Search, Sited
from tracker.model.watch import Membership, Near, SearchEntry, Watch, WatchState
from tracker.store import Store, migrate
from tracker.store import tables as t
from tracker.store.trials import ensure_trials

SEARCH = Search(fields={"condition": "lupus"})
A, B, C = "ctgov:NCT00000001", "ctgov:NCT00000002", "ctgov:NCT00000003"
NEVER = WatchState(created_at=DAY)


def listed(trial: str, posted: str | None = "2020-01-01") -> Listed:
    return Listed(trial=trial, first_posted=actual(posted) if posted else None)


def member(trial: str, how: str = "search", left_on: int | None = None) -> Membership:
    left = day(left_on) if left_on is not None else None
    return Membership(watch="lupus", trial=trial, how=how, joined_at=DAY, left_search_at=left)


def last_listed(search: Search = SEARCH, exclude: frozenset[str] = frozenset()) -> WatchState:
    """The watch was listed to its end on DAY."""
    return WatchState(created_at=DAY, listing_digest=listing_digest(search, exclude), last_complete_listing_at=DAY)


class Compared(NamedTuple):
    """A listing held against the members of its watch."""

    decision: ListingDecision
    entries: tuple[SearchEntry, ...]
    left: tuple[str, ...]
    shed: tuple[str, ...]
    back: tuple[str, ...]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path_factory.mktemp('listing')}/tracker.db"
    migrate(url, now=DAY)
    with Store.open(url) as opened:
        yield opened


def decided(
    store: Store,
    found: list[Listed],
    *members: Membership,
    state: WatchState | None = None,
    watch: Watch | None = None,
    search: Search = SEARCH,
    exclude: frozenset[str] = frozenset(),
) -> Compared:
    watch = watch or Watch(name="lupus", query=SEARCH.fields, exclude=exclude)
    read = plan(watch, search, state or last_listed(exclude=exclude))
    store.sync_watches([Watch(name="lupus")], (), DAY)
    with store.writing() as connection:
        connection.execute(delete(t.memberships))
        if members:
            ensure_trials(connection, [one.trial for one in members], DAY)
            connection.execute(t.memberships.insert(), [msgspec.to_builtins(one, builtin_types=(datetime,)) for one in members])
    lease = store.acquire_lease("source:ctgov", "test", DAY, timedelta(hours=1))
    run = store.open_run(lease, "ctgov", DAY, None).run.id
    store.begin_listing(lease, run, "lupus")
    store.stage_listed(lease, run, "lupus", [read.entry(one) for one in found if one.trial not in watch.exclude])
    totals = store.compare_listing(lease, run, "lupus", "ctgov", DAY, edited=read.edited)
    with store.reading() as connection:
        rows = connection.execute(select(t.listed).order_by(t.listed.c.trial)).mappings().all()
    store.release_lease(lease, DAY)

    def moves(name: str) -> tuple[str, ...]:
        return tuple(row["trial"] for row in rows if row["move"] == name)

    entries = tuple(
        SearchEntry(
            trial=row["trial"], kind=row["kind"], reason=row["reason"], silent=row["silent"], returned=row["move"] == "back"
        )
        for row in rows
        if row["move"] == "enters" or (row["move"] == "back" and row["kind"])
    )
    return Compared(listing_decided(read, totals), entries, moves("left"), moves("shed"), moves("back"))


def test_the_first_listing_brings_everything_in_silently(store: Store) -> None:
    decision = decided(store, [listed(A), listed(B, "2026-03-09")], state=NEVER)
    assert decision.entries == (SearchEntry(trial=A, kind=None), SearchEntry(trial=B, kind=None))
    assert (decision.decision.listed, decision.decision.note, decision.left) == (2, "", ())


@pytest.mark.parametrize(("days_before", "kind"), [(-1, "new_registration"), (7, "new_registration"), (8, "entered_watch")])
def test_a_new_registration_was_posted_since_the_last_listing_less_a_week(store: Store, days_before: int, kind: str) -> None:
    posted = (DAY - timedelta(days=days_before)).date().isoformat()
    [entry] = decided(store, [listed(A, posted)]).entries
    assert entry.kind == kind


def test_a_late_match_says_why_and_so_does_one_without_a_date(store: Store) -> None:
    for posted in ("2020-01-01", None, "long ago"):
        [entry] = decided(store, [listed(A, posted)]).entries
        assert entry.kind == "entered_watch"
        assert entry.reason


def test_a_date_of_a_month_counts_by_its_last_day(store: Store) -> None:
    assert decided(store, [listed(A, "2026-03")]).entries[0].kind == "new_registration"
    assert decided(store, [listed(A, "2026-02")]).entries[0].kind == "entered_watch"


def test_members_that_are_still_listed_are_no_news(store: Store) -> None:
    decision = decided(store, [listed(A), listed(B)], member(A), member(B, "listed"))
    assert (decision.entries, decision.left, decision.shed, decision.back) == ((), (), (), ())


def test_a_member_leaves_a_search_once(store: Store) -> None:
    assert decided(store, [], member(A)).left == (A,)
    assert decided(store, [], member(A, left_on=-3)).left == ()


@pytest.mark.parametrize("how", ["listed", "page"])
def test_a_trial_listed_by_hand_cannot_leave_by_a_search(store: Store, how: str) -> None:
    assert decided(store, [], member(A, how)).left == ()


def test_a_trial_back_in_the_search_enters_again_with_that_reason(store: Store) -> None:
    decision = decided(store, [listed(A)], member(A, left_on=-3))
    assert decision.back == (A,)
    assert decision.entries == (SearchEntry(trial=A, kind="entered_watch", reason="it is in the search again", returned=True),)


def test_an_excluded_trial_is_as_if_the_search_did_not_hold_it(store: Store) -> None:
    decision = decided(store, [listed(A), listed(B)], exclude=frozenset({A}))
    assert [entry.trial for entry in decision.entries] == [B]
    assert decision.decision.listed == 1


def test_an_edited_search_joins_silently_and_leaves_a_line_for_the_digest(store: Store) -> None:
    edited = last_listed(Search(fields={"condition": "something else"}))
    decision = decided(store, [listed(A, "2026-03-09"), listed(B)], member(B), state=edited)
    assert decision.entries == (SearchEntry(trial=A, kind=None, silent=True),)
    assert "was edited; 1 trial joined" in decision.decision.note


def test_what_an_edit_takes_out_of_a_search_is_shed_without_a_word_now_and_later(store: Store) -> None:
    """The registry changed nothing, so neither this listing nor the next may say that the trial left."""
    edited = last_listed(Search(fields={"condition": "something else"}))
    decision = decided(store, [listed(A)], member(A), member(B), state=edited)
    assert (decision.left, decision.shed, decision.decision.note) == ((), (B,), "")
    assert decided(store, [listed(A)], member(A), member(B, left_on=0)).left == ()


def test_what_an_edit_brings_back_is_back_without_an_event(store: Store) -> None:
    edited = last_listed(Search(fields={"condition": "something else"}))
    decision = decided(store, [listed(A)], member(A, left_on=-3), state=edited)
    assert (decision.back, decision.entries) == ((A,), ())


def test_a_changed_exclude_or_place_is_an_edit_and_another_order_is_none() -> None:
    same = listing_digest(SEARCH, frozenset({A, B}))
    assert listing_digest(SEARCH, frozenset({B, A})) == same
    assert listing_digest(SEARCH, frozenset({A})) != same
    placed = Search(fields=SEARCH.fields, near=Near(place="Oslo", km=50))
    assert listing_digest(placed, frozenset({A, B})) != same
    two = Search(fields={"condition": "lupus", "country": "Norway"})
    other_order = Search(fields={"country": "Norway", "condition": "lupus"})
    assert listing_digest(two, frozenset()) == listing_digest(other_order, frozenset())


def test_a_watch_of_listed_trials_has_nothing_to_search() -> None:
    assert search_of(Watch(name="by hand", trials=(A,))) is None
    assert search_of(Watch(name="fields", query={"condition": "lupus"})) == SEARCH
    assert search_of(Watch(name="address", search="https://registry.example/search")) is not None


def test_what_a_search_held_before_is_unknown_at_first_and_after_an_edit(store: Store) -> None:
    assert decided(store, [listed(A)], state=NEVER).decision.before is None
    assert decided(store, [listed(A)], member(A), member(B), member(C, left_on=0)).decision.before == 2
    edited = last_listed(Search(fields={"condition": "something else"}))
    assert decided(store, [listed(A)], member(A), state=edited).decision.before is None


# --- near

MUNICH = Near(place="Munich", country="Germany", km=100, latitude=48.13743, longitude=11.57549)


def sited(trial: str, *cities: str, country: str = "Germany") -> Sited:
    return Sited(listed=listed(trial), sites=tuple(Site(city=city, country=country) for city in cities))


def test_a_trial_is_placed_by_any_of_its_sites_and_marked_only_if_none_can_be_placed_inside() -> None:
    found = placed(
        MUNICH, [sited(A, "Hamburg", "Augsburg"), sited(B, "Xyzzyville", "Munich"), sited(C, "Xyzzyville", "Hamburg")]
    )
    assert {entry.trial: entry.unplaced for entry in found} == {A: False, B: False, C: True}
    assert list(placed(MUNICH, [sited(A, "Hamburg"), sited(B), sited(C, "Xyzzyville", country="Japan")])) == []


@pytest.mark.parametrize("in_address", [False, True])
def test_trials_that_a_wider_reading_of_a_circle_finds_join_silently_and_the_digest_says_why(
    store: Store, in_address: bool
) -> None:
    """The database was written by a version that left the circle to the registry's coordinates."""
    search = Search(fields=SEARCH.fields, near=MUNICH)
    before = msgspec.structs.replace(search, near=None) if in_address else search
    digest = hashlib.sha256(msgspec.json.encode((before, []), order="sorted")).hexdigest()
    state = WatchState(created_at=DAY, listing_digest=digest, last_complete_listing_at=DAY)
    watch = Watch(name="lupus", query=SEARCH.fields, near=MUNICH, circle_in_search=in_address)
    decision = decided(store, [listed(A), listed(B)], member(A), state=state, watch=watch, search=search)
    assert decision.entries == (SearchEntry(trial=B, kind=None, silent=True),)
    assert "judged by each site's address" in decision.decision.note
    again = msgspec.structs.replace(state, listing_digest=decision.decision.digest)
    nothing = decided(store, [listed(A), listed(B)], member(A), member(B), state=again, watch=watch, search=search)
    assert nothing.decision.note == ""


def test_a_near_that_the_user_moved_is_an_edit(store: Store) -> None:
    moved = msgspec.structs.replace(MUNICH, km=50)
    state = last_listed(Search(fields=SEARCH.fields, near=MUNICH))
    watch = Watch(name="lupus", query=SEARCH.fields, near=moved)
    decision = decided(store, [listed(A)], state=state, watch=watch, search=Search(fields=SEARCH.fields, near=moved))
    assert "was edited" in decision.decision.note


def test_a_watch_without_a_search_has_nothing_to_list() -> None:
    """So what was wrong with its former search ends once the search is taken out."""
    assert not may_list(Watch(name="by hand", trials=(A,)), "ctgov")
    assert may_list(Watch(name="all", everything=True), "ctgov")
    assert may_list(Watch(name="fields", query={"condition": "lupus"}, registries=("ctgov",)), "ctgov")
    assert not may_list(Watch(name="fields", query={"condition": "lupus"}, registries=("ctgov",)), "ctis")
