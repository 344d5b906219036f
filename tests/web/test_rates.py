"""Base rates, against counts by hand."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.web.conftest import served
from tests.web.test_pages import stories, words
from tests.world import World, study
from tracker.archive.rates import Followed, Moved, base_rates
from tracker.model.ledgers import Rate

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
KIND = "primary_completion_date_changed"


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def followed(count: int, days: float, *, first: int = 0, **more: object) -> list[Followed]:
    return [Followed(trial=f"t{first + number}", since=ago(days), **more) for number in range(count)]  # type: ignore[arg-type]


def of(trials: list[Followed], moved: dict[str, datetime] | None = None) -> Rate | None:
    """The rate of moved primary completion over all phases."""
    given: Moved = {KIND: moved or {}}
    return next((rate for rate in base_rates(trials, given, NOW) if rate.what.startswith("moved") and not rate.phase), None)


def test_a_rate_over_a_year_counts_those_that_were_followed_for_all_of_it() -> None:
    trials = [*followed(40, 400), *followed(60, 100, first=100)]
    moved = {f"t{number}": ago(10) for number in range(10)} | {"t100": ago(5), "t39": ago(366)}
    assert of(trials, moved) == Rate(trials=40, moved=10, what="moved primary completion")
    assert of(trials, moved).percent == 25  # type: ignore[union-attr]


@pytest.mark.parametrize(("count", "days", "some"), [(19, 400, False), (20, 400, True), (20, 31, True), (20, 29, False)])
def test_there_is_no_rate_over_few_trials_or_a_short_time(count: int, days: float, some: bool) -> None:
    assert (of(followed(count, days)) is not None) is some


def test_a_shorter_history_says_since_when() -> None:
    rate = of(followed(30, 90), {"t1": ago(91), "t2": ago(80), "t3": ago(1)})
    assert rate is not None
    assert (rate.trials, rate.moved, rate.since) == (30, 2, datetime(2026, 3, 4, tzinfo=UTC))


def test_a_trial_that_joined_late_counts_neither_above_nor_below_the_line() -> None:
    trials = [*followed(30, 90), *followed(5, 20, first=100)]
    rate = of(trials, {"t1": ago(3), "t101": ago(3)})
    assert rate is not None
    assert (rate.trials, rate.moved) == (30, 1)


def test_a_trial_that_was_gone_before_the_span_is_left_out_and_one_that_went_in_it_counts() -> None:
    trials = [
        *followed(20, 400),
        *followed(1, 400, first=100, removed_at=ago(370)),
        *followed(1, 400, first=200, removed_at=ago(30)),
    ]
    rate = of(trials, {"t200": ago(40), "t100": ago(380)})
    assert rate is not None
    assert (rate.trials, rate.moved) == (21, 1)


def test_a_phase_has_a_rate_of_its_own_where_enough_trials_are_of_it() -> None:
    trials = [*followed(20, 400, phases=("PHASE3",)), *followed(19, 400, first=100, phases=("PHASE2", "NA"))]
    found = base_rates(trials, {KIND: {"t0": ago(1), "t100": ago(1)}}, NOW)
    assert [(rate.phase, rate.trials, rate.moved) for rate in found if rate.phase] == [("PHASE3", 20, 1)]


LATE = "NCT00000099"


@pytest.fixture(scope="module")
def reader_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """25 trials for 60 days, one that joins late; groups in their file."""
    numbers = [f"NCT{number:08}" for number in range(1, 26)]
    with World(tmp_path_factory.mktemp("rates")) as world:
        file = world.folder / "trials.csv"

        def follow(*followed: str) -> None:
            with file.open("w", newline="") as to:
                rows = [(one, "Rivals" if one < "NCT00000004" else "Ours") for one in followed]
                csv.writer(to).writerows([("id", "group"), *rows])
            world.configure('[[watch]]\nname = "w"\ntrials_file = "trials.csv"\n')

        world.studies = {one: study(one) for one in (*numbers, LATE)}
        follow(*numbers)
        world.day()
        moves = ("2027-09", "2028-01")
        for number, month in ((0, moves[0]), (0, moves[1]), (1, moves[0]), (7, moves[0])):
            changed = {"statusModule__primaryCompletionDateStruct": {"date": month, "type": "ESTIMATED"}}
            world.day(change=lambda number=number, changed=changed: world.amend(numbers[number], **changed))  # type: ignore[misc]
        # The same month, now called actual: no move.
        actual = {"statusModule__primaryCompletionDateStruct": {"date": "2027-06", "type": "ACTUAL"}}
        world.day(change=lambda: world.amend(numbers[9], **actual))
        follow(*numbers, LATE)
        world.day(after=timedelta(days=50))
        later = {"statusModule__primaryCompletionDateStruct": {"date": "2029-01", "type": "ESTIMATED"}}
        world.day(change=lambda: world.amend(LATE, **later))
        yield world


def test_the_page_of_a_watch_says_what_was_counted_by_hand(reader_world: World) -> None:
    with served(reader_world.folder, now=reader_world.now) as reader:
        text = words(reader.ask("/watches/w").text)
    # Three of 25 moved it after the first day, one of them twice; the late one and the one that became actual do not count.
    assert "Of 25 trials, 12 % moved primary completion since 4 Mar 2026 (3)." in text


def test_the_log_is_narrowed_by_the_groups_of_a_trials_file(reader_world: World) -> None:
    with served(reader_world.folder, now=reader_world.now) as reader:
        every, rivals = stories(reader.ask("/").text), stories(reader.ask("/?group=Rivals").text)
        assert 0 < len(rivals) < len(every)
        told = reader.ask("/api/v1/changes?group=Rivals&limit=200").json["events"]
        assert {event["trial"] for event in told} == {"ctgov:NCT00000001", "ctgov:NCT00000002"}
        assert reader.ask("/api/v1/changes?group=Rivals&trial=NCT00000008").json["events"] == []
        assert reader.ask("/?group=Nobody").status == 404
        assert '<option value="Rivals" selected>' in reader.ask("/?group=Rivals").text
