"""ClinicalTrials.gov: what is asked of the API, and what its answers are worth."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from tests.fakes import FETCHED_AT, Params, ScriptedFetch, Served
from tracker.errors import AnswerError, BlockedError, SourceError, StatusError, TooLargeError, TransientFetchError
from tracker.model.dates import RegistryDate
from tracker.model.source import Absent, Answer, Asked, DataVersion, Failed, Found, Listed, Search, SearchCount
from tracker.sources.ctgov import SOURCE

DATA = DataVersion(timestamp="2026-03-09T09:00:05", date="2026-03-09")


def number(index: int) -> str:
    return f"NCT{index:08d}"


def study(nct: str, *aliases: str, posted: str = "2026-01-02") -> dict[str, Any]:
    return {
        "protocolSection": {
            "identificationModule": {"nctId": nct, "nctIdAliases": list(aliases)},
            "statusModule": {"studyFirstPostDateStruct": {"date": posted}, "lastUpdatePostDateStruct": {"date": "2026-02-03"}},
        }
    }


def page(*studies: object, token: str | None = None, total: int | None = None) -> bytes:
    answer: dict[str, object] = {"studies": studies}
    if token:
        answer["nextPageToken"] = token
    if total is not None:
        answer["totalCount"] = total
    return json.dumps(answer).encode()


def registry(*studies: dict[str, Any]) -> Callable[[str, Params], Served]:
    """A registry that holds these studies and answers ``filter.ids`` as the real one does."""

    def answer(url: str, params: Params) -> Served:
        wanted = set(params["filter.ids"].split(","))
        hits = []
        for held in studies:
            names = held["protocolSection"]["identificationModule"]
            if wanted & {names["nctId"], *names["nctIdAliases"]}:
                hits.append(held)
        return page(*hits)

    return answer


def retrieve(fetch: ScriptedFetch, *numbers: str) -> dict[str, Answer]:
    answers = list(SOURCE.retrieve([Asked(trial=f"ctgov:{nct}") for nct in numbers], fetch, DATA))
    assert len(answers) == len(numbers)
    return {answer.trial.removeprefix("ctgov:"): answer for answer in answers}


def status(code: int) -> StatusError:
    return StatusError(f"The registry answered {code}.", status=code)


# --- data version ---------------------------------------------------------------------------------------------------


def test_data_version_is_the_timestamp_and_its_day() -> None:
    fetch = ScriptedFetch([b'{"apiVersion": "2.0.5", "dataTimestamp": "2026-03-09T09:00:05"}'])
    assert SOURCE.data_version(fetch) == DATA
    assert fetch.asked == [("version", {})]


@pytest.mark.parametrize("body", [b"{}", b"", b"<html>", b'{"dataTimestamp": 5}', b'{"dataTimestamp": "soon"}', b"[]"])
def test_data_version_that_says_nothing_is_an_error(body: bytes) -> None:
    with pytest.raises(AnswerError):
        SOURCE.data_version(ScriptedFetch([body]))


# --- retrieving -----------------------------------------------------------------------------------------------------


def test_found_carries_the_bytes_exactly_as_served() -> None:
    served = b'{ "studies" : [ {"protocolSection":{"identificationModule":{"nctId":"NCT00000001"}} ,  "x":1.50} ] }'
    (answer,) = retrieve(ScriptedFetch([served]), number(1)).values()
    assert isinstance(answer, Found)
    assert answer.document.body == b'{"protocolSection":{"identificationModule":{"nctId":"NCT00000001"}} ,  "x":1.50}'
    assert answer.document.trial == answer.trial == "ctgov:NCT00000001"
    assert answer.document.data_version == "2026-03-09"
    assert answer.document.fetched_at == answer.document.as_of == FETCHED_AT
    assert answer.document.url.endswith("/studies/NCT00000001")
    assert answer.canonical is None


def test_absent_is_what_a_complete_answer_leaves_out() -> None:
    answers = retrieve(ScriptedFetch(registry(study(number(1)))), number(1), number(2))
    assert isinstance(answers[number(1)], Found)
    assert isinstance(answers[number(2)], Absent)


def test_a_former_number_is_found_under_its_new_one() -> None:
    fetch = ScriptedFetch(registry(study(number(1), number(7))))
    answers = retrieve(fetch, number(7), number(1))
    former, present = answers[number(7)], answers[number(1)]
    assert isinstance(former, Found)
    assert isinstance(present, Found)
    assert (former.canonical, present.canonical) == ("ctgov:NCT00000001", None)
    assert former.document.trial == "ctgov:NCT00000007"


@pytest.mark.parametrize("number_first", [True, False])
def test_a_study_is_named_wherever_its_number_stands(number_first: bool) -> None:
    names = {"nctId": number(1), "briefTitle": "t"} if number_first else {"briefTitle": "t", "nctId": number(1)}
    (answer,) = retrieve(ScriptedFetch([page({"protocolSection": {"identificationModule": names}})]), number(1)).values()
    assert isinstance(answer, Found)


def test_bad_numbers_fail_without_a_request() -> None:
    fetch = ScriptedFetch([])
    answers = retrieve(fetch, "NCT1", "nct00000001", "NCT00000001,NCT00000002", "../etc", "", "NCT0000000١")
    assert all(isinstance(answer, Failed) for answer in answers.values())
    assert fetch.asked == []


def test_one_answer_for_each_trial_even_when_asked_twice() -> None:
    asked = [Asked(trial="ctgov:NCT00000001")] * 2
    answers = list(SOURCE.retrieve(asked, ScriptedFetch(registry(study(number(1)))), None))
    assert [type(answer) for answer in answers] == [Found, Found]


def test_batches_keep_the_address_below_8_kb_and_hold_every_number_once() -> None:
    fetch = ScriptedFetch(registry())
    numbers = [number(index) for index in range(1, 1202)]
    retrieve(fetch, *numbers)
    batches = [params["filter.ids"] for _, params in fetch.asked]
    assert [nct for batch in batches for nct in batch.split(",")] == numbers
    assert all(len(batch.replace(",", "%2C")) < 7500 for batch in batches)
    assert {(url, params["pageSize"]) for url, params in fetch.asked} == {("studies", "1000")}
    assert len(batches) <= 4


def test_a_refused_number_is_found_by_halving_and_fails_alone() -> None:
    bad = number(5)

    def answer(url: str, params: Params) -> Served:
        return status(400) if bad in params["filter.ids"] else registry(*map(study, map(number, range(20))))(url, params)

    answers = retrieve(ScriptedFetch(answer), *map(number, range(1, 10)))
    assert [nct for nct, one in answers.items() if isinstance(one, Failed)] == [bad]
    assert sum(isinstance(one, Found) for one in answers.values()) == 8


def test_a_batch_that_is_too_large_is_halved() -> None:
    def answer(url: str, params: Params) -> Served:
        wanted = params["filter.ids"].split(",")
        return TooLargeError("too large") if len(wanted) > 2 else page(*map(study, wanted))

    answers = retrieve(ScriptedFetch(answer), *map(number, range(1, 8)))
    assert all(isinstance(one, Found) for one in answers.values())


def test_one_trial_that_is_too_large_fails_alone() -> None:
    def answer(url: str, params: Params) -> Served:
        return TooLargeError("too large") if number(2) in params["filter.ids"] else registry(study(number(1)))(url, params)

    answers = retrieve(ScriptedFetch(answer), number(1), number(2))
    assert isinstance(answers[number(1)], Found)
    assert isinstance(answers[number(2)], Failed)


@pytest.mark.parametrize(
    "served",
    [
        b"{}",
        b"",
        b"[]",
        b'{"error": "try later"}',
        b"<html>maintenance</html>",
        b'{"studies": {}}',
        b'{"studies": null}',
        b'{"studies": [',
        page(study(number(1)))[:-1],
        b'{"studies": [' + b"[" * 100_000,
        b'{"studies": [], "nextPageToken": 5}',
        page(study("NCT00000099")),
        page({"no": "study"}),
        page(5),
        status(404),
        status(500),
        TransientFetchError("no answer"),
        AnswerError("bad"),
    ],
)
def test_an_answer_that_is_not_complete_and_well_formed_is_never_absence(served: Served) -> None:
    answers = retrieve(ScriptedFetch([served]), number(1), number(2))
    assert all(isinstance(answer, Failed) for answer in answers.values())
    assert all(isinstance(answer, Failed) and nct in answer.error for nct, answer in answers.items())


def test_a_failed_batch_does_not_stop_the_next_ones() -> None:
    calls = []

    def answer(url: str, params: Params) -> Served:
        calls.append(url)
        return TransientFetchError("no answer") if len(calls) == 1 else page(*map(study, params["filter.ids"].split(",")))

    answers = retrieve(ScriptedFetch(answer), *map(number, range(1, 1001)))
    kinds = {type(one) for one in answers.values()}
    assert kinds == {Failed, Found}


def test_a_host_that_refuses_us_ends_the_source() -> None:
    with pytest.raises(BlockedError):
        retrieve(ScriptedFetch([BlockedError("403")]), number(1))


def test_a_study_that_cannot_be_named_fails_only_what_is_missing() -> None:
    answers = retrieve(ScriptedFetch([page(study(number(1)), {"protocolSection": {}})]), number(1), number(2))
    assert isinstance(answers[number(1)], Found)
    assert isinstance(answers[number(2)], Failed)


def test_an_empty_page_with_a_token_goes_on() -> None:
    fetch = ScriptedFetch([page(token="a"), page(study(number(1)), token="b"), page(study(number(2)))])
    answers = retrieve(fetch, number(1), number(2))
    assert all(isinstance(answer, Found) for answer in answers.values())
    assert [params.get("pageToken") for _, params in fetch.asked] == [None, "a", "b"]


def test_a_page_that_fails_later_leaves_what_was_found() -> None:
    answers = retrieve(ScriptedFetch([page(study(number(1)), token="a"), TransientFetchError("gone")]), number(1), number(2))
    assert isinstance(answers[number(1)], Found)
    assert isinstance(answers[number(2)], Failed)


def test_a_number_that_comes_twice_with_different_content_fails_and_the_others_are_read() -> None:
    other = study(number(1), posted="2026-01-03")
    for pages in (
        [page(study(number(1)), study(number(2)), other)],
        [page(study(number(1)), token="a"), page(study(number(2)), other)],
    ):
        answers = retrieve(ScriptedFetch(pages), number(1), number(2))
        first, second = answers[number(1)], answers[number(2)]
        assert isinstance(first, Failed)
        assert "twice" in first.error
        assert isinstance(second, Found)


def test_a_number_that_comes_twice_with_the_same_content_is_read_once() -> None:
    answers = retrieve(ScriptedFetch([page(study(number(1)), study(number(1)))]), number(1))
    assert isinstance(answers[number(1)], Found)


def test_a_token_that_comes_twice_is_an_error_and_no_endless_loop() -> None:
    (answer,) = retrieve(ScriptedFetch([page(token="a"), page(token="a")]), number(1)).values()
    assert isinstance(answer, Failed)
    assert "circle" in answer.error


# --- listing --------------------------------------------------------------------------------------------------------


def listing(fetch: ScriptedFetch, **fields: str) -> list[Listed]:
    return list(SOURCE.listing(Search(fields=fields), fetch))


def test_listing_reads_to_the_last_page_and_drops_repeats() -> None:
    first, second = study(number(1), posted="2020-01"), study(number(2))
    fetch = ScriptedFetch([page(first, token="a", total=2), page(token="bb"), page(first, second)])
    assert listing(fetch, condition="lupus") == [
        Listed(trial="ctgov:NCT00000001", first_posted=RegistryDate("2020-01"), last_update_posted=RegistryDate("2026-02-03")),
        Listed(
            trial="ctgov:NCT00000002", first_posted=RegistryDate("2026-01-02"), last_update_posted=RegistryDate("2026-02-03")
        ),
    ]
    _, params = fetch.asked[0]
    assert params["sort"] == "StudyFirstPostDate:asc"
    assert params["pageSize"] == "1000"
    assert params["fields"] == "NCTId|StudyFirstPostDate|LastUpdatePostDate"
    assert params["query.cond"] == "lupus"
    for (_, before), (_, after) in pairwise(fetch.asked):
        assert {**before, "pageToken": ""} == {**after, "pageToken": ""} or "pageToken" not in before


def test_an_empty_search_is_an_empty_listing() -> None:
    assert listing(ScriptedFetch([page(total=0)])) == []


@pytest.mark.parametrize(
    "script",
    [
        [b"{}"],
        [b"<html>"],
        [page({"no": "study"})],
        [page(study(number(1)), total=600)],
        [page(study(number(1)), token="a"), page(study(number(2)), token="a")],
        [page(study(number(1)), token="a"), TransientFetchError("gone")],
    ],
)
def test_listing_raises_rather_than_end_early(script: list[Served]) -> None:
    with pytest.raises(SourceError):
        listing(ScriptedFetch(script))


def counted(totals: dict[frozenset[str], int], **fields: str) -> SearchCount:
    """What the registry counts for a query, with its answer for each set of parameters asked for."""

    def answer(_url: str, params: dict[str, str]) -> bytes:
        asked = frozenset(name for name in params if name.startswith(("query.", "filter.")))
        return f'{{"studies": [], "totalCount": {totals[asked]}}}'.encode()

    return SOURCE.count(Search(fields=fields), ScriptedFetch(answer))


def test_a_part_with_which_a_search_holds_more_trials_is_named_as_misread() -> None:
    both, cond, term = frozenset({"query.cond", "query.term"}), frozenset({"query.cond"}), frozenset({"query.term"})
    found = counted({both: 900_000, cond: 40, term: 900_000}, condition="lupus", term="kidney")
    assert found.total == 900_000
    assert [sentence.partition(" ClinicalTrials.gov")[0] for sentence in found.misread] == ["With query.term = kidney"]


def test_a_search_whose_every_part_leaves_trials_out_is_read_as_meant() -> None:
    both, cond, term = frozenset({"query.cond", "query.term"}), frozenset({"query.cond"}), frozenset({"query.term"})
    assert counted({both: 12, cond: 40, term: 12}, condition="lupus", term="kidney") == SearchCount(total=12)


def test_a_search_of_one_part_is_counted_once() -> None:
    assert counted({frozenset({"query.cond"}): 40}, condition="lupus").total == 40


# --- pages without an end -------------------------------------------------------------------------------------------


def always_new(studies: Callable[[int], list[object]], total: int | None = None) -> Callable[[str, Params], Served]:
    """Pages that each name a next one by a token never given before; ``studies`` are those of the page of that number."""
    asked: list[str] = []

    def answer(url: str, params: Params) -> Served:
        asked.append(url)
        return page(*studies(len(asked)), token=f"token{len(asked)}", total=total if len(asked) == 1 else None)

    return answer


def thousand(first: int) -> list[object]:
    return [study(number(first * 1000 + offset)) for offset in range(1000)]


@pytest.mark.parametrize(
    ("studies", "total", "pages"),
    [
        (lambda _: [study(number(1))], None, 2),
        (lambda _: [study(number(1)), study(number(2))], 2, 2),
        (lambda _: [], None, 2),
        (lambda page: [study(number(page % 3))], None, 4),
        (thousand, 1500, 3),
        (thousand, 0, 2),
    ],
    ids=["the same study", "the same two", "nothing", "a circle of three", "more than it counts", "some where it counts none"],
)
def test_a_list_whose_pages_have_no_end_is_an_error(
    studies: Callable[[int], list[object]], total: int | None, pages: int
) -> None:
    fetch = ScriptedFetch(always_new(studies, total))
    with pytest.raises(AnswerError, match="have no end"):
        list(SOURCE.listing(Search(fields={"condition": "x"}), fetch))
    assert len(fetch.asked) == pages


def test_records_whose_pages_have_no_end_fail_in_their_batch() -> None:
    fetch = ScriptedFetch(always_new(lambda page: [study(number(page * 1000 + offset)) for offset in range(400)]))
    answers = retrieve(fetch, number(1), number(2))
    assert all(isinstance(answer, Failed) and "have no end" in answer.error for answer in answers.values())
    assert len(fetch.asked) <= 4


def test_an_answer_that_came_too_slowly_is_not_asked_for_in_halves() -> None:
    fetch = ScriptedFetch(lambda url, params: TransientFetchError("too slow"))
    answers = retrieve(fetch, *map(number, range(1, 9)))
    assert all(isinstance(answer, Failed) for answer in answers.values())
    assert len(fetch.asked) == 1
