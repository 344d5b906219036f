"""The past of a trial: the index first, the records that are asked for, one timeline with what we saw, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from tests.backfill.builders import KEY, KEY_B, A, B, C, asked_for, backfilled, begin, log, past, told, update
from tests.lab.history import PastVersion, RecordPast
from tests.lab.server import Reply, Request
from tests.world import World, put
from tracker.model.upkeep import Lease
from tracker.store import Store
from tracker.store import tables as t


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    with World(tmp_path, database) as made:
        yield begin(made)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# --- what is asked for


def test_the_index_takes_one_request_a_trial_and_is_kept(world: World) -> None:
    found = backfilled(world)
    assert asked_for(world) == [A, B, C]
    assert [len(one.history.versions) for one in found.values() if one.history] == [5, 5, 5]
    stored = world.store.histories([KEY])[KEY]
    assert [version.said for version in stored.history.versions[:2]] == ["NOT_YET_RECRUITING", "RECRUITING"]
    assert len(world.store.timeline(KEY)) == 1
    assert log(world) == []


def test_by_its_day_in_the_index_the_version_that_we_saw_has_its_number_and_its_beginning(world: World) -> None:
    [before] = world.store.timeline(KEY)
    backfilled(world)
    [seen] = world.store.timeline(KEY)
    assert (seen.registry_version, seen.valid_from) == (4, at("2026-02-01"))
    assert (seen.id, seen.first_seen_at) == (before.id, before.first_seen_at)
    found = backfilled(world, "all", KEY)
    assert (found[KEY].stored, found[KEY].seen, found[KEY].left) == (4, 0, 0)
    assert [meta.registry_version for meta in world.store.timeline(KEY)] == [0, 1, 2, 3, 4]


def test_where_two_versions_have_one_day_the_index_alone_does_not_tell_which_we_saw(world: World) -> None:
    was = world.histories[A]
    world.histories[A] = RecordPast(versions=[*was.versions[:-1], was.versions[-1], was.versions[-1]])
    world.show()
    backfilled(world)
    assert [meta.registry_version for meta in world.store.timeline(KEY)] == [None]


def test_all_versions_are_asked_for_newest_first_and_the_index_once_more(world: World) -> None:
    found = backfilled(world, "all", KEY)
    assert asked_for(world) == [A, *(f"{A}/history/{number}" for number in (4, 3, 2, 1, 0)), A]
    assert (found[KEY].stored, found[KEY].seen, found[KEY].failed, found[KEY].left) == (4, 1, {}, 0)


def test_a_cap_leaves_older_versions_for_the_next_backfill(world: World) -> None:
    assert backfilled(world, "all", KEY, most=2)[KEY].left == 3
    before = len(asked_for(world))
    assert backfilled(world, "all", KEY, most=2)[KEY].left == 1
    assert asked_for(world)[before:] == [A, f"{A}/history/2", f"{A}/history/1", A]


def test_needed_are_the_first_those_at_the_milestones_and_the_one_that_is_shown(world: World) -> None:
    """The study started in June 2025 and its primary completion is still to come."""
    backfilled(world, "needed", KEY)
    assert asked_for(world) == [A, f"{A}/history/4", f"{A}/history/3", f"{A}/history/0", A]


# --- one timeline


def test_the_version_that_we_saw_is_that_version_and_gets_no_second_row(world: World) -> None:
    seen = world.store.timeline(KEY)[0]
    backfilled(world, "all", KEY)
    timeline = world.store.timeline(KEY)
    assert [meta.registry_version for meta in timeline] == [0, 1, 2, 3, 4]
    assert [meta.valid_from for meta in timeline] == [
        at(day) for day in ("2019-04-02", "2019-09-10", "2021-03-04", "2023-11-20", "2026-02-01")
    ]
    assert [meta.origin for meta in timeline] == ["backfill"] * 4 + ["live"]
    last = timeline[-1]
    assert (last.id, last.sha256, last.first_seen_at) == (seen.id, seen.sha256, seen.first_seen_at), "evidence is what we saw"


def test_what_changed_between_versions_joins_the_log_as_of_the_past_and_nobody_is_alerted(world: World) -> None:
    letters = len(world.mailbox.letters)
    found = backfilled(world, "all", KEY)
    events = log(world)
    assert found[KEY].events == len(events) == 4
    assert [(event.kind, event.effective_at.date().isoformat(), event.origin) for event in events] == [
        ("recruitment_status_changed", "2019-09-10", "backfill"),
        ("primary_completion_date_changed", "2021-03-04", "backfill"),
        ("enrollment_changed", "2023-11-20", "backfill"),
        ("primary_completion_date_changed", "2026-02-01", "backfill"),
    ]
    world.deliver()
    assert world.store.ready_alerts() == []
    assert len(world.mailbox.letters) == letters


def test_a_second_backfill_adds_nothing(world: World) -> None:
    backfilled(world, "all", KEY)
    once = (told(world), world.store.timeline(KEY))
    before = len(asked_for(world))
    again = backfilled(world, "all", KEY)[KEY]
    assert (again.stored, again.seen, again.events) == (0, 0, 0)
    assert asked_for(world)[before:] == [A]
    assert (told(world), world.store.timeline(KEY)) == once


def test_the_present_does_not_move(world: World) -> None:
    before = (world.store.followed("ctgov"), world.store.memberships())
    backfilled(world, "all")
    after = world.store.followed("ctgov")
    assert [one.current.id for one in after if one.current] == [one.current.id for one in before[0] if one.current]
    assert world.store.memberships() == before[1]
    report = world.day()
    assert report.counts.changed == 0
    assert world.subjects() == world.subjects()


def test_passes_go_on_from_the_present_after_a_backfill(world: World) -> None:
    backfilled(world, "all")
    world.day(change=lambda: update(world, statusModule__overallStatus="COMPLETED"))
    [event] = [event for event in log(world) if event.origin == "live"]
    assert event.kind == "recruitment_status_changed"


def test_what_was_told_of_two_versions_is_not_told_again_of_those_between(world: World) -> None:
    """Two versions came within a day: we saw their sum alone. The second one took a change of the first one back."""

    def both() -> None:
        update(
            world,
            statusModule__overallStatus="ACTIVE_NOT_RECRUITING",
            designModule__enrollmentInfo={"count": 300, "type": "ESTIMATED"},
        )
        later = {"date": "2030-01", "type": "ESTIMATED"}
        back = {"count": 250, "type": "ESTIMATED"}
        update(world, designModule__enrollmentInfo=back, statusModule__primaryCompletionDateStruct=later)

    world.day(change=both)
    live = told(world)
    assert {kind for kind, *_ in live} == {"recruitment_status_changed", "primary_completion_date_changed"}
    found = backfilled(world, "all", KEY)
    added = [event for event in log(world) if event.effective_at >= at("2026-03-01") and event.origin == "backfill"]
    assert [(event.kind, event.changes[0].old["count"], event.changes[0].new["count"]) for event in added] == [
        ("enrollment_changed", 250, 300),
        ("enrollment_changed", 300, 250),
    ]
    assert found[KEY].seen == 2
    assert backfilled(world, "all", KEY)[KEY].events == 0


def test_what_only_the_present_record_has_makes_no_change_at_the_seam(world: World) -> None:
    def linked() -> None:
        world.amend(A, referencesModule__references=[{"pmid": "1", "type": "DERIVED", "citation": "Linked by the registry"}])

    world.day(change=linked)
    live = told(world)
    backfilled(world, "all", KEY)
    assert not [event for event in log(world) if event.origin == "backfill" and "reference" in event.kind]
    assert set(live) <= set(told(world))


# --- trouble


def test_a_version_that_cannot_be_read_is_an_error_with_its_number_and_no_change(world: World) -> None:
    def broken(request: Request) -> Reply | None:
        return Reply(200, {"Content-Type": "application/json"}, b'{"studyVersion": 2}') if request.path.endswith("/2") else None

    world.registry.fault = broken
    found = backfilled(world, "all", KEY)[KEY]
    assert list(found.failed) == [2]
    assert "version 2" in found.failed[2]
    assert [version.number for version in world.store.histories([KEY])[KEY].history.versions if version.error] == [2]
    assert [meta.registry_version for meta in world.store.timeline(KEY)] == [0, 1, 3, 4]
    assert "trial_removed" not in {event.kind for event in log(world)}
    world.registry.fault = None
    assert backfilled(world, "all", KEY)[KEY].failed == {}
    assert not [version for version in world.store.histories([KEY])[KEY].history.versions if version.error]
    assert [meta.registry_version for meta in world.store.timeline(KEY)] == [0, 1, 2, 3, 4]


def test_versions_of_an_older_layout_fail_alone_and_those_behind_them_are_read(world: World) -> None:
    def bare(request: Request) -> Reply | None:
        if request.path.rpartition("/")[2] not in ("1", "2", "3"):
            return None
        body = f'{{"studyVersion": {request.path[-1]}, "study": {{"protocolSection": {{}}}}}}'
        return Reply(200, {"Content-Type": "application/json"}, body.encode())

    world.registry.fault = bare
    found = backfilled(world, "all", KEY)[KEY]
    assert sorted(found.failed) == [1, 2, 3]
    assert [meta.registry_version for meta in world.store.timeline(KEY)] == [0, 4]


def test_a_version_that_was_submitted_before_we_saw_the_one_before_it_still_follows_it(world: World) -> None:
    """The registry posts a version some days after it was submitted: until then we see the one before."""
    submitted = f"{world.now:%Y-%m-%d}"
    world.day()
    world.day(change=lambda: update(world, statusModule__overallStatus="COMPLETED"))
    past_of = list(world.histories[A].versions)
    last = world.studies[A]
    assert isinstance(last, dict)
    put(last, "statusModule__lastUpdateSubmitDate", submitted)
    world.histories[A] = RecordPast(versions=[*past_of[:-1], PastVersion(submitted, last)])
    world.now += timedelta(days=1)
    world.sync()
    backfilled(world, "all", KEY)
    timeline = world.store.timeline(KEY)
    numbers = [meta.registry_version for meta in timeline if meta.registry_version is not None]
    assert numbers == sorted(numbers)
    assert [meta.valid_from for meta in timeline] == sorted(meta.valid_from for meta in timeline)


def test_an_index_that_is_another_one_afterwards_is_read_again_and_nothing_of_it_is_kept(world: World) -> None:
    whole = world.histories[A]

    def shifting(request: Request) -> Reply | None:
        if request.path.endswith(f"/int/studies/{A}"):
            several = sum(1 for path in asked_for(world) if path == A)
            shown = RecordPast(versions=whole.versions[several % 2 :])
            return world.registry.answer(request) if several % 2 == 0 else _index(shown)
        return None

    world.registry.fault = shifting
    found = backfilled(world, "all", KEY)[KEY]
    assert "another one each time" in found.error
    assert [meta.origin for meta in world.store.timeline(KEY)] == ["live"]
    assert world.store.timeline(KEY)[0].registry_version is None


def _index(shown: RecordPast) -> Reply:
    import json

    answer = {"study": shown.present(), "topics": [], "history": shown.index()}
    return Reply(200, {"Content-Type": "application/json"}, json.dumps(answer).encode())


def test_an_index_that_grew_meanwhile_is_the_same_one(world: World) -> None:
    def growing(request: Request) -> Reply | None:
        if request.path.endswith("/history/0"):
            update(world, statusModule__overallStatus="COMPLETED")
            reply = world.registry.answer(request)
            world.show()
            return reply
        return None

    world.registry.fault = growing
    found = backfilled(world, "all", KEY)[KEY]
    assert (found.error, found.stored, found.left) == ("", 4, 1)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(404, {"Content-Type": "text/plain"}, b"Not found"),
        Reply(403, {"Content-Type": "text/html"}, b"<html>no</html>"),
        Reply(403, {"Content-Type": "application/json"}, b'{"error": "no"}'),
        Reply(200, {"Content-Type": "application/json"}, b'{"history": {"entries": []}}'),
        Reply(200, {"Content-Type": "text/html"}, b"<html>maintenance</html>"),
    ],
    ids=["gone", "guarded", "refused", "another shape", "a page"],
)
def test_a_history_that_is_gone_or_changed_is_told_once_and_nothing_else_suffers(world: World, reply: Reply) -> None:
    numbers = [f"NCT0000{number:04d}" for number in range(1000, 1010)]
    world.registry.fault = lambda request: reply if "/int/" in request.path else None
    before = world.store.timelines([KEY])
    found = backfilled(world, "all", *(f"ctgov:{number}" for number in numbers))
    assert world.over.startswith("The history of ClinicalTrials.gov cannot be read: ")  # type: ignore[attr-defined]
    assert len({path.partition("/")[0] for path in asked_for(world)}) == 3, "after three in a row nobody else is asked for"
    assert sum(1 for one in found.values() if one.unasked) == 7
    assert world.store.timelines([KEY]) == before
    assert world.day().state == "done"


def test_a_version_that_is_still_to_come_is_not_believed(world: World) -> None:
    world.histories[A] = past(A, (("2019-04-02", {}), ("2031-01-01", {})))
    assert "still to come" in backfilled(world, "all", KEY)[KEY].error


def test_versions_of_one_day_stay_in_their_order(world: World) -> None:
    day = "2019-09-10"
    edits = [("2019-04-02", {"designModule__enrollmentInfo": {"count": 1, "type": "ESTIMATED"}})]
    edits += [(day, {"designModule__enrollmentInfo": {"count": count, "type": "ESTIMATED"}}) for count in (2, 3, 4)]
    world.histories[A] = past(A, (*edits, ("2026-02-01", {})))  # type: ignore[arg-type]
    backfilled(world, "all", KEY)
    assert [meta.registry_version for meta in world.store.timeline(KEY) if meta.registry_version is not None][:4] == [
        0,
        1,
        2,
        3,
    ]
    counts = [event.changes[0].new["count"] for event in log(world) if event.effective_at.date().isoformat() == day]
    assert counts == [2, 3, 4]


# --- ended in the middle


class EndedError(Exception):
    """The process ended here."""


class Ending(Store):
    """A store whose process ends instead of beginning one of its transactions; the lease is given back."""

    left = -1

    @contextmanager
    def writing(self, lease: Lease | None = None) -> Iterator[Connection]:
        self.left -= 1
        if self.left == 0:
            raise EndedError
        with super().writing(lease) as connection:
            yield connection


def rows(store: Store, trial: str) -> int:
    """Versions of a trial in the database, whether they count or not."""
    with store.reading() as connection:
        return connection.scalar(select(func.count()).select_from(t.snapshots).where(t.snapshots.c.trial == trial)) or 0


def test_wherever_a_backfill_ends_the_next_one_goes_on_and_keeps_each_version_once(world: World) -> None:
    """Each process gets one transaction further than the one before; another trial with the same past shows what is right."""
    backfilled(world, "all", KEY_B)
    world.store.close()
    ended = 0
    with Ending.open(world.settings.store_url) as store:
        world._store = store
        for transactions in range(2, 99):
            store.left = transactions
            try:
                backfilled(world, "all", KEY)
            except EndedError:
                ended += 1
                continue
            break
        assert ended > 10
        store.left = -1
        assert [meta.registry_version for meta in store.timeline(KEY)] == [0, 1, 2, 3, 4]
        assert rows(store, KEY) == rows(store, KEY_B)
        assert told(world, KEY) == told(world, KEY_B)
