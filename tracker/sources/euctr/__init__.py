"""The EU Clinical Trials Register (EudraCT), by its text downloads. It takes no new trials; results still arrive.

What asks and what reads is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracker.model.source import Answer, Asked, DataVersion, Document, Example, Fetch, Parsed, Source, SourceInfo
from tracker.sources.euctr.words import REST_TITLES


class Euctr(Source):
    """See `tracker.model.source`."""

    info = SourceInfo(
        key="euctr",
        title="EU Clinical Trials Register",
        kind="registry",
        base_url="https://www.clinicaltrialsregister.eu/ctr-search",
        hosts=("www.clinicaltrialsregister.eu",),
        pace=0.5,
        reads="records of the EU Clinical Trials Register (EudraCT), the parts of all countries as one",
        access="text by number, and the pages that say where results stand: two or three requests for each trial",
        anchors=(
            "brief_title",
            "official_title",
            "recruitment_status",
            "lead_sponsor",
            "countries",
            "country_status",
            "first_posted",
        ),
        canary="2015-000590-12",
        attribution="EU Clinical Trials Register (European Medicines Agency)",
        rest_titles=REST_TITLES,
        duties=frozenset({"eudract", "uk_clinical_trials"}),
        overall_status=False,
        results_page="https://www.clinicaltrialsregister.eu/ctr-search/trial/{number}/results",
        path_words={"recruitment_status": "p_end_of_trial_status", "official_title": "a3_full_title_of_the_trial"},
    )

    EXAMPLES = (
        Example(
            fixture="ordinary.txt",
            trial="euctr:2090-000001-10",
            expected={
                "recruitment_status": "OTHER",
                "recruitment_status_as_given": "Completed, Ongoing",
                "completion_date.date": "2091-03-04",
                "results_state": None,
                "enrollment.count": 300,
            },
        ),
        Example(
            fixture="ended.txt",
            trial="euctr:2090-000002-20",
            expected={
                "recruitment_status": "TERMINATED",
                "recruitment_status_as_given": "Prematurely Ended",
                "results_state": "POSTED",
                "results_first_posted.date": "2089-09-14",
            },
        ),
        Example(
            fixture="odd.txt",
            trial="euctr:2090-000003-30",
            expected={"recruitment_status": "OTHER", "recruitment_status_as_given": "Ongoing, Paused by the moon"},
            lacks=frozenset({"lead_sponsor"}),
        ),
        Example(
            fixture="third_country.txt",
            trial="euctr:2090-000004-40",
            expected={"recruitment_status": None, "countries": ("Outside EU/EEA",), "results_state": "NONE_POSTED"},
            lacks=frozenset({"recruitment_status"}),
        ),
    )

    def retrieve(self, asked: Sequence[Asked], fetch: Fetch, data: DataVersion | None) -> Iterator[Answer]:
        """The texts of trials with what the register's pages say of their results."""
        from tracker.sources.euctr import asking

        return asking.retrieve(self.info, asked, fetch)

    def parse(self, document: Document) -> Parsed:
        """The record of one trial over its countries, or of one country where the key names it."""
        from tracker.sources.euctr.parse import parse

        return parse(document)

    def digest(self, document: Document) -> str:
        """SHA-256 of what matters in the trial."""
        from tracker.sources.euctr import payload

        return payload.digest(document)

    def sniff(self, body: bytes) -> str | None:
        """The trial's key if the bytes are a download of full details; of several trials the first."""
        from tracker.sources.euctr import payload

        return payload.sniff(body)


SOURCE: Source = Euctr()
