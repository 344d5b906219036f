"""What lasts is told when it begins and when it is over: and it is over only when somebody was asked and answered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.lab import Reply, Request
from tests.world import World, study

A, B, UNKNOWN, OTHER = "NCT00000101", "NCT00000102", "NCT00000998", "NCT00000999"
OPERATOR = "operator@example.org"


def listed(*trials: str, name: str = "mine") -> str:
    return f'[[watch]]\nname = "{name}"\ntrials = {list(trials)}\n'


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as made:
        made.studies = {A: study(A), B: study(B)}
        yield made


def told(world: World) -> list[str]:
    return [subject.strip().removeprefix("Trial tracker: ") for subject in world.subjects(OPERATOR)]


def names(world: World) -> list[str]:
    return [incident.name for incident in world.store.incidents() if incident.ended_at is None]


def several_passes(world: World, days: int = 3) -> None:
    """Each day three passes: the registry has new data for the first alone, so the others ask for nothing."""
    for _ in range(days):
        world.day(after=timedelta(hours=12))
        for _ in range(2):
            world.day(after=timedelta(hours=4))
        world.now += timedelta(hours=4)


def test_an_unknown_number_is_told_once_as_no_such_trial(world: World) -> None:
    world.configure(listed(A, UNKNOWN))
    several_passes(world)
    assert told(world) == [f"There is no such trial at ClinicalTrials.gov: {UNKNOWN}"]


def test_an_unknown_number_is_over_when_the_registry_has_it(world: World) -> None:
    world.configure(listed(A, UNKNOWN))
    several_passes(world)
    world.studies[UNKNOWN] = study(UNKNOWN)
    several_passes(world)
    assert told(world)[1:] == [f"Found after all: {UNKNOWN}"]
    assert names(world) == []


def test_an_unknown_number_is_not_over_when_it_could_not_be_asked_for(world: World) -> None:
    world.configure(listed(A, UNKNOWN))
    several_passes(world, 1)
    world.registry.fault = lambda request: Reply(status=500, body=b"oops")
    world.day()
    world.registry.fault = None
    world.day()
    assert [subject for subject in told(world) if UNKNOWN in subject] == [
        f"There is no such trial at ClinicalTrials.gov: {UNKNOWN}"
    ]


def test_several_unknown_numbers_are_one_message_and_each_later_one_is_told(world: World) -> None:
    world.configure(listed(A, UNKNOWN, OTHER))
    several_passes(world, 1)
    [first] = told(world)
    assert first == f"There is no such trial at ClinicalTrials.gov: {UNKNOWN} and 1 more"
    world.configure(listed(A, UNKNOWN, OTHER, "NCT00000997"))
    several_passes(world, 2)
    assert told(world)[1:] == ["There is no such trial at ClinicalTrials.gov: NCT00000997"]


def test_an_unknown_number_that_is_no_longer_followed_is_forgotten_without_a_word(world: World) -> None:
    world.configure(listed(A, UNKNOWN))
    several_passes(world, 1)
    world.configure(listed(A))
    several_passes(world, 1)
    assert names(world) == []
    assert len(told(world)) == 1


def refuse(world: World, trial: str) -> None:
    """The registry serves one trial's record as nonsense, alone or among others."""
    world.studies[trial] = b'{"protocolSection": {"identificationModule": {"nctId": "' + trial.encode() + b'"}}}'


def test_a_trial_that_cannot_be_read_is_not_over_while_only_others_are_asked_for(world: World) -> None:
    world.configure(listed(A) + listed(B, name="others"))
    world.day()
    refuse(world, A)
    world.day()
    assert [name for name in names(world) if name.startswith("trials:")] == ["trials:ctgov"]
    before = told(world)
    world.now += timedelta(hours=1)
    world.sync(only=("others",))
    world.deliver()
    assert told(world) == before
    world.studies[A] = study(A)
    world.day()
    assert told(world)[len(before) :] == ["Over: 1 trial could not be read at ClinicalTrials.gov"]


def test_a_held_run_is_not_over_when_other_watches_are_read(world: World) -> None:
    many = [f"NCT000003{n:02}" for n in range(10)]
    world.studies |= {nct: study(nct) for nct in many}
    world.configure(listed(*many) + listed(B, name="others"))
    world.day()
    for nct in many[:7]:
        world.amend(nct, conditionsModule__conditions=[])
    assert world.day().sources[0].state == "held"
    [held] = world.store.held_runs()
    before = told(world)
    world.now += timedelta(days=1)
    world.amend(many[9], conditionsModule__conditions=[])
    world.sync(only=("others",))
    world.deliver()
    assert told(world) == before
    assert names(world) == ["held:ctgov"]
    assert world.store.held_runs() == [held]
    world.store.release(held.id, world.now)
    assert len(world.kinds()) == 7


def test_a_held_run_is_over_when_its_own_watch_is_read_and_well(world: World) -> None:
    many = [f"NCT000003{n:02}" for n in range(10)]
    world.studies |= {nct: study(nct) for nct in many}
    world.configure(listed(*many) + listed(B, name="others"))
    world.day()
    for nct in many[:7]:
        world.amend(nct, conditionsModule__conditions=[])
    world.day()
    for nct in many[:7]:
        world.amend(nct, conditionsModule__conditions=["Testitis"])
    world.now += timedelta(days=1)
    world.sync(only=("mine",))
    world.deliver()
    assert world.store.held_runs() == []
    assert names(world) == []


def test_a_source_is_not_well_again_because_nothing_was_asked_of_it(world: World) -> None:
    page = f"https://meddatax.com/clinical-trials/{A}"
    world.configure(f'[[watch]]\nname = "pages"\npages = ["{page}"]\n' + listed(B, name="others"))

    def fault(request: Request) -> Reply | None:
        return Reply(status=500, body=b"oops") if "clinical-trials" in request.path else None

    world.registry.fault = fault
    world.day()
    assert "source:meddatax" in names(world)
    before = told(world)
    world.now += timedelta(hours=1)
    world.sync(only=("others",))
    world.deliver()
    assert "source:meddatax" in names(world)
    assert told(world) == before
    world.configure(listed(B, name="others"))
    world.day()
    assert names(world) == [], "a source that is not in use any more has no incident"
