"""Canaries: once a day a known record and each criterion in use; told once when one dies, and once when it lives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cli.program import inside
from tests.lab import Reply, Request
from tests.lab.ctis_portal import LoopbackPortal
from tests.lab.demo_days import days
from tests.world import SENDS, World, study
from tracker import sources
from tracker.archive import Archive
from tracker.daemon import Daemon
from tracker.daemon.monitor import health
from tracker.fetch import Fetcher
from tracker.model.source import PageSource, Provable, Source
from tracker.model.upkeep import CANARY
from tracker.passes import PassReport, one_pass
from tracker.sync import canaries

A, KNOWN = "NCT00000101", "NCT00000555"
EU, EU_KNOWN = "2023-590001-11", "2022-590002-22"
LISTED = f'[[watch]]\nname = "mine"\ntrials = ["{A}"]\n' + SENDS
SEARCHED = '[[watch]]\nname = "mine"\nquery = { condition = "testitis" }\n' + SENDS
OPERATOR = "operator@example.org"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A registry with a followed trial, and one that stands as the known record."""
    with World(tmp_path) as made:
        outcomes = [{"measure": "Sleep", "timeFrame": "4 weeks"}]
        known = study(KNOWN, conditionsModule__conditions=["Otherness"], outcomesModule__primaryOutcomes=outcomes)
        made.studies = {A: study(A), KNOWN: known}
        made.canaries = {"ctgov": KNOWN}
        made.configure(LISTED)
        yield made


def passed(world: World, *, hours: int = 24) -> PassReport:
    world.now += timedelta(hours=hours)
    world.show()
    return one_pass(world.settings, world.store, sources.load(), world.clock)


def looked(world: World, *, hours: int = 24) -> list[canaries.Canary]:
    """The canaries alone, asked by a client that does not wait between its tries."""
    world.now += timedelta(hours=hours)
    with Fetcher(user_agent="tracker-tests/1", sleep=lambda _: None) as fetcher:
        return canaries.look(world.settings, world.store, world.sources, fetcher, world.clock)


def subjects(world: World) -> list[str]:
    return [subject.strip().removeprefix("Trial tracker: ") for subject in world.subjects(OPERATOR)]


def asked_for(world: World, number: str) -> int:
    """How often the registry was asked for a record."""
    return sum(number in request.target for request in world.registry.requests)


def lasting(world: World) -> list[str]:
    return [one.name for one in world.store.incidents() if one.ended_at is None and one.name.startswith(CANARY)]


def test_a_known_record_is_asked_once_a_day_however_many_passes_there_are(world: World) -> None:
    for hours in (24, 4, 4):
        passed(world, hours=hours)
    assert asked_for(world, KNOWN) == 1
    passed(world)
    assert asked_for(world, KNOWN) == 2


def test_the_daemon_and_a_one_shot_sync_ask_it_in_their_first_pass_of_a_day(world: World) -> None:
    world.store.size()  # the database is there
    daemon = Daemon(world.settings, sources.load(), world.clock, lambda: world.settings)
    world.show()
    for _ in range(4):
        world.now += timedelta(hours=7)
        daemon.tick()
    daemon.store.close()
    assert asked_for(world, KNOWN) == 2, "28 hours of two days"
    for _ in range(2):
        assert inside("--config", world.config, "sync").code == 0
    assert asked_for(world, KNOWN) == 3, "today, by our clock, is another day than the scenario's"


def test_nothing_of_it_is_kept(world: World) -> None:
    passed(world)
    assert world.store.members().trials == 1
    assert not Archive(store=world.store, sources=world.sources).is_kept(f"ctgov:{KNOWN}")


def test_a_canary_that_dies_and_lives_again_is_told_once_each(world: World) -> None:
    passed(world)
    gone = world.studies.pop(KNOWN)
    for _ in range(3):
        report = passed(world)
        assert report.synced.state == "done"
    assert subjects(world) == ["ClinicalTrials.gov may have changed"]
    world.studies[KNOWN] = gone
    for _ in range(2):
        passed(world)
    assert subjects(world)[1:] == ["Over: ClinicalTrials.gov may have changed"]
    assert lasting(world) == []


def test_a_canary_without_an_anchor_is_dead_and_the_anchor_is_named(world: World) -> None:
    passed(world)
    world.amend(KNOWN, conditionsModule__conditions=[])
    passed(world)
    [incident] = [one for one in world.store.incidents() if one.name.startswith(CANARY)]
    assert "lacks conditions" in incident.message


def test_a_record_that_cannot_be_read_at_all_is_a_dead_canary(world: World) -> None:
    passed(world)
    page = Reply(200, {"Content-Type": "application/json"}, b'{"studies": [1]}')
    world.registry.fault = lambda request: page if KNOWN in request.target else None
    passed(world)
    assert lasting(world) == [f"{CANARY}ctgov:record"]


def test_a_host_that_does_not_answer_is_no_dead_canary_and_it_is_asked_again(world: World) -> None:
    passed(world)
    world.registry.fault = lambda request: Reply(503) if KNOWN in request.target else None
    assert looked(world) == []
    world.registry.fault = None
    assert [one.dead for one in looked(world, hours=2)] == [""]
    assert looked(world, hours=2) == []


def test_a_source_that_failed_as_a_whole_is_told_by_itself_alone(world: World) -> None:
    passed(world)
    world.registry.fault = lambda request: Reply(404, body=b"moved")
    passed(world)
    assert lasting(world) == []
    assert len(subjects(world)) == 1


def criterion_ignored(request: Request) -> Reply | None:
    """A registry that counts all its trials with a condition, too, when it is asked for the number alone."""
    asked = dict(request.params)
    counts = asked.get("pageSize") == "1"
    body = b'{"studies": [], "totalCount": 2}'
    return Reply(200, {"Content-Type": "application/json"}, body) if counts else None


def test_a_criterion_that_is_no_longer_a_filter_is_told_once(world: World) -> None:
    world.configure(SEARCHED)
    passed(world)
    assert lasting(world) == []
    world.registry.fault = criterion_ignored
    for _ in range(2):
        passed(world)
    assert subjects(world) == ["ClinicalTrials.gov may not read a part of your searches any more"]
    world.registry.fault = None
    passed(world)
    assert len(subjects(world)) == 2


def test_a_criterion_that_no_trial_ever_had_waits_for_the_first(world: World) -> None:
    world.configure(SEARCHED.replace("testitis", "neverheardof"))
    passed(world)
    assert lasting(world) == []


def test_a_criterion_that_had_trials_and_has_none_is_dead(world: World) -> None:
    world.configure(SEARCHED)
    passed(world)
    body = b'{"studies": [], "totalCount": 0}'

    def none_with(request: Request) -> Reply | None:
        asked = dict(request.params)
        alone = asked.get("pageSize") == "1" and "query.cond" in asked
        return Reply(200, {"Content-Type": "application/json"}, body) if alone else None

    world.registry.fault = none_with
    passed(world)
    assert lasting(world) == [f"{CANARY}ctgov:query.cond"]


def test_a_criterion_that_nobody_uses_any_more_is_forgotten(world: World) -> None:
    world.configure(SEARCHED)
    passed(world)
    world.registry.fault = criterion_ignored
    passed(world)
    world.registry.fault = None
    world.configure(LISTED)
    passed(world, hours=2)
    assert lasting(world) == []
    assert len(subjects(world)) == 1, "it is neither well again nor told as that"


def test_a_stand_in_for_a_source_is_asked_for_nothing_it_need_not_have(world: World) -> None:
    world.canaries = {}
    world.configure(SEARCHED)
    passed(world)
    known = sources.load()["ctgov"].info.canary
    assert not any(known in request.target for request in world.registry.requests)
    assert not any("pageSize=1&" in f"{request.target}&" for request in world.registry.requests)
    assert Archive(store=world.store, sources=world.sources).health().incidents == ()


def test_canaries_can_be_turned_off(world: World) -> None:
    world.canaries = {"ctgov": ""}
    world.configure(LISTED)
    passed(world)
    assert asked_for(world, KNOWN) == 0


def test_ctis_is_asked_for_its_record_alone_since_listings_prove_its_criteria(tmp_path: Path) -> None:
    with LoopbackPortal() as portal, World(tmp_path) as world:
        portal.add(f"{EU}-00")
        for number in (EU_KNOWN, "2023-590003-33"):
            portal.add(f"{number}-00", condition="Otherness")
        world.portal, world.canaries = portal, {"ctis": EU_KNOWN}
        world.configure(SEARCHED.replace("}\n", '}\nregistries = ["ctis"]\n', 1))
        passed(world)
        assert portal.retrieved.count(f"{EU_KNOWN}-00") == 1
        searches = len(portal.searched)
        passed(world, hours=2)
        listing = len(portal.searched) - searches
        assert searches - listing <= 2, "the known record costs its row, no criterion is proved twice"
        del portal.trials[f"{EU_KNOWN}-00"]
        passed(world)
        assert subjects(world) == ["EU CTIS may have changed"]


def test_a_page_site_has_a_canary_of_its_own(world: World) -> None:
    page, followed = (f"{world.registry.meddatax_url}/clinical-trials/{number}" for number in (KNOWN, A))
    recorded = days()[0].pages["/meddatax/clinical-trials/NCT07177911"]
    for number, address in ((KNOWN, page), (A, followed)):
        world.pages[urlsplit(address).path] = recorded.replace("NCT07177911", number)
    world.canaries = {"meddatax": page}
    world.configure(f'[[watch]]\nname = "mine"\npages = ["{followed}"]\n' + SENDS)
    passed(world)
    assert lasting(world) == []
    del world.pages[urlsplit(page).path]
    passed(world)
    assert lasting(world) == [f"{CANARY}meddatax:record"]


def test_a_dead_canary_is_shown_by_health_and_is_no_trouble_of_the_whole(world: World) -> None:
    passed(world)
    del world.studies[KNOWN]
    passed(world)
    kept = Archive(store=world.store, sources=world.sources).health()
    found = health(kept, world.now, mode="active", started_at=world.now)
    assert found.status == "ok"
    assert any("may have changed" in one for one in found.conditions)
    assert found.canaries == {"ctgov": world.now}


@pytest.mark.parametrize("source", sources.load().values(), ids=lambda source: source.info.key)
def test_the_known_record_of_a_source_is_one_of_its_own(source: Source) -> None:
    from tracker.model.ids import recognise

    known = source.info.canary
    if isinstance(source, PageSource):
        assert not known or source.key_from_url(known)
    elif source.info.from_files:
        assert not known, "nobody is asked for its records"
    else:
        found = recognise(known)
        assert found is not None
        assert (found.source, found.number) == (source.info.key, known)


def test_a_source_is_provable_or_proves_its_criteria_at_each_listing() -> None:
    assert [key for key, source in sources.load().items() if isinstance(source, Provable)] == ["ctgov"]


def test_the_day_of_a_canary_is_that_of_utc() -> None:
    from datetime import UTC, datetime

    at = datetime(2026, 3, 2, 23, 50, tzinfo=UTC)
    assert canaries.asked_today(at, at + timedelta(minutes=5))
    assert not canaries.asked_today(at, at + timedelta(minutes=20))
    assert not canaries.asked_today(None, at)
