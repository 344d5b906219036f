"""What was kept: versions byte for byte, the change log, and what rules look back on."""

from __future__ import annotations

import hashlib
import itertools
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.builders import DAY_0, A, B, C, Pass, baseline, changed, check, day, document, event, snapshot, watch
from tracker.errors import StoreError
from tracker.model.event import EventFilter
from tracker.model.source import Document
from tracker.model.staging import StagedEvent
from tracker.store import Store, migrate
from tracker.store.packing import WHOLE, pack, unpack


def history(store: Store, trial: str = A, days: int = 3) -> None:
    """A baseline and one change on each day after it."""
    baseline(store, trial)
    for number in range(1, days + 1):
        known = store.followed("ctgov", [trial])[0].current
        assert known is not None
        run = Pass(store, number)
        run.stage(**changed(trial, f"version {number}".encode(), run.now, f"e{number}", known.id))
        run.accept()


@given(bodies=st.lists(st.binary(max_size=3000), max_size=5))
def test_packed_bytes_come_back_identical(bodies: list[bytes]) -> None:
    assert [unpack(packed, WHOLE, 1) for packed in pack(bodies)] == bodies


numbers = itertools.count()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies=st.lists(st.binary(max_size=500), min_size=1, max_size=4))
def test_stored_bytes_come_back_identical(store: Store, bodies: list[bytes]) -> None:
    """One store for all examples: each stages trials of its own."""
    run = Pass(store, 0)
    trials = {f"ctgov:NCT{next(numbers):08d}": body for body in bodies}
    run.stage(
        checks=tuple(check(trial) for trial in trials),
        snapshots=tuple(snapshot(trial, body) for trial, body in trials.items()),
    )
    run.accept()
    assert {found.trial: found.body for _, found in store.current_documents(trials)} == trials
    for trial in trials:
        (meta,) = store.timeline(trial)
        assert (meta.trial, meta.sha256, meta.size) == (trial, hashlib.sha256(trials[trial]).hexdigest(), len(trials[trial]))


def test_a_document_comes_back_as_it_was_served_and_reads_at_the_day_it_was_last_seen(store: Store) -> None:
    baseline(store, A)
    run = Pass(store, 3)
    run.stage(checks=(check(A, "unchanged", run.now),))
    run.accept()
    known = store.followed("ctgov")[0].current
    assert known is not None
    served = document(A, b"first of " + A.encode())
    assert store.document(known.id) == Document(
        **{name: getattr(served, name) for name in served.__struct_fields__} | {"as_of": day(3)}
    )


def test_damaged_bytes_are_an_error_that_names_the_snapshot() -> None:
    with pytest.raises(StoreError, match="snapshot 7 are damaged"):
        unpack(b"not zstd", WHOLE, 7)
    with pytest.raises(StoreError, match="'zstd-9000'"):
        unpack(b"", "zstd-9000", 7)


def test_the_timeline_says_what_stood_since_when(store: Store) -> None:
    history(store)
    assert [store.document(meta.id).body for meta in store.timeline(A)][1:] == [b"version 1", b"version 2", b"version 3"]
    assert [meta.valid_from for meta in store.timeline(A)] == [day(number) for number in range(4)]


def test_current_documents_are_read_page_by_page_and_each_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    trials = [f"ctgov:NCT{number:08d}" for number in range(1, 8)]
    baseline(store, *trials)
    monkeypatch.setattr("tracker.store.snapshots.PAGE", 3)
    assert [known.key for known, _ in store.current_documents()] == trials
    assert [found.body for _, found in store.current_documents([trials[4], "ctgov:NCT99999999"])] == [
        b"first of " + trials[4].encode()
    ]


def test_a_trial_nobody_follows_is_not_current(store: Store) -> None:
    baseline(store, A, B)
    store.sync_watches([watch("lupus", B)], {"me"}, day(1))
    assert [known.key for known, _ in store.current_documents()] == [B]


def test_redigest_rewrites_current_versions_of_the_old_rule_only(store: Store) -> None:
    history(store, A, 1)
    before = store.timeline(A)
    assert store.redigest("ctgov", 2, lambda found: f"rule 2 of {found.body.decode()}") == 1
    old, new = store.timeline(A)
    assert old == before[0]
    assert (new.digest, new.digest_version) == ("rule 2 of version 1", 2)
    assert store.redigest("ctgov", 2, lambda _: "never asked") == 0


def test_events_are_read_by_when_they_took_effect(store: Store) -> None:
    history(store)
    ids = [found.id for found in store.events(EventFilter())]
    assert ids == ["e1", "e2", "e3"]
    assert [found.id for found in store.events(EventFilter(since=day(2), until=day(3)))] == ["e2"]
    assert [found.id for found in store.events(EventFilter(limit=2))] == ["e2", "e3"]
    assert [found.id for found in store.events(EventFilter(run=store.runs(1)[0].id))] == ["e3"]
    assert store.events(EventFilter(trials=frozenset({B}))) == []


def test_events_are_told_apart_by_kind_and_severity(store: Store) -> None:
    baseline(store, A)
    run = Pass(store, 1)
    severities = (("minor", "titles_changed"), ("notable", "sites_changed"), ("major", "phases_changed"))
    run.stage(events=tuple(StagedEvent(event=event(f"e-{s}", A, run.now, kind=kind, severity=s)) for s, kind in severities))  # type: ignore[arg-type]
    run.accept()
    assert {found.severity for found in store.events(EventFilter(min_severity="notable"))} == {"notable", "major"}
    assert [found.id for found in store.events(EventFilter(kinds=frozenset({"titles_changed"})))] == ["e-minor"]
    assert [found.kind for found in store.past_events([A, B], ["phases_changed"])[A]] == ["phases_changed"]


def test_an_event_comes_back_as_it_was_made(store: Store) -> None:
    baseline(store, A)
    run = Pass(store, 1)
    made = event("e1", A, run.now)
    run.stage(events=(StagedEvent(event=made),))
    run.accept()
    assert store.event("e1") == made
    assert store.event("e2") is None


def test_a_watch_hears_only_of_what_happened_while_it_followed_the_trial(store: Store) -> None:
    history(store, A, 1)  # lupus follows from day 0
    store.sync_watches([watch("lupus", A), watch("late", A)], {"me"}, day(1.5))
    known = store.followed("ctgov")[0].current
    assert known is not None
    run = Pass(store, 2)
    run.stage(**changed(A, b"version 2", run.now, "e2", known.id))
    run.accept()
    store.sync_watches([watch("late", A)], {"me"}, day(2.5))
    known = store.followed("ctgov")[0].current
    assert known is not None
    run = Pass(store, 3)
    run.stage(**changed(A, b"version 3", run.now, "e3", known.id))
    run.accept()
    assert [found.id for found in store.events(EventFilter(watch="lupus"))] == ["e1", "e2"]
    assert [found.id for found in store.events(EventFilter(watch="late"))] == ["e2", "e3"]


def test_tracking_began_with_the_first_version(store: Store) -> None:
    history(store)
    assert store.tracking_since([A, C]) == {A: DAY_0}


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    naive = datetime(2026, 1, 5, 6)  # noqa: DTZ001 (the point)
    with pytest.raises((ValueError, StoreError), match="without a zone"):
        store.add_note("lupus", "text", naive)


def test_times_come_back_aware_and_in_utc_whatever_zone_they_were_given_in(store: Store) -> None:
    berlin = timezone(timedelta(hours=2))
    store.set_due("digest", datetime(2026, 7, 1, 8, 30, tzinfo=berlin), None)
    seen = store.due("digest").last_at
    assert seen == datetime(2026, 7, 1, 6, 30, tzinfo=UTC)
    assert seen is not None
    assert seen.tzinfo is UTC


def test_what_is_due_is_remembered(store: Store) -> None:
    assert store.due("sync").next_at is None
    store.set_due("sync", DAY_0, day(1))
    store.set_due("sync", day(1), day(2))
    assert (store.due("sync").last_at, store.due("sync").next_at) == (day(1), day(2))


def test_the_tls_profile_a_host_accepted_is_remembered(store: Store) -> None:
    store.remember_host("registry.example", "requests", DAY_0)
    store.remember_host("registry.example", "tls12", day(1))
    assert store.host_profiles() == {"registry.example": "tls12"}


def test_size_and_integrity(store: Store) -> None:
    history(store)
    size = store.size()
    assert (size.trials, size.snapshots, size.events) == (1, 4, 3)
    assert 0 < size.snapshot_bytes < size.size
    assert store.integrity() == []


def test_damage_is_told(sqlite_url: str, tmp_path: Path) -> None:
    migrate(sqlite_url, now=DAY_0)
    with Store.open(sqlite_url) as store:
        history(store)
        with sqlite3.connect(tmp_path / "tracker.db") as connection:
            connection.execute("DELETE FROM snapshots WHERE id = 4")
        connection.close()
        damage = store.integrity()
    assert f"the current version of {A} is missing" in damage
    assert any("of events names a row of snapshots" in line for line in damage)
