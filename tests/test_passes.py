"""One pass as a whole: the dead-man switch, trouble told once, drift and gaps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from tests.deliver.servers import Hook
from tests.lab import Reply
from tests.world import SENDS, World, accepted, study
from tracker import sources
from tracker.passes import PassReport, one_pass

A = "NCT00000101"
LISTED = f'[[watch]]\nname = "mine"\ntrials = ["{A}"]\n' + SENDS


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as made:
        made.studies = {A: study(A)}
        made.configure(LISTED)
        yield made


def passed(world: World, *, ping: str = "", after: timedelta = timedelta(days=1), send: bool = True) -> PassReport:
    world.now += after
    world.show()
    operator = msgspec.structs.replace(world.settings.operator, ping=ping or None)
    settings = msgspec.structs.replace(world.settings, operator=operator)
    return one_pass(settings, world.store, sources.load(), world.clock, send=send)


def test_the_dead_mans_switch_is_called_after_good_passes_only(world: World) -> None:
    with Hook() as switch:
        ping = f"http://{switch.host}/alive"
        assert passed(world, ping=ping).clean
        assert switch.methods == ["GET"]
        world.registry.fault = lambda request: Reply(status=404, body=b"not here")
        assert not passed(world, ping=ping).clean
        world.registry.fault = None
        passed(world, ping=ping, send=False)
        assert switch.methods == ["GET"], "not after a failed pass, and not by one that is to send nothing"


def test_a_word_never_met_before_is_told_to_the_operator_once_with_an_example(world: World) -> None:
    passed(world)
    world.amend(A, statusModule__overallStatus="PAUSED_FOR_LUNCH")
    for _ in range(3):
        passed(world)
    [letter] = world.mailbox.to("operator@example.org")
    text = " ".join(letter.message.get_body(("plain",)).get_content().split())
    assert "PAUSED_FOR_LUNCH" in text
    assert f"ctgov:{A}" in text


def test_the_first_pass_after_a_long_silence_says_so_once(world: World) -> None:
    passed(world)
    passed(world, after=timedelta(hours=30))
    assert world.subjects("operator@example.org") == []
    passed(world, after=timedelta(days=9))
    passed(world)
    [subject] = world.subjects("operator@example.org")
    assert "nothing had run since 4 Mar 2026" in subject


def test_a_dry_pass_sends_nothing(world: World) -> None:
    report = passed(world, send=False)
    assert report.delivered is None
    assert world.mailbox.letters == []


def test_a_field_never_met_before_is_told_once_however_many_values_it_has(world: World) -> None:
    passed(world)
    for count in (1, 2, 3):
        world.amend(A, designModule__robots=count)
        passed(world)
    [letter] = world.mailbox.to("operator@example.org")
    text = " ".join(letter.message.get_body(("plain",)).get_content().split())
    assert "unknown field at protocolSection.designModule.robots" in text
    assert f"ctgov:{A}" in text


B = "NCT00000102"
GOOD_SEARCH = '[[watch]]\nname = "good"\nquery = { condition = "Testitis" }\n' + SENDS
BAD_SEARCH = '[[watch]]\nname = "bad"\nsearch = "https://clinicaltrials.gov/search?cond=Testitis&start=soon"\n' + SENDS


def operator_texts(world: World) -> list[str]:
    letters = world.mailbox.to("operator@example.org")
    return [" ".join(letter.message.get_body(("plain",)).get_content().split()) for letter in letters]


def test_a_bad_search_fails_alone_and_the_operator_hears_once_when_it_begins_and_once_when_it_is_over(world: World) -> None:
    world.configure(BAD_SEARCH + GOOD_SEARCH + LISTED)
    report = passed(world)
    assert report.synced.state == "partly"
    assert {member.watch for member in world.store.memberships("ctgov")} == {"good", "mine"}, "the others are read"
    assert [error for error in report.synced.errors if "start=soon" in error]
    passed(world)
    [told] = operator_texts(world)
    assert "The search of watch “bad” could not be read at ClinicalTrials.gov" in told
    assert "start=soon" in told
    world.configure(BAD_SEARCH.replace("soon", "2025") + GOOD_SEARCH + LISTED)
    assert passed(world).synced.state == "done"
    assert "Over: " in world.subjects("operator@example.org")[-1]


def test_a_search_that_the_registry_refuses_fails_alone_too(world: World) -> None:
    world.configure(GOOD_SEARCH + LISTED)
    passed(world)
    world.registry.fault = lambda request: Reply(status=400, body=b"no") if "query.cond" in dict(request.params) else None
    world.amend(A, statusModule__overallStatus="COMPLETED")
    report = passed(world)
    assert report.synced.state == "partly"
    assert [event.kind for event in accepted(world.store, report.synced)] == ["recruitment_status_changed"]
    assert any("The search of watch “good” could not be read" in text for text in operator_texts(world))


def test_the_trouble_of_a_search_that_is_no_longer_configured_is_over(world: World) -> None:
    world.configure(BAD_SEARCH + LISTED)
    passed(world)
    world.configure(LISTED)
    passed(world)
    assert "Over: " in world.subjects("operator@example.org")[-1]
    assert world.store.incidents() == []


def test_no_trouble_of_a_search_ends_because_it_was_not_asked(world: World) -> None:
    world.configure(BAD_SEARCH + LISTED)
    passed(world)
    world.now += timedelta(days=1)
    world.sync(only=("mine",))
    [incident] = world.store.incidents()
    assert (incident.name, incident.ended_at) == ("search:ctgov:bad", None)
