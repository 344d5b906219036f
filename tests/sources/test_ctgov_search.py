"""ClinicalTrials.gov: pasted addresses and query fields as parameters of the API."""

from __future__ import annotations

import pytest

from tracker.errors import SearchError
from tracker.model.source import Search
from tracker.model.watch import Near
from tracker.sources.ctgov import SOURCE
from tracker.sources.ctgov.search import narrow, parameters

SITE = "https://clinicaltrials.gov/search?"


def of(address: str = "", near: Near | None = None, **fields: str) -> dict[str, str]:
    found = parameters(Search(url=SITE + address if address else None, fields=fields, near=near))
    assert len(found) == len(dict(found))
    return dict(found)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("cond=Lupus&aggFilters=status:rec", {"query.cond": "Lupus", "aggFilters": "status:rec"}),
        ("cond=SLE%20OR%20lupus&intr=a+b", {"query.cond": "SLE OR lupus", "query.intr": "a b"}),
        ("term=x&titles=t&outc=o", {"query.term": "x", "query.titles": "t", "query.outc": "o"}),
        ("spons=s&lead=l&id=i", {"query.spons": "s", "query.lead": "l", "query.id": "i"}),
        ("cond=a&page=3&limit=100&viewType=Table&rank=7&sort=nwst&checkSpell=false", {"query.cond": "a"}),
        ("cond=a&term=", {"query.cond": "a"}),
        ("start=2026-01-01_2026-12-31", {"filter.advanced": "AREA[StartDate]RANGE[2026-01-01,2026-12-31]"}),
        ("lastUpdPost=2026-01_", {"filter.advanced": "AREA[LastUpdatePostDate]RANGE[2026-01,MAX]"}),
        ("primComp=_2026", {"filter.advanced": "AREA[PrimaryCompletionDate]RANGE[MIN,2026]"}),
        ("locStr=Germany&country=Germany&distance=50", {"filter.advanced": 'AREA[LocationCountry]"Germany"'}),
        (
            "locStr=x&country=Germany&city=Munich&distance=50",
            {"filter.advanced": 'SEARCH[Location](AREA[LocationCountry]"Germany" AND AREA[LocationCity]"Munich")'},
        ),
        (
            "locStr=Munich&country=Germany&city=Munich&lat=48.13&lng=11.57&distance=25",
            {"filter.geo": "distance(48.13,11.57,25mi)"},
        ),
        ("locStr=somewhere&locn=Charit%C3%A9", {"query.locn": "(Charité) AND (somewhere)"}),
        ("query.cond=a&filter.overallStatus=RECRUITING&pageSize=5", {"query.cond": "a", "filter.overallStatus": "RECRUITING"}),
    ],
)
def test_pasted_addresses(address: str, expected: dict[str, str]) -> None:
    assert of(address) == expected


def test_dates_and_places_of_an_address_hold_together() -> None:
    found = of("start=2026_&country=Italy")["filter.advanced"]
    assert found == '(AREA[StartDate]RANGE[2026,MAX]) AND (AREA[LocationCountry]"Italy")'


def test_quotes_in_a_place_cannot_leave_it() -> None:
    assert of(country='a" OR AREA[Phase]"b') == {"filter.advanced": 'AREA[LocationCountry]"a  OR AREA[Phase] b"'}


@pytest.mark.parametrize(
    "address", ["cond=a&recrs=b", "cond=a&cond=b", "start=soon", "start=_", "lat=x&lng=1", "ageRange=1y_2x"]
)
def test_what_is_not_understood_is_named(address: str) -> None:
    name = {"cond=a&recrs=b": "recrs", "cond=a&cond=b": "cond"}.get(address, address.partition("=")[0])
    with pytest.raises(SearchError, match=name):
        of(address)


def test_query_fields() -> None:
    found = of(condition="lupus", status="recruiting, Not yet recruiting", phase="2/PHASE3", country="Germany", sponsor="s")
    assert found == {
        "query.cond": "lupus",
        "query.spons": "s",
        "filter.advanced": "(AREA[OverallStatus](RECRUITING OR NOT_YET_RECRUITING)) AND (AREA[Phase](PHASE2 OR PHASE3)) "
        'AND (AREA[LocationCountry]"Germany")',
    }


@pytest.mark.parametrize("fields", [{"colour": "red"}, {"status": "open"}, {"phase": "5"}, {"study_type": "trial"}])
def test_unknown_fields_and_words_are_named(fields: dict[str, str]) -> None:
    with pytest.raises(SearchError, match=next(iter(fields))):
        of("", None, **fields)


def test_near_adds_a_circle_in_kilometres_when_it_is_placed() -> None:
    placed = Near(place="Munich", km=100, latitude=48.13743, longitude=11.57549)
    assert of("cond=a", placed) == {"query.cond": "a", "filter.geo": "distance(48.1374,11.5755,100km)"}
    assert of("cond=a", Near(place="Munich")) == {"query.cond": "a"}
    both = of("lat=1&lng=2&distance=3", placed)
    assert set(both) == {"filter.geo", "postFilter.geo"}


def test_info_names_all_that_is_understood() -> None:
    assert {"cond", "aggFilters", "locStr", "page", "query.cond"} <= SOURCE.info.search_parameters
    assert {"condition", "country", "phase", "status"} <= SOURCE.info.query_fields


def test_a_search_is_narrowed_to_trials_by_their_numbers_whatever_it_asks_for_already() -> None:
    fields = {"condition": "lupus"}
    trials = ("ctgov:NCT00000001", "ctgov:NCT00000002")
    assert narrow(Search(fields=fields), trials) == Search(url="?filter.ids=NCT00000001,NCT00000002", fields=fields)
    pasted = narrow(Search(url="https://example.org/search?cond=lupus#top"), trials[:1])
    assert pasted == Search(url="https://example.org/search?cond=lupus&filter.ids=NCT00000001#top")
    assert narrow(Search(url="https://example.org/search?filter.ids=NCT00000009"), trials[:1]) is None
