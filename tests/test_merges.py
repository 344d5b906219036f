"""A number that is named as another trial's former one: when that is believed, how it is undone, and what is found then."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.world import SENDS, World, study

A, B, C = "NCT00000101", "NCT00000102", "NCT00000103"
LISTED = f'[[watch]]\nname = "mine"\ntrials = ["{A}"]\n' + SENDS
SEARCHED = '[[watch]]\nname = "mine"\nquery = { condition = "Testitis" }\n' + SENDS
TERMINATED = {"statusModule__overallStatus": "TERMINATED", "statusModule__whyStopped": "Slow accrual"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as made:
        made.studies = {A: study(A), B: study(B)}
        yield made


def alias(world: World, into: str = B, *, kept: bool = False) -> None:
    """The registry names A as a former number of another study; the record of A itself may stay."""
    if not kept:
        world.studies.pop(A, None)
    world.amend(into, identificationModule__nctIdAliases=[A])


def own(world: World, **changes: object) -> None:
    """A has a record of its own again, and nobody names it any more."""
    world.studies[A] = study(A, **changes)
    for nct in (B, C):
        if nct in world.studies:
            world.amend(nct, identificationModule__nctIdAliases=[])


def followed(world: World) -> set[str]:
    return {member.trial.removeprefix("ctgov:") for member in world.store.memberships()}


def asked_for(world: World, nct: str) -> bool:
    """Whether the last pass asked for a number; forgets what was asked."""
    asked = [value for request in world.registry.requests for name, value in request.params if name == "filter.ids"]
    world.registry.requests.clear()
    return any(nct in numbers.split(",") for numbers in asked)


def test_an_alias_for_one_day_ends_nothing_and_the_later_termination_is_told(world: World) -> None:
    world.configure(LISTED)
    world.day()
    world.day(change=lambda: alias(world))
    world.day(change=lambda: own(world))
    world.day(change=lambda: world.amend(A, **TERMINATED))
    assert [kind for _, kind in world.kinds()] == ["recruitment_status_changed"]
    assert followed(world) == {A}


@pytest.mark.parametrize("first", [A, B])
def test_a_numbers_own_record_wins_over_another_that_names_it(world: World, first: str) -> None:
    world.configure(LISTED.replace(f'["{A}"]', f'["{A}", "{B}"]'))
    world.studies = {nct: study(nct) for nct in (first, A, B)}
    world.day()
    for _ in range(3):
        world.day(change=lambda: alias(world, kept=True))
    world.day(change=lambda: world.amend(A, **TERMINATED))
    assert (f"ctgov:{A}", "recruitment_status_changed") in world.kinds()
    assert "merged" not in {kind for _, kind in world.kinds()}
    assert followed(world) == {A, B}


def test_a_merge_is_believed_on_the_second_data_version_and_told_once(world: World) -> None:
    world.configure(LISTED)
    world.day()
    world.day(change=lambda: alias(world))
    assert world.kinds() == []
    assert followed(world) == {A}
    for _ in range(5):
        world.day()
    assert world.kinds() == [(f"ctgov:{A}", "merged")]
    assert followed(world) == {B}


def test_two_data_versions_within_20_hours_are_not_enough_and_neither_is_one_asked_twice(world: World) -> None:
    world.configure(LISTED)
    world.day()
    world.now = world.now.replace(hour=23)
    world.day(change=lambda: alias(world))
    world.day(after=timedelta(hours=3))
    assert world.kinds() == []
    world.now += timedelta(hours=15, minutes=59)
    world.sync(full=True)
    assert world.kinds() == []
    world.day(after=timedelta(hours=12))
    assert world.kinds() == [(f"ctgov:{A}", "merged")]


def test_an_alias_of_another_trial_begins_anew(world: World) -> None:
    world.studies[C] = study(C)
    world.configure(LISTED)
    world.day()
    world.day(change=lambda: alias(world))

    def other() -> None:
        world.amend(B, identificationModule__nctIdAliases=[])
        alias(world, C)

    world.day(change=other)
    assert world.kinds() == []
    world.day()
    assert world.kinds() == [(f"ctgov:{A}", "merged")]
    assert followed(world) == {C}


def test_a_merged_number_is_asked_for_weekly_and_by_full(world: World) -> None:
    world.configure(LISTED)
    world.day()
    world.day(change=lambda: alias(world))
    world.day()
    asked_for(world, A)
    found = []
    for _ in range(8):
        world.day()
        found.append(asked_for(world, A))
    assert found == [False] * 6 + [True, False]
    world.now += timedelta(hours=1)
    world.sync(full=True)
    assert asked_for(world, A)
    assert world.kinds() == [(f"ctgov:{A}", "merged")]


@pytest.mark.parametrize("watch", [LISTED, SEARCHED])
def test_a_merge_that_the_registry_undoes_is_found_with_all_that_happened_in_between(world: World, watch: str) -> None:
    world.configure(watch)
    world.day()
    world.day(change=lambda: alias(world))
    world.day()
    assert (f"ctgov:{A}", "merged") in world.kinds()
    for _ in range(8):
        world.day(change=lambda: own(world, **TERMINATED))
    kinds = [kind for trial, kind in world.kinds() if trial == f"ctgov:{A}"]
    assert sorted(kinds) == ["merged", "recruitment_status_changed", "restored"]
    assert A in followed(world)
    assert any("terminated" in subject.lower() for subject in world.subjects())
    if watch == LISTED:
        assert followed(world) == {A}
    world.day(change=lambda: world.amend(A, designModule__enrollmentInfo={"count": 3, "type": "ACTUAL"}))
    assert (f"ctgov:{A}", "enrollment_changed") in world.kinds()


def test_full_finds_at_once_that_a_merge_was_undone(world: World) -> None:
    world.configure(LISTED)
    world.day()
    world.day(change=lambda: alias(world))
    world.day()
    world.now += timedelta(hours=3)
    own(world, **TERMINATED)
    world.sync(full=True)
    assert (f"ctgov:{A}", "restored") in world.kinds()
    assert (f"ctgov:{A}", "recruitment_status_changed") in world.kinds()


def test_a_merge_undone_by_hand_is_not_believed_again(world: World) -> None:
    world.configure(LISTED)
    world.day()
    world.day(change=lambda: alias(world))
    world.day()
    assert world.store.unmerge([f"ctgov:{A}"]) == {f"ctgov:{A}": f"ctgov:{B}"}
    for _ in range(4):
        world.day()
    assert world.kinds() == [(f"ctgov:{A}", "merged")]
    assert followed(world) == {A}
    world.day(change=lambda: own(world, **TERMINATED))
    assert (f"ctgov:{A}", "recruitment_status_changed") in world.kinds()


def test_what_is_not_merged_cannot_be_unmerged(world: World) -> None:
    world.configure(LISTED)
    world.day()
    assert world.store.unmerge([f"ctgov:{A}"]) == {f"ctgov:{A}": None}
    assert followed(world) == {A}


def test_a_number_that_never_had_a_record_is_followed_as_the_other_at_once_and_asked_for_each_day(world: World) -> None:
    alias(world)
    world.configure(LISTED)
    world.day()
    assert followed(world) == {B}
    asked_for(world, A)
    world.day()
    assert asked_for(world, A)
    world.day(change=lambda: own(world))
    world.day(change=lambda: world.amend(A, **TERMINATED))
    assert (f"ctgov:{A}", "recruitment_status_changed") in world.kinds()
    assert followed(world) == {A}


def test_a_merged_number_that_its_watch_no_longer_lists_is_not_asked_for(world: World) -> None:
    world.configure(LISTED)
    world.day()
    world.day(change=lambda: alias(world))
    world.day()
    world.configure(LISTED.replace(A, B))
    asked_for(world, A)
    for _ in range(8):
        world.day()
    assert not asked_for(world, A)


def test_a_merged_number_listed_by_a_later_watch_comes_back_to_it_too(world: World) -> None:
    world.configure(LISTED)
    world.day()
    world.day(change=lambda: alias(world))
    world.day()
    world.configure(LISTED + LISTED.replace("mine", "later"))
    world.day()
    for _ in range(8):
        world.day(change=lambda: own(world, **TERMINATED))
    assert {(member.watch, member.trial) for member in world.store.memberships()} == {
        ("mine", f"ctgov:{A}"),
        ("later", f"ctgov:{A}"),
    }


def test_a_trial_that_is_answered_with_another_record_has_not_left_its_search(world: World) -> None:
    world.configure(SEARCHED)
    world.day()
    before = copy.deepcopy(world.studies)
    world.day(change=lambda: alias(world))

    def back() -> None:
        world.studies = before

    world.day(change=back)
    world.day()
    assert {kind for _, kind in world.kinds()} == {"identifiers_changed"}


def test_aliases_of_a_wrong_type_hide_neither_the_record_nor_others(world: World) -> None:
    world.configure(LISTED.replace(f'["{A}"]', f'["{A}", "{B}"]'))
    world.day()
    world.amend(B, identificationModule__nctIdAliases=A)
    report = world.day(change=lambda: world.amend(A, **TERMINATED))
    assert report.sources[0].failures == ()
    assert (f"ctgov:{A}", "recruitment_status_changed") in world.kinds()
