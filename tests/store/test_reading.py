"""Reading page by page, on both databases: what is followed, the log's order, the outbox."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from tests.store.builders import DAY_0, A, B, C, Pass, baseline, changed, check, day, event, message, story, watch
from tracker.model.event import EventFilter
from tracker.model.staging import StagedEvent
from tracker.store import Store, events, outbox, snapshots

TWO = (watch("lupus", A, B), watch("asthma", B, C))


def test_followed_trials_come_with_their_watches(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "PAGE", 2)
    baseline(store, A, B, C, watches=TWO)
    found = {trial.key: watches for trial, _, watches in store.followed_documents()}
    assert found == {A: ("lupus",), B: ("asthma", "lupus"), C: ("asthma",)}
    assert [trial.key for trial, _, _ in store.followed_documents(watch="asthma")] == [B, C]
    assert [trial.key for trial, _, _ in store.followed_documents(after=A)] == [B, C]
    assert store.watches_of([A, "ctgov:NCT00000009"]) == {A: ("lupus",), "ctgov:NCT00000009": ()}


def test_what_watches_follow_together_is_counted_once(store: Store) -> None:
    baseline(store, A, B, C, watches=TWO)
    assert store.count_followed(["lupus", "asthma"]) == 3
    assert store.count_followed(["lupus"]) == 2
    assert store.count_followed([]) == 0
    assert store.followed_sources(["lupus"]) == {"ctgov"}
    assert store.followed_sources([]) == frozenset()


def test_places_of_events_come_in_the_logs_order_whatever_the_page(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    baseline(store, A, B)
    run = Pass(store, 1)
    made = [event(f"e{number}", A, run.now, effective_at=day(number // 3), story=f"s{number}") for number in range(7)]
    run.stage(
        checks=(check(A, "changed", run.now),),
        events=tuple(StagedEvent(event=one) for one in made),
        stories=tuple(story(one.story, A, (one.id,)) for one in made),
    )
    run.accept()
    for size in (1, 2, 3, 100):
        monkeypatch.setattr(events, "PAGE", size)
        assert [place.id for place in store.event_places(EventFilter())] == [one.id for one in made]
    assert [place.id for place in store.event_places(EventFilter(since=day(2)))] == ["e6"]
    assert list(store.events_by_id(["e5", "none", "e1"])) == [made[5], made[1]]


def test_a_held_run_has_no_place_in_the_log(store: Store) -> None:
    baseline(store, A)
    run = Pass(store, 1)
    run.stage(**changed(A, b"new", run.now, "e1", 1))
    run.hold()
    assert list(store.event_places(EventFilter())) == []
    assert list(store.events_by_id(["e1"])) == []


def test_unsent_messages_come_page_by_page_and_are_counted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "PAGE", 2)
    for number in range(5):
        store.cut(message(f"m{number}", DAY_0 + timedelta(hours=number // 2)), (), DAY_0)
    store.mark_sent("m1", DAY_0)
    store.mark_failed("m2", "gone", DAY_0)
    assert [kept.key for kept in store.unsent_messages()] == ["m0", "m2", "m3", "m4"]
    assert [kept.key for kept in store.unsent_messages("m2")] == ["m3", "m4"]
    assert store.count_unsent() == {"waiting": 3, "failed": 1}
    assert msgspec.structs.asdict(store.outbox())["messages"] == tuple(store.unsent_messages())
