"""ClinicalTrials.gov, the registry of the US National Library of Medicine, through its API v2."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracker.model.source import Answer, Asked, DataVersion, Document, Fetch, Listed, Parsed, Search, SourceInfo
from tracker.sources.ctgov import asking, payload
from tracker.sources.ctgov.fields import REST_TITLES
from tracker.sources.ctgov.parse import parse
from tracker.sources.ctgov.search import QUERY_FIELDS, SEARCH_PARAMETERS


class ClinicalTrialsGov:
    """See `tracker.model.source.Source`."""

    info = SourceInfo(
        key="ctgov",
        title="ClinicalTrials.gov",
        kind="registry",
        base_url="https://clinicaltrials.gov/api/v2",
        hosts=("clinicaltrials.gov", "www.clinicaltrials.gov"),
        search_hosts=("clinicaltrials.gov", "www.clinicaltrials.gov"),
        pace=0.8,
        tls_profiles_may_help=True,
        anchors=(
            "nct_number",
            "brief_title",
            "recruitment_status",
            "study_type",
            "lead_sponsor",
            "first_posted",
            "last_update_posted",
            "primary_outcomes",
            "eligibility",
            "conditions",
        ),
        search_parameters=SEARCH_PARAMETERS,
        query_fields=QUERY_FIELDS,
        attribution="ClinicalTrials.gov (U.S. National Library of Medicine)",
        history_page="https://clinicaltrials.gov/study/{number}?tab=history",
        rest_titles=REST_TITLES,
        rest_echoes={"removedCountries": "sites", "firstMcpInfo": "results", "mcpReleaseN": "results"},
        duties=frozenset({"fdaaa_801"}),
        fades_to_unknown=True,
    )

    def data_version(self, fetch: Fetch) -> DataVersion:
        """How new the registry's data are; they move each working day."""
        return asking.data_version(fetch)

    def listing(self, search: Search, fetch: Fetch) -> Iterator[Listed]:
        """All trials a search holds, by first posting."""
        return asking.listing(search, fetch)

    def retrieve(self, asked: Sequence[Asked], fetch: Fetch, data: DataVersion | None) -> Iterator[Answer]:
        """The records by their numbers, some hundred a request."""
        return asking.retrieve(asked, fetch, data)

    def parse(self, document: Document) -> Parsed:
        """The record of one study."""
        return parse(document)

    def digest(self, document: Document) -> str:
        """SHA-256 of what matters in the study."""
        return payload.digest(document)

    def recognises(self, body: bytes) -> str | None:
        """The trial's key if the bytes are a study's JSON, or a page with just one."""
        return payload.recognised(body)


SOURCE = ClinicalTrialsGov()
