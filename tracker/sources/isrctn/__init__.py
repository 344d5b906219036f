"""ISRCTN, the UK's registry of clinical studies, through its XML interface.

What asks and what reads is imported where it is used.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from tracker.model.record import TrialRecord
from tracker.model.source import (
    Answer,
    Asked,
    DataVersion,
    Document,
    Example,
    Fetch,
    FollowsCalendar,
    Listed,
    Parsed,
    Search,
    Searchable,
    SearchCount,
    SearchReading,
    Source,
    SourceInfo,
)
from tracker.sources.isrctn.search import QUERY_FIELDS, read_search, understood
from tracker.sources.isrctn.words import REST_TITLES


class Isrctn(Source, Searchable, FollowsCalendar):
    """See `tracker.model.source`."""

    info = SourceInfo(
        key="isrctn",
        title="ISRCTN",
        kind="registry",
        base_url="https://www.isrctn.com/api",
        hosts=("www.isrctn.com", "isrctn.com"),
        pace=0.5,
        reads="ISRCTN records, whole",
        access="XML: by number, fifty in one request; searches by query",
        anchors=(
            "brief_title",
            "recruitment_status",
            "conditions",
            "countries",
            "lead_sponsor",
            "first_posted",
            "last_update_posted",
        ),
        query_fields=QUERY_FIELDS,
        canary="ISRCTN12949496",
        duties=frozenset({"uk_clinical_trials"}),
        attribution="ISRCTN registry (BioMed Central)",
        rest_titles=REST_TITLES,
        path_words={"recruitment_status": "recruitmentStatusOverride", "official_title": "scientificTitle"},
    )

    EXAMPLES = (
        Example(
            fixture="ordinary.xml",
            trial="isrctn:ISRCTN90000019",
            expected={
                "recruitment_status": "RECRUITING",
                "recruitment_status_as_given": None,
                "enrollment.count": 240,
                "enrollment.type": "ESTIMATED",
                "eligibility.maximum_age": None,
            },
            volatile={'version="36"': 'version="37"', "<studyDesign/>": ""},
        ),
        Example(
            fixture="stopped.xml",
            trial="isrctn:ISRCTN90000028",
            expected={
                "recruitment_status": "TERMINATED",
                "recruitment_status_as_given": "Stopped",
                "results_state": "POSTED",
                "enrollment.count": 9,
                "enrollment.type": "ACTUAL",
            },
        ),
        Example(
            fixture="odd.xml",
            trial="isrctn:ISRCTN90000037",
            expected={"recruitment_status": "OTHER", "recruitment_status_as_given": "Paused by the moon"},
            lacks=frozenset({"lead_sponsor", "conditions"}),
        ),
        Example(
            fixture="who.xml",
            trial="isrctn:ISRCTN90000046",
            expected={
                "recruitment_status": "NOT_RECRUITING_UNSPECIFIED",
                "recruitment_status_as_given": "No longer recruiting",
                "start_date.date": "2018-05-03",
                "start_date.type": "ACTUAL",
            },
            lacks=frozenset({"last_update_posted"}),
        ),
    )

    def read_search(self, search: Search) -> SearchReading:
        """What is wrong with a search: its fields and their values."""
        return read_search(search)

    def listing(self, search: Search, fetch: Fetch) -> Iterator[Listed]:
        """All studies of a search."""
        from tracker.sources.isrctn import asking

        return asking.listing(search, fetch)

    def narrow(self, search: Search, trials: Sequence[str]) -> Search | None:
        """None: a number is searched for in all texts. A listing proves by its count that it lacks nothing."""
        return None

    def count(self, search: Search, fetch: Fetch) -> SearchCount:
        """How many studies a search holds, and which of its parts the registry does not read as filters."""
        from tracker.sources.isrctn import asking

        return asking.count(search, fetch)

    def understood(self, search: Search) -> str:
        """The search as it is asked."""
        return understood(search)

    def retrieve(self, asked: Sequence[Asked], fetch: Fetch, data: DataVersion | None) -> Iterator[Answer]:
        """The records of studies by their numbers, many in one request."""
        from tracker.sources.isrctn import asking

        return asking.retrieve(self.info, asked, fetch)

    def parse(self, document: Document) -> Parsed:
        """The record of one study, its status as of the document's day."""
        from tracker.sources.isrctn.parse import parse

        return parse(document)

    def digest(self, document: Document) -> str:
        """SHA-256 of what matters in the study."""
        from tracker.sources.isrctn import payload

        return payload.digest(document)

    def sniff(self, body: bytes) -> str | None:
        """The trial's key if the bytes are an answer of the registry; of several studies the first."""
        from tracker.sources.isrctn import payload

        return payload.sniff(body)

    def turning_days(self, record: TrialRecord) -> tuple[dt.date, ...]:
        """The first day of recruitment, and the days after its last and after the study's last."""
        from tracker.sources.isrctn.status import turning_days

        return turning_days(record)


SOURCE: Source = Isrctn()
