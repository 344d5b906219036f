"""What the loopback registry answers is what ClinicalTrials.gov is recorded to answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.lab import Day, LoopbackRegistry, days
from tests.lab.asking import ask, numbers

ALL = sorted(days()[0].studies)


def study(nct: str, **status: Any) -> dict[str, Any]:
    identification = {"nctId": nct, **status.pop("identification", {})}
    sites = status.pop("locations", [])
    return {
        "protocolSection": {
            "identificationModule": identification,
            "statusModule": status,
            "contactsLocationsModule": {"locations": sites},
        },
        "hasResults": False,
    }


def posted(date: str) -> dict[str, Any]:
    return {"lastUpdatePostDateStruct": {"date": date, "type": "ACTUAL"}}


def test_version_states_the_data_timestamp_of_the_day(registry: LoopbackRegistry) -> None:
    assert ask(registry.base_url + "/version").json == {"apiVersion": "2.0.5", "dataTimestamp": "2026-02-10T09:00:05"}
    registry.show(days()[1])
    assert ask(registry.base_url + "/version").json["dataTimestamp"] == "2026-02-11T09:00:05"


class TestOneStudy:
    def test_is_served_byte_for_byte(self, registry: LoopbackRegistry) -> None:
        answered = ask(registry.base_url + "/studies/NCT07177911")
        assert (answered.status, answered.headers["content-type"]) == (200, "application/json")
        assert answered.body == days()[0].studies["NCT07177911"]

    def test_is_found_by_any_spelling_of_its_number(self, registry: LoopbackRegistry) -> None:
        assert ask(registry.base_url + "/studies/nct7177911").status == 200

    def test_that_is_unknown_is_a_404_in_plain_text(self, registry: LoopbackRegistry) -> None:
        answered = ask(registry.base_url + "/studies/NCT99999999")
        assert (answered.status, answered.text) == (404, "NCT number NCT99999999 not found")
        assert answered.headers["content-type"] == "text/plain; charset=UTF-8"

    @pytest.mark.parametrize("number", ["ABC123", "NCT00000000", "NCT123456789", "NCT0717791X"])
    def test_with_a_malformed_number_is_a_400(self, registry: LoopbackRegistry, number: str) -> None:
        answered = ask(f"{registry.base_url}/studies/{number}")
        assert (answered.status, answered.text) == (400, "Parameter `nctId` has incorrect format")

    def test_under_an_obsolete_number_redirects_to_the_study_it_was_merged_into(self) -> None:
        merged = study("NCT07280598", identification={"nctIdAliases": ["NCT07048704"]})
        with LoopbackRegistry(Day("2026-02-10T09:00:05", {"NCT07280598": merged})) as registry:
            answered = ask(registry.base_url + "/studies/NCT07048704")
            assert (answered.status, answered.headers["location"]) == (301, "/api/v2/studies/NCT07280598")
            assert numbers(ask(registry.base_url + "/studies", {"filter.ids": "NCT07048704"})) == ["NCT07280598"]

    def test_can_be_restricted_to_fields(self, registry: LoopbackRegistry) -> None:
        answered = ask(
            registry.base_url + "/studies/NCT07177911", {"fields": "NCTId|protocolSection.designModule.phases|HasResults"}
        )
        assert answered.json == {
            "protocolSection": {"identificationModule": {"nctId": "NCT07177911"}, "designModule": {"phases": ["PHASE1"]}},
            "hasResults": False,
        }


class TestIds:
    def test_unknown_ids_are_left_out_of_a_good_answer(self, registry: LoopbackRegistry) -> None:
        answered = ask(registry.base_url + "/studies", {"filter.ids": "NCT99999999|NCT07177911,NCT06801119"})
        assert answered.status == 200
        assert numbers(answered) == ["NCT07177911", "NCT06801119"]

    def test_none_known_is_an_empty_answer(self, registry: LoopbackRegistry) -> None:
        answered = ask(registry.base_url + "/studies", {"filter.ids": "NCT99999999", "countTotal": "true"})
        assert (answered.status, answered.text) == (200, '{"totalCount":0,"studies":[\n\n]}')

    def test_one_malformed_id_fails_the_whole_batch(self, registry: LoopbackRegistry) -> None:
        answered = ask(registry.base_url + "/studies", {"filter.ids": "NCT07177911,ABC123"})
        assert (answered.status, answered.text) == (400, "Item 2 in parameter `filter.ids` has incorrect format")
        assert answered.headers["content-type"] == "text/plain"

    def test_a_query_of_nothing_but_numbers_makes_filters_ignored(self, registry: LoopbackRegistry) -> None:
        params = {"query.term": "NCT07177911 OR NCT06801119", "filter.overallStatus": "COMPLETED"}
        assert numbers(ask(registry.base_url + "/studies", params)) == ["NCT07177911", "NCT06801119"]


class TestSearch:
    def found(self, registry: LoopbackRegistry, **params: str) -> list[str]:
        named = {name.replace("_", "."): value for name, value in params.items()}
        answered = ask(registry.base_url + "/studies", {"pageSize": "100", **named})
        assert answered.status == 200, answered.text
        return sorted(numbers(answered))

    def test_every_word_must_be_there_without_regard_to_case_and_accents(self, registry: LoopbackRegistry) -> None:
        assert self.found(registry, query_cond="systemic SCLEROSIS") == ["NCT09900004", "NCT09900010"]
        assert self.found(registry, query_cond="sjogren") == ["NCT09900002"]
        assert self.found(registry, query_cond="zzqxnotacondition987654") == []

    def test_words_are_looked_for_in_their_own_part_of_the_record(self, registry: LoopbackRegistry) -> None:
        assert self.found(registry, query_spons="Example Vasculitis Group") == ["NCT09900003"]
        assert self.found(registry, query_locn="Shenzhen") == ["NCT06801119"]
        assert self.found(registry, query_titles="CLEARWATER") == ["NCT09900001"]
        assert self.found(registry, query_intr="hydroxychloroquine") == ["NCT09900008"]
        assert self.found(registry, query_id="SSC-HAND") == ["NCT09900010"]
        assert self.found(registry, query_intr="Shenzhen") == []

    def test_or_not_quotes_and_parentheses(self, registry: LoopbackRegistry) -> None:
        assert self.found(registry, query_cond='"giant cell arteritis" OR sjogren') == ["NCT09900002", "NCT09900007"]
        assert self.found(registry, query_cond="(vasculitis AND NOT behcet) AND giant") == ["NCT09900007"]

    def test_parts_of_a_query_are_combined(self, registry: LoopbackRegistry) -> None:
        assert self.found(registry, query_cond="vasculitis", query_locn="Lyon") == ["NCT09900009"]

    def test_status_filters_match_whole_words(self, registry: LoopbackRegistry) -> None:
        """RECRUITING is also the end of NOT_YET_RECRUITING."""
        expected = ["NCT09900002", "NCT09900003", "NCT09900004", "NCT09900005", "NCT09900007", "NCT09900009", "NCT09900010"]
        for params in (
            {"filter.overallStatus": "RECRUITING"},
            {"aggFilters": "status:rec"},
            {"filter.advanced": "AREA[OverallStatus]RECRUITING"},
        ):
            assert self.found(registry, **params) == ["NCT06801119", *expected]
        both = self.found(registry, aggFilters="status:not com,results:without")
        assert both == ["NCT07177911", "NCT09900001", "NCT09900006", "NCT09900008"]

    def test_delta_query_takes_the_bounds_in(self, registry: LoopbackRegistry) -> None:
        area = "AREA[LastUpdatePostDate]RANGE"
        assert self.found(registry, filter_advanced=f"{area}[2025-12-17,MAX]") == ["NCT07177911", "NCT09900008"]
        assert self.found(registry, filter_advanced=f"{area}[12/18/2025, MAX]") == ["NCT07177911"]
        assert self.found(registry, filter_advanced=f"{area}[MIN,2024-01]") == ["NCT09900009"]

    def test_areas_look_into_lists(self, registry: LoopbackRegistry) -> None:
        assert self.found(registry, filter_advanced="AREA[LocationCountry]Germany AND AREA[Phase]PHASE2") == ["NCT09900004"]
        assert self.found(registry, filter_advanced="AREA[EnrollmentCount]RANGE[200,MAX] AND NOT AREA[Phase]PHASE3") == [
            "NCT09900003",
            "NCT09900005",
        ]

    def test_a_search_of_locations_wants_all_at_one_site(self, registry: LoopbackRegistry) -> None:
        both = "AREA[LocationCity]Munich AND AREA[LocationStatus]{}"
        recruiting = self.found(registry, filter_advanced=f"SEARCH[Location]({both.format('RECRUITING')})")
        assert recruiting == ["NCT09900010"]
        assert self.found(registry, filter_advanced=both.format("RECRUITING")) == ["NCT09900004", "NCT09900010"]

    def test_distance_is_judged_by_the_nearest_site(self, registry: LoopbackRegistry) -> None:
        munich = "distance(48.137,11.575,100km)"
        assert self.found(registry, filter_geo=munich) == ["NCT09900004", "NCT09900010"]
        assert self.found(registry, filter_geo="distance(48.37,10.9,10mi)") == ["NCT09900010"]
        assert self.found(registry, filter_geo="distance(48.37,10.9,70km)") == ["NCT09900004", "NCT09900010"]

    @pytest.mark.parametrize(
        ("params", "text"),
        [
            ({"bogusParam": "1"}, "`bogusParam` is unknown parameter"),
            ({"filter.phase": "PHASE3"}, "`filter.phase` is unknown parameter"),
            ({"filter.overallStatus": "NOT_A_STATUS"}, "Invalid value in parameter `overallStatus`: `NOT_A_STATUS`"),
            (
                {"filter.advanced": "AREA[NotARealField]x"},
                "Error parsing query in advanced filter: Unknown area name: `NotARealField`",
            ),
            (
                {"query.term": "foo bar ["},
                "Error parsing query in Other terms: no viable alternative at input 'foo bar ['",
            ),
            ({"query.term": "("}, "Error parsing query in Other terms: missing ')' at '<EOF>'"),
            ({"sort": "EnrollmentCount:descending"}, "Item 1 in parameter `sort` has incorrect format"),
            ({"sort": "BriefTitle"}, "Unsupported sort field type: text"),
            ({"pageSize": "many"}, "Parameter `pageSize` has incorrect format"),
            ({"pageToken": "%%%"}, "Parameter `pageToken` has incorrect format"),
            ({"filter.geo": "near Munich"}, "Parameter `filter.geo` has incorrect format"),
        ],
    )
    def test_what_cannot_be_understood_is_a_400_in_plain_text(
        self, registry: LoopbackRegistry, params: dict[str, str], text: str
    ) -> None:
        answered = ask(registry.base_url + "/studies", params)
        assert (answered.status, answered.headers["content-type"], answered.text) == (400, "text/plain", text)


class TestPages:
    def test_ten_studies_a_page_unless_asked(self, registry: LoopbackRegistry) -> None:
        first = ask(registry.base_url + "/studies", {"countTotal": "true"})
        assert len(first.json["studies"]) == 10
        assert first.json["totalCount"] == len(ALL)
        assert list(first.json) == ["totalCount", "studies", "nextPageToken"]

    @pytest.mark.parametrize("size", [1, 4, 12, 13, 14])
    def test_the_token_leads_through_all_studies_once(self, registry: LoopbackRegistry, size: int) -> None:
        found: list[str] = []
        params = {"pageSize": str(size), "countTotal": "true"}
        while True:
            answered = ask(registry.base_url + "/studies", params)
            found += numbers(answered)
            assert ("totalCount" in answered.json) is ("pageToken" not in params)
            if "nextPageToken" not in answered.json:
                break
            params["pageToken"] = answered.json["nextPageToken"]
        assert sorted(found) == ALL
        assert found != ALL, "the registry's order is not to be relied on"

    def test_more_than_a_thousand_a_page_is_cut_to_a_thousand(self) -> None:
        studies = {f"NCT{number:08d}": study(f"NCT{number:08d}") for number in range(1, 1102)}
        with LoopbackRegistry(Day("2026-02-10T09:00:05", studies)) as registry:
            first = ask(registry.base_url + "/studies", {"pageSize": "5000"})
            assert len(first.json["studies"]) == 1000
            rest = ask(registry.base_url + "/studies", {"pageSize": "5000", "pageToken": first.json["nextPageToken"]})
            assert sorted(numbers(first) + numbers(rest)) == sorted(studies)

    def test_each_study_stands_on_its_own_line_as_it_was_given(self) -> None:
        bodies = {nct: json.dumps(study(nct)).encode() for nct in ("NCT00000001", "NCT00000002")}
        with LoopbackRegistry(Day("2026-02-10T09:00:05", bodies)) as registry:
            lines = ask(registry.base_url + "/studies").body.split(b"\n")
            assert {line.rstrip(b",") for line in lines[1:-1]} == set(bodies.values())

    @pytest.mark.parametrize(
        ("sort", "order"),
        [
            ("LastUpdatePostDate:asc", "231x"),
            ("LastUpdatePostDate", "132x"),
            ("protocolSection.statusModule.lastUpdatePostDateStruct:desc", "132x"),
        ],
    )
    def test_sorting_puts_studies_without_the_date_last(self, sort: str, order: str) -> None:
        dates = {"1": "2026-02-03", "2": "2026-01-05", "3": "2026-01-19"}
        studies = {f"NCT0000000{n}": study(f"NCT0000000{n}", **posted(date)) for n, date in dates.items()}
        studies["NCT00000009"] = study("NCT00000009")
        with LoopbackRegistry(Day("2026-02-10T09:00:05", studies)) as registry:
            found = numbers(ask(registry.base_url + "/studies", {"sort": sort}))
        assert "".join(nct[-1] for nct in found) == order.replace("x", "9")

    def test_fields_restrict_every_study_of_the_page(self, registry: LoopbackRegistry) -> None:
        params = {"filter.ids": "NCT07177911", "fields": "NCTId,StatusVerifiedDate,LocationCity,VersionHolder"}
        assert ask(registry.base_url + "/studies", params).json["studies"] == [
            {
                "protocolSection": {
                    "identificationModule": {"nctId": "NCT07177911"},
                    "statusModule": {"statusVerifiedDate": "2026-01"},
                    "contactsLocationsModule": {"locations": [{"city": "Chengdu"}, {"city": "Shanghai"}]},
                },
                "derivedSection": {"miscInfoModule": {"versionHolder": "2026-02-10"}},
            }
        ]

    def test_a_field_that_is_a_branch_holds_all_below(self, registry: LoopbackRegistry) -> None:
        params = {"filter.ids": "NCT07177911", "fields": "StatusModule"}
        restricted = ask(registry.base_url + "/studies", params).json["studies"][0]
        whole = ask(registry.base_url + "/studies/NCT07177911").json
        assert restricted == {"protocolSection": {"statusModule": whole["protocolSection"]["statusModule"]}}

    def test_an_unknown_field_is_a_400(self, registry: LoopbackRegistry) -> None:
        assert ask(registry.base_url + "/studies", {"fields": "NCTId,Nonsense"}).status == 400

    def test_the_days_tag_gives_304_for_any_query(self, registry: LoopbackRegistry) -> None:
        tag = ask(registry.base_url + "/studies").headers["etag"]
        again = ask(registry.base_url + "/studies", {"query.cond": "lupus"}, headers={"If-None-Match": tag})
        assert (again.status, again.body) == (304, b"")
        registry.show(days()[1])
        assert ask(registry.base_url + "/studies", headers={"If-None-Match": tag}).status == 200


class TestTrialPages:
    def test_a_page_is_served_with_its_tag_and_304_as_long_as_it_stays(self, registry: LoopbackRegistry) -> None:
        url = registry.meddatax_url + "/clinical-trials/NCT07177911"
        first = ask(url)
        assert first.status == 200
        assert first.headers["content-type"] == "text/html; charset=utf-8"
        assert b"NCT07177911" in first.body
        tag = {"If-None-Match": first.headers["etag"]}
        assert ask(url, headers=tag).status == 304
        registry.show(days()[1])
        assert ask(url, headers=tag).status == 304, "the mirror lags"
        registry.show(days()[2])
        assert ask(url, headers=tag).status == 200

    def test_the_listing_page_names_the_trial_far_down_only(self, registry: LoopbackRegistry) -> None:
        path = next(path for path in days()[0].pages if path.startswith("/trialx/"))
        answered = ask(registry.url + path)
        assert "NCT06801119" in answered.text
        assert "NCT" not in path

    def test_an_unknown_page_is_a_404_in_html(self, registry: LoopbackRegistry) -> None:
        answered = ask(registry.trialx_url + "/clinical-trials/listings/1/none/")
        assert (answered.status, answered.headers["content-type"]) == (404, "text/html; charset=utf-8")

    def test_robots_are_welcome(self, registry: LoopbackRegistry) -> None:
        assert ask(registry.url + "/robots.txt").text == "User-agent: *\nAllow: /\n"
