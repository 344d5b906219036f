"""A run from staging to its end: nothing is visible before acceptance, and acceptance is one step."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import pytest

from tests.store.builders import (
    DAY_0,
    TTL,
    A,
    B,
    C,
    Pass,
    alert,
    baseline,
    changed,
    check,
    compared,
    data,
    day,
    event,
    snapshot,
    the_run,
    watch,
)
from tracker.errors import LeaseHeldError, LeaseLostError, StoreError
from tracker.model.event import EventFilter
from tracker.model.run import CheckStatus, RunCounts, Verdict
from tracker.model.snapshot import TrackedTrial
from tracker.model.source import Issue, Validators
from tracker.model.staging import Batch, StagedEvent
from tracker.model.watch import CompletedListing, Join
from tracker.store import Store


def the(store: Store, trial: str = A) -> TrackedTrial:
    (known,) = store.followed("ctgov", [trial])
    return known


def current(store: Store, trial: str = A) -> int:
    known = the(store, trial).current
    assert known is not None
    return known.id


def test_a_first_accepted_version_becomes_current_without_events(store: Store) -> None:
    baseline(store, A, B)
    assert [known.key for known in store.followed("ctgov")] == [A, B]
    known = the(store)
    assert known.current is not None
    assert store.document(known.current.id).body == b"first of " + A.encode()
    assert (known.checked_at, known.checked_data_timestamp) == (DAY_0, data(0).timestamp)
    assert store.events(EventFilter()) == []


def test_staged_rows_are_invisible_until_accepted(store: Store) -> None:
    baseline(store, A)
    before = the(store)
    run = Pass(store, 1)
    run.stage(**changed(A, b"second", run.now, "e1", current(store)))
    assert the(store) == before
    assert store.events(EventFilter()) == []
    assert store.event("e1") is None
    assert store.stories(["story of e1"]) == {}
    assert store.ready_alerts() == []
    assert len(store.timeline(A)) == 1
    assert store.past_events([A]) == {}
    report = run.accept()
    assert (report.events, report.alerts) == (1, 1)
    assert store.document(current(store)).body == b"second"
    assert [ready.event.id for ready in store.ready_alerts()] == ["e1"]
    assert store.stories(["story of e1"])["story of e1"].trial == A


def test_an_unchanged_trial_is_seen_once_more(store: Store) -> None:
    baseline(store, A, B)
    run = Pass(store, 1)
    run.stage(checks=(check(A, "unchanged", run.now), check(B, "failed", run.now, error="timed out")))
    run.accept()
    seen, unseen = the(store, A), the(store, B)
    assert seen.current is not None
    assert unseen.current is not None
    assert (seen.current.first_seen_at, seen.current.last_seen_at) == (DAY_0, day(1))
    assert (seen.checked_at, seen.checked_data_timestamp) == (day(1), data(1).timestamp)
    assert unseen.current.last_seen_at == DAY_0


def test_a_changed_trial_keeps_when_its_old_version_was_last_seen(store: Store) -> None:
    baseline(store, A)
    old = current(store)
    run = Pass(store, 1)
    run.stage(**changed(A, b"second", run.now, "e1", old))
    run.accept()
    assert [(meta.first_seen_at, meta.last_seen_at) for meta in store.timeline(A)] == [(DAY_0, DAY_0), (day(1), day(1))]
    assert compared(store, "e1") == (store.document(old).body, b"second")


def test_an_error_sets_no_date_so_the_trial_stays_due(store: Store) -> None:
    baseline(store, A)
    for number in (1, 2):
        run = Pass(store, number)
        run.stage(checks=(check(A, "failed", run.now, error=f"timed out on day {number}"),))
        run.accept()
    known = the(store)
    assert (known.checked_at, known.checked_data_timestamp) == (DAY_0, data(0).timestamp)
    assert (known.failing_since, known.error) == (day(1), "timed out on day 2")
    run = Pass(store, 3)
    run.stage(checks=(check(A, "unchanged", run.now),))
    run.accept()
    assert (the(store).failing_since, the(store).error) == (None, "")


def test_gone_is_dated_from_the_first_absence_and_forgotten_on_return(store: Store) -> None:
    baseline(store, A)
    for number, status in ((1, "absent"), (2, "removed"), (3, "removed")):
        run = Pass(store, number)
        run.stage(checks=(check(A, status, run.now),))  # type: ignore[arg-type]
        run.accept()
    known = the(store)
    assert (known.absent_since, known.absent_data_timestamp, known.removed_at) == (day(1), data(1).timestamp, day(2))
    run = Pass(store, 4)
    run.stage(checks=(check(A, "restored", run.now),))
    run.accept()
    known = the(store)
    assert (known.absent_since, known.absent_data_timestamp, known.removed_at) == (None, None, None)
    assert known.current is not None
    assert known.current.last_seen_at == day(4)


def test_a_merged_trial_is_followed_as_the_other(store: Store) -> None:
    watches = (watch("lupus", A),)
    baseline(store, A, watches=watches)
    run = Pass(store, 1)
    run.stage(checks=(check(A, "merged", run.now, merged_into=B),))
    run.accept()
    assert [(member.trial, member.how, member.joined_at) for member in store.memberships()] == [(B, "listed", day(1))]
    assert store.sync_watches(watches, {"me"}, day(2)) == {}  # the configuration still lists the old number
    assert [known.key for known in store.followed("ctgov")] == [B]


def test_validators_are_kept_until_an_answer_says_otherwise(store: Store) -> None:
    baseline(store, A)
    etag = Validators(etag='"1"', last_modified="yesterday")
    for number, given, kept in ((1, etag, etag), (2, None, etag), (3, Validators(), None)):
        run = Pass(store, number)
        run.stage(checks=(check(A, "unchanged", run.now, validators=given),))
        run.accept()
        assert the(store).validators == kept


def test_what_bytes_are_known_by_is_kept_until_an_accepted_answer_brings_another(store: Store) -> None:
    baseline(store, A)
    for number, status, given, kept in (
        (1, "unchanged", "f1", "f1"),
        (2, "unchanged", None, "f1"),
        (3, "failed", "f2", "f1"),
        (4, "unchanged", "f3", "f3"),
    ):
        run = Pass(store, number)
        run.stage(checks=(check(A, cast(CheckStatus, status), run.now, fingerprint=given),))
        run.accept()
        assert the(store).fingerprint == kept


def test_an_nct_number_is_pinned_at_first_read(store: Store) -> None:
    baseline(store, A)
    for number, given in ((1, "NCT00000009"), (2, "NCT00000008")):
        run = Pass(store, number)
        run.stage(checks=(check(A, "unchanged", run.now, nct_number=given),))
        run.accept()
    assert the(store).nct_number == "NCT00000009"


def test_staging_twice_stages_once(store: Store) -> None:
    baseline(store, A)
    run = Pass(store, 1)
    batch = changed(A, b"second", run.now, "e1", current(store))
    first, second = run.stage(**batch), run.stage(**batch)
    assert first == second
    report = run.accept()
    assert (report.events, report.alerts, len(store.timeline(A))) == (1, 1, 2)


def test_a_failed_check_is_replaced_when_the_trial_answers_in_the_same_run(store: Store) -> None:
    baseline(store, A)
    run = Pass(store, 1)
    run.stage(checks=(check(A, "failed", run.now, error="reset"),))
    run.stage(**changed(A, b"second", run.now, "e1", current(store)))
    run.accept()
    assert store.document(current(store)).body == b"second"
    assert the(store).error == ""


def test_an_event_known_already_is_staged_no_more(store: Store) -> None:
    """A calendar rule names the same event every day until its date has passed."""
    baseline(store, A)
    for number in (1, 2):
        run = Pass(store, number)
        overdue = StagedEvent(event=event("due", A, run.now, cause="calendar"), old=current(store), new=current(store))
        run.stage(checks=(check(A, "unchanged", run.now),), events=(overdue,), alerts=(alert("due"),))
        assert store.staged_totals(run.id).counts.events == (1 if number == 1 else 0)
        run.accept()
    (kept,) = store.events(EventFilter())
    assert kept.detected_at == day(1)
    assert len(store.ready_alerts()) == 1
    assert compared(store, "due") == (b"first of " + A.encode(),) * 2


def test_a_run_cut_off_is_adopted_with_what_it_staged(store: Store) -> None:
    baseline(store, A, B, C)
    killed = Pass(store, 1)
    killed.stage(**changed(A, b"second", killed.now, "e1", current(store)), cursor="page 2")
    killed.stage(checks=(check(B, "failed", killed.now),))
    killed.leave()  # stands for the lease running out
    run = Pass(store, 1)
    assert (run.id, run.opened.cursor) == (killed.id, "page 2")
    due = [known.key for page in store.due_trials(run.id, "ctgov", data(1).timestamp) for known in page]
    assert due == [B, C], "what failed is asked for again"
    assert store.count_due(run.id, "ctgov", data(1).timestamp) == 2
    totals = store.staged_totals(run.id)
    assert (totals.counts.checked, totals.counts.changed, totals.counts.failed, totals.counts.events) == (2, 1, 1, 1)
    run.stage(checks=(check(B, "unchanged", run.now, emptied=("conditions",)), check(C, "unchanged", run.now)))
    assert store.staged_totals(run.id).emptied == {"conditions": 1}
    assert run.accept().events == 1


def test_a_run_cut_off_on_older_data_is_superseded(store: Store) -> None:
    baseline(store, A)
    killed = Pass(store, 1)
    killed.stage(**changed(A, b"second", killed.now, "e1", current(store)))
    killed.leave()
    run = Pass(store, 2)
    assert run.id != killed.id
    assert the_run(store, killed.id).state == "superseded"
    assert store.staged_totals(killed.id).counts == RunCounts()


@pytest.mark.parametrize(("hours", "adopted"), [(5, True), (7, False)])
def test_without_a_data_version_a_run_is_adopted_within_six_hours(store: Store, hours: int, adopted: bool) -> None:
    killed = Pass(store, 1, "meddatax", dated=False)
    killed.leave()
    run = Pass(store, 1 + hours / 24, "meddatax", dated=False)
    assert (run.id == killed.id) is adopted


def test_a_held_run_is_never_current_and_the_next_healthy_one_finds_its_truth_again(store: Store) -> None:
    """The same change has the same event id in both runs."""
    baseline(store, A)
    old = current(store)
    sick = Pass(store, 1)
    sick.stage(**changed(A, b"second", sick.now, "e1", old))
    sick.hold()
    assert [run.id for run in store.held_runs()] == [sick.id]
    assert current(store) == old
    assert store.ready_alerts() == []
    (held,) = store.outbox().alerts
    assert (held.state, held.count) == ("held", 1)
    healthy = Pass(store, 2)
    assert healthy.id != sick.id
    healthy.stage(**changed(A, b"second", healthy.now, "e1", old))
    report = healthy.accept()
    assert (report.events, report.alerts) == (1, 1)
    assert the_run(store, sick.id).state == "superseded"
    assert store.held_runs() == []
    assert [event.detected_at for event in store.events(EventFilter())] == [day(2)]
    assert len(store.timeline(A)) == 2


def test_release_accepts_a_held_run_with_its_joins_and_listings(store: Store) -> None:
    baseline(store, A)
    sick = Pass(store, 1)
    sick.stage(**changed(A, b"second", sick.now, "e1", current(store)))
    sick.stage(checks=(check(B, "baseline", sick.now),), snapshots=(snapshot(B, now=sick.now),))
    sick.hold(joins=[Join(watch="lupus", trial=B)], listings=[CompletedListing(watch="lupus", digest="d1")])
    assert [member.trial for member in store.memberships()] == [A]
    report = store.release(sick.id, day(1.5))
    assert (report.events, report.alerts) == (1, 1)
    assert [member.trial for member in store.memberships()] == [A, B]
    assert store.watch_states("ctgov")["lupus"].listing_digest == "d1"
    assert the_run(store, sick.id).state == "accepted"
    assert store.document(current(store)).body == b"second"


def test_release_is_refused_after_a_later_run_or_when_nothing_is_held(store: Store) -> None:
    baseline(store, A)
    sick = Pass(store, 1)
    sick.hold()
    healthy = Pass(store, 2)
    healthy.accept()
    with pytest.raises(StoreError, match="superseded, not held"):
        store.release(sick.id, day(3))
    with pytest.raises(StoreError, match="there is no run 99"):
        store.release(99, day(3))


def test_a_release_ends_the_run_that_is_at_work_on_the_old_view(store: Store) -> None:
    baseline(store, A)
    sick = Pass(store, 1)
    sick.stage(**changed(A, b"second", sick.now, "e1", current(store)))
    sick.hold()
    working = Pass(store, 2)
    store.release(sick.id, day(2))
    with pytest.raises(LeaseLostError, match="superseded"):
        working.stage(checks=(check(A, "unchanged", working.now),))


def test_discard_drops_a_held_run_for_good(store: Store) -> None:
    baseline(store, A)
    sick = Pass(store, 1)
    sick.stage(**changed(A, b"second", sick.now, "e1", current(store)))
    sick.hold()
    assert store.discard(sick.id, day(2)).state == "discarded"
    assert store.outbox().alerts == ()
    with pytest.raises(StoreError, match="discarded, not held"):
        store.release(sick.id, day(2))


def test_a_failed_run_leaves_everything_as_it_was(store: Store) -> None:
    baseline(store, A)
    before = store.followed("ctgov")
    run = Pass(store, 1)
    run.stage(**changed(A, b"second", run.now, "e1", current(store)))
    failed = store.fail_run(run.lease, run.id, run.now, "403: a challenge page", RunCounts(checked=1))
    assert (failed.state, failed.error, failed.counts.checked, failed.finished_at) == (
        "failed",
        "403: a challenge page",
        1,
        day(1),
    )
    assert store.followed("ctgov") == before


def test_one_run_of_a_source_is_held_at_a_time(store: Store) -> None:
    """Night after night of the same trouble must not fill the disk: the newer held run saw what the older one saw."""
    for number in (1, 2):
        run = Pass(store, number)
        run.stage(snapshots=(snapshot(A, f"version {number}".encode(), run.now),), checks=(check(A, "baseline", run.now),))
        store.hold(run.lease, run.id, run.now, RunCounts(checked=3), Verdict(sick="too much"))
    assert [held.id for held in store.held_runs()] == [run.id]
    assert store.size().snapshots == 1


def test_counts_and_verdict_are_kept_with_the_run(store: Store) -> None:
    run = Pass(store, 1)
    counts = RunCounts(checked=3, failed=3, listed=40)
    store.hold(run.lease, run.id, run.now, counts, Verdict(sick="3 of 3 checks failed"))
    (held,) = store.held_runs()
    assert (held.counts, held.verdict.sick, held.data_timestamp) == (counts, "3 of 3 checks failed", data(1).timestamp)
    assert store.source_states() == {}


def test_an_accepted_run_moves_the_state_of_its_source(store: Store) -> None:
    baseline(store, A)
    run = Pass(store, 1)
    run.accept(listings=[CompletedListing(watch="lupus", digest="d")])
    state = store.source_states()["ctgov"]
    assert (state.run, state.data_timestamp, state.data_date) == (run.id, data(1).timestamp, data(1).date)
    assert state.listed_at == day(1)


def test_a_write_under_a_lease_that_was_taken_over_changes_nothing(store: Store) -> None:
    baseline(store, A)
    slow = Pass(store, 1)
    other = store.acquire_lease("source:ctgov", "host:2", day(1) + TTL, TTL)
    with pytest.raises(LeaseLostError, match=r"host:1 was taken over by host:2; nothing was written"):
        slow.stage(**changed(A, b"second", slow.now, "e1", current(store)))
    with pytest.raises(LeaseLostError):
        store.accept(slow.lease, slow.id, slow.now, RunCounts())
    adopted = store.open_run(other, "ctgov", day(1) + TTL, data(1))
    assert adopted.run.id == slow.id
    assert store.staged_totals(slow.id).counts.checked == 0


def test_two_sources_run_side_by_side(store: Store) -> None:
    store.sync_watches((watch("lupus", A),), {"me"}, DAY_0)
    first, second = Pass(store, 1), Pass(store, 1, "meddatax", dated=False)
    second.accept()
    first.stage(checks=(check(A, "baseline", first.now),), snapshots=(snapshot(A),))
    first.accept()
    assert [run.source for run in store.runs(5)] == ["meddatax", "ctgov"]
    assert [run.source for run in store.runs(5, "ctgov")] == ["ctgov"]


def test_issues_are_told_once_and_counted(store: Store) -> None:
    odd, other = Issue(code="unknown_word", path="status", value="HALF\0OPEN"), Issue(code="unknown_field", path="x.y")
    run = Pass(store, 1)
    found = run.stage(issues=((A, odd), (B, odd), (C, other)))
    assert [(new.issue.code, new.trial, new.count) for new in found] == [
        ("unknown_word", A, 2),
        ("unknown_field", C, 1),
    ]
    assert run.stage(issues=((A, odd),)) == ()
    assert len(Pass(store, 1, "meddatax").stage(issues=((A, odd),))) == 1, "told once of each source"


def test_a_backfill_imports_history_and_never_moves_the_present(store: Store) -> None:
    baseline(store, A)
    now_current = current(store)
    lease = store.acquire_lease("backfill", "host:1", day(1), TTL)
    opened = store.open_run(lease, "ctgov", day(1), None, "backfill")
    registered, amended = (
        snapshot(A, body, day(1), valid_from=day(ago)) for body, ago in ((b"as registered", -400), (b"as amended", -300))
    )
    store.stage(
        lease,
        opened.run.id,
        Batch(
            checks=(check(A, "baseline", day(1)),),
            snapshots=(registered, amended),
            events=(
                StagedEvent(event=event("h1", A, day(1), effective_at=day(-300)), old=registered.version, new=amended.version),
                StagedEvent(event=event("h2", A, day(1)), old=amended.version, new=now_current),
            ),
        ),
        day(1),
    )
    again = store.open_run(lease, "ctgov", day(3), None, "backfill")
    assert again.run.id == opened.run.id
    assert store.answered(again.run.id, [A, B]) == {A}
    store.accept(lease, opened.run.id, day(3), RunCounts())
    assert current(store) == now_current
    assert [meta.origin for meta in store.timeline(A)] == ["backfill", "backfill", "live"]
    assert [meta.valid_from for meta in store.timeline(A)] == [day(-400), day(-300), DAY_0]
    assert {meta.first_seen_at for meta in store.timeline(A)} == {day(1), DAY_0}, "when we saw a version is another matter"
    assert store.document(store.timeline(A)[0].id).body == b"as registered"
    assert the(store).checked_at == DAY_0
    assert store.tracking_since([A, B]) == {A: DAY_0}
    assert [kept.id for kept in store.events(EventFilter(until=DAY_0))] == ["h1"]
    assert compared(store, "h1") == (b"as registered", b"as amended")
    assert compared(store, "h2") == (b"as amended", b"first of " + A.encode())


def test_each_of_two_versions_staged_in_one_run_is_the_evidence_of_its_own_event(store: Store) -> None:
    """A record that flips and flips back has the same bytes twice; the time since when they were valid tells them apart."""
    baseline(store, A)
    run = Pass(store, 1)
    first, second, third = (
        snapshot(A, body, run.now, valid_from=day(since)) for body, since in ((b"one", 0.2), (b"two", 0.4), (b"one", 0.6))
    )
    run.stage(
        checks=(check(A, "changed", run.now),),
        snapshots=(third, first, second),
        events=(
            StagedEvent(event=event("e1", A, run.now), old=current(store), new=first.version),
            StagedEvent(event=event("e2", A, run.now), old=first.version, new=second.version),
            StagedEvent(event=event("e3", A, run.now), old=second.version, new=third.version),
        ),
    )
    run.accept()
    assert [compared(store, name) for name in ("e1", "e2", "e3")] == [
        (b"first of " + A.encode(), b"one"),
        (b"one", b"two"),
        (b"two", b"one"),
    ]
    assert [store.document(meta.id).body for meta in store.timeline(A)] == [b"first of " + A.encode(), b"one", b"two", b"one"]


def test_an_event_of_a_version_that_was_not_kept_is_left_out(store: Store) -> None:
    """A trial is answered once in a run: what a second answer says is found again by the next run."""
    baseline(store, A)
    run = Pass(store, 1)
    run.stage(**changed(A, b"second", run.now, "e1", current(store)))
    run.stage(**changed(A, b"third", run.now, "e2", current(store)))
    report = run.accept()
    assert (report.events, report.alerts) == (1, 1)
    assert store.document(current(store)).body == b"second"


def test_a_lease_is_held_by_one_renewed_by_its_holder_and_free_after_its_time(store: Store) -> None:
    mine = store.acquire_lease("source:ctgov", "host:1", DAY_0, TTL)
    with pytest.raises(LeaseHeldError, match=r"host:1 .*2026-01-05 06:10:00 UTC"):
        store.acquire_lease("source:ctgov", "host:2", DAY_0 + timedelta(minutes=9), TTL)
    mine = store.renew_lease(mine, DAY_0 + timedelta(minutes=9), TTL)
    with pytest.raises(LeaseHeldError):
        store.acquire_lease("source:ctgov", "host:2", DAY_0 + timedelta(minutes=11), TTL)
    theirs = store.acquire_lease("source:ctgov", "host:2", DAY_0 + timedelta(minutes=20), TTL)
    with pytest.raises(LeaseLostError, match="host:2"):
        store.renew_lease(mine, DAY_0 + timedelta(minutes=20), TTL)
    store.release_lease(mine, DAY_0 + timedelta(minutes=20))  # late, and without effect
    with pytest.raises(LeaseHeldError):
        store.acquire_lease("source:ctgov", "host:3", DAY_0 + timedelta(minutes=21), TTL)
    store.release_lease(theirs, DAY_0 + timedelta(minutes=22))
    assert store.acquire_lease("source:ctgov", "host:3", DAY_0 + timedelta(minutes=22), TTL).holder == "host:3"


def test_a_released_lease_gives_no_right_to_write(store: Store) -> None:
    run = Pass(store, 1)
    run.leave()
    with pytest.raises(LeaseLostError):
        run.stage(checks=(check(A),))


def test_documents_come_back_in_the_order_asked_for(store: Store) -> None:
    baseline(store, A, B, C)
    ids = [current(store, trial) for trial in (C, A, B)]
    assert [found.trial for found in store.documents([*ids, 999])] == [C, A, B]
    with pytest.raises(StoreError, match="there is no snapshot 999"):
        store.document(999)
