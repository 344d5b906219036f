"""ClinicalTrials.gov: pasted addresses and query fields as parameters of the API."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.errors import SearchError
from tracker.model.source import Search, SearchReading
from tracker.model.watch import Near
from tracker.sources.ctgov import SOURCE
from tracker.sources.ctgov.search import narrow, parameters, read_search

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
            {"filter.geo": "distance(48.13743,11.57549,50mi)"},
        ),
        (
            "country=Germany&city=Munich",
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
    assert of(city='a" OR AREA[Phase]"b') == {"filter.advanced": 'AREA[LocationCity]"a  OR AREA[Phase] b"'}


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


@pytest.mark.parametrize(
    ("address", "place", "km"),
    [
        ("lat=48.13&lng=11.57&distance=25&locStr=Munich", "Munich", 40.234),
        ("lat=48.13&lng=11.57", "48.13, 11.57", 80.467),
        ("locStr=Munich,%20Germany&distance=10", "Munich, Germany", 16.093),
        ("city=Munich&country=Germany&distance=10", "Munich", 16.093),
        ("filter.geo=distance(48.13,11.57,100km)", "48.13, 11.57", 100),
    ],
)
def test_a_circle_of_an_address_is_read_with_its_place_and_asked_for_once(address: str, place: str, km: float) -> None:
    found = read_search(Search(url=SITE + address)).near
    assert found
    assert (found.place, found.km, round(found.latitude or 0, 1)) == (place, km, 48.1)
    assert [name for name in of(address, found) if "geo" in name] == ["filter.geo"]


@pytest.mark.parametrize(
    "address",
    [
        "cond=a",
        "locStr=Germany&country=Germany&distance=50",
        "locStr=Bavaria,%20Germany&state=Bavaria&country=Germany&distance=50",
    ],
)
def test_a_distance_of_a_country_or_state_means_nothing_and_is_no_circle(address: str) -> None:
    assert read_search(Search(url=SITE + address)).near is None


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("lat=x&lng=1", "not a circle"),
        ("lat=48", "not a circle"),
        ("lat=91&lng=1", "not a circle"),
        ("lat=48&lng=11&distance=0", "not a circle"),
        ("filter.geo=near(Munich)", "filter.geo"),
        ("locStr=Xyzzyville&distance=50", "Xyzzyville"),
        ("city=Springfield&country=United%20States&distance=50", "several towns"),
    ],
)
def test_a_circle_that_cannot_be_read_is_refused_by_name(address: str, said: str) -> None:
    assert said in " ".join(read_search(Search(url=SITE + address)).problems)


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


def _ages(least: str, most: str) -> str:
    parts = f"(AREA[MinimumAge]RANGE[MIN,{most}] OR AREA[MinimumAge]MISSING)"
    return f"{parts} AND (AREA[MaximumAge]RANGE[{least},MAX] OR AREA[MaximumAge]MISSING)"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("start=2026_2026-03", "AREA[StartDate]RANGE[2026,2026-03]"),
        ("start=2026-03_2026", "AREA[StartDate]RANGE[2026-03,2026]"),
        ("ageRange=18y_65Y", _ages("18 years", "65 years")),
        ("ageRange=0M_1M", _ages("0 months", "1 month")),
        ("ageRange=_2w", "(AREA[MinimumAge]RANGE[MIN,2 weeks] OR AREA[MinimumAge]MISSING)"),
        ("ageRange=65", "(AREA[MaximumAge]RANGE[65 years,MAX] OR AREA[MaximumAge]MISSING)"),
    ],
)
def test_ranges_of_dates_and_ages(address: str, expected: str) -> None:
    assert of(address) == {"filter.advanced": expected}


@pytest.mark.parametrize(
    "address",
    [
        "cond=a&aggFilters=ressub",
        "cond=a&aggFilters=status:not%20rec,ages:child,sex:f,healthy:y,docs:prot,funderType:nih%20fed,phase:0%201,results:with",
        "cond=a&aggFilters=studyType:int,violation:y,",
        "cond=(lupus%20OR%20SLE)%20AND%20%22anti-CD19%22",
        "cond=Crohn%27s%20disease",
        "cond=NOT%20lupus",
        "term=AREA%5BStartDate%5DRANGE%5B2026-01,MAX%5D",
        "term=AREA%5BEnrollmentCount%5DRANGE%5B10,200%5D",
        "cond=lupus&cond=lupus",
        "query.cond=a&filter.overallStatus=RECRUITING%7CCOMPLETED&filter.ids=NCT00000101",
    ],
)
def test_what_the_registrys_page_writes_passes(address: str) -> None:
    assert read_search(Search(url=SITE + address)).problems == ()


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("start=2026-13_", "2026-13 is no date"),
        ("start=2026-02-30_2026-03-01", "2026-02-30 is no date"),
        ("lastUpdPost=2026-12-31_2026-01-01", "ends before it begins"),
        ("firstPost=2026-05_2026-04", "ends before it begins"),
        ("cond=a&ageRange=65y_18y", "ends before it begins"),
        ("cond=a&ageRange=2y_13M", "ends before it begins"),
        ("cond=a&ageRange=young", "no range of ages"),
        ("cond=(lupus", '"(" is not closed'),
        ("cond=lupus)", "closes what was not opened"),
        ("cond=%22lupus", "quotation mark"),
        ("term=RANGE%5B1,2)", "closes what was not opened"),
        ("term=AREA%5BStartDate%5DRANGE%5B2026-05,2026-01%5D", "ends before it begins"),
        ("term=AREA%5BStartDate%5DRANGE%5B2026-05%5D", "two ends"),
        ("term=AREA%5BEnrollmentCount%5DRANGE%5B200,10%5D", "ends before it begins"),
        ("cond=lupus%20AND", "AND, OR and NOT"),
        ("cond=a&aggFilters=colour:red", '"colour"'),
        ("cond=a&aggFilters=status:open", '"open" for status'),
        ("cond=a&aggFilters=phase:2,phase:3", '"phase" twice'),
        ("cond=a&aggFilters=status", "nothing for status"),
        ("filter.overallStatus=recruiting", 'Did you mean "RECRUITING"?'),
        ("filter.ids=NCT00000101,NCT1", '"NCT1"'),
        ("cond=M%FCnchen", "not UTF-8"),
        ("cond=a&gndr=Female", "old site (ct2)"),
        ("viewType=Table&page=2", "asks for all of ClinicalTrials.gov"),
        ("utm_source=letter", "asks for all of ClinicalTrials.gov"),
    ],
)
def test_a_value_that_cannot_be_asked_is_named_before_anything_is_asked(address: str, word: str) -> None:
    [problem] = read_search(Search(url=SITE + address)).problems
    assert word in problem
    with pytest.raises(SearchError, match="tracker check"):
        of(address)


def test_every_mistake_of_a_search_is_told_at_once() -> None:
    found = read_search(Search(url=f"{SITE}cond=(a&start=soon&aggFilters=x:y", fields={"status": "open", "phase": "9"}))
    assert len(found.problems) == 5


@pytest.mark.parametrize("path", ["ct2/results?cond=lupus&recrs=a", "ct2/results/map?cond=lupus"])
def test_an_address_of_the_old_site_is_called_so(path: str) -> None:
    [problem] = read_search(Search(url=f"https://clinicaltrials.gov/{path}")).problems
    assert "old site (ct2)" in problem


def test_the_address_of_one_trial_is_called_so() -> None:
    [problem] = read_search(Search(url="https://clinicaltrials.gov/study/NCT00000101?cond=lupus")).problems
    assert 'Write "NCT00000101" under trials.' in problem


@pytest.mark.parametrize("name", ["utm_medium", "UTM_Campaign", "fbclid", "gclid", "msclkid", "mc_cid", "_hsenc"])
def test_what_says_where_a_link_was_clicked_is_left_out_with_a_word(name: str) -> None:
    search = Search(url=f"{SITE}cond=lupus&{name}=x&{name}=y")
    assert read_search(search) == SearchReading(left_out=(name,))
    assert parameters(search) == [("query.cond", "lupus")]


WORDS = st.sampled_from(
    ["lupus", "AND", "OR", "NOT", "(", ")", '"', "RANGE[1,2]", "[", "]", "AREA[Phase]PHASE2", ",", "5%", "MAX"]
)


@given(
    st.lists(WORDS, min_size=1, max_size=6).map(" ".join), st.sampled_from(["cond", "start", "ageRange", "aggFilters", "term"])
)
def test_reading_a_search_and_asking_it_agree(value: str, name: str) -> None:
    search = Search(url=f"{SITE}intr=x&{name}={quote(value)}")
    if problems := read_search(search).problems:
        with pytest.raises(SearchError) as caught:
            parameters(search)
        assert caught.value.problems == problems
    else:
        assert parameters(search)


@pytest.mark.parametrize(
    ("search", "nearest"),
    [
        (Search(fields={"condition": "lupus", "country": "Grmany"}), 'Did you mean "Germany"?'),
        (Search(url="https://clinicaltrials.gov/search?cond=lupus&country=Frnce"), 'Did you mean "France"?'),
        (Search(fields={"condition": "lupus", "country": "Xyzzyland"}), "not a country known here"),
    ],
)
def test_a_misspelt_country_is_refused_with_the_nearest_name(search: Search, nearest: str) -> None:
    [problem] = read_search(search).problems
    assert nearest in problem


@pytest.mark.parametrize("country", ["Turkey (Türkiye)", "Former Yugoslavia", "Korea, Republic of", "DE", "UK"])
def test_a_country_as_people_and_registries_write_it_is_understood(country: str) -> None:
    assert read_search(Search(fields={"condition": "lupus", "country": country})).problems == ()


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("Germany", 'AREA[LocationCountry]"Germany"'),
        ("DE", 'AREA[LocationCountry]"Germany"'),
        ("Deutschland", 'AREA[LocationCountry]"Germany"'),
        ("Czech Republic", 'AREA[LocationCountry]"Czech Republic"'),
        ("CZ", 'AREA[LocationCountry]("Czechia" OR "Czech Republic")'),
        ("Former Yugoslavia", 'AREA[LocationCountry]"Former Yugoslavia"'),
    ],
)
def test_a_country_is_asked_for_by_the_registrys_names(given: str, asked: str) -> None:
    found = dict(parameters(Search(fields={"country": given})))
    assert asked in found.values()
