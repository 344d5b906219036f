"""Days on which two registries of a trial say different things: told once after 30 days, and its end to those who were told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.lab.ctis_portal import LoopbackPortal, change
from tests.test_linked_registries import EU, EU_KEY, MINE, ONE_EACH, US, US_KEY, own_numbers, portal, world
from tests.world import World, accepted, study
from tracker.archive import Archive
from tracker.model.details import MirrorDetails
from tracker.model.event import Event

__all__ = ["portal", "world"]

WEEK = timedelta(days=7)
OTHER_TRIAL = {
    "sponsorCollaboratorsModule__leadSponsor": {"name": "Another Company", "class": "INDUSTRY"},
    "conditionsModule__conditions": ["Otherness"],
}


def complete_us(world: World, status: str = "COMPLETED") -> None:
    world.amend(
        US,
        statusModule__overallStatus=status,
        statusModule__lastUpdatePostDateStruct={"date": f"{world.now:%Y-%m-%d}", "type": "ACTUAL"},
    )


def said(world: World) -> list[tuple[str, tuple[str, ...]]]:
    """Each event of a disagreement in the log, by its trial and effects."""
    return [(one.trial, one.effects) for one in of_kind(world)]


def of_kind(world: World) -> list[Event]:
    return [one for one in Archive(store=world.store, sources=world.sources).changes() if one.kind == "registries_disagree"]


def weeks(world: World, count: int) -> None:
    for _ in range(count):
        world.day(after=WEEK)


def differ(world: World) -> None:
    """The two registries agree at first, and ClinicalTrials.gov alone says the day after that the trial is over."""
    world.day()
    world.day(change=lambda: complete_us(world))


def test_registries_that_differ_for_30_days_are_told_once_with_both_words_and_days(world: World) -> None:
    world.configure(MINE)
    differ(world)
    weeks(world, 4)
    assert said(world) == []
    weeks(world, 2)
    assert said(world) == [(US_KEY, ("status",))]
    (event,) = of_kind(world)
    details = event.details
    assert isinstance(details, MirrorDetails)
    assert [(one.trial, one.said, one.since) for one in details.words] == [
        (US_KEY, "COMPLETED", "2026-03-04"),
        (EU_KEY, "RECRUITING", "2026-03-03"),
    ]
    weeks(world, 6)
    assert len(said(world)) == 1
    text = " ".join(" ".join(str(one.message.get_body(("plain",))).split()) for one in world.mailbox.to("me@example.org"))
    assert text.count("ClinicalTrials.gov says completed, EU CTIS recruiting") >= 1


def test_the_end_is_told_once_to_those_who_were_told(world: World, portal: LoopbackPortal) -> None:
    world.configure(MINE)
    differ(world)
    weeks(world, 6)
    (begun,) = of_kind(world)
    world.day(change=lambda: change(portal.trials[f"{EU}-00"], code=8, published=f"{world.now:%Y-%m-%d}"))
    weeks(world, 3)
    assert said(world) == [(US_KEY, ("status",)), (US_KEY, ("status", "agree_again"))]
    ended = of_kind(world)[-1]
    told = world.store.alerts_of([begun.id, ended.id])
    assert [(one.watch, one.channel, one.state) for one in told[ended.id]] == [("mine", "me", "sent")]


def test_an_end_that_nobody_was_told_the_beginning_of_is_told_to_nobody(world: World, portal: LoopbackPortal) -> None:
    world.configure(MINE.replace('min_severity = "notable"', 'min_severity = "major"'))
    differ(world)
    weeks(world, 6)
    world.day(change=lambda: change(portal.trials[f"{EU}-00"], code=8, published=f"{world.now:%Y-%m-%d}"))
    weeks(world, 2)
    assert [effects for _, effects in said(world)] == [("status",), ("status", "agree_again")]
    assert world.store.alerts_of([one.id for one in of_kind(world)]) == {}


def test_what_differs_again_later_is_told_again_after_30_days(world: World, portal: LoopbackPortal) -> None:
    world.configure(MINE)
    differ(world)
    weeks(world, 6)
    world.day(change=lambda: complete_us(world, "RECRUITING"))
    weeks(world, 1)
    world.day(change=lambda: complete_us(world, "TERMINATED"))
    weeks(world, 4)
    assert [effects for _, effects in said(world)] == [("status",), ("status", "agree_again")]
    weeks(world, 2)
    assert [effects for _, effects in said(world)] == [("status",), ("status", "agree_again"), ("status",)]


def test_days_on_which_one_registry_was_not_read_do_not_count(world: World, portal: LoopbackPortal) -> None:
    from tests.lab.server import Reply

    world.configure(MINE)
    differ(world)
    portal.fault = lambda _: Reply(503, {}, b"")
    weeks(world, 6)
    assert said(world) == []
    portal.fault = None
    weeks(world, 2)
    assert said(world) == [(US_KEY, ("status",))]


def test_each_watch_hears_of_it_by_the_registration_that_it_follows(world: World) -> None:
    world.configure(ONE_EACH)
    differ(world)
    weeks(world, 6)
    assert sorted(said(world)) == [(US_KEY, ("status",)), (EU_KEY, ("status",))]
    alerts = world.store.alerts_of([one.id for one in of_kind(world)])
    assert sorted((one.watch, one.channel) for found in alerts.values() for one in found) == [("mine", "me"), ("yours", "you")]


@pytest.mark.parametrize(
    ("status", "extra", "numbers"),
    [
        ("ENROLLING_BY_INVITATION", "", US),
        ("UNKNOWN", "", US),
        ("WITHHELD", "", US),
        ("COMPLETED", f'[[link]]\ntrials = ["{US}", "{EU}"]\nrefuse = true\n', US),
        ("COMPLETED", "", None),
    ],
    ids=["one group", "unknown", "withheld", "refused", "not linked"],
)
def test_what_is_no_disagreement_is_never_told(
    world: World, portal: LoopbackPortal, status: str, extra: str, numbers: str | None
) -> None:
    own_numbers(portal.trials[f"{EU}-00"], numbers)
    world.configure(MINE, extra=extra)
    world.day()
    world.day(change=lambda: complete_us(world, status))
    weeks(world, 6)
    assert said(world) == []


def test_registrations_of_a_doubtful_link_never_disagree(world: World) -> None:
    world.studies = {US: study(US, **OTHER_TRIAL)}
    world.configure(MINE)
    differ(world)
    weeks(world, 6)
    assert said(world) == []


def test_a_trial_that_goes_on_in_countries_outside_the_registry_is_no_disagreement(
    world: World, portal: LoopbackPortal
) -> None:
    world.studies = {
        US: study(US, contactsLocationsModule__locations=[{"facility": "Clinic", "city": "Boston", "country": "United States"}])
    }
    world.configure(MINE)
    world.day()
    world.day(change=lambda: change(portal.trials[f"{EU}-00"], code=8, published=f"{world.now:%Y-%m-%d}"))
    weeks(world, 6)
    assert said(world) == []


def test_a_registration_that_nobody_follows_is_not_held_against_another(world: World) -> None:
    world.configure(MINE)
    differ(world)
    world.configure(MINE.replace(f', "{EU}-00"', ""))
    weeks(world, 6)
    assert said(world) == []
    assert accepted(world.store, world.day()) == []
