"""How events are stored: nothing is said twice, long ones are compressed, and each comes back as it was made."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from tests.store.builders import A, B, Pass, baseline, changed, day, event, snapshot
from tests.store.builders import check as staged_check
from tracker.model.event import (
    Change,
    Event,
    EventColumns,
    EventFilter,
    Evidence,
    brief_event,
    compact_event,
    read_event,
    whole_event,
)
from tracker.model.staging import StagedEvent
from tracker.store import Store
from tracker.store import tables as t
from tracker.store.packing import to_json

OLD, NEW = "a" * 64, "b" * 64
LONG = tuple(Change(path=("sites", f"Straße {number}"), old=None, new={"facility": f"Haus {number}"}) for number in range(60))


def columns(of: Event, old: str | None = OLD, new: str | None = NEW) -> EventColumns:
    named = {name: getattr(of, name) for name in EventColumns.__struct_fields__ if not name.endswith("sha256")}
    return EventColumns(**named, old_sha256=old, new_sha256=new)


LINKS = st.lists(
    st.sampled_from(("https://x.example/1", "https://x.example/1?tab=history", "https://y.example", "")), max_size=4
)
HASHES = st.sampled_from((None, f"sha256:{OLD}", f"sha256:{NEW}", "sha256:other"))
VALUES = st.one_of(st.none(), st.text(max_size=20), st.integers(-9, 9), st.lists(st.text(max_size=5), max_size=3))


@given(
    links=LINKS,
    hashes=st.tuples(HASHES, HASHES),
    stored=st.tuples(st.sampled_from((None, OLD)), st.sampled_from((None, NEW))),
    between=st.tuples(st.sampled_from((None, day(0), day(1))), st.sampled_from((day(1), day(2)))),
    values=st.lists(st.tuples(VALUES, VALUES), max_size=3),
    effects=st.lists(st.text(max_size=8), max_size=2),
)
def test_an_event_comes_back_from_its_columns_and_its_body(
    links: list[str],
    hashes: tuple[str | None, str | None],
    stored: tuple[str | None, str | None],
    between: tuple[object, object],
    values: list[tuple[object, object]],
    effects: list[str],
) -> None:
    made = msgspec.structs.replace(
        event("e1", A, day(2)),
        evidence=Evidence(old=hashes[0], new=hashes[1], links=tuple(links)),
        seen_between=between,
        changes=tuple(Change(path=("brief_title", str(number)), old=old, new=new) for number, (old, new) in enumerate(values)),
        effects=tuple(effects),
        updated_on="2026-01-02",
    )
    assert read_event(whole_event(columns(made, *stored), compact_event(made, *stored))) == made


def test_a_body_says_nothing_that_a_column_says() -> None:
    made = msgspec.structs.replace(event("e-number-1", A, day(2)), evidence=Evidence(old=f"sha256:{OLD}", new=f"sha256:{NEW}"))
    body = compact_event(made, OLD, NEW)
    for said in (made.id, made.kind, made.trial, made.severity, made.story, OLD, NEW, "2026"):
        assert said not in body


def test_an_event_of_an_older_release_is_read_as_it_was_stored(store: Store) -> None:
    baseline(store, A)
    run = Pass(store, 1)
    made = event("e1", A, run.now)
    run.stage(events=(StagedEvent(event=made),))
    run.accept()
    with store.writing() as connection:
        connection.execute(update(t.events).values(body=to_json(made)))
    assert store.event("e1") == made
    assert store.events(EventFilter(words=("größe",))) == [made]
    assert [place.body for place in store.event_places(EventFilter())] == [to_json(made)]


@pytest.fixture
def told(store: Store) -> list[Event]:
    """A short event and a long one, of the same trial and two versions."""
    baseline(store, A, B)
    known = store.followed("ctgov", [A])[0].current
    assert known is not None
    run = Pass(store, 1)
    new = snapshot(A, b"second", run.now)
    hashes = Evidence(old=f"sha256:{known.sha256}", new=f"sha256:{new.sha256}", links=("https://x.example/NCT00000001",))
    short = msgspec.structs.replace(event("short", A, run.now), evidence=hashes, effects=("stopped",))
    long = msgspec.structs.replace(
        event("long", A, run.now, kind="sites_changed"), evidence=hashes, effects=("added", "moved"), changes=LONG
    )
    long = read_event(to_json(long))  # with the details of its kind
    run.stage(
        checks=(staged_check(A, "changed", run.now),),
        snapshots=(new,),
        events=tuple(StagedEvent(event=one, old=known.id, new=new.version) for one in (short, long)),
    )
    run.accept()
    return [short, long]


def test_only_a_long_event_is_compressed(store: Store, told: list[Event]) -> None:
    with store.reading() as connection:
        rows = {row.id: row for row in connection.execute(select(t.events.c.id, t.events.c.body, t.events.c.packed))}
    assert json.loads(rows["short"].body)
    assert rows["short"].packed is None
    assert rows["long"].body == ""
    assert len(rows["long"].packed) < len(to_json(told[1])) / 3
    assert {one.id: one for one in store.log(EventFilter())} == {one.id: one for one in told}
    assert sorted(store.past_events([A])[A], key=lambda one: one.id) == sorted(told, key=lambda one: one.id)
    assert list(store.events_by_id(["long", "short"])) == [told[1], told[0]]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("straße",), ["long"]),
        (("haus",), ["long"]),
        (("nct00000001",), ["long", "short"]),
        (("größe",), ["short"]),
        (("sha256",), ["long", "short"]),
        (("nowhere",), []),
        (("haus", "größe"), []),
    ],
)
def test_words_are_found_in_long_and_short_events(
    store: Store, told: list[Event], words: tuple[str, ...], found: list[str]
) -> None:
    del told
    wanted = EventFilter(words=words)
    assert sorted(place.id for place in store.event_places(wanted)) == found
    assert sorted(one.id for one in store.events(wanted)) == found
    assert [one.id for one in store.events(EventFilter(words=words, limit=1))] == found[-1:]


def test_the_hash_of_a_version_is_found_though_no_body_holds_it(store: Store, told: list[Event]) -> None:
    hashed = (told[0].evidence.new or "").removeprefix("sha256:")
    assert len(store.events(EventFilter(words=(hashed,)))) == 2


@pytest.mark.parametrize(("effect", "found"), [("added", ["long"]), ("moved", ["long"]), ("stopped", ["short"]), ("add", [])])
def test_an_effect_is_found_in_long_and_short_events(store: Store, told: list[Event], effect: str, found: list[str]) -> None:
    del told
    wanted = EventFilter(effects=frozenset({effect}))
    assert [one.id for one in store.events(wanted)] == found


def test_long_texts_come_when_their_turn_has_come(store: Store) -> None:
    baseline(store, A)
    run = Pass(store, 1)
    many = tuple(
        Change(path=("sites", f"{number * 7919 % 10_007}"), new=f"{number * 104_729 % 99_991}") for number in range(3000)
    )
    run.stage(events=(StagedEvent(event=msgspec.structs.replace(event("e1", A, run.now), changes=many)),))
    run.accept()
    assert [place.body for place in store.event_places(EventFilter())] == [""]
    assert [one.changes for one in store.log(EventFilter())] == [many]


def test_alerts_and_held_events_hold_long_events_too(store: Store) -> None:
    baseline(store, A)
    known = store.followed("ctgov", [A])[0].current
    assert known is not None
    run = Pass(store, 1)
    batch = changed(A, b"second", run.now, "e1", known.id)
    [staged] = batch["events"]  # type: ignore[misc]
    long = msgspec.structs.replace(staged, event=msgspec.structs.replace(staged.event, changes=LONG))  # type: ignore[has-type]
    run.stage(**(batch | {"events": (long,)}))
    assert store.held_events(run.id, 5) == [long.event]
    run.accept()
    assert [one.event for one in store.ready_alerts("me")] == [long.event]


@pytest.mark.parametrize(("kind", "needed"), [("sites_changed", False), ("links_changed", True)])
def test_a_brief_event_has_changed_values_only_where_its_line_needs_them(kind: str, needed: bool) -> None:
    made = msgspec.structs.replace(
        event("e1", A, day(2), kind=kind),
        evidence=Evidence(old=f"sha256:{OLD}", new=f"sha256:{NEW}", links=("https://x.example/1",)),
        changes=LONG,
        effects=("added",),
    )
    made = read_event(to_json(made))  # with the details of its kind
    brief = brief_event(columns(made, None, None), compact_event(made, OLD, NEW), frozenset({"links_changed"}))
    assert brief.changes == (LONG if needed else ())
    left_out = {"changes": made.changes, "evidence": made.evidence, "seen_between": made.seen_between}
    left_out |= {"updated_on": made.updated_on, "data_version": made.data_version}
    assert msgspec.structs.replace(brief, **left_out) == made


def test_a_brief_event_of_which_only_the_spelling_changed_has_its_values() -> None:
    made = event("e1", A, day(2), kind="sites_changed")
    made = msgspec.structs.replace(made, changes=LONG)
    body = json.loads(compact_event(read_event(to_json(made)), OLD, NEW))
    body[3]["spelling_only"] = True
    assert brief_event(columns(made), json.dumps(body), frozenset()).changes == LONG


def test_a_brief_event_of_an_older_release_comes_whole() -> None:
    made = event("e1", A, day(2))
    assert brief_event(columns(made), to_json(made), frozenset()) == made
