"""How EU CTIS is asked: by one row of a search for each trial, by searches whose criteria are proved, past 10,000 rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest

from tests.lab.ctis_portal import LoopbackPortal, change
from tests.lab.server import Reply, Request
from tracker import sources
from tracker.errors import AnswerError
from tracker.fetch import Fetcher
from tracker.model.source import Absent, Answer, Asked, Failed, Fetch, Found, NotModified, Search, Searchable
from tracker.model.watch import Near
from tracker.sources.ctis import asking

SOURCE = sources.load()["ctis"]
assert isinstance(SOURCE, Searchable)
SEARCHED: Searchable = SOURCE
A, B = "2023-590001-11", "2023-590002-22"
TESTITIS = Search(fields={"condition": "testitis"})


@pytest.fixture
def portal() -> Iterator[LoopbackPortal]:
    with LoopbackPortal() as made:
        made.add(f"{A}-00")
        made.add("2023-599999-99-00", condition="Otherness")
        yield made


@pytest.fixture
def fetch(portal: LoopbackPortal) -> Iterator[Fetch]:
    at = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
    with Fetcher(user_agent="tests/1", sleep=lambda _: None, now=lambda: at) as fetcher:
        yield fetcher.bind(SOURCE.info, base_url=portal.base_url, pace=1000)


def asked_for(number: str, fetch: Fetch, before: Answer | None = None) -> Answer:
    validators = before.validators if isinstance(before, Found) else None
    [answer] = SOURCE.retrieve([Asked(trial=f"ctis:{number}", validators=validators)], fetch, None)
    return answer


def listed(search: Search, fetch: Fetch) -> list[str]:
    return [entry.trial for entry in SEARCHED.listing(search, fetch)]


# --- one trial


def test_a_record_is_fetched_once_and_again_only_when_its_row_moved(portal: LoopbackPortal, fetch: Fetch) -> None:
    first = asked_for(A, fetch)
    assert isinstance(first, Found)
    assert SOURCE.parse(first.document).record.trial == f"ctis:{A}"
    assert isinstance(asked_for(A, fetch, first), NotModified)
    assert portal.retrieved == [f"{A}-00"]
    change(portal.trials[f"{A}-00"], published="2026-02-25")
    assert isinstance(asked_for(A, fetch, first), Found)
    assert portal.retrieved == [f"{A}-00"] * 2


def test_a_row_of_the_same_day_does_not_say_that_nothing_moved_the_day_after(portal: LoopbackPortal, fetch: Fetch) -> None:
    """A row names the day of the last publication only: a second one of that day leaves it as it is."""
    change(portal.trials[f"{A}-00"], published="2026-03-02")
    first = asked_for(A, fetch)
    assert isinstance(asked_for(A, fetch, first), NotModified)
    with Fetcher(user_agent="tests/1", sleep=lambda _: None, now=lambda: datetime(2026, 3, 3, 6, tzinfo=UTC)) as later:
        assert isinstance(asked_for(A, later.bind(SOURCE.info, base_url=portal.base_url, pace=1000), first), Found)


def test_the_latest_submission_of_a_trial_is_read(portal: LoopbackPortal, fetch: Fetch) -> None:
    portal.add(f"{A}-02")
    portal.add(f"{A}-01")
    answer = asked_for(A, fetch)
    assert isinstance(answer, Found)
    assert portal.retrieved == [f"{A}-02"]
    record = SOURCE.parse(answer.document).record
    assert record.trial == f"ctis:{A}"
    assert ("CTIS", f"{A}-02") in {(one.type, one.id) for one in record.secondary_ids or ()}


def test_a_portal_that_only_finds_whole_numbers_is_asked_by_round(portal: LoopbackPortal, fetch: Fetch) -> None:
    portal.whole_numbers = True
    portal.add(f"{A}-01")
    assert isinstance(asked_for(A, fetch), Found)
    assert portal.retrieved == [f"{A}-01"]
    assert [one["searchCriteria"]["containAll"] for one in portal.searched] == [A, f"{A}-02", f"{A}-01"]


def test_a_number_without_a_row_is_absent(portal: LoopbackPortal, fetch: Fetch) -> None:
    assert isinstance(asked_for(B, fetch), Absent)
    assert portal.retrieved == []


def test_a_portal_that_does_not_read_numbers_says_nothing_of_a_trial(portal: LoopbackPortal, fetch: Fetch) -> None:
    for number in range(30):
        portal.add(f"2024-5{number:05}-11-00")
    portal.reads.discard("containAll")
    answer = asked_for(B, fetch)
    assert isinstance(answer, Failed)
    assert "did not read the number" in answer.error


@pytest.mark.parametrize("body", [b"{}", b"<html>maintenance</html>", b'{"ctNumber": "2023-590002-22-00"}', b"[1", b""])
def test_an_answer_that_is_not_the_listed_record_fails_and_says_nothing(
    body: bytes, portal: LoopbackPortal, fetch: Fetch
) -> None:
    portal.fault = lambda request: Reply(200, {}, body) if "/retrieve/" in request.path else None
    assert isinstance(asked_for(A, fetch), Failed)


# --- a search


def test_a_search_is_listed_to_its_end_each_trial_once(portal: LoopbackPortal, fetch: Fetch) -> None:
    for number in range(250):
        portal.add(f"2024-5{number:05}-11-00", decided=f"2024-{number % 12 + 1:02}-05")
    portal.add(f"{A}-01")
    found = listed(TESTITIS, fetch)
    assert len(set(found)) == 251
    assert "ctis:2023-599999-99" not in found


def test_fields_are_asked_as_the_portal_s_criteria() -> None:
    fields = {"condition": "lupus", "country": "DE", "status": "RECRUITING|SUSPENDED", "term": "b cell", "sponsor": "x"}
    assert SEARCHED.understood(Search(fields=fields)) == (
        "medicalCondition = lupus, msc = [276], sponsor = x, status = [3, 4, 6, 7], containAll = b cell"
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"intervention": "x"}, "cannot be searched by intervention"),
        ({"country": "Japan"}, "European Economic Area"),
        ({"status": "recruiting soon"}, 'status has "recruiting soon"'),
        ({"condition": " "}, "is empty"),
        ({}, "whole register"),
    ],
)
def test_a_search_that_cannot_be_asked_is_refused_with_its_reason(fields: dict[str, str], said: str) -> None:
    [problem] = SEARCHED.read_search(Search(fields=fields)).problems
    assert said in problem


def test_a_circle_is_refused() -> None:
    near = Near(place="Munich", latitude=48.1, longitude=11.6)
    [problem] = SEARCHED.read_search(Search(fields={"condition": "lupus"}, near=near)).problems
    assert "circle" in problem


@pytest.mark.parametrize("ignored", ["medicalCondition", "msc"])
def test_a_criterion_that_the_portal_ignores_makes_the_search_fail(ignored: str, portal: LoopbackPortal, fetch: Fetch) -> None:
    portal.add(f"{B}-00", msc={"Spain": 724})
    portal.reads.discard(ignored)
    search = Search(fields={"condition": "testitis", "country": "Germany"})
    with pytest.raises(AnswerError, match=rf"{ignored} = .*does not read this part"):
        listed(search, fetch)
    assert any(ignored in sentence for sentence in SEARCHED.count(search, fetch).misread)


def test_a_criterion_that_no_trial_has_is_not_proved(portal: LoopbackPortal, fetch: Fetch) -> None:
    with pytest.raises(AnswerError, match=r"counts 0 of 2 trials.*check its spelling"):
        listed(Search(fields={"condition": "tetsitis"}), fetch)


def test_a_search_past_what_an_order_shows_is_read_from_both_ends(portal: LoopbackPortal, fetch: Fetch) -> None:
    _many(portal, 190)
    portal.deepest = 100
    found = {entry.trial for entry in asking.listing(TESTITIS, fetch, deepest=100)}
    assert len(found) == 191
    assert {one["sort"]["direction"] for one in portal.searched if one["pagination"]["size"] > 1} == {"ASC", "DESC"}


def test_a_search_too_long_for_both_ends_is_refused(portal: LoopbackPortal, fetch: Fetch) -> None:
    _many(portal, 210)
    portal.deepest = 100
    with pytest.raises(AnswerError, match=r"counts 211 trials .* 200 could be read: it is too long"):
        list(asking.listing(TESTITIS, fetch, deepest=100))


def _many(portal: LoopbackPortal, count: int) -> None:
    for number in range(count):
        portal.add(f"2024-5{number:05}-11-00", decided=f"{2000 + number % 24}-{number % 12 + 1:02}-05")


def test_a_total_that_moved_while_pages_were_read_is_read_again(portal: LoopbackPortal, fetch: Fetch) -> None:
    _many(portal, 120)
    moved: list[int] = []

    def fault(request: Request) -> Reply | None:
        if json.loads(request.body or b"{}").get("pagination", {}).get("page") == 2 and not moved:
            moved.append(1)
            portal.add("2023-500000-11-00", decided="1999-01-01")
        return None

    portal.fault = fault
    assert len(set(listed(TESTITIS, fetch))) == 122


def test_a_listing_that_lacks_a_counted_trial_is_refused(portal: LoopbackPortal, fetch: Fetch) -> None:
    _many(portal, 120)
    portal.deepest = 100
    with pytest.raises(AnswerError, match="counts 121 trials for this search, and 100 could be read"):
        listed(TESTITIS, fetch)


def test_a_web_page_instead_of_a_list_is_refused(portal: LoopbackPortal, fetch: Fetch) -> None:
    portal.fault = lambda request: Reply(200, {"Content-Type": "text/html"}, b"<html>soon back</html>")
    with pytest.raises(AnswerError, match="answered a search with a web page"):
        listed(TESTITIS, fetch)


def test_a_row_with_another_number_is_refused(portal: LoopbackPortal, fetch: Fetch) -> None:
    portal.trials["2023-1"] = portal.add("2023-590009-99-00")
    with pytest.raises(AnswerError, match="no EU CT number"):
        listed(TESTITIS, fetch)


def test_a_listing_says_when_a_trial_was_decided_and_published(portal: LoopbackPortal, fetch: Fetch) -> None:
    [entry] = SEARCHED.listing(TESTITIS, fetch)
    days = msgspec.to_builtins((entry.first_posted, entry.last_update_posted))
    assert [day["date"] for day in days] == ["2024-02-01", "2026-02-20"]
