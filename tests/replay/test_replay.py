"""Today's rules over the past: what the log lacks is found, named and, where asked for, added without a word to anybody."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice

import msgspec
import pytest
from sqlalchemy import insert, select, text

from tests.replay.builders import THREADS, A, B, forget, job, replayed, stored
from tests.world import World
from tracker.errors import StoreError
from tracker.model.event import Event, EventFilter
from tracker.replay.work import replay_trials
from tracker.store import tables as t

KEY_A, KEY_B = f"ctgov:{A}", f"ctgov:{B}"


def log(world: World) -> dict[str, Event]:
    return {event.id: event for event in world.store.events(EventFilter())}


def _unread(event: Event) -> Event:
    """Without what tells an event of the past from one of that day."""
    return msgspec.structs.replace(event, origin="live", story="")


def test_what_passes_have_told_is_what_today_s_rules_say(past: World) -> None:
    found = replayed(past)
    assert set(found) == {KEY_A, KEY_B}, "a trial with one version has no past"
    assert found[KEY_A].said == {"recruitment_status_changed": 1, "enrollment_changed": 1}
    assert found[KEY_B].said == {"primary_completion_date_changed": 1}
    assert [(one.missing, one.unsaid) for one in found.values()] == [((), ()), ((), ())]
    assert sum(one.pairs for one in found.values()) == 3


def test_an_event_that_the_log_lacks_is_found_as_the_pass_would_have_made_it(past: World) -> None:
    told = log(past)
    assert forget(past, "enrollment_changed") == 1
    [missing] = replayed(past)[KEY_A].missing
    assert _unread(missing.event) == _unread(told[missing.event.id])
    assert missing.event.origin == "backfill"
    old, new = (meta.id for meta in past.store.timeline(KEY_A)[1:])
    assert (missing.old, missing.new) == (old, new)


def test_an_event_that_today_s_rules_do_not_make_is_named(past: World) -> None:
    with past.store.reading() as connection:
        [row] = connection.execute(select(t.events).where(t.events.c.kind == "enrollment_changed")).mappings().all()
    forget(past, "enrollment_changed")
    with past.store.writing() as connection:
        connection.execute(insert(t.events), {**row, "id": "former", "body": row["body"].replace(row["id"], "former")})
    found = replayed(past)[KEY_A]
    assert [event.id for event in found.unsaid] == ["former"]
    assert [staged.event.kind for staged in found.missing] == ["enrollment_changed"]


def test_asking_writes_nothing(past: World) -> None:
    forget(past, "enrollment_changed")
    before, runs = log(past), past.store.runs(99)
    replayed(past)
    assert (log(past), past.store.runs(99)) == (before, runs)


def test_since_leaves_earlier_steps_out_and_counts_slips_from_the_first(past: World) -> None:
    forget(past, "enrollment_changed")
    forget(past, "recruitment_status_changed")
    found = replayed(past, since=past.now - timedelta(hours=1))
    assert [staged.event.kind for staged in found[KEY_A].missing] == ["enrollment_changed"]
    assert found[KEY_B].pairs == 0


def test_what_is_stored_joins_the_log_and_alerts_nobody(past: World) -> None:
    before = log(past)
    forget(past, "enrollment_changed")
    letters, versions = len(past.mailbox.letters), past.store.size().snapshots
    assert [one.trial for one in stored(past) if one.missing] == [KEY_A]
    after = log(past)
    assert set(after) == set(before)
    [added] = [event for event in after.values() if event.origin == "backfill"]
    assert added.kind == "enrollment_changed"
    assert past.store.ready_alerts() == []
    past.deliver()
    assert len(past.mailbox.letters) == letters
    assert past.store.size().snapshots == versions
    assert past.store.followed("ctgov", [KEY_A])[0].current == past.store.timeline(KEY_A)[-1]
    with past.store.reading() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM alerts WHERE event = :id"), {"id": added.id}).scalar_one() == 0
        values = connection.execute(text("SELECT path, old, new FROM changes WHERE event = :id"), {"id": added.id}).all()
    assert ("enrollment.count", "100", "300") in [tuple(row) for row in values]


def test_storing_twice_stores_once(past: World) -> None:
    forget(past, "enrollment_changed")
    list(stored(past))
    once = log(past)
    assert [one.missing for one in stored(past)] == [(), ()]
    assert log(past) == once


def test_a_missing_event_of_a_story_that_was_told_has_a_story_of_its_own(past: World) -> None:
    def both() -> None:
        past.amend(B, statusModule__overallStatus="COMPLETED", designModule__enrollmentInfo={"count": 7, "type": "ACTUAL"})

    past.day(change=both)
    told = {event.story for event in log(past).values()}
    assert forget(past, "enrollment_changed") == 2
    list(stored(past))
    added = [event for event in log(past).values() if event.origin == "backfill" and event.trial == KEY_B]
    [story] = past.store.stories([added[0].story]).values()
    assert story.id not in told
    assert story.parts == (added[0].id,)


def test_a_replay_that_was_stopped_goes_on_behind_the_last_trial_that_is_done(past: World) -> None:
    forget(past, "enrollment_changed")
    forget(past, "primary_completion_date_changed")
    begun = stored(past)
    first = list(islice(begun, 1))
    assert [one.trial for one in first] == [KEY_A]
    begun.close()
    assert [run.state for run in past.store.runs(1)] == ["open"]
    assert not [event for event in log(past).values() if event.origin == "backfill"], "nothing counts before its end"
    assert [one.trial for one in stored(past)] == [KEY_B]
    assert {event.trial for event in log(past).values() if event.origin == "backfill"} == {KEY_A, KEY_B}


def test_a_replay_that_is_asked_otherwise_begins_anew(past: World) -> None:
    forget(past, "enrollment_changed")
    begun = stored(past, since=past.now - timedelta(days=30))
    next(begun)
    begun.close()
    assert [one.trial for one in stored(past)] == [KEY_A, KEY_B]


def test_a_pass_goes_on_meanwhile(past: World) -> None:
    forget(past, "enrollment_changed")
    begun = stored(past)
    next(begun)
    past.day(change=lambda: past.amend(B, statusModule__overallStatus="COMPLETED"))
    list(begun)
    assert {run.state for run in past.store.runs(99)} == {"accepted"}
    assert sorted(event.kind for event in log(past).values() if event.trial == KEY_B) == [
        "primary_completion_date_changed",
        "recruitment_status_changed",
    ]


def test_a_worker_of_another_version_is_refused(past: World) -> None:
    other = msgspec.structs.replace(job(past), version="0.0")
    with pytest.raises(StoreError, match=r"a worker runs version .* this command 0\.0"):
        replay_trials(other, (KEY_A,))


def test_the_order_of_trials_does_not_depend_on_who_is_done_first(past: World) -> None:
    assert list(replayed(past, THREADS)) == [KEY_A, KEY_B]
