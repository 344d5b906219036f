"""What a registry says of many trials at once is not believed before it has said it twice; and nothing else waits."""

from __future__ import annotations

import copy
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.world import SENDS, World, study
from tracker.errors import StoreError
from tracker.model.event import Event, EventFilter

SEARCHED = '[[watch]]\nname = "search"\nsearch = "https://clinicaltrials.gov/search?cond=Testitis"\n' + SENDS
UNKNOWN = {"statusModule__overallStatus": "UNKNOWN", "statusModule__lastKnownStatus": "RECRUITING"}
UPDATED = {"statusModule__lastUpdatePostDateStruct": {"date": "2026-03-03", "type": "ACTUAL"}}
SOON = {"date": "2026-03-06", "type": "ESTIMATED"}
OVERNIGHT, MORNING = timedelta(hours=15), timedelta(hours=6)
"""From ten in the morning to the next day's data, still no day later; and from there past the 20 hours, on the same data."""


def numbers(count: int) -> list[str]:
    return [f"NCT0004{number:04}" for number in range(count)]


def sponsored(nct: str, sponsors: int, **changes: Any) -> dict[str, Any]:
    name = f"Sponsor {int(nct[3:]) % sponsors}"
    return study(nct, sponsorCollaboratorsModule__leadSponsor={"name": name, "class": "OTHER"}, **changes)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as made:
        yield made


def begin(world: World, count: int, sponsors: int = 5) -> list[str]:
    trials = numbers(count)
    world.studies = {nct: sponsored(nct, sponsors) for nct in trials}
    world.configure(SEARCHED)
    world.day()
    return trials


def amend(world: World, trials: list[str], **changes: Any) -> None:
    for nct in trials:
        world.amend(nct, **changes)


def events(world: World) -> list[Event]:
    return world.store.events(EventFilter())


def texts(world: World, recipient: str) -> list[str]:
    parts = [letter.message.get_body(("plain",)) for letter in world.mailbox.to(recipient)]
    return [" ".join(part.get_content().split()) for part in parts if part]


# --- from 8 trials of 4 sponsors on -----------------------------------------------------------------------------------


def test_a_status_that_all_trials_lose_for_a_day_is_told_to_nobody_but_the_operator(world: World) -> None:
    trials = begin(world, 30)
    whole = copy.deepcopy(world.studies)
    report = world.day(change=lambda: amend(world, trials[:-1], **UNKNOWN))
    assert report.sources[0].state == "accepted"
    world.day(change=lambda: world.studies.update(copy.deepcopy(whole)))
    world.day()
    assert events(world) == []
    began, over = (subject for subject in world.subjects("operator@example.org"))
    assert "many trials at once" in began
    assert over.startswith("Trial tracker: Over")
    assert world.store.doubted_trials() == []


def test_only_the_like_effects_wait_and_whatever_else_changed_that_day_is_told(world: World) -> None:
    trials = begin(world, 30)

    def day() -> None:
        amend(world, trials[:20], **UNKNOWN)
        world.amend(trials[0], referencesModule__references=[{"pmid": "40000001", "type": "DERIVED", "citation": "A paper."}])
        world.amend(trials[1], **UPDATED)
        world.amend(trials[25], statusModule__overallStatus="COMPLETED", **UPDATED)

    world.day(change=day)
    told = [(event.trial[6:], event.kind) for event in events(world)]
    assert sorted(told) == [
        (trials[0], "references_changed"),
        (trials[1], "recruitment_status_changed"),
        (trials[25], "recruitment_status_changed"),
    ]


def test_what_a_second_data_version_a_day_later_says_again_is_told_once(world: World) -> None:
    trials = begin(world, 12)
    world.day(change=lambda: amend(world, trials, **UNKNOWN))
    assert events(world) == []
    world.day()
    assert sorted(event.trial for event in events(world)) == [f"ctgov:{nct}" for nct in trials]
    assert all(event.effects == ("went_unknown",) for event in events(world))
    world.day()
    assert len(events(world)) == len(trials)
    assert world.store.doubted_trials() == []


def test_a_second_look_on_the_same_data_or_a_few_hours_later_is_no_second_opinion(world: World) -> None:
    trials = begin(world, 12)
    world.day(change=lambda: amend(world, trials, **UNKNOWN))
    world.sync(full=True)
    world.day(after=OVERNIGHT)
    assert events(world) == []
    world.day(after=MORNING)
    assert len(events(world)) == len(trials)


def test_the_wait_is_not_begun_again_by_another_change(world: World) -> None:
    trials = begin(world, 12)
    world.day(change=lambda: amend(world, trials, **UNKNOWN))
    world.day(after=OVERNIGHT, change=lambda: amend(world, trials, descriptionModule__briefSummary="Other words, Testitis."))
    world.day(after=MORNING)
    assert {event.trial for event in events(world) if event.kind == "recruitment_status_changed"} == {
        f"ctgov:{nct}" for nct in trials
    }


def test_trials_of_which_some_come_back_early_are_not_told_for_the_rest(world: World) -> None:
    trials = begin(world, 30)
    whole = copy.deepcopy(world.studies)
    world.day(change=lambda: amend(world, trials, **UNKNOWN))
    world.day(after=OVERNIGHT, change=lambda: world.studies.update({nct: whole[nct] for nct in trials[3:]}))
    assert events(world) == []
    world.day(change=lambda: world.studies.update(copy.deepcopy(whole)))
    assert events(world) == []


def test_a_change_that_the_sponsors_send_themselves_is_never_held(world: World) -> None:
    trials = begin(world, 20)
    world.day(change=lambda: amend(world, trials, statusModule__overallStatus="COMPLETED", **UPDATED))
    assert len(events(world)) == len(trials)


def test_a_trial_that_is_doubted_has_not_left_its_search(world: World) -> None:
    trials = begin(world, 20)
    lost = {"conditionsModule__conditions": ["Otheritis"], "descriptionModule__briefSummary": "Other."}
    world.day(change=lambda: amend(world, trials[:9], **lost))
    assert events(world) == []
    world.day()
    assert sum(event.kind == "left_watch" for event in events(world)) == 9


CUT_OFF = """
    CREATE TRIGGER cut_off BEFORE UPDATE OF accepting ON runs WHEN NEW.accepting = 'settling'
    BEGIN SELECT RAISE(ABORT, 'cut off'); END
"""


def test_a_run_that_is_cut_off_while_it_is_accepted_is_doubted_again_as_a_whole(world: World) -> None:
    trials = begin(world, 20)
    lost = {"conditionsModule__conditions": ["Otheritis"], "descriptionModule__briefSummary": "Other."}
    with closing(sqlite3.connect(world.folder / "tracker.db")) as database:
        database.execute(CUT_OFF)
        with pytest.raises(StoreError, match="cut off"):
            world.day(change=lambda: amend(world, trials[:9], **lost))
        database.execute("DROP TRIGGER cut_off")
        database.commit()
    world.sync()
    assert events(world) == []
    assert world.store.doubted_trials() == [f"ctgov:{nct}" for nct in trials[:9]]
    world.day()
    assert sum(event.kind == "left_watch" for event in events(world)) == 9


def test_the_calendar_does_not_go_by_a_date_that_is_doubted(world: World) -> None:
    trials = begin(world, 12)
    past = {"statusModule__primaryCompletionDateStruct": {"date": "2026-01-15", "type": "ESTIMATED"}}
    world.day(change=lambda: amend(world, trials, **past))
    assert events(world) == []
    world.day()
    kinds = Counter(event.kind for event in events(world))
    assert kinds["primary_completion_date_changed"] == len(trials)
    assert kinds["milestone_passed"] == len(trials), "it is told with the date, once that is believed"


def test_a_date_that_passes_is_told_although_the_registry_moves_it_away_in_many_trials(world: World) -> None:
    trials = numbers(12)
    world.studies = {nct: sponsored(nct, 5, statusModule__primaryCompletionDateStruct=SOON) for nct in trials}
    world.configure(SEARCHED)
    world.day()
    later = {"statusModule__primaryCompletionDateStruct": {"date": "2027-12", "type": "ESTIMATED"}}
    world.day(after=timedelta(days=10), change=lambda: amend(world, trials, **later))
    assert {event.kind for event in events(world)} == {"milestone_passed"}
    assert len(events(world)) == len(trials)


def test_the_digest_says_that_something_is_held(world: World) -> None:
    trials = begin(world, 12)
    daily = '[[watch.send]]\nto = "me"\nwhen = "daily"\nmin_severity = "minor"\n'
    world.configure(SEARCHED.partition("[[watch.send]]")[0] + daily)
    world.day(change=lambda: amend(world, trials[1:], **UNKNOWN))
    lowered = {"designModule__enrollmentInfo": {"count": 75, "type": "ESTIMATED"}}
    world.day(after=OVERNIGHT, change=lambda: world.amend(trials[0], **lowered, **UPDATED))
    world.now += timedelta(hours=12)
    world.deliver()
    assert any("1 held" in subject for subject in world.subjects())


# --- fewer, or of fewer sponsors --------------------------------------------------------------------------------------


def test_fewer_than_eight_are_told_as_doubtful_and_confirmed_by_the_next_run(world: World) -> None:
    trials = begin(world, 20)
    world.day(change=lambda: amend(world, trials[:5], **UNKNOWN))
    assert [event.details.many_at_once for event in events(world)] == [5] * 5
    assert any("may be the registry's fault" in text for text in texts(world, "me@example.org"))
    world.day()
    world.day()
    assert len(events(world)) == 5
    assert sum("confirmed by the next reading in 5 trials" in text for text in texts(world, "me@example.org")) == 1


def test_fewer_than_eight_that_come_back_are_withdrawn(world: World) -> None:
    trials = begin(world, 20)
    whole = copy.deepcopy(world.studies)
    world.day(change=lambda: amend(world, trials[:5], **UNKNOWN))
    world.day(change=lambda: world.studies.update(whole))
    world.day()
    assert len(events(world)) == 10
    assert sum("withdrawn in 5 trials" in text for text in texts(world, "me@example.org")) == 1


def test_many_trials_of_few_sponsors_are_told_as_doubtful(world: World) -> None:
    trials = begin(world, 20, sponsors=3)
    world.day(change=lambda: amend(world, trials[:9], **UNKNOWN))
    assert [event.details.many_at_once for event in events(world)] == [9] * 9


def test_two_trials_are_told_as_ever(world: World) -> None:
    trials = begin(world, 20)
    world.day(change=lambda: amend(world, trials[:2], **UNKNOWN))
    assert [event.details.many_at_once for event in events(world)] == [0, 0]
    assert world.subjects("operator@example.org") == []


# --- over half of the trials ------------------------------------------------------------------------------------------


def test_over_half_of_the_trials_is_believed_when_a_second_data_version_says_the_same(world: World) -> None:
    trials = begin(world, 120, sponsors=1)
    held = world.day(change=lambda: amend(world, trials[:70], statusModule__overallStatus="SUSPENDED"))
    assert held.sources[0].state == "held"
    more = world.day(after=OVERNIGHT, change=lambda: amend(world, trials[70:72], statusModule__overallStatus="SUSPENDED"))
    assert more.sources[0].state == "held"
    accepted = world.day(after=timedelta(hours=15))
    assert accepted.sources[0].state == "accepted"
    assert len(events(world)) == 72
    world.day()
    assert len(events(world)) == 72


def test_a_layout_break_is_not_believed_for_being_said_twice(world: World) -> None:
    trials = begin(world, 10)
    world.day(change=lambda: amend(world, trials[:8], sponsorCollaboratorsModule__leadSponsor={}))
    for _ in range(3):
        assert world.day().sources[0].state == "held"
    assert events(world) == []


# --- gone -------------------------------------------------------------------------------------------------------------


def test_gone_needs_two_data_versions_and_twenty_hours(world: World) -> None:
    trials = begin(world, 4)
    world.day(change=lambda: world.studies.pop(trials[0]))
    world.day(after=OVERNIGHT)
    assert "removed" not in [event.kind for event in events(world)]
    world.day(after=MORNING)
    assert [event.kind for event in events(world)].count("removed") == 1


# --- answers that cannot be the trial's --------------------------------------------------------------------------------

SITES = [{"facility": f"Hospital {n}", "city": "Springfield", "country": "United States"} for n in range(4)]


def test_a_list_of_sites_cut_to_one_entry_is_refused_for_that_trial_alone(world: World) -> None:
    trials = begin(world, 4)
    amend(world, trials, contactsLocationsModule__locations=SITES)
    world.day()
    before = len(events(world))
    whole = copy.deepcopy(world.studies)

    def cut() -> None:
        world.amend(trials[0], contactsLocationsModule__locations=SITES[:1])
        world.amend(trials[1], statusModule__overallStatus="COMPLETED")

    report = world.day(change=cut)
    assert [failure.subject for failure in report.sources[0].failures] == [f"ctgov:{trials[0]}"]
    assert [event.trial for event in events(world)[before:]] == [f"ctgov:{trials[1]}"]
    world.day(change=lambda: world.studies.update({trials[0]: whole[trials[0]]}))
    assert len(events(world)) == before + 1


def test_a_sponsor_that_closes_all_sites_but_one_is_told(world: World) -> None:
    trials = begin(world, 4)
    amend(world, trials, contactsLocationsModule__locations=SITES)
    world.day()
    before = len(events(world))
    world.day(change=lambda: world.amend(trials[0], contactsLocationsModule__locations=SITES[:1], **UPDATED))
    assert "sites_changed" in {event.kind for event in events(world)[before:]}


def test_two_records_that_swap_their_numbers_are_refused(world: World) -> None:
    trials = begin(world, 4)
    amend(world, trials[1:2], statusModule__studyFirstSubmitDate="2024-11-03")
    world.day()
    before = len(events(world))
    whole = copy.deepcopy(world.studies)

    def swap() -> None:
        for one, other in (trials[:2], trials[1::-1]):
            made = copy.deepcopy(whole[other])
            made["protocolSection"]["identificationModule"]["nctId"] = one  # type: ignore[index]
            world.studies[one] = made

    report = world.day(change=swap)
    assert {failure.subject for failure in report.sources[0].failures} == {f"ctgov:{nct}" for nct in trials[:2]}
    world.day(change=lambda: world.studies.update(whole))
    assert len(events(world)) == before


def test_a_new_title_and_sponsor_alone_are_told(world: World) -> None:
    trials = begin(world, 4)
    world.day(
        change=lambda: world.amend(
            trials[0],
            identificationModule__briefTitle="Quite Another Title",
            sponsorCollaboratorsModule__leadSponsor={"name": "Another Sponsor", "class": "OTHER"},
        )
    )
    assert {event.kind for event in events(world)} == {"titles_changed", "sponsors_changed"}
