"""A pass whose time is over before everything was read: what was read counts, and the next pass goes on with the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.world import SENDS, World, study
from tracker.errors import PassLimitError, StoppedError
from tracker.fetch import Fetcher
from tracker.model.source import Fetch, Response, SourceInfo, TlsChoice, Validators
from tracker.passes import note_trouble
from tracker.sources.ctgov import asking
from tracker.sync import SyncReport, sync

NUMBERS = [f"NCT{number:08d}" for number in range(101, 141)]
LISTED = f'[[watch]]\nname = "mine"\ntrials = {NUMBERS}\n' + SENDS
SEARCHED = '[[watch]]\nname = "mine"\nquery = { condition = "lupus" }\n' + SENDS


class Ends:
    """A fetcher whose pass ends after so many requests for records."""

    def __init__(self, fetcher: Fetcher, after: int, error: Exception) -> None:
        self._fetcher, self._left, self._error = fetcher, after, error

    def bind(
        self, info: SourceInfo, *, base_url: str, pace: float, tls: TlsChoice = "auto", user_agent: str | None = None
    ) -> Fetch:
        bound = self._fetcher.bind(info, base_url=base_url, pace=pace, tls=tls, user_agent=user_agent)
        ends = self

        class Bound:
            base_url = bound.base_url

            def get(
                self,
                url: str,
                params: Sequence[tuple[str, str]] = (),
                *,
                accept: str = "application/json",
                validators: Validators | None = None,
                try_profiles: bool = True,
            ) -> Response:
                if "filter.ids" in dict(params):
                    if not ends._left:
                        raise ends._error
                    ends._left -= 1
                return bound.get(url, params, accept=accept, validators=validators)

            def post(self, url: str, body: bytes, *, accept: str = "application/json") -> Response:
                return bound.post(url, body, accept=accept)

        return Bound()


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    with World(tmp_path, database) as made:
        made.studies = {nct: study(nct, conditionsModule__conditions=["lupus"]) for nct in NUMBERS}
        made.show()
        yield made


def cut(world: World, error: Exception, after: int = 1) -> SyncReport:
    with Fetcher(user_agent="tracker-tests/1", sleep=lambda _: None) as fetcher:
        return sync(world.settings, world.store, world.sources, Ends(fetcher, after, error), world.clock)


def longer(world: World) -> None:
    """So many trials that they are asked for in several requests."""
    size = asking._batch_size(world.registry.base_url)
    for number in range(200, 200 + size):
        nct = f"NCT{number:08d}"
        world.studies[nct] = study(nct, conditionsModule__conditions=["lupus"])
    world.show()


def test_what_was_read_counts_and_the_next_pass_asks_for_the_rest_alone(world: World) -> None:
    longer(world)
    world.configure(f'[[watch]]\nname = "mine"\ntrials = {list(world.studies)}\n' + SENDS)
    report = cut(world, PassLimitError("time over"))
    [source] = report.sources
    assert (report.state, source.state) == ("partly", "accepted")
    assert "trials that were due were read. time over" in source.cut_short
    read = source.counts.checked
    assert 0 < read < len(world.studies)
    asked = len(world.registry.requests)
    assert world.sync().state == "done"
    again = [dict(request.params).get("filter.ids", "") for request in world.registry.requests[asked:]]
    assert sum(len(numbers.split(",")) for numbers in again if numbers) == len(world.studies) - read
    assert world.kinds() == []


def test_a_first_load_goes_on_in_the_next_pass_and_says_so_and_announces_nothing(world: World) -> None:
    longer(world)
    world.configure(SEARCHED)
    source = cut(world, PassLimitError("time over")).sources[0]
    assert 0 < source.counts.baseline < len(world.studies)
    assert len(world.store.memberships()) == source.counts.baseline
    assert world.store.watch_states("ctgov")["mine"].last_complete_listing_at is None
    assert world.sync().state == "done"
    assert len(world.store.memberships()) == len(world.studies)
    assert world.kinds() == [], "the rest joins as silently as the first did"
    assert world.store.watch_states("ctgov")["mine"].last_complete_listing_at is not None


def test_the_operator_hears_that_a_pass_was_cut_short_and_when_one_is_read_to_its_end_again(world: World) -> None:
    longer(world)
    world.configure(f'[[watch]]\nname = "mine"\ntrials = {list(world.studies)}\n' + SENDS)
    note_trouble(world.settings, world.store, cut(world, PassLimitError("time over")), world.clock())
    [incident] = [one for one in world.store.incidents() if one.ended_at is None]
    assert incident.name == "cut:ctgov"
    assert "was not read to its end in the time of one pass" in incident.message
    note_trouble(world.settings, world.store, world.sync(), world.clock())
    assert [one.name for one in world.store.incidents() if one.ended_at is None] == []


def test_a_stop_keeps_what_was_staged_and_fails_nothing(world: World) -> None:
    longer(world)
    world.configure(f'[[watch]]\nname = "mine"\ntrials = {list(world.studies)}\n' + SENDS)
    report = cut(world, StoppedError("stopped"))
    assert (report.state, report.sources[0].state, report.sources[0].failures) == ("stopped", "stopped", ())
    [run] = world.store.runs(9)
    assert run.state == "open"
    assert world.sync().sources[0].run == run.id
    assert not [known for known in world.store.followed("ctgov") if known.failing_since]


def test_a_pass_that_is_over_before_anything_was_read_is_a_failure(world: World) -> None:
    world.configure(LISTED)
    report = cut(world, PassLimitError("time over"), after=0)
    assert report.state == "failed"
    assert "0 of 40 trials" in report.errors[0]
