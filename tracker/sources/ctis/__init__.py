"""EU CTIS, the Clinical Trials Information System of the European Union, through the interface of its public portal.

The interface has no published documentation. What asks and what reads is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracker.model.history import OwnHistory
from tracker.model.source import (
    Answer,
    Asked,
    DataVersion,
    Document,
    Example,
    Fetch,
    Listed,
    Parsed,
    Search,
    Searchable,
    SearchCount,
    SearchReading,
    SelfDated,
    Source,
    SourceInfo,
)
from tracker.sources.ctis.search import QUERY_FIELDS, read_search, understood
from tracker.sources.ctis.words import REST_TITLES


class Ctis(Source, Searchable, SelfDated):
    """See `tracker.model.source`."""

    info = SourceInfo(
        key="ctis",
        title="EU CTIS",
        kind="registry",
        base_url="https://euclinicaltrials.eu/ctis-public-api",
        hosts=("euclinicaltrials.eu", "www.euclinicaltrials.eu"),
        pace=0.5,
        reads="EU CTIS records, whole",
        access="JSON of the public portal: a row of a search for each trial, its record when that moved; searches by page",
        anchors=(
            "brief_title",
            "official_title",
            "recruitment_status",
            "study_type",
            "lead_sponsor",
            "conditions",
            "secondary_ids",
            "last_update_posted",
        ),
        query_fields=QUERY_FIELDS,
        canary="2024-510663-34",
        attribution="EU Clinical Trials Information System (European Medicines Agency)",
        rest_titles=REST_TITLES,
        duties=frozenset({"eu_ctr", "uk_clinical_trials"}),
        path_words={"recruitment_status": "ctPublicStatusCode", "official_title": "fullTitle", "brief_title": "publicTitle"},
    )

    EXAMPLES = (
        Example(
            fixture="ordinary.json",
            trial="ctis:2023-590001-11",
            expected={
                "recruitment_status": "RECRUITING",
                "recruitment_status_as_given": "Authorised, recruiting",
                "enrollment.count": 160,
                "start_date.type": "ACTUAL",
            },
            volatile={'"id": 90001': '"id": 90777', '"record_last_import": "2026-03-02 06:00:00",': ""},
        ),
        Example(
            fixture="ended.json",
            trial="ctis:2023-590002-22",
            expected={"recruitment_status": "COMPLETED", "results_state": "POSTED", "enrollment.count": 24},
        ),
        Example(
            fixture="odd.json",
            trial="ctis:2023-590003-33",
            expected={"recruitment_status": "OTHER", "recruitment_status_as_given": "code 17"},
            lacks=frozenset({"lead_sponsor", "last_update_posted"}),
        ),
        Example(
            fixture="first_portal.json",
            trial="ctis:2022-590004-44",
            expected={"recruitment_status": "NOT_YET_RECRUITING", "enrollment.count": 30},
        ),
    )

    def read_search(self, search: Search) -> SearchReading:
        """What is wrong with a search: its fields and their values."""
        return read_search(search)

    def listing(self, search: Search, fetch: Fetch) -> Iterator[Listed]:
        """All trials of a search, by their first decision."""
        from tracker.sources.ctis import asking

        return asking.listing(search, fetch)

    def narrow(self, search: Search, trials: Sequence[str]) -> Search | None:
        """None: the portal takes no list of numbers. A listing proves by its count that it lacks nothing."""
        return None

    def count(self, search: Search, fetch: Fetch) -> SearchCount:
        """How many trials a search holds, and which of its criteria the portal does not read as filters."""
        from tracker.sources.ctis import asking

        return asking.count(search, fetch)

    def understood(self, search: Search) -> str:
        """The search as it is asked."""
        return understood(search)

    def retrieve(self, asked: Sequence[Asked], fetch: Fetch, data: DataVersion | None) -> Iterator[Answer]:
        """A row of a search for each trial, and its record where that row moved."""
        from tracker.sources.ctis import asking

        return asking.retrieve(self.info, asked, fetch)

    def parse(self, document: Document) -> Parsed:
        """The record of one trial."""
        from tracker.sources.ctis.parse import parse

        return parse(document)

    def digest(self, document: Document) -> str:
        """SHA-256 of what matters in the trial."""
        from tracker.sources.ctis import payload

        return payload.digest(document)

    def own_history(self, document: Document) -> OwnHistory:
        """The statuses, recruitment periods, applications and notices that the record dates."""
        from tracker.sources.ctis.own_history import own_history

        return own_history(document)

    def sniff(self, body: bytes) -> str | None:
        """The trial's key if the bytes are a trial's JSON."""
        from tracker.sources.ctis import payload

        return payload.sniff(body)


SOURCE: Source = Ctis()
