"""Days of one trial at two registries: it shows both, and what one of them told is not told again by the other."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import inside
from tests.lab.ctis_portal import LoopbackPortal, Trial, change
from tests.world import SENDS, World, study
from tracker.archive import Archive
from tracker.model.event import Event
from tracker.render import registrations as words

US, EU = "NCT90000101", "2023-590001-11"
US_KEY, EU_KEY = f"ctgov:{US}", f"ctis:{EU}"
MINE = f'[[watch]]\nname = "mine"\ntrials = ["{US}", "{EU}-00"]\n' + SENDS
ONE_EACH = f"""
[[channel]]
name = "you"
url = "mailto:you@example.org"

[[watch]]
name = "mine"
trials = ["{US}"]
{SENDS}
[[watch]]
name = "yours"
trials = ["{EU}-00"]
{SENDS.replace('"me"', '"you"')}"""


def own_numbers(made: Trial, nct: str | None) -> Trial:
    """The trial's record names this number at ClinicalTrials.gov, and no other registry's."""
    inner = made["record"]["authorizedApplication"]
    inner.pop("eudraCt", None)
    names: dict[str, Any] = inner["authorizedPartI"]["trialDetails"]["clinicalTrialIdentifiers"]
    names["secondaryIdentifyingNumbers"] = {"nctNumber": {"number": nct}} if nct else {}
    return made


@pytest.fixture
def portal() -> Iterator[LoopbackPortal]:
    with LoopbackPortal() as made:
        own_numbers(made.add(f"{EU}-00"), US)
        yield made


@pytest.fixture
def world(tmp_path: Path, portal: LoopbackPortal) -> Iterator[World]:
    with World(tmp_path) as made:
        made.portal = portal
        made.studies = {US: study(US)}
        yield made


def archive(world: World) -> Archive:
    settings = world.settings
    return Archive(store=world.store, sources=world.sources, watches=settings.watches, links=settings.links)


def halt_us(world: World) -> None:
    world.amend(
        US,
        statusModule__overallStatus="SUSPENDED",
        statusModule__lastUpdatePostDateStruct={"date": f"{world.now:%Y-%m-%d}", "type": "ACTUAL"},
    )


def halt_eu(world: World, portal: LoopbackPortal) -> None:
    change(portal.trials[f"{EU}-00"], code=6, published=f"{world.now:%Y-%m-%d}")


def halt_of(world: World, key: str) -> Event:
    """The one change of status that the change log has of a registration."""
    (found,) = (one for one in archive(world).changes() if one.trial == key and one.kind == "recruitment_status_changed")
    assert "SUSPENDED" in [change.new for change in found.changes]
    return found


def test_a_trial_shows_its_registration_at_the_other_registry(world: World) -> None:
    world.configure(MINE)
    world.day()
    found = archive(world).registrations([US_KEY, EU_KEY])
    assert {trial: [(one.trial, one.held) for one in others] for trial, others in found.items()} == {
        US_KEY: [(EU_KEY, True)],
        EU_KEY: [(US_KEY, True)],
    }
    (one,) = found[US_KEY]
    assert words.line(one) == f"EU CTIS {EU}: Recruiting (its record names this trial)"
    assert [row.registrations[0].trial for row in archive(world).present()] == [EU_KEY, US_KEY]


def test_what_one_registry_told_is_kept_of_the_other_and_told_to_nobody_again(world: World, portal: LoopbackPortal) -> None:
    world.configure(MINE)
    world.day()
    world.day(change=lambda: halt_us(world))
    told = len(world.mailbox.to("me@example.org"))
    world.day(after=timedelta(days=5), change=lambda: halt_eu(world, portal))
    world.day()
    later = world.mailbox.to("me@example.org")[told:]
    assert not [letter for letter in later if EU in str(letter.message["Subject"])]
    first, second = halt_of(world, US_KEY), halt_of(world, EU_KEY)
    assert [one.id for one in archive(world).said_again([first])[first.id]] == [second.id]
    assert archive(world).said_again([second]) == {}
    assert world.store.alerts_of([second.id]) == {}


def test_who_was_not_told_hears_it_of_the_second_registry(world: World, portal: LoopbackPortal) -> None:
    world.configure(ONE_EACH)
    world.day()
    world.day(change=lambda: halt_us(world))
    world.day(after=timedelta(days=5), change=lambda: halt_eu(world, portal))
    second = halt_of(world, EU_KEY)
    assert [(alert.channel, alert.state) for alert in world.store.alerts_of([second.id])[second.id]] == [("you", "sent")]


@pytest.mark.parametrize(
    ("days", "numbers"), [(31, US), (5, None)], ids=["after more than 30 days", "of a trial that is not linked"]
)
def test_what_is_no_second_witness_is_told(world: World, portal: LoopbackPortal, days: int, numbers: str | None) -> None:
    own_numbers(portal.trials[f"{EU}-00"], numbers)
    world.configure(MINE)
    world.day()
    world.day(change=lambda: halt_us(world))
    world.day(after=timedelta(days=days), change=lambda: halt_eu(world, portal))
    second = halt_of(world, EU_KEY)
    assert [alert.state for alert in world.store.alerts_of([second.id])[second.id]] == ["sent"]


def test_a_refused_link_is_none(world: World, portal: LoopbackPortal) -> None:
    world.configure(MINE, extra=f'[[link]]\ntrials = ["{US}", "{EU}-00"]\nrefuse = true\n')
    world.day()
    assert archive(world).registrations([US_KEY]) == {}
    world.day(change=lambda: halt_us(world))
    world.day(after=timedelta(days=5), change=lambda: halt_eu(world, portal))
    second = halt_of(world, EU_KEY)
    assert world.store.alerts_of([second.id])[second.id]


def test_a_doubtful_link_keeps_nothing_from_being_told(world: World, portal: LoopbackPortal) -> None:
    world.studies = {
        US: study(
            US,
            sponsorCollaboratorsModule__leadSponsor={"name": "Another Company", "class": "INDUSTRY"},
            conditionsModule__conditions=["Otherness"],
        )
    }
    world.configure(MINE)
    world.day()
    (one,) = archive(world).registrations([US_KEY])[US_KEY]
    assert words.line(one) == (
        f"EU CTIS {EU}: Recruiting (doubtful: its record is of another sponsor (Invented Pharma SE, not Another Company) "
        "and of another condition (Testitis, not Otherness))"
    )
    world.day(change=lambda: halt_us(world))
    world.day(after=timedelta(days=5), change=lambda: halt_eu(world, portal))
    second = halt_of(world, EU_KEY)
    assert world.store.alerts_of([second.id])[second.id]


def test_commands_show_the_other_registrations(world: World) -> None:
    world.configure(MINE)
    world.day()
    shown = inside("--config", world.config, "show", US).out
    assert "Other registrations" in shown
    assert f"EU CTIS {EU}: Recruiting (its record names this trial)" in shown
    assert "Also" in inside("--config", world.config, "list").out
    rows = inside("--config", world.config, "list", "--json").json["trials"]
    assert [[one["trial"] for one in row["registrations"]] for row in rows] == [[EU_KEY], [US_KEY]]
    (row, _) = csv.DictReader(io.StringIO(inside("--config", world.config, "export", "--table", "registrations").out))
    assert (row["trial"], row["other"], row["how"], row["confidence"]) == (US_KEY, EU_KEY, "named_by", "stated")


def test_a_mail_names_the_other_registrations(world: World) -> None:
    world.configure(MINE)
    world.day()
    world.day(change=lambda: halt_us(world))
    (letter,) = [one for one in world.mailbox.to("me@example.org") if US in str(one.message) and "uspended" in str(one.message)]
    text = letter.message.get_body(("plain",))
    assert text is not None
    assert f"Also registered: EU CTIS {EU}" in text.get_content()
