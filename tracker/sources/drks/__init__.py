"""DRKS, the German Clinical Trials Register, through the JSON file of its whole register.

No address of a single study's JSON is known. What asks and what reads is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracker.model.source import Answer, Asked, DataVersion, Document, Example, Fetch, Parsed, Source, SourceInfo
from tracker.sources.drks.words import REST_TITLES


class Drks(Source):
    """See `tracker.model.source`."""

    info = SourceInfo(
        key="drks",
        title="DRKS",
        kind="registry",
        base_url="https://drks.de/search",
        hosts=("drks.de", "www.drks.de"),
        pace=0.2,
        reads="DRKS records, whole",
        access="JSON of the whole register in one file, once a day: the followed numbers are taken out of it",
        anchors=("brief_title", "recruitment_status", "study_type", "first_posted", "last_update_posted"),
        canary="DRKS00038775",
        attribution="German Clinical Trials Register (DRKS, BfArM)",
        rest_titles=REST_TITLES,
        duties=frozenset({"uk_clinical_trials"}),
        path_words={  # of texts, which stand in lists with an entry for each language
            "brief_title": "title",
            "brief_summary": "trialDescriptions.summary",
            "detailed_description": "scientificSummary",
            "primary_outcomes": "primaryOutcome",
            "secondary_outcomes": "secondaryOutcome",
            "why_stopped": "reasonDescription",
            "eligibility": "recruitmentDescriptions",
            "conditions": "studiedHealthConditionDescriptions",
            "arms": "observationalGroups",
            "ipd_sharing": "ipdSharingPlanDescription",
        },
    )

    EXAMPLES = (
        Example(
            fixture="ordinary.json",
            trial="drks:DRKS90000001",
            expected={
                "recruitment_status": "RECRUITING",
                "brief_title": "Inventazole against testitis of the knee",
                "enrollment.count": 160,
                "start_date.type": "ACTUAL",
                "completion_date.type": "ESTIMATED",
                "eligibility.maximum_age": "75 Years",
            },
        ),
        Example(
            fixture="stopped.json",
            trial="drks:DRKS90000002",
            expected={"recruitment_status": "TERMINATED", "results_state": "POSTED", "enrollment.type": "ACTUAL"},
        ),
        Example(
            fixture="odd.json",
            trial="drks:DRKS90000003",
            expected={"recruitment_status": "OTHER", "recruitment_status_as_given": "ON_ICE"},
            lacks=frozenset({"last_update_posted"}),
        ),
        Example(
            fixture="german.json",
            trial="drks:DRKS90000004",
            expected={"brief_title": "Licht gegen Testitis", "recruitment_status": None},
            lacks=frozenset({"recruitment_status", "first_posted"}),
        ),
    )

    def retrieve(self, asked: Sequence[Asked], fetch: Fetch, data: DataVersion | None) -> Iterator[Answer]:
        """The studies, out of the file of the whole register."""
        from tracker.sources.drks import asking

        return asking.retrieve(self.info, asked, fetch)

    def parse(self, document: Document) -> Parsed:
        """The record of one study."""
        from tracker.sources.drks.parse import parse

        return parse(document)

    def digest(self, document: Document) -> str:
        """SHA-256 of what matters in the study."""
        from tracker.sources.drks import payload

        return payload.digest(document)

    def sniff(self, body: bytes) -> str | None:
        """The study's key if the bytes are a study's JSON."""
        from tracker.sources.drks import payload

        return payload.sniff(body)


SOURCE: Source = Drks()
