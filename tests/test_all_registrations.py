"""Days of a watch that follows all registrations of its trials: linked ones join silently and leave with their link."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.program import inside
from tests.lab.ctis_portal import LoopbackPortal
from tests.test_linked_registries import EU, EU_KEY, US, US_KEY, halt_eu, own_numbers
from tests.world import SENDS, World, accepted, study
from tracker.sync import SyncReport

ALL = f'[[watch]]\nname = "mine"\ntrials = ["{US}"]\nregistrations = "all"\n' + SENDS
SEARCH = '[[watch]]\nname = "mine"\nquery = { condition = "testitis" }\nregistrations = "all"\n' + SENDS
REFUSED = f'[[link]]\ntrials = ["{US}", "{EU}"]\nrefuse = true\n'
NAMES_EU = {"identificationModule__secondaryIdInfos": [{"id": f"{EU}-00", "type": "CTIS"}]}


@pytest.fixture
def portal() -> Iterator[LoopbackPortal]:
    with LoopbackPortal() as made:
        own_numbers(made.add(f"{EU}-00"), None)
        yield made


@pytest.fixture
def world(tmp_path: Path, portal: LoopbackPortal) -> Iterator[World]:
    with World(tmp_path) as made:
        made.portal = portal
        made.studies = {US: study(US, **NAMES_EU)}
        yield made


def members(world: World) -> dict[str, str]:
    """Who is followed, and how each came in."""
    return {one.trial: one.how for one in world.store.memberships()}


def told(world: World, report: SyncReport) -> list[str]:
    return [f"{event.trial} {event.kind}" for event in accepted(world.store, report)]


def digests(world: World) -> str:
    """All that the reader was sent, blanks and line breaks made one."""
    bodies = [letter.message.get_body(("plain",)) for letter in world.mailbox.to("me@example.org")]
    return " ".join(" ".join(str(body.get_content()).split()) for body in bodies if body)


@pytest.mark.parametrize("watch", [ALL, SEARCH], ids=["a list", "a search"])
def test_a_linked_registration_joins_silently_with_the_pass_after_its_link_was_read(world: World, watch: str) -> None:
    world.configure(watch)
    world.day()
    assert list(members(world)) == [US_KEY]
    assert told(world, world.day()) == []
    assert members(world)[EU_KEY] == "linked"
    assert f"1 linked registration joined watch “mine” (each is linked to a trial of it): EU CTIS {EU}." in digests(world)


def test_a_linked_registration_tells_its_own_changes(world: World, portal: LoopbackPortal) -> None:
    world.configure(ALL)
    world.day()
    world.day()
    report = world.day(change=lambda: halt_eu(world, portal))
    assert f"{EU_KEY} recruitment_status_changed" in told(world, report)
    (found,) = (one for one in accepted(world.store, report) if one.kind == "recruitment_status_changed")
    assert [alert.watch for alert in world.store.alerts_of([found.id])[found.id]] == ["mine"]


def test_a_watch_follows_its_own_registrations_alone_unless_told_otherwise(world: World, portal: LoopbackPortal) -> None:
    world.configure(ALL.replace('registrations = "all"\n', ""))
    world.day()
    world.day()
    assert list(members(world)) == [US_KEY]
    assert portal.requests == []


def test_a_linked_registration_leaves_once_its_link_is_gone(world: World) -> None:
    world.configure(ALL)
    world.day()
    world.day()

    def unnamed() -> None:
        world.studies[US] = study(US, statusModule__lastUpdateSubmitDate="2026-03-04")

    world.day(change=unnamed)
    assert EU_KEY in members(world)
    for _ in range(3):
        assert told(world, world.day()) == []
    assert list(members(world)) == [US_KEY]
    assert digests(world).count(f"1 linked registration left watch “mine” (no link holds them there now): EU CTIS {EU}.") == 1


@pytest.mark.parametrize(
    ("watch", "extra"),
    [
        (ALL, REFUSED),
        (ALL.replace('"all"', '"own"'), ""),
        (ALL.replace('registrations = "all"', f'registrations = "all"\nexclude = ["{EU}"]'), ""),
    ],
    ids=["refused", "no longer wanted", "excluded"],
)
def test_a_linked_registration_leaves_at_once_when_the_user_says_so(world: World, watch: str, extra: str) -> None:
    world.configure(ALL)
    world.day()
    world.day()
    world.configure(watch, extra=extra)
    assert told(world, world.day()) == []
    assert list(members(world)) == [US_KEY]


def test_a_link_of_the_configuration_is_followed_from_the_first_pass_on(world: World) -> None:
    world.studies = {US: study(US)}
    world.configure(ALL, extra=f'[[link]]\ntrials = ["{US}", "{EU}"]\n')
    assert told(world, world.day()) == []
    assert members(world) == {US_KEY: "listed", EU_KEY: "linked"}


def test_records_that_name_each_other_follow_each_other_no_further(world: World, portal: LoopbackPortal) -> None:
    own_numbers(portal.trials[f"{EU}-00"], US)
    world.configure(ALL)
    for _ in range(3):
        world.day()
    assert members(world) == {US_KEY: "listed", EU_KEY: "linked"}


def test_a_record_that_turns_out_to_be_of_another_trial_leaves_and_stays_away(world: World) -> None:
    other = {
        "sponsorCollaboratorsModule__leadSponsor": {"name": "Another Company", "class": "INDUSTRY"},
        "conditionsModule__conditions": ["Otherness"],
    }
    world.studies = {US: study(US, **NAMES_EU, **other)}
    world.configure(ALL)
    world.day()
    world.day()
    assert EU_KEY in members(world)
    for _ in range(3):
        assert told(world, world.day()) == []
        assert list(members(world)) == [US_KEY]


def test_what_is_listed_by_hand_or_found_by_a_search_stays_without_its_link(world: World) -> None:
    world.configure(ALL)
    world.day()
    world.day()
    world.configure(ALL.replace(f'["{US}"]', f'["{US}", "{EU}-00"]'), extra=REFUSED)
    world.day()
    assert members(world) == {US_KEY: "listed", EU_KEY: "listed"}


def test_a_search_that_comes_to_hold_a_linked_registration_takes_it_over_without_a_word(
    world: World, portal: LoopbackPortal
) -> None:
    own_numbers(portal.add("2023-599999-99-00", condition="Otherness"), None)
    world.configure(SEARCH)
    world.day()
    world.day()
    assert members(world)[EU_KEY] == "linked"
    both = SEARCH.replace('registrations = "all"', 'registries = ["ctgov", "ctis"]\nregistrations = "all"')
    world.configure(both)
    assert told(world, world.day()) == []
    assert members(world)[EU_KEY] == "search"
    assert told(world, world.day()) == []


def test_a_number_that_its_registry_does_not_show_yet_is_no_error(world: World, portal: LoopbackPortal) -> None:
    trial = portal.trials.pop(f"{EU}-00")
    world.configure(ALL)
    for _ in range(3):
        report = world.day()
        assert (report.state, report.errors, [one.failures for one in report.sources if one.failures]) == ("done", (), [])
    assert world.mailbox.to("operator@example.org") == []
    portal.trials[f"{EU}-00"] = trial
    assert told(world, world.day(after=timedelta(days=1))) == []
    assert world.store.is_kept(EU_KEY)


def test_a_number_of_a_registry_that_is_not_asked_is_shown_and_never_an_error(world: World) -> None:
    world.studies = {
        US: study(
            US, identificationModule__secondaryIdInfos=[{"id": "ChiCTR2000029308", "type": "REGISTRY", "domain": "ChiCTR"}]
        )
    }
    world.configure(ALL)
    for _ in range(3):
        assert world.day().state == "done"
    assert list(members(world)) == [US_KEY]
    assert "its registry is not asked, so it is not followed" in inside("--config", world.config, "show", US).out


def test_commands_say_that_a_registration_is_followed_by_its_link(world: World) -> None:
    world.configure(ALL)
    world.day()
    world.day()
    said = "Followed by link: watch “mine” follows all registrations of its trials."
    assert said in inside("--config", world.config, "show", EU).out
    assert said not in inside("--config", world.config, "show", US).out
    rows = {row["trial"]: row for row in inside("--config", world.config, "list", "--json").json["trials"]}
    assert rows[EU_KEY]["followed_by_link"] == ["mine"]
    assert rows[US_KEY]["followed_by_link"] == []


def test_a_pass_over_another_watch_asks_for_no_linked_registration(world: World, portal: LoopbackPortal) -> None:
    world.configure(ALL + '[[watch]]\nname = "yours"\ntrials = ["NCT90000102"]\n')
    world.studies["NCT90000102"] = study("NCT90000102")
    world.day()
    asked = len(portal.requests)
    world.sync(only=("yours",))
    assert len(portal.requests) == asked
