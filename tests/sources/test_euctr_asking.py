"""How the EU Clinical Trials Register is asked: a search, a text, and a page of results only where there are some."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.lab.eu_register import MAINTENANCE, NUMBER, LoopbackEuRegister
from tests.lab.server import Reply
from tracker import sources
from tracker.fetch import Fetcher
from tracker.model.record import TrialRecord
from tracker.model.source import Absent, Answer, Asked, Failed, Fetch, Found

SOURCE = sources.load()["euctr"]
TRIAL = f"euctr:{NUMBER}"


@pytest.fixture
def register() -> Iterator[LoopbackEuRegister]:
    with LoopbackEuRegister() as made:
        yield made


@pytest.fixture
def fetch(register: LoopbackEuRegister) -> Iterator[Fetch]:
    at = datetime(2091, 5, 2, 6, 0, tzinfo=UTC)
    with Fetcher(user_agent="tests/1", sleep=lambda _: None, now=lambda: at) as fetcher:
        yield fetcher.bind(SOURCE.info, base_url=register.base_url, pace=1000)


def answer(fetch: Fetch, trial: str = TRIAL) -> Answer:
    [only] = SOURCE.retrieve([Asked(trial=trial)], fetch, None)
    assert only.trial == trial
    return only


def record(fetch: Fetch, trial: str = TRIAL) -> TrialRecord:
    found = answer(fetch, trial)
    assert isinstance(found, Found), found
    parsed = SOURCE.parse(found.document)
    assert parsed.issues == ()
    return parsed.record


def test_a_trial_without_results_costs_two_requests(register: LoopbackEuRegister, fetch: Fetch) -> None:
    assert record(fetch).results_state == "NONE_POSTED"
    assert register.asked == ["search", "rest/download/full"]


def test_results_are_posted_with_their_version_and_the_day_of_the_first(register: LoopbackEuRegister, fetch: Fetch) -> None:
    register.versions[NUMBER] = ("v2(current)", "14 Mar 2090")
    found = record(fetch)
    assert register.asked == ["search", "rest/download/full", f"trial/{NUMBER}/results"]
    assert found.results_state == "POSTED"
    assert found.results_first_posted is not None
    assert found.results_first_posted.date == "2089-09-14"
    assert (found.rest["results_version"], found.rest["results_version_published"]) == ("v2(current)", "2090-03-14")


def test_a_new_version_of_results_is_another_digest(register: LoopbackEuRegister, fetch: Fetch) -> None:
    digests = []
    for version in ("v1(current)", "v1(current)", "v2(current)"):
        register.versions[NUMBER] = (version, "14 Mar 2090")
        found = answer(fetch)
        assert isinstance(found, Found)
        digests.append(SOURCE.digest(found.document))
    assert digests[0] == digests[1] != digests[2]


def test_a_key_with_a_country_is_the_record_of_that_country(fetch: Fetch) -> None:
    found = record(fetch, f"{TRIAL}-IT")
    assert found.countries == ("Italy",)
    assert found.completion_date is None


def test_a_number_that_the_register_does_not_find_is_absent(register: LoopbackEuRegister, fetch: Fetch) -> None:
    assert isinstance(answer(fetch, "euctr:2090-999999-10"), Absent)
    assert register.asked == ["search"]


@pytest.mark.parametrize("at", ["search", "rest/download/full", f"trial/{NUMBER}/results"])
@pytest.mark.parametrize("reply", [MAINTENANCE, Reply(200, {}, b""), Reply(404)], ids=["a page", "nothing", "404"])
def test_what_is_not_the_answer_fails_the_trial_and_says_nothing_of_it(
    at: str, reply: Reply, register: LoopbackEuRegister, fetch: Fetch
) -> None:
    register.versions[NUMBER] = ("v1(current)", "14 Sep 2089")
    register.fault = lambda request: reply if request.path.endswith(at) else None
    assert isinstance(answer(fetch), Failed)


def test_a_search_that_lists_another_trial_says_nothing_of_this_one(register: LoopbackEuRegister, fetch: Fetch) -> None:
    listed = b'1 result(s) found <span class="label">EudraCT Number:</span> 2090-000009-90'
    register.fault = lambda _: Reply(200, {}, listed)
    assert isinstance(answer(fetch), Failed)


def test_ten_results_are_not_none(register: LoopbackEuRegister, fetch: Fetch) -> None:
    register.fault = lambda _: Reply(200, {}, b"10 result(s) found for: 2090-000001-10.")
    assert isinstance(answer(fetch), Failed)
