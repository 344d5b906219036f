"""ClinicalTrials.gov, the registry of the US National Library of Medicine, through its API v2.

What asks and what reads is imported where it is used: many commands only need to know the source.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracker.model.history import RecordHistory, RegistryVersion
from tracker.model.ids import split_key
from tracker.model.record import TrialRecord
from tracker.model.source import (
    Answer,
    Asked,
    DataVersion,
    Dated,
    Document,
    Example,
    Fetch,
    Fingerprint,
    Fingerprinted,
    Historic,
    Listed,
    Locating,
    Parsed,
    Provable,
    Region,
    Search,
    Searchable,
    SearchCount,
    SearchReading,
    Sited,
    Source,
    SourceInfo,
    StatedDates,
    Versioned,
    Whole,
    WholePage,
)
from tracker.sources.ctgov.fields import ANCHOR_PLACES, HISTORY_SECTIONS, REST_TITLES
from tracker.sources.ctgov.search_fields import QUERY_FIELDS, SEARCH_PARAMETERS


class ClinicalTrialsGov(Source, Searchable, Provable, Locating, Versioned, Dated, Fingerprinted, Historic, Whole):
    """See `tracker.model.source`."""

    info = SourceInfo(
        key="ctgov",
        title="ClinicalTrials.gov",
        kind="registry",
        base_url="https://clinicaltrials.gov/api/v2",
        hosts=("clinicaltrials.gov", "www.clinicaltrials.gov"),
        search_hosts=("clinicaltrials.gov", "www.clinicaltrials.gov"),
        pace=0.8,
        reads="ClinicalTrials.gov records, whole",
        access="API v2: by number in batches, searches by page",
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
        canary="NCT00454051",
        anchor_places=ANCHOR_PLACES,
        search_parameters=SEARCH_PARAMETERS,
        query_fields=QUERY_FIELDS,
        asked_by_default=True,
        attribution="ClinicalTrials.gov (U.S. National Library of Medicine)",
        results_page="https://clinicaltrials.gov/study/{number}?tab=results",
        document_page="https://cdn.clinicaltrials.gov/large-docs/{ending}/{number}/{filename}",
        history_page="https://clinicaltrials.gov/study/{number}?tab=history",
        version_page="https://clinicaltrials.gov/study/{number}?tab=history&a={a}#version-content-panel",
        comparison_page="https://clinicaltrials.gov/study/{number}?tab=history&a={a}&b={b}#version-content-panel",
        contact_page="https://clinicaltrials.gov/study/{number}#contacts-and-locations",
        rest_titles=REST_TITLES,
        rest_echoes={"removedCountries": "sites", "firstMcpInfo": "results", "mcpReleaseN": "results"},
        path_words={"recruitment_status": "overallStatus", "verified_on": "statusVerified", "sites": "locations"},
        duties=frozenset({"fdaaa_801", "uk_clinical_trials"}),
        fades_to_unknown=True,
        dates_every_update=True,
        first_submitted="protocolSection.statusModule.studyFirstSubmitDate",
        history_sections=HISTORY_SECTIONS,
    )

    EXAMPLES = (
        Example(
            fixture="ordinary.json",
            trial="ctgov:NCT90000001",
            expected={"recruitment_status": "RECRUITING", "enrollment.count": 40, "results_state": "NONE_POSTED"},
            volatile={'"versionHolder": "2026-02-04"': '"versionHolder": "2026-02-05"', '"lat": 48.13743': '"lat": 48.2'},
        ),
        Example(
            fixture="ended_early.json",
            trial="ctgov:NCT90000002",
            expected={"recruitment_status": "TERMINATED", "enrollment.count": 3, "results_state": "SUBMITTED"},
            volatile={'"versionHolder": "2026-02-04"': '"versionHolder": "2026-02-05"'},
        ),
        Example(
            fixture="with_results.json",
            trial="ctgov:NCT90000003",
            expected={"recruitment_status": "COMPLETED", "enrollment.type": "ACTUAL", "results_state": "POSTED"},
        ),
        Example(
            fixture="expanded_access.json",
            trial="ctgov:NCT90000004",
            expected={"recruitment_status": "AVAILABLE", "study_type": "EXPANDED_ACCESS"},
            lacks=frozenset({"primary_outcomes"}),
        ),
        Example(
            fixture="odd.json",
            trial="ctgov:NCT90000005",
            expected={"recruitment_status": "OTHER", "recruitment_status_as_given": "PAUSED_FOR_REVIEW"},
            lacks=frozenset({"conditions"}),
        ),
    )

    def data_version(self, fetch: Fetch) -> DataVersion:
        """How new the registry's data are; they move each working day."""
        from tracker.sources.ctgov import asking

        return asking.data_version(fetch)

    def listing(self, search: Search, fetch: Fetch) -> Iterator[Listed]:
        """All trials a search holds, by first posting."""
        from tracker.sources.ctgov import asking

        return asking.listing(search, fetch)

    def sited(self, search: Search, regions: Sequence[Region], fetch: Fetch) -> Iterator[Sited]:
        """All trials of a search, its circle left aside, that have a site in one of the regions."""
        from tracker.sources.ctgov import asking

        return asking.sited(search, regions, fetch)

    def read_search(self, search: Search) -> SearchReading:
        """What is wrong with a search: its parameters, their values, and its fields."""
        from tracker.sources.ctgov import search as searches

        return searches.read_search(search)

    def narrow(self, search: Search, trials: Sequence[str]) -> Search | None:
        """The search with the filter that names trials; None when it has that filter already."""
        from tracker.sources.ctgov import search as searches

        return searches.narrow(search, trials)

    def count(self, search: Search, fetch: Fetch) -> SearchCount:
        """How many trials a search holds, and which of its parts the registry does not read as filters."""
        from tracker.sources.ctgov import asking

        return asking.count(search, fetch)

    def criteria(self, search: Search) -> tuple[tuple[str, str], ...]:
        """The parameters of a search, each with its value."""
        from tracker.sources.ctgov import search as searches

        return tuple(searches.parameters(search))

    def count_with(self, criterion: tuple[str, str] | None, fetch: Fetch) -> int:
        """How many trials the registry counts with one parameter, or in all."""
        from tracker.sources.ctgov import asking

        return asking.count_with([criterion] if criterion else [], fetch)

    def understood(self, search: Search) -> str:
        """The search as it is asked."""
        from tracker.sources.ctgov import search as searches

        return searches.understood(search)

    def retrieve(self, asked: Sequence[Asked], fetch: Fetch, data: DataVersion | None) -> Iterator[Answer]:
        """The records by their numbers, some hundred a request."""
        from tracker.sources.ctgov import asking

        return asking.retrieve(asked, fetch, data)

    def records(self, fetch: Fetch, data: DataVersion | None, since: str | None, cursor: str | None) -> Iterator[WholePage]:
        """All records by first posting, or those updated since a day by that day."""
        from tracker.sources.ctgov import whole

        return whole.records(fetch, data, since=since, cursor=cursor)

    def sweep(self, fetch: Fetch) -> Iterator[WholePage]:
        """Status, annotations, submissions of results and references of every study."""
        from tracker.sources.ctgov import whole

        return whole.sweep(fetch)

    def history(self, trial: str, fetch: Fetch) -> RecordHistory:
        """The index of a study's versions, with its first outcomes, enrollment and sponsor."""
        from tracker.sources.ctgov import history

        return history.history(trial, fetch)

    def past_version(self, trial: str, version: RegistryVersion, fetch: Fetch) -> Document:
        """One version of a study, as its history page has it."""
        from tracker.sources.ctgov import history

        return history.past_version(trial, version, fetch)

    def version_number(self, document: Document) -> int | None:
        """The number that an answer of the history states."""
        from tracker.sources.ctgov import history

        return history.numbered(document)

    def version_address(self, trial: str, number: int) -> str:
        """The address of one version."""
        from tracker.sources.ctgov import history

        return history.address(self.info.base_url, split_key(trial).number, number)

    def is_past(self, url: str) -> bool:
        """Whether it is the address of one version."""
        from tracker.sources.ctgov import history

        return history.is_past(url)

    def as_past(self, record: TrialRecord) -> TrialRecord:
        """A record without derived terms and papers, steps of quality control, and tables of results."""
        from tracker.sources.ctgov import history

        return history.as_past(record)

    def parse(self, document: Document) -> Parsed:
        """The record of one study."""
        from tracker.sources.ctgov.parse import parse

        return parse(document)

    def digest(self, document: Document) -> str:
        """SHA-256 of what matters in the study."""
        from tracker.sources.ctgov import payload

        return payload.digest(document)

    def fingerprint(self, document: Document) -> Fingerprint | None:
        """A hash of the study's sections as served."""
        from tracker.sources.ctgov import payload

        return payload.fingerprint(document)

    def stated_dates(self, document: Document) -> StatedDates:
        """The day of the data that the study was served from, and of its last update."""
        from tracker.sources.ctgov import payload

        return payload.stated_dates(document)

    def sniff(self, body: bytes) -> str | None:
        """The trial's key if the bytes are a study's JSON, or a page with just one."""
        from tracker.sources.ctgov import payload

        return payload.sniff(body)


SOURCE: Source = ClinicalTrialsGov()
