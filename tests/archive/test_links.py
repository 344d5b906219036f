"""The registrations of a trial, as every surface reads them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.archive.builders import keep_trials
from tests.store.builders import watch
from tests.world import Study, study
from tracker import sources
from tracker.archive import Archive
from tracker.archive.reader import READER
from tracker.model.links import LinkRule
from tracker.store import Store
from tracker.sync.present import note_present

ONE, OTHER, THIRD = "NCT10000001", "NCT10000002", "NCT10000003"
EU = "2023-501234-12-00"


def naming(nct: str, *numbers: str, **changes: object) -> Study:
    """A study that gives these numbers as its own too."""
    ids = [{"id": number, "type": "REGISTRY"} for number in numbers]
    return study(nct, identificationModule__secondaryIdInfos=ids, **changes)


def kept(store: Store, studies: Mapping[str, Study], number: float = 0) -> Archive:
    """An archive over these studies, once a pass has written what is derived of them."""
    known = sources.load()
    followed = watch("all", *(f"ctgov:{nct}" for nct in studies))
    keep_trials(store, studies, (followed,), number)
    note_present(store, known, "ctgov", lambda: False, reader=READER)
    return Archive(store=store, sources=known, watches=(followed,))


def found(archive: Archive, nct: str) -> list[tuple[str, bool]]:
    made = archive.registrations([f"ctgov:{nct}"])
    return [(one.trial, one.held) for one in made.get(f"ctgov:{nct}", ())]


def test_a_trial_has_the_registrations_that_its_current_record_names(store: Store) -> None:
    archive = kept(store, {ONE: naming(ONE, EU), OTHER: naming(OTHER)})
    assert found(archive, ONE) == [("ctis:2023-501234-12", False)]
    assert found(archive, OTHER) == []
    changed = kept(store, {ONE: naming(ONE, "2019-001234-12")}, 1)
    assert found(changed, ONE) == [("euctr:2019-001234-12", False)]


def test_what_a_held_record_says_is_given_with_its_registration(store: Store) -> None:
    archive = kept(store, {ONE: naming(ONE, OTHER), OTHER: naming(OTHER)})
    (one,) = archive.registrations([f"ctgov:{ONE}"])[f"ctgov:{ONE}"]
    assert (one.held, one.recruitment_status, one.watches) == (True, "RECRUITING", ("all",))
    assert one.link.doubt is not None
    assert one.link.doubt.reason == "same_registry"


def test_the_registrations_of_many_trials_are_found_together(store: Store) -> None:
    archive = kept(store, {ONE: naming(ONE, EU), OTHER: naming(OTHER, "DRKS00012345"), THIRD: naming(THIRD)})
    many = archive.registrations([f"ctgov:{nct}" for nct in (ONE, OTHER, THIRD)])
    assert {trial: [one.trial for one in registrations] for trial, registrations in many.items()} == {
        f"ctgov:{ONE}": ["ctis:2023-501234-12"],
        f"ctgov:{OTHER}": ["drks:DRKS00012345"],
    }


def test_a_number_that_another_trial_names_too_is_doubtful(store: Store) -> None:
    archive = kept(store, {ONE: naming(ONE, EU), OTHER: naming(OTHER, EU)})
    (one,) = archive.registrations([f"ctgov:{ONE}"])[f"ctgov:{ONE}"]
    assert one.link.doubtful


@pytest.mark.parametrize("refuse", [False, True])
def test_the_users_word_counts(store: Store, refuse: bool) -> None:
    archive = kept(store, {ONE: naming(ONE, *([EU] if refuse else []))})
    rules = (LinkRule(trials=(f"ctgov:{ONE}", "ctis:2023-501234-12"), refuse=refuse),)
    ruled = Archive(store=archive.store, sources=archive.sources, links=rules)
    assert found(ruled, ONE) == ([] if refuse else [("ctis:2023-501234-12", False)])
