"""Membership is sticky: searches add, only the user takes away; edits act forward."""

from __future__ import annotations

from tests.store.builders import DAY_0, PAGE, A, B, C, Pass, alert, baseline, changed, check, day, message, snapshot, watch
from tracker.model.snapshot import TrackedTrial
from tracker.model.watch import CompletedListing, Join, Membership, WatchChanges
from tracker.store import Store


def members(store: Store, name: str = "lupus") -> dict[str, str]:
    return {member.trial: member.how for member in store.memberships() if member.watch == name}


def search_finds(store: Store, number: float, *trials: str, name: str = "lupus") -> None:
    run = Pass(store, number)
    run.stage(checks=tuple(check(trial, now=run.now) for trial in trials), snapshots=tuple(snapshot(trial) for trial in trials))
    run.accept(joins=[Join(watch=name, trial=trial) for trial in trials])


def test_listed_trials_and_pages_join_silently_and_are_named_once(store: Store) -> None:
    watches = [watch("lupus", A, B, pages=(PAGE,))]
    assert store.sync_watches(watches, {"me"}, DAY_0) == {
        "lupus": WatchChanges(watch="lupus", created=True, joined=(A, B, PAGE.trial))
    }
    assert store.sync_watches(watches, {"me"}, day(1)) == {}
    assert members(store) == {A: "listed", B: "listed", PAGE.trial: "page"}
    assert all(member.joined_at == DAY_0 for member in store.memberships())
    assert store.memberships("meddatax") == [Membership(watch="lupus", trial=PAGE.trial, how="page", joined_at=DAY_0)]


def test_a_page_is_asked_for_at_its_configured_address(store: Store) -> None:
    store.sync_watches([watch("lupus", pages=(PAGE,))], {"me"}, DAY_0)
    moved = type(PAGE)(source=PAGE.source, trial=PAGE.trial, url="https://pages.example/new")
    store.sync_watches([watch("lupus", pages=(moved,))], {"me"}, day(1))
    (known,) = store.followed("meddatax")
    assert known == TrackedTrial(
        key=PAGE.trial, source="meddatax", number="NCT00000001", url="https://pages.example/new", first_seen_at=DAY_0
    )


def test_a_trial_taken_out_of_the_list_ends_and_may_come_back(store: Store) -> None:
    store.sync_watches([watch("lupus", A, B)], {"me"}, DAY_0)
    assert store.sync_watches([watch("lupus", A)], {"me"}, day(1))["lupus"].ended == 1
    assert [known.key for known in store.followed("ctgov")] == [A]
    assert store.sync_watches([watch("lupus", A, B)], {"me"}, day(2))["lupus"].joined == (B,)
    assert {member.trial: member.joined_at for member in store.memberships()} == {A: DAY_0, B: day(2)}


def test_a_trial_that_a_search_matched_stays_until_it_is_excluded(store: Store) -> None:
    store.sync_watches([watch("lupus")], {"me"}, DAY_0)
    search_finds(store, 1, A, B)
    assert store.sync_watches([watch("lupus")], {"me"}, day(2)) == {}
    assert members(store) == {A: "search", B: "search"}
    assert store.sync_watches([watch("lupus", exclude=(B,))], {"me"}, day(3))["lupus"].ended == 1
    assert members(store) == {A: "search"}


def test_exclude_does_not_touch_trials_listed_by_hand(store: Store) -> None:
    store.sync_watches([watch("lupus", A, exclude=(A,))], {"me"}, DAY_0)
    assert store.sync_watches([watch("lupus", A, exclude=(A,))], {"me"}, day(1)) == {}
    assert members(store) == {A: "listed"}


def test_a_matched_trial_that_is_then_listed_is_listed(store: Store) -> None:
    store.sync_watches([watch("lupus")], {"me"}, DAY_0)
    search_finds(store, 1, A)
    assert store.sync_watches([watch("lupus", A)], {"me"}, day(2)) == {}
    assert members(store) == {A: "listed"}


def test_a_trial_followed_by_its_link_stays_once_a_file_brings_it_in(store: Store) -> None:
    store.sync_watches([watch("lupus", A)], {"me"}, DAY_0)
    store.sync_linked({"lupus": {B}}, day(1))
    assert members(store) == {A: "listed", B: "linked"}
    assert store.join_imported([Join(watch="lupus", trial=B, how="import")], day(2)) == []
    assert store.sync_linked({"lupus": set()}, day(3)) == []
    assert members(store) == {A: "listed", B: "import"}


def test_joining_twice_keeps_the_first_date(store: Store) -> None:
    store.sync_watches([watch("lupus")], {"me"}, DAY_0)
    search_finds(store, 1, A)
    run = Pass(store, 2)
    run.accept(joins=[Join(watch="lupus", trial=A), Join(watch="gone", trial=A), Join(watch="lupus", trial=C)])
    assert {(member.watch, member.trial): member.joined_at for member in store.memberships()} == {
        ("lupus", A): day(1),
        ("lupus", C): day(2),
    }


def test_a_watch_that_is_gone_ends_and_begins_anew_when_it_returns(store: Store) -> None:
    store.sync_watches([watch("lupus", A), watch("other", B)], {"me"}, DAY_0)
    Pass(store, 0).accept(listings=[CompletedListing(watch="lupus", digest="d1")])
    gone = store.sync_watches([watch("other", B)], {"me"}, day(1))
    assert gone == {"lupus": WatchChanges(watch="lupus", removed=True, ended=1)}
    assert set(store.watch_names()) == {"other"}
    assert store.sync_watches([watch("lupus", A), watch("other", B)], {"me"}, day(2))["lupus"].created
    state = store.watch_states("ctgov")["lupus"]
    assert (state.created_at, state.listing_digest, state.last_complete_listing_at) == (day(2), None, None)


def test_a_complete_listing_is_remembered_and_says_who_left(store: Store) -> None:
    store.sync_watches([watch("lupus")], {"me"}, DAY_0)
    search_finds(store, 1, A, B)
    run = Pass(store, 2)
    run.accept(listings=[CompletedListing(watch="lupus", digest="d2", left=(A,))])
    state = store.watch_states("ctgov")["lupus"]
    assert (state.listing_digest, state.last_complete_listing_at) == ("d2", day(2))
    assert {member.trial: member.left_search_at for member in store.memberships()} == {A: day(2), B: None}
    run = Pass(store, 3)
    run.accept(listings=[CompletedListing(watch="lupus", digest="d2", back=(A,))])
    assert {member.trial: member.left_search_at for member in store.memberships()} == {A: None, B: None}


def test_what_waits_for_a_watch_or_channel_that_is_gone_is_dropped(store: Store) -> None:
    watches = (watch("lupus", A), watch("other", A))
    baseline(store, A, watches=watches)
    known = store.followed("ctgov")[0].current
    assert known is not None
    run = Pass(store, 1)
    batch = changed(A, b"second", run.now, "e1", known.id)
    batch["alerts"] = (alert("e1"), alert("e1", "other"), alert("e1", "lupus", "mail"))
    run.stage(**batch)
    run.accept()
    store.cut(message("mail/run-2", channel="mail"), [alert("e1", "lupus", "mail")], day(1))
    store.sync_watches([watch("lupus", A)], {"me"}, day(2))
    assert [(ready.alert.watch, ready.alert.channel) for ready in store.ready_alerts()] == [("lupus", "me")]
    orphan = store.message("mail/run-2")
    assert orphan is not None
    assert (orphan.state, orphan.last_error) == ("dropped", "its channel is no longer in the configuration")


def test_two_watches_follow_a_trial_until_both_have_ended_it(store: Store) -> None:
    store.sync_watches([watch("lupus", A), watch("other", A)], {"me"}, DAY_0)
    store.sync_watches([watch("lupus"), watch("other", A)], {"me"}, day(1))
    assert [known.key for known in store.followed("ctgov")] == [A]
    store.sync_watches([watch("lupus"), watch("other")], {"me"}, day(2))
    assert store.followed("ctgov") == []
    assert [known.key for known in store.followed("ctgov", [A, B])] == [A]


def test_an_alert_dropped_in_a_held_run_does_not_stand_in_the_way_of_the_next(store: Store) -> None:
    """The watch is renamed and renamed back while a run is held; the healthy run finds the same event again."""
    watches = (watch("lupus", A),)
    baseline(store, A, watches=watches)
    known = store.followed("ctgov")[0].current
    assert known is not None
    sick = Pass(store, 1)
    sick.stage(**changed(A, b"second", sick.now, "e1", known.id))
    sick.hold()
    store.sync_watches([watch("sle", A)], {"me"}, day(1))
    store.sync_watches(watches, {"me"}, day(1.5))
    healthy = Pass(store, 2)
    healthy.stage(**changed(A, b"second", healthy.now, "e1", known.id))
    assert healthy.accept().alerts == 1


def test_nobody_has_joined_in_the_future(store: Store) -> None:
    """A clock that ran ahead said so; when it was put back, the trial would be mute until that day had come."""
    store.sync_watches([watch("lupus", A)], {"me"}, DAY_0)
    store.sync_watches([watch("lupus", A, B)], {"me"}, day(365))
    assert store.sync_watches([watch("lupus", A, B)], {"me"}, day(1)) == {}
    assert {member.trial: member.joined_at for member in store.memberships()} == {A: DAY_0, B: day(1)}
