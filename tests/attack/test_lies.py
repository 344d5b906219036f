"""A registry that lies for a day makes no history: aliases, older data, mass changes, unreadable fields, gone records."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.attack.records import Study, changed, nct, number_of, site, study
from tests.attack.registry import Answer, Asked, spoiling
from tests.attack.scene import Scene, attacked, numbers_in


def begun(scene: Scene, count: int, **options: Any) -> None:
    """So many trials are known, and nothing has been told yet."""
    scene.hold(*(study(number) for number in range(1, count + 1)))
    scene.configure(trials=count, **options)
    scene.sync()
    scene.mail.letters.clear()


def about(scene: Scene, reader: str = "me") -> list[str]:
    """What a reader was told, by subject."""
    return [letter.subject for letter in scene.mail.to(reader)]


def records_spoilt(spoil: Any) -> Any:
    """Each study of an answer, spoilt; None leaves it out, a list puts several in its place."""

    def through(asked: Asked, answer: Answer) -> Answer:
        if not asked.path.endswith("/studies") or answer.status != 200:
            return answer
        page = json.loads(answer.body)
        found = [made for record in page["studies"] for made in _listed(spoil(record))]
        return answer._replace(body=json.dumps({**page, "studies": found}).encode())

    return spoiling(through)


def _listed(made: Any) -> list[Study]:
    return [] if made is None else made if isinstance(made, list) else [made]


def alias_on(number: int, former: int) -> Any:
    def spoil(record: Study) -> Study:
        return changed(record, identificationModule__nctIdAliases=[nct(former)]) if number_of(record) == nct(number) else record

    return spoil


# --- aliases --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("own_record", ["beside it", "gone for the day"])
def test_an_alias_for_one_day_does_not_end_the_following(scene: Scene, own_record: str) -> None:
    begun(scene, 3)
    scene.next_day()
    alias = alias_on(2, former=1)
    with attacked(
        scene.registry,
        records_spoilt(lambda record: None if own_record != "beside it" and number_of(record) == nct(1) else alias(record)),
    ):
        scene.sync(expect=(0, 3))
    scene.next_day()
    scene.sync()
    scene.next_day()
    scene.amend(1, statusModule__overallStatus="TERMINATED", statusModule__whyStopped="Harm")
    scene.sync()
    assert nct(1) in numbers_in(scene.mail.to("me")), "its later end is told"
    assert not [kind for kind in scene.kinds() if "merge" in kind]


def test_a_merge_that_lasts_is_told(scene: Scene) -> None:
    begun(scene, 3)
    scene.registry.studies.pop(nct(1))
    scene.hold(changed(study(2), identificationModule__nctIdAliases=[nct(1)]))
    for _ in range(3):
        scene.next_day()
        scene.sync(expect=(0, 3))
    assert numbers_in(scene.mail.to("me")) >= {nct(1), nct(2)}


def test_a_merge_undone_by_the_registry_is_undone_and_what_happened_meanwhile_is_found(scene: Scene) -> None:
    begun(scene, 3)
    own = scene.registry.studies.pop(nct(1))
    scene.hold(changed(study(2), identificationModule__nctIdAliases=[nct(1)]))
    for _ in range(3):
        scene.next_day()
        scene.sync(expect=(0, 3))
    scene.hold(study(2), changed(own, on=scene.today, statusModule__overallStatus="SUSPENDED"))
    scene.mail.letters.clear()
    for _ in range(9):
        scene.next_day()
        scene.sync(expect=(0, 3))
    assert nct(1) in numbers_in(scene.mail.to("me"))


# --- older data -----------------------------------------------------------------------------------------------------


def test_two_nodes_a_day_apart_make_one_event_of_one_change(scene: Scene) -> None:
    begun(scene, 5)
    before, stamp = dict(scene.registry.studies), scene.registry.stamp
    scene.next_day()
    scene.amend(1, statusModule__overallStatus="COMPLETED")
    after, newer = dict(scene.registry.studies), scene.registry.stamp
    for turn in range(8):
        scene.registry.studies, scene.registry.stamp = (dict(after), newer) if turn % 2 == 0 else (dict(before), stamp)
        scene.sync(expect=(0, 3))
        scene.sync("--full", expect=(0, 3))
        scene.set_clock(scene.ahead + timedelta(hours=2))
    assert len(scene.kinds()) == 1
    assert len(scene.mail.to("me")) == 1
    assert len(scene.mail.to("chief")) <= 2, "the operator hears once, and once when it is over"


@pytest.mark.parametrize("days", [1, 5])
def test_a_registry_restored_from_a_backup_makes_no_event(scene: Scene, days: int) -> None:
    begun(scene, 5)
    older, stamp = dict(scene.registry.studies), scene.registry.stamp
    for number in range(1, 4):
        scene.next_day()
        scene.amend(number, statusModule__overallStatus="COMPLETED")
        scene.sync()
    told, newest = len(scene.mail.to("me")), dict(scene.registry.studies)
    scene.registry.studies = dict(older)
    for _ in range(days):
        scene.set_clock(scene.ahead + timedelta(days=1))
        scene.registry.stamp = stamp
        scene.sync("--full", expect=(0, 1, 3))
    scene.registry.studies = newest
    scene.next_day()
    scene.sync(expect=(0, 3))
    assert len(scene.kinds()) == 3
    assert len(scene.mail.to("me")) == told == 3


def test_stale_records_under_a_new_data_version_are_doubted_for_a_day(scene: Scene) -> None:
    begun(scene, 5)
    older = dict(scene.registry.studies)
    scene.next_day()
    scene.amend(1, statusModule__overallStatus="COMPLETED")
    scene.sync()
    newest = dict(scene.registry.studies)
    scene.next_day()
    scene.registry.studies = older
    scene.sync("--full", expect=(0, 3))
    scene.next_day()
    scene.registry.studies = newest
    scene.sync("--full", expect=(0, 3))
    assert (len(scene.kinds()), len(scene.mail.to("me"))) == (1, 1)


def test_a_lower_date_that_stays_is_believed_on_the_second_data_version(scene: Scene) -> None:
    begun(scene, 5)
    scene.next_day()
    scene.amend(1, designModule__enrollmentInfo={"count": 300, "type": "ESTIMATED"})
    scene.sync()
    scene.hold(changed(study(1), on="2026-10-01", statusModule__overallStatus="WITHDRAWN"))
    told = len(scene.mail.to("me"))
    for _ in range(3):
        scene.next_day()
        scene.sync(expect=(0, 3))
    assert len(scene.mail.to("me")) > told


# --- mass lies ------------------------------------------------------------------------------------------------------

UNKNOWN = {"statusModule__overallStatus": "UNKNOWN", "statusModule__lastKnownStatus": "RECRUITING"}
LIES: dict[str, dict[str, Any]] = {
    "unknown": UNKNOWN,
    "completed": {"statusModule__overallStatus": "COMPLETED"},
    "enrollment": {"designModule__enrollmentInfo": {"count": 0, "type": "ACTUAL"}},
    "dates": {"statusModule__primaryCompletionDateStruct": {"date": "2031-06", "type": "ESTIMATED"}},
    "outcomes": {"outcomesModule__primaryOutcomes": [{"measure": "Quality of life", "timeFrame": "1 week"}]},
    "criteria": {"eligibilityModule__eligibilityCriteria": "Inclusion Criteria:\n\n* Children"},
}
COUNTS = [8, 9, 20, 50, 99]


@pytest.mark.cost(5)
@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("count", COUNTS)
def test_many_trials_that_change_alike_for_a_day_without_an_update_are_told_to_nobody(
    scene: Scene, lie: str, count: int
) -> None:
    begun(scene, count)
    scene.next_day()
    with attacked(scene.registry, records_spoilt(lambda record: changed(record, **LIES[lie]))):
        scene.sync(expect=(0, 3))
    scene.next_day()
    scene.sync(expect=(0, 3))
    assert about(scene) == []
    assert scene.kinds() == []


@pytest.mark.parametrize("count", [8, 50])
def test_many_trials_that_stay_changed_are_told_when_a_second_data_version_says_the_same(scene: Scene, count: int) -> None:
    begun(scene, count)
    scene.registry.studies = {number: changed(record, **UNKNOWN) for number, record in scene.registry.studies.items()}
    scene.next_day()
    scene.sync(expect=(0, 3))
    scene.next_day()
    scene.sync(expect=(0, 3))
    scene.next_day()
    scene.sync(expect=(0, 3))
    assert len(numbers_in(scene.mail.to("me"))) == count


def test_a_few_trials_that_change_alike_are_told_with_a_doubt(scene: Scene) -> None:
    begun(scene, 7)
    scene.next_day()
    with attacked(scene.registry, records_spoilt(lambda record: changed(record, **UNKNOWN))):
        scene.sync(expect=(0, 3))
    assert len(numbers_in(scene.mail.to("me"))) == 7
    assert any("registry" in letter.text and "fault" in letter.text for letter in scene.mail.to("me"))


@pytest.mark.parametrize("count", [6, 40])
def test_true_updates_of_many_trials_are_told_at_once(scene: Scene, count: int) -> None:
    """Near miss: the same effects, each with an update of its own."""
    begun(scene, 2 * count + 20)
    scene.next_day()
    for number in range(1, count + 1):
        scene.amend(number, statusModule__overallStatus="COMPLETED")
    scene.sync()
    assert len(numbers_in(scene.mail.to("me"))) == count


def swapped(first: int, second: int) -> Any:
    def spoil(record: Study) -> Study:
        numbers = {nct(first): second, nct(second): first}
        other = numbers.get(number_of(record))
        return changed(study(other), identificationModule__nctId=number_of(record)) if other else record

    return spoil


def cut(record: Study) -> Study:
    return changed(record, contactsLocationsModule__locations=[site(1)]) if number_of(record) == nct(1) else record


@pytest.mark.parametrize("spoil", [swapped(1, 2), cut], ids=["two records swap numbers", "sites cut to one"])
def test_a_record_that_cannot_be_true_is_refused_for_its_trial_alone(scene: Scene, spoil: Any) -> None:
    scene.hold(*(study(number) for number in range(1, 6)))
    scene.hold(changed(study(1), contactsLocationsModule__locations=[site(number) for number in range(30)]))
    scene.configure(trials=5)
    scene.sync()
    scene.mail.letters.clear()
    scene.next_day()
    scene.amend(3, statusModule__overallStatus="COMPLETED")
    with attacked(scene.registry, records_spoilt(spoil)):
        scene.sync(expect=(0, 3))
    assert numbers_in(scene.mail.to("me")) == {nct(3)}
    scene.next_day()
    scene.sync(expect=(0, 3))
    assert len(scene.kinds()) == 1


# --- unreadable, gone, twice ----------------------------------------------------------------------------------------

UNREADABLE: dict[str, dict[str, Any]] = {
    "status": {"statusModule__overallStatus": ["RECRUITING"]},
    "title": {"identificationModule__briefTitle": {"text": "x"}},
    "enrollment": {"designModule__enrollmentInfo": "100"},
    "enrollment count": {"designModule__enrollmentInfo": {"count": "many", "type": "ESTIMATED"}},
    "date": {"statusModule__primaryCompletionDateStruct": "2029-06"},
    "outcomes": {"outcomesModule__primaryOutcomes": "Overall survival"},
    "sites": {"contactsLocationsModule__locations": {"0": site(1)}},
    "criteria": {"eligibilityModule__eligibilityCriteria": ["Adults"]},
    "sponsor": {"sponsorCollaboratorsModule__leadSponsor": ["x"]},
    "conditions": {"conditionsModule__conditions": "Testitis"},
    "arms": {"armsInterventionsModule__armGroups": [["Arm A"]]},
    "phases": {"designModule__phases": "PHASE2"},
}


@pytest.mark.parametrize("dated", [False, True], ids=["without an update", "with an update"])
@pytest.mark.parametrize("field", UNREADABLE)
def test_what_cannot_be_read_is_never_a_removal(scene: Scene, field: str, dated: bool) -> None:
    begun(scene, 20)
    day = scene.next_day()
    with attacked(
        scene.registry,
        records_spoilt(
            lambda record: (
                changed(record, on=day if dated else "", **UNREADABLE[field])
                if number_of(record) in (nct(1), nct(2))
                else record
            )
        ),
    ):
        scene.sync(expect=(0, 3))
    assert about(scene) == []
    scene.next_day()
    scene.sync(expect=(0, 3))
    assert about(scene) == []
    assert scene.kinds() == []


def test_gone_needs_two_data_versions_and_twenty_hours(scene: Scene) -> None:
    begun(scene, 5)
    own = scene.registry.studies.pop(nct(1))
    scene.next_day()
    for hour in range(3):
        scene.registry.stamp = f"{scene.today}T0{hour}:30:05"
        scene.sync(expect=(0, 3))
        scene.set_clock(scene.ahead + timedelta(hours=1))
    scene.hold(own)
    scene.next_day()
    scene.sync(expect=(0, 3))
    assert scene.kinds() == []
    scene.registry.studies.pop(nct(1))
    for _ in range(3):
        scene.next_day()
        scene.sync(expect=(0, 3))
    assert len(scene.kinds()) == 1, "what stays away is gone"


def test_the_same_number_twice_in_one_answer_fails_its_trial_alone(scene: Scene) -> None:
    begun(scene, 5)
    scene.next_day()
    scene.amend(2, statusModule__overallStatus="COMPLETED")

    def twice(record: Study) -> list[Study]:
        other = changed(record, on=scene.today, statusModule__overallStatus="WITHDRAWN")
        return [record, other] if number_of(record) == nct(1) else [record]

    with attacked(scene.registry, records_spoilt(twice)):
        scene.sync(expect=(0, 3))
    scene.next_day()
    scene.sync(expect=(0, 3))
    assert numbers_in(scene.mail.to("me")) == {nct(2)}
