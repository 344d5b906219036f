"""How ISRCTN is asked: many numbers in one query, edits by one list, and searches of which each part is proved by counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest

from tests.lab.isrctn_registry import LoopbackIsrctn, numbers
from tests.lab.server import Reply, Request
from tracker import sources
from tracker.errors import AnswerError
from tracker.fetch import Fetcher
from tracker.model.source import Absent, Answer, Asked, Failed, Fetch, Found, NotModified, Search, Searchable, Validators
from tracker.model.watch import Near
from tracker.sources.isrctn import asking

SOURCE = sources.load()["isrctn"]
assert isinstance(SOURCE, Searchable)
SEARCHED: Searchable = SOURCE
A, B, C = "ISRCTN90000101", "ISRCTN90000102", "ISRCTN90000103"
FEW = 12
"""So many known studies are enough, in these tests, for a list of edits to stand for their records."""
TESTITIS = Search(fields={"condition": "testitis"})


@pytest.fixture
def registry() -> Iterator[LoopbackIsrctn]:
    with LoopbackIsrctn() as made:
        made.add(A)
        made.add(B).condition = "Otherness"
        yield made


@pytest.fixture
def fetch(registry: LoopbackIsrctn) -> Iterator[Fetch]:
    at = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
    with Fetcher(user_agent="tests/1", sleep=lambda _: None, now=lambda: at) as fetcher:
        yield fetcher.bind(SOURCE.info, base_url=registry.base_url, pace=1000)


def retrieved(fetch: Fetch, *asked: str | Asked) -> dict[str, Answer]:
    given = [one if isinstance(one, Asked) else Asked(trial=f"isrctn:{one}") for one in asked]
    answers = list(asking.retrieve(SOURCE.info, given, fetch, delta_from=FEW))
    assert sorted(answer.trial for answer in answers) == sorted(one.trial for one in given)
    return {answer.trial.removeprefix("isrctn:"): answer for answer in answers}


def listed(search: Search, fetch: Fetch) -> list[str]:
    return [entry.trial.removeprefix("isrctn:") for entry in SEARCHED.listing(search, fetch)]


# --- studies by their numbers


def test_many_studies_come_by_one_request_and_each_as_it_was_served(registry: LoopbackIsrctn, fetch: Fetch) -> None:
    answers = retrieved(fetch, A, B)
    assert len(registry.requests) == 1
    for number, answer in answers.items():
        assert isinstance(answer, Found)
        assert registry.studies[number].xml.encode() in answer.document.body
        assert SOURCE.parse(answer.document).record.trial == f"isrctn:{number}"


def test_a_study_is_the_same_alone_and_among_others(registry: LoopbackIsrctn, fetch: Fetch) -> None:
    alone, among = retrieved(fetch, A)[A], retrieved(fetch, A, B)[A]
    assert isinstance(alone, Found)
    assert isinstance(among, Found)
    assert registry.alone == [A]
    assert SOURCE.digest(alone.document) == SOURCE.digest(among.document)


def test_a_study_that_only_cites_a_number_is_not_taken_for_it(registry: LoopbackIsrctn, fetch: Fetch) -> None:
    registry.studies[B].set(studyHypothesis=f"A sequel of {C}.")
    answers = retrieved(fetch, A, C)
    assert isinstance(answers[A], Found)
    assert isinstance(answers[C], Absent)
    assert registry.alone == [C]


def test_a_registry_that_does_not_read_or_is_asked_one_by_one(registry: LoopbackIsrctn, fetch: Fetch) -> None:
    registry.reads_or = False
    assert all(isinstance(answer, Found) for answer in retrieved(fetch, A, B).values())
    assert registry.alone == [A, B]


@pytest.mark.parametrize("body", [b"<html>maintenance</html>", b"", b"<allTrials", b"<other/>"])
def test_what_is_no_list_of_studies_says_nothing_of_any(body: bytes, registry: LoopbackIsrctn, fetch: Fetch) -> None:
    registry.fault = lambda _: Reply(200, {}, body)
    assert all(isinstance(answer, Failed) for answer in retrieved(fetch, A, B).values())


def test_an_empty_list_for_one_number_means_absent(registry: LoopbackIsrctn, fetch: Fetch) -> None:
    registry.fault = lambda _: Reply(200, {}, b'<allTrials totalCount="0"/>')
    assert isinstance(retrieved(fetch, A)[A], Absent)


def known(read: str, count: int) -> list[Asked]:
    return [Asked(trial=f"isrctn:{number}", validators=Validators(etag=read)) for number in numbers(count)]


def test_of_many_studies_read_lately_only_edited_ones_are_sent(registry: LoopbackIsrctn, fetch: Fetch) -> None:
    for number in numbers(FEW):
        registry.add(number)
    edited = "ISRCTN91000007"
    registry.studies[edited].edited = "2026-03-01"
    answers = retrieved(fetch, *known("2026-03-01", FEW))
    assert {number for number, answer in answers.items() if isinstance(answer, Found)} == {edited}
    assert sum(isinstance(answer, NotModified) for answer in answers.values()) == FEW - 1
    assert len(registry.requests) == 3
    assert registry.queries[-1] == ("lastEdited GE 2026-02-28T00:00:00", 1)


@pytest.mark.parametrize(("read", "count"), [("2026-02-20", FEW), ("2026-03-01", 11), ("2026-03-20", FEW)])
def test_few_studies_or_those_read_long_ago_are_read_again(
    read: str, count: int, registry: LoopbackIsrctn, fetch: Fetch
) -> None:
    """A list of edits lacks records without a day of their last edit: each is read again after a week."""
    for number in numbers(count):
        registry.add(number)
    assert all(isinstance(answer, Found) for answer in retrieved(fetch, *known(read, count)).values())


def test_a_list_of_edits_that_is_ignored_or_empty_is_not_believed(registry: LoopbackIsrctn, fetch: Fetch) -> None:
    for number in numbers(FEW):
        registry.add(number)
    for ignores in (True, False):
        registry.reads.discard("lastEdited")
        (registry.ignores.add if ignores else registry.ignores.discard)("lastEdited")
        answers = retrieved(fetch, *known("2026-03-01", FEW))
        assert all(isinstance(answer, Found) for answer in answers.values())


# --- a search


def test_a_search_is_listed_whole_with_its_days(registry: LoopbackIsrctn, fetch: Fetch) -> None:
    [entry] = SEARCHED.listing(TESTITIS, fetch)
    assert entry.trial == f"isrctn:{A}"
    days = msgspec.to_builtins((entry.first_posted, entry.last_update_posted))
    assert [day["date"] for day in days] == ["2025-10-24", "2026-02-20"]


def test_fields_are_asked_as_the_registry_s_own() -> None:
    fields = {"condition": "lung cancer", "sponsor": "oxford", "phase": "PHASE3|PHASE4", "term": "b cell"}
    assert SEARCHED.understood(Search(fields=fields)) == (
        'condition:"lung cancer" AND (phase:"Phase II/III" OR phase:"Phase III" OR phase:"Phase III/IV" OR phase:"Phase IV")'
        ' AND sponsorOrganisation:"oxford" AND "b" AND "cell"'
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": "RECRUITING"}, "finds nothing by a status"),
        ({"country": "Germany"}, "does not search by place"),
        ({"patient": "x"}, "cannot be searched by patient"),
        ({"phase": "PHASE9"}, 'phase has "PHASE9"'),
        ({"condition": 'a "b"'}, "quotation mark"),
        ({"condition": " "}, "is empty"),
        ({}, "whole register"),
    ],
)
def test_a_search_that_cannot_be_asked_is_refused_with_its_reason(fields: dict[str, str], said: str) -> None:
    [problem] = SEARCHED.read_search(Search(fields=fields)).problems
    assert said in problem


def test_a_circle_is_refused() -> None:
    near = Near(place="Leeds", latitude=53.8, longitude=-1.5)
    [problem] = SEARCHED.read_search(Search(fields={"condition": "lupus"}, near=near)).problems
    assert "circle" in problem


@pytest.mark.parametrize("ignored", ["condition", "title"])
def test_a_part_that_the_registry_ignores_makes_the_search_fail(ignored: str, registry: LoopbackIsrctn, fetch: Fetch) -> None:
    registry.studies[B].title = "Something else"
    registry.reads.discard(ignored)
    registry.ignores.add(ignored)
    search = Search(fields={"condition": "testitis", "title": "inventazole"})
    with pytest.raises(AnswerError, match=rf"{ignored}:.*does not read this part"):
        listed(search, fetch)
    assert any(ignored in sentence for sentence in SEARCHED.count(search, fetch).misread)


def test_a_part_that_finds_nothing_is_not_proved(registry: LoopbackIsrctn, fetch: Fetch) -> None:
    with pytest.raises(AnswerError, match=r"counts 0 of 2 studies.*check its spelling"):
        listed(Search(fields={"condition": "tetsitis"}), fetch)


def test_a_long_search_is_read_by_the_days_of_the_last_edits(registry: LoopbackIsrctn, fetch: Fetch) -> None:
    for index, number in enumerate(numbers(60)):
        registry.add(number).edited = f"20{10 + index % 16}-{index % 12 + 1:02}-05"
    found = [entry.trial for entry in asking.listing(TESTITIS, fetch, most=7)]
    assert len(found) == len(set(found)) == 61
    assert max(limit for _, limit in registry.queries) <= 7


def test_a_study_without_a_day_of_its_last_edit_is_missed_in_a_long_search_and_that_is_said(
    registry: LoopbackIsrctn, fetch: Fetch
) -> None:
    for number in numbers(20):
        registry.add(number)
    registry.studies["ISRCTN91000004"].edited = None
    with pytest.raises(AnswerError, match="counts 21 studies for this search, and 20 could be read"):
        list(asking.listing(TESTITIS, fetch, most=7))


def test_a_count_that_moved_while_studies_were_read_is_read_again(registry: LoopbackIsrctn, fetch: Fetch) -> None:
    moved: list[int] = []

    def fault(request: Request) -> Reply | None:
        if dict(request.params).get("limit") == "1" and not moved:
            moved.append(1)
            registry.add(C)
        return None

    registry.fault = fault
    assert set(listed(TESTITIS, fetch)) == {A, C}


def test_a_registry_that_gives_fewer_than_it_counts_is_refused(registry: LoopbackIsrctn, fetch: Fetch) -> None:
    registry.add(C)
    inner = registry.answer

    def fault(request: Request) -> Reply | None:
        reply = inner(request)
        cut = reply.body.rfind(b"<fullTrial>")
        return Reply(200, reply.headers, reply.body[:cut] + b"</allTrials>") if cut > 0 else None

    registry.fault = fault
    with pytest.raises(AnswerError, match="counts 2 studies for this search, and 1 could be read"):
        listed(TESTITIS, fetch)


def test_a_web_page_or_an_answer_without_a_count_is_refused(registry: LoopbackIsrctn, fetch: Fetch) -> None:
    for body, said in ((b"<html>soon back</html>", "a web page"), (b"<allTrials/>", "without its count")):
        registry.fault = lambda _, body=body: Reply(200, {"Content-Type": "text/html"}, body)  # type: ignore[misc]
        with pytest.raises(AnswerError, match=said):
            listed(TESTITIS, fetch)
